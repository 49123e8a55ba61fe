"""The register as other rooms read it: holdings, allowances, identity links and movements at any block it holds.

>>> Register().as_of(session, token).index_check                        # doctest: +SKIP
0
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.blocks import BlockRef
from identity_service.register import journal, versions
from identity_service.register.fold import Fact, Key, Value
from identity_service.register.model import (
    Allowance,
    AllowanceHistory,
    AllowanceVersion,
    BlockNotIndexed,
    Holding,
    IdentityLink,
    Movement,
    Progress,
    RegisterBehind,
    RegisterView,
    TransferKind,
    effective,
)
from identity_service.register.tables import VERSIONS
from identity_service.tokens.model import Token

__all__ = ["Register"]


class Register:
    """Reads the register. ``block`` None means the last block indexed.

    Every method raises RegisterBehind for a block that is not indexed yet, and for a token whose register was never started;
    BlockNotIndexed for a block before the token's first.
    """

    def progress(self, session: Session, token: Token) -> Progress:
        """How far the register is; ``Progress.require_fresh`` says whether that is enough."""
        return journal.progress(session, token.id)

    def block_hashes(self, session: Session, token: Token, numbers: Iterable[int]) -> Mapping[int, bytes]:
        """The hashes under which the register has these blocks now; one it has not, or no more, is left out. Raises nothing."""
        return journal.hashes_at(session, token.id, numbers)

    def as_of(self, session: Session, token: Token, block: int | None = None) -> RegisterView:
        """The whole register at the end of ``block``."""
        return _Snapshot(session, token, _block(session, token, block)).view()

    def holding(self, session: Session, token: Token, account: Account, block: int | None = None) -> Holding:
        """One account's position, of quantity 0 when it holds nothing."""
        return _Snapshot(session, token, _block(session, token, block), only=account.address).holding(account)

    def allowances_of(self, session: Session, token: Token, owner: Account, block: int | None = None) -> tuple[Allowance, ...]:
        """Every allowance that ``owner`` has given."""
        snapshot = _Snapshot(session, token, _block(session, token, block), only=owner.address)
        return snapshot.allowances(_allowances.c.owner == owner.address.value)

    def allowances_to(self, session: Session, token: Token, spender: Account, block: int | None = None) -> tuple[Allowance, ...]:
        """Every allowance given to ``spender``; over-approval to several spenders overlaps and is not to be added up."""
        snapshot = _Snapshot(session, token, _block(session, token, block))
        return snapshot.allowances(_allowances.c.spender == spender.address.value)

    def allowance_history(
        self, session: Session, token: Token, spender: Account, owners: Iterable[Account]
    ) -> Mapping[Account, AllowanceHistory]:
        """What each of ``owners`` has ever allowed ``spender``, and what it moved by that, up to the last block indexed.

        An owner who never allowed anything has an empty history; so has everybody while the register was never started. Raises
        nothing.
        """
        asked = list(dict.fromkeys(owners))
        given: dict[bytes, list[AllowanceVersion]] = {one.address.value: [] for one in asked}
        moved: dict[bytes, list[tuple[int, int]]] = {one.address.value: [] for one in asked}
        for owner, quantity, begun, ended in versions.allowances_ever(session, str(token.id), spender.address.value, given):
            given[bytes(owner)].append(AllowanceVersion(quantity=quantity, from_block=begun, to_block=ended))
        for source, block, quantity in journal.moves_by(session, token.id, spender.address, [one.address for one in asked]):
            moved[source.value].append((block, quantity))
        return {
            one: AllowanceHistory(versions=tuple(given[one.address.value]), moves=tuple(moved[one.address.value])) for one in asked
        }

    def identity_links(self, session: Session, token: Token, block: int | None = None) -> Mapping[Account, IdentityLink]:
        """Every account in the registry's storage with its identity contract, holders or not."""
        return _Snapshot(session, token, _block(session, token, block)).links()

    def movements(
        self,
        session: Session,
        token: Token,
        *,
        first: int | None = None,
        last: int | None = None,
        transaction: bytes | None = None,
    ) -> list[Movement]:
        """The transfers of a span of blocks, both ends included, in chain order, or those of one transaction."""
        end = _block(session, token, last)
        start = token.deployed_block if first is None else first
        found = journal.movements_between(session, token.id, start, end.number, transaction=transaction)
        return list(found)

    def recoveries(self, session: Session, token: Token, block: int | None = None) -> list[Movement]:
        """The recoveries up to ``block``: the allowances that ``source`` gave stay with it, and ``target`` has none of them."""
        return [move for move in self.movements(session, token, last=block) if move.kind is TransferKind.RECOVERY]

    def fingerprint(self, session: Session, token: Token, block: int | None = None) -> bytes:
        """SHA-256 over the register at ``block`` and all movements up to it, equal for two registers that say the same.

        It covers the block's hash and where each version began. Compare it with that of a register rebuilt from nothing.
        """
        at = _block(session, token, block)
        digest = hashlib.sha256(at.hash)
        for line in _lines(session, token, at):
            digest.update(json.dumps(line, separators=(",", ":"), default=bytes.hex).encode() + b"\n")
        return digest.digest()


