"""Verification of credentials: every check is reported, and only a full set of passes is ok."""

from datetime import timedelta

import pytest
from accrediting import under
from builders import ACCOUNT, ISSUER, ISSUER_SIGNER, NOW, ROOT, STATUS_LIST, a_claim
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Account, Ed25519Signer, Root, Status, StatusArray, Verification, decide_path, verify_vc_jwt
from claim_issuers.errors import NotFound, Unavailable
from claim_issuers.formats import jose, vc_jwt
from claim_issuers.verifiers.checks import Check, Outcome, Report

OTHER_ACCOUNT = Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
TOKEN = vc_jwt.encode(a_claim(), ISSUER_SIGNER)
TOKEN_CODES = ["form", "typ", "algorithm", "header", "key", "signature", "credential"]
CODES = [*TOKEN_CODES, "validity", "status", "accreditation", "account"]


class ListNotReachable(Unavailable):
    """The status list's server does not answer."""

    code = "list_not_reachable"


class ListNotFound(NotFound):
    """There is no such status list."""

    code = "list_not_found"


class Publisher:
    """A status list that a test can change."""

    def __init__(self, value: int = Status.VALID) -> None:
        self.array = StatusArray(16)
        self.array.set(7, value)

    def __call__(self, uri: str, index: int) -> int:
        if uri != STATUS_LIST:
            raise ListNotFound
        return self.array.get(index)


def unreachable(*_: object) -> int:
    raise ListNotReachable


def keys(issuer: str, kid: str):
    return {(ISSUER, ISSUER_SIGNER.kid): ISSUER_SIGNER.public_key}[issuer, kid]


def verification(token: str = TOKEN, **changes: object) -> Verification:
    settings = {
        "keys": keys,
        "instant": NOW,
        "status": Publisher(),
        "accreditation": under(root=ISSUER),
        "account": ACCOUNT,
    }
    return verify_vc_jwt(token, **{**settings, **changes})


def test_a_good_credential_passes_every_check():
    result = verification()
    assert result.ok
    assert result.claim == a_claim()
    assert [check.code for check in result.checks] == CODES
    assert {check.outcome for check in result.checks} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("change", "code", "outcome", "reason"),
    [
        ({"instant": NOW + timedelta(days=365)}, "validity", "failed", "claim_expired"),
        ({"instant": NOW - timedelta(seconds=1)}, "validity", "failed", "claim_not_yet_valid"),
        ({"status": Publisher(Status.INVALID)}, "status", "failed", "claim_revoked"),
        ({"status": Publisher(Status.SUSPENDED)}, "status", "failed", "claim_suspended"),
        ({"status": Publisher(3)}, "status", "failed", "claim_status_unknown"),
        ({"status": lambda uri, index: False}, "status", "failed", "claim_status_unknown"),
        ({"status": lambda uri, index: None}, "status", "failed", "claim_status_unknown"),
        ({"status": unreachable}, "status", "not_checked", "list_not_reachable"),
        ({"status": None}, "status", "not_checked", "no_status_source"),
        ({"accreditation": None}, "accreditation", "not_checked", "no_accreditation_source"),
        (
            {"accreditation": under()},
            "accreditation",
            "failed",
            "not_accredited",
        ),
        (
            {"accreditation": lambda issuer, topic, place: under()(ROOT, topic, place)},
            "accreditation",
            "not_checked",
            "decision_about_another_case",
        ),
        (
            {"accreditation": lambda issuer, topic, place: decide_path(issuer, topic, [Root(ISSUER)], [], NOW)},
            "accreditation",
            "not_checked",
            "decision_about_another_case",
        ),
        ({"accreditation": unreachable}, "accreditation", "not_checked", "list_not_reachable"),
        ({"account": None}, "account", "not_checked", "no_account_given"),
        (
            {"account": OTHER_ACCOUNT},
            "account",
            "failed",
            "other_account",
        ),
    ],
)
def test_one_fault_is_named_and_is_enough(change, code, outcome, reason):
    result = verification(**change)
    assert not result.ok
    assert result.check(code) == Check(code, Outcome(outcome), reason)
    others = {check.outcome for check in result.checks if check.code not in (code, "accreditation")}
    assert others == {Outcome.PASSED}


