"""An inviter's own pages: the invitations it sent, a new one, and each with its QR code and how far it is."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.errors import InvalidInput, NotPermitted
from identity_service.access.gate import caller_of_request
from identity_service.access.model import Role
from identity_service.access.page_gate import PageGate
from identity_service.issuance.wording import claim_words
from identity_service.mesh.model import ClaimIssuer
from identity_service.onboarding.allowance_model import FollowedAllowance
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_model import (
    CLIENTS_CLAIM_TYPE,
    REFERENCE,
    Invitation,
    InvitationExpired,
    InvitationState,
    InvitationTerms,
    InvitationUsed,
    InvitationWithdrawn,
    InviterNotLicensed,
)
from identity_service.onboarding.invitations import Invitations
from identity_service.register.model import UNLIMITED
from identity_service.tokens.model import Token
from identity_service.web.documents import page
from identity_service.web.pages import EMPTY, Filled, form, form_values, pages, refilled, see_other, time_left
from identity_service.web.requests import FieldError, InvalidField, JsonModel, parsed, query

_PAGE: Final = 50
_POLL: Final = 2000
_INVITES: Final = "invitations:write"
_UNDER_WAY: Final = frozenset({InvitationState.APPLIED, InvitationState.APPROVED})
_OVER: Final = (InvitationUsed, InvitationExpired, InvitationWithdrawn)


class InvitationsView(JsonModel):
    """Which part of the invitations."""

    after: str = Field(default="", max_length=64)


def _reference(text: str) -> str:
    if not re.fullmatch(REFERENCE, text):
        raise InvalidInput("Letters, digits, dots, dashes and underscores, no spaces; 64 at most.")
    return text


class NewInvitation(JsonModel):
    """Whom to invite for what."""

    claim_type: str = Field(max_length=32)
    claim_issuer: str | None = Field(default=None, max_length=64)
    reference: Annotated[str | None, parsed(_reference)] = None
    days: int = Field(ge=1, le=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceShown:
    """An asked allowance with the token that it is about."""

    token: Token
    followed: FollowedAllowance

    @property
    def unlimited_left(self) -> bool:
        """Whether what is left is above any supply."""
        return self.followed.left >= UNLIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an inviter may choose: claim types in words, and the claim issuers that may be asked (an intermediary's choice).

    ``licensed`` is False while the inviter may not invite at all.
    """

    claim_types: tuple[tuple[str, str], ...]
    claim_issuers: tuple[tuple[str, str], ...]
    licensed: bool = True

    @property
    def as_choices(self) -> tuple[tuple[str, str, str], ...]:
        """The claim types as templates take choices: value, label, hint."""
        return tuple((name, title, "") for name, title in self.claim_types)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderPages:
    """Shows invitations to their inviter, sends new ones and takes them back."""

    gate: PageGate
    invitations: Invitations
    codes: InvitationCodes

    def overview(self, filled: Filled = EMPTY, *, status: int = 200) -> Response:
        """The invitations of the caller's party and the form for another. Raises ClaimIssuerUnknown."""
        view = query(InvitationsView)
        with self.gate.db.read() as session:
            found = self.invitations.newest(session, caller_of_request(), after=view.after, limit=_PAGE + 1)
            offer = self._offer(session)
        shown = page(
            "onboarding/invitations.html",
            invitations=[(one, claim_words(one.claim_type), self._left(one.expires_at)) for one in found[:_PAGE]],
            following=found[_PAGE - 1].id if len(found) > _PAGE else None,
            offer=offer,
            filled=filled,
        )
        shown.status_code = status
        return shown

    def invite(self) -> Response:
        """Send an invitation and show its QR code."""
        try:
            wanted = form(NewInvitation)
            with self.gate.db.write() as session:
                made = self.invitations.invite(session, _terms(wanted), caller_of_request())
        except InvalidField as error:
            return self.overview(refilled(form_values(), error.errors), status=422)
        except InviterNotLicensed:
            return self.overview(refilled(form_values(), []), status=409)
        except (InvalidInput, NotPermitted) as error:
            fault = FieldError(error.pointer or "/claim_type", f"{error.detail}.")
            return self.overview(refilled(form_values(), [fault]), status=422)
        return see_other(f"/invitations/{made.id}")

    def invitation(self, invitation_id: str, *, alert: str = "", status: int = 200) -> Response:
        """One invitation. Raises InvitationUnknown."""
        shown = page("onboarding/invitation.html", alert=alert, **self._values(invitation_id))
        shown.status_code = status
        return shown

    def state(self, invitation_id: str) -> Response:
        """The part of the invitation's page that keeps itself up to date. Raises InvitationUnknown."""
        return page("onboarding/_progress.html", **self._values(invitation_id))

    def withdraw(self, invitation_id: str) -> Response:
        """Take an invitation back; one that was used or ended meanwhile stays as it is, and the page says so."""
        try:
            with self.gate.db.write() as session:
                self.invitations.withdraw(session, invitation_id, caller_of_request())
        except _OVER as error:
            return self.invitation(invitation_id, alert=f"It could not be taken back: {error.detail}.", status=409)
        return see_other(f"/invitations/{invitation_id}")

    def _values(self, invitation_id: str) -> dict[str, object]:
        with self.gate.db.read() as session:
            found = self.invitations.invitation(session, invitation_id, caller_of_request())
            claim_issuer = self.invitations.issuance.mesh.get(session, found.claim_issuer_id)
            allowance = self._allowance(session, found)
        return {
            "invitation": found,
            "claim_issuer": claim_issuer,
            "words": claim_words(found.claim_type),
            "address": self.codes.address(found.code),
            "time_left": self._left(found.expires_at) if found.state.is_open else "",
            "allowance": allowance,
            "following": found.state.is_open or found.state in _UNDER_WAY or (allowance is not None and allowance.followed.is_open),
            "poll": _POLL,
        }

    def _allowance(self, session: Session, found: Invitation) -> AllowanceShown | None:
        if found.allowance is None:
            return None
        token = self.invitations.allowances.tokens.get(session, found.allowance.asked.token)
        return AllowanceShown(token=token, followed=found.allowance)

    def _offer(self, session: Session) -> Offer:
        caller, mesh = caller_of_request(), self.invitations.issuance.mesh
        if caller.role is Role.CLAIM_ISSUER:
            return Offer(claim_types=_in_words(mesh.of_party(session, caller.party_id)), claim_issuers=())
        fitting = [one for one in mesh.all(session) if CLIENTS_CLAIM_TYPE in one.claim_types]
        types = ((CLIENTS_CLAIM_TYPE, claim_words(CLIENTS_CLAIM_TYPE).title),)
        licensed = self.invitations.may_invite(session, caller)
        return Offer(claim_types=types, claim_issuers=tuple((one.id, one.name) for one in fitting), licensed=licensed)

    def _left(self, expires_at: datetime) -> str:
        return time_left(expires_at, self.codes.clock.now())


