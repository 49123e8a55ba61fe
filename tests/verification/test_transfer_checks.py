"""The pure rules behind an explanation: each cause alone, its mender, and what is never taken for a cause."""

from dataclasses import replace
from typing import Any

import pytest

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.reads import HolderState
from identity_service.verification.explain import (
    Check,
    ComplianceAnswer,
    DemandedTopic,
    EnforcedBy,
    Explanation,
    MendedBy,
    OnchainState,
    Question,
    RestsOn,
    TokenSays,
    TransferFacts,
    TransferIncomplete,
    TransferOnChain,
    TrustedIssuer,
    Unit,
)
from identity_service.verification.model import Outcome, WrongChainForToken, decide
from identity_service.verification.transfer_checks import explain
from tests.verification.test_eligibility_decision import FACTS

TOKEN = Account.parse("eip155:1:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
RECEIVER, SENDER, SPENDER = (Account(TOKEN.chain, Address(bytes([one]) * 20)) for one in (1, 2, 3))
IDENTITY, DECOY, ISSUER, OTHER = (Address(bytes([one]) * 20) for one in (0x22, 0x33, 0x44, 0x55))
HOLDER = HolderState(
    balance=100, frozen=False, frozen_quantity=0, registered=True, identity_contract=IDENTITY, country=756, verified=True
)
TOPIC = DemandedTopic(
    topic=7, claim_types=("INVESTOR",), trusted=(TrustedIssuer(contract=ISSUER, state=OnchainState.VALID),), untrusted=()
)
CHAIN = TransferOnChain(
    vouched=IDENTITY,
    examined=IDENTITY,
    receiver=HOLDER,
    sender=HOLDER,
    topics=(TOPIC,),
    paused=False,
    allowance=50,
    compliance=ComplianceAnswer(allows=True),
    token_says=TokenSays(asked="transferFrom", caller=SPENDER.address, would_pass=True, revert_reason=None),
)
GOOD = TransferFacts(
    question=Question(token=TOKEN, receiver=RECEIVER, sender=SENDER, spender=SPENDER, quantity=50),
    unit=Unit(symbol="GLA32", decimals=2),
    on_chain=CHAIN,
    policy=decide(FACTS),
    sender_lapsed=False,
    claim_issuer_names={ISSUER: "Helvetia Claims"},
)
ORDER = [
    *("account_known", "claim_held", "claim_live", "claim_issuer_accredited"),
    *("identity_contract_vouched", "registry_entry", "claim_on_chain", "registry_verified"),
    *("account_not_frozen", "sender_may_send", "account_not_frozen", "token_not_paused"),
    *("balance_sufficient", "allowance_sufficient", "compliance_allows", "token_says"),
]


def on_chain(**changed: Any) -> TransferFacts:
    return replace(GOOD, on_chain=replace(CHAIN, **changed))


def claims(state: OnchainState, **changed: Any) -> TransferFacts:
    topic = replace(TOPIC, trusted=(TrustedIssuer(contract=ISSUER, state=state),), **changed)
    return on_chain(topics=(topic,))


def not_passed(explanation: Explanation) -> list[Check]:
    return [one for one in explanation.checks if one.outcome is not Outcome.PASSED]


def test_a_good_transfer_passes_every_check_in_the_order_in_which_to_read_them() -> None:
    explanation = explain(GOOD)

    assert explanation.passes
    assert [one.check for one in explanation.checks] == ORDER
    assert all(one.mended_by is None and one.how is None for one in explanation.checks)


@pytest.mark.parametrize(
    ("facts", "code", "mended_by", "enforced_by"),
    [
        (on_chain(vouched=None, receiver=replace(HOLDER, identity_contract=None)), "registry_entry", "token_agent", "token"),
        (on_chain(receiver=replace(HOLDER, identity_contract=DECOY)), "registry_entry", "token_agent", "service"),
        (on_chain(vouched=None), "identity_contract_vouched", "holder", "service"),
        (claims(OnchainState.REVOKED), "claim_on_chain", "claim_issuer", "token"),
        (claims(OnchainState.INVALID), "claim_on_chain", "claim_issuer", "token"),
        (claims(OnchainState.MISSING), "claim_on_chain", "holder", "token"),
        (claims(OnchainState.MISSING, untrusted=(OTHER,)), "claim_on_chain", "holder", "token"),
        (claims(OnchainState.FOREIGN), "claim_on_chain", "token_agent", "service"),
        (on_chain(topics=(replace(TOPIC, trusted=()),)), "claim_on_chain", "token_issuer", "token"),
        (on_chain(receiver=replace(HOLDER, verified=False)), "registry_verified", "claim_issuer", "token"),
        (on_chain(receiver=replace(HOLDER, frozen=True)), "account_not_frozen", "token_agent", "token"),
        (on_chain(sender=replace(HOLDER, frozen=True)), "account_not_frozen", "token_agent", "token"),
        (on_chain(paused=True), "token_not_paused", "token_agent", "token"),
        (on_chain(sender=replace(HOLDER, balance=49)), "balance_sufficient", "sender", "token"),
        (on_chain(sender=replace(HOLDER, frozen_quantity=51)), "balance_sufficient", "token_agent", "token"),
        (on_chain(allowance=49), "allowance_sufficient", "sender", "token"),
        (on_chain(compliance=ComplianceAnswer(allows=False)), "compliance_allows", "token_issuer", "token"),
    ],
)
def test_one_thing_wrong_is_named_with_who_mends_it_and_who_enforces_it(
    facts: TransferFacts, code: str, mended_by: str, enforced_by: str
) -> None:
    explanation = explain(facts)
    found = [one for one in not_passed(explanation) if one.check == code]

    assert not explanation.passes
    assert [(one.mended_by, one.enforced_by) for one in found] == [(MendedBy(mended_by), EnforcedBy(enforced_by))]
    assert all(one.how and one.reason.endswith(".") for one in not_passed(explanation))


def test_what_the_token_refuses_for_a_reason_of_its_own_does_not_pass() -> None:
    said = TokenSays(asked="transferFrom", caller=SPENDER.address, would_pass=False, revert_reason="lock-up")
    explanation = explain(on_chain(token_says=said))

    (only,) = not_passed(explanation)
    assert (only.check, only.mended_by) == ("token_says", MendedBy.TOKEN_ISSUER)
    assert "lock-up" in only.reason
    assert not explanation.passes


def test_quantities_are_whole_tokens_for_people_and_base_units_for_machines() -> None:
    # Two decimals: a base unit is a hundredth of a token.
    poor = on_chain(sender=replace(HOLDER, balance=123_456, frozen_quantity=123_407), allowance=49)
    balance, allowance = (one for one in not_passed(explain(poor)))

    assert balance.reason == "The sender holds 1\u202f234.56 GLA32, 1\u202f234.07 of them frozen; 0.5 are asked for."
    assert balance.how == "Send at most 0.49 GLA32, or ask the token's agent to unfreeze the rest."
    assert balance.details == {"balance": "123456", "frozen": "123407", "quantity": "50"}
    assert allowance.reason == "The spender may move 0.49 GLA32 of the sender's; 0.5 are asked for."
    assert allowance.details == {"allowance": "49", "quantity": "50"}
    (enough,) = [one for one in explain(GOOD).checks if one.check == "balance_sufficient"]
    assert enough.reason == "The sender can dispose of 1 GLA32."


def test_what_was_left_out_of_a_long_list_is_not_checked_and_does_not_pass() -> None:
    demanded = on_chain(more_topics=3)
    (more,) = not_passed(explain(demanded))
    assert (more.check, more.outcome, more.mended_by) == ("claim_on_chain", Outcome.NOT_CHECKED, MendedBy.TOKEN_ISSUER)
    assert "3 more" in more.reason

    (cut,) = not_passed(explain(claims(OnchainState.MISSING, not_asked=7)))
    assert (cut.outcome, cut.mended_by) == (Outcome.NOT_CHECKED, MendedBy.TOKEN_ISSUER)
    assert "7 more were not asked" in cut.reason
    assert explain(claims(OnchainState.VALID, not_asked=7)).passes, "one valid claim is enough"

    (rules,) = not_passed(explain(on_chain(compliance=ComplianceAnswer(allows=False, refusing=("Lock",), not_asked=2))))
    assert rules.outcome is Outcome.FAILED
    assert "refuse it: Lock. There are 2 more rules that were not asked." in rules.reason
    assert rules.details == {"modules": ["Lock"], "not_asked": 2}


def test_one_valid_claim_among_several_trusted_claim_issuers_is_enough() -> None:
    places = (TrustedIssuer(contract=OTHER, state=OnchainState.REVOKED), *TOPIC.trusted)

    assert explain(on_chain(topics=(replace(TOPIC, trusted=places),))).passes


def test_a_claim_of_which_there_is_nowhere_to_look_is_not_checked_and_does_not_pass() -> None:
    facts = on_chain(vouched=None, examined=None, receiver=replace(HOLDER, identity_contract=None))
    (claim,) = [one for one in explain(facts).checks if one.check == "claim_on_chain"]

    assert claim.outcome is Outcome.NOT_CHECKED
    assert not explain(facts).passes


@pytest.mark.parametrize("facts", [replace(GOOD, sender_lapsed=True), on_chain(sender=replace(HOLDER, verified=False))])
def test_a_lapsed_sender_is_a_note_and_never_a_cause(facts: TransferFacts) -> None:
    explanation = explain(facts)

    assert explanation.passes
    (note,) = [one for one in explanation.checks if one.check == "sender_may_send"]
    assert "can still send" in note.reason


def test_a_reader_to_whom_our_records_are_closed_gets_the_chain_alone() -> None:
    explanation = explain(replace(GOOD, policy=None))

    assert [one.check for one in explanation.checks] == ORDER[4:]
    assert all(one.rests_on is RestsOn.CHAIN for one in explanation.checks)


def test_a_claim_without_an_accredited_claim_issuer_is_told_in_words() -> None:
    fact = replace(FACTS.claims[0], accredited=False, accreditation_reason="no_path_to_root")
    (only,) = not_passed(explain(replace(GOOD, policy=decide(replace(FACTS, claims=(fact,))))))

    assert only.reason == "The claim's issuer is not accredited for it: no path to root."
    assert (only.mended_by, only.rests_on) == (MendedBy.CLAIM_ISSUER, RestsOn.OFF_CHAIN)


def test_a_claim_about_a_place_without_accreditation_is_told_in_words() -> None:
    fact = replace(FACTS.claims[0], accredited=False, accreditation_reason="jurisdiction_not_covered")
    (only,) = not_passed(explain(replace(GOOD, policy=decide(replace(FACTS, claims=(fact,))))))

    why = "its accreditation does not reach the country that the claim is about"
    assert only.reason == f"The claim's issuer is not accredited for it: {why}."


def test_freezes_and_pauses_do_not_stop_a_mint_but_stop_our_yes() -> None:
    frozen = replace(HOLDER, frozen=True)
    receipt = replace(GOOD, question=Question(token=TOKEN, receiver=RECEIVER))
    chain = replace(CHAIN, sender=None, allowance=None, token_says=None, receiver=frozen, paused=True)
    explanation = explain(replace(receipt, on_chain=chain))

    assert [(one.check, one.enforced_by) for one in not_passed(explanation)] == [
        ("account_not_frozen", EnforcedBy.SERVICE),
        ("token_not_paused", EnforcedBy.SERVICE),
    ]


def test_a_question_names_one_chain_and_whose_tokens_move() -> None:
    elsewhere = Account.parse("eip155:2:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
    with pytest.raises(WrongChainForToken):
        Question(token=TOKEN, receiver=elsewhere)
    with pytest.raises(WrongChainForToken):
        Question(token=TOKEN, receiver=RECEIVER, sender=elsewhere)
    with pytest.raises(TransferIncomplete):
        Question(token=TOKEN, receiver=RECEIVER, spender=SPENDER)
