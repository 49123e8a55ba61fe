"""A wallet for credentials without a screen, for test mode: it takes an offer up by OpenID4VCI 1.0, as a phone would.

>>> offer_of("openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A8000%2Foffers%2Fabc")
'http://127.0.0.1:8000/offers/abc'
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from claim_issuers.clock import unix_seconds
from claim_issuers.encodings.base64url import encode
from claim_issuers.errors import InvalidInput, Refused
from claim_issuers.formats.jose import sign_compact
from claim_issuers.identifiers.did_key import did_key, did_key_method_id
from claim_issuers.keys.signers import P256Signer
from identity_service.demo.api import Answer, Transport, require_success
from identity_service.demo.loopback import require_loopback
from identity_service.demo.world import TookTooLong

_SCHEME: Final = "openid-credential-offer"
_PRE_AUTHORIZED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
_PATIENCE: Final = timedelta(minutes=10)
_POLL: Final = timedelta(seconds=1)


class NotAnOffer(InvalidInput):
    """The link is not that of a credential offer of the service that this wallet talks to."""

    code = "not_an_offer"


class OfferRefused(Refused):
    """The claim issuer refused the wallet's request; ``error`` is the protocol's code."""

    code = "offer_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCredential:
    """A credential with the key that it is bound to."""

    credential: str
    key: P256Signer = field(repr=False)


@dataclass(slots=True, kw_only=True)
class CredentialWallet:
    """One conversation about one offer. It shows a DPoP key with each request; ``tell`` gets a sentence at each step."""

    transport: Transport
    tell: Callable[[str], None]
    key: P256Signer = field(repr=False)
    dpop_key: P256Signer = field(repr=False)
    _token: str = field(default="", repr=False)
    _dpop_nonce: str = ""

    @classmethod
    def fresh(cls, transport: Transport, *, tell: Callable[[str], None] = lambda _sentence: None) -> Self:
        """A wallet with new keys."""
        secrets = [transport.entropy.token_bytes(32) for _ in range(2)]
        return cls(transport=transport, tell=tell, key=_holder_key(secrets[0]), dpop_key=P256Signer(secrets[1]))

    def take(self, link: str, *, tx_code: str | None, patience: timedelta = _PATIENCE) -> HeldCredential:
        """From the link in a QR code to the credential; where the claim issuer has not decided, it asks again until it has.

        Raises NotAnOffer, OfferRefused, ApiRefused, TookTooLong.
        """
        offer = self._get(offer_of(link))
        issuer = self._get(_well_known(offer["credential_issuer"], "openid-credential-issuer"))
        server = self._get(_well_known(offer["credential_issuer"], "oauth-authorization-server"))
        self.tell(f"Offered: {', '.join(offer['credential_configuration_ids'])}, by {offer['credential_issuer']}.")
        self._token = self._access(offer, server, tx_code)
        answer = self._request(offer, issuer)
        credential = self._waited(issuer, answer, patience)
        if "notification_id" in credential:
            accepted = {"notification_id": credential["notification_id"], "event": "credential_accepted"}
            self._post(issuer["notification_endpoint"], accepted)
        self.tell("The credential is here, bound to this wallet's key.")
        return HeldCredential(credential=credential["credentials"][0]["credential"], key=self.key)

    def _access(self, offer: Mapping[str, Any], server: Mapping[str, Any], tx_code: str | None) -> str:
        grant = offer.get("grants", {}).get(_PRE_AUTHORIZED)
        if grant is None:
            raise NotAnOffer("the offer wants a wallet with a browser; give the applicant a mail address")
        form = {"grant_type": _PRE_AUTHORIZED, "pre-authorized_code": grant["pre-authorized_code"]}
        if "tx_code" in grant:
            form["tx_code"] = tx_code or ""
        return str(self._post(server["token_endpoint"], form, form=True)["access_token"])

    def _request(self, offer: Mapping[str, Any], issuer: Mapping[str, Any]) -> dict[str, Any]:
        nonce = self._post(issuer["nonce_endpoint"], {})["c_nonce"]
        claims = {"aud": offer["credential_issuer"], "iat": self._now(), "nonce": nonce}
        proof = sign_compact("openid4vci-proof+jwt", claims, self.key)
        self.tell("Proved this wallet's key.")
        wanted = {"credential_configuration_id": offer["credential_configuration_ids"][0], "proofs": {"jwt": [proof]}}
        return self._post(issuer["credential_endpoint"], wanted)

    def _waited(self, issuer: Mapping[str, Any], answer: dict[str, Any], patience: timedelta) -> dict[str, Any]:
        clock = self.transport.clock
        deadline = clock.now() + patience
        if "transaction_id" in answer:
            self.tell("The claim issuer has not decided yet.")
        while "transaction_id" in answer:
            if clock.now() >= deadline:
                raise TookTooLong(f"waited for the decision {int(patience.total_seconds())} seconds")
            clock.sleep(min(timedelta(seconds=answer["interval"]), _POLL))
            answer = self._post(issuer["deferred_credential_endpoint"], {"transaction_id": answer["transaction_id"]})
        return answer

    def _post(self, url: str, content: Mapping[str, Any], *, form: bool = False) -> dict[str, Any]:
        """One request with a DPoP proof, and once more when the server first wants its own nonce in it (RFC 9449 §8)."""
        answer = self._sent(url, content, form=form)
        if answer.status in (400, 401) and b"use_dpop_nonce" in answer.body:
            self._dpop_nonce = answer.headers["dpop-nonce"]
            answer = self._sent(url, content, form=form)
        if answer.status >= 400:
            said = answer.json()
            raise OfferRefused(str(said.get("error_description", said["error"])), error=said["error"])
        return dict(answer.json()) if answer.body else {}

    def _sent(self, url: str, content: Mapping[str, Any], *, form: bool) -> Answer:
        headers = {"DPoP": self._dpop_proof(url), "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(content)
        if not form:
            headers["Content-Type"], body = "application/json", json.dumps(content)
        if self._token:
            headers["Authorization"] = f"DPoP {self._token}"
        return self.transport.send("POST", self._path(url), headers=headers, body=body.encode())

    def _dpop_proof(self, url: str) -> str:
        claims = {"jti": self.transport.idempotency_key(), "htm": "POST", "htu": url, "iat": self._now()}
        if self._dpop_nonce:
            claims["nonce"] = self._dpop_nonce
        if self._token:
            claims["ath"] = encode(sha256(self._token.encode()).digest())
        return sign_compact("dpop+jwt", claims, self.dpop_key, {"jwk": self.dpop_key.public_key.jwk()})

    def _get(self, url: str) -> dict[str, Any]:
        path = self._path(url)
        return dict(require_success(self.transport.send("GET", path, headers={}), path).json())

    def _path(self, url: str) -> str:
        if not url.startswith(f"{self.transport.base_url}/"):
            raise NotAnOffer("the offer belongs to another service than this wallet talks to")
        return url.removeprefix(self.transport.base_url)

    def _now(self) -> int:
        return unix_seconds(self.transport.clock.now())


def offer_of(link: str) -> str:
    """The address of the offer in a link. Raises NotAnOffer."""
    parts = urlsplit(link)
    addresses = parse_qs(parts.query).get("credential_offer_uri", [])
    if parts.scheme != _SCHEME or len(addresses) != 1:
        raise NotAnOffer(f"an offer's link begins with {_SCHEME}:// and has a credential_offer_uri")
    return addresses[0]


def service_of(link: str) -> str:
    """The service behind an offer's link, on this machine. Raises NotAnOffer, LoopbackOnly, EgressRefused."""
    address = offer_of(link)
    require_loopback(address)
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _well_known(issuer: str, name: str) -> str:
    """The well-known part stands between host and path (RFC 8414 §3.1)."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path}"


def _holder_key(secret: bytes) -> P256Signer:
    """A key that names itself as did:key, so that a proof made with it needs no other header."""
    return P256Signer(secret, kid=did_key_method_id(did_key(P256Signer(secret).public_key)))
