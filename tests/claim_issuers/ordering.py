"""An office with a claim, and everything that proves it, as documents: what a network holds that checks orders offline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from claim_issuers import Account, Accreditation, Claim, Evidence, Root, Secp256k1Signer, Status, StatusArray, Validity, decide_path
from claim_issuers.formats import vc_jwt
from claim_issuers.orders.evidence import evidence_of_documents
from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.signed import SignedOrder, sign_order
from claim_issuers.orders.verify import OrderVerification, verify_order
from claim_issuers.status import token_status_list
from tests.claim_issuers.builders import ISSUER, ISSUER_SIGNER, NOW, OFFICE, ROOT, STATUS_LIST, WALLET, a_claim, year_from

NETWORK = "pty_dx"
TOKEN = Account.parse("eip155:31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
OFFICE_ACCOUNT = Account(TOKEN.chain, WALLET.address)
OTHER_WALLET = Secp256k1Signer(bytes([0x22]) * 32)
OTHER_ACCOUNT = Account(TOKEN.chain, OTHER_WALLET.address)
ORDER_ID = "0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a"


def an_order(**changes: Any) -> Order:
    """A buy order issued at noon, good for a day."""
    parts: dict[str, Any] = {
        "id": ORDER_ID,
        "network": NETWORK,
        "token": TOKEN,
        "side": Side.BUY,
        "quantity": 1000,
        "price": "99.75",
        "currency": "CHF",
        "intermediary": OFFICE_ACCOUNT,
        "signatory": OFFICE_ACCOUNT,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(days=1),
    }
    return Order(**{**parts, **changes})


def signed(signer: Secp256k1Signer = WALLET, **changes: Any) -> SignedOrder:
    return sign_order(an_order(**changes), signer)


def office_claim(**changes: Any) -> Claim:
    parts = {
        "kind": "FAMILY_OFFICE",
        "attributes": OFFICE,
        "account": OFFICE_ACCOUNT,
        "validity": year_from(NOW - timedelta(days=9)),
    }
    return a_claim(**{**parts, **changes})


def published(status: Status = Status.VALID, instant: datetime = NOW - timedelta(hours=2)) -> str:
    """The issuer's status list as signed at ``instant``, with this status at the claim's place."""
    array = StatusArray(size=64)
    if status is not Status.VALID:
        array.set(7, status)
    return token_status_list.publish(
        array,
        uri=STATUS_LIST,
        issuer=ISSUER,
        issued_at=instant,
        expires_at=instant + timedelta(days=30),
        ttl=timedelta(minutes=5),
        signer=ISSUER_SIGNER,
    )


def reading(list_token: str, instant: datetime) -> Callable[[str, int], int]:
    """A status look-up in a published list, verified."""

    def look(uri: str, index: int) -> int:
        found = token_status_list.verify(list_token, uri=uri, keys=lambda _kid: ISSUER_SIGNER.public_key, instant=instant)
        return found.array.get(index)

    return look


def accreditation(**changes: Any) -> Accreditation:
    parts: dict[str, Any] = {
        "id": "acc_1",
        "accreditor": ROOT,
        "claim_issuer": ISSUER,
        "topics": frozenset({"FAMILY_OFFICE", "INVESTOR", "CUSTODIAN"}),
        "may_accredit": False,
        "path_length": 0,
        "validity": Validity(NOW - timedelta(days=100), NOW + timedelta(days=300)),
    }
    return Accreditation(**{**parts, **changes})


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network that checks orders with documents alone; ``now`` is when it looks."""

    credentials: Sequence[str] = field(default_factory=lambda: [vc_jwt.encode(office_claim(), ISSUER_SIGNER)])
    status_list: str | None = field(default_factory=published)
    earlier_list: str | None = None
    accreditations: Sequence[Accreditation] = field(default_factory=lambda: [accreditation()])
    contract_accepts: bool | None = None
    now: datetime = NOW + timedelta(minutes=1)

    def with_claim(self, **changes: Any) -> "Network":
        return replace(self, credentials=[vc_jwt.encode(office_claim(**changes), ISSUER_SIGNER)])

    def evidence(self) -> Evidence:
        return evidence_of_documents(
            self.credentials,
            keys=lambda did, _kid: {ISSUER: ISSUER_SIGNER.public_key}[did],
            status=None if self.status_list is None else reading(self.status_list, self.now),
            status_at_signing=None if self.earlier_list is None else reading(self.earlier_list, self.now),
            accreditation=lambda did, topic, place: decide_path(
                did, topic, [Root(ROOT)], self.accreditations, self.now, jurisdiction=place
            ),
            contract_accepts=self.contract_accepts,
        )

    def verify(self, order: SignedOrder, **more: Any) -> OrderVerification:
        return verify_order(order, network=NETWORK, evidence=self.evidence(), instant=self.now, **more)

    def reasons(self, order: SignedOrder) -> dict[str, str | None]:
        """The checks that did not pass, with their reasons."""
        return {check.code: check.reason for check in self.verify(order).checks if check.outcome != "passed"}
