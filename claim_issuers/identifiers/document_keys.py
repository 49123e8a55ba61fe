"""The keys that a DID document of somebody else lets sign claims, read strictly.

>>> jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
>>> did = "did:web:issuer.example"
>>> method = {"id": "#2026", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
>>> keys = keys_of_document({"id": did, "verificationMethod": [method], "assertionMethod": [f"{did}#2026"]}, did)
>>> {kid: key.alg for kid, key in keys.items()}
{'2026': 'EdDSA'}
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from claim_issuers.identifiers.did import checked_did
from claim_issuers.identifiers.did_document import FRAGMENT, MalformedDidDocument
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey

MAX_METHODS: Final = 64
"""Methods, and entries of assertionMethod, that a document may have: each key costs a check that its point is on the curve."""

# Controlled Identifiers 1.0 §2.2.3 and, before it, JSON Web Signature 2020
_TYPES: Final = ("JsonWebKey", "JsonWebKey2020")
_KINDS: Final = (("OKP", "Ed25519"), ("EC", "P-256"), ("EC", "secp256k1"))
# RFC 7518 §6.2.2, §6.3.2, §6.4 and RFC 8037 §2: each kind of private or secret key has one of them
_PRIVATE_JWK_MEMBERS: Final = frozenset({"d", "k", "priv"})
# privateKeyJwk, privateKeyBase58, secretKeyMultibase and the like
_PRIVATE_PREFIXES: Final = ("privateKey", "secretKey")

_ASSERTION: Final = "/assertionMethod"
_METHODS: Final = "/verificationMethod"

Json = Mapping[str, Any]


def keys_of_document(document: Json, did: str) -> dict[str, PublicKey]:
    """The keys of ``did``'s assertionMethod by ``kid``: what follows ``#`` in the id of each.

    ``document`` is parsed JSON that the caller fetched; that it came from where ``did`` says is the caller's to know. Ids may be
    absolute or relative (DID Core §3.2.2). Keys of other kinds than Ed25519, P-256 and secp256k1 and methods that are no JWK are
    left out: what they sign is then by an unknown key. The other relationships, services and ``@context`` are not read.

    Raises MalformedDid for a ``did`` that is none, and MalformedDidDocument when the document is another DID's, a method's id
    is another DID's or stands twice, assertionMethod names what is not there, a key is controlled by somebody else, is no key,
    or is published with its private part, or there are more than 64 of them.
    """
    if not isinstance(document, Mapping) or document.get("id") != checked_did(did):
        raise MalformedDidDocument("the document is not this DID's", pointer="/id")
    methods = _by_kid(_entries(document, "verificationMethod"), did, _METHODS)
    asserting = _asserting(document, did, methods)
    return {kid: _public_key(method, did) for kid, method in asserting.items() if _is_ours(method)}


def _asserting(document: Json, did: str, methods: Mapping[str, Json]) -> dict[str, Json]:
    """The methods of assertionMethod by kid: those named (DID Core §5.3), and those embedded, which have names of their own."""
    entries = _entries(document, "assertionMethod")
    named = [_kid(entry, did, _ASSERTION) for entry in entries if isinstance(entry, str)]
    embedded = _by_kid([entry for entry in entries if not isinstance(entry, str)], did, _ASSERTION)
    if len(set(named)) != len(named) or embedded.keys() & methods.keys():
        raise MalformedDidDocument("a method stands twice", pointer=_ASSERTION)
    if not methods.keys() >= set(named):
        raise MalformedDidDocument("assertionMethod names a method that is not in the document", pointer=_ASSERTION)
    return {**{kid: methods[kid] for kid in named}, **embedded}


def _entries(document: Json, name: str) -> list[Any]:
    entries = document.get(name, [])
    if not isinstance(entries, list) or len(entries) > MAX_METHODS:
        raise MalformedDidDocument(f"{name} is a list of at most {MAX_METHODS}", pointer=f"/{name}")
    return entries


def _by_kid(entries: list[Any], did: str, pointer: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for method in entries:
        if not isinstance(method, Mapping):
            raise MalformedDidDocument("a verification method is an object", pointer=pointer)
        _refuse_private_parts(method, pointer)
        kid = _kid(method.get("id"), did, pointer)
        if kid in found:
            raise MalformedDidDocument("a method stands twice", pointer=pointer)
        found[kid] = method
    return found


def _kid(method_id: object, did: str, pointer: str) -> str:
    """What follows ``#`` in an id of this DID, absolute or relative."""
    owner, separator, kid = method_id.partition("#") if isinstance(method_id, str) else ("", "", "")
    if owner not in ("", did) or not separator or not FRAGMENT.fullmatch(kid):
        raise MalformedDidDocument("a method's id is the document's DID, # and a name", pointer=pointer)
    return kid


def _refuse_private_parts(method: Json, pointer: str) -> None:
    if any(name.startswith(_PRIVATE_PREFIXES) for name in method) or _PRIVATE_JWK_MEMBERS & set(_members(method)):
        raise MalformedDidDocument("the document publishes a private key, which is now known to everybody", pointer=pointer)


def _members(method: Json) -> Iterator[str]:
    jwk = method.get("publicKeyJwk")
    return iter(jwk) if isinstance(jwk, Mapping) else iter(())


def _is_ours(method: Json) -> bool:
    """Whether the method claims to be a key we verify with; a broken claim is refused later, another kind is left out."""
    if method.get("type") not in _TYPES:
        return False
    jwk = method.get("publicKeyJwk")
    return not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) in _KINDS


def _public_key(method: Json, did: str) -> PublicKey:
    jwk = method.get("publicKeyJwk")
    if method.get("controller") != did or not isinstance(jwk, Mapping):
        raise MalformedDidDocument("a key that signs claims is a JWK controlled by the DID itself", pointer=_METHODS)
    try:
        return public_key_from_jwk(jwk)
    except MalformedJwk as fault:
        raise MalformedDidDocument(fault.detail, pointer=_METHODS) from fault
