"""Verifies a ``vc+jwt``: token, signature, credential, validity, status, accreditation, account; each reported.

>>> from datetime import UTC
>>> instant = datetime(2026, 1, 1, tzinfo=UTC)
>>> unreadable = verify_vc_jwt("x", keys=lambda issuer, kid: {}[kid], instant=instant)
>>> unreadable.ok, unreadable.check("form").reason, str(unreadable.check("status").outcome)
(False, 'malformed_token', 'not_checked')
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from claim_issuers.claims.claim import Claim
from claim_issuers.clock import aware
from claim_issuers.errors import DomainError
from claim_issuers.formats import jose, vc_jwt
from claim_issuers.formats.credential import IssuerKeys
from claim_issuers.identifiers.accounts import Account
from claim_issuers.verifiers.checks import Check, Verification
from claim_issuers.verifiers.claim_checks import (
    CLAIM_CHECKS,
    AccreditationLookup,
    Circumstances,
    StatusLookup,
)
from claim_issuers.verifiers.token_checks import checks_of_token, not_read, read_token

__all__ = ["AccreditationLookup", "StatusLookup", "verify_vc_jwt"]


def verify_vc_jwt(
    token: str,
    *,
    keys: IssuerKeys,
    instant: datetime,
    leeway: timedelta = timedelta(),
    algorithms: Collection[str] = jose.ALGORITHMS,
    status: StatusLookup | None = None,
    accreditation: AccreditationLookup | None = None,
    account: Account | None = None,
) -> Verification:
    """Every check of the credential at ``instant``, each made even where another failed; ``claim`` once the signature held.

    In order: form, typ, algorithm, header, key, signature, credential, validity, status, accreditation, account. A question the
    caller cannot answer (None, or a look-up that raises Unavailable) is reported as not checked, and then the verification is
    not ok; status and accreditation, which must reach the claim's jurisdiction, are only asked about a claim whose signature
    held. Says nothing about who presents the credential: that is holder binding. Raises NaiveInstant, and nothing for any token.
    """
    circumstances = Circumstances(
        instant=aware(instant), leeway=leeway, status=status, accreditation=accreditation, account=account
    )
    read, checks = read_token(token)
    if read is None:
        return Verification(checks=(*checks, *not_read(("credential", *CLAIM_CHECKS), "token_not_read")), claim=None)
    faults = jose.examine(read, keys=lambda kid: keys(vc_jwt.issuer_of(read.payload), kid), algorithms=algorithms, typ=vc_jwt.TYP)
    claim, credential = _credential(read)
    genuine = faults.first() is None
    return Verification(
        checks=(*checks, *checks_of_token(faults), credential, *circumstances.checks_of(claim, genuine=genuine)),
        claim=claim if genuine else None,
    )


def _credential(read: jose.ReadToken) -> tuple[Claim | None, Check]:
    try:
        claim = vc_jwt.claim_of_token(jose.VerifiedToken(read.header, read.payload))
    except DomainError as fault:
        return None, Check.of_fault("credential", fault)
    return claim, Check.of_fault("credential", None)
