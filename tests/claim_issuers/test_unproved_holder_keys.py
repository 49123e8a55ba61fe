"""Holder keys that no issuer should have signed: no point of the curve, of small order, or none at all."""

from datetime import timedelta
from typing import Any

import nacl.exceptions
import pytest
from builders import ACCOUNT, ISSUER_SIGNER, NOW, a_claim
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add

from claim_issuers import Ed25519Signer, Status
from claim_issuers.encodings.base64url import encode
from claim_issuers.formats import jose, sd_jwt_vc
from claim_issuers.formats.credential import MalformedCredential
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.curves import BadSignature
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, verifying_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey, InvalidPublicKey
from claim_issuers.verifiers.presentations import BearerAccepted, KeyBindingDemand, PresentationVerification, verify_sd_jwt_vc

TYPES = CredentialTypes("https://issuer.example/credential-types")
DEMAND = KeyBindingDemand("https://verifier.example", nonce="n-1", max_age=timedelta(minutes=5))
HOLDER = Ed25519Signer(bytes([3]) * 32)
# (y² - 1) / (d·y² + 1) is no square for y = 2
OFF_CURVE = (2).to_bytes(32, "little")
# RFC 8032 §5.1: y = 1 is the neutral element, under which everybody can sign
SMALL_ORDER = (1).to_bytes(32, "little")
# R of small order and S = 0: what verifies under keys of small order where nobody looks
FORGED = SMALL_ORDER + bytes(32)


def jwk_of(value: bytes) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": encode(value)}


def presentation(cnf: Any) -> SdJwt:
    """What an issuer signed that looks at no key, bound by somebody's signature."""
    payload = {**sd_jwt_vc.always_shown(a_claim(), TYPES), "cnf": cnf}
    issued = SdJwt(jose.sign_plain(sd_jwt_vc.TYP, payload, ISSUER_SIGNER), ())
    return bind(issued, audience=DEMAND.audience, nonce=DEMAND.nonce, issued_at=NOW, signer=HOLDER)


def verified(shown: SdJwt, *, binding: KeyBindingDemand | BearerAccepted | None = DEMAND) -> PresentationVerification:
    return verify_sd_jwt_vc(
        str(shown),
        keys=lambda issuer, kid: ISSUER_SIGNER.public_key,
        types=TYPES,
        instant=NOW,
        binding=binding,
        status=lambda uri, index: Status.VALID,
        account=ACCOUNT,
    )


def is_point(value: bytes) -> bool:
    try:
        crypto_core_ed25519_add(value, value)
    except nacl.exceptions.RuntimeError:
        return False
    return True


def test_a_presentation_with_a_holder_key_off_the_curve_fails_by_its_key_binding_signature():
    assert not is_point(OFF_CURVE)
    report = verified(presentation({"jwk": jwk_of(OFF_CURVE)}))
    assert report.check("key_binding_signature").reason == BadSignature.code
    assert not report.ok


def test_nothing_forged_verifies_for_a_holder_key_off_the_curve():
    shown = presentation({"jwk": jwk_of(OFF_CURVE)})
    signed, _, _ = (shown.key_binding or "").rpartition(".")
    report = verified(SdJwt(shown.issuer_jwt, (), f"{signed}.{encode(FORGED)}"))
    assert report.check("key_binding_signature").reason == BadSignature.code


@pytest.mark.parametrize("binding", [BearerAccepted(), None])
def test_where_no_key_binding_proves_the_holder_key_it_must_be_a_point_of_the_curve(binding):
    report = verified(presentation({"jwk": jwk_of(OFF_CURVE)}), binding=binding)
    assert report.check("credential").reason == MalformedCredential.code
    assert verified(presentation({"jwk": HOLDER.public_key.jwk()}), binding=binding).check("credential").reason is None


def test_a_credential_that_is_read_names_a_point_of_the_curve():
    with pytest.raises(MalformedCredential):
        sd_jwt_vc.read(presentation({"jwk": jwk_of(OFF_CURVE)}), keys=lambda issuer, kid: ISSUER_SIGNER.public_key, types=TYPES)


@pytest.mark.parametrize("binding", [DEMAND, BearerAccepted(), None])
@pytest.mark.parametrize("cnf", [{"jwk": jwk_of(SMALL_ORDER)}, {"jwk": jwk_of(bytes(31))}, {"jwk": None}, None])
def test_a_holder_key_of_small_order_or_another_length_or_none_is_no_credential_of_ours(cnf, binding):
    report = verified(presentation(cnf), binding=binding)
    assert report.check("credential").reason == MalformedCredential.code
    assert not report.ok


def test_a_claim_is_never_made_with_a_key_off_the_curve():
    with pytest.raises(MalformedJwk):
        a_claim(holder_jwk=jwk_of(OFF_CURVE))


@given(st.binary(min_size=32, max_size=32).filter(lambda value: value[31] & 0x7F not in (0, 0x7F)))
def test_a_key_that_is_not_proved_is_the_same_key_and_verifies_nothing_off_the_curve(value):
    key = verifying_key_from_jwk(jwk_of(value))
    if is_point(value):
        assert key == public_key_from_jwk(jwk_of(value))
    for signature in (FORGED, HOLDER.sign(b"message")):
        with pytest.raises(BadSignature):
            key.verify(b"message", signature)


@pytest.mark.parametrize("value", [SMALL_ORDER, bytes(32), bytes(31), (2**255 - 18).to_bytes(32, "little")])
def test_a_key_that_is_not_proved_is_still_no_key_of_small_order(value):
    with pytest.raises(InvalidPublicKey):
        Ed25519PublicKey.not_proved(value)
