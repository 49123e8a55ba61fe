"""Verifying eligibility attestations: every check reported, a failed one hides no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import addresses
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.claims.vocabulary import categories
from claim_issuers.clock import NaiveInstant
from claim_issuers.formats import eligibility
from claim_issuers.formats.eligibility import Attestation, Eligibility
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.secp256k1 import compact_signature, signature_encodings
from claim_issuers.keys.signers import Secp256k1Signer
from claim_issuers.verifiers.attestations import EligibilityDemand, verify_attestation
from claim_issuers.verifiers.checks import Outcome

START, END = 1_700_000_000, 1_700_003_600
INSTANT, SECOND = datetime.fromtimestamp(START + 60, UTC), timedelta(seconds=1)
KEY, STRANGER = Secp256k1Signer(bytes([0x11]) * 32), Secp256k1Signer(bytes([0x12]) * 32)
REGISTRY, TOKEN, HOLDER, OTHER = (Address(bytes([byte]) * 20) for byte in (0x33, 0x55, 0x66, 0x77))
BOTH = categories(["INVESTOR", "FAMILY_OFFICE"])
ANSWER = Eligibility(account=HOLDER, token=TOKEN, categories=BOTH, issued_at=START, valid_until=END, epoch=1)
DEMAND = EligibilityDemand(account=HOLDER, token=TOKEN, chain_id=1, verifying_contract=REGISTRY, categories=BOTH)
CODES = (
    "signature",
    "signer",
    "chain",
    "verifying_contract",
    "account",
    "token",
    "categories",
    "validity",
    "epoch",
    "record",
)


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def attested(answer=ANSWER, *, key=KEY, chain_id=1, verifying_contract=REGISTRY):
    domain = {"chain_id": chain_id, "verifying_contract": verifying_contract}
    return Attestation(eligibility=answer, **domain, signature=eligibility.sign(answer, **domain, signer=key))


def verified(attestation, demand=DEMAND, **changes):
    questions = {"signers": {KEY.address}, "epoch": 1, "stored_issued_at": 0, "instant": INSTANT}
    return verify_attestation(attestation, demand, **{**questions, **changes})


def failed(report):
    return {check.code: check.reason for check in report.checks if check.outcome is Outcome.FAILED}


def unchecked(report):
    return {check.code: check.reason for check in report.checks if check.outcome is Outcome.NOT_CHECKED}


def test_a_good_attestation_passes_every_check():
    report = verified(attested())
    assert report.ok
    assert tuple(check.code for check in report.checks) == CODES
    assert report.signer == KEY.address


def test_what_the_caller_does_not_know_is_not_checked_and_not_ok():
    report = verified(attested(), epoch=None, stored_issued_at=None)
    assert not report.ok
    assert failed(report) == {}
    assert unchecked(report) == {"epoch": "no_epoch_source", "record": "no_record_source"}


def test_all_that_is_wrong_is_said_at_once():
    answer = replace(ANSWER, account=OTHER, token=OTHER, categories=1)
    attestation = attested(answer, key=STRANGER, chain_id=2, verifying_contract=OTHER)
    report = verified(attestation, epoch=2, stored_issued_at=START + 1, instant=at(END))
    assert failed(report) == {
        "signer": "signed_by_another_key",
        "chain": "other_chain",
        "verifying_contract": "other_verifying_contract",
        "account": "other_account",
        "token": "other_token",
        "categories": "category_missing",
        "validity": "attestation_expired",
        "epoch": "epoch_not_current",
        "record": "older_than_stored_record",
    }
    assert report.signer == STRANGER.address


@pytest.mark.parametrize("change", [{"chain_id": 2}, {"verifying_contract": OTHER}])
def test_an_attestation_relabelled_for_another_domain_has_another_signer(change):
    relabelled = replace(attested(), **change)
    report = verified(relabelled, replace(DEMAND, **change))
    assert failed(report) == {"signer": "signed_by_another_key"}


@pytest.mark.parametrize(
    "change",
    [{"account": OTHER}, {"token": OTHER}, {"categories": 31}, {"issued_at": START + 1}, {"valid_until": END + 1}, {"epoch": 2}],
)
def test_no_member_can_be_changed_after_signing(change):
    altered = replace(attested(), eligibility=replace(ANSWER, **change))
    assert failed(verified(altered))["signer"] == "signed_by_another_key"


def test_the_other_encodings_of_a_good_signature_are_refused():
    good = attested()
    for encoding in (*signature_encodings(good.signature)[1:], compact_signature(good.signature), b""):
        report = verified(replace(good, signature=encoding))
        assert failed(report) == {"signature": "non_canonical_signature"}
        assert unchecked(report) == {"signer": "signature_not_read"}
        assert report.signer is None


@pytest.mark.parametrize(
    ("held", "demanded", "reason"),
    [
        (BOTH, 0, None),
        (BOTH, 1, None),
        (BOTH, 2, None),
        (BOTH, BOTH, None),
        (1, BOTH, "category_missing"),
        (BOTH, 4, "category_missing"),
        (2**128 - 1, 2**128 - 1, None),
        (0, 0, "not_eligible"),
        (0, 1, "not_eligible"),
    ],
)
def test_an_answer_has_some_category_and_all_that_are_demanded(held, demanded, reason):
    report = verified(attested(replace(ANSWER, categories=held)), replace(DEMAND, categories=demanded))
    assert report.check("categories").reason == reason


@pytest.mark.parametrize(
    ("instant", "leeway", "reason"),
    [
        (at(START), timedelta(), None),
        (at(START) - SECOND, timedelta(), "attestation_not_yet_valid"),
        (at(START) - SECOND, SECOND, None),
        (at(END) - timedelta(microseconds=1), timedelta(), None),
        (at(END), timedelta(), "attestation_expired"),
        (at(END), SECOND, None),
        (at(END) + SECOND, SECOND, "attestation_expired"),
    ],
)
def test_an_attestation_holds_from_its_issue_to_before_its_end_with_leeway_both_ways(instant, leeway, reason):
    assert verified(attested(), instant=instant, leeway=leeway).check("validity").reason == reason


def test_times_beyond_the_last_year_of_a_datetime_are_compared_all_the_same():
    far = attested(replace(ANSWER, valid_until=2**64 - 1))
    assert verified(far).ok
    never = attested(replace(ANSWER, issued_at=2**64 - 1, valid_until=2**64 - 1))
    assert failed(verified(never)) == {"validity": "attestation_not_yet_valid"}


@pytest.mark.parametrize(
    ("stored", "reason"),
    [(0, None), (START - 1, None), (START, None), (START + 1, "older_than_stored_record"), (2**64 - 1, "older_than_stored_record")],
)
def test_a_proof_older_than_the_stored_record_is_refused(stored, reason):
    assert verified(attested(), stored_issued_at=stored).check("record").reason == reason


@pytest.mark.parametrize("epoch", [0, 2, 2**64 - 1])
def test_an_attestation_of_another_epoch_is_refused(epoch):
    assert failed(verified(attested(), epoch=epoch)) == {"epoch": "epoch_not_current"}


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(NaiveInstant):
        verified(attested(), instant=datetime(2026, 1, 1))


@given(addresses, st.integers(0, 2**256 - 1), st.one_of(st.binary(max_size=80), st.binary(min_size=65, max_size=65)))
def test_no_attestation_whatever_raises_or_passes(registry, chain_id, signature):
    attestation = Attestation(eligibility=ANSWER, chain_id=chain_id, verifying_contract=registry, signature=signature)
    report = verified(attestation)
    assert not report.ok
    assert tuple(check.code for check in report.checks) == CODES


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": -1},
        {"chain_id": 2**256},
        {"chain_id": "1"},
        {"verifying_contract": None},
        {"signature": None},
        {"signature": "0x00"},
    ],
)
def test_an_attestation_of_other_parts_does_not_construct(change):
    with pytest.raises(ValueOutOfRange):
        replace(attested(), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"account": "0x" + "66" * 20},
        {"token": None},
        {"chain_id": None},
        {"categories": 2**128},
        {"categories": -1},
        {"verifying_contract": b""},
    ],
)
def test_a_demand_that_nothing_could_meet_does_not_construct(change):
    with pytest.raises(ValueOutOfRange):
        replace(DEMAND, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"account": None},
        {"token": "0x" + "55" * 20},
        {"categories": True},
        {"issued_at": "1"},
        {"valid_until": None},
        {"epoch": 1.0},
    ],
)
def test_an_eligibility_of_other_types_does_not_construct(change):
    with pytest.raises(ValueOutOfRange):
        replace(ANSWER, **change)
