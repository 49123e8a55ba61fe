"""One range of blocks, planned, read and folded, before anything of it is written."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy.orm import Session

from claim_issuers.errors import Conflict
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.blocks import BlockRef
from identity_service.register import events, versions
from identity_service.register.events import Event
from identity_service.register.fold import Fact, Folded, Key, Ledger, Readings, fold
from identity_service.register.links import accounts_to_read, modified_identities
from identity_service.register.source import ChainMoved, ChainSource
from identity_service.register.tables import VERSIONS
from identity_service.storage import Database


class RegistryReplaced(Conflict):
    """The token now leads to another identity registry or storage than the one registered: update the token, then rebuild."""

    code = "registry_replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """From which block on to read, up to which, and what to keep: all up to ``ancestor``, or nothing when it is None."""

    head: BlockRef
    ancestor: BlockRef | None
    first: int
    last: int
    settled: bool

    @property
    def arrived(self) -> bool:
        """Whether the range reaches the head."""
        return self.last == self.head.number

    @property
    def empty(self) -> bool:
        """Whether there is no block to read, as when the chain only became shorter."""
        return self.first > self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The blocks of a range and what they add to the register."""

    blocks: Sequence[BlockRef]
    folded: Folded


class RangeReader:
    """Reads ranges of one token from its chain, starting from what the register holds."""

    def __init__(self, db: Database, source: ChainSource, token: Account) -> None:
        self._db = db
        self._source = source
        self._token = token

    def read(self, plan: Plan) -> Range:
        """The planned range. Raises ChainMoved, RegistryReplaced, RegisterInconsistent, MalformedLog."""
        if plan.empty:
            return Range(blocks=(), folded=Folded((), ()))
        blocks = self._blocks(plan)
        found = self._source.events(blocks, settled=plan.settled)
        self._check_wiring(found, plan)
        readings = self._readings(blocks, found, None if plan.ancestor is None else plan.ancestor.number)
        return Range(blocks=blocks, folded=self._fold(found, readings, plan))

    def _blocks(self, plan: Plan) -> list[BlockRef]:
        blocks = self._source.blocks(plan.first, plan.last)
        if plan.ancestor is not None and blocks[0].parent_hash != plan.ancestor.hash:
            raise ChainMoved("the chain changed its branch before the range")
        if plan.arrived and blocks[-1].hash != plan.head.hash:
            raise ChainMoved("the chain changed its branch below the head")
        return blocks

    def _check_wiring(self, found: Sequence[Event], plan: Plan) -> None:
        rewired = any(isinstance(event, events.IdentityRegistryAdded | events.IdentityStorageSet) for event in found)
        if rewired and not self._source.check_wiring(plan.head):
            raise RegistryReplaced("the token leads to another identity registry or storage than the one registered")

    def _readings(self, blocks: Sequence[BlockRef], found: Sequence[Event], ancestor: int | None) -> Readings:
        by_number = {block.number: block for block in blocks}
        accounts = accounts_to_read(found, self._linked(modified_identities(found), ancestor))
        if ancestor is None:
            accounts.setdefault(blocks[0].number, set()).update(self._source.accounts_stored_before(blocks[0]))
        # The supply is asked at each mint, burn and range's end, never added up: the index check must be able to fail.
        supplies = {event.at.block for event in found if isinstance(event, events.Transfer) and _changes_supply(event)}
        return self._source.readings(
            links={by_number[number]: wanted for number, wanted in sorted(accounts.items())},
            supplies=[by_number[number] for number in sorted(supplies | {blocks[-1].number})],
            opening=blocks[0] if ancestor is None else None,
            found=found,
        )

    def _linked(self, identities: Set[Address], block: int | None) -> Mapping[Address, Set[Address]]:
        if block is None:
            return {}
        with self._db.read() as session:
            return {identity: _linked_accounts(session, self._token, identity, block) for identity in identities}

    def _fold(self, found: Sequence[Event], readings: Readings, plan: Plan) -> Folded:
        if plan.ancestor is None:
            return fold(Ledger(), found, readings)
        with self._db.read() as session:
            opening = versions.opening(session, str(self._token), keys_in_play(found, readings), plan.ancestor.number)
        return fold(Ledger(opening), found, readings)


def keys_in_play(found: Sequence[Event], readings: Readings) -> dict[Fact, set[Key]]:
    """Every key that folding these events and readings may look at."""
    keys: dict[Fact, set[Key]] = {fact: set() for fact in Fact}
    for event in found:
        match event:
            case events.Transfer():
                keys[Fact.BALANCE] |= {(event.source.value,), (event.target.value,)}
            case events.Approval():
                keys[Fact.ALLOWANCE].add((event.owner.value, event.spender.value))
            case events.TokensFrozen() | events.TokensUnfrozen():
                keys[Fact.FROZEN_AMOUNT].add((event.account.value,))
            case events.AddressFrozen():
                keys[Fact.FROZEN_ACCOUNT].add((event.account.value,))
            case events.IdentityRegistryBound() | events.IdentityRegistryUnbound():
                keys[Fact.BINDING].add((event.identity_registry.value,))
    keys[Fact.IDENTITY_LINK] |= {(account.value,) for links in readings.links.values() for account in links}
    return keys


def _linked_accounts(session: Session, token: Account, identity: Address, block: int) -> Set[Address]:
    column = VERSIONS[Fact.IDENTITY_LINK].table.c.identity_contract
    rows = versions.values_at(session, str(token), Fact.IDENTITY_LINK, block, column == identity.value)
    return {Address(bytes(key[0])) for key, _ in rows}


def _changes_supply(event: events.Transfer) -> bool:
    return not (any(event.source.value) and any(event.target.value))
