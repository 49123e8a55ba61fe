"""Proofs of possession: the one kind of token that brings its own key, and what that key does not vouch for."""

from pathlib import Path

import pytest

from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.formats.jose import (
    ALGORITHMS,
    AlgorithmNotAllowed,
    CriticalHeader,
    KeyInToken,
    TokenTooLarge,
    UnknownKey,
    WrongTokenType,
    sign_compact,
    verify_compact,
)
from claim_issuers.formats.proof_of_possession import key_in_jwk_or_did, verify_possession
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.identifiers.did_jwk import did_jwk
from claim_issuers.identifiers.did_key import did_key, did_key_method_id
from claim_issuers.keys.curves import P256_ORDER, BadSignature, NonCanonicalSignature
from claim_issuers.keys.jwk import MalformedJwk
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer

SIGNER = P256Signer(bytes([1]) * 32)
OTHER = P256Signer(bytes([2]) * 32)
SIGNERS = {signer.alg: signer for signer in (SIGNER, Ed25519Signer(bytes(32)), Secp256k1Signer(bytes([1]) * 32))}
OWN = {"jwk": SIGNER.public_key.jwk()}


def proof(signer=SIGNER, **header: object) -> str:
    """A token whose header is exactly this, with ``alg`` and ``typ`` unless they are changed."""
    members = {"alg": signer.alg, "typ": "demo+jwt", **header}
    text = ".".join(encode(canonical(part)) for part in (members, {"iat": 1}))
    return f"{text}.{encode(signer.sign(text.encode()))}"


def verified(token: str, **options: object):
    return verify_possession(token, **{"algorithms": ALGORITHMS, "typ": "demo+jwt", **options})


@pytest.mark.parametrize("alg", SIGNERS)
def test_who_signs_with_the_key_in_the_header_holds_it(alg):
    signer = SIGNERS[alg]
    proven = verified(proof(signer, jwk=signer.public_key.jwk()))
    assert (proven.key, proven.payload) == (signer.public_key, {"iat": 1})


@pytest.mark.parametrize("write", [did_key, lambda key: did_key_method_id(did_key(key)), lambda key: did_jwk(key.jwk())])
def test_a_did_that_is_its_key_names_it_where_the_caller_takes_one(write):
    token = proof(kid=write(SIGNER.public_key))
    assert verified(token, key_of_header=key_in_jwk_or_did).key == SIGNER.public_key
    with pytest.raises(UnknownKey):
        verified(token)


def test_such_a_token_vouches_for_nobody_elsewhere():
    token = sign_compact("demo+jwt", {"exp": 1800000000}, SIGNER, OWN)
    with pytest.raises(KeyInToken):
        verify_compact(token, keys=lambda kid: SIGNER.public_key, algorithms=ALGORITHMS, typ="demo+jwt")


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        ({}, UnknownKey),
        ({"kid": SIGNER.kid}, UnknownKey),
        ({"jwk": "key"}, UnknownKey),
        ({"jwk": {**OWN["jwk"], "d": encode(bytes(32))}}, MalformedJwk),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, MalformedJwk),
        ({"jwk": OTHER.public_key.jwk()}, BadSignature),
        ({**OWN, "kid": 7}, UnknownKey),
        ({**OWN, "typ": "other+jwt"}, WrongTokenType),
        ({**OWN, "alg": "none"}, AlgorithmNotAllowed),
        ({**OWN, "alg": "EdDSA"}, AlgorithmNotAllowed),
        ({**OWN, "crit": ["exp"]}, CriticalHeader),
        ({**OWN, "x5c": ["MIIB"]}, KeyInToken),
        ({**OWN, "jku": "https://a.example"}, KeyInToken),
        ({**OWN, "trust_chain": ["x"]}, KeyInToken),
    ],
)
def test_a_header_that_names_no_key_of_the_signers_is_refused(header, refusal):
    with pytest.raises(refusal):
        verified(proof(**header))


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        ({**OWN, "kid": did_key(SIGNER.public_key)}, UnknownKey),
        ({}, UnknownKey),
        ({"kid": "did:web:wallet.example#1"}, UnknownKey),
        ({"kid": did_key(SIGNER.public_key) + "#1"}, UnknownKey),
        ({"kid": did_jwk(SIGNER.public_key.jwk()) + "#1"}, UnknownKey),
        ({"kid": "did:key:zz"}, MalformedDid),
        ({"kid": did_key(OTHER.public_key)}, BadSignature),
    ],
)
def test_exactly_one_key_is_named_by_jwk_or_did(header, refusal):
    with pytest.raises(refusal):
        verified(proof(**header), key_of_header=key_in_jwk_or_did)


def test_the_callers_algorithms_count():
    with pytest.raises(AlgorithmNotAllowed):
        verified(proof(**OWN), algorithms=["EdDSA"])


def test_a_high_s_is_taken_unless_the_caller_says_otherwise():
    signed, _, signature = proof(**OWN).rpartition(".")
    r, s = decode(signature)[:32], int.from_bytes(decode(signature)[32:], "big")
    twin = f"{signed}.{encode(r + (P256_ORDER - s).to_bytes(32, 'big'))}"
    assert verified(twin).key == SIGNER.public_key
    with pytest.raises(NonCanonicalSignature):
        verified(twin, accept_high_s=False)


def test_a_long_token_is_not_read():
    with pytest.raises(TokenTooLarge):
        verified("x" * 9000)


def test_only_key_proofs_and_dpop_go_through_this_door():
    root = Path(__file__).parents[2]
    sources = [path for package in ("claim_issuers", "identity_service") for path in (root / package).rglob("*.py")]
    users = {path.relative_to(root).as_posix() for path in sources if "proof_of_possession import" in path.read_text()}
    assert users == {"identity_service/openid4vci/dpop.py", "identity_service/openid4vci/proofs.py"}
