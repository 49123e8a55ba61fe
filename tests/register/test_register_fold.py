"""Events fold into versions by block; transfers get their kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.events import Event, Position
from identity_service.register.fold import Change, Fact, Folded, Ledger, Readings, fold
from identity_service.register.model import UNLIMITED, IdentityLink, RegisterInconsistent, TransferKind, effective

NOBODY, ALICE, BOB, OFFICE, AGENT, IDENTITY = (Address(n.to_bytes(20, "big")) for n in range(6))
MAX = 2**256 - 1


def at(block: int, index: int = 0, transaction: int | None = None) -> Position:
    number = block if transaction is None else transaction
    return Position(block=block, block_hash=block.to_bytes(32), transaction=number.to_bytes(32), index=index)


def folded(*found: Event, ledger: Ledger | None = None, **readings: object) -> Folded:
    return fold(ledger or Ledger(), found, Readings(**readings))  # type: ignore[arg-type]


def balance(account: Address, quantity: int, since: int, block: int) -> Change:
    return Change(Fact.BALANCE, (account.value,), block, (quantity, since))


def gone(fact: Fact, *key: Address, block: int) -> Change:
    return Change(fact, tuple(part.value for part in key), block, None)


def kinds(result: Folded) -> list[TransferKind]:
    return [movement.kind for movement in result.movements]


def test_a_mint_a_transfer_and_a_burn_move_balances() -> None:
    result = folded(
        events.Transfer(at(1), NOBODY, ALICE, 100),
        events.Transfer(at(2), ALICE, BOB, 30),
        events.Transfer(at(3), BOB, NOBODY, 30),
    )
    assert result.changes == (
        balance(ALICE, 100, 1, block=1),
        balance(ALICE, 70, 1, block=2),
        balance(BOB, 30, 2, block=2),
        gone(Fact.BALANCE, BOB, block=3),
    )


def test_a_holder_who_returns_holds_since_the_return() -> None:
    result = folded(
        events.Transfer(at(1), NOBODY, ALICE, 10),
        events.Transfer(at(2), ALICE, BOB, 10),
        events.Transfer(at(3), BOB, ALICE, 4),
    )
    assert balance(ALICE, 4, 3, block=3) in result.changes


def test_one_version_a_block_however_many_events_it_has() -> None:
    result = folded(*(events.Transfer(at(1, index), NOBODY, ALICE, 1) for index in range(5)))
    assert result.changes == (balance(ALICE, 5, 1, block=1),)


def test_what_ends_a_block_as_it_began_makes_no_version() -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (10, 1)}}
    result = folded(
        events.Transfer(at(2, 0), ALICE, BOB, 10 - 1),
        events.Transfer(at(2, 1), BOB, ALICE, 10 - 1),
        events.Paused(at(2, 2), AGENT),
        events.Unpaused(at(2, 3), AGENT),
        ledger=Ledger(opening),
    )
    assert result.changes == ()


def test_a_transfer_to_oneself_changes_nothing() -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (10, 1)}}
    assert folded(events.Transfer(at(2), ALICE, ALICE, 7), ledger=Ledger(opening)).changes == ()


def test_an_approval_sets_the_allowance_and_zero_ends_it() -> None:
    result = folded(events.Approval(at(1), ALICE, OFFICE, MAX), events.Approval(at(2), ALICE, OFFICE, 0))
    key = (ALICE.value, OFFICE.value)
    assert result.changes == (Change(Fact.ALLOWANCE, key, 1, (MAX,)), Change(Fact.ALLOWANCE, key, 2, None))


def test_frozen_tokens_add_up_and_end_at_zero() -> None:
    result = folded(
        events.TokensFrozen(at(1), ALICE, 5),
        events.TokensFrozen(at(2), ALICE, 3),
        events.TokensUnfrozen(at(3), ALICE, 8),
    )
    assert [change.value for change in result.changes] == [(5,), (8,), None]


def test_freezing_an_account_and_pausing_are_kept_while_they_last() -> None:
    result = folded(
        events.AddressFrozen(at(1), ALICE, True, AGENT),
        events.Paused(at(2), AGENT),
        events.AddressFrozen(at(3), ALICE, False, AGENT),
        events.Unpaused(at(4), AGENT),
    )
    assert result.changes == (
        Change(Fact.FROZEN_ACCOUNT, (ALICE.value,), 1, ()),
        Change(Fact.PAUSE, (), 2, ()),
        gone(Fact.FROZEN_ACCOUNT, ALICE, block=3),
        gone(Fact.PAUSE, block=4),
    )


def test_a_registry_is_bound_until_it_is_unbound() -> None:
    result = folded(events.IdentityRegistryBound(at(1), AGENT), events.IdentityRegistryUnbound(at(2), AGENT))
    assert [change.value for change in result.changes] == [(), None]


def test_what_the_chain_answered_is_taken_at_the_end_of_its_block() -> None:
    link = IdentityLink(identity_contract=IDENTITY, country=756)
    result = folded(
        supply={4: 100, 6: 0},
        paused={4: True},
        bound={4: frozenset({AGENT})},
        links={4: {ALICE: link}, 5: {ALICE: None}},
    )
    assert set(result.changes) == {
        Change(Fact.SUPPLY, (), 4, (100,)),
        Change(Fact.PAUSE, (), 4, ()),
        Change(Fact.BINDING, (AGENT.value,), 4, ()),
        Change(Fact.IDENTITY_LINK, (ALICE.value,), 4, (IDENTITY.value, 756)),
        gone(Fact.IDENTITY_LINK, ALICE, block=5),
        gone(Fact.SUPPLY, block=6),
    }


@pytest.mark.parametrize(
    "event",
    [
        events.Transfer(at(1), ALICE, BOB, 1),
        events.TokensUnfrozen(at(1), ALICE, 1),
    ],
)
def test_taking_more_than_there_is_is_refused(event: Event) -> None:
    with pytest.raises(RegisterInconsistent):
        folded(event)


def test_a_balance_beyond_uint256_is_refused() -> None:
    with pytest.raises(RegisterInconsistent):
        folded(events.Transfer(at(1), NOBODY, ALICE, MAX), events.Transfer(at(2), NOBODY, ALICE, 1))


def test_mints_and_burns_are_named() -> None:
    result = folded(events.Transfer(at(1), NOBODY, ALICE, 9), events.Transfer(at(2), ALICE, NOBODY, 9))
    assert kinds(result) == [TransferKind.MINT, TransferKind.BURN]


def test_a_transfer_sent_by_its_holder_is_direct() -> None:
    result = folded(
        events.Transfer(at(1), NOBODY, ALICE, 9), events.Transfer(at(2), ALICE, BOB, 9), senders={at(2).transaction: ALICE}
    )
    assert kinds(result)[1] is TransferKind.TRANSFER
    assert result.movements[1].mover == ALICE


@pytest.mark.parametrize(("before", "after"), [(9, 4), (MAX, MAX - 5), (MAX, MAX)])
def test_the_approval_just_before_names_the_custodian_who_moved(before: int, after: int) -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (9, 1)}, Fact.ALLOWANCE: {(ALICE.value, OFFICE.value): (before,)}}
    result = folded(
        events.Approval(at(2, 0), ALICE, OFFICE, after),
        events.Transfer(at(2, 1), ALICE, BOB, 5),
        ledger=Ledger(opening),
        senders={at(2).transaction: OFFICE},
    )
    assert kinds(result) == [TransferKind.CUSTODIAN_MOVE]
    assert result.movements[0].mover == OFFICE


@pytest.mark.parametrize(
    ("approval", "transfer"),
    [
        pytest.param(
            events.Approval(at(2, 0), ALICE, OFFICE, 3),
            events.Transfer(at(2, 1), ALICE, BOB, 5),
            id="it shrank by something else",
        ),
        pytest.param(events.Approval(at(2, 0), ALICE, OFFICE, 4), events.Transfer(at(2, 2), ALICE, BOB, 5), id="not adjacent"),
        pytest.param(
            events.Approval(at(2, 0, transaction=7), ALICE, OFFICE, 4),
            events.Transfer(at(2, 1, transaction=8), ALICE, BOB, 5),
            id="another transaction",
        ),
        pytest.param(events.Approval(at(2, 0), BOB, OFFICE, 0), events.Transfer(at(2, 1), ALICE, BOB, 5), id="another owner"),
    ],
)
def test_an_approval_that_does_not_belong_to_the_transfer_names_nobody(approval: Event, transfer: events.Transfer) -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (9, 1)}, Fact.ALLOWANCE: {(ALICE.value, OFFICE.value): (9,)}}
    senders = {transfer.at.transaction: ALICE}
    assert kinds(folded(approval, transfer, ledger=Ledger(opening), senders=senders)) == [TransferKind.TRANSFER]


def test_an_owner_who_spends_an_own_allowance_moves_directly() -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (9, 1)}, Fact.ALLOWANCE: {(ALICE.value, ALICE.value): (9,)}}
    found = (events.Approval(at(2, 0), ALICE, ALICE, 4), events.Transfer(at(2, 1), ALICE, BOB, 5))
    assert kinds(folded(*found, ledger=Ledger(opening), senders={at(2).transaction: ALICE})) == [TransferKind.TRANSFER]


def test_a_move_by_nobody_with_a_right_is_a_forced_candidate() -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (9, 1)}}
    result = folded(events.Transfer(at(2), ALICE, BOB, 5), ledger=Ledger(opening), senders={at(2).transaction: AGENT})
    assert kinds(result) == [TransferKind.FORCED_CANDIDATE]
    assert result.movements[0].mover == AGENT


def test_a_recovery_is_told_from_a_forced_transfer() -> None:
    opening = {Fact.BALANCE: {(ALICE.value,): (9, 1)}}
    result = folded(
        events.Transfer(at(2, 0), ALICE, BOB, 9),
        events.RecoverySuccess(at(2, 1), ALICE, BOB, IDENTITY),
        ledger=Ledger(opening),
        senders={at(2).transaction: AGENT},
    )
    assert kinds(result) == [TransferKind.RECOVERY]


uint = st.integers(min_value=0, max_value=MAX)


@given(allowance=uint, balance=uint, frozen=uint, locked=uint)
def test_the_effective_amount_never_exceeds_what_is_allowed_or_free(allowance: int, balance: int, frozen: int, locked: int) -> None:
    amount = effective(allowance=allowance, balance=balance, frozen=frozen, locked=locked)
    free = balance - frozen - locked
    assert amount == (min(allowance, free) if free > 0 else 0)


@pytest.mark.parametrize("state", [{"paused": True}, {"holder_frozen": True}])
def test_nothing_is_effective_while_paused_or_frozen(state: dict[str, bool]) -> None:
    assert effective(allowance=UNLIMITED, balance=5, **state) == 0  # type: ignore[arg-type]
