"""Credential offers over HTTP: for whoever applied under ``/v1/me``, and for whoever holds an offer's code under ``/v1/offers``."""

from typing import Any, Final, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.openid4vci.model import Offer, PublicOfferState, WalletAuthorization
from identity_service.openid4vci.offers import Offers
from identity_service.openid4vci.wallet_authorizations import WalletAuthorizations
from identity_service.web.gate import Creation
from identity_service.web.qr import qr_svg
from identity_service.web.requests import JsonModel, body
from identity_service.web.responses import items, json_response

QR_TITLE: Final = "QR code of the credential offer: scan it with the wallet app that is to hold the credential"


class NewOffer(JsonModel):
    """In which language the mail with the transaction code is written."""

    language: Literal["en", "de"] = Field(default="en")


def blueprint(gate: Gate, offers: Offers) -> Blueprint:
    """Making, watching and withdrawing offers."""
    routes = Blueprint("credential_offers", __name__)
    _own_routes(routes, gate, offers)
    _code_routes(routes, gate, offers)
    _wallet_routes(routes, gate, offers.wallets)
    return routes


def offer_json(offers: Offers, one: Offer) -> dict[str, Any]:
    """An offer for whoever applied: its links, and how far it is. The links of one that is over open nothing."""
    return {
        "id": one.id,
        "application": one.application_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.configuration_id,
        "state": one.state.value,
        "last_event": one.last_event,
        "tx_code": one.with_tx_code,
        "url": offers.by_reference(one.code),
        "url_by_value": offers.by_value(one),
        "offer": offers.offer_uri(one.code),
        "qr": f"{offers.public_url}/v1/offers/{one.code}/qr.svg",
        "watch": f"{offers.public_url}/v1/offers/{one.code}/state",
        "created_at": one.created_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "seconds_left": one.seconds_left,
    }


def _own_routes(routes: Blueprint, gate: Gate, offers: Offers) -> None:
    @routes.post("/v1/me/applications/<application_id>/offers")
    @gate.requires("me")
    def make_offer(application_id: str) -> Response:
        wanted = body(NewOffer)

        def act(session: Session, caller: Caller) -> Creation:
            made = offers.make(session, application_id, _account(caller), language=wanted.language)
            return Creation(body={"id": made.id}, location=f"/v1/me/offers/{made.id}")

        return _in_full(gate.create("credential-offers", act))

    def _in_full(answer: Response) -> Response:
        """The answer with its codes, which what is stored for a request sent twice must not hold."""
        with gate.db.read() as session:
            found = offers.offer(session, answer.get_json()["id"], _account(caller_of_request()))
        return json_response(offer_json(offers, found), answer.status_code, {"Location": answer.headers["Location"]})

    @routes.get("/v1/me/offers/<offer_id>")
    @gate.requires("me")
    def show_offer(offer_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(offer_json(offers, offers.offer(session, offer_id, _account(caller_of_request()))))

    @routes.post("/v1/me/offers/<offer_id>/withdraw")
    @gate.requires("me")
    def withdraw_offer(offer_id: str) -> Response:
        with gate.db.write() as session:
            return json_response(offer_json(offers, offers.withdraw(session, offer_id, _account(caller_of_request()))))


def _wallet_routes(routes: Blueprint, gate: Gate, wallets: WalletAuthorizations) -> None:
    @routes.get("/v1/me/wallet-authorizations")
    @gate.requires("me")
    def wallet_authorizations() -> Response:
        with gate.db.read() as session:
            found = wallets.of(session, _account(caller_of_request()))
        return items([_authorization_json(one) for one in found], None)

    @routes.post("/v1/me/wallet-authorizations/<authorization_id>/withdraw")
    @gate.requires("me")
    def withdraw_wallet_authorization(authorization_id: str) -> Response:
        with gate.db.write() as session:
            ended = wallets.withdraw(session, authorization_id, _account(caller_of_request()))
        return json_response(_authorization_json(ended))


def _authorization_json(one: WalletAuthorization) -> dict[str, Any]:
    return {
        "id": one.id,
        "application": one.application_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.configuration_id,
        "offer": one.offer_id,
        "wallet": one.wallet,
        "bound": one.is_bound,
        "state": one.state.value,
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
    }


def _code_routes(routes: Blueprint, gate: Gate, offers: Offers) -> None:
    @routes.get("/v1/offers/<code>/state")
    def offer_state(code: str) -> Response:
        with gate.db.read() as session:
            return json_response(_state_json(offers.state(session, code)))

    @routes.get("/v1/offers/<code>/qr.svg")
    def offer_qr_code(code: str) -> Response:
        with gate.db.read() as session:
            offers.state(session, code)
        drawn = qr_svg(offers.by_reference(code), title=QR_TITLE)
        return Response(drawn, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _state_json(one: PublicOfferState) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "last_event": one.last_event,
        "expires_at": one.expires_at.isoformat(),
        "seconds_left": one.seconds_left,
    }


def _account(caller: Caller) -> Account:
    assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
    return caller.account
