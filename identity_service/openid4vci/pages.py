"""The page on which a person lets a wallet have a credential, or does not: ``/claim-issuers/<id>/authorize``."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request

from claim_issuers.identifiers.accounts import ChainId
from identity_service.access.model import SessionMissing
from identity_service.access.page_gate import PageGate, viewer
from identity_service.issuance.wording import claim_words
from identity_service.openid4vci.authorization_request import AuthorizationRequestUnknown
from identity_service.openid4vci.authorize import Asked, CodeRequests
from identity_service.web.documents import page
from identity_service.web.languages import gettext
from identity_service.web.pages import form_values, pages, see_other
from identity_service.web.security_headers import policy_with_forms_to

_PATH: Final = "/claim-issuers/<claim_issuer_id>/authorize"
_FROM_ELSEWHERE: Final = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizePages:
    """Shows requests of wallets and takes the answers of people."""

    gate: PageGate
    requests: CodeRequests
    chains: tuple[ChainId, ...]

    def show(self, claim_issuer_id: str) -> Response:
        """The page; a wallet's request_uri is used up on the way to it. Raises AuthorizationRequestUnknown."""
        handle = request.args.get("request")
        if handle is None:
            return see_other(_address(claim_issuer_id, self._opened(claim_issuer_id)))
        who = viewer()
        with self.gate.db.read() as session:
            asked = self.requests.asked(session, claim_issuer_id, handle, None if who is None else who.account)
        shown = page(
            "openid4vci/authorize.html",
            asked=asked,
            redirect=asked.request.redirect,
            words=claim_words(asked.request.configuration_id).told(gettext),
            handle=handle,
            here=_address(claim_issuer_id, handle),
            chains=self.chains,
            perhaps_signed_in=request.headers.get("Sec-Fetch-Site") in _FROM_ELSEWHERE,
        )
        return _may_lead_to(shown, asked)

    def answer(self, claim_issuer_id: str) -> Response:
        """Back to the wallet, with a code or without. Only somebody who signed in can allow anything; anybody may refuse.

        Raises AuthorizationRequestUnknown, ApplicationNotOffered, SessionMissing.
        """
        values = form_values()
        handle = values.get("request", "")
        if values.get("decision") != "allow":
            with self.gate.db.write() as session:
                return see_other(self.requests.refuse(session, claim_issuer_id, handle))
        who = viewer()
        if who is None or who.account is None:
            raise SessionMissing("sign in, then send the form again")
        with self.gate.db.write() as session:
            return see_other(
                self.requests.allow(
                    session, claim_issuer_id, handle, application_id=values.get("application", ""), account=who.account
                )
            )

    def _opened(self, claim_issuer_id: str) -> str:
        client_id, request_uri = request.args.get("client_id"), request.args.get("request_uri")
        if client_id is None or request_uri is None:
            raise AuthorizationRequestUnknown("let the wallet push its request first, then open the address that it gets")
        if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
            raise AuthorizationRequestUnknown("open the address: a request is not used up by looking at it")
        with self.gate.db.write() as session:
            return self.requests.open(session, claim_issuer_id, client_id=client_id, request_uri=request_uri)


def blueprint(gate: PageGate, requests: CodeRequests, chains: tuple[ChainId, ...]) -> Blueprint:
    """``GET`` and ``POST`` of the authorization endpoint (RFC 6749 §3.1)."""
    routes = pages("authorize", __name__, multilingual=True)
    authorize = AuthorizePages(gate=gate, requests=requests, chains=chains)

    @routes.get(_PATH)
    @gate.visitor
    def show(claim_issuer_id: str) -> Response:
        return authorize.show(claim_issuer_id)

    @routes.post(_PATH)
    @gate.visitor
    def answer(claim_issuer_id: str) -> Response:
        return authorize.answer(claim_issuer_id)

    return routes


def _address(claim_issuer_id: str, handle: str) -> str:
    return f"/claim-issuers/{claim_issuer_id}/authorize?request={handle}"


def _may_lead_to(shown: Response, asked: Asked) -> Response:
    """Browsers hold a form's redirect to the page's policy, so this one page may lead to the wallet."""
    shown.headers["Content-Security-Policy"] = policy_with_forms_to(asked.request.redirect.form_action)
    return shown
