"""Changes of compact JWS, made with and without their key: each one must be refused.

>>> from claim_issuers.keys.signers import Ed25519Signer
>>> token = Signed.of("demo+jwt", {"exp": 1800000000}, Ed25519Signer(bytes(32)))
>>> changed_token(chance(1, "doc", 1), token, [token]) != token.text
True
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Self

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.formats.jose import sign_compact
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer, Signer
from tests.fuzz.json_changes import broken, respelt
from tests.fuzz.mutations import chance, changed_base64url, changed_text, either
from tests.fuzz.signature_changes import other_jose_signature

__all__ = ["Signed", "chance", "changed_token"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A token that must be accepted, taken apart, and the key that signed it.

    Some tokens need no ``kid`` (the key is known without it) or no ``exp`` (their time is told otherwise): then one without is no
    forgery. Those that bring their own key (``brings_key``) may well name it.
    """

    text: str
    signer: Signer
    header: bytes
    payload: bytes
    signature: bytes
    needs_kid: bool = True
    needs_exp: bool = True
    brings_key: bool = False

    @classmethod
    def read(cls, text: str, signer: Signer, *, needs_kid: bool = True, needs_exp: bool = True, brings_key: bool = False) -> Self:
        header, payload, signature = (decode(part) for part in text.split("."))
        return cls(text, signer, header, payload, signature, needs_kid, needs_exp, brings_key)

    @classmethod
    def of(cls, typ: str, payload: Mapping[str, Any], signer: Signer) -> Self:
        return cls.read(sign_compact(typ, payload, signer), signer)

    def again(self, *, header: bytes | None = None, payload: bytes | None = None) -> str:
        """A token over other bytes, signed with the right key."""
        return signed_with(
            self.signer.sign, self.header if header is None else header, self.payload if payload is None else payload
        )

    def with_parts(self, header: str | None = None, payload: str | None = None, signature: str | None = None) -> str:
        parts = self.text.split(".")
        return ".".join(old if new is None else new for old, new in zip(parts, (header, payload, signature), strict=True))


def signed_with(sign: Callable[[bytes], bytes], header: bytes, payload: bytes) -> str:
    signing_input = f"{encode(header)}.{encode(payload)}"
    return f"{signing_input}.{encode(sign(signing_input.encode()))}"


def changed_token(rng: Random, token: Signed, others: Sequence[Signed]) -> str:
    """A token that nobody may accept, made of ``token`` and perhaps of another one that is accepted too."""
    return either(rng, *_CHANGES)(rng, token, others)


