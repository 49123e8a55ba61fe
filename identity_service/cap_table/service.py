"""Joins the register with parties and claims, applies the reader's right, and opens names through the one door."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account
from identity_service.access.grants import PURPOSES, Grants
from identity_service.access.model import Caller, GrantMissing, Role
from identity_service.cap_table.joining import Joined, authority, join
from identity_service.cap_table.model import (
    Cursor,
    CursorOutdated,
    PurposeUnknown,
    Row,
    Selection,
    Standing,
    View,
    is_intermediary,
    select,
    was_checked,
    without_hidden_spenders,
)
from identity_service.issuance.service import Issuance
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate
from identity_service.parties.service import Parties
from identity_service.register.model import Allowance, AsOf, Holding, RegisterView
from identity_service.register.service import Register
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens

OLDEST_REGISTER: Final = timedelta(minutes=10)
"""A table "now" is refused when the register has not stood at its chain's head for this long (DESIGN §5.7)."""

_VIEWS: Final[Mapping[Role, View]] = {
    Role.TOKEN_ISSUER: View.FULL,
    Role.TRANSFER_AGENT: View.FULL,
    Role.REGULATOR: View.FULL,
    Role.FAMILY_OFFICE: View.OFFICE,
    Role.CUSTODIAN: View.OFFICE,
    Role.NETWORK: View.NETWORK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a cap table, with the totals of the whole; ``names`` holds, by account, the fields that the grant opens.

    ``purpose`` is None where nobody in particular reads.
    """

    view: View
    purpose: str | None
    token: Token
    as_of: AsOf
    index_check: int
    total_supply: int
    selection: Selection
    rows: tuple[Row, ...]
    names: Mapping[Account, Mapping[str, str]]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """Who reads, for what, on which basis (None: without names), and what view follows."""

    caller: Caller | None
    purpose: str | None
    basis: Basis | None
    view: View


_NO_RIGHT: Final = _Right(caller=None, purpose=None, basis=None, view=View.BARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTable:
    """The cap table of any token at any block the register holds."""

    clock: Clock
    register: Register
    tokens: Tokens
    parties: Parties
    issuance: Issuance
    grants: Grants
    disclosures: Disclosures

    def read(
        self,
        session: Session,
        caller: Caller,
        token_account: Account,
        *,
        purpose: str,
        block: int | None,
        cursor: Cursor | None,
        limit: int,
    ) -> Page:
        """One page for this reader, its disclosures recorded in ``session``.

        Raises TokenUnknown, PurposeUnknown, RegisterBehind, BlockNotIndexed, CursorOutdated.
        """
        if purpose not in PURPOSES:
            raise PurposeUnknown(f"name one of {', '.join(sorted(PURPOSES))}", pointer="/purpose")
        token = self.tokens.get(session, token_account)
        right = self._right(session, caller, token, purpose)
        return self._page(session, token, right, block=block, cursor=cursor, limit=limit)

    def public(self, session: Session, token_account: Account, *, limit: int) -> Page:
        """The first page for somebody without any right: what the chain shows to everybody, bare; nothing is disclosed.

        Raises TokenUnknown, RegisterBehind.
        """
        return self._page(session, self.tokens.get(session, token_account), _NO_RIGHT, block=None, cursor=None, limit=limit)

    def _page(self, session: Session, token: Token, right: _Right, *, block: int | None, cursor: Cursor | None, limit: int) -> Page:
        register = self.register.as_of(session, token, cursor.block_number if cursor else block)
        if cursor is not None and cursor.block_hash != register.as_of.block_hash:
            raise CursorOutdated("the chain replaced that block: start again without a cursor")
        at_head = cursor.at_head if cursor else block is None
        if at_head and cursor is None:
            self.register.progress(session, token).require_fresh(now=self.clock.now(), within=OLDEST_REGISTER)
        joined = join(
            session,
            self.parties,
            self.issuance,
            owners=register.holdings,
            allowances=register.allowances,
            instant=self.clock.now() if at_head else register.as_of.instant,
        )
        rows = [_row(holding, joined) for holding in register.holdings.values() if holding.quantity]
        selection = _select(rows, register, right.basis, right.view)
        start = cursor.offset if cursor else 0
        shown = selection.rows[start : start + limit]
        candidates = _candidates([row for row in shown if row.account in selection.named], rows, joined)
        names = self._open(session, right, candidates, token, register.as_of)
        return Page(
            view=right.view,
            purpose=right.purpose,
            token=token,
            as_of=register.as_of,
            index_check=register.index_check,
            total_supply=register.total_supply,
            selection=selection,
            rows=shown,
            names=names,
            next=_next(register.as_of, start + limit, len(selection.rows), at_head=at_head),
        )

    def _right(self, session: Session, caller: Caller, token: Token, purpose: str) -> _Right:
        """What the caller may see; the network is blind with or without a grant."""
        fallback = View.NETWORK if caller.role is Role.NETWORK else View.BARE
        try:
            grant = self.grants.live(session, caller, token=str(token.id), purpose=purpose)
        except GrantMissing:
            return _Right(caller=caller, purpose=purpose, basis=None, view=fallback)
        basis = Basis.of_grant(grant, purpose=purpose, instant=self.clock.now())
        return _Right(caller=caller, purpose=purpose, basis=basis, view=_VIEWS[grant.role])

    def _open(
        self,
        session: Session,
        right: _Right,
        candidates: Mapping[Account, Candidate],
        token: Token,
        as_of: AsOf,
    ) -> dict[Account, dict[str, str]]:
        caller, basis = right.caller, right.basis
        if caller is None or basis is None:
            return {}
        opened = self.disclosures.open(
            session,
            caller=caller,
            basis=basis,
            candidates=list(candidates.values()),
            token=str(token.id),
            as_of_block=as_of.block_number,
        )
        return {account: opened[one.party_id] for account, one in candidates.items() if basis.admits(one)}


def _select(rows: list[Row], register: RegisterView, basis: Basis | None, view: View) -> Selection:
    visible = {row.account: row.was_checked and _admits(basis, view, row) for row in rows}
    threshold = 0 if basis is None else basis.threshold
    selection = select(rows, view=view, total_supply=register.total_supply, visible=visible, threshold=threshold)
    if view is not View.NETWORK:
        return selection
    shown = frozenset(row.account for row in selection.rows)
    intermediaries = frozenset(
        one.spender for row in rows for one in row.transfer_authorities if one.standing is not Standing.UNKNOWN
    )
    blind = tuple(without_hidden_spenders(row, shown, intermediaries) for row in selection.rows)
    return Selection(rows=blind, named=selection.named, totals=selection.totals)


def _admits(basis: Basis | None, view: View, row: Row) -> bool:
    if basis is None:
        return view is View.NETWORK and row.is_intermediary
    return basis.admits(_candidate(row))


def _candidate(row: Row) -> Candidate:
    return Candidate(
        party_id=row.party_id or "",
        quantity=row.quantity,
        is_intermediary=row.is_intermediary,
        intermediary_party_ids=row.intermediary_party_ids,
    )


def _candidates(named: Iterable[Row], rows: Iterable[Row], joined: Joined) -> dict[Account, Candidate]:
    """Whom the named rows show: their holders, and their spenders as what they are in the whole table, whatever the page."""
    holders = {row.account: row for row in rows}
    shown = {account for row in named for account in (row.account, *(one.spender for one in row.transfer_authorities))}
    shown = {account for account in shown if was_checked(joined.claims.get(account, []))}
    return {
        account: _candidate(holders[account]) if account in holders else _spender_candidate(account, joined)
        for account in sorted(shown & joined.bound.keys(), key=str)
    }


def _spender_candidate(spender: Account, joined: Joined) -> Candidate:
    party_id = joined.bound[spender].party_id
    return Candidate(
        party_id=party_id,
        quantity=0,
        is_intermediary=is_intermediary(joined.claims.get(spender, [])),
        intermediary_party_ids=joined.intermediaries_of.get(party_id, frozenset()),
    )


def _row(holding: Holding, joined: Joined) -> Row:
    bound = joined.bound.get(holding.account)
    given = joined.allowances_by.get(holding.account, [])
    intermediaries = frozenset() if bound is None else joined.intermediaries_of.get(bound.party_id, frozenset())
    return Row(
        account=holding.account,
        party_id=None if bound is None else bound.party_id,
        capacity=None if bound is None else bound.capacity.value,
        was_checked=bound is not None and was_checked(joined.claims.get(holding.account, [])),
        is_intermediary=is_intermediary(joined.claims.get(holding.account, [])),
        intermediary_party_ids=intermediaries | _custodian_parties(given, joined),
        quantity=holding.quantity,
        frozen=holding.frozen,
        account_frozen=holding.account_frozen,
        since_block=holding.since_block,
        transfer_authorities=tuple(authority(allowance, joined) for allowance in given),
    )


def _custodian_parties(given: Iterable[Allowance], joined: Joined) -> frozenset[str]:
    """The parties with a live allowance from this holder: an office sees those who made it their custodian."""
    return frozenset(joined.bound[one.spender].party_id for one in given if one.allowance and one.spender in joined.bound)


def _next(as_of: AsOf, offset: int, length: int, *, at_head: bool) -> str | None:
    if offset >= length:
        return None
    return Cursor(block_number=as_of.block_number, block_hash=as_of.block_hash, offset=offset, at_head=at_head).encode()
