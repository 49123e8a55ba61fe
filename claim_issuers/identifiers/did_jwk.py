"""did:jwk: a public JWK that is its own identifier (did:jwk method).

>>> did = did_jwk({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
>>> did_jwk_method_id(did) == did + "#0"
True
>>> public_key_of_did_jwk(did).jwk()["x"]
'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
"""

from collections.abc import Mapping
from typing import Any

from claim_issuers.encodings import base64url
from claim_issuers.encodings.canonical_json import canonical_plain
from claim_issuers.encodings.strict_json import parse_object
from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.did import MalformedDid, identifier_of
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey


def did_jwk(jwk: Mapping[str, Any]) -> str:
    """The did:jwk of a public JWK: RFC 8785 JSON of its required members and nothing besides, so that a key has one did:jwk here.

    Raises MalformedJwk for private parts, for another kind of key than Ed25519, P-256 and secp256k1, and for bytes that are no
    key.
    """
    if not isinstance(jwk, Mapping):
        raise MalformedJwk("a JSON Web Key is an object")
    return "did:jwk:" + base64url.encode(canonical_plain(public_key_from_jwk(jwk).jwk()))


def public_key_of_did_jwk(did: str) -> PublicKey:
    """The key that a did:jwk is.

    The method lets members stand in any order, with any white space and with members that only describe (``kid``, ``use``), so
    one key has many did:jwk: compare keys, or the DIDs as texts, never one with the other. The JSON is read strictly all the
    same (no duplicate members), and base64url has one text for each value.

    Raises MalformedDid for another method, a fragment behind the DID, more than 2,048 characters, and a JWK that holds private
    parts, is of another kind than Ed25519, P-256 and secp256k1, is not for signatures or is no key.
    """
    text = identifier_of(did, "jwk")
    try:
        return public_key_from_jwk(parse_object(base64url.decode(text)))
    except InvalidInput as fault:
        raise MalformedDid(fault.detail) from fault


def did_jwk_method_id(did: str) -> str:
    """The id of the only verification method of a did:jwk: the DID and ``#0``. Raises MalformedDid for a DID that is no key."""
    public_key_of_did_jwk(did)
    return f"{did}#0"
