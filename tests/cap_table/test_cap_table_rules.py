"""The cap table's rules over any register: totals reconcile, small groups stay hidden, shares are exact, cursors are ours."""

import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from claim_issuers.claims.claim import Validity
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.cap_table.model import (
    SMALLEST_GROUP,
    Cursor,
    CursorInvalid,
    Row,
    Standing,
    TransferAuthority,
    View,
    is_intermediary,
    percent,
    select,
    standing,
    was_checked,
    without_hidden_spenders,
)
from identity_service.issuance.model import ClaimRecord, ClaimState

UINT256_MAX = 2**256 - 1
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def account(number: int) -> Account:
    return Account(ChainId(1), Address(number.to_bytes(20, "big")))


def row(number: int, quantity: int, *, party: str | None = "pty", intermediary: bool = False, **more: object) -> Row:
    usual = {
        "account": account(number),
        "party_id": None if party is None else f"{party}_{number}",
        "capacity": None,
        "was_checked": party is not None,
        "is_intermediary": intermediary,
        "intermediary_party_ids": frozenset(),
        "quantity": quantity,
        "frozen": 0,
        "account_frozen": False,
        "since_block": 1,
        "transfer_authorities": (),
    }
    return Row(**{**usual, **more})  # type: ignore[arg-type]


@st.composite
def registers(draw: st.DrawFn) -> tuple[list[Row], dict[Account, bool], int]:
    """Rows, whom the reader's grant admits, and the threshold under which it does not."""
    threshold = draw(st.one_of(st.just(0), st.integers(0, 50), st.integers(0, UINT256_MAX)))
    quantities = draw(st.lists(st.one_of(st.integers(1, 100), st.integers(1, 2**250)), max_size=16))
    rows = []
    for number, quantity in enumerate(quantities, start=1):
        known = draw(st.booleans())
        rows.append(row(number, quantity, party="pty" if known else None, intermediary=known and draw(st.booleans())))
    # What may_see says: intermediaries, and holders from the threshold on; never an account that nobody proved.
    visible = {one.account: one.party_id is not None and (one.is_intermediary or one.quantity >= threshold) for one in rows}
    return rows, visible, threshold


@given(registers(), st.sampled_from(View))
def test_disclosed_below_threshold_and_not_disclosed_add_up_to_the_supply(
    drawn: tuple[list[Row], dict[Account, bool], int], view: View
) -> None:
    rows, visible, threshold = drawn
    supply = sum(one.quantity for one in rows)
    selection = select(rows, view=view, total_supply=supply, visible=visible, threshold=threshold)
    parts = (selection.totals.disclosed, selection.totals.below_threshold, selection.totals.not_disclosed)
    assert sum(parts) == supply == selection.totals.total_supply
    assert min(parts) >= 0
    named = [one for one in rows if one.account in selection.named]
    assert selection.totals.disclosed == sum(one.quantity for one in named)
    assert all(visible[one.account] for one in named), "nobody is named whom the grant does not admit"
    below = [one for one in rows if one.account not in selection.named and one.party_id and one.quantity < threshold]
    if view is View.FULL:
        assert selection.totals.below_threshold == sum(one.quantity for one in below)


@given(registers(), st.sampled_from([View.OFFICE, View.NETWORK]))
def test_no_hidden_group_is_smaller_than_five_and_no_masked_row_is_shown(
    drawn: tuple[list[Row], dict[Account, bool], int], view: View
) -> None:
    rows, visible, threshold = drawn
    supply = sum(one.quantity for one in rows)
    selection = select(rows, view=view, total_supply=supply, visible=visible, threshold=threshold)
    shown = {one.account for one in selection.rows}
    assert shown == selection.named
    assert all(visible[one] for one in shown)
    hidden = len(rows) - len(shown)
    assert hidden == 0 or hidden >= SMALLEST_GROUP or not shown, "a total of few, beside rows that let it be subtracted"
    folded = [one.quantity for one in rows if visible[one.account] and one.account not in shown]
    if folded:
        assert hidden == SMALLEST_GROUP or not shown, "no more rows are folded than needed"
        assert all(one.quantity >= max(folded) for one in selection.rows), "the smallest join the hidden first"