def _anywhere(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    return changed_text(rng, token.text)


def _twice(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    return changed_text(rng, changed_text(rng, token.text))


def _part_respelt(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    parts = token.text.split(".")
    at = int(rng.random() * 3)
    parts[at] = changed_base64url(rng, parts[at])
    return ".".join(parts)


def _parts_moved(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    parts = token.text.split(".")
    at = int(rng.random() * 3)
    kind = int(rng.random() * 5)
    if kind == 0:
        rng.shuffle(parts)
    elif kind == 1:
        parts[at] = ""
    elif kind == 2:
        parts.insert(at, parts[at])
    elif kind == 3:
        del parts[at]
    else:
        parts.insert(at, either(rng, "", "e30", "bnVsbA", "W10"))
    return ".".join(parts)


def _other_header(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    return token.with_parts(header=encode(respelt(rng, token.header)))


def _other_payload(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    return token.with_parts(payload=encode(respelt(rng, token.payload)))


def _other_signature(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    return token.with_parts(signature=encode(other_jose_signature(rng, token.signer.alg, token.signature)))


def _spliced(rng: Random, token: Signed, others: Sequence[Signed]) -> str:
    """Parts of two accepted tokens; the unchanged pairs are told apart by the harness."""
    mine, theirs = token.text.split("."), either(rng, *others).text.split(".")
    return ".".join(either(rng, a, b) for a, b in zip(mine, theirs, strict=True))


def _dangerous_header(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """A header that must be refused although the right key signed it."""
    header = json.loads(token.header)
    kind = int(rng.random() * 6)
    if kind == 0:
        del header[either(rng, "typ", "alg", "kid" if token.needs_kid else "alg")]
    elif kind == 1:
        typ = header["typ"]
        header["typ"] = either(rng, None, "JWT", typ.upper(), f"application/{typ}", f"{typ} ", [typ], {}, True, "", typ[:-4])
    elif kind == 2:
        alg = header["alg"]
        odd = either(rng, "none", "None", "", "HS256", "RS256", "ES384", "Ed25519", alg.lower(), None, [alg], {"a": alg}, True, 5)
        header["alg"] = odd if odd != alg else "none"
    elif kind == 3 and token.needs_kid:
        header["kid"] = either(rng, None, "", "stranger", [header["kid"]], {}, 5, header["kid"] + "\x00", "../" + header["kid"])
    elif kind in (3, 4):
        header.update(either(rng, {"crit": []}, {"crit": ["exp"]}, {"crit": None}, {"b64": False}, {"b64": True, "crit": ["b64"]}))
    else:
        jwk = token.signer.public_jwk()
        url = "https://issuer.example/keys"
        named = {"jwk": None} if token.brings_key else {"jwk": jwk}
        header.update(either(rng, named, {"jwk": None}, {"jku": url}, {"x5u": url}, {"x5c": []}, {**named, "kid": "x"}))
    return token.again(header=json.dumps(header).encode())


def _own_key_in_header(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """The attacker's key, signing and vouching for itself."""
    secret = rng.randbytes(31) + b"\1"
    attacker = {"EdDSA": Ed25519Signer, "ES256": P256Signer, "ES256K": Secp256k1Signer}[token.signer.alg](secret, token.signer.kid)
    header = json.loads(token.header) | either(rng, {}, {"jwk": attacker.public_jwk()}, {"kid": attacker.public_jwk()["kid"]})
    return signed_with(attacker.sign, json.dumps(header).encode(), token.payload)


def _public_key_as_secret(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """HS256 with the public key as its secret (RFC 8725 §2.1), in the spellings that libraries have taken."""
    secret = either(rng, *_spellings(token.signer))
    header = json.dumps({**json.loads(token.header), "alg": either(rng, "HS256", token.signer.alg, "hs256")}).encode()
    return signed_with(lambda message: hmac.digest(secret, message, "sha256"), header, token.payload)


def _broken_but_signed(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """Header or payload as no strict JSON, signed with the right key."""
    if rng.random() < 0.5:
        return token.again(header=broken(rng, token.header))
    return token.again(payload=broken(rng, token.payload))


def _no_expiry_but_signed(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    payload = json.loads(token.payload)
    expiry = payload.pop("exp", None)
    if expiry is None:
        return _other_payload(rng, token, ())
    odd = either(rng, None, str(expiry), float(expiry), expiry + 0.5, [expiry], True, {}, "", "never", 1e308)
    if rng.random() < 0.8 or not token.needs_exp:
        payload["exp"] = odd
    return token.again(payload=json.dumps(payload).encode())


def _other_serialization(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    header, payload, signature = token.text.split(".")
    whole = {"payload": payload, "protected": header, "signature": signature}
    many = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    return either(rng, json.dumps(whole), json.dumps(many), f"Bearer {token.text}", f'"{token.text}"', f"{header}..{signature}")


def _spellings(signer: Signer) -> tuple[bytes, ...]:
    jwk = signer.public_jwk()
    raw = decode(jwk["x"]) + decode(jwk.get("y", ""))
    return raw, raw.hex().encode(), json.dumps(jwk).encode(), jwk["x"].encode(), b"", *_pem(jwk["crv"], raw)


def _pem(curve: str, raw: bytes) -> tuple[bytes, ...]:
    # RFC 8410 §4 and RFC 5480 §2: what stands before the key's bits in a SubjectPublicKeyInfo
    prefix = {
        "Ed25519": "302a300506032b6570032100",
        "P-256": "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
        "secp256k1": "3056301006072a8648ce3d020106052b8104000a03420004",
    }[curve]
    key = load_der_public_key(bytes.fromhex(prefix) + raw)
    return tuple(key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo) for encoding in (Encoding.PEM, Encoding.DER))


_CHANGES: tuple[Callable[[Random, Signed, Sequence[Signed]], str], ...] = (
    _anywhere,
    _anywhere,
    _twice,
    _part_respelt,
    _parts_moved,
    _other_header,
    _other_payload,
    _other_payload,
    _other_signature,
    _other_signature,
    _spliced,
    _dangerous_header,
    _own_key_in_header,
    _public_key_as_secret,
    _broken_but_signed,
    _no_expiry_but_signed,
    _other_serialization,
)
