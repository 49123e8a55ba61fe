"""The endpoints that wallets call: metadata, offers, token, nonce, credential, deferred credential and notification.

Each claim issuer is a tenant under ``/claim-issuers/<id>``. Its well-known documents are served with the well-known path before the
tenant's, as the specifications want it, and after it, as older wallets ask.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from identity_service.openid4vci.answers import form_parameters, json_object, wallet_blueprint
from identity_service.openid4vci.authorizations import TokenEndpoint
from identity_service.openid4vci.credentials import CredentialAnswer, CredentialEndpoint, ShownToken
from identity_service.openid4vci.dpop import DpopProof, verify_dpop_proof
from identity_service.openid4vci.encryption import MEDIA_TYPE
from identity_service.openid4vci.issuer_documents import IssuerDocuments
from identity_service.openid4vci.metadata import AUTHORIZATION_SERVER, CREDENTIAL_ISSUER
from identity_service.openid4vci.model import OfferState, TokenRequest, WalletTokenInQuery, WalletTokenMissing
from identity_service.openid4vci.nonces import CREDENTIAL_NONCE, DPOP_NONCE, Nonces
from identity_service.openid4vci.offers import Offers
from identity_service.openid4vci.protocol_errors import DpopProofInvalid
from identity_service.openid4vci.requests import Notification
from identity_service.web.gate import GateLike
from identity_service.web.preconditions import strong_etag, with_etag
from identity_service.web.responses import json_response, no_content

_TENANT: Final = "/claim-issuers/<claim_issuer_id>"
_JWT_VC_ISSUER: Final = "jwt-vc-issuer"
_FIVE_MINUTES: Final = {"Cache-Control": "public, max-age=300"}
_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}
_LONGEST_TOKEN: Final = 512


class WalletCalls:
    """Reads what every call of a wallet has: the tenant, its DPoP proof and its access token."""

    def __init__(self, clock: Clock, nonces: Nonces, offers: Offers) -> None:
        self._clock = clock
        self.nonces = nonces
        self._offers = offers

    def dpop(self, claim_issuer_id: str, endpoint: str, access_token: str | None = None) -> DpopProof | None:
        """The key that the request's DPoP header proves; None without one. Raises DpopProofInvalid, DpopNonceRequired."""
        headers = request.headers.getlist("DPoP")
        if not headers:
            return None
        if len(headers) > 1:
            raise DpopProofInvalid("send one DPoP header")
        return verify_dpop_proof(
            headers[0],
            method="POST",
            url=f"{self._offers.credential_issuer(claim_issuer_id)}/{endpoint}",
            instant=self._clock.now(),
            require_nonce=self._require_nonce,
            access_token=access_token,
        )

    def shown_token(self, claim_issuer_id: str, endpoint: str) -> ShownToken:
        """The access token in the Authorization header. Raises WalletTokenMissing, WalletTokenInQuery, DpopProofInvalid."""
        if "access_token" in request.args:
            raise WalletTokenInQuery("send the access token in the Authorization header; this one is spoilt")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() not in ("bearer", "dpop") or not 0 < len(token) <= _LONGEST_TOKEN:
            raise WalletTokenMissing("send Authorization: Bearer <access token>, or DPoP and a proof")
        proof = None
        if scheme.lower() == "dpop":
            proof = self.dpop(claim_issuer_id, endpoint, token)
            if proof is None:
                raise DpopProofInvalid("a DPoP access token comes with a DPoP proof")
        return ShownToken(token=token, claim_issuer_id=claim_issuer_id, proof=proof)

    def _require_nonce(self, nonce: str) -> None:
        self.nonces.judge(DPOP_NONCE, nonce)


def blueprint(
    gate: GateLike,
    documents: IssuerDocuments,
    offers: Offers,
    tokens: TokenEndpoint,
    credentials: CredentialEndpoint,
) -> Blueprint:
    """Everything that a wallet calls without a browser."""
    routes = wallet_blueprint("openid4vci", credentials.nonces)
    calls = WalletCalls(credentials.clock, credentials.nonces, offers)
    _well_known_routes(routes, gate, documents)
    _document_routes(routes, gate, documents, offers)
    _token_routes(routes, gate, documents, tokens, calls)
    _credential_routes(routes, documents, credentials, calls)
    _later_routes(routes, credentials, calls)
    return routes