@given(registers())
def test_the_bare_view_shows_every_account_and_names_nobody(drawn: tuple[list[Row], dict[Account, bool], int]) -> None:
    rows, visible, threshold = drawn
    supply = sum(one.quantity for one in rows)
    selection = select(rows, view=View.BARE, total_supply=supply, visible=visible, threshold=threshold)
    assert (selection.named, selection.totals.not_disclosed) == (frozenset(), supply)
    assert Counter(selection.rows) == Counter(rows)


@given(registers(), st.randoms(use_true_random=False), st.sampled_from(View))
def test_the_order_depends_on_quantity_and_account_alone(
    drawn: tuple[list[Row], dict[Account, bool], int], chance: object, view: View
) -> None:
    rows, visible, threshold = drawn
    supply = sum(one.quantity for one in rows)
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    first, second = (select(some, view=view, total_supply=supply, visible=visible, threshold=threshold) for some in (rows, mixed))
    assert first == second
    keys = [(-one.quantity, one.account.address.value) for one in first.rows]
    assert keys == sorted(keys)


def test_an_intermediary_below_the_threshold_is_disclosed_and_counted_once() -> None:
    rows = [row(1, 10, intermediary=True), row(2, 5), row(3, 500), row(4, 7, party=None)]
    visible = {account(1): True, account(2): False, account(3): True, account(4): False}
    totals = select(rows, view=View.FULL, total_supply=522, visible=visible, threshold=100).totals
    assert (totals.disclosed, totals.below_threshold, totals.not_disclosed) == (510, 5, 7)


@given(st.integers(0, UINT256_MAX), st.integers(1, UINT256_MAX))
@example(UINT256_MAX, UINT256_MAX)
@example(1, UINT256_MAX)
@example(UINT256_MAX - 1, UINT256_MAX)
@example(1, 3)
@example(1, 200_000_000)
@example(3, 200_000_000)
def test_a_share_is_exact_to_six_decimals_half_to_even(quantity: int, supply: int) -> None:
    assume(quantity <= supply)
    millionths = round(Fraction(quantity * 100 * 10**6, supply))  # Fraction rounds half to even
    assert percent(quantity, supply) == f"{millionths // 10**6}.{millionths % 10**6:06d}"


def test_a_share_of_nothing_is_zero() -> None:
    assert percent(0, 0) == "0.000000"


def test_a_network_row_keeps_only_spenders_it_may_name() -> None:
    def authority(number: int, kind: Standing) -> TransferAuthority:
        return TransferAuthority(spender=account(number), party_id=None, standing=kind, allowance=1, effective=1, unlimited=False)

    spenders = tuple(authority(number, Standing.UNKNOWN) for number in (10, 11, 12))
    kept = without_hidden_spenders(row(1, 5, transfer_authorities=spenders), frozenset({account(10)}), frozenset({account(11)}))
    assert [one.spender for one in kept.transfer_authorities] == [account(10), account(11)]


def claim(kind: str, *, issued: bool = True, days: int = 10, revoked: timedelta | None = None) -> ClaimRecord:
    start = NOW - timedelta(days=5)
    return ClaimRecord(
        id=f"clm_{kind}",
        party_id="pty",
        account=account(1),
        claim_issuer_id="cis",
        claim_type=kind,
        validity=Validity(start, start + timedelta(days=days)),
        state=ClaimState.ISSUED,
        issued_at=start if issued else None,
        revoked_at=None if revoked is None else NOW + revoked,
        status_list_id="lst",
        status_index=0,
    )


