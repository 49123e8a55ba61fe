"""DPoP proofs (RFC 9449 §4.3): what is taken, and each thing that is refused."""

from typing import Any

import pytest

from claim_issuers.encodings.base64url import encode
from claim_issuers.keys.jwk import thumbprint
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from identity_service.openid4vci.dpop import DpopProof, checked_thumbprint, normalised_url, verify_dpop_proof
from identity_service.openid4vci.protocol_errors import DpopNonceRequired, DpopProofInvalid
from tests.openid4vci.wallet_tokens import AT, NOW, dpop_proof, wallet_key

WALLET = wallet_key(1)
TOKEN_ENDPOINT = "https://identity.example/claim-issuers/ci_1/token"


def verify(proof: str, **options: Any) -> DpopProof:
    def require_nonce(nonce: str) -> None:
        if nonce != "n-1":
            raise DpopNonceRequired("take a new nonce")

    return verify_dpop_proof(
        proof, **{"method": "POST", "url": TOKEN_ENDPOINT, "instant": AT, "require_nonce": require_nonce, **options}
    )


def test_a_proof_gives_the_keys_thumbprint() -> None:
    assert verify(dpop_proof(WALLET, TOKEN_ENDPOINT)).jkt == thumbprint(WALLET.public_key.jwk())


def test_a_proof_with_ed25519_and_a_kid_beside_the_key_is_taken() -> None:
    signer = Ed25519Signer(bytes(32))
    assert verify(dpop_proof(signer, TOKEN_ENDPOINT, header={"kid": "phone"})).jkt == thumbprint(signer.public_key.jwk())


def test_a_proof_is_remembered_until_its_time_is_over() -> None:
    proved = verify(dpop_proof(WALLET, TOKEN_ENDPOINT, iat=NOW + 60, jti="j-7"))
    assert proved.used_once == f"{proved.jkt}\nj-7"
    with pytest.raises(DpopProofInvalid):
        verify(dpop_proof(WALLET, TOKEN_ENDPOINT, iat=NOW + 60, jti="j-7"), instant=proved.remembered_until)


def test_a_token_shown_beside_the_proof_is_named_in_it() -> None:
    shown = dpop_proof(WALLET, TOKEN_ENDPOINT, access_token="secret")
    assert verify(shown, access_token="secret", bound_to=WALLET.kid).jkt == WALLET.kid
    for proof in (dpop_proof(WALLET, TOKEN_ENDPOINT, access_token="other"), dpop_proof(WALLET, TOKEN_ENDPOINT)):
        with pytest.raises(DpopProofInvalid):
            verify(proof, access_token="secret")


def test_another_key_than_the_bound_one_is_refused() -> None:
    with pytest.raises(DpopProofInvalid):
        verify(dpop_proof(wallet_key(2), TOKEN_ENDPOINT), bound_to=WALLET.kid)


WRONG_PAYLOADS: dict[str, dict[str, Any]] = {
    "another method": {"htm": "GET"},
    "the method in small letters": {"htm": "post"},
    "no method": {"htm": None},
    "another endpoint": {"htu": "https://identity.example/claim-issuers/ci_1/credential"},
    "another claim issuer": {"htu": "https://identity.example/claim-issuers/ci_2/token"},
    "another host": {"htu": "https://evil.example/claim-issuers/ci_1/token"},
    "http": {"htu": TOKEN_ENDPOINT.replace("https", "http")},
    "another port": {"htu": TOKEN_ENDPOINT.replace("identity.example", "identity.example:444")},
    "an impossible port": {"htu": TOKEN_ENDPOINT.replace("identity.example", "identity.example:99999")},
    "user information": {"htu": TOKEN_ENDPOINT.replace("identity", "me@identity")},
    "a line break": {"htu": TOKEN_ENDPOINT.replace("token", "to\nken")},
    "no htu": {"htu": None},
    "htu that is a list": {"htu": [TOKEN_ENDPOINT]},
    "no iat": {"iat": None},
    "iat too old": {"iat": NOW - 301},
    "iat in the future": {"iat": NOW + 61},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a long jti": {"jti": "j" * 201},
    "a nonce that is a number": {"nonce": 1},
}


@pytest.mark.parametrize("fault", WRONG_PAYLOADS)
def test_a_proof_for_something_else_is_refused(fault: str) -> None:
    with pytest.raises(DpopProofInvalid):
        verify(dpop_proof(WALLET, TOKEN_ENDPOINT, **WRONG_PAYLOADS[fault]))


WRONG_HEADERS: dict[str, dict[str, Any]] = {
    "another typ": {"typ": "JWT"},
    "no typ": {"typ": None},
    "alg none": {"alg": "none"},
    "no key": {"jwk": None},
    "a kid alone": {"jwk": None, "kid": "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"},
    "x5c": {"x5c": ["MIIB"]},
    "a private key": {"jwk": {**WALLET.public_key.jwk(), "d": encode(bytes([1] * 32))}},
    "somebody else's key": {"jwk": wallet_key(2).public_key.jwk()},
}


@pytest.mark.parametrize("fault", WRONG_HEADERS)
def test_a_header_that_proves_no_key_is_refused(fault: str) -> None:
    with pytest.raises(DpopProofInvalid):
        verify(dpop_proof(WALLET, TOKEN_ENDPOINT, header=WRONG_HEADERS[fault]))


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", dpop_proof(WALLET, TOKEN_ENDPOINT) + "," + dpop_proof(WALLET, TOKEN_ENDPOINT)]
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(DpopProofInvalid):
        verify(text)


def test_the_key_of_a_chain_account_makes_no_dpop_proof() -> None:
    with pytest.raises(DpopProofInvalid):
        verify(dpop_proof(Secp256k1Signer(bytes([1] * 32)), TOKEN_ENDPOINT))


@pytest.mark.parametrize("nonce", [None, "made up"])
def test_without_a_nonce_of_ours_the_wallet_is_told_to_use_one(nonce: str | None) -> None:
    with pytest.raises(DpopNonceRequired) as refused:
        verify(dpop_proof(WALLET, TOKEN_ENDPOINT, nonce=nonce))
    assert refused.value.error == "use_dpop_nonce"


@pytest.mark.parametrize(
    "spelling",
    [
        "HTTPS://Identity.EXAMPLE/claim-issuers/ci_1/token",
        "https://identity.example:443/claim-issuers/ci_1/token",
        "https://identity.example/claim-issuers/ci%5F1/token?x=1#y",
        "https://identity.example/claim-issuers/ci_1/token?",
    ],
)
def test_an_address_is_compared_in_one_spelling(spelling: str) -> None:
    assert verify(dpop_proof(WALLET, spelling)).jkt == WALLET.kid


def test_escapes_that_mean_something_stay() -> None:
    assert normalised_url("http://[::1]:8080/a%2fb") == "http://[::1]:8080/a%2Fb"
    assert normalised_url("http://127.0.0.1:80") == "http://127.0.0.1/"


def test_a_thumbprint_is_a_sha256() -> None:
    assert checked_thumbprint(WALLET.kid) == WALLET.kid
    for text in ("", "x", WALLET.kid + "=", encode(bytes(31))):
        with pytest.raises(DpopProofInvalid):
            checked_thumbprint(text)
