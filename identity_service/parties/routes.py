"""Parties for administrators, and what a person may read about themselves."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProofs
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosure, Disclosures
from identity_service.parties.model import BoundAccount, Candidate, Capacity, PartyKind
from identity_service.parties.service import Parties
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response


class NewParty(JsonModel):
    """A person or firm; an administrator registers those without a wallet, such as the network or a regulator."""

    kind: Annotated[PartyKind, parsed(PartyKind)]
    legal_name: str = Field(max_length=200)
    country: str | None = Field(default=None, max_length=2)
    email: str | None = Field(default=None, max_length=200)

    def data(self) -> dict[str, str]:
        """The fields that were given."""
        given = {"legal_name": self.legal_name, "country": self.country, "email": self.email}
        return {name: value for name, value in given.items() if value is not None}


class NewMe(NewParty):
    """Who stands behind the account that the caller proved."""

    capacity: Literal["own", "client", "undeclared"] = "own"


class DisclosurePage(JsonModel):
    """Which part of the disclosures."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, proofs: AccountProofs, parties: Parties, disclosures: Disclosures) -> Blueprint:
    """Registration of parties, and ``/v1/me``."""
    routes = Blueprint("parties", __name__)

    @routes.post("/v1/parties")
    @gate.requires("parties:write")
    def register() -> Response:
        wanted = body(NewParty)

        def act(session: Session, caller: Caller) -> Creation:
            party_id = parties.register(session, kind=wanted.kind, data=wanted.data(), actor=caller.subject)
            return Creation(body={"id": party_id, "kind": wanted.kind.value}, location=f"/v1/parties/{party_id}")

        return gate.create("parties", act)

    @routes.get("/v1/parties/<party_id>")
    @gate.requires("parties:write")
    def show(party_id: str) -> Response:
        with gate.db.read() as session:
            return json_response({"id": party_id, "kind": parties.exists(session, party_id).value})

    @routes.post("/v1/me")
    @gate.requires("me")
    def enrol() -> Response:
        wanted = body(NewMe)

        def act(session: Session, caller: Caller) -> Creation:
            proof = proofs.get(session, caller.account_proof_id or "")
            party_id = parties.enrol(session, proof=proof, kind=wanted.kind, data=wanted.data(), capacity=Capacity(wanted.capacity))
            return Creation(body={"party": party_id, "account": str(proof.account)}, location="/v1/me")

        return gate.create("me", act)

    @routes.get("/v1/me")
    @gate.requires("me")
    def me() -> Response:
        caller = caller_of_request()
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.write() as session:
            party_id = parties.account(session, caller.account).party_id
            own = disclosures.open(
                session,
                caller=caller,
                basis=Basis.of_self(party_id),
                candidates=[Candidate(party_id=party_id, quantity=0, is_intermediary=False)],
            )
            accounts = parties.accounts_of(session, party_id)
        return json_response({"party": party_id, **own.get(party_id, {}), "accounts": [_account_json(one) for one in accounts]})

    @routes.get("/v1/me/disclosures")
    @gate.requires("me")
    def my_disclosures() -> Response:
        page, caller = query(DisclosurePage), caller_of_request()
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.write() as session:
            party_id = parties.account(session, caller.account).party_id
            found = disclosures.about(session, party_id, after=page.cursor, limit=page.limit + 1)
            shown = found[: page.limit]
            names = disclosures.viewers_of(session, caller, party_id, shown)
        following = shown[-1].id if len(found) > page.limit else None
        return items([_disclosure_json(one, names) for one in shown], following)

    return routes


def _account_json(one: BoundAccount) -> dict[str, Any]:
    return {
        "account": str(one.account),
        "capacity": one.capacity.value,
        "identity_contract": None if one.identity_contract is None else str(one.identity_contract),
        "linked_at": one.linked_at.isoformat(),
    }


def _disclosure_json(one: Disclosure, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "viewer": one.viewer,
        "viewer_party": one.viewer_party_id,
        "viewer_name": names.get(one.viewer_party_id or ""),
        "basis": {"kind": one.basis_kind, "id": one.basis_id, "legal_basis": one.legal_basis},
        "purpose": one.purpose,
        "fields": list(one.fields),
        "token": one.token,
        "as_of_block": one.as_of_block,
        "at": one.at.isoformat(),
    }
