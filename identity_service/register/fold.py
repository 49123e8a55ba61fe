"""Events folded into versions: which fact had which value from which block on.

A fact is what the register states about a key: a balance of an account, an allowance of a pair. ``Ledger`` holds the present
values and writes down a change for each block at whose end a value differs from before, so that the versions do not
depend on how the blocks were cut into ranges. What logs do not say (the supply, the country, whose identity was modified,
who sent a transaction, that a T-REX token is born paused) was asked of the chain at those blocks and comes in as ``Readings``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.events import Event
from identity_service.register.kinds import NOBODY, Spending, movement_of
from identity_service.register.model import IdentityLink, Movement, RegisterInconsistent

Key = tuple[bytes, ...]
Value = tuple[Any, ...]


class Fact(StrEnum):
    """What the register keeps versions of. Key and value of each:

    balance (account) → (quantity, since_block); allowance (owner, spender) → (quantity,);
    frozen_amount (account) → (quantity,); frozen_account (account) → (); pause () → ();
    identity_link (account) → (identity contract, country); supply () → (quantity,);
    binding (identity registry) → (). A fact that does not hold, or a quantity of 0, has no version.
    """

    BALANCE = "balance"
    ALLOWANCE = "allowance"
    FROZEN_AMOUNT = "frozen_amount"
    FROZEN_ACCOUNT = "frozen_account"
    PAUSE = "pause"
    IDENTITY_LINK = "identity_link"
    SUPPLY = "supply"
    BINDING = "binding"


@dataclass(frozen=True, slots=True)
class Change:
    """From ``block`` on the fact has this value for this key; None: it no longer holds."""

    fact: Fact
    key: Key
    block: int
    value: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the chain answered, pinned by block hash: by block number, account or transaction hash."""

    supply: Mapping[int, int] = field(default_factory=dict)
    paused: Mapping[int, bool] = field(default_factory=dict)
    bound: Mapping[int, frozenset[Address]] = field(default_factory=dict)
    links: Mapping[int, Mapping[Address, IdentityLink | None]] = field(default_factory=dict)
    senders: Mapping[bytes, Address] = field(default_factory=dict)

    @property
    def blocks(self) -> frozenset[int]:
        """The blocks that were asked about."""
        return frozenset((*self.supply, *self.paused, *self.bound, *self.links))


@dataclass(frozen=True, slots=True)
class Folded:
    """What a range of blocks adds to the register."""

    changes: tuple[Change, ...]
    movements: tuple[Movement, ...]


class Ledger:
    """The values of all facts in play, and the changes since it was opened."""

    def __init__(self, opening: Mapping[Fact, Mapping[Key, Value]] | None = None) -> None:
        self._values: dict[tuple[Fact, Key], Value] = {}
        for fact, rows in (opening or {}).items():
            self._values.update({(fact, key): value for key, value in rows.items()})
        self._before: dict[tuple[Fact, Key], Value | None] = {}
        self.changes: list[Change] = []

    def get(self, fact: Fact, key: Key = ()) -> Value | None:
        return self._values.get((fact, key))

    def quantity(self, fact: Fact, key: Key = ()) -> int:
        """The first part of a value, 0 where there is none."""
        value = self.get(fact, key)
        return 0 if value is None else int(value[0])

    def put(self, fact: Fact, key: Key, value: Value | None) -> None:
        """Set a value within the open block; None takes it away."""
        place = (fact, key)
        self._before.setdefault(place, self._values.get(place))
        if value is None:
            self._values.pop(place, None)
        else:
            self._values[place] = value

    def close(self, block: int) -> None:
        """End a block: write down what differs from the block before."""
        for (fact, key), before in self._before.items():
            value = self._values.get((fact, key))
            if value != before:
                self.changes.append(Change(fact, key, block, value))
        self._before.clear()


def fold(ledger: Ledger, found: Iterable[Event], readings: Readings) -> Folded:
    """Apply events in chain order and the readings of each block's end.

    Raises RegisterInconsistent when an event takes more than there is: then a log before it is missing.
    """
    by_block = {block: list(group) for block, group in groupby(found, key=lambda event: event.at.block)}
    movements: list[Movement] = []
    for block in sorted({*by_block, *readings.blocks}):
        movements += _fold_block(ledger, by_block.get(block, []), readings.senders)
        _take_readings(ledger, block, readings)
        ledger.close(block)
    return Folded(tuple(ledger.changes), tuple(movements))


