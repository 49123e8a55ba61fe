"""Presentations of a ``dc+sd-jwt``: bound to one verifier, one nonce, one moment, and judged in every respect at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from accrediting import under
from builders import ACCOUNT, ISSUER, ISSUER_SIGNER, NOW, a_claim
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Account, Ed25519Signer, P256Signer, Secp256k1Signer, Status
from claim_issuers.clock import NaiveInstant, unix_seconds
from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.errors import Unavailable
from claim_issuers.formats import jose
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.sd_jwt_vc import SdJwtVc
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.curves import P256_ORDER
from claim_issuers.verifiers.checks import Check, Outcome
from claim_issuers.verifiers.presentations import (
    BINDING_CHECKS,
    BearerAccepted,
    InvalidKeyBindingDemand,
    KeyBindingDemand,
    PresentationVerification,
    verify_sd_jwt_vc,
)

TYPES = CredentialTypes("https://issuer.example/credential-types")
VERIFIER = "https://verifier.example"
DEMAND = KeyBindingDemand(VERIFIER, nonce="n-0S6_WzA2Mj", max_age=timedelta(minutes=5))
HOLDER = Ed25519Signer(bytes([3]) * 32)
ADA = {"classification": "professional", "country": "GB", "name": "Ada Lovelace", "birthdate": "1815-12-10"}
SECOND, YEAR = timedelta(seconds=1), timedelta(days=365)


def credential(holder=HOLDER, **changes) -> SdJwt:
    claim = a_claim(attributes=ADA, holder_jwk=None if holder is None else holder.public_key.jwk(), **changes)
    return SdJwt.parse(SdJwtVc(TYPES, bytes(32)).encode(claim, ISSUER_SIGNER))


def presentation(names=("country",), holder=HOLDER, signer=None, **changes) -> SdJwt:
    said = {"audience": VERIFIER, "nonce": DEMAND.nonce, "issued_at": NOW, **changes}
    return bind(credential(holder).disclosing(names), signer=signer or holder, **said)


def keys(issuer: str, kid: str):
    return {(ISSUER, ISSUER_SIGNER.kid): ISSUER_SIGNER.public_key}[issuer, kid]


def verified(shown: SdJwt | str, **changes) -> PresentationVerification:
    settings = {
        "keys": keys,
        "types": TYPES,
        "instant": NOW,
        "binding": DEMAND,
        "status": lambda uri, index: Status.VALID,
        "accreditation": under(root=ISSUER),
        "account": ACCOUNT,
    }
    return verify_sd_jwt_vc(str(shown), **{**settings, **changes})


def faults(report: PresentationVerification) -> dict[str, str | None]:
    return {check.code: check.reason for check in report.checks if check.outcome is not Outcome.PASSED}


@pytest.mark.parametrize("holder", [HOLDER, P256Signer(bytes([3]) * 32), Secp256k1Signer(bytes([3]) * 32)])
def test_a_good_presentation_passes_every_check(holder):
    report = verified(presentation(holder=holder))
    assert report.ok
    assert report.credential.disclosed == {"country": "GB"}
    assert len({check.code for check in report.checks}) == len(report.checks) == 21


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (presentation(audience="https://other.example"), {"audience": "other_audience"}),
        (presentation(nonce="another"), {"nonce": "other_nonce"}),
        (presentation(issued_at=NOW + SECOND), {"key_binding_time": "token_not_yet_valid"}),
        (presentation(issued_at=NOW - timedelta(seconds=301)), {"key_binding_time": "token_expired"}),
        (presentation(signer=Ed25519Signer(bytes([4]) * 32)), {"key_binding_signature": "bad_signature"}),
        (presentation(signer=P256Signer(bytes([4]) * 32)), {"key_binding_signature": "algorithm_not_allowed"}),
        (replace(presentation(), disclosures=()), {"sd_hash": "other_disclosures_bound"}),
        (replace(presentation(), disclosures=credential().disclosures), {"sd_hash": "other_disclosures_bound"}),
    ],
)
def test_one_fault_of_the_holder_is_named_and_is_enough(shown, expected):
    report = verified(shown)
    assert not report.ok
    assert faults(report) == expected


def key_binding_token(typ="kb+jwt", **changes) -> SdJwt:
    shown = credential().disclosing(["country"])
    payload = {"iat": unix_seconds(NOW), "aud": VERIFIER, "nonce": DEMAND.nonce, "sd_hash": shown.sd_hash, **changes}
    return replace(shown, key_binding=jose.sign_compact(typ, payload, HOLDER))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (key_binding_token(typ="JWT"), {"key_binding_typ": "wrong_token_type"}),
        (key_binding_token(iat="now"), {"key_binding_time": "malformed_token"}),
        (key_binding_token(iat=True), {"key_binding_time": "malformed_token"}),
        (key_binding_token(aud=[VERIFIER]), {"audience": "other_audience"}),
        (key_binding_token(nonce=None), {"nonce": "other_nonce"}),
        (key_binding_token(sd_hash=5), {"sd_hash": "other_disclosures_bound"}),
    ],
)
def test_a_key_binding_of_another_form_is_refused(shown, expected):
    assert faults(verified(shown)) == expected


def test_leeway_moves_both_ends_of_the_key_binding():
    for age in (timedelta(seconds=-60), timedelta(seconds=360)):
        assert verified(presentation(issued_at=NOW - age), leeway=timedelta(minutes=1)).ok
        beyond = age + (SECOND if age > timedelta() else -SECOND)
        assert not verified(presentation(issued_at=NOW - beyond), leeway=timedelta(minutes=1)).ok


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"instant": NOW + YEAR},
            {"validity": "claim_expired", "key_binding_time": "token_expired", "accreditation": "decision_about_another_case"},
        ),
        ({"status": lambda uri, index: Status.INVALID}, {"status": "claim_revoked"}),
        ({"status": lambda uri, index: Status.SUSPENDED}, {"status": "claim_suspended"}),
        ({"status": None}, {"status": "no_status_source"}),
        ({"accreditation": under()}, {"accreditation": "not_accredited"}),
        ({"account": Account.parse("eip155:1:" + "0x" + "66" * 20)}, {"account": "other_account"}),
        ({"types": CredentialTypes("https://other.example/types")}, dict.fromkeys(["credential"], "malformed_credential")),
    ],
)
def test_what_the_claim_lacks_is_named(changes, expected):
    report = verified(presentation(), **changes)
    assert not report.ok
    assert expected.items() <= faults(report).items()


def test_many_faults_are_all_reported():
    shown = presentation(audience="x", nonce="y", issued_at=NOW + SECOND, signer=Ed25519Signer(bytes([4]) * 32))
    forged = replace(shown, issuer_jwt=shown.issuer_jwt[:-8] + "AAAAAAA" + shown.issuer_jwt[-1])
    assert {"signature", "key_binding_signature", "audience", "nonce", "key_binding_time", "sd_hash"} <= faults(
        verified(forged)
    ).keys()
    assert verified(forged).credential is None


def test_without_a_proof_or_without_a_holder_key_nothing_is_bound():
    assert verified(credential()).check("key_binding") == Check("key_binding", Outcome.FAILED, "key_binding_missing")
    keyless = bind(credential(holder=None), audience=VERIFIER, nonce=DEMAND.nonce, issued_at=NOW, signer=HOLDER)
    assert verified(keyless).check("key_binding") == Check("key_binding", Outcome.FAILED, "holder_key_missing")
    garbled = replace(presentation(), key_binding="x")
    assert verified(garbled).check("key_binding") == Check("key_binding", Outcome.FAILED, "malformed_token")


def test_no_demand_is_not_ok_and_a_bearer_is_accepted_only_by_saying_so():
    undemanded = verified(presentation(), binding=None)
    assert not undemanded.ok
    assert {undemanded.check(code).outcome for code in BINDING_CHECKS} == {Outcome.NOT_CHECKED}
    bearer = verified(credential(), binding=BearerAccepted())
    assert bearer.ok
    assert not {check.code for check in bearer.checks} & set(BINDING_CHECKS)


def high_s(shown: SdJwt) -> SdJwt:
    signing_input, _, signature = shown.key_binding.rpartition(".")
    raw = decode(signature)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    return replace(shown, key_binding=f"{signing_input}.{encode(twin)}")


def test_a_high_s_proof_is_refused_unless_the_verifier_uses_up_the_nonce_and_says_so():
    shown = high_s(presentation(holder=P256Signer(bytes([3]) * 32)))
    assert faults(verified(shown)) == {"key_binding_signature": "non_canonical_signature"}
    assert verified(shown, binding=replace(DEMAND, accept_high_s=True)).ok


def test_a_high_s_signature_of_the_issuer_is_refused_whatever_the_verifier_says_of_the_holder():
    issuer = P256Signer(bytes([7]) * 32)
    claim = a_claim(attributes=ADA, holder_jwk=HOLDER.public_key.jwk())
    shown = SdJwt.parse(SdJwtVc(TYPES, bytes(32)).encode(claim, issuer))
    twin = replace(shown, issuer_jwt=high_s(replace(shown, key_binding=shown.issuer_jwt)).key_binding)
    bound = bind(twin, audience=VERIFIER, nonce=DEMAND.nonce, issued_at=NOW, signer=HOLDER)
    report = verified(bound, keys=lambda *_: issuer.public_key, binding=replace(DEMAND, accept_high_s=True))
    assert report.check("signature") == Check("signature", Outcome.FAILED, "non_canonical_signature")


def test_the_caller_s_algorithms_hold_for_both_signatures():
    assert faults(verified(presentation(holder=P256Signer(bytes([3]) * 32)), algorithms=["EdDSA"])) == {
        "key_binding_algorithm": "algorithm_not_allowed"
    }


class KeysUnreachable(Unavailable):
    """The issuer's keys cannot be had."""

    code = "keys_unreachable"


def test_keys_that_cannot_be_had_are_no_forgery():
    def unreachable(issuer, kid):
        raise KeysUnreachable

    report = verified(presentation(), keys=unreachable)
    assert report.check("key") == Check("key", Outcome.NOT_CHECKED, "keys_unreachable")
    assert report.credential is None


@pytest.mark.parametrize(
    ("audience", "nonce", "max_age"), [("", "n", SECOND), ("a", "", SECOND), ("a", "n", timedelta()), ("a", "n", -SECOND)]
)
def test_a_demand_without_audience_nonce_or_age_does_not_construct(audience, nonce, max_age):
    with pytest.raises(InvalidKeyBindingDemand):
        KeyBindingDemand(audience, nonce, max_age)


def test_a_naive_instant_decides_nothing():
    with pytest.raises(NaiveInstant):
        verified(presentation(), instant=NOW.replace(tzinfo=None))


GOOD = str(presentation())


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_no_changed_character_is_accepted(place, character):
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert changed == GOOD or not verified(changed).ok


@given(st.text(max_size=100))
def test_no_text_raises(text):
    assert not verified(text).ok
