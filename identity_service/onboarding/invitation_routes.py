"""Invitations over HTTP: their senders under ``/v1/invitations``, whoever holds a code under ``/v1/invitation-codes``."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import AccountProofUnknown, Caller
from identity_service.access.proofs import AccountProofs
from identity_service.issuance.presentation import NewAttributes, application_json
from identity_service.onboarding.allowance_model import FollowedAllowance, WantedAllowance, amount_in_words, words_of_amount
from identity_service.onboarding.allowances import Approval, VisitorsAllowance
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_model import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    REFERENCE,
    Invitation,
    InvitationState,
    InvitationTerms,
    InvitedApplication,
    Landing,
    PublicState,
)
from identity_service.onboarding.invitations import Invitations
from identity_service.onboarding.openings import was_opened
from identity_service.onboarding.qr import qr_svg
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response


class NewAllowance(JsonModel):
    """What an intermediary asks its client to let it move: base units of a token, for one of its accounts."""

    token: Annotated[Account, parsed(Account.parse)]
    amount: Annotated[int, parsed(amount_in_words)]
    account: Annotated[Account | None, parsed(Account.parse)] = None


class NewInvitation(JsonModel):
    """Whom to invite for what; an intermediary invites its clients, and names the claim issuer that is to decide."""

    claim_issuer: str | None = Field(default=None, max_length=64)
    claim_type: str = Field(max_length=32)
    reference: str | None = Field(default=None, pattern=REFERENCE)
    expires_in_seconds: int = Field(default=int(DEFAULT_LIFETIME.total_seconds()), ge=1, le=int(LONGEST_LIFETIME.total_seconds()))
    allowance: NewAllowance | None = None


class InvitationPage(JsonModel):
    """Which part of the invitations."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, proofs: AccountProofs, invitations: Invitations, codes: InvitationCodes) -> Blueprint:
    """Sending, opening and redeeming invitations."""
    routes = Blueprint("invitations", __name__)
    _sending_routes(routes, gate, invitations, codes)
    _reading_routes(routes, gate, codes)
    _allowance_routes(routes, gate, codes)
    _applying_routes(routes, gate, proofs, codes)
    return routes


