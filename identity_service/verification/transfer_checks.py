"""The checks of a transfer, in the order in which to read them. Pure: facts in, checks out.

What our own policy asks comes first, then what the token's contracts ask, and at the end what the token itself answers.
"""

from collections.abc import Iterator
from typing import Any, Final

from identity_service.chain.reads import HolderState
from identity_service.issuance.wording import accreditation_fault
from identity_service.verification.explain import (
    Check,
    ComplianceAnswer,
    EnforcedBy,
    Explanation,
    MendedBy,
    RestsOn,
    Subject,
    TransferFacts,
    TransferOnChain,
)
from identity_service.verification.identity_checks import check, identity_checks
from identity_service.verification.model import PUBLIC_CHECKS, Outcome, Reason

_POLICY_HOW: Final = {
    "account_known": "The holder signs in with this wallet and applies for a claim; that proves the account.",
    "claim_held": "The holder applies to an accredited claim issuer for one of these claims.",
    "claim_live": "The claim issuer checks the holder again and issues a new claim.",
    "claim_issuer_accredited": "The claim issuer renews its accreditation, or the holder obtains the claim from another one.",
}


def explain(facts: TransferFacts) -> Explanation:
    """Every check that applies to the question: a transfer, a transfer by a spender, or (without a sender) the receipt alone."""
    checks = (
        *_policy_checks(facts),
        *identity_checks(facts),
        _not_frozen(facts, Subject.RECEIVER),
        *_sender_checks(facts),
        _not_paused(facts),
        *_quantity_checks(facts),
        _compliance(facts.on_chain.compliance),
        *_token_check(facts.on_chain),
    )
    return Explanation(checks=checks, token_says=facts.on_chain.token_says)


def _policy_checks(facts: TransferFacts) -> Iterator[Check]:
    """What our records say about the receiver: nothing, to whom they are closed."""
    for reason in () if facts.policy is None else facts.policy.reasons:
        if reason.check not in PUBLIC_CHECKS:
            yield _policy_check(reason)


def _policy_check(reason: Reason) -> Check:
    passed = reason.outcome is Outcome.PASSED
    return Check(
        check=reason.check,
        subject=Subject.RECEIVER,
        outcome=reason.outcome,
        reason=_policy_sentence(reason),
        rests_on=RestsOn.OFF_CHAIN,
        enforced_by=EnforcedBy.SERVICE,
        mended_by=None if passed or reason.mended_by is None else MendedBy(reason.mended_by),
        how=None if passed else _POLICY_HOW[reason.check],
    )


def _policy_sentence(reason: Reason) -> str:
    if reason.check == "claim_issuer_accredited" and reason.outcome is Outcome.FAILED:
        return f"The claim's issuer is not accredited for it: {'; '.join(map(accreditation_fault, reason.reason.split(', ')))}."
    return f"{reason.reason[0].upper()}{reason.reason[1:]}."


def _not_frozen(facts: TransferFacts, subject: Subject) -> Check:
    chain = facts.on_chain
    frozen = chain.receiver.frozen if subject is Subject.RECEIVER or chain.sender is None else chain.sender.frozen
    return check(
        "account_not_frozen",
        subject,
        not frozen,
        f"The {subject}'s wallet is not frozen.",
        f"The {subject}'s wallet is frozen.",
        MendedBy.TOKEN_AGENT,
        "The token's agent unfreezes the wallet once the reason for freezing it is gone.",
        enforced_by=_stops_transfers(facts),
    )


def _sender_checks(facts: TransferFacts) -> Iterator[Check]:
    sender = facts.on_chain.sender
    if sender is None:
        return
    if facts.sender_lapsed or not sender.verified:
        note = (
            "The sender's own claim has ended or its registration does not hold. The token asks only about the receiver, "
            "so the sender can still send; to stop that, the token's agent would have to freeze the wallet."
        )
    else:
        note = "The token asks nothing about the sender's own claims."
    yield check("sender_may_send", Subject.SENDER, True, note, "", MendedBy.TOKEN_AGENT, "", enforced_by=EnforcedBy.SERVICE)
    yield _not_frozen(facts, Subject.SENDER)


