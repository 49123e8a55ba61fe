"""A small client of our own HTTP API, as a partner would write it: it knows the wire and nothing of the service's code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from claim_issuers.clock import Clock, Entropy, unix_seconds
from claim_issuers.errors import Unavailable
from claim_issuers.formats.jose import sign_compact
from claim_issuers.identifiers.accounts import Account
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.egress.client import EgressClient

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_RENEW_BEFORE = timedelta(minutes=2)


class ApiRefused(Unavailable):
    """The service answered with a problem; ``status``, ``problem`` say which."""

    code = "api_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type, body and headers (lower-case names) of one answer."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Transport:
    """Where the service is, and what time and chance the caller uses.

    ``reached_at`` is where it answers on this machine, when its public address leads here only by way of others.
    """

    base_url: str
    egress: EgressClient
    clock: Clock
    entropy: Entropy
    reached_at: str = field(default="", kw_only=True)

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One request; any status is an answer."""
        response = self.egress.request(
            method,
            (self.reached_at or self.base_url) + path,
            headers=dict(headers),
            body=body,
            timeout=timedelta(seconds=30),
            max_bytes=32 << 20,
        )
        return Answer(response.status, response.headers.get("content-type", ""), response.body, response.headers)

    def post_json(self, path: str, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
        """POST a JSON object."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.send("POST", path, headers=sent, body=json.dumps(content).encode())

    def idempotency_key(self) -> str:
        """A fresh key."""
        return self.entropy.token_bytes(16).hex()


@dataclass(slots=True)
class Session:
    """Somebody with an access token, renewed as it runs out."""

    transport: Transport
    renew: Callable[[], tuple[str, int]]
    _token: str = field(default="", repr=False)
    _until: int = 0

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET. Raises ApiRefused for a problem."""
        return self.answer("GET", path + (f"?{urlencode(query)}" if query else "")).json()

    def text(self, path: str) -> str:
        """The body of a GET as text. Raises ApiRefused for a problem."""
        return self.answer("GET", path).body.decode()

    def post(self, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a POST with a fresh Idempotency-Key. Raises ApiRefused for a problem."""
        return self.answer("POST", path, json.dumps(content or {}).encode()).json()

    def answer(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """The answer to an authenticated request. Raises ApiRefused for a problem."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": self.transport.idempotency_key()}
        return require_success(self.transport.send(method, path, headers=headers, body=body), path)

    def token(self) -> str:
        """The access token, renewed when it is about to run out."""
        now = unix_seconds(self.transport.clock.now())
        if now >= self._until:
            self._token, lifetime = self.renew()
            self._until = now + lifetime - int(_RENEW_BEFORE.total_seconds())
        return self._token


def require_success(answer: Answer, path: str) -> Answer:
    """``answer`` again when it is one. Raises ApiRefused."""
    if answer.status >= 400:
        raise ApiRefused(f"{path}: {answer.status} {answer.body[:600].decode(errors='replace')}", status=answer.status)
    return answer


def machine(transport: Transport, *, client_id: str, signer: Ed25519Signer, scope: str | None = None) -> Session:
    """A machine client that signs its own assertions (private_key_jwt)."""

    def renew() -> tuple[str, int]:
        now = unix_seconds(transport.clock.now())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": f"{transport.base_url}/oauth/token",
            "iat": now,
            "exp": now + 60,
            "jti": transport.idempotency_key(),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign_compact("client-authentication+jwt", claims, signer),
            **({} if scope is None else {"scope": scope}),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = transport.send("POST", "/oauth/token", headers=headers, body=urlencode(form).encode())
        token = require_success(answer, "/oauth/token").json()
        return token["access_token"], token["expires_in"]

    return Session(transport, renew)


class SigningWallet(Protocol):
    """An account that signs messages; it needs no chain for that."""

    @property
    def account(self) -> Account: ...
    def sign_message(self, message: str) -> bytes:
        """The EIP-191 personal signature over ``message``: 65 bytes."""
        ...


def person(transport: Transport, wallet: SigningWallet) -> Session:
    """Somebody who signs in with a wallet (EIP-4361)."""

    def renew() -> tuple[str, int]:
        challenge = transport.post_json("/v1/account-proofs/challenges", {"account": str(wallet.account)})
        message = require_success(challenge, "/v1/account-proofs/challenges").json()["message"]
        signature = wallet.sign_message(message)
        answer = transport.post_json("/v1/account-proofs", {"message": message, "signature": "0x" + signature.hex()})
        token = require_success(answer, "/v1/account-proofs").json()
        return token["access_token"], token["expires_in"]

    return Session(transport, renew)