def _well_known_routes(routes: Blueprint, gate: GateLike, documents: IssuerDocuments) -> None:
    def published(name: str, document: Callable[[Session, str], Any], **options: Any) -> None:
        def view(claim_issuer_id: str) -> Response:
            with gate.db.read() as session:
                if options and request.accept_mimetypes.best_match(("application/json", MEDIA_TYPE)) == MEDIA_TYPE:
                    signed = options["signed"](session, claim_issuer_id)
                    return Response(signed, content_type=MEDIA_TYPE, headers={**_FIVE_MINUTES, "Vary": "Accept"})
                found = document(session, claim_issuer_id)
            return json_response(found, headers={**_FIVE_MINUTES, **({"Vary": "Accept"} if options else {})})

        endpoint = name.replace("-", "_")
        routes.add_url_rule(f"/.well-known/{name}{_TENANT}", endpoint, view)
        routes.add_url_rule(f"{_TENANT}/.well-known/{name}", f"{endpoint}_appended", view)

    published(CREDENTIAL_ISSUER, documents.credential_issuer, signed=documents.signed_credential_issuer)
    published(AUTHORIZATION_SERVER, documents.authorization_server)
    published(_JWT_VC_ISSUER, documents.jwt_vc_issuer)


def _document_routes(routes: Blueprint, gate: GateLike, documents: IssuerDocuments, offers: Offers) -> None:
    @routes.get(f"{_TENANT}/jwks.json")
    def jwks(claim_issuer_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(documents.jwks(session, claim_issuer_id), headers=_FIVE_MINUTES)

    @routes.get("/credential-types/<name>")
    def credential_type(name: str) -> Response:
        content = documents.credential_type(name)
        return with_etag(Response(content, content_type="application/json", headers=_A_DAY), strong_etag(content))

    @routes.get("/offers/<code>")
    def credential_offer(code: str) -> Response:
        with gate.db.read() as session:
            offer = offers.fetch(session, code)
        if offer.state is OfferState.WAITING and request.method != "HEAD":
            with gate.db.write() as session:
                offers.note_fetched(session, code)
        return json_response(offers.document(offer))


def _token_routes(routes: Blueprint, gate: GateLike, documents: IssuerDocuments, tokens: TokenEndpoint, calls: WalletCalls) -> None:
    @routes.post(f"{_TENANT}/token")
    def token(claim_issuer_id: str) -> Response:
        form, proof = form_parameters(), calls.dpop(claim_issuer_id, "token")
        asked = TokenRequest(claim_issuer_id=claim_issuer_id, form=form, dpop_jkt=None if proof is None else proof.jkt)
        return json_response(tokens.give(asked, proof), headers={"Pragma": "no-cache"})

    @routes.post(f"{_TENANT}/nonce")
    def nonce(claim_issuer_id: str) -> Response:
        with gate.db.read() as session:
            documents.mesh.get(session, claim_issuer_id)
        return json_response({"c_nonce": calls.nonces.give(CREDENTIAL_NONCE)})


def _credential_routes(routes: Blueprint, documents: IssuerDocuments, credentials: CredentialEndpoint, calls: WalletCalls) -> None:
    @routes.post(f"{_TENANT}/credential")
    def credential(claim_issuer_id: str) -> Response:
        shown = calls.shown_token(claim_issuer_id, "credential")
        authorization = credentials.authorized(shown)
        return _credential_response(credentials.give(shown, authorization, _body(documents)))

    @routes.post(f"{_TENANT}/deferred-credential")
    def deferred_credential(claim_issuer_id: str) -> Response:
        shown = calls.shown_token(claim_issuer_id, "deferred-credential")
        authorization = credentials.authorized(shown)
        return _credential_response(credentials.fetch(shown, authorization, _body(documents)))


def _later_routes(routes: Blueprint, credentials: CredentialEndpoint, calls: WalletCalls) -> None:
    @routes.post(f"{_TENANT}/notification")
    def notification(claim_issuer_id: str) -> Response:
        shown = calls.shown_token(claim_issuer_id, "notification")
        credentials.authorized(shown)
        credentials.notify(shown, Notification.read(json_object()))
        return no_content()


def _body(documents: IssuerDocuments) -> dict[str, Any]:
    """The request, decrypted where the wallet encrypted it (OpenID4VCI 1.0 §10)."""
    if request.mimetype == MEDIA_TYPE:
        return documents.request_key.decrypt(request.get_data(cache=False).decode("ascii", errors="replace"))
    return json_object()


def _credential_response(answer: CredentialAnswer) -> Response:
    """The credential response, encrypted where the wallet asked for it; 202 while it is deferred (§8.3)."""
    content, status = answer.credentials.as_json(), 202 if answer.credentials.is_deferred else 200
    if answer.encryption is None:
        return json_response(content, status)
    encrypted = answer.encryption.encrypt(content)
    return Response(encrypted, status=status, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
