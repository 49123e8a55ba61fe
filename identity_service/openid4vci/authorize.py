"""The authorization code grant: a wallet pushes what it asks for, a person allows it on our page, the code becomes a token.

Three values are used once, each kept as a hash with what it stands for: the request_uri, which the browser brings; the page's own
handle, which takes its place and outlives a sign-in; and the code, which a minute later is worth nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import NonceExpired, NonceReplayed, NonceUnknown
from identity_service.access.single_use import SingleUse
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import Application, ApplicationState, ClaimRecord, Liveness
from identity_service.issuance.service import Issuance
from identity_service.mesh.service import Mesh
from identity_service.openid4vci.authorization_request import (
    REQUEST_URI,
    ApplicationNotOffered,
    AuthorizationCodeInvalid,
    AuthorizationCodeOfAnother,
    AuthorizationCodeReplayed,
    AuthorizationRequest,
    AuthorizationRequestUnknown,
    CodeKeyMismatch,
    IssuerStateUnknown,
    PushedParameters,
    RedirectUriMismatch,
)
from identity_service.openid4vci.authorizations import Authorizations
from identity_service.openid4vci.dpop import DpopProof
from identity_service.openid4vci.model import OfferEnded, OfferUnknown, Redemption, Subject, TokenRequest, digest_of
from identity_service.openid4vci.offers import Offers
from identity_service.openid4vci.pkce import verify_code_verifier
from identity_service.openid4vci.steps import Steps
from identity_service.parties.model import AccountUnknown
from identity_service.storage import Database

REQUEST_LIFETIME: Final = timedelta(seconds=90)
PAGE_LIFETIME: Final = timedelta(minutes=10)
CODE_LIFETIME: Final = timedelta(seconds=60)
_REQUESTS: Final = "openid4vci_request_uri"
_PAGES: Final = "openid4vci_authorize_page"
_CODES: Final = "openid4vci_code"
_SPENT: Final = (NonceUnknown, NonceExpired, NonceReplayed)
_TO_BE_HAD: Final = frozenset({Liveness.NOT_ISSUED, Liveness.NOT_YET_VALID, Liveness.LIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An application of the person's whose credential the wallet may get; ``claim`` is None while the decision is to come."""

    application: Application
    claim: ClaimRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page shows: who asks for what at which claim issuer, and what the person signed in could give."""

    request: AuthorizationRequest
    claim_issuer_name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequests:
    """Takes pushed requests, shows them to people, and answers wallets through their redirect_uri.

    ``loopback`` lets the answer go to http on this very machine, under the development switch.
    """

    db: Database
    clock: Clock
    single_use: SingleUse
    mesh: Mesh
    issuance: Issuance
    offers: Offers
    authorizations: Authorizations
    steps: Steps
    audit: AuditLog
    loopback: bool

    def push(self, claim_issuer_id: str, form: Mapping[str, str], proof: DpopProof | None) -> tuple[str, timedelta]:
        """Keep an authorization request; its request_uri, and for how long it works (RFC 9126 §2.2).

        A DPoP ``proof`` binds the code to its key (RFC 9449 §10.1). Raises ClaimIssuerUnknown, IssuerStateUnknown,
        DpopProofInvalid for a proof shown before, and what ``PushedParameters.read`` raises.
        """
        with self.steps.watched("par") as subject, self.db.write() as session:
            self.authorizations.use_up_proof(session, proof)
            pushed = PushedParameters(
                form=form,
                issuer=self.offers.credential_issuer(claim_issuer_id),
                claim_issuer_id=claim_issuer_id,
                offered=frozenset(self.mesh.get(session, claim_issuer_id).claim_types),
                dpop_jkt=None if proof is None else proof.jkt,
                loopback=self.loopback,
            )
            asked = self._from_offer(session, pushed.read(), pushed.issuer_state)
            subject.offer_id, subject.application_id = asked.offer_id, asked.application_id
            value, _ = self.single_use.give(session, _REQUESTS, asked.as_json(), REQUEST_LIFETIME)
        return f"{REQUEST_URI}{value}", REQUEST_LIFETIME

    def open(self, session: Session, claim_issuer_id: str, *, client_id: str, request_uri: str) -> str:
        """Use up a request_uri for a page; the page's handle. Raises AuthorizationRequestUnknown."""
        value = request_uri.removeprefix(REQUEST_URI) if request_uri.startswith(REQUEST_URI) else ""
        asked = self._kept(session, _REQUESTS, value, claim_issuer_id)
        if asked.client_id != client_id:
            raise AuthorizationRequestUnknown("the request is another wallet's: start again in yours")
        self._take(session, _REQUESTS, value)
        handle, _ = self.single_use.give(session, _PAGES, asked.as_json(), PAGE_LIFETIME)
        return handle

    def asked(self, session: Session, claim_issuer_id: str, handle: str, account: Account | None) -> Asked:
        """What stands behind a page. Raises AuthorizationRequestUnknown."""
        request = self._kept(session, _PAGES, handle, claim_issuer_id)
        return Asked(
            request=request,
            claim_issuer_name=self.mesh.get(session, claim_issuer_id).name,
            choices=() if account is None else self._choices(session, request, account),
        )

    def allow(self, session: Session, claim_issuer_id: str, handle: str, *, application_id: str, account: Account) -> str:
        """The person lets the wallet have the credential; where the browser goes with the code.

        Raises AuthorizationRequestUnknown, ApplicationNotOffered.
        """
        request = self._kept(session, _PAGES, handle, claim_issuer_id)
        if application_id not in {choice.application.id for choice in self._choices(session, request, account)}:
            raise ApplicationNotOffered("open the page again and choose one that it shows")
        self._take(session, _PAGES, handle)
        chosen = replace(request, application_id=application_id)
        code, _ = self.single_use.give(session, _CODES, chosen.as_json(), CODE_LIFETIME)
        details = {"offer": request.offer_id, "claim_issuer": claim_issuer_id}
        self.audit.append(
            session, actor=str(account), action="credential_authorization.allowed", subject=application_id, details=details
        )
        return self._answer(request, code=code)

    def refuse(self, session: Session, claim_issuer_id: str, handle: str) -> str:
        """The person lets the wallet have nothing; where the browser goes. Raises AuthorizationRequestUnknown."""
        request = self._kept(session, _PAGES, handle, claim_issuer_id)
        self._take(session, _PAGES, handle)
        if request.offer_id is not None and self.offers.is_open(session, request.offer_id):
            subject = Subject(offer_id=request.offer_id, application_id=request.application_id)
            self.steps.note(session, subject, step="authorize", code="access_denied")
        return self._answer(request, error="access_denied")

    def _answer(self, request: AuthorizationRequest, *, code: str | None = None, error: str | None = None) -> str:
        """The wallet's redirect_uri with the answer, and who gives it (RFC 9207)."""
        issuer = self.offers.credential_issuer(request.claim_issuer_id)
        return request.redirect.answered({"code": code, "error": error, "state": request.state, "iss": issuer})

    def _from_offer(self, session: Session, request: AuthorizationRequest, issuer_state: str | None) -> AuthorizationRequest:
        if issuer_state is None:
            return request
        try:
            offer = self.offers.of_issuer_state(session, issuer_state)
        except (OfferUnknown, OfferEnded) as refusal:
            raise IssuerStateUnknown(refusal.detail) from refusal
        if (offer.claim_issuer_id, offer.configuration_id) != (request.claim_issuer_id, request.configuration_id):
            raise IssuerStateUnknown("the credential offer is for another credential")
        return replace(request, offer_id=offer.id, application_id=offer.application_id)

    def _choices(self, session: Session, request: AuthorizationRequest, account: Account) -> tuple[Choice, ...]:
        """The account's own applications for this at this claim issuer; with an offer, only the one that it is for.

        An issuer_state may come from anybody (OpenID4VCI 1.0 §5.1.3), so it gives nobody what is not theirs.
        """
        wanted = (request.claim_issuer_id, request.configuration_id, account)
        found = []
        for application in self._applications(session, account):
            if (application.claim_issuer_id, application.claim_type, application.account) != wanted:
                continue
            if request.application_id not in (None, application.id):
                continue
            choice = self._choice(session, application)
            if choice is not None and self._offer_is_open(session, request, account):
                found.append(choice)
        return tuple(found)

    def _applications(self, session: Session, account: Account) -> list[Application]:
        try:
            bound = self.issuance.parties.account(session, account)
        except AccountUnknown:
            return []
        return self.issuance.applications_of(session, bound.party_id)

    def _choice(self, session: Session, application: Application) -> Choice | None:
        if application.state is ApplicationState.REJECTED:
            return None
        if application.claim_id is None:
            return Choice(application=application, claim=None)
        claim = self.issuance.claim(session, application.claim_id)
        return Choice(application=application, claim=claim) if claim.liveness(self.clock.now()) in _TO_BE_HAD else None

    def _offer_is_open(self, session: Session, request: AuthorizationRequest, account: Account) -> bool:
        return request.offer_id is None or self.offers.offer(session, request.offer_id, account).state.is_open

    def _kept(self, session: Session, kind: str, value: str, claim_issuer_id: str) -> AuthorizationRequest:
        try:
            request = AuthorizationRequest.from_json(self.single_use.require_live(session, kind, value))
        except _SPENT as refusal:
            raise AuthorizationRequestUnknown("start again in your wallet") from refusal
        if request.claim_issuer_id != claim_issuer_id:
            raise AuthorizationRequestUnknown("start again in your wallet")
        return request

    def _take(self, session: Session, kind: str, value: str) -> None:
        try:
            self.single_use.take(session, kind, value)
        except _SPENT as refusal:
            raise AuthorizationRequestUnknown("start again in your wallet") from refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrant:
    """The grant type ``authorization_code`` of the token endpoint (RFC 6749 §4.1.3)."""

    db: Database
    single_use: SingleUse
    authorizations: Authorizations

    def before(self, request: TokenRequest, subject: Subject) -> None:
        """Judge the code and whoever shows it. A code shown again ends the token it gave; one shown wrongly is burnt.

        Raises TokenRequestInvalid, AuthorizationCodeInvalid, AuthorizationCodeReplayed, AuthorizationCodeOfAnother,
        RedirectUriMismatch, CodeVerifierInvalid, CodeKeyMismatch.
        """
        code = request.required("code")
        client_id, redirect_uri = request.required("client_id"), request.required("redirect_uri")
        self._refuse_replay(code, subject)
        with self.db.read() as session:
            kept = self._kept(session, code, request)
        subject.offer_id, subject.application_id = kept.offer_id, kept.application_id
        try:
            _require_the_same(kept, request, client_id=client_id, redirect_uri=redirect_uri)
        except DomainError:
            self._burn(code)
            raise

    def redeem(self, session: Session, request: TokenRequest) -> Redemption:
        """Use the code up, and with it its offer: of many who try at once, one does.

        Raises AuthorizationCodeReplayed, AuthorizationCodeInvalid.
        """
        code = request.required("code")
        try:
            kept = AuthorizationRequest.from_json(self.single_use.take(session, _CODES, code))
        except NonceReplayed as refusal:
            raise AuthorizationCodeReplayed("the code was used before: begin again") from refusal
        except (NonceUnknown, NonceExpired) as refusal:
            raise AuthorizationCodeInvalid("the code is over: begin again") from refusal
        if kept.offer_id is not None and not self.authorizations.offers.take_up(session, kept.offer_id):
            raise AuthorizationCodeInvalid("the credential offer was taken up or taken back: take a new one")
        return Redemption(
            application_id=kept.application_id or "",
            claim_issuer_id=kept.claim_issuer_id,
            configuration_id=kept.configuration_id,
            offer_id=kept.offer_id,
            details_asked=kept.details_asked,
            code_hash=digest_of(code),
            wallet=kept.redirect.shown,
        )

    def _refuse_replay(self, code: str, subject: Subject) -> None:
        with self.db.read() as session:
            if not self.authorizations.was_given_for(session, code):
                return
        with self.db.write() as session:
            subject.application_id = self.authorizations.withdraw_given_for(session, code)
        if subject.application_id is not None:
            raise AuthorizationCodeReplayed("the code was used before: the access token that it gave works no more")

    def _kept(self, session: Session, code: str, request: TokenRequest) -> AuthorizationRequest:
        try:
            kept = AuthorizationRequest.from_json(self.single_use.require_live(session, _CODES, code))
        except _SPENT as refusal:
            raise AuthorizationCodeInvalid("the code is unknown or over: begin again") from refusal
        if kept.claim_issuer_id != request.claim_issuer_id:
            raise AuthorizationCodeInvalid("another claim issuer gave this code")
        return kept

    def _burn(self, code: str) -> None:
        try:
            with self.db.write() as session:
                self.single_use.take(session, _CODES, code)
        except _SPENT:
            return


def _require_the_same(kept: AuthorizationRequest, request: TokenRequest, *, client_id: str, redirect_uri: str) -> None:
    if client_id != kept.client_id:
        raise AuthorizationCodeOfAnother("the code was given to another client")
    if redirect_uri != kept.redirect_uri:
        raise RedirectUriMismatch("redirect_uri is another than in the authorization request")
    verify_code_verifier(request.form.get("code_verifier"), kept.code_challenge)
    if kept.dpop_jkt is not None and request.dpop_jkt != kept.dpop_jkt:
        raise CodeKeyMismatch("make the DPoP proof with the key that the authorization request named")
