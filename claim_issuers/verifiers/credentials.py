"""Verifies a ``vc+jwt``: signature and form, validity, status, accreditation, account; each reported.

>>> from datetime import UTC
>>> instant = datetime(2026, 1, 1, tzinfo=UTC)
>>> unreadable = verify_vc_jwt("x", keys=lambda issuer, kid: {}[kid], instant=instant)
>>> [str(check.outcome) for check in unreadable.checks]
['failed', 'not_checked', 'not_checked', 'not_checked', 'not_checked']
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from claim_issuers.claims.claim import Claim
from claim_issuers.clock import aware
from claim_issuers.errors import DomainError, Refused, Unavailable
from claim_issuers.formats import vc_jwt
from claim_issuers.identifiers.accounts import Account
from claim_issuers.status.array import Status
from claim_issuers.trust.accreditation import PathDecision
from claim_issuers.verifiers.checks import Check, Outcome, Verification

StatusLookup = Callable[[str, int], int]
"""Gives the present status at a list's URI and index; raises a domain error when it cannot tell."""

AccreditationLookup = Callable[[str, str], PathDecision]
"""Gives the decision for a claim issuer's DID and a claim type's name at the instant of the verification."""

_STATUS_REASONS = {int(Status.INVALID): "claim_revoked", int(Status.SUSPENDED): "claim_suspended"}
_LATER_CHECKS = ("validity", "status", "accreditation", "account")


def verify_vc_jwt(
    token: str,
    *,
    keys: vc_jwt.IssuerKeys,
    instant: datetime,
    leeway: timedelta = timedelta(),
    status: StatusLookup | None = None,
    accreditation: AccreditationLookup | None = None,
    account: Account | None = None,
) -> Verification:
    """Every check of the credential at ``instant``, in the order signature, validity, status, accreditation, account.

    A question the caller cannot answer (None, or a look-up that raises Unavailable) is reported as not checked, and then the
    verification is not ok. Says nothing about who presents the credential: that is holder binding. Raises NaiveInstant, and
    nothing for any token.
    """
    now = aware(instant)
    try:
        claim = vc_jwt.decode(token, keys=keys)
    except Refused as fault:
        return _unread(Check("signature", Outcome.FAILED, fault.code))
    except DomainError as fault:
        return _unread(Check("signature", Outcome.NOT_CHECKED, fault.code))
    checks = (
        Check("signature", Outcome.PASSED),
        _validity(claim, now, leeway),
        _status(claim, status),
        _accreditation(claim, accreditation, now),
        _account(claim, account),
    )
    return Verification(checks=checks, claim=claim)


def _unread(first: Check) -> Verification:
    later = tuple(Check(code, Outcome.NOT_CHECKED, "claim_not_read") for code in _LATER_CHECKS)
    return Verification(checks=(first, *later), claim=None)


def _validity(claim: Claim, now: datetime, leeway: timedelta) -> Check:
    if now >= claim.validity.valid_until + leeway:
        return Check("validity", Outcome.FAILED, "claim_expired")
    if now < claim.validity.valid_from - leeway:
        return Check("validity", Outcome.FAILED, "claim_not_yet_valid")
    return Check("validity", Outcome.PASSED)


def _status(claim: Claim, lookup: StatusLookup | None) -> Check:
    if lookup is None:
        return Check("status", Outcome.NOT_CHECKED, "no_status_source")
    try:
        value = lookup(claim.status_list_uri, claim.status_list_index)
    except DomainError as fault:
        outcome = Outcome.NOT_CHECKED if isinstance(fault, Unavailable) else Outcome.FAILED
        return Check("status", outcome, fault.code)
    if value == Status.VALID:
        return Check("status", Outcome.PASSED)
    return Check("status", Outcome.FAILED, _STATUS_REASONS.get(value, "claim_status_unknown"))


def _accreditation(claim: Claim, lookup: AccreditationLookup | None, now: datetime) -> Check:
    if lookup is None:
        return Check("accreditation", Outcome.NOT_CHECKED, "no_accreditation_source")
    try:
        decision = lookup(claim.claim_issuer, claim.claim_type.name)
    except DomainError as fault:
        return Check("accreditation", Outcome.NOT_CHECKED, fault.code)
    about = (decision.claim_issuer, decision.topic, decision.instant)
    if about != (claim.claim_issuer, claim.claim_type.name, now):
        return Check("accreditation", Outcome.NOT_CHECKED, "decision_about_another_case")
    if decision.accredited:
        return Check("accreditation", Outcome.PASSED)
    return Check("accreditation", Outcome.FAILED, str(decision.reason))


def _account(claim: Claim, expected: Account | None) -> Check:
    if expected is None:
        return Check("account", Outcome.NOT_CHECKED, "no_account_given")
    if claim.account == expected:
        return Check("account", Outcome.PASSED)
    return Check("account", Outcome.FAILED, "other_account")
