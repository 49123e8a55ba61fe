"""The page behind an invitation's QR code, ``/i/<code>``: prove the wallet, say who you are, wait, have the claim."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.identifiers.accounts import Account, ChainId
from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate, viewer
from identity_service.access.proofs import AccountProofs
from identity_service.issuance.model import ApplicationPending
from identity_service.onboarding.allowance_model import AllowanceNotAsked
from identity_service.onboarding.allowances import VisitorsAllowance
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_model import (
    InvitationExpired,
    InvitationNotPermitted,
    InvitationState,
    InvitationUsed,
    InvitationWithdrawn,
    InviterNotLicensed,
)
from identity_service.onboarding.invited import Invited, Turn, application_in, fault_of, faults_in
from identity_service.onboarding.openings import came_from_elsewhere, was_opened
from identity_service.onboarding.qr import qr_svg
from identity_service.parties.model import AccountAlreadyBound, AccountUnknown, AlreadyEnrolled, BoundAccount
from identity_service.register.model import UNLIMITED
from identity_service.web.countries import country_options
from identity_service.web.documents import page
from identity_service.web.languages import gettext, language
from identity_service.web.pages import EMPTY, Filled, form_values, pages, see_other, time_left
from identity_service.web.problems import refusal_in_words
from identity_service.web.reachability import advice_for

_NO_LONGER_OPEN = (InvitationUsed, InvitationExpired, InvitationWithdrawn, InviterNotLicensed, AlreadyEnrolled, AccountAlreadyBound)
_POLL = 2000
ALLOWANCE_WORDS: Final = {"no_limit": UNLIMITED, "allowance_poll": 4000}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedPages:
    """Shows invitations and sends the applications of those who were invited."""

    gate: PageGate
    proofs: AccountProofs
    codes: InvitationCodes
    chains: tuple[ChainId, ...]

    def show(self, code: str, filled: Filled = EMPTY, *, alert: str = "", status: int = 200) -> Response:
        """The page; opening it for the first time is remembered. Raises InvitationUnknown."""
        invited = self._opened(code)
        shown = page(
            "onboarding/invited.html",
            invited=invited,
            filled=filled,
            alert=alert,
            chains=self.chains,
            countries=list(country_options(language())),
            words=invited.words.told(gettext),
            asked=[field.told(gettext) for field in invited.fields],
            rejection=gettext(invited.rejection),
            turn=invited.turn.value,
            **ALLOWANCE_WORDS,
            time_left=time_left(invited.landing.expires_at, self.codes.clock.now()),
            live=invited.turn in (Turn.PROVE, Turn.WAIT, Turn.USED),
            poll=_POLL,
            against_phones=advice_for(self.codes.public_url),
        )
        shown.status_code = status
        return shown

    def go_on(self, code: str) -> Response:
        """Remember that a wallet was proved by somebody who came this way from a page of ours, then ask who it is."""
        if viewer() is not None and was_opened() and not came_from_elsewhere():
            with self.gate.db.write() as session:
                self.codes.note_proved(session, code)
        return see_other(f"/i/{code}#who")

    def apply(self, code: str) -> Response:
        """Send the form on the invitation's terms; when these have ended meanwhile, the page says so."""
        values = form_values()
        invited = self._opened(code)
        faults = faults_in(invited, values)
        if not faults:
            try:
                self._redeem(code, invited, values)
            except _NO_LONGER_OPEN:
                return see_other(f"/i/{code}")
            except InvitationNotPermitted as error:
                return self._refused(code, values, error, status=422)
            except ApplicationPending as error:
                return self._refused(code, values, error, status=409)
            except InvalidInput as error:
                faults = fault_of(error)
        if faults:
            return self.show(code, Filled(values, faults), status=422)
        return see_other(f"/i/{code}#decides")

    def state(self, code: str) -> Response:
        """How far the invitation is, as the part of the page that keeps itself up to date. Raises InvitationUnknown."""
        with self.gate.db.read() as session:
            told = self.codes.state(session, code)
        return page(
            "onboarding/_state.html",
            code=code,
            state=told.state.value,
            shown=request.args.get("shown", ""),
            time_left=time_left(told.expires_at, self.codes.clock.now()) if told.state.is_open else "",
            following=told.state.is_open or told.state in (InvitationState.APPLIED, InvitationState.APPROVED),
            poll=_POLL,
        )

    def allowance(self, code: str) -> Response:
        """The part of the page about the allowance, which keeps itself up to date. Raises InvitationUnknown, AllowanceNotAsked."""
        account = caller_of_request().account
        assert account is not None  # noqa: S101 - whoever has a session proved an account
        with self.gate.db.read() as session:
            found = self.codes.allowance(session, code, account)
            inviter = self.codes.landing(session, code).inviter_name
        shown = request.args.get("shown", "")
        return page("onboarding/_allowance.html", code=code, allowance=found, inviter=inviter, shown=shown, **ALLOWANCE_WORDS)

    def qr(self, code: str) -> Response:
        """The QR code that opens this very page elsewhere. Raises InvitationUnknown."""
        with self.gate.db.read() as session:
            self.codes.state(session, code)
        return Response(qr_svg(self.codes.address(code)), content_type="image/svg+xml")

    def _refused(self, code: str, values: dict[str, str], error: DomainError, *, status: int) -> Response:
        return self.show(code, Filled(values, {}), alert=refusal_in_words(error), status=status)

    def _opened(self, code: str) -> Invited:
        who = viewer()
        account = None if who is None else who.account
        with self.gate.db.read() as session:
            invited = self._invited(session, code, account)
        if invited.landing.state is not InvitationState.OPEN or not was_opened():
            return invited
        with self.gate.db.write() as session:
            self.codes.note_seen(session, code)
            return self._invited(session, code, account)

    def _invited(self, session: Session, code: str, account: Account | None) -> Invited:
        application = None if account is None else self.codes.application_by(session, code, account)
        claim_id = None if application is None else application.claim_id
        return Invited(
            code=code,
            address=self.codes.address(code),
            landing=self.codes.landing(session, code),
            account=account,
            known=None if account is None else self._known(session, account),
            application=application,
            claim=None if claim_id is None else self.codes.issuance.claim(session, claim_id),
            allowance=None if account is None else self._allowance(session, code, account),
        )

    def _allowance(self, session: Session, code: str, account: Account) -> VisitorsAllowance | None:
        try:
            return self.codes.allowance(session, code, account)
        except AllowanceNotAsked:
            return None

    def _known(self, session: Session, account: Account) -> BoundAccount | None:
        try:
            return self.codes.issuance.parties.account(session, account)
        except AccountUnknown:
            return None

    def _redeem(self, code: str, invited: Invited, values: dict[str, str]) -> None:
        who = viewer()
        assert who is not None and who.account_proof_id is not None  # noqa: S101, PT018 - the gate lets only wallets in
        with self.gate.db.write() as session:
            proof = self.proofs.get(session, who.account_proof_id)
            self.codes.redeem(session, code, application_in(invited, values), proof)


def blueprint(gate: PageGate, proofs: AccountProofs, codes: InvitationCodes, chains: tuple[ChainId, ...]) -> Blueprint:
    """``/i/<code>``, the state in it that keeps itself up to date, and its QR code."""
    routes = pages("invited", __name__, multilingual=True)
    invited = InvitedPages(gate=gate, proofs=proofs, codes=codes, chains=chains)

    @routes.get("/i/<code>")
    @gate.visitor
    def show(code: str) -> Response:
        return invited.show(code)

    @routes.get("/i/<code>/go-on")
    @gate.visitor
    def go_on(code: str) -> Response:
        return invited.go_on(code)

    @routes.post("/i/<code>")
    @gate.signed_in
    def apply(code: str) -> Response:
        return invited.apply(code)

    @routes.get("/i/<code>/state")
    def state(code: str) -> Response:
        return invited.state(code)

    @routes.get("/i/<code>/allowance")
    @gate.signed_in
    def allowance(code: str) -> Response:
        return invited.allowance(code)

    @routes.get("/i/<code>/qr.svg")
    def qr(code: str) -> Response:
        return invited.qr(code)

    return routes
