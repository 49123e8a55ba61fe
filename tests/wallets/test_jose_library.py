"""jose, the library of most JavaScript verifiers: it verifies our credentials and status lists, and we verify what it signs."""

from typing import Any

import pytest

from claim_issuers import Verification, verify_vc_jwt
from claim_issuers.encodings.base64url import decode
from claim_issuers.formats import jose, vc_jwt
from claim_issuers.keys.curves import P256_ORDER, is_low_s
from claim_issuers.keys.jwk import public_key_from_jwk, thumbprint
from claim_issuers.status.bitstring import StatusPurpose
from tests.claim_issuers.builders import ACCOUNT, ISSUER, NOW, VALID, a_claim
from tests.wallets.issuing import (
    HOLDER_SECRET,
    HOLDERS,
    INDEXES,
    ISSUER_SECRET,
    ISSUERS,
    NOW_SECONDS,
    OTHER_SECRET,
    PUBLISHER,
    accredited,
    bitstring_list,
    issuer_keys,
    status_of,
    token_list,
)
from tests.wallets.libraries import CURVES, LibraryRefused, private_jwk

# jose left secp256k1 out in version 6; the third algorithm is judged by viem in test_sd_jwt_library.py
JOSE_CURVES = ["Ed25519", "P-256"]


def verify(token: str) -> Verification:
    return verify_vc_jwt(token, keys=issuer_keys(), instant=NOW, status=status_of, accreditation=accredited, account=ACCOUNT)


def signed_by_jose(libraries: Any, payload: dict, curve: str, *, low_s: bool = True, **header: str) -> str:
    """A token of jose's; WebCrypto chooses between low and high s by chance, so ask until it is the one wanted."""
    signer = ISSUERS[curve]
    headers = {"alg": signer.alg, "typ": "vc+jwt", "kid": signer.kid, **header}
    for _ in range(200):
        token = libraries.ask("jose_sign", payload=payload, header=headers, jwk=private_jwk(curve, ISSUER_SECRET))
        signature = decode(token.rsplit(".", 1)[1])
        if curve == "Ed25519" or is_low_s(int.from_bytes(signature[32:], "big"), P256_ORDER) is low_s:
            return token
    pytest.fail("two hundred signatures and none of the wanted kind")


@pytest.mark.parametrize("curve", JOSE_CURVES)
@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_jose_verifies_our_credential(libraries, curve, kind, attributes):
    claim = a_claim(kind=kind, attributes=attributes)
    token = vc_jwt.encode(claim, ISSUERS[curve])
    read = libraries.ask("jose_verify", token=token, jwk=ISSUERS[curve].public_jwk(), typ="vc+jwt", now=NOW_SECONDS)
    assert read["payload"] == vc_jwt.credential_of(claim)
    assert read["header"] == {"alg": ISSUERS[curve].alg, "kid": ISSUERS[curve].kid, "typ": "vc+jwt", "cty": "vc"}


@pytest.mark.parametrize("curve", CURVES)
def test_the_signature_of_our_credential_verifies_on_every_curve_and_under_no_other_key(libraries, curve):
    token = vc_jwt.encode(a_claim(), ISSUERS[curve])
    assert libraries.ask("verify_signature", token=token, jwk=ISSUERS[curve].public_jwk())
    assert not libraries.ask("verify_signature", token=token, jwk=CURVES[curve](OTHER_SECRET).public_jwk())
    assert not libraries.ask("verify_signature", token=token, jwk=HOLDERS["Ed25519"].public_jwk())


def test_jose_refuses_our_credential_once_it_has_expired_and_under_another_type(libraries):
    token = vc_jwt.encode(a_claim(), ISSUERS["Ed25519"])
    jwk = ISSUERS["Ed25519"].public_jwk()
    with pytest.raises(LibraryRefused, match="exp"):
        libraries.ask("jose_verify", token=token, jwk=jwk, typ="vc+jwt", now=NOW_SECONDS + 366 * 86400)
    with pytest.raises(LibraryRefused, match="typ"):
        libraries.ask("jose_verify", token=token, jwk=jwk, typ="JWT", now=NOW_SECONDS)


@pytest.mark.parametrize("curve", JOSE_CURVES)
@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_we_verify_a_credential_of_our_shape_that_jose_signed(libraries, curve, kind, attributes):
    claim = a_claim(kind=kind, attributes=attributes)
    verification = verify(signed_by_jose(libraries, vc_jwt.credential_of(claim), curve))
    assert (verification.ok, verification.reasons, verification.claim) == (True, (), claim)


def test_a_credential_that_jose_signed_with_a_high_s_is_refused(libraries):
    token = signed_by_jose(libraries, vc_jwt.credential_of(a_claim()), "P-256", low_s=False)
    verification = verify(token)
    assert not verification.ok
    assert "non_canonical_signature" in verification.reasons
    assert libraries.ask("verify_signature", token=token, jwk=ISSUERS["P-256"].public_jwk())


def test_a_credential_that_jose_signed_under_another_type_is_refused(libraries):
    verification = verify(signed_by_jose(libraries, vc_jwt.credential_of(a_claim()), "Ed25519", typ="JWT"))
    assert not verification.ok
    assert "wrong_token_type" in verification.reasons


@pytest.mark.parametrize("curve", CURVES)
def test_jose_names_every_key_as_we_do(libraries, curve):
    for byte in range(1, 20):
        jwk = CURVES[curve](bytes([byte]) * 32).public_jwk()
        assert libraries.ask("jose_thumbprint", jwk=jwk) == thumbprint(jwk) == jwk["kid"]
        assert thumbprint(public_key_from_jwk(jwk).jwk()) == jwk["kid"]


def test_jose_verifies_our_token_status_list_and_zlib_reads_it(libraries):
    read = libraries.ask("jose_verify", token=token_list(), jwk=PUBLISHER.public_jwk(), typ="statuslist+jwt", now=NOW_SECONDS)
    listed = read["payload"]["status_list"]
    assert listed["bits"] == 2
    assert libraries.ask("token_status", lst=listed["lst"], bits=listed["bits"], indexes=INDEXES) == [0, 1, 2]


@pytest.mark.parametrize(("purpose", "bits"), [("revocation", [0, 1, 0]), ("suspension", [0, 0, 1])])
def test_jose_verifies_our_bitstring_status_list_and_gzip_reads_it(libraries, purpose, bits):
    token = bitstring_list(StatusPurpose(purpose))
    read = libraries.ask("jose_verify", token=token, jwk=PUBLISHER.public_jwk(), typ="vc+jwt", now=NOW_SECONDS)
    assert read["payload"]["issuer"] == ISSUER
    subject = read["payload"]["credentialSubject"]
    assert subject["statusPurpose"] == purpose
    assert libraries.ask("bitstring_status", encodedList=subject["encodedList"], indexes=INDEXES) == bits


@pytest.mark.parametrize("curve", CURVES)
def test_we_verify_the_signature_of_a_token_that_a_library_signed_on_every_curve(libraries, curve):
    jwk, signer = private_jwk(curve, HOLDER_SECRET), HOLDERS[curve]
    header = {"alg": signer.alg, "typ": "demo+jwt", "kid": signer.kid}
    token = libraries.ask("sign_jwt", payload={"exp": NOW_SECONDS}, header=header, jwk=jwk)
    keys = {signer.kid: signer.public_key}
    read = jose.verify_compact(token, keys=keys.__getitem__, algorithms=[signer.alg], typ="demo+jwt", accept_high_s=True)
    assert read.payload == {"exp": NOW_SECONDS}
