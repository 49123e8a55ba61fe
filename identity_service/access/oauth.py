"""The client's own proof: private_key_jwt (OpenID Connect Core §9, RFC 7523), judged without I/O but for the jti record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, from_unix_seconds, unix_seconds
from claim_issuers.errors import Refused
from claim_issuers.formats.jose import read_unverified, verify_compact
from claim_issuers.keys.jwk import public_key_from_jwk
from identity_service.access.model import ClientUnknown, NonceReplayed
from identity_service.access.service import Access, Client
from identity_service.access.single_use import SingleUse
from identity_service.storage.ids import looks_like_id

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAXIMUM_LIFETIME: Final = timedelta(minutes=10)
LEEWAY: Final = timedelta(seconds=60)
ALGORITHMS: Final = ("EdDSA",)
ACCEPTED_TYPES: Final = ("client-authentication+jwt", "JWT", None)
_MAXIMUM_SIZE: Final = 8192


class ClientAssertionInvalid(Refused):
    """The client's signed assertion does not prove who it is."""

    code = "client_assertion_invalid"


@dataclass(frozen=True, slots=True)
class ClientAuthenticator:
    """Turns a client assertion into the client that signed it.

    ``audiences`` are the values of ``aud`` that name us: the issuer and its token endpoint.
    """

    access: Access
    single_use: SingleUse
    clock: Clock
    audiences: frozenset[str]

    def authenticate(self, session: Session, assertion: str) -> Client:
        """The client. Its ``jti`` is used up in the caller's transaction. Raises ClientAssertionInvalid."""
        try:
            client = self.access.client(session, _claimed_subject(assertion))
            payload = self._verified_payload(assertion, client)
            self._use_up(session, payload)
        except (Refused, ClientUnknown) as error:
            raise ClientAssertionInvalid(error.detail or "the assertion was not accepted") from error
        return client

    def _verified_payload(self, assertion: str, client: Client) -> Mapping[str, Any]:
        key = public_key_from_jwk(client.public_jwk)
        token = verify_compact(assertion, keys=lambda _kid: key, algorithms=ALGORITHMS, typ=ACCEPTED_TYPES, require_kid=False)
        payload = token.payload
        if payload.get("iss") != client.id or payload.get("sub") != client.id:
            raise ClientAssertionInvalid("iss and sub must both be the client id")
        if not self._names_us(payload.get("aud")):
            raise ClientAssertionInvalid("aud must be this service's issuer or token endpoint")
        self._check_times(payload)
        return payload

    def _names_us(self, audience: object) -> bool:
        values = audience if isinstance(audience, list) else [audience]
        return len(values) == 1 and isinstance(values[0], str) and values[0] in self.audiences

    def _check_times(self, payload: Mapping[str, Any]) -> None:
        now, leeway = unix_seconds(self.clock.now()), int(LEEWAY.total_seconds())
        if payload["exp"] <= now - leeway:
            raise ClientAssertionInvalid("the assertion has expired")
        if payload["exp"] > now + int(MAXIMUM_LIFETIME.total_seconds()) + leeway:
            raise ClientAssertionInvalid("the assertion lives too long: ten minutes at most")
        for claim in ("nbf", "iat"):
            start = payload.get(claim, now)
            if type(start) is not int or start > now + leeway:
                raise ClientAssertionInvalid(f"{claim} lies in the future or is no number")

    def _use_up(self, session: Session, payload: Mapping[str, Any]) -> None:
        jti = payload.get("jti")
        if not isinstance(jti, str) or not 8 <= len(jti) <= 200:
            raise ClientAssertionInvalid("give the assertion a jti of 8 to 200 characters")
        try:
            expires_at = from_unix_seconds(payload["exp"]) + LEEWAY
            self.single_use.mark_seen(session, "client_assertion", f"{payload['iss']}\n{jti}", expires_at)
        except NonceReplayed as error:
            raise ClientAssertionInvalid("this assertion was used before: sign a new one") from error


def _claimed_subject(assertion: str) -> str:
    """The unverified ``sub``, used only to find the key that must verify it."""
    subject = read_unverified(assertion, max_bytes=_MAXIMUM_SIZE).payload.get("sub")
    if not isinstance(subject, str) or not looks_like_id(subject):
        raise ClientAssertionInvalid("sub must be the client id")
    return subject