def _take_readings(ledger: Ledger, block: int, readings: Readings) -> None:
    if block in readings.supply:
        ledger.put(Fact.SUPPLY, (), _or_none(readings.supply[block]))
    if block in readings.paused:
        ledger.put(Fact.PAUSE, (), () if readings.paused[block] else None)
    for registry in readings.bound.get(block, frozenset()):
        ledger.put(Fact.BINDING, (registry.value,), ())
    for account, link in readings.links.get(block, {}).items():
        value = None if link is None else (link.identity_contract.value, link.country)
        ledger.put(Fact.IDENTITY_LINK, (account.value,), value)


def _fold_block(ledger: Ledger, found: list[Event], senders: Mapping[bytes, Address]) -> list[Movement]:
    recoveries = {
        (event.at.transaction, event.lost, event.replacement) for event in found if isinstance(event, events.RecoverySuccess)
    }
    movements: list[Movement] = []
    spent: Spending | None = None
    for event in found:
        if isinstance(event, events.Transfer):
            spender = spent.spender_of(event) if spent else None
            recovered = (event.at.transaction, event.source, event.target) in recoveries
            movements.append(movement_of(event, spender, senders.get(event.at.transaction), recovered=recovered))
        spent = _spending(event, ledger) if isinstance(event, events.Approval) else None
        _RULES.get(type(event), _nothing)(ledger, event)
    return movements


def _spending(approval: events.Approval, ledger: Ledger) -> Spending:
    before = ledger.quantity(Fact.ALLOWANCE, (approval.owner.value, approval.spender.value))
    return Spending(approval=approval, allowance_before=before)


def _or_none(quantity: int) -> Value | None:
    return (quantity,) if quantity else None


def _transfer(ledger: Ledger, event: events.Transfer) -> None:
    if event.source != NOBODY:
        _add_balance(ledger, event.source, -event.quantity, event.at.block)
    if event.target != NOBODY:
        _add_balance(ledger, event.target, event.quantity, event.at.block)


def _add_balance(ledger: Ledger, account: Address, quantity: int, block: int) -> None:
    key = (account.value,)
    before, since = ledger.get(Fact.BALANCE, key) or (0, block)
    after = _sum(before, quantity)
    ledger.put(Fact.BALANCE, key, (after, since) if after else None)


def _add_frozen(ledger: Ledger, account: Address, quantity: int) -> None:
    key = (account.value,)
    ledger.put(Fact.FROZEN_AMOUNT, key, _or_none(_sum(ledger.quantity(Fact.FROZEN_AMOUNT, key), quantity)))


def _sum(before: int, quantity: int) -> int:
    after = before + quantity
    if not 0 <= after < 1 << 256:
        raise RegisterInconsistent("an event takes more than the register has: a log before it is missing")
    return after


def _approval(ledger: Ledger, event: events.Approval) -> None:
    ledger.put(Fact.ALLOWANCE, (event.owner.value, event.spender.value), _or_none(event.allowance))


def _address_frozen(ledger: Ledger, event: events.AddressFrozen) -> None:
    ledger.put(Fact.FROZEN_ACCOUNT, (event.account.value,), () if event.frozen else None)


def _nothing(ledger: Ledger, event: Event) -> None:
    """Events whose outcome is read from the chain, or that change no fact."""


_RULES: Mapping[type, Callable[[Ledger, Any], None]] = {
    events.Transfer: _transfer,
    events.Approval: _approval,
    events.TokensFrozen: lambda ledger, event: _add_frozen(ledger, event.account, event.quantity),
    events.TokensUnfrozen: lambda ledger, event: _add_frozen(ledger, event.account, -event.quantity),
    events.AddressFrozen: _address_frozen,
    events.Paused: lambda ledger, _: ledger.put(Fact.PAUSE, (), ()),
    events.Unpaused: lambda ledger, _: ledger.put(Fact.PAUSE, (), None),
    events.IdentityRegistryBound: lambda ledger, event: ledger.put(Fact.BINDING, (event.identity_registry.value,), ()),
    events.IdentityRegistryUnbound: lambda ledger, event: ledger.put(Fact.BINDING, (event.identity_registry.value,), None),
}