def blueprint(gate: PageGate, invitations: Invitations, codes: InvitationCodes) -> Blueprint:
    """``/invitations`` and each of them."""
    routes = pages("invitations", __name__)
    shown = SenderPages(gate=gate, invitations=invitations, codes=codes)

    @routes.get("/invitations")
    @gate.requires(_INVITES)
    def overview() -> Response:
        return shown.overview()

    @routes.post("/invitations")
    @gate.requires(_INVITES)
    def invite() -> Response:
        return shown.invite()

    @routes.get("/invitations/<invitation_id>")
    @gate.requires(_INVITES)
    def invitation(invitation_id: str) -> Response:
        return shown.invitation(invitation_id)

    @routes.get("/invitations/<invitation_id>/state")
    @gate.requires(_INVITES)
    def state(invitation_id: str) -> Response:
        return shown.state(invitation_id)

    @routes.post("/invitations/<invitation_id>/withdraw")
    @gate.requires(_INVITES)
    def withdraw(invitation_id: str) -> Response:
        return shown.withdraw(invitation_id)

    return routes


def _terms(wanted: NewInvitation) -> InvitationTerms:
    return InvitationTerms(
        claim_type=wanted.claim_type,
        claim_issuer_id=wanted.claim_issuer,
        reference=wanted.reference,
        lifetime=timedelta(days=wanted.days),
    )


def _in_words(claim_issuer: ClaimIssuer) -> tuple[tuple[str, str], ...]:
    return tuple((name, claim_words(name).title) for name in sorted(claim_issuer.claim_types))
