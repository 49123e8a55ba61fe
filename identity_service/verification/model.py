"""The eligibility decision: pure, over facts gathered for one account, one token, one instant and one block."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from claim_issuers.claims.vocabulary import categories as category_mask
from claim_issuers.errors import InvalidInput, Unavailable
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.issuance.model import ClaimRecord, Liveness
from identity_service.issuance.wording import any_claim_of

ATTESTATION_LIFETIME: Final = timedelta(minutes=10)
PUBLIC_CHECKS: Final = frozenset(
    {"identity_contract_vouched", "registry_entry", "registry_verified", "account_not_frozen", "token_not_paused"}
)


class WrongChainForToken(InvalidInput):
    """The account lies on another chain than the token."""

    code = "wrong_chain_for_token"


class ChainStale(Unavailable):
    """The newest block we are shown is too old to answer from."""

    code = "chain_stale"


class TokenUnreadable(Unavailable):
    """The token's own contracts, or those they lead to, do not answer as an ERC-3643 token's do; other tokens are not concerned."""

    code = "token_unreadable"


class Outcome(StrEnum):
    """How a check ended; what could not be checked counts as not passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One check: its stable code, how it ended, why, and who can mend it."""

    check: str
    outcome: Outcome
    reason: str
    mended_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFact:
    """A claim bound to the account and whether its claim issuer is accredited for it now, and until when (None: a root)."""

    claim: ClaimRecord
    accredited: bool
    accreditation_reason: str
    accredited_until: datetime | None = None

    @property
    def ends(self) -> datetime:
        """When the claim or an accreditation that it rests on ends, whichever is first."""
        return min(end for end in (self.claim.validity.valid_until, self.accredited_until) if end is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """What the chain says at one block; ``vouched_identity`` is what a trusted factory names for the account."""

    block_number: int
    block_hash: bytes
    registered_identity: Address | None
    vouched_identity: Address | None
    is_verified: bool
    account_frozen: bool
    token_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the decision rests on."""

    account: Account
    token: Account
    instant: datetime
    accepted_claim_types: Sequence[str]
    account_bound: bool
    claims: Sequence[ClaimFact]
    chain: ChainFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Eligible or not, in which categories, until when at most, and every check."""

    eligible: bool
    categories: int
    valid_until: datetime
    reasons: tuple[Reason, ...]


def decide(facts: Facts) -> Decision:
    """May this account hold this token? Eligible only when every check passed."""
    good = [fact for fact in facts.claims if fact.accredited and fact.claim.liveness(facts.instant) is Liveness.LIVE]
    accepted = [fact for fact in good if fact.claim.claim_type in facts.accepted_claim_types]
    reasons = (*_claim_checks(facts), *_chain_checks(facts.chain))
    eligible = bool(accepted) and all(reason.outcome is Outcome.PASSED for reason in reasons)
    return Decision(
        eligible=eligible,
        categories=category_mask(fact.claim.claim_type for fact in good) if eligible else 0,
        valid_until=min([facts.instant + ATTESTATION_LIFETIME, *(fact.ends for fact in good)]),
        reasons=reasons,
    )


def _claim_checks(facts: Facts) -> tuple[Reason, ...]:
    relevant = [fact for fact in facts.claims if fact.claim.claim_type in facts.accepted_claim_types]
    bound = _check(
        "account_known", facts.account_bound, "a party proved this account", "nobody proved this account to us", "holder"
    )
    held = _check(
        "claim_held",
        bool(relevant),
        "a claim that this token accepts is bound to the account",
        f"no {any_claim_of(facts.accepted_claim_types)} is bound to the account",
        "holder",
    )
    if not relevant:
        return (
            bound,
            held,
            _unchecked("claim_live", "there is no claim that could be live or not"),
            _unchecked("claim_issuer_accredited", "there is no claim whose issuer could be accredited for it"),
        )
    live = [fact for fact in relevant if fact.claim.liveness(facts.instant) is Liveness.LIVE]
    states = ", ".join(sorted({fact.claim.liveness(facts.instant).value for fact in relevant}))
    alive = _check("claim_live", bool(live), "the claim is live", f"the claim is {states}", "claim_issuer")
    judged = live or relevant
    accredited = _check(
        "claim_issuer_accredited",
        any(fact.accredited for fact in judged),
        "its claim issuer is accredited for it, up to a root",
        ", ".join(sorted({fact.accreditation_reason for fact in judged})),
        "claim_issuer",
    )
    return bound, held, alive, accredited


def _chain_checks(chain: ChainFacts) -> tuple[Reason, ...]:
    vouched = chain.vouched_identity is not None
    matches = chain.registered_identity is not None and chain.registered_identity == chain.vouched_identity
    return (
        _check(
            "identity_contract_vouched",
            vouched,
            "a trusted factory names the account's identity contract",
            "no trusted factory names an identity contract for the account",
            "holder",
        ),
        _check(
            "registry_entry",
            matches,
            "the token's identity registry holds the account with that identity contract",
            "the account is not registered"
            if chain.registered_identity is None
            else "the registry holds another identity contract than the factory names: it may be a decoy",
            "token_agent",
        ),
        _check(
            "registry_verified",
            chain.is_verified,
            "the registry finds the claims it demands on chain",
            "isVerified is false: a claim is missing or revoked on chain",
            "claim_issuer",
        ),
        _check("account_not_frozen", not chain.account_frozen, "the account is not frozen", "the account is frozen", "token_agent"),
        _check("token_not_paused", not chain.token_paused, "the token is not paused", "the token is paused", "token_agent"),
    )


def _check(code: str, holds: bool, why: str, why_not: str, mended_by: str) -> Reason:
    if holds:
        return Reason(check=code, outcome=Outcome.PASSED, reason=why)
    return Reason(check=code, outcome=Outcome.FAILED, reason=why_not, mended_by=mended_by)


def _unchecked(code: str, reason: str) -> Reason:
    return Reason(check=code, outcome=Outcome.NOT_CHECKED, reason=reason, mended_by="holder")


def public_reasons(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The checks that rest on the chain alone: what anybody could find out without us."""
    return tuple(reason for reason in reasons if reason.check in PUBLIC_CHECKS)
