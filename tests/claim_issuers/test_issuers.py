"""Profiles, prepared claims, and signing them once."""

import copy
import pickle
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import ACCOUNT, INVESTOR_TOPIC, ISSUER, ISSUER_SIGNER, NOW, ROOT, STATUS_LIST, WALLET, a_claim, year_from
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct

from claim_issuers import (
    Address,
    ClaimRequest,
    Ed25519Signer,
    OnChainTarget,
    PathDecision,
    Profile,
    Root,
    Secp256k1Signer,
    StatusEntry,
    Validity,
    decide_path,
    issue,
    issue_on_chain,
)
from claim_issuers.claims.vocabulary import InvalidClaimAttributes, UnknownClaimType
from claim_issuers.formats import erc735, vc_jwt
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.issuers.issue import SignedOtherThanPrepared
from claim_issuers.issuers.prepared import (
    NotPreparedByProfile,
    PreparedClaim,
    PreparedClaimAlreadyRedeemed,
    PreparedOnChainClaim,
)
from claim_issuers.issuers.profile import (
    ClaimIssuerNotAccredited,
    ClaimTypeNotInProfile,
    HolderKeyRequired,
    InvalidProfile,
    ValidityNotPermitted,
    WrongClaimIssuer,
)
from claim_issuers.trust.jurisdictions import ClaimJurisdiction

PROFILE = Profile(
    claim_issuer=ISSUER,
    claim_types=frozenset({"INVESTOR", "CUSTODIAN"}),
    max_validity=timedelta(days=365),
    required_attributes={"INVESTOR": frozenset({"country"})},
    require_holder_key=True,
)
REQUEST = ClaimRequest(
    id="urn:example:claim:1",
    claim_type="INVESTOR",
    account=ACCOUNT,
    holder_jwk=WALLET.public_jwk(),
    attributes={"classification": "professional", "country": "CH"},
    validity=year_from(),
)
SWITZERLAND = ClaimJurisdiction("CH")
ACCREDITED = decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW, jurisdiction=SWITZERLAND)
TARGET = OnChainTarget(
    chain_id=31337,
    issuer_contract=Address(bytes([0x33]) * 20),
    identity_contract=Address(bytes([0x22]) * 20),
    status_index=9,
    salt16=bytes(16),
)


def prepared(**changes: Any) -> PreparedClaim:
    accreditation = changes.pop("accreditation", ACCREDITED)
    request = replace(REQUEST, **changes)
    return PROFILE.prepare(request, accreditation=accreditation, status=StatusEntry(STATUS_LIST, 7), instant=NOW)


def prepared_on_chain(**changes: Any) -> PreparedOnChainClaim:
    return PROFILE.prepare_on_chain(a_claim(), target=replace(TARGET, **changes), accreditation=ACCREDITED, instant=NOW)


class DifferentAnswer:
    """A signing service that signs something else than it was asked to."""

    alg, kid, address = ISSUER_SIGNER.alg, ISSUER_SIGNER.kid, WALLET.address

    def sign(self, message: bytes) -> bytes:
        return ISSUER_SIGNER.sign(message + b"!")

    def sign_digest(self, digest: bytes) -> bytes:
        return WALLET.sign_digest(bytes(32))

    def public_jwk(self) -> dict[str, str]:
        return ISSUER_SIGNER.public_jwk()


class LaxSigner(DifferentAnswer):
    """A signing service that answers with a second encoding."""

    def sign_digest(self, digest: bytes) -> bytes:
        signature = WALLET.sign_digest(digest)
        return signature[:64] + bytes([signature[64] - 27])


def test_what_is_prepared_is_what_is_signed():
    ready = prepared()
    form = issue(ready, ISSUER_SIGNER)
    read = vc_jwt.decode(form.content, keys=lambda issuer, kid: ISSUER_SIGNER.public_key)
    assert read == ready.claim == form.claim == a_claim()
    assert read.digest() == ready.digest == form.claim_digest
    assert (form.form, form.kid) == ("vc+jwt", ISSUER_SIGNER.kid)


def test_a_prepared_claim_is_signed_once():
    ready = prepared()
    issue(ready, ISSUER_SIGNER)
    with pytest.raises(PreparedClaimAlreadyRedeemed):
        issue(ready, ISSUER_SIGNER)


def test_of_many_threads_one_signs():
    ready, outcomes, gate = prepared(), [], threading.Barrier(8)

    def attempt() -> None:
        gate.wait()
        try:
            outcomes.append(issue(ready, ISSUER_SIGNER).form)
        except PreparedClaimAlreadyRedeemed as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["prepared_claim_already_redeemed"] * 7 + ["vc+jwt"]


def test_a_signer_that_signs_something_else_releases_nothing_and_spends_the_claim():
    ready = prepared()
    with pytest.raises(SignedOtherThanPrepared):
        issue(ready, DifferentAnswer())
    with pytest.raises(PreparedClaimAlreadyRedeemed):
        issue(ready, ISSUER_SIGNER)


