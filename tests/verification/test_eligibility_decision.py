"""The pure eligibility decision: every check, every way it fails, and what the answer says then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from claim_issuers.claims.claim import Validity
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.issuance.model import ClaimRecord, ClaimState
from identity_service.verification.model import (
    ATTESTATION_LIFETIME,
    PUBLIC_CHECKS,
    ChainFacts,
    ClaimFact,
    Decision,
    Facts,
    Outcome,
    decide,
    public_reasons,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT = Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
TOKEN = Account.parse("eip155:1:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
IDENTITY, DECOY = Address(b"\x22" * 20), Address(b"\x33" * 20)

CHAIN = ChainFacts(
    block_number=7,
    block_hash=b"\x01" * 32,
    registered_identity=IDENTITY,
    vouched_identity=IDENTITY,
    is_verified=True,
    account_frozen=False,
    token_paused=False,
)
CLAIM = ClaimRecord(
    id="clm_1",
    party_id="pty_1",
    account=ACCOUNT,
    claim_issuer_id="cis_1",
    claim_type="INVESTOR",
    validity=Validity(NOW - DAY, NOW + DAY),
    state=ClaimState.ISSUED,
    issued_at=NOW - DAY,
    revoked_at=None,
    status_list_id="stl_1",
    status_index=1,
)
FACT = ClaimFact(claim=CLAIM, accredited=True, accreditation_reason="accredited")
FACTS = Facts(
    account=ACCOUNT,
    token=TOKEN,
    instant=NOW,
    accepted_claim_types=("INVESTOR", "FAMILY_OFFICE"),
    account_bound=True,
    claims=(FACT,),
    chain=CHAIN,
)
ALL_CHECKS = (
    "account_known",
    "claim_held",
    "claim_live",
    "claim_issuer_accredited",
    "identity_contract_vouched",
    "registry_entry",
    "registry_verified",
    "account_not_frozen",
    "token_not_paused",
)


def claims(*found: ClaimFact) -> Facts:
    return replace(FACTS, claims=found)


def claim(**changed: object) -> ClaimFact:
    return replace(FACT, claim=replace(CLAIM, **changed))


def on_chain(**changed: object) -> Facts:
    return replace(FACTS, chain=replace(CHAIN, **changed))


def not_passed(decision: Decision) -> dict[str, str]:
    return {one.check: one.reason for one in decision.reasons if one.outcome is not Outcome.PASSED}


def test_an_account_with_a_good_claim_and_a_clean_registry_is_eligible() -> None:
    decision = decide(FACTS)

    assert decision.eligible
    assert decision.categories == 0b1
    assert tuple(one.check for one in decision.reasons) == ALL_CHECKS
    assert all(one.outcome is Outcome.PASSED and one.reason and one.mended_by is None for one in decision.reasons)
    assert decision.valid_until == NOW + ATTESTATION_LIFETIME


@pytest.mark.parametrize(
    ("facts", "check", "reason", "mended_by"),
    [
        (replace(FACTS, account_bound=False), "account_known", "nobody proved this account to us", "holder"),
        (claims(claim(revoked_at=NOW)), "claim_live", "the claim is revoked", "claim_issuer"),
        (claims(claim(validity=Validity(NOW - DAY, NOW))), "claim_live", "the claim is expired", "claim_issuer"),
        (
            claims(claim(validity=Validity(NOW + timedelta(seconds=1), NOW + DAY))),
            "claim_live",
            "the claim is not_yet_valid",
            "claim_issuer",
        ),
        (claims(claim(issued_at=None, state=ClaimState.ISSUING)), "claim_live", "the claim is not_issued", "claim_issuer"),
        (
            claims(replace(FACT, accredited=False, accreditation_reason="accreditation_revoked")),
            "claim_issuer_accredited",
            "accreditation_revoked",
            "claim_issuer",
        ),
        (
            on_chain(registered_identity=None),
            "registry_entry",
            "the account is not registered",
            "token_agent",
        ),
        (
            on_chain(registered_identity=DECOY),
            "registry_entry",
            "the registry holds another identity contract than the factory names: it may be a decoy",
            "token_agent",
        ),
        (
            on_chain(is_verified=False),
            "registry_verified",
            "isVerified is false: a claim is missing or revoked on chain",
            "claim_issuer",
        ),
        (on_chain(account_frozen=True), "account_not_frozen", "the account is frozen", "token_agent"),
        (on_chain(token_paused=True), "token_not_paused", "the token is paused", "token_agent"),
    ],
)
def test_one_thing_wrong_is_named_and_makes_the_answer_no(facts: Facts, check: str, reason: str, mended_by: str) -> None:
    decision = decide(facts)

    assert not decision.eligible
    assert decision.categories == 0
    assert not_passed(decision) == {check: reason}
    assert next(one.mended_by for one in decision.reasons if one.check == check) == mended_by


def test_a_factory_that_names_nothing_leaves_no_registry_entry_to_believe() -> None:
    decision = decide(on_chain(vouched_identity=None))

    assert not decision.eligible
    assert set(not_passed(decision)) == {"identity_contract_vouched", "registry_entry"}


@pytest.mark.parametrize("held", [(), (claim(claim_type="CUSTODIAN"),)])
def test_without_a_claim_of_an_accepted_type_there_is_nothing_to_check(held: tuple[ClaimFact, ...]) -> None:
    decision = decide(claims(*held))

    assert not decision.eligible
    outcomes = {one.check: one.outcome for one in decision.reasons}
    assert outcomes["claim_held"] is Outcome.FAILED
    assert outcomes["claim_live"] is outcomes["claim_issuer_accredited"] is Outcome.NOT_CHECKED
    assert "no investor or family office claim is bound" in not_passed(decision)["claim_held"]


def test_one_good_claim_is_enough_and_bad_ones_beside_it_add_no_category() -> None:
    revoked = claim(id="clm_2", claim_type="FAMILY_OFFICE", revoked_at=NOW)
    lapsed = replace(claim(id="clm_3", claim_type="CUSTODIAN"), accredited=False)

    decision = decide(claims(revoked, FACT, lapsed))

    assert decision.eligible
    assert decision.categories == 0b1


def test_a_live_claim_of_nobody_and_a_dead_one_of_an_accredited_issuer_make_no_good_one() -> None:
    live_but_unaccredited = replace(FACT, accredited=False, accreditation_reason="no_path_to_root")
    accredited_but_dead = claim(id="clm_2", revoked_at=NOW)

    decision = decide(claims(live_but_unaccredited, accredited_but_dead))

    assert not decision.eligible
    assert not_passed(decision) == {"claim_issuer_accredited": "no_path_to_root"}


def test_an_answer_ends_with_the_first_claim_that_it_speaks_of_and_the_accreditations_behind_it() -> None:
    minute = timedelta(minutes=1)
    short = claim(id="clm_2", claim_type="CUSTODIAN", validity=Validity(NOW - DAY, NOW + minute))
    both = decide(claims(FACT, short))
    assert both.categories == 0b101
    assert both.valid_until == NOW + minute

    lent = replace(FACT, accredited_until=NOW + 2 * minute)
    assert decide(claims(lent)).valid_until == NOW + 2 * minute
    dead = claim(id="clm_2", validity=Validity(NOW - DAY, NOW + minute), revoked_at=NOW)
    assert decide(claims(FACT, dead)).valid_until == NOW + ATTESTATION_LIFETIME


def test_the_public_checks_are_those_that_the_chain_shows_to_anybody() -> None:
    shown = public_reasons(decide(FACTS).reasons)

    assert {one.check for one in shown} == PUBLIC_CHECKS
    assert not {"account_known", "claim_held", "claim_live", "claim_issuer_accredited"} & PUBLIC_CHECKS
