"""Encrypted credential requests and responses (OpenID4VCI 1.0 §10): JWE, ECDH-ES on P-256 with AES-GCM, never compressed.

>>> key = RequestKey.derive(lambda part: bytes([part]) * 32)
>>> wanted = ResponseEncryption.parse({"jwk": key.public_jwk(), "enc": "A128GCM"})
>>> key.decrypt(wanted.encrypt({"credentials": []}))
{'credentials': []}
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.encodings.strict_json import MalformedJson, parse_object
from claim_issuers.keys.curves import P256_ORDER
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, thumbprint
from claim_issuers.keys.public_keys import P256PublicKey
from identity_service.openid4vci.protocol_errors import EncryptionParametersInvalid

ALG: Final = "ECDH-ES"
ENC_VALUES: Final = ("A128GCM", "A256GCM")
MEDIA_TYPE: Final = "application/jwt"
MAXIMUM_REQUEST_CHARACTERS: Final = 128 * 1024
_MAXIMUM_KID_CHARACTERS: Final = 256
_POINTER: Final = "/credential_response_encryption"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseEncryption:
    """How a wallet wants its credential response encrypted: for this key, with this ``enc``."""

    jwk: Mapping[str, str]
    kid: str | None
    enc: str

    @classmethod
    def parse(cls, value: object) -> "ResponseEncryption":
        """The member ``credential_response_encryption`` of a request (§8.2).

        Raises EncryptionParametersInvalid for another key than a public P-256 key with ``alg`` ECDH-ES, another ``enc``, and
        any ``zip``.
        """
        if not isinstance(value, Mapping):
            raise EncryptionParametersInvalid("credential_response_encryption is an object", pointer=_POINTER)
        if value.get("enc") not in ENC_VALUES:
            raise EncryptionParametersInvalid("choose enc from: " + ", ".join(ENC_VALUES), pointer=f"{_POINTER}/enc")
        if "zip" in value:
            raise EncryptionParametersInvalid("responses are not compressed: leave zip out", pointer=f"{_POINTER}/zip")
        jwk, kid = _encryption_key(value.get("jwk"))
        return cls(jwk=jwk, kid=kid, enc=value["enc"])

    def encrypt(self, payload: Mapping[str, Any]) -> str:
        """``payload`` as a compact JWE, to be sent as ``application/jwt``: of a fresh key each time."""
        header = {"alg": ALG, "enc": self.enc} | ({} if self.kid is None else {"kid": self.kid})
        return jwe.encrypt_compact(header, _written(payload), ECKey.import_key(dict(self.jwk)), algorithms=[ALG, self.enc])


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Our key for encrypted credential requests. Its private part is derived when a process starts, and kept nowhere."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def derive(cls, secret: Callable[[int], bytes]) -> "RequestKey":
        """The key behind two secrets of 32 bytes, ``secret(0)`` and ``secret(1)``: 64 bytes, so that each scalar is as likely."""
        scalar = int.from_bytes(secret(0) + secret(1), "big") % (P256_ORDER - 1) + 1
        return cls(ec.derive_private_key(scalar, ec.SECP256R1()))

    def public_jwk(self) -> dict[str, str]:
        """The key for ``credential_request_encryption.jwks``: with ``kid``, ``use`` and ``alg``."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        members = P256PublicKey(point).jwk()
        return {**members, "kid": thumbprint(members), "use": "enc", "alg": ALG}

    def decrypt(self, text: str) -> dict[str, Any]:
        """The request in ``text``, a compact JWE that was sent as ``application/jwt``.

        Raises EncryptionParametersInvalid for other algorithms, compression, another key, changed bytes, and what is no JSON
        object inside.
        """
        kid = self.public_jwk()["kid"]
        header = _checked_header(text)
        if header.get("kid", kid) != kid:
            raise EncryptionParametersInvalid("encrypt for the key in our metadata")
        try:
            opened = jwe.decrypt_compact(text, self._private_jwk(), algorithms=[ALG, *ENC_VALUES])
            return parse_object(opened.plaintext or b"")
        except MalformedJson as fault:
            raise EncryptionParametersInvalid("an encrypted request holds a JSON object") from fault
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise EncryptionParametersInvalid("the request does not decrypt with our key") from fault

    def _private_jwk(self) -> ECKey:
        scalar = self.private.private_numbers().private_value.to_bytes(32, "big")
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return ECKey.import_key({**P256PublicKey(point).jwk(), "d": encode(scalar)})


def _encryption_key(jwk: object) -> tuple[dict[str, str], str | None]:
    pointer = f"{_POINTER}/jwk"
    if not isinstance(jwk, Mapping) or jwk.get("alg") != ALG or jwk.get("use", "enc") != "enc":
        raise EncryptionParametersInvalid(f"send a public key with alg {ALG}", pointer=pointer)
    kid = jwk.get("kid")
    if kid is not None and (not isinstance(kid, str) or not 1 <= len(kid) <= _MAXIMUM_KID_CHARACTERS):
        raise EncryptionParametersInvalid("kid is a short text", pointer=pointer)
    try:
        key = public_key_from_jwk({name: value for name, value in jwk.items() if name not in ("alg", "use")})
    except MalformedJwk as fault:
        raise EncryptionParametersInvalid(fault.detail, pointer=pointer) from fault
    if not isinstance(key, P256PublicKey):
        raise EncryptionParametersInvalid("use an EC P-256 key", pointer=pointer)
    return key.jwk(), kid


def _checked_header(text: str) -> dict[str, Any]:
    """The header of a compact JWE, before anything is decrypted: the library would inflate what somebody compressed."""
    if len(text) > MAXIMUM_REQUEST_CHARACTERS or text.count(".") != 4:
        raise EncryptionParametersInvalid("send a compact JWE")
    try:
        header = parse_object(decode(text.partition(".")[0]))
    except (MalformedBase64Url, MalformedJson) as fault:
        raise EncryptionParametersInvalid(fault.detail) from fault
    if header.get("alg") != ALG or header.get("enc") not in ENC_VALUES or "zip" in header or "crit" in header:
        raise EncryptionParametersInvalid(f"encrypt with {ALG} and {' or '.join(ENC_VALUES)}, without compression")
    return header


def _written(payload: Mapping[str, Any]) -> bytes:
    return canonical(dict(payload))
