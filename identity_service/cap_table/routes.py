"""``GET /v1/tokens/{token}/cap-table``: the purpose comes first, then the rows; and a holder's own transfer authorities."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.cap_table.authorities import GivenAuthority, TokenAuthorities, TransferAuthorities
from identity_service.cap_table.model import Cursor, Row, TransferAuthority, View, percent
from identity_service.cap_table.service import CapTable, Page
from identity_service.register.model import AsOf
from identity_service.web.requests import JsonModel, query
from identity_service.web.responses import items, json_response


class CapTableQuery(JsonModel):
    """What part of which cap table, and why."""

    purpose: str = Field(max_length=64)
    block: int | None = Field(default=None, ge=0, lt=1 << 53)
    cursor: str | None = Field(default=None, max_length=400)
    limit: int = Field(default=100, ge=1, le=500)


def blueprint(gate: Gate, cap_table: CapTable, authorities: TransferAuthorities) -> Blueprint:
    """The cap table of a token, and who may move a person's own tokens."""
    routes = Blueprint("cap_table", __name__)

    @routes.get("/v1/me/transfer-authorities")
    @gate.requires("me")
    def mine() -> Response:
        with gate.db.read() as session:
            found = authorities.given_by(session, caller_of_request())
        return items([token_authorities_json(one) for one in found], None)

    @routes.get("/v1/tokens/<token>/cap-table")
    @gate.requires("cap-table:read")
    def read(token: str) -> Response:
        wanted = query(CapTableQuery)
        account = Account.parse(token)
        cursor = Cursor.decode(wanted.cursor) if wanted.cursor is not None else None
        with gate.db.write() as session:
            page = cap_table.read(
                session,
                caller_of_request(),
                account,
                purpose=wanted.purpose,
                block=wanted.block,
                cursor=cursor,
                limit=wanted.limit,
            )
        return json_response(_page_json(page))

    return routes


def as_of_json(as_of: AsOf) -> dict[str, Any]:
    """The block and instant that an answer speaks of."""
    return {
        "chain_id": as_of.chain.number,
        "block_number": as_of.block_number,
        "block_hash": "0x" + as_of.block_hash.hex(),
        "instant": as_of.instant.isoformat(),
    }


def token_authorities_json(one: TokenAuthorities) -> dict[str, Any]:
    """One token with the authorities over it; ``error`` says why there is no answer about it."""
    return {
        "token": str(one.token.id),
        "name": one.token.name,
        "symbol": one.token.symbol,
        "decimals": one.token.decimals,
        "as_of": None if one.as_of is None else as_of_json(one.as_of),
        "error": None if one.error is None else {"code": one.error.code, "detail": one.error.detail},
        "transfer_authorities": [_given_json(given) for given in one.given],
    }


def _given_json(given: GivenAuthority) -> dict[str, Any]:
    found, cancel = given.authority, given.cancel
    return {
        "account": str(given.owner),
        "spender": {"account": str(found.spender), "legal_name": given.legal_name},
        "standing": found.standing.value,
        "allowance": str(found.allowance),
        "effective": str(found.effective),
        "unlimited": found.unlimited,
        "balance": str(given.balance),
        "cancel": {"to": str(cancel.to), "data": "0x" + cancel.data.hex(), "sender": str(cancel.sender), "value": "0"},
    }


def _page_json(page: Page) -> dict[str, Any]:
    as_of = as_of_json(page.as_of)
    totals = page.selection.totals
    return {
        "token": str(page.token.id),
        "view": page.view.value,
        "purpose": page.purpose,
        "as_of": as_of,
        "total_supply": str(page.total_supply),
        "disclosed": str(totals.disclosed),
        "below_threshold": str(totals.below_threshold),
        "not_disclosed": str(totals.not_disclosed),
        "index_check": str(page.index_check),
        "items": [_row_json(row, page, as_of) for row in page.rows],
        "next": page.next,
    }


def _row_json(row: Row, page: Page, as_of: Mapping[str, Any]) -> dict[str, Any]:
    holder = page.names.get(row.account)
    names = page.names if holder is not None else {}
    own = row.capacity == "own"
    return {
        "registered_holder": {"account": str(row.account), **_named(row.party_id, holder)},
        "beneficial_owner": _named(row.party_id, holder) if own and holder is not None else None,
        "capacity": row.capacity if holder is not None else None,
        "quantity": str(row.quantity),
        "percent": percent(row.quantity, page.total_supply),
        "frozen": str(row.frozen),
        "account_frozen": row.account_frozen,
        "since_block": row.since_block,
        "transfer_authorities": [_authority_json(one, page.view, names) for one in row.transfer_authorities],
        "as_of": as_of,
    }


def _authority_json(one: TransferAuthority, view: View, names: Mapping[Account, Mapping[str, str]]) -> dict[str, Any]:
    """A spender; its standing rests on what we know off chain, so the bare view leaves it out."""
    return {
        "spender": {"account": str(one.spender), **_named(one.party_id, names.get(one.spender))},
        "standing": None if view is View.BARE else one.standing.value,
        "allowance": str(one.allowance),
        "effective": str(one.effective),
        "unlimited": one.unlimited,
    }


def _named(party_id: str | None, fields: Mapping[str, str] | None) -> dict[str, str | None]:
    if fields is None:
        return {"party": None, "legal_name": None}
    return {"party": party_id, "legal_name": None, **fields}
