"""The checks of the receiver's identity: the contract behind the wallet, its registration, and the claims on it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from identity_service.issuance.wording import any_claim_of
from identity_service.verification.explain import (
    MOST_TOPICS,
    MOST_TRUSTED,
    Check,
    DemandedTopic,
    EnforcedBy,
    MendedBy,
    OnchainState,
    RestsOn,
    Subject,
    TransferFacts,
    TransferOnChain,
)
from identity_service.verification.model import Outcome

_LISTS_ARE_SHORT: Final = (
    f"The token issuer shortens its lists: the standard's registries hold {MOST_TOPICS} topics and {MOST_TRUSTED} claim issuers."
)


def check(
    code: str,
    subject: Subject,
    holds: bool,
    why: str,
    why_not: str,
    mended_by: MendedBy,
    how: str,
    *,
    enforced_by: EnforcedBy = EnforcedBy.TOKEN,
    details: Mapping[str, Any] | None = None,
) -> Check:
    """A check that rests on the chain: passed with ``why``, or failed with ``why_not`` and who mends it how."""
    return Check(
        check=code,
        subject=subject,
        outcome=Outcome.PASSED if holds else Outcome.FAILED,
        reason=why if holds else why_not,
        rests_on=RestsOn.CHAIN,
        enforced_by=enforced_by,
        mended_by=None if holds else mended_by,
        how=None if holds else how,
        details=details,
    )


def identity_checks(facts: TransferFacts) -> Iterator[Check]:
    """Vouched for, registered, each demanded claim, and what the registry concludes."""
    chain = facts.on_chain
    yield _vouched(chain)
    yield _registered(chain)
    for topic in chain.topics:
        yield _claim_on_chain(topic, facts)
    if chain.more_topics:
        yield _more_topics(chain.more_topics)
    yield check(
        "registry_verified",
        Subject.RECEIVER,
        chain.receiver.verified,
        "The token's registry finds the receiver verified.",
        "The token's registry does not find the receiver verified.",
        MendedBy.CLAIM_ISSUER if chain.receiver.registered else MendedBy.TOKEN_AGENT,
        "Mend the registration and the claims named above. If none of them failed, ask the token issuer.",
    )


def _vouched(chain: TransferOnChain) -> Check:
    return check(
        "identity_contract_vouched",
        Subject.RECEIVER,
        chain.vouched is not None,
        "A trusted factory vouches for the identity contract of this wallet.",
        "No trusted factory vouches for an identity contract of this wallet.",
        MendedBy.HOLDER,
        "The holder asks the claim issuer for an identity contract made by a factory that the token trusts.",
        enforced_by=EnforcedBy.SERVICE,
    )


def _registered(chain: TransferOnChain) -> Check:
    if chain.receiver.identity_contract is None:
        return check(
            "registry_entry",
            Subject.RECEIVER,
            False,
            "",
            "The token's registry does not know this wallet.",
            MendedBy.TOKEN_AGENT,
            "The token's agent registers the wallet with its identity contract.",
        )
    return check(
        "registry_entry",
        Subject.RECEIVER,
        chain.receiver.identity_contract == chain.vouched,
        "The token's registry knows this wallet with that identity contract.",
        "The token's registry knows this wallet with another identity contract than the trusted factory names: it may be a decoy.",
        MendedBy.TOKEN_AGENT,
        "The token's agent replaces the registered identity contract by the one that the factory names.",
        enforced_by=EnforcedBy.SERVICE,
    )


def _claim_on_chain(topic: DemandedTopic, facts: TransferFacts) -> Check:
    name = any_claim_of(topic.claim_types) if topic.claim_types else f"claim (topic {topic.topic})"
    details = _claim_details(topic, facts)
    if facts.on_chain.examined is None:
        reason = f"There is no identity contract on which to look for {_a(name)}."
        return _claim_not_checked(reason, MendedBy.HOLDER, "The holder obtains an identity contract first.", details)
    by_state = {one.state: _issuer(facts, one.contract) for one in reversed(topic.trusted)}
    if OnchainState.VALID in by_state:
        why = f"The identity contract holds a valid {name} from {by_state[OnchainState.VALID]}."
        return check("claim_on_chain", Subject.RECEIVER, True, why, "", MendedBy.HOLDER, "", details=details)
    if topic.not_asked:
        reason = (
            f"None of the first {len(topic.trusted)} claim issuers that the token trusts for {_a(name)} has a valid one there; "
            f"{topic.not_asked} more were not asked."
        )
        return _claim_not_checked(reason, MendedBy.TOKEN_ISSUER, _LISTS_ARE_SHORT, details)
    why_not, mended_by, how = _missing_claim(name, topic, by_state, facts)
    return check(
        "claim_on_chain",
        Subject.RECEIVER,
        False,
        "",
        why_not,
        mended_by,
        how,
        # A contract that names another claim issuer may well convince the registry, which believes it (DESIGN §4, fault 3).
        enforced_by=EnforcedBy.SERVICE if OnchainState.FOREIGN in by_state else EnforcedBy.TOKEN,
        details=details,
    )


def _more_topics(number: int) -> Check:
    reason = f"The token's registry demands {number} more claims; so many were not looked for."
    return _claim_not_checked(reason, MendedBy.TOKEN_ISSUER, _LISTS_ARE_SHORT, None)


def _claim_not_checked(reason: str, mended_by: MendedBy, how: str, details: Mapping[str, Any] | None) -> Check:
    return Check(
        check="claim_on_chain",
        subject=Subject.RECEIVER,
        outcome=Outcome.NOT_CHECKED,
        reason=reason,
        rests_on=RestsOn.CHAIN,
        enforced_by=EnforcedBy.TOKEN,
        mended_by=mended_by,
        how=how,
        details=details,
    )


def _missing_claim(
    name: str, topic: DemandedTopic, by_state: Mapping[OnchainState, str], facts: TransferFacts
) -> tuple[str, MendedBy, str]:
    """Why no valid claim was found, who mends that, and how; the cause that is nearest to a valid claim comes first."""
    trusted = " or ".join(_issuer(facts, one.contract) for one in topic.trusted)
    if not topic.trusted:
        return (
            f"The token demands {_a(name)} and trusts no claim issuer for it.",
            MendedBy.TOKEN_ISSUER,
            "The token issuer names a claim issuer in the token's trusted issuers registry.",
        )
    if OnchainState.REVOKED in by_state:
        return (
            f"The {name} on the identity contract was revoked by {by_state[OnchainState.REVOKED]}.",
            MendedBy.CLAIM_ISSUER,
            "The claim issuer checks the holder again and issues a new claim, which then goes onto the identity contract.",
        )
    if OnchainState.INVALID in by_state:
        return (
            f"The {name} on the identity contract is not confirmed by its issuer, {by_state[OnchainState.INVALID]}.",
            MendedBy.CLAIM_ISSUER,
            "The claim issuer looks whether its key was removed, and signs the claim anew.",
        )
    if OnchainState.FOREIGN in by_state:
        return (
            f"The identity contract keeps {_a(name)} in a trusted claim issuer's place and names somebody else as its issuer.",
            MendedBy.TOKEN_AGENT,
            "The token's agent looks into the registered identity contract: no honest one answers so.",
        )
    if topic.untrusted:
        others = ", ".join(_issuer(facts, one) for one in topic.untrusted)
        return (
            f"The identity contract has {_a(name)} from {others}, whom this token does not trust.",
            MendedBy.HOLDER,
            f"The holder obtains the claim from {trusted}, or the token issuer comes to trust the other.",
        )
    return (
        f"The identity contract has no {name}.",
        MendedBy.HOLDER,
        f"The holder obtains the claim from {trusted} or, where it is issued already, asks them to put it on the chain.",
    )


def _claim_details(topic: DemandedTopic, facts: TransferFacts) -> dict[str, Any]:
    """The topic and every claim issuer concerned, for machines."""
    return {
        "topic": str(topic.topic),
        "claim_types": list(topic.claim_types),
        "identity_contract": None if facts.on_chain.examined is None else str(facts.on_chain.examined),
        "trusted_claim_issuers": [
            {"contract": str(one.contract), "name": facts.claim_issuer_names.get(one.contract), "claim": one.state.value}
            for one in topic.trusted
        ],
        "not_asked": topic.not_asked,
        "untrusted_claim_issuers": [{"contract": str(one), "name": facts.claim_issuer_names.get(one)} for one in topic.untrusted],
    }


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _issuer(facts: TransferFacts, contract: object) -> str:
    """A claim issuer by its name, where it is one of ours, otherwise by its contract."""
    return next((name for known, name in facts.claim_issuer_names.items() if known == contract), str(contract))
