"""A page of a cap table in words: what is named, what stays hidden, and what the page says about itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.cap_table.model import Row, Selection, Standing, Totals, TransferAuthority, View
from identity_service.cap_table.service import Page
from identity_service.cap_table.view_model import ShownTable, can_move, shown_table
from identity_service.register.model import AsOf
from identity_service.tokens.model import Token, TokenContracts

CHAIN = ChainId(31337)
AS_OF = AsOf(chain=CHAIN, block_number=7, block_hash=b"\xab" * 32, instant=datetime(2026, 11, 22, 12, tzinfo=UTC))


def account(number: int) -> Account:
    return Account(CHAIN, Address(number.to_bytes(20, "big")))


OFFICE, ANNA, BRUNO, STRANGER = (account(number) for number in (1, 2, 3, 4))
TOKEN = Token(
    contracts=TokenContracts(
        token=account(0x99),
        name="Bond",
        symbol="BND",
        decimals=2,
        **{
            name: Address(b"\x01" * 20)
            for name in (
                "identity_registry",
                "identity_registry_storage",
                "trusted_issuers_registry",
                "claim_topics_registry",
                "compliance",
            )
        },
        deployed_block=1,
        storage_deployed_block=1,
    ),
    token_issuer="pty_issuer",
    accepted_claim_types=("INVESTOR",),
)


def spender(one: Account, allowance: int, effective: int, **more: Any) -> TransferAuthority:
    usual: dict[str, Any] = {"party_id": "pty_office", "standing": Standing.CUSTODIAN, "unlimited": False}
    return TransferAuthority(spender=one, allowance=allowance, effective=effective, **{**usual, **more})


def row(one: Account, quantity: int, *authorities: TransferAuthority, **more: Any) -> Row:
    usual: dict[str, Any] = {
        "party_id": f"pty_{one.address}",
        "capacity": "own",
        "was_checked": True,
        "is_intermediary": False,
        "intermediary_party_ids": frozenset(),
        "frozen": 0,
        "account_frozen": False,
        "since_block": 5,
    }
    return Row(account=one, quantity=quantity, transfer_authorities=authorities, **{**usual, **more})


def shown(*rows: Row, names: dict[Account, dict[str, str]] | None = None, **more: Any) -> ShownTable:
    total = sum(one.quantity for one in rows)
    totals = Totals(disclosed=0, below_threshold=0, not_disclosed=total)
    usual: dict[str, Any] = {
        "view": View.FULL,
        "purpose": "supervision",
        "token": TOKEN,
        "as_of": AS_OF,
        "index_check": 0,
        "total_supply": total,
        "selection": Selection(rows=rows, named=frozenset(names or {}), totals=totals),
        "rows": rows,
        "names": names or {},
        "next": None,
    }
    return shown_table(Page(**{**usual, **more}))


def named(legal_name: str, **more: str) -> dict[str, str]:
    return {"legal_name": legal_name, **more}


def test_a_spender_is_named_beside_a_named_holder_and_not_beside_another() -> None:
    authority = spender(OFFICE, 100, 100)
    table = shown(row(ANNA, 500, authority), row(BRUNO, 300, authority), names={ANNA: named("Anna"), OFFICE: named("Linden AG")})
    anna, bruno = table.rows
    assert (anna.holder.name, anna.authorities[0].spender.name) == ("Anna", "Linden AG")
    assert (bruno.holder.name, bruno.authorities[0].spender.name) == (None, None)
    assert bruno.holder.label == "0x000000…000003"
    assert table.recorded == 2


def test_one_party_with_two_accounts_is_one_reader_of_the_record() -> None:
    table = shown(
        row(ANNA, 5, party_id="pty_a"), row(BRUNO, 5, party_id="pty_a"), names={ANNA: named("Anna"), BRUNO: named("Anna")}
    )
    assert table.recorded == 1


@pytest.mark.parametrize(
    ("capacity", "owner"),
    [("own", "Anna"), ("client", "clients of the holder"), ("undeclared", "not declared"), (None, "not declared")],
)
def test_the_beneficial_owner_follows_from_the_capacity(capacity: str | None, owner: str) -> None:
    table = shown(row(ANNA, 5, capacity=capacity), names={ANNA: named("Anna")})
    assert table.rows[0].owner == owner
    assert shown(row(ANNA, 5, capacity=capacity)).rows[0].owner == "not shown"


def test_further_fields_of_the_grant_stand_beside_the_name() -> None:
    table = shown(row(ANNA, 5), names={ANNA: named("Anna", email="a@example.org", country="CH")})
    assert table.rows[0].holder.details == ("CH", "a@example.org")
    without = shown(row(ANNA, 5), names={ANNA: {"country": "CH"}})
    assert (without.rows[0].holder.name, without.rows[0].holder.details) == (None, ("CH",))


@pytest.mark.parametrize(
    ("authority", "still", "sentence"),
    [
        (spender(OFFICE, 50_000, 40_000), False, "can move 400 of an allowance of 500"),
        (spender(OFFICE, 50_000, 40_050), True, "can still move 400.5 of an allowance of 500"),
        (spender(OFFICE, 50_000, 0), True, "can move nothing now, with an allowance of 500"),
        (spender(OFFICE, 1 << 255, 40_000, unlimited=True), False, "can move 400 of an allowance without limit"),
    ],
)
def test_what_a_spender_can_move_is_a_sentence(authority: TransferAuthority, still: bool, sentence: str) -> None:
    assert can_move(authority, 2, still=still) == sentence


def test_a_standing_has_its_colour_and_the_bare_view_tells_none() -> None:
    authorities = [spender(OFFICE, 5, 5, standing=standing) for standing in Standing]
    table = shown(row(ANNA, 5, *authorities))
    assert [one.badge for one in table.rows[0].authorities] == ["good", "bad", "warn"]
    assert [lane.fill for lane in table.bars[0].lanes] == ["kgood", "kbad", "kwarn"]
    bare = shown(row(ANNA, 5, *authorities), view=View.BARE)
    assert {one.standing for one in bare.rows[0].authorities} == {None}
    assert {lane.fill for lane in bare.bars[0].lanes} == {"krest"}
    assert bare.parts == ()


def test_an_allowance_that_is_used_up_is_none() -> None:
    table = shown(row(ANNA, 5, spender(OFFICE, 0, 0)))
    assert (table.rows[0].authorities, table.bars) == ((), ())


def test_what_a_view_folds_away_is_one_part_of_the_picture() -> None:
    table = shown(row(OFFICE, 430), view=View.NETWORK, total_supply=1000, names={OFFICE: named("Linden AG")})
    assert [(one.label, one.quantity, one.width) for one in table.ownership] == [
        ("Linden AG", 430, 4300),
        ("Not disclosed, as one total", 570, 5700),
    ]
    assert table.no_spender == "no intermediary", "a client may well be able to move it; this view does not say"
    assert shown(row(OFFICE, 430)).no_spender == "nobody"


def test_the_table_knows_whether_its_shares_are_rounded() -> None:
    assert shown(row(ANNA, 1), row(BRUNO, 1), row(OFFICE, 1)).rounds, "three times 33.33 % are not 100 %"
    assert not shown(row(ANNA, 3), row(BRUNO, 1)).rounds
    assert not shown().rounds


def test_a_later_page_has_rows_and_no_picture() -> None:
    whole = (row(ANNA, 500, spender(OFFICE, 1, 1)), row(BRUNO, 300, spender(OFFICE, 1, 1)))
    first, later = shown(*whole, rows=whole[:1], next="more"), shown(*whole, rows=whole[1:])
    assert (len(first.ownership), len(first.bars), first.next) == (2, 1, "more")
    assert (later.ownership, later.bars, later.holders, len(later.rows)) == ((), (), 2, 1)


def test_ten_bars_are_drawn_and_the_others_counted() -> None:
    rows = [row(account(number), 100, spender(OFFICE, 1, 1)) for number in range(10, 23)]
    table = shown(*rows)
    assert (len(table.bars), table.more_bars) == (10, 3)
