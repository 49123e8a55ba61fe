"""Signing in with a wallet, and out again."""

from typing import Any

from flask import Blueprint, Response, request

from claim_issuers.identifiers.accounts import ChainId
from identity_service.access.page_gate import PageGate
from identity_service.access.proofs import AccountProofs
from identity_service.access.signed_message import NewAccountProof, signature_bytes
from identity_service.web.documents import page
from identity_service.web.pages import HOME, local_path, pages, see_other
from identity_service.web.requests import body
from identity_service.web.responses import json_response

AFTER_SIGN_IN = "/my-claims"


def blueprint(gate: PageGate, proofs: AccountProofs, chains: tuple[ChainId, ...], audit: Any) -> Blueprint:
    """``/sign-in``, ``/session``, ``/sign-out``; the wallet is asked by the script ``/assets/wallet.js``."""
    routes = pages("access", __name__, multilingual=True)

    @routes.get("/sign-in")
    @gate.visitor
    def sign_in() -> Response:
        following = local_path(request.args.get("next"), AFTER_SIGN_IN)
        return page("access/sign_in.html", following=following, chains=[str(chain) for chain in chains])

    @routes.post("/session")
    def begin() -> Response:
        gate.require_our_page()
        wanted = body(NewAccountProof)
        judged = proofs.judge(wanted.message, signature_bytes(wanted.signature))
        with gate.db.write() as session:
            proof = proofs.record(session, judged)
            gate.access.end_session(session, request.cookies.get(gate.cookie, ""))
            value = gate.access.begin_session(session, proof.id)
            details = {"method": proof.method}
            audit.append(session, actor=str(proof.account), action="session.begun", subject=proof.id, details=details)
        return gate.begin(json_response({"account": str(proof.account)}, 201), value)

    @routes.post("/sign-out")
    def end() -> Response:
        gate.require_our_page()
        with gate.db.write() as session:
            gate.access.end_session(session, request.cookies.get(gate.cookie, ""))
        return gate.end(see_other(HOME))

    return routes
