"""Key proofs of OpenID4VCI 1.0, Appendix F.1: what is taken, and each thing that is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.identifiers.did_jwk import did_jwk, did_jwk_method_id
from claim_issuers.identifiers.did_key import did_key, did_key_method_id
from claim_issuers.keys.curves import P256_ORDER
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from identity_service.openid4vci.proofs import KeyProofs, verify_key_proofs
from identity_service.openid4vci.protocol_errors import CredentialNonceInvalid, KeyProofInvalid
from tests.openid4vci.wallet_tokens import AT, CREDENTIAL_ISSUER, NOW, key_proof, public_jwk, wallet_key

WALLET = wallet_key(1)


def verify(proofs: object, *, limit: int = 3, client_id: str | None = None, known: tuple[str, ...] = ("n-1",)) -> KeyProofs:
    def require_nonce(nonce: str) -> None:
        if nonce not in known:
            raise CredentialNonceInvalid("take a new nonce")

    return verify_key_proofs(
        proofs, credential_issuer=CREDENTIAL_ISSUER, instant=AT, require_nonce=require_nonce, limit=limit, client_id=client_id
    )


def test_a_proof_gives_its_key_and_its_nonce() -> None:
    proved = verify({"jwt": [key_proof(WALLET)]})
    assert proved == KeyProofs(holder_jwks=(WALLET.public_key.jwk(),), nonce="n-1")


def test_several_proofs_give_their_keys_in_order() -> None:
    signers = [wallet_key(2), Ed25519Signer(bytes(32)), wallet_key(1)]
    proved = verify({"jwt": [key_proof(signer) for signer in signers]})
    assert list(proved.holder_jwks) == [public_jwk(signer) for signer in signers]


def test_an_audience_of_one_element_is_one_audience() -> None:
    assert verify({"jwt": [key_proof(WALLET, aud=[CREDENTIAL_ISSUER])]}).nonce == "n-1"


KEY_NAMES: dict[str, Callable[[], str]] = {
    "did:key": lambda: did_key(WALLET.public_key),
    "did:key with its fragment": lambda: did_key_method_id(did_key(WALLET.public_key)),
    "did:jwk": lambda: did_jwk(WALLET.public_key.jwk()),
    "did:jwk with its fragment": lambda: did_jwk_method_id(did_jwk(WALLET.public_key.jwk())),
}


@pytest.mark.parametrize("name", KEY_NAMES)
def test_the_kid_may_be_a_did_that_is_the_key(name: str) -> None:
    proof = key_proof(WALLET, header={"jwk": None, "kid": KEY_NAMES[name]()})
    assert verify({"jwt": [proof]}).holder_jwks == (WALLET.public_key.jwk(),)


def test_a_key_that_says_more_of_itself_is_the_same_key() -> None:
    jwk = {**WALLET.public_key.jwk(), "kid": "phone", "use": "sig", "alg": "ES256"}
    assert verify({"jwt": [key_proof(WALLET, header={"jwk": jwk})]}).holder_jwks == (WALLET.public_key.jwk(),)


def test_a_device_that_signs_with_a_high_s_is_understood() -> None:
    signed, _, signature = key_proof(WALLET).rpartition(".")
    r, s = decode(signature)[:32], int.from_bytes(decode(signature)[32:], "big")
    twin = f"{signed}.{encode(r + (P256_ORDER - s).to_bytes(32, 'big'))}"
    assert verify({"jwt": [twin]}).holder_jwks == (WALLET.public_key.jwk(),)


def test_iss_is_the_wallets_client_id_where_it_has_one() -> None:
    assert verify({"jwt": [key_proof(WALLET, iss="wallet-1")]}, client_id="wallet-1").nonce == "n-1"
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET, iss="wallet-2")]}, client_id="wallet-1")


SHAPES: dict[str, object] = {
    "missing": None,
    "a text": "proof",
    "empty": {},
    "no proofs in it": {"jwt": []},
    "one text instead of a list": {"jwt": key_proof(WALLET)},
    "a number among the proofs": {"jwt": [1]},
    "another type": {"di_vp": [{}]},
    "two types": {"jwt": [key_proof(WALLET)], "attestation": ["x"]},
    "more than the batch size": {"jwt": [key_proof(wallet_key(number)) for number in range(1, 5)]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_proofs_member_is_one_list_of_jwt_proofs(shape: str) -> None:
    with pytest.raises(KeyProofInvalid):
        verify(SHAPES[shape])


WRONG_PAYLOADS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://identity.example/claim-issuers/ci_2"},
    "no audience": {"aud": None},
    "two audiences": {"aud": [CREDENTIAL_ISSUER, "https://other.example"]},
    "no nonce": {"nonce": None},
    "an empty nonce": {"nonce": ""},
    "a nonce that is a number": {"nonce": 7},
    "no iat": {"iat": None},
    "iat too old": {"iat": NOW - 301},
    "iat in the future": {"iat": NOW + 61},
    "iat with a fraction": {"iat": "now"},
    "iat that is a truth value": {"iat": True},
    "expired": {"exp": NOW - 60},
    "exp that is a text": {"exp": str(NOW + 60)},
    "not yet": {"nbf": NOW + 61},
}


@pytest.mark.parametrize("fault", WRONG_PAYLOADS)
def test_a_proof_that_says_something_else_is_refused(fault: str) -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET, **WRONG_PAYLOADS[fault])]})


@pytest.mark.parametrize("changes", [{"iat": NOW - 300}, {"iat": NOW + 60}, {"exp": NOW - 59}, {"nbf": NOW + 60}])
def test_times_at_the_edge_hold(changes: dict[str, int]) -> None:
    assert verify({"jwt": [key_proof(WALLET, **changes)]}).nonce == "n-1"


OTHER = wallet_key(9)
WRONG_HEADERS: dict[str, dict[str, Any]] = {
    "another typ": {"typ": "JWT"},
    "no typ": {"typ": None},
    "no algorithm": {"alg": None},
    "alg none": {"alg": "none"},
    "alg of a shared key": {"alg": "HS256"},
    "alg of another key": {"alg": "EdDSA"},
    "no key": {"jwk": None},
    "jwk and kid": {"kid": did_key(WALLET.public_key)},
    "a kid that is no DID": {"jwk": None, "kid": "key-1"},
    "a kid that is a number": {"jwk": None, "kid": 1},
    "a did:web": {"jwk": None, "kid": "did:web:wallet.example#key-1"},
    "another key's fragment": {"jwk": None, "kid": did_key(WALLET.public_key) + "#key-1"},
    "a fragment did:jwk has not": {"jwk": None, "kid": did_jwk(WALLET.public_key.jwk()) + "#1"},
    "a broken did:key": {"jwk": None, "kid": "did:key:z6Mk"},
    "x5c": {"x5c": ["MIIB"]},
    "x5c instead of jwk": {"jwk": None, "x5c": ["MIIB"]},
    "jku": {"jku": "https://wallet.example/keys"},
    "a trust chain": {"trust_chain": ["x"]},
    "crit": {"crit": ["exp"]},
    "a private key": {"jwk": {**WALLET.public_key.jwk(), "d": encode(bytes([1] * 32))}},
    "a point off the curve": {"jwk": {**WALLET.public_key.jwk(), "y": encode(bytes(32))}},
    "somebody else's key": {"jwk": OTHER.public_key.jwk()},
    "somebody else's DID": {"jwk": None, "kid": did_key(OTHER.public_key)},
    "a jwk that is a text": {"jwk": "key"},
}


@pytest.mark.parametrize("fault", WRONG_HEADERS)
def test_a_header_that_proves_no_key_is_refused(fault: str) -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET, header=WRONG_HEADERS[fault])]})


def test_the_key_of_a_chain_account_is_no_holder_key() -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(Secp256k1Signer(bytes([1] * 32)))]})


def test_a_changed_signature_is_refused() -> None:
    proof = key_proof(WALLET)
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [proof[:-4] + ("AAAA" if proof[-4:] != "AAAA" else "BBBB")]})


def test_one_bad_proof_spoils_the_request_and_is_pointed_at() -> None:
    with pytest.raises(KeyProofInvalid) as refused:
        verify({"jwt": [key_proof(WALLET), key_proof(OTHER, aud="https://other.example")]})
    assert refused.value.pointer == "/proofs/jwt/1"


def test_a_key_is_proved_once() -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET), key_proof(WALLET, iat=NOW - 1)]})


def test_one_key_under_two_names_is_one_key() -> None:
    named = key_proof(WALLET, header={"jwk": None, "kid": did_key(WALLET.public_key)})
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET), named]})


def test_all_proofs_hold_one_nonce() -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET), key_proof(OTHER, nonce="n-2")]}, known=("n-1", "n-2"))


def test_a_nonce_that_is_not_ours_has_an_error_of_its_own() -> None:
    with pytest.raises(CredentialNonceInvalid) as refused:
        verify({"jwt": [key_proof(WALLET, nonce="made up")]})
    assert refused.value.error == "invalid_nonce"


def test_a_proof_longer_than_any_wallets_is_not_read() -> None:
    with pytest.raises(KeyProofInvalid):
        verify({"jwt": [key_proof(WALLET, filling="x" * 9000)]})
