"""Verifying claims on chain, the same in each form: every check reported, a failed one hides no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import INVESTOR_TOPIC, addresses, topics
from hypothesis import given
from hypothesis import strategies as st
from onchain_claims import (
    CODES,
    END,
    FORMS,
    IDENTITY_CONTRACT,
    INSTANT,
    ISSUER_CONTRACT,
    KEY,
    OPENING,
    OTHER,
    START,
    STRANGER,
    accredited,
    signed,
    the_data,
    verified,
)

from claim_issuers.clock import NaiveInstant
from claim_issuers.errors import Unavailable
from claim_issuers.formats.erc735 import BindingOpening, Erc735Data, Erc735Form
from claim_issuers.formats.onchain import OnChainClaim
from claim_issuers.formats.status_list_claim import StatusListClaimForm
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.keys.secp256k1 import expand_compact, signature_encodings
from claim_issuers.status.array import Status, StatusIndexOutOfRange
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.checks import Check, Outcome

SECOND = timedelta(seconds=1)
ERC735, STATUS_LIST_CLAIM = FORMS["erc735"], FORMS["status_list_claim"]
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def failed(report):
    return {check.code: check.reason for check in report.checks if check.outcome is Outcome.FAILED}


def unchecked(report):
    return {check.code: check.reason for check in report.checks if check.outcome is Outcome.NOT_CHECKED}


@each_form
def test_a_good_claim_passes_every_check(form):
    report = verified(signed(form), form)
    assert report.ok
    assert tuple(check.code for check in report.checks) == CODES
    assert report.signer == KEY.address
    assert report.data == Erc735Data.unpack(the_data())


@each_form
def test_what_the_caller_cannot_answer_is_not_checked_and_not_ok(form):
    report = verified(signed(form), form, opening=None, status=None, accreditation=None)
    assert not report.ok
    assert failed(report) == {}
    assert unchecked(report) == {
        "binding": "binding_not_opened",
        "status": "no_status_source",
        "accreditation": "no_accreditation_source",
    }


@each_form
def test_all_that_is_wrong_is_said_at_once(form):
    claim = signed(form, key=STRANGER, data=the_data(binding17=bytes(17)), topic=6)
    report = verified(
        claim,
        form,
        identity_contract=OTHER,
        instant=at(END),
        status=lambda index: Status.INVALID,
        accreditation=accredited(at(END), root="did:web:root.example"),
    )
    assert failed(report) == {
        "signer": "signed_by_another_key",
        "topic": "other_topic",
        "identity_contract": "other_identity_contract",
        "binding": "binding_does_not_open",
        "validity": "claim_expired",
        "status": "claim_revoked",
        "accreditation": "not_accredited",
    }
    assert report.signer == STRANGER.address


@each_form
@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(30),
        bytes(31),
        bytes(32),
        the_data() + b"\x00",
        the_data()[:-1],
        the_data()[5:10] + the_data()[:5] + the_data()[10:],
    ],
)
def test_data_of_another_length_or_with_times_out_of_order_is_refused_and_the_rest_still_reported(form, data):
    report = verified(signed(form, data=data), form)
    assert failed(report) == {"data": "value_out_of_range"}
    assert unchecked(report) == dict.fromkeys(("binding", "validity", "status"), "claim_data_not_read")
    assert report.data is None
    assert report.signer == KEY.address


@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_other_encodings_of_a_good_signature_are_refused(place):
    claim = signed(ERC735)
    twin = replace(claim, signature=signature_encodings(claim.signature)[place])
    report = verified(twin, ERC735)
    assert failed(report) == {"signature": "non_canonical_signature"}
    assert unchecked(report) == {"signer": "signature_not_read"}
    assert report.signer is None


def test_a_status_list_claim_in_65_bytes_is_refused():
    claim = signed(STATUS_LIST_CLAIM)
    long = replace(claim, signature=expand_compact(claim.signature))
    assert failed(verified(long, STATUS_LIST_CLAIM)) == {"signature": "non_canonical_signature"}


@each_form
def test_a_signature_that_no_key_made_is_refused(form):
    # no point of the curve has this x
    r = (5).to_bytes(32, "big")
    signature = (r + (1).to_bytes(32, "big") + b"\x1b")[: len(signed(form).signature)]
    assert failed(verified(replace(signed(form), signature=signature), form)) == {"signature": "bad_signature"}


@each_form
@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(65), b"\xff" * 64, b"\xff" * 65, bytes(130)])
def test_what_is_no_signature_at_all_is_refused(form, signature):
    assert failed(verified(replace(signed(form), signature=signature), form)) == {"signature": "non_canonical_signature"}


@each_form
@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"topic": INVESTOR_TOPIC + 1}, {"topic": "other_topic"}),
        ({"identity_contract": OTHER}, {"identity_contract": "other_identity_contract"}),
        ({"claim_keys": {STRANGER.address}}, {"signer": "signed_by_another_key"}),
        ({"claim_keys": frozenset()}, {"signer": "signed_by_another_key"}),
        ({"opening": replace(OPENING, chain_id=2)}, {"binding": "binding_for_another_contract"}),
        ({"opening": replace(OPENING, issuer_contract=OTHER)}, {"binding": "binding_for_another_contract"}),
        ({"opening": replace(OPENING, claim_digest=bytes(32))}, {"binding": "binding_does_not_open"}),
        ({"opening": replace(OPENING, salt16=bytes(16))}, {"binding": "binding_does_not_open"}),
    ],
)
def test_each_expectation_that_is_not_met_is_named(form, changes, reasons):
    assert failed(verified(signed(form), form, **changes)) == reasons


def test_any_of_several_claim_keys_may_have_signed():
    assert verified(signed(ERC735), ERC735, claim_keys=[STRANGER.address, KEY.address]).ok


@pytest.mark.parametrize("part", ["identity_contract", "topic", "data"])
def test_a_part_changed_after_signing_makes_another_signer(part):
    changed = {"identity_contract": OTHER, "topic": 6, "data": the_data(status_index=8)}[part]
    report = verified(replace(signed(ERC735), **{part: changed}), ERC735)
    assert failed(report)["signer"] == "signed_by_another_key"


@pytest.mark.parametrize("change", [{"chain_id": 2}, {"issuer_contract": OTHER}])
def test_a_status_list_claim_counts_for_one_contract_on_one_chain(change):
    elsewhere = replace(STATUS_LIST_CLAIM, **change)
    assert failed(verified(signed(STATUS_LIST_CLAIM), elsewhere)) == {
        "contract": "form_for_another_contract",
        "signer": "signed_by_another_key",
    }


@each_form
@pytest.mark.parametrize(
    ("instant", "leeway", "reason"),
    [
        (at(START), timedelta(), None),
        (at(START) - SECOND, timedelta(), "claim_not_yet_valid"),
        (at(START) - SECOND, SECOND, None),
        (at(START) - 2 * SECOND, SECOND, "claim_not_yet_valid"),
        (at(END) - timedelta(microseconds=1), timedelta(), None),
        (at(END), timedelta(), "claim_expired"),
        (at(END), SECOND, None),
        (at(END) + SECOND, SECOND, "claim_expired"),
        (at(END) + timedelta(microseconds=999_999), SECOND, None),
    ],
)
def test_validity_has_a_first_and_no_last_instant_with_leeway_both_ways(form, instant, leeway, reason):
    report = verified(signed(form), form, instant=instant, leeway=leeway, accreditation=accredited(instant))
    assert report.check("validity").reason == reason


@pytest.mark.parametrize("leeway", [timedelta.max, timedelta()])
@pytest.mark.parametrize("instant", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_do_not_overflow(instant, leeway):
    claim = signed(ERC735, data=the_data(valid_from=0, valid_until=2**40 - 1))
    report = verified(claim, ERC735, instant=instant, leeway=leeway)
    early = instant.year == 1 and not leeway
    assert report.check("validity").reason == ("claim_not_yet_valid" if early else None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(Status.VALID, None), (Status.INVALID, "claim_revoked"), (Status.SUSPENDED, "claim_suspended"), (3, "claim_status_unknown")],
)
def test_the_status_is_asked_for_at_the_index_in_the_data(value, reason):
    asked = []
    report = verified(signed(ERC735), ERC735, status=lambda index: asked.append(index) or value)
    assert asked == [7]
    assert report.check("status").reason == reason


class NodeSilent(Unavailable):
    code = "node_silent"


def test_a_status_source_that_is_out_leaves_the_status_unchecked_and_one_that_refuses_fails_it():
    def silent(index):
        raise NodeSilent

    def refusing(index):
        raise StatusIndexOutOfRange

    assert unchecked(verified(signed(ERC735), ERC735, status=silent)) == {"status": "node_silent"}
    assert failed(verified(signed(ERC735), ERC735, status=refusing)) == {"status": "status_index_out_of_range"}


def test_a_decision_about_another_instant_issuer_type_or_jurisdiction_is_none():
    report = verified(signed(ERC735), ERC735, accreditation=accredited(INSTANT - SECOND))
    assert unchecked(report) == {"accreditation": "decision_about_another_case"}
    decided = accredited().lookup("did:web:issuer.example", "INVESTOR", ClaimJurisdiction("CH"))
    assert verified(signed(ERC735), ERC735, accreditation=replace(accredited(), lookup=lambda *_: decided)).ok
    for change in (
        {"claim_issuer": "did:web:other.example"},
        {"claim_type": "CUSTODIAN"},
        {"jurisdiction": ClaimJurisdiction("DE")},
        {"jurisdiction": ClaimJurisdiction(None)},
    ):
        question = replace(accredited(), **change, lookup=lambda *_: decided)
        assert unchecked(verified(signed(ERC735), ERC735, accreditation=question)) == {
            "accreditation": "decision_about_another_case"
        }


def test_an_accreditation_source_that_is_out_leaves_it_unchecked():
    def silent(issuer, topic, jurisdiction):
        raise NodeSilent

    question = replace(accredited(), lookup=silent)
    assert unchecked(verified(signed(ERC735), ERC735, accreditation=question)) == {"accreditation": "node_silent"}


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(NaiveInstant):
        verified(signed(ERC735), ERC735, instant=datetime(2026, 1, 1))


@given(addresses, topics, st.binary(max_size=80), st.one_of(st.binary(max_size=80), st.binary(min_size=64, max_size=65)))
def test_no_claim_whatever_raises_or_passes(identity_contract, topic, data, signature):
    claim = OnChainClaim(identity_contract=identity_contract, topic=topic, data=data, signature=signature)
    for form in FORMS.values():
        report = verified(claim, form)
        assert not report.ok
        assert tuple(check.code for check in report.checks) == CODES


@given(st.integers(0, 4), st.data())
def test_a_good_claim_with_one_bit_flipped_anywhere_never_passes(which, data):
    form = list(FORMS.values())[which % 2]
    claim = signed(form)
    part = data.draw(st.sampled_from(["data", "signature"]))
    content = bytearray(getattr(claim, part))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    assert not verified(replace(claim, **{part: bytes(content)}), form).ok


@pytest.mark.parametrize(
    "change",
    [
        {"identity_contract": "0x" + "22" * 20},
        {"identity_contract": None},
        {"topic": 2**256},
        {"topic": -1},
        {"topic": "5"},
        {"topic": True},
        {"data": None},
        {"data": "00"},
        {"data": 5},
        {"data": bytearray(31)},
        {"signature": None},
        {"signature": "0x00"},
        {"signature": 10**1000},
    ],
)
def test_a_claim_of_other_parts_does_not_construct(change):
    parts = {"identity_contract": IDENTITY_CONTRACT, "topic": 5, "data": b"", "signature": b""}
    with pytest.raises(ValueOutOfRange):
        OnChainClaim(**{**parts, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": -1},
        {"chain_id": 2**256},
        {"chain_id": None},
        {"issuer_contract": None},
        {"claim_digest": bytes(31)},
        {"salt16": ""},
    ],
)
def test_an_opening_that_does_not_fit_does_not_construct(change):
    parts = {"chain_id": 1, "issuer_contract": ISSUER_CONTRACT, "claim_digest": bytes(32), "salt16": bytes(16)}
    with pytest.raises(ValueOutOfRange):
        BindingOpening(**{**parts, **change})


@pytest.mark.parametrize("change", [{"chain_id": -1}, {"chain_id": "1"}, {"issuer_contract": "0x" + "33" * 20}])
def test_a_status_list_form_of_no_contract_does_not_construct(change):
    with pytest.raises(ValueOutOfRange):
        StatusListClaimForm(**{"chain_id": 1, "issuer_contract": ISSUER_CONTRACT, **change})


@given(st.one_of(st.none(), st.text(), st.integers(-(2**600), 2**600), st.lists(st.integers()), st.binary(max_size=40)))
def test_claim_data_of_any_type_is_read_or_refused_with_our_error(data):
    try:
        unpacked = Erc735Form().read(data)
    except ValueOutOfRange:
        return
    assert unpacked.pack() == data


@pytest.mark.parametrize(
    "change", [{"valid_from": None}, {"valid_until": "9"}, {"status_index": 1.0}, {"binding17": None}, {"valid_from": True}]
)
def test_claim_data_of_other_types_does_not_construct(change):
    parts = {"valid_from": 1, "valid_until": 2, "status_index": 0, "binding17": bytes(17)}
    with pytest.raises(ValueOutOfRange):
        Erc735Data(**{**parts, **change})


@pytest.mark.parametrize(
    "opening",
    [
        BindingOpening(chain_id=5, issuer_contract=ISSUER_CONTRACT, claim_digest=bytes(32), salt16=bytes(16)),
        BindingOpening(chain_id=1, issuer_contract=OTHER, claim_digest=bytes(32), salt16=bytes(16)),
    ],
)
def test_a_claim_of_another_chain_or_contract_is_not_replayed_with_its_own_opening(opening):
    binding17 = opening.binding(IDENTITY_CONTRACT, INVESTOR_TOPIC)
    claim = signed(Erc735Form(), data=the_data(binding17=binding17))
    there = {"chain_id": opening.chain_id, "issuer_contract": opening.issuer_contract, "opening": opening}
    assert verified(claim, Erc735Form(), **there).ok
    report = verified(claim, Erc735Form(), opening=opening)
    assert failed(report) == {"binding": "binding_for_another_contract"}


def test_a_form_with_a_domain_is_for_its_own_contract_only():
    form = FORMS["status_list_claim"]
    for elsewhere in ({"chain_id": 5}, {"issuer_contract": OTHER}):
        report = verified(signed(form), form, **elsewhere)
        assert report.check("contract") == Check("contract", Outcome.FAILED, "form_for_another_contract")
        assert not report.ok