def _sending_routes(routes: Blueprint, gate: Gate, invitations: Invitations, codes: InvitationCodes) -> None:
    @routes.post("/v1/invitations")
    @gate.requires("invitations:write")
    def invite() -> Response:
        terms = _terms(body(NewInvitation))

        def act(session: Session, caller: Caller) -> Creation:
            made = invitations.invite(session, terms, caller)
            return Creation(body={"id": made.id}, location=f"/v1/invitations/{made.id}")

        return _with_code(gate.create("invitations", act))

    def _with_code(answer: Response) -> Response:
        """The answer in full: what is stored for a request sent twice must not hold the code."""
        made = dict(answer.get_json())
        with gate.db.read() as session:
            found = invitations.invitation(session, made["id"], caller_of_request())
        return json_response(invitation_json(found, codes), answer.status_code, {"Location": answer.headers["Location"]})

    @routes.get("/v1/invitations")
    @gate.requires("invitations:write")
    def list_invitations() -> Response:
        page = query(InvitationPage)
        with gate.db.read() as session:
            found = invitations.invitations(session, caller_of_request(), after=page.cursor, limit=page.limit + 1)
        following = found[page.limit - 1].id if len(found) > page.limit else None
        return items([invitation_json(one, codes) for one in found[: page.limit]], following)

    @routes.get("/v1/invitations/<invitation_id>")
    @gate.requires("invitations:write")
    def show_invitation(invitation_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(invitation_json(invitations.invitation(session, invitation_id, caller_of_request()), codes))

    @routes.post("/v1/invitations/<invitation_id>/withdraw")
    @gate.requires("invitations:write")
    def withdraw(invitation_id: str) -> Response:
        with gate.db.write() as session:
            ended = invitations.withdraw(session, invitation_id, caller_of_request())
        return json_response(invitation_json(ended, codes))


def _reading_routes(routes: Blueprint, gate: Gate, codes: InvitationCodes) -> None:
    @routes.get("/v1/invitation-codes/<code>")
    def landing(code: str) -> Response:
        with gate.db.read() as session:
            found = codes.landing(session, code)
        if found.state is InvitationState.OPEN and was_opened():
            with gate.db.write() as session:
                codes.note_seen(session, code)
                found = codes.landing(session, code)
        return json_response(_landing_json(found))

    @routes.get("/v1/invitation-codes/<code>/state")
    def state(code: str) -> Response:
        with gate.db.read() as session:
            return json_response(_state_json(codes.state(session, code)))

    @routes.get("/v1/invitation-codes/<code>/qr.svg")
    def qr_code(code: str) -> Response:
        with gate.db.read() as session:
            codes.state(session, code)
        return Response(qr_svg(codes.address(code)), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _allowance_routes(routes: Blueprint, gate: Gate, codes: InvitationCodes) -> None:
    @routes.get("/v1/invitation-codes/<code>/allowance")
    @gate.requires("me")
    def allowance(code: str) -> Response:
        account = caller_of_request().account
        assert account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            return json_response(_visitors_json(codes.allowance(session, code, account)))


def _applying_routes(routes: Blueprint, gate: Gate, proofs: AccountProofs, codes: InvitationCodes) -> None:
    @routes.post("/v1/invitation-codes/<code>/proved")
    @gate.requires("me")
    def proved(code: str) -> Response:
        with gate.db.write() as session:
            codes.note_proved(session, code)
            return json_response(_state_json(codes.state(session, code)))

    @routes.post("/v1/invitation-codes/<code>/application")
    @gate.requires("me")
    def apply(code: str) -> Response:
        said = body(NewAttributes)
        wanted = InvitedApplication(
            attributes=said.attributes, party_kind=said.party_kind, party=said.party_data, capacity=said.capacity
        )

        def act(session: Session, caller: Caller) -> Creation:
            if caller.account_proof_id is None:
                raise AccountProofUnknown("prove the account first")
            application = codes.redeem(session, code, wanted, proofs.get(session, caller.account_proof_id))
            return Creation(body=application_json(application), location=f"/v1/me/applications/{application.id}")

        return gate.create("invited-applications", act)


def _terms(wanted: NewInvitation) -> InvitationTerms:
    return InvitationTerms(
        claim_type=wanted.claim_type,
        claim_issuer_id=wanted.claim_issuer,
        reference=wanted.reference,
        lifetime=timedelta(seconds=wanted.expires_in_seconds),
        allowance=None if wanted.allowance is None else _wanted(wanted.allowance),
    )


def _wanted(asked: NewAllowance) -> WantedAllowance:
    return WantedAllowance(token=asked.token, amount=asked.amount, spender=asked.account)


def allowance_json(one: FollowedAllowance | None) -> dict[str, Any] | None:
    """How an asked allowance stands, without a word about whose it is."""
    if one is None:
        return None
    return {
        "token": str(one.asked.token),
        "account": str(one.asked.spender),
        "amount": words_of_amount(one.asked.amount),
        "state": one.state.value,
        "left": words_of_amount(one.left),
        "block": one.block,
    }


def _visitors_json(one: VisitorsAllowance) -> dict[str, Any]:
    told = allowance_json(one.followed) or {}
    return {**told, "give": _approval_json(one.give), "cancel": _approval_json(one.cancel)}


def _approval_json(one: Approval | None) -> dict[str, str] | None:
    if one is None:
        return None
    return {"to": str(one.to), "data": "0x" + one.data.hex(), "value": "0", "sender": str(one.sender)}


def invitation_json(one: Invitation, codes: InvitationCodes) -> dict[str, Any]:
    """An invitation as its sender sees it."""
    return {
        "id": one.id,
        "url": codes.address(one.code),
        "qr": codes.qr_address(one.code),
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.claim_type,
        "intermediary": one.intermediary_party_id,
        "reference": one.reference,
        "state": one.state.value,
        "application": one.application_id,
        "created_at": one.created_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "batch": one.batch_id,
        "allowance": allowance_json(one.allowance),
        "last_event": one.last_event,
    }


def _landing_json(one: Landing) -> dict[str, Any]:
    return {
        "id": one.id,
        "claim_issuer": {"id": one.claim_issuer_id, "name": one.claim_issuer_name, "did": one.claim_issuer_did},
        "claim_type": one.claim_type,
        "inviter": {"legal_name": one.inviter_name},
        "as_client_of_inviter": one.as_client_of_inviter,
        "attributes": dict(one.attributes),
        "state": one.state.value,
        "expires_at": one.expires_at.isoformat(),
        "seconds_left": one.seconds_left,
    }


def _state_json(one: PublicState) -> dict[str, Any]:
    return {"state": one.state.value, "expires_at": one.expires_at.isoformat(), "seconds_left": one.seconds_left}
