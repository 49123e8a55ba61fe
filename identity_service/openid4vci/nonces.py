"""Nonces that any process can judge without having stored them: their time, chance, and a keyed hash over both.

>>> from datetime import UTC, datetime
>>> from claim_issuers.clock import FixedClock, SystemEntropy
>>> import hmac
>>> class Hashes:
...     def keyed_hash(self, purpose: str, value: bytes) -> bytes:
...         return hmac.digest(purpose.encode(), value, "sha256")
>>> nonces = Nonces(hashes=Hashes(), clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)), entropy=SystemEntropy())
>>> nonces.judge(CREDENTIAL_NONCE, nonces.give(CREDENTIAL_NONCE)).isoformat()
'2026-01-01T00:05:00+00:00'
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from claim_issuers.clock import Clock, Entropy, from_unix_seconds, unix_seconds
from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.errors import DomainError
from identity_service.openid4vci.protocol_errors import CredentialNonceInvalid, DpopNonceRequired

_VERSION: Final = b"\x01"
_TIME_BYTES: Final = 8
_RANDOM_BYTES: Final = 16
_HASH_BYTES: Final = 32
_SIGNED_BYTES: Final = len(_VERSION) + _TIME_BYTES + _RANDOM_BYTES
_LENGTH: Final = 76
_SKEW: Final = 60
"""Seconds by which the clocks of two of our machines may differ."""


class KeyedHashes(Protocol):
    """What the vault gives for this."""

    def keyed_hash(self, purpose: str, value: bytes) -> bytes:
        """32 bytes that nobody without the key can make."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceKind:
    """What a nonce is for, how long it holds, and the refusal that a wallet understands."""

    name: str
    lifetime: timedelta
    refusal: type[DomainError]


CREDENTIAL_NONCE: Final = NonceKind(name="c_nonce", lifetime=timedelta(minutes=5), refusal=CredentialNonceInvalid)
DPOP_NONCE: Final = NonceKind(name="dpop", lifetime=timedelta(minutes=5), refusal=DpopNonceRequired)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonces:
    """Gives out nonces and judges what comes back."""

    hashes: KeyedHashes
    clock: Clock
    entropy: Entropy

    def give(self, kind: NonceKind) -> str:
        """A fresh nonce of 76 characters; nothing is stored."""
        seconds = unix_seconds(self.clock.now()).to_bytes(_TIME_BYTES, "big")
        signed = _VERSION + seconds + self.entropy.token_bytes(_RANDOM_BYTES)
        return encode(signed + self._hash(kind, signed))

    def judge(self, kind: NonceKind, nonce: str) -> datetime:
        """The instant from which this nonce is refused: so long must it be remembered as used.

        Raises the kind's refusal for what we did not give out for this kind, and for what is too old.
        """
        signed = self._ours(kind, nonce)
        given_at = int.from_bytes(signed[len(_VERSION) : len(_VERSION) + _TIME_BYTES], "big")
        dies_at, now = given_at + int(kind.lifetime.total_seconds()), unix_seconds(self.clock.now())
        if not given_at - _SKEW <= now < dies_at:
            raise kind.refusal("this nonce is too old: take a new one")
        return from_unix_seconds(dies_at)

    def _ours(self, kind: NonceKind, nonce: str) -> bytes:
        try:
            value = decode(nonce) if len(nonce) == _LENGTH else b""
        except MalformedBase64Url:
            value = b""
        signed, seal = value[:_SIGNED_BYTES], value[_SIGNED_BYTES:]
        # Hashed in any case, so that a nonce of another form takes no shorter.
        if not hmac.compare_digest(self._hash(kind, signed), seal.ljust(_HASH_BYTES, b"\0")) or signed[:1] != _VERSION:
            raise kind.refusal("this nonce was not given out for this purpose: take a new one")
        return signed

    def _hash(self, kind: NonceKind, signed: bytes) -> bytes:
        return self.hashes.keyed_hash(f"openid4vci/nonce/{kind.name}", signed)
