"""A JWS that proves one thing: that its sender holds the private key of the public key which the JWS itself names.

Such a key vouches for nobody. It is the one case in which a key is taken from a token: OpenID4VCI's key proofs (Appendix F.1)
and DPoP (RFC 9449) are made like this, and who the key belongs to is settled elsewhere.

>>> from claim_issuers.formats.jose import sign_compact
>>> from claim_issuers.keys.signers import Ed25519Signer
>>> signer = Ed25519Signer(bytes(32))
>>> proof = sign_compact("dpop+jwt", {"htm": "GET"}, signer, {"jwk": signer.public_key.jwk()})
>>> verify_possession(proof, algorithms=["EdDSA"], typ="dpop+jwt").key == signer.public_key
True
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from claim_issuers.formats.compact_jws import examine, read_compact
from claim_issuers.formats.token_errors import KeyInToken, UnknownKey
from claim_issuers.identifiers.did_jwk import public_key_of_did_jwk
from claim_issuers.identifiers.did_key import public_key_of_did_key
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey

MAX_PROOF_BYTES: Final = 8 * 1024

KeyOfHeader = Callable[[Mapping[str, Any]], PublicKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenKey:
    """A key whose holder signed ``payload``, in which nothing is judged yet."""

    key: PublicKey
    payload: Mapping[str, Any]


def key_in_jwk(header: Mapping[str, Any]) -> PublicKey:
    """The key of the header's ``jwk``. Raises UnknownKey, and MalformedJwk, also for a private key."""
    if not isinstance(header.get("jwk"), Mapping):
        raise UnknownKey("put the public key into the header's jwk")
    return public_key_from_jwk(header["jwk"])


def key_in_jwk_or_did(header: Mapping[str, Any]) -> PublicKey:
    """The key of the header's ``jwk``, or of a ``kid`` that is a did:key or did:jwk, with its fragment or without.

    Exactly one of the two may stand there (OpenID4VCI 1.0, Appendix F.1). Raises UnknownKey, MalformedJwk, MalformedDid.
    """
    if ("jwk" in header) == ("kid" in header):
        raise UnknownKey("name the key in the header's jwk or in its kid, in exactly one of them")
    return key_in_jwk(header) if "jwk" in header else _key_of_did_url(header["kid"])


def verify_possession(
    token: str,
    *,
    algorithms: Collection[str],
    typ: str,
    key_of_header: KeyOfHeader = key_in_jwk,
    accept_high_s: bool = True,
    max_bytes: int = MAX_PROOF_BYTES,
) -> ProvenKey:
    """The key that ``token`` names in its header, once its signature is that key's, and the payload.

    ``accept_high_s`` is on, because such proofs come from devices and are used up with a nonce or their ``jti``. Leaves to the
    caller: time, audience, nonce, single use, and to whom the key belongs. Raises, all of them Refused or InvalidInput:
    TokenTooLarge, MalformedToken, WrongTokenType, AlgorithmNotAllowed, CriticalHeader, KeyInToken for keys in another form
    (``x5c``, ``jku``, ``trust_chain``), UnknownKey, MalformedJwk, MalformedDid, BadSignature, NonCanonicalSignature.
    """
    read = read_compact(token, max_bytes=max_bytes)
    if "trust_chain" in read.header:
        raise KeyInToken("name the key by itself, not by a chain of statements")
    found: list[PublicKey] = []

    def keys(_kid: str) -> PublicKey:
        found.append(key_of_header(read.header))
        return found[0]

    faults = examine(
        read,
        keys=keys,
        algorithms=algorithms,
        typ=typ,
        require_kid=False,
        accept_high_s=accept_high_s,
        brings_own_key=True,
    )
    first = faults.first()
    if first is not None:
        raise first
    return ProvenKey(key=found[0], payload=read.payload)


def _key_of_did_url(kid: object) -> PublicKey:
    did, separator, fragment = kid.partition("#") if isinstance(kid, str) else ("", "", "")
    for method, read in _METHODS.items():
        if did.startswith(method):
            expected = "0" if method == "did:jwk:" else did.removeprefix(method)
            if separator and fragment != expected:
                raise UnknownKey("the kid names no key of this DID")
            return read(did)
    raise UnknownKey("name the key as did:key or did:jwk, or put it into jwk")


_METHODS: Final[Mapping[str, Callable[[str], PublicKey]]] = {
    "did:key:": public_key_of_did_key,
    "did:jwk:": public_key_of_did_jwk,
}