def test_a_status_list_that_does_not_exist_fails_the_status():
    elsewhere = vc_jwt.encode(a_claim(status_list_uri=STATUS_LIST + "0"), ISSUER_SIGNER)
    assert verification(elsewhere).check("status") == Check("status", Outcome.FAILED, "list_not_found")


def test_leeway_moves_both_ends_of_the_validity():
    minute = timedelta(minutes=1)
    for instant in (NOW - minute, NOW + timedelta(days=365) + timedelta(seconds=59)):
        assert verification(instant=instant, leeway=minute).check("validity").outcome is Outcome.PASSED
    for instant in (NOW - minute - timedelta(seconds=1), NOW + timedelta(days=365) + minute):
        assert verification(instant=instant, leeway=minute).check("validity").outcome is Outcome.FAILED


def test_a_forgery_fails_the_signature_and_nobody_is_asked_about_it():
    asked = []
    forged = vc_jwt.encode(a_claim(), Ed25519Signer(bytes(32), kid=ISSUER_SIGNER.kid))
    result = verification(forged, status=lambda uri, index: asked.append(uri), accreditation=lambda *about: asked.append(about))
    assert result.check("signature") == Check("signature", Outcome.FAILED, "bad_signature")
    assert result.claim is None
    for code in ("status", "accreditation"):
        assert result.check(code) == Check(code, Outcome.NOT_CHECKED, "signature_not_verified")
    assert asked == []


def test_every_fault_is_reported_and_not_the_first_only():
    stranger = Ed25519Signer(bytes(32), kid=ISSUER_SIGNER.kid)
    token = jose.sign_compact("JWT", vc_jwt.credential_of(a_claim()), stranger, {"jwk": stranger.public_jwk()})
    result = verification(token, algorithms=["ES256"], instant=NOW + timedelta(days=365), account=OTHER_ACCOUNT)
    failed = {check.code: check.reason for check in result.checks if check.outcome is Outcome.FAILED}
    assert failed == {
        "typ": "wrong_token_type",
        "algorithm": "algorithm_not_allowed",
        "header": "key_in_token",
        "signature": "bad_signature",
        "validity": "claim_expired",
        "account": "other_account",
    }


def test_an_algorithm_that_the_caller_did_not_choose_fails_even_with_a_good_signature():
    result = verification(algorithms=["ES256"])
    assert result.reasons == ("algorithm_not_allowed", "signature_not_verified", "signature_not_verified")
    assert result.claim is None


def test_a_well_signed_payload_that_is_no_credential_fails_the_credential_alone():
    token = jose.sign_compact("vc+jwt", {**vc_jwt.credential_of(a_claim()), "extra": 1}, ISSUER_SIGNER)
    result = verification(token)
    assert result.check("credential") == Check("credential", Outcome.FAILED, "malformed_credential")
    assert result.check("signature").outcome is Outcome.PASSED
    assert {result.check(code).reason for code in CODES[7:]} == {"claim_not_read"}


def test_an_unknown_key_leaves_the_signature_unchecked():
    result = verification(keys=lambda issuer, kid: {}[kid])
    assert result.check("key") == Check("key", Outcome.FAILED, "unknown_key")
    assert result.check("signature") == Check("signature", Outcome.NOT_CHECKED, "signature_not_checked")


def test_a_key_source_that_does_not_answer_is_no_forgery():
    result = verification(keys=lambda issuer, kid: unreachable(issuer, 0))
    assert result.check("key") == Check("key", Outcome.NOT_CHECKED, "list_not_reachable")
    assert not result.ok


def test_a_revocation_is_seen_at_the_next_question():
    publisher = Publisher()
    assert verification(status=publisher).ok
    publisher.array.set(7, Status.INVALID)
    assert not verification(status=publisher).ok


def test_a_report_without_checks_is_not_ok():
    assert not Report(checks=()).ok


def test_a_check_that_was_not_made_has_no_answer():
    with pytest.raises(KeyError):
        verification().check("holder_binding")


@given(st.text(max_size=100) | st.integers(0, len(TOKEN)).map(lambda cut: TOKEN[:cut] + "x" + TOKEN[cut:]))
def test_no_token_raises_and_no_changed_one_is_ok(token):
    assert not verification(token).ok