ACCREDITED = [f"clm_{kind}" for kind in ("INVESTOR", "FAMILY_OFFICE", "CUSTODIAN", "BROKER_DEALER", "CLAIM_ISSUER")]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], Standing.UNKNOWN),
        ([claim("INVESTOR")], Standing.UNKNOWN),
        ([claim("CLAIM_ISSUER")], Standing.UNKNOWN),
        ([claim("CUSTODIAN", issued=False)], Standing.UNKNOWN),
        ([claim("CUSTODIAN")], Standing.CUSTODIAN),
        ([claim("FAMILY_OFFICE"), claim("INVESTOR", days=1)], Standing.CUSTODIAN),
        ([claim("CUSTODIAN", days=1)], Standing.LAPSED),
        ([claim("CUSTODIAN", revoked=timedelta(0))], Standing.LAPSED),
        ([claim("CUSTODIAN", revoked=timedelta(seconds=1))], Standing.CUSTODIAN),
        ([claim("CUSTODIAN", days=1), claim("BROKER_DEALER")], Standing.CUSTODIAN),
        ([claim("CUSTODIAN", days=1), claim("INVESTOR")], Standing.LAPSED),
    ],
)
def test_a_spender_s_standing_follows_from_its_claims_at_the_instant(claims: list[ClaimRecord], expected: Standing) -> None:
    assert standing(claims, NOW, ACCREDITED) is expected


def test_a_claim_whose_accreditation_is_gone_makes_a_lapsed_spender() -> None:
    assert standing([claim("CUSTODIAN")], NOW, ()) is Standing.LAPSED
    assert standing([claim("CUSTODIAN"), claim("FAMILY_OFFICE")], NOW, ["clm_FAMILY_OFFICE"]) is Standing.CUSTODIAN
    assert standing([claim("INVESTOR")], NOW, ()) is Standing.UNKNOWN


def test_a_name_counts_as_checked_once_a_claim_issuer_issued_any_claim_about_the_account() -> None:
    assert was_checked([claim("INVESTOR")])
    assert was_checked([claim("INVESTOR", days=1), claim("CUSTODIAN", issued=False)])
    assert not was_checked([])
    assert not was_checked([claim("INVESTOR", issued=False)])


def test_who_held_an_intermediary_claim_is_no_client_afterwards() -> None:
    assert is_intermediary([claim("CUSTODIAN", days=1)])
    assert is_intermediary([claim("FAMILY_OFFICE", revoked=timedelta(0))])
    assert not is_intermediary([claim("CUSTODIAN", issued=False), claim("INVESTOR"), claim("CLAIM_ISSUER")])


cursors = st.builds(
    Cursor,
    block_number=st.integers(0, 2**53 - 1),
    block_hash=st.binary(min_size=32, max_size=32),
    offset=st.integers(0, 2**53 - 1),
    at_head=st.booleans(),
)


@given(cursors)
def test_a_cursor_comes_back_as_it_went_out(cursor: Cursor) -> None:
    assert Cursor.decode(cursor.encode()) == cursor
    assert set(cursor.encode()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


GOOD = [7, "ab" * 32, 3, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "é",
        "!!!!",
        encoded(None),
        encoded(7),
        encoded("abcd"),
        encoded([]),
        encoded(GOOD[:3]),
        encoded([*GOOD, 1]),
        encoded(dict.fromkeys("abcd")),
        encoded([-1, *GOOD[1:]]),
        encoded([2**53, *GOOD[1:]]),
        encoded([7.0, *GOOD[1:]]),
        encoded([True, *GOOD[1:]]),
        encoded(["7", *GOOD[1:]]),
        encoded([[], *GOOD[1:]]),
        encoded([7, "ab" * 31, 3, True]),
        encoded([7, "xy" * 32, 3, True]),
        encoded([7, None, 3, True]),
        encoded([7, "ab" * 32, -1, True]),
        encoded([7, "ab" * 32, 1e400, True]),
        encoded([7, "ab" * 32, 3, 1]),
        encoded([7, "ab" * 32, 3, None]),
        encoded(GOOD) + "====",
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        base64.urlsafe_b64encode(b"[1" + b"0" * 5000 + b"]").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_cursor_that_we_did_not_give_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.decode(text)


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80).map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_no_text_raises_anything_but_our_refusal(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.decode(text)
