"""A wallet on a phone, as far as the protocol shows it: a key made for the run, and the calls of OpenID4VCI 1.0."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from claim_issuers.clock import SystemEntropy, unix_seconds
from claim_issuers.encodings.base64url import encode
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.keys.signers import P256Signer
from identity_service.demo.wallets import Wallet
from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.support.desk import RETAIL, Desk
from tests.support.stand import Stand

APPLICANT = {"kind": "natural_person", "legal_name": "Maya Rosenthal", "country": "CH", "email": "maya@example.org"}


def new_key() -> P256Signer:
    """A key made for the run."""
    return P256Signer(SystemEntropy().token_bytes(32))


def signed(header: Mapping[str, Any], payload: Mapping[str, Any], key: P256Signer) -> str:
    """A compact JWS with this very header."""
    text = f"{encode(canonical(dict(header)))}.{encode(canonical(dict(payload)))}"
    return f"{text}.{encode(key.sign(text.encode()))}"


def apply_with_email(desk: Desk, wallet: Wallet, party: Mapping[str, str] | None = None) -> str:
    """Somebody new, with an email address, applies for INVESTOR; the application's id."""
    content = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "attributes": RETAIL, "party": party or APPLICANT}
    desk.applicants.add(wallet.account)
    return str(desk.stand.person(wallet).post("/v1/applications", content)["id"])


def make_offer(desk: Desk, wallet: Wallet, application: str) -> dict[str, Any]:
    """A credential offer for the application, as its applicant sees it."""
    return dict(desk.stand.person(wallet).post(f"/v1/me/applications/{application}/offers", {}))


def tx_code_of(desk: Desk, offer: str) -> str:
    """The code that the mail would hold."""
    with desk.stand.service.db.write() as session:
        code = desk.stand.service.openid4vci.tx_codes.fresh(session, offer)
    assert code is not None
    return code


@dataclass
class Phone:
    """A wallet that talks to one tenant."""

    stand: Stand
    tenant: str
    key: P256Signer = field(default_factory=new_key)
    dpop_key: P256Signer | None = None
    dpop_nonce: str | None = None

    @property
    def issuer(self) -> str:
        return f"{self.stand.service.public_url}{self.tenant}"

    def fetched(self, offer: Mapping[str, Any]) -> dict[str, Any]:
        """The credential offer behind the QR code."""
        link = parse_qs(urlsplit(offer["url"]).query)["credential_offer_uri"][0]
        return dict(self.stand.http.get(urlsplit(link).path).json)

    def token(self, offer: Mapping[str, Any], tx_code: str | None, **form: str) -> TestResponse:
        """The token request of the pre-authorized code grant; ``offer`` is the credential offer."""
        code = offer["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"]
        content = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code, **form}
        return self.post("token", data=content | ({} if tx_code is None else {"tx_code": tx_code}))

    def nonce(self) -> str:
        """A fresh nonce for key proofs."""
        return str(self.post("nonce").json["c_nonce"])

    def proof(self, nonce: str | None, key: P256Signer | None = None, **changed: Any) -> str:
        """A key proof; ``changed`` members are others, or left out when None."""
        key, instant = key or self.key, unix_seconds(self.stand.clock.now())
        claims = {"aud": self.issuer, "iat": instant, "nonce": nonce, **changed}
        said = {name: value for name, value in claims.items() if value is not None}
        return signed({"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": key.public_key.jwk()}, said, key)

    def credential(self, token: str, jwts: Sequence[str] | None = None, **changed: Any) -> TestResponse:
        """A credential request with one proof of a fresh nonce, or with these; ``changed`` members differ, None leaves one out."""
        said = {
            "credential_configuration_id": "INVESTOR",
            "proofs": {"jwt": [self.proof(self.nonce())] if jwts is None else [*jwts]},
            **changed,
        }
        return self.call("credential", token, {name: value for name, value in said.items() if value is not None})

    def call(self, endpoint: str, token: str, content: Mapping[str, Any]) -> TestResponse:
        """A request with an access token, bound or not."""
        scheme = "Bearer" if self.dpop_key is None else "DPoP"
        headers = {"Authorization": f"{scheme} {token}", "Content-Type": "application/json"}
        return self.post(endpoint, token=token, headers=headers, data=json.dumps(content))

    def post(
        self, endpoint: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> TestResponse:
        """One POST to the tenant; with a DPoP key, repeated once with the nonce that the service wants."""
        for _ in range(2):
            proof = {} if self.dpop_key is None or endpoint == "nonce" else {"DPoP": self.dpop(endpoint, token)}
            answer = self.stand.http.post(f"{self.tenant}/{endpoint}", headers={**(headers or {}), **proof}, **sent)
            self.dpop_nonce = answer.headers.get("DPoP-Nonce", self.dpop_nonce)
            if not answer.is_json or answer.json.get("error") != "use_dpop_nonce":
                return answer
        return answer

    def dpop(self, endpoint: str, token: str | None = None) -> str:
        """A DPoP proof for a POST to this endpoint."""
        assert self.dpop_key is not None
        claims: dict[str, Any] = {
            "htm": "POST",
            "htu": f"{self.issuer}/{endpoint}",
            "iat": unix_seconds(self.stand.clock.now()),
            "jti": encode(SystemEntropy().token_bytes(12)),
        }
        claims |= {} if self.dpop_nonce is None else {"nonce": self.dpop_nonce}
        claims |= {} if token is None else {"ath": encode(sha256(token.encode()).digest())}
        key = self.dpop_key
        return signed({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_key.jwk()}, claims, key)


def phone_of(desk: Desk, **more: Any) -> Phone:
    """A wallet that talks to the desk's claim issuer."""
    return Phone(desk.stand, f"/claim-issuers/{desk.issuer['id']}", **more)