def _not_paused(facts: TransferFacts) -> Check:
    return check(
        "token_not_paused",
        Subject.TOKEN,
        not facts.on_chain.paused,
        "The token is not paused.",
        "The token is paused: nobody can transfer it now.",
        MendedBy.TOKEN_AGENT,
        "Wait until the token's agent lifts the pause.",
        enforced_by=_stops_transfers(facts),
    )


def _quantity_checks(facts: TransferFacts) -> Iterator[Check]:
    """The sender's free balance and the spender's allowance: in whole tokens for people, in base units in the details."""
    if facts.on_chain.sender is not None:
        yield _balance(facts, facts.on_chain.sender)
    if facts.on_chain.allowance is not None:
        yield _allowance(facts, facts.on_chain.allowance)


def _balance(facts: TransferFacts, sender: HolderState) -> Check:
    unit, quantity, free = facts.unit, facts.question.quantity, max(0, sender.balance - sender.frozen_quantity)
    held, frozen, asked = unit.words(sender.balance), unit.number(sender.frozen_quantity), unit.number(quantity)
    short = quantity > sender.balance
    return check(
        "balance_sufficient",
        Subject.SENDER,
        quantity <= free,
        f"The sender can dispose of {unit.words(free)}.",
        f"The sender holds {held}, {frozen} of them frozen; {asked} are asked for.",
        MendedBy.SENDER if short else MendedBy.TOKEN_AGENT,
        f"Send at most {unit.words(free)}, or "
        + ("obtain more first." if short else "ask the token's agent to unfreeze the rest."),
        details=_base_units(balance=sender.balance, frozen=sender.frozen_quantity, quantity=quantity),
    )


def _allowance(facts: TransferFacts, allowance: int) -> Check:
    unit, quantity = facts.unit, facts.question.quantity
    return check(
        "allowance_sufficient",
        Subject.SPENDER,
        quantity <= allowance,
        f"The spender may move {unit.words(allowance)} of the sender's.",
        f"The spender may move {unit.words(allowance)} of the sender's; {unit.number(quantity)} are asked for.",
        MendedBy.SENDER,
        f"The sender approves an allowance of {unit.words(quantity)} or more for the spender, from the sender's own wallet.",
        details=_base_units(allowance=allowance, quantity=quantity),
    )


def _base_units(**quantities: int) -> dict[str, Any]:
    return {name: str(quantity) for name, quantity in quantities.items()}


def _compliance(compliance: ComplianceAnswer) -> Check:
    return check(
        "compliance_allows",
        Subject.TOKEN,
        compliance.allows,
        "The token's compliance rules allow it.",
        _refusal(compliance),
        MendedBy.TOKEN_ISSUER,
        "Ask the token issuer which limit this transfer breaks; a smaller quantity or a later day may pass.",
        details={"modules": list(compliance.refusing), "not_asked": compliance.not_asked}
        if compliance.refusing or compliance.not_asked
        else None,
    )


def _refusal(compliance: ComplianceAnswer) -> str:
    """Which rules refuse, as far as they were asked."""
    named = f": {', '.join(compliance.refusing)}" if compliance.refusing else ""
    rest = f" There are {compliance.not_asked} more rules that were not asked." if compliance.not_asked else ""
    return f"The token's compliance rules refuse it{named}.{rest}"


def _token_check(chain: TransferOnChain) -> Iterator[Check]:
    said = chain.token_says
    if said is not None:
        yield check(
            "token_says",
            Subject.TOKEN,
            said.would_pass,
            f"The token was asked to try it ({said.asked}) and would let it pass.",
            f"The token was asked to try it ({said.asked}) and refuses: {said.revert_reason or 'it gives no reason'}.",
            MendedBy.TOKEN_ISSUER,
            "Mend what failed above. If nothing failed above, ask the token issuer: the cause is in the token's own contracts.",
        )


def _stops_transfers(facts: TransferFacts) -> EnforcedBy:
    """Pause and freezes stop transfers; a mint they do not stop, and then only this service objects."""
    return EnforcedBy.SERVICE if facts.question.sender is None else EnforcedBy.TOKEN