def _lines(session: Session, token: Token, at: BlockRef) -> Iterator[tuple[Any, ...]]:
    for fact in Fact:
        for key, value, begun in versions.versions_at(session, str(token.id), fact, at.number):
            yield (fact.value, *key, *(str(part) if isinstance(part, int) else part for part in value), begun)
    for move in journal.movements_between(session, token.id, 0, at.number):
        mover = None if move.mover is None else str(move.mover)
        place = (move.block, move.log_index, move.block_hash, move.transaction)
        yield ("movement", *place, str(move.source), str(move.target), str(move.quantity), move.kind.value, mover)


def _block(session: Session, token: Token, number: int | None) -> BlockRef:
    cursor = journal.cursor(session, token.id)
    if cursor is None:
        raise RegisterBehind("the token's register has not been started", token=str(token.id))
    wanted = cursor.indexed_number if number is None else number
    if wanted > cursor.indexed_number:
        raise RegisterBehind("the register has not reached this block", block=wanted, indexed_to=cursor.indexed_number)
    found = journal.blocks_between(session, token.id, wanted, wanted)
    if not found:
        raise BlockNotIndexed("the token's register begins after this block", block=wanted, first_block=cursor.first_block)
    return found[0]


_allowances = VERSIONS[Fact.ALLOWANCE].table


class _Snapshot:
    """The facts of one token at one block; with ``only``, those about one account."""

    def __init__(self, session: Session, token: Token, block: BlockRef, *, only: Address | None = None) -> None:
        self._session = session
        self._token = token
        self._block = block
        self._only = only
        self._paused = () in self._facts(Fact.PAUSE)
        self._balances = self._by_account(Fact.BALANCE)
        self._frozen = self._by_account(Fact.FROZEN_AMOUNT)
        self._frozen_accounts = self._by_account(Fact.FROZEN_ACCOUNT)
        self._links = self._by_account(Fact.IDENTITY_LINK)

    def view(self) -> RegisterView:
        """Everything."""
        supply = self._facts(Fact.SUPPLY).get((), (0,))
        return RegisterView(
            as_of=journal.as_of(self._block),
            paused=self._paused,
            registry_bound=(self._token.identity_registry.value,) in self._facts(Fact.BINDING),
            total_supply=supply[0],
            holdings={account: self.holding(account) for account in map(self._account, self._balances)},
            allowances=self.allowances(),
        )

    def holding(self, account: Account) -> Holding:
        """One account's position."""
        place = account.address.value
        quantity, since = self._balances.get(place, (0, self._block.number))
        identity, country = self._links.get(place, (None, None))
        return Holding(
            account=account,
            quantity=quantity,
            frozen=self._frozen.get(place, (0,))[0],
            account_frozen=place in self._frozen_accounts,
            identity_contract=None if identity is None else Address(identity),
            country=country,
            since_block=since,
        )

    def allowances(self, *where: ColumnElement[bool]) -> tuple[Allowance, ...]:
        """The allowances that meet the conditions, ordered by owner and spender."""
        rows = versions.versions_at(self._session, str(self._token.id), Fact.ALLOWANCE, self._block.number, *where)
        return tuple(self._allowance(key, value, begun) for key, value, begun in rows)

    def links(self) -> dict[Account, IdentityLink]:
        """The registry's storage."""
        return {
            self._account(place): IdentityLink(identity_contract=Address(identity), country=country)
            for place, (identity, country) in self._links.items()
        }

    def _allowance(self, key: Key, value: Value, begun: int) -> Allowance:
        owner, spender = key
        amount = effective(
            allowance=value[0],
            balance=self._balances.get(owner, (0,))[0],
            frozen=self._frozen.get(owner, (0,))[0],
            paused=self._paused,
            holder_frozen=owner in self._frozen_accounts,
        )
        return Allowance(
            owner=self._account(owner), spender=self._account(spender), allowance=value[0], effective=amount, since_block=begun
        )

    def _account(self, place: bytes) -> Account:
        return Account(self._token.chain, Address(place))

    def _facts(self, fact: Fact, *where: ColumnElement[bool]) -> dict[Key, Value]:
        return dict(versions.values_at(self._session, str(self._token.id), fact, self._block.number, *where))

    def _by_account(self, fact: Fact) -> dict[bytes, Value]:
        column = VERSIONS[fact].table.c.account
        where = [] if self._only is None else [column == self._only.value]
        return {key[0]: value for key, value in self._facts(fact, *where).items()}
