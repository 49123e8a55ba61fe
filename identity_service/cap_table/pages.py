"""The cap table for people: which tables there are, for what purpose, then the table with its pictures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import Field

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import caller_of_request
from identity_service.access.grants import PURPOSES, Grant
from identity_service.access.model import Caller, Role
from identity_service.access.page_gate import PageGate
from identity_service.cap_table.model import Cursor
from identity_service.cap_table.service import CapTable
from identity_service.cap_table.view_model import shown_table
from identity_service.tokens.model import Token
from identity_service.web.documents import page
from identity_service.web.pages import pages
from identity_service.web.requests import JsonModel, parsed, query

_ROWS: Final = 50
_TOKENS: Final = 50


class TokenList(JsonModel):
    """Which part of the tokens."""

    cursor: Annotated[Account | None, parsed(Account.parse)] = None


class Reading(JsonModel):
    """For what the table is read, and which part of it; without a purpose the page asks for one."""

    purpose: str | None = Field(default=None, max_length=64)
    cursor: Annotated[Cursor | None, parsed(Cursor.decode)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A purpose that a grant covers, on what the grant rests and when it ends."""

    purpose: str
    basis: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token and the purposes for which this caller would see names."""

    token: Token
    rights: tuple[Right, ...]


def blueprint(gate: PageGate, cap_table: CapTable) -> Blueprint:
    """``/cap-tables`` and ``/cap-tables/<token>``."""
    routes = pages("cap_table", __name__)

    @routes.get("/cap-tables")
    @gate.requires("cap-table:read")
    def cap_tables() -> Response:
        caller = caller_of_request()
        with gate.db.read() as session:
            found = cap_table.tokens.list(session, after=query(TokenList).cursor, limit=_TOKENS + 1)
            grants = cap_table.grants.held_by(session, caller)
        listed = [ListedToken(token=token, rights=rights_on(token, grants)) for token in found[:_TOKENS]]
        following = listed[-1].token.id if len(found) > _TOKENS else None
        return page("cap_table/cap_tables.html", listed=listed, following=following, without_grant=_without_grant(caller))

    @routes.get("/cap-tables/<token>")
    @gate.requires("cap-table:read")
    def show(token: str) -> Response:
        wanted, account = query(Reading), Account.parse(token)
        if wanted.purpose is None:
            return _ask(gate, cap_table, account)
        caller = caller_of_request()
        with gate.db.write() as session:
            found = cap_table.read(session, caller, account, purpose=wanted.purpose, block=None, cursor=wanted.cursor, limit=_ROWS)
        reader = None if caller.role is None else caller.role.value.replace("_", " ")
        return page("cap_table/cap_table.html", table=shown_table(found, reader=reader))

    return routes


def rights_on(token: Token, grants: list[Grant]) -> tuple[Right, ...]:
    """The purposes that these grants cover on ``token``, by name, each with the grant that a reading would rest on."""
    found: dict[str, Right] = {}
    for grant in grants:
        for purpose in grant.purposes if grant.token == str(token.id) else ():
            found.setdefault(purpose, Right(purpose=purpose, basis=grant.legal_basis, until=grant.valid_until))
    return tuple(found[purpose] for purpose in sorted(found))


def _ask(gate: PageGate, cap_table: CapTable, account: Account) -> Response:
    caller = caller_of_request()
    with gate.db.read() as session:
        token = cap_table.tokens.get(session, account)
        rights = rights_on(token, cap_table.grants.held_by(session, caller))
    others = sorted(PURPOSES - {right.purpose for right in rights})
    without = _without_grant(caller)
    names = "with intermediaries' names" if caller.role is Role.NETWORK else "with names"
    return page("cap_table/purpose.html", token=token, rights=rights, others=others, names=names, without_grant=without)


def _without_grant(caller: Caller) -> str:
    if caller.role is Role.NETWORK:
        return "Without a grant you will see the wallets of intermediaries without names, and clients as one total."
    return "Without a grant you will see addresses without names. Ask the token issuer for a grant."
