"""Pushed authorization requests: where the authorization code grant begins (RFC 9126). The page that follows is in ``pages``."""

from flask import Blueprint, Response

from identity_service.openid4vci.answers import form_parameters, wallet_blueprint
from identity_service.openid4vci.authorize import CodeRequests
from identity_service.openid4vci.routes import WalletCalls
from identity_service.web.responses import json_response


def blueprint(requests: CodeRequests, calls: WalletCalls) -> Blueprint:
    """``POST /claim-issuers/<id>/par``."""
    routes = wallet_blueprint("openid4vci_par", calls.nonces)

    @routes.post("/claim-issuers/<claim_issuer_id>/par")
    def push(claim_issuer_id: str) -> Response:
        form, proof = form_parameters(), calls.dpop(claim_issuer_id, "par")
        request_uri, lifetime = requests.push(claim_issuer_id, form, proof)
        return json_response({"request_uri": request_uri, "expires_in": int(lifetime.total_seconds())}, 201)

    return routes
