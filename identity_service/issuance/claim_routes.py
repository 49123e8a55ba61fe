"""Claims, their forms and revocation: for the claim issuer under ``/v1/claims``, for the holder under ``/v1/me/claims``.

The two families never answer for each other: a seat at a claim issuer opens no client's claim under ``/v1/me``, and holding a claim
opens nothing of its claim issuer's.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.forms import Forms, IdentityGuard, require_vouched
from identity_service.issuance.model import ERC735, VC_JWT, ClaimRecord, FormRecord, FormUnknown, IdentityContractMissing
from identity_service.issuance.places import RevocationPlace
from identity_service.issuance.presentation import REASON
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.service import Issuance
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate
from identity_service.tokens.model import Token, TokenUnknown
from identity_service.tokens.service import Tokens
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

Whose = Callable[[Session, str, Caller], ClaimRecord]
"""Finds a claim for this caller. Raises ClaimUnknown when it is none of theirs."""


class NewForm(JsonModel):
    """A further form of a claim, under the topic of its type, or the one under which ``token``'s registry knows that type."""

    format: Literal["erc735"]
    token: Annotated[Account, parsed(Account.parse)] | None = None


class NewRevocation(JsonModel):
    """Why a claim ends."""

    reason: str = Field(pattern=REASON)


