"""The checks of what a claim says about itself: its time, its status, its issuer's accreditation, its account.

>>> from datetime import UTC, datetime
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> check_validity(year, datetime(2027, 6, 1, tzinfo=UTC), timedelta()).reason
'claim_expired'
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from claim_issuers.claims.claim import Claim, ClaimFrame, Validity
from claim_issuers.errors import DomainError
from claim_issuers.formats.sd_jwt_vc import PresentedClaim
from claim_issuers.identifiers.accounts import Account
from claim_issuers.status.array import Status
from claim_issuers.trust.accreditation import PathDecision
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, jurisdiction_of
from claim_issuers.verifiers.checks import Check, Outcome
from claim_issuers.verifiers.token_checks import not_read

StatusLookup = Callable[[str, int], int]
"""Gives the present status at a list's URI and index; raises a domain error when it cannot tell."""

AccreditationLookup = Callable[[str, str, ClaimJurisdiction], PathDecision]
"""Gives the decision for a claim issuer's DID, a claim type's name and the claim's jurisdiction, at the verification's instant."""

_STATUS_REASONS = {int(Status.INVALID): "claim_revoked", int(Status.SUSPENDED): "claim_suspended"}

CLAIM_CHECKS = ("validity", "status", "accreditation", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a claim is judged against: one instant, and the answers the caller can give; None is "cannot answer"."""

    instant: datetime
    leeway: timedelta
    status: StatusLookup | None
    accreditation: AccreditationLookup | None
    account: Account | None

    def checks_of(self, claim: Claim | PresentedClaim | None, *, genuine: bool) -> tuple[Check, ...]:
        """``CLAIM_CHECKS`` in order. Nobody is asked about a claim that is not ``genuine``: its addresses may be an attacker's."""
        if claim is None:
            return not_read(CLAIM_CHECKS, "claim_not_read")
        if genuine:
            status = check_status(claim, self.status)
            accreditation = check_accreditation(
                claim.claim_issuer, claim.claim_type.name, jurisdiction_shown(claim), self.accreditation, self.instant
            )
        else:
            status, accreditation = not_read(("status", "accreditation"), "signature_not_verified")
        return (
            check_validity(claim.validity, self.instant, self.leeway),
            status,
            accreditation,
            check_account(claim, self.account),
        )


def jurisdiction_shown(claim: Claim | PresentedClaim) -> ClaimJurisdiction:
    """Where the claim lies, as far as it is shown: what its holder withholds counts as not stated."""
    if isinstance(claim, Claim):
        return jurisdiction_of(claim.attributes)
    name = claim.claim_type.attributes.jurisdiction_attribute
    return ClaimJurisdiction(None if name is None else claim.disclosed.get(name))


def check_validity(validity: Validity, now: datetime, leeway: timedelta) -> Check:
    """Whether ``now`` lies in the validity, or less than ``leeway`` outside it on either side."""
    if now - leeway >= validity.valid_until:
        return Check("validity", Outcome.FAILED, "claim_expired")
    return Check.passed_if(now + leeway >= validity.valid_from, "validity", "claim_not_yet_valid")


def check_status(claim: ClaimFrame, lookup: StatusLookup | None) -> Check:
    """Whether the claim's status is valid; not checked without a look-up or where it raises Unavailable."""
    if lookup is None:
        return Check.not_made("status", "no_status_source")
    try:
        value = lookup(claim.status_list_uri, claim.status_list_index)
    except DomainError as fault:
        return Check.of_fault("status", fault)
    return check_status_value(value)


def check_status_value(value: object) -> Check:
    """The check ``status`` of what a look-up gave: only a number can be valid, since False would pass for VALID."""
    if not isinstance(value, int) or isinstance(value, bool):
        return Check.passed_if(False, "status", "claim_status_unknown")
    return Check.passed_if(value == Status.VALID, "status", _STATUS_REASONS.get(value, "claim_status_unknown"))


def check_accreditation(
    claim_issuer: str, claim_type: str, jurisdiction: ClaimJurisdiction, lookup: AccreditationLookup | None, now: datetime
) -> Check:
    """Whether an accreditation path holds; a decision about another issuer, type, jurisdiction or instant is none."""
    if lookup is None:
        return Check.not_made("accreditation", "no_accreditation_source")
    try:
        decision = lookup(claim_issuer, claim_type, jurisdiction)
    except DomainError as fault:
        return Check.not_made("accreditation", fault.code)
    about = decision.claim_issuer, decision.topic, decision.jurisdiction, decision.instant
    if about != (claim_issuer, claim_type, jurisdiction, now):
        return Check.not_made("accreditation", "decision_about_another_case")
    return Check.passed_if(decision.accredited, "accreditation", str(decision.reason))


def check_account(claim: ClaimFrame, expected: Account | None) -> Check:
    """Whether the claim is bound to the account expected."""
    if expected is None:
        return Check.not_made("account", "no_account_given")
    return Check.passed_if(claim.account == expected, "account", "other_account")