def test_only_a_profile_makes_prepared_claims():
    with pytest.raises(NotPreparedByProfile):
        PreparedClaim(a_claim())
    with pytest.raises(NotPreparedByProfile):
        PreparedOnChainClaim(a_claim(), erc735.Erc735Form(), TARGET.identity_contract, INVESTOR_TOPIC, bytes(31))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_prepared_claim_cannot_be_copied(duplicate):
    for ready in (prepared(), prepared_on_chain()):
        with pytest.raises(NotPreparedByProfile):
            duplicate(ready)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"claim_type": "FAMILY_OFFICE"}, ClaimTypeNotInProfile),
        ({"claim_type": "WIZARD"}, UnknownClaimType),
        ({"claim_type": "CUSTODIAN"}, ClaimIssuerNotAccredited),
        ({"holder_jwk": None}, HolderKeyRequired),
        ({"attributes": {"classification": "professional"}}, InvalidClaimAttributes),
        ({"attributes": {"classification": "rich", "country": "CH"}}, InvalidClaimAttributes),
        ({"validity": Validity(NOW, NOW + timedelta(days=365, seconds=1))}, ValidityNotPermitted),
        ({"validity": Validity(NOW - timedelta(days=1), NOW)}, ValidityNotPermitted),
    ],
)
def test_what_the_profile_does_not_allow_is_not_prepared(change, error):
    with pytest.raises(error):
        prepared(**change)


OTHER_CASES = [
    decide_path(ISSUER, "INVESTOR", [], [], NOW, jurisdiction=SWITZERLAND),
    decide_path(ROOT, "INVESTOR", [Root(ROOT)], [], NOW, jurisdiction=SWITZERLAND),
    decide_path(ISSUER, "CUSTODIAN", [Root(ISSUER)], [], NOW, jurisdiction=SWITZERLAND),
    decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW - timedelta(seconds=1), jurisdiction=SWITZERLAND),
    decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW, jurisdiction=ClaimJurisdiction("DE")),
    decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW, jurisdiction=ClaimJurisdiction(None)),
    decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW),
]


@pytest.mark.parametrize("decision", OTHER_CASES)
def test_a_decision_about_another_case_accredits_nothing(decision: PathDecision):
    with pytest.raises(ClaimIssuerNotAccredited):
        prepared(accreditation=decision)
    with pytest.raises(ClaimIssuerNotAccredited):
        PROFILE.prepare_on_chain(a_claim(), target=TARGET, accreditation=decision, instant=NOW)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"claim_issuer": "issuer.example"}, MalformedDid),
        ({"claim_types": frozenset()}, InvalidProfile),
        ({"claim_types": frozenset({"WIZARD"}), "required_attributes": {}}, UnknownClaimType),
        ({"max_validity": timedelta()}, InvalidProfile),
        ({"required_attributes": {"INVESTOR": frozenset({"shoe_size"})}}, InvalidProfile),
        ({"required_attributes": {"BROKER_DEALER": frozenset({"licence_id"})}}, InvalidProfile),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(change, error):
    with pytest.raises(error):
        replace(PROFILE, **change)


def test_the_on_chain_form_is_what_eth_account_would_sign():
    ready = prepared_on_chain()
    form = issue_on_chain(ready, WALLET)
    inner = erc735.inner_hash(TARGET.identity_contract, INVESTOR_TOPIC, ready.data)
    oracle = EthAccount.sign_message(encode_defunct(primitive=inner), bytes([0x11]) * 32)
    assert form.signature == bytes(oracle.signature)
    assert (form.form, form.topic, form.identity_contract) == ("erc735", INVESTOR_TOPIC, TARGET.identity_contract)
    assert (form.signed_by, form.claim_digest) == (WALLET.address, a_claim().digest())


def test_the_on_chain_data_opens_off_chain_to_the_claim():
    data = erc735.Erc735Data.unpack(prepared_on_chain().data)
    assert (data.valid_from, data.valid_until, data.status_index) == (1795348800, 1826884800, 9)
    expected = erc735.binding(
        chain_id=31337,
        issuer_contract=TARGET.issuer_contract,
        identity_contract=TARGET.identity_contract,
        topic=INVESTOR_TOPIC,
        claim_digest=a_claim().digest(),
        salt16=TARGET.salt16,
    )
    assert data.binding17 == expected


def test_another_salt_gives_other_data_and_another_signature():
    first, second = (issue_on_chain(prepared_on_chain(salt16=bytes([n]) * 16), WALLET) for n in (1, 2))
    assert first.data != second.data
    assert first.signature != second.signature


def test_a_registry_s_own_topic_number_replaces_ours():
    assert prepared_on_chain(topic=42).topic == 42


def test_the_on_chain_form_is_signed_once():
    ready = prepared_on_chain()
    issue_on_chain(ready, WALLET)
    with pytest.raises(PreparedClaimAlreadyRedeemed):
        issue_on_chain(ready, WALLET)


@pytest.mark.parametrize("signer", [DifferentAnswer(), LaxSigner()])
def test_an_on_chain_signature_that_is_not_canonical_or_not_the_signer_s_is_not_released(signer):
    with pytest.raises(SignedOtherThanPrepared):
        issue_on_chain(prepared_on_chain(), signer)


def test_a_salt_of_another_length_is_refused():
    with pytest.raises(ValueOutOfRange):
        prepared_on_chain(salt16=bytes(15))


def test_another_issuer_s_claim_is_not_put_on_chain():
    claim = a_claim(claim_issuer=ROOT)
    with pytest.raises(WrongClaimIssuer):
        PROFILE.prepare_on_chain(claim, target=TARGET, accreditation=ACCREDITED, instant=NOW)


def test_a_claim_whose_time_is_over_is_not_put_on_chain():
    later = NOW + timedelta(days=365)
    decision = decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], later, jurisdiction=SWITZERLAND)
    with pytest.raises(ValidityNotPermitted):
        PROFILE.prepare_on_chain(a_claim(), target=TARGET, accreditation=decision, instant=later)


def test_any_signer_of_the_protocol_issues():
    for signer in (Ed25519Signer(bytes(32)), Secp256k1Signer(bytes([3]) * 32)):
        assert issue(prepared(), signer).kid == signer.kid