class ClaimPage(JsonModel):
    """Which part of the claims."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def add_claim_routes(
    routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, revocations: Revocations, disclosures: Disclosures
) -> None:
    """Reading and revoking claims."""
    _list_routes(routes, gate, issuance)
    _reading_routes(routes, gate, issuance, forms, revocations)
    _credential_routes(routes, gate, issuance, forms, disclosures)
    _revoking_routes(routes, gate, issuance, forms, revocations)


def add_form_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, tokens: Tokens, guard: IdentityGuard) -> None:
    """Making forms for a chain, and reading them."""
    _making_routes(routes, gate, OfficersDesk(issuance=issuance, forms=forms), tokens, guard)

    def form_view(whose: Whose) -> Callable[[str, str], Response]:
        def form(claim_id: str, form_id: str) -> Response:
            with gate.db.read() as session:
                whose(session, claim_id, caller_of_request())
                found = forms.form(session, form_id)
            if found.claim_id != claim_id:
                raise FormUnknown("the claim has no such form")
            return json_response(_form_json(found))

        return form

    of_issuer, of_holder = form_view(issuance.claim_issued_by), form_view(issuance.claim_held_by)
    routes.add_url_rule("/v1/claims/<claim_id>/forms/<form_id>", "form", gate.requires("claims:read")(of_issuer))
    routes.add_url_rule("/v1/me/claims/<claim_id>/forms/<form_id>", "my_form", gate.requires("me")(of_holder))


def _list_routes(routes: Blueprint, gate: Gate, issuance: Issuance) -> None:
    @routes.get("/v1/claims")
    @gate.requires("claims:read")
    def claims() -> Response:
        page, instant = query(ClaimPage), issuance.clock.now()
        with gate.db.read() as session:
            claim_issuer = issuance.mesh.of_party(session, caller_of_request().party_id)
            found = issuance.claims_by(session, claim_issuer, after=page.cursor, limit=page.limit + 1)
        shown = [_claim_json(one, one.liveness(instant).value) for one in found[: page.limit]]
        return items(shown, found[page.limit - 1].id if len(found) > page.limit else None)

    @routes.get("/v1/me/claims")
    @gate.requires("me")
    def my_claims() -> Response:
        caller, instant = caller_of_request(), issuance.clock.now()
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            party_id = issuance.parties.account(session, caller.account).party_id
            found = issuance.claims_of(session, party_id)
        return items([_claim_json(one, one.liveness(instant).value) for one in found], None)


def _reading_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, revocations: Revocations) -> None:
    def claim_view(whose: Whose) -> Callable[[str], Response]:
        def claim(claim_id: str) -> Response:
            with gate.db.read() as session:
                found = whose(session, claim_id, caller_of_request())
                made = forms.forms_of(session, claim_id)
                places = revocations.places(session, claim_id)
            return json_response(
                {
                    **_claim_json(found, found.liveness(issuance.clock.now()).value),
                    "forms": [_form_json(one) for one in made],
                    "revocation_places": [_place_json(one) for one in places],
                }
            )

        return claim

    of_issuer, of_holder = claim_view(issuance.claim_issued_by), claim_view(issuance.claim_held_by)
    routes.add_url_rule("/v1/claims/<claim_id>", "claim", gate.requires("claims:read")(of_issuer))
    routes.add_url_rule("/v1/me/claims/<claim_id>", "my_claim", gate.requires("me")(of_holder))


def _credential_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, disclosures: Disclosures) -> None:
    @routes.get(f"/v1/claims/<claim_id>/forms/{VC_JWT}")
    @gate.requires("claims:read")
    def credential(claim_id: str) -> Response:
        caller = caller_of_request()
        with gate.db.write() as session:
            found = issuance.claim_issued_by(session, claim_id, caller)
            content = forms.content(session, claim_id)
            disclosures.open(
                session,
                caller=caller,
                basis=Basis.of_claim(found.id, holder_party_id=found.party_id, claim_issuer_party_id=caller.party_id or ""),
                candidates=[Candidate(party_id=found.party_id, quantity=0, is_intermediary=False)],
            )
        return _credential(content)

    @routes.get(f"/v1/me/claims/<claim_id>/forms/{VC_JWT}")
    @gate.requires("me")
    def my_credential(claim_id: str) -> Response:
        with gate.db.read() as session:
            issuance.claim_held_by(session, claim_id, caller_of_request())
            return _credential(forms.content(session, claim_id))


def _revoking_routes(routes: Blueprint, gate: Gate, issuance: Issuance, forms: Forms, revocations: Revocations) -> None:
    @routes.post("/v1/claims/<claim_id>/revoke")
    @gate.requires("claims:revoke")
    def revoke(claim_id: str) -> Response:
        wanted = body(NewRevocation)

        def act(session: Session, caller: Caller) -> Creation:
            OfficersDesk(issuance=issuance, forms=forms).issued(session, claim_id, caller)
            revoked = revocations.revoke(session, claim_id, reason=wanted.reason, actor=caller.subject)
            shown = _claim_json(revoked, revoked.liveness(issuance.clock.now()).value)
            return Creation(body=shown, location=f"/v1/claims/{claim_id}", status=200)

        return gate.create("revocations", act)


def _making_routes(routes: Blueprint, gate: Gate, desk: OfficersDesk, tokens: Tokens, guard: IdentityGuard) -> None:
    forms, parties = desk.forms, desk.issuance.parties

    @routes.post("/v1/claims/<claim_id>/forms")
    @gate.requires("claims:issue")
    def make_form(claim_id: str) -> Response:
        wanted = body(NewForm)
        with gate.db.read() as session:
            found = desk.to_carry(session, claim_id, caller_of_request())
            identity_contract = parties.account(session, found.account).identity_contract
            factories = tokens.trusted_factories(session, found.account.chain)
            topic = None if wanted.token is None else _token_on(session, tokens, wanted.token, found).topic(found.claim_type)
        if identity_contract is None:
            raise IdentityContractMissing("deploy an identity contract for the account first")
        require_vouched(guard, found.account, identity_contract, factories)

        def act(session: Session, caller: Caller) -> Creation:
            form_id = forms.intend_erc735(session, claim_id, topic=topic, actor=caller.subject)
            return Creation(
                body={"id": form_id, "claim": claim_id, "format": ERC735},
                location=f"/v1/claims/{claim_id}/forms/{form_id}",
                afterwards=lambda: forms.complete(form_id, actor=caller.subject),
            )

        return gate.create("forms", act)


def _credential(content: str) -> Response:
    return Response(content, content_type="application/vc+jwt", headers={"Cache-Control": "no-store"})


def _token_on(session: Session, tokens: Tokens, wanted: Account, claim: ClaimRecord) -> Token:
    if wanted.chain != claim.account.chain:
        raise TokenUnknown("name a token on the chain of the claim's account", pointer="/token")
    return tokens.get(session, wanted)


def _claim_json(one: ClaimRecord, state: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "account": str(one.account),
        "party": one.party_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.claim_type,
        "state": state,
        "valid_from": one.validity.valid_from.isoformat(),
        "valid_until": one.validity.valid_until.isoformat(),
        "issued_at": None if one.issued_at is None else one.issued_at.isoformat(),
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
        "status_list": one.status_list_id,
        "status_list_index": one.status_index,
    }


def _form_json(one: FormRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": one.id, "claim": one.claim_id, "format": one.format, "state": one.state.value}
    if one.format == ERC735:
        shown |= {
            "topic": str(one.topic),
            "claim_issuer_contract": str(one.issuer_contract),
            "identity_contract": str(one.identity_contract),
            "data": _hex(one.data),
            "signature": _hex(one.signature),
        }
    return shown


def _place_json(one: RevocationPlace) -> dict[str, Any]:
    return {"place": one.place, "state": one.state, "receipts": [dict(receipt) for receipt in one.receipts]}


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()
