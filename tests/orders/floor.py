"""A trading floor at the desk: a family office with its claim and wallet, a network, and the issuer of the token."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from claim_issuers import Account, Order, SignedOrder, sign_order
from claim_issuers.orders.order import Side
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.support.desk import Desk

OFFICE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """``claim`` is the office's FAMILY_OFFICE claim; ``dx`` the network's machine client, ``network`` its party."""

    desk: Desk
    wallet: Wallet
    party: str
    claim: str
    office: Session
    network: str
    dx: Session

    @classmethod
    def at(cls, desk: Desk) -> "Floor":
        """The floor, with a claim that lives for thirty days."""
        wallet, administrator = desk.onchain.actors.office, desk.administrator
        application = desk.apply(wallet, "FAMILY_OFFICE", OFFICE)
        claim = desk.approve(application)
        party = desk.session.get(f"/v1/applications/{application}")["party"]
        network = administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "DX Network Operations"})["id"]
        return cls(
            desk=desk,
            wallet=wallet,
            party=party,
            claim=claim,
            office=desk.stand.machine("family_office", party),
            network=network,
            dx=desk.stand.machine("network", network),
        )

    def order(self, **changes: Any) -> Order:
        """A buy order of the office, issued now, good for a day."""
        now = self.desk.stand.clock.now().replace(microsecond=0)
        parts: dict[str, Any] = {
            "id": str(uuid4()),
            "network": self.network,
            "token": self.desk.token,
            "side": Side.BUY,
            "quantity": 1000,
            "price": "99.75",
            "currency": "CHF",
            "intermediary": self.wallet.account,
            "signatory": self.wallet.account,
            "issued_at": now,
            "expires_at": now + DAY,
        }
        return Order(**{**parts, **changes})

    def signed(self, signer: Wallet | None = None, **changes: Any) -> SignedOrder:
        """The order, signed by the office's wallet unless another is given."""
        return sign_order(self.order(**changes), (signer or self.wallet).signer)

    def post(self, signed: SignedOrder | Mapping[str, Any], session: Session | None = None, key: str | None = None) -> TestResponse:
        """The raw answer to an order, sent by the network unless another sends it."""
        content = signed.as_json() if isinstance(signed, SignedOrder) else signed
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self.desk.stand.request("POST", "/v1/orders", session or self.dx, json=content, headers=headers)

    def refused(self, signed: SignedOrder, session: Session | None = None) -> str:
        """The code with which the order is refused; it leaves nothing behind."""
        before = self.kept()
        response = self.post(signed, session)
        assert response.status_code >= 400, response.json
        assert self.kept() == before
        return str(response.json["code"])

    def accepted(self, signed: SignedOrder | None = None, session: Session | None = None) -> dict[str, Any]:
        """The answer to an order that is accepted."""
        response = self.post(signed or self.signed(), session)
        assert response.status_code == 201, response.json
        return dict(response.json)

    def kept(self) -> list[str]:
        """The ids of the network's orders."""
        return [one["id"] for one in self.dx.get("/v1/orders", limit=200)["items"]]

    def account(self, wallet: Wallet) -> Account:
        return replace(self.desk.token, address=wallet.address)
