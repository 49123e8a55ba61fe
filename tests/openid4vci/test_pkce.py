"""PKCE (RFC 7636): S256 alone, and the verifier's grammar."""

import pytest

from claim_issuers.encodings.base64url import encode
from identity_service.openid4vci.pkce import S256, checked_challenge, verify_code_verifier
from identity_service.openid4vci.protocol_errors import CodeChallengeInvalid, CodeVerifierInvalid

# RFC 7636, Appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_rfcs_own_example_holds() -> None:
    verify_code_verifier(VERIFIER, checked_challenge(CHALLENGE, S256))


@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512"])
def test_no_other_method_is_taken(method: str | None) -> None:
    with pytest.raises(CodeChallengeInvalid):
        checked_challenge(CHALLENGE, method)


@pytest.mark.parametrize("challenge", [None, "", CHALLENGE + "=", CHALLENGE[:-1], encode(bytes(31)), encode(bytes(33)), "é" * 43])
def test_a_challenge_is_one_sha256(challenge: str | None) -> None:
    with pytest.raises(CodeChallengeInvalid):
        checked_challenge(challenge, S256)


@pytest.mark.parametrize("verifier", [None, "", "a" * 42, "a" * 129, "a" * 43 + "+", "a" * 43 + "é", VERIFIER + "\n"])
def test_a_verifier_has_its_grammar(verifier: str | None) -> None:
    with pytest.raises(CodeVerifierInvalid):
        verify_code_verifier(verifier, CHALLENGE)


def test_another_verifier_is_refused_and_so_is_the_challenge_itself() -> None:
    for verifier in ("a" * 43, CHALLENGE):
        with pytest.raises(CodeVerifierInvalid):
            verify_code_verifier(verifier, CHALLENGE)
