"""What the checks of an order rest on, as values: the same whether a service looked it up or documents prove it.

>>> Evidence(claims=()).contract_accepts is None
True
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from claim_issuers.claims.attributes import FamilyOffice, LicensedIntermediary
from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import ClaimType
from claim_issuers.errors import DomainError, Unavailable
from claim_issuers.formats import vc_jwt
from claim_issuers.formats.credential import IssuerKeys
from claim_issuers.identifiers.accounts import Account
from claim_issuers.status.array import Status
from claim_issuers.trust.accreditation import PathDecision
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, jurisdiction_of
from claim_issuers.verifiers.credentials import AccreditationLookup, StatusLookup


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediaryClaim:
    """One claim about the signing account, as somebody holds it.

    ``status`` is its status now, ``status_at_signing`` what is known of it when the order was issued; None is "not known".
    ``revoked_at`` says it exactly where that is known. ``jurisdiction`` is the place of its licence, ``accreditation`` the decision
    about its claim issuer there, None when nobody could be asked. ``signatories`` are the accounts it attests.
    """

    id: str
    claim_type: ClaimType
    claim_issuer: str
    account: Account
    jurisdiction: ClaimJurisdiction
    validity: Validity
    status: int | None
    revoked_at: datetime | None = None
    status_at_signing: int | None = None
    signatories: frozenset[str] = field(default_factory=frozenset)
    accreditation: PathDecision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything an order's verification needs besides the order.

    ``claims`` None means that nobody could be asked about claims. ``contract_accepts`` is what the wallet contract answered
    about the signature (ERC-1271), None when the account is no contract.
    """

    claims: tuple[IntermediaryClaim, ...] | None
    contract_accepts: bool | None = None


def evidence_of_documents(
    credentials: Sequence[str],
    *,
    keys: IssuerKeys,
    status: StatusLookup | None = None,
    status_at_signing: StatusLookup | None = None,
    accreditation: AccreditationLookup | None = None,
    contract_accepts: bool | None = None,
) -> Evidence:
    """Evidence from documents alone: the intermediary's ``vc+jwt`` credentials, and look-ups in whatever the caller holds.

    ``status`` reads present status lists, ``status_at_signing`` lists from the time of the order's signature. A status list has
    no time of revocation: without the earlier list a revoked claim counts as revoked before the order. A credential that is no
    claim (forged, malformed) is no evidence and is left out; one whose issuer's keys cannot be had makes ``claims`` None.
    """
    claims: list[IntermediaryClaim] = []
    for credential in credentials:
        try:
            claim = vc_jwt.decode(credential, keys=keys)
        except Unavailable:
            return Evidence(claims=None, contract_accepts=contract_accepts)
        except DomainError:
            continue
        claims.append(
            IntermediaryClaim(
                id=claim.id,
                claim_type=claim.claim_type,
                claim_issuer=claim.claim_issuer,
                account=claim.account,
                jurisdiction=jurisdiction_of(claim.attributes),
                validity=claim.validity,
                status=_asked_status(claim, status),
                status_at_signing=_asked_status(claim, status_at_signing),
                signatories=attested_signatories(claim),
                accreditation=_asked_accreditation(claim, accreditation),
            )
        )
    return Evidence(claims=tuple(claims), contract_accepts=contract_accepts)


def attested_signatories(claim: Claim) -> frozenset[str]:
    """The did:pkh of everybody whom a claim names as authorised signatory."""
    attributes = claim.attributes
    named = attributes.authorised_signatories if isinstance(attributes, FamilyOffice | LicensedIntermediary) else None
    return frozenset(named or ())


def live_status(revoked_at: datetime | None) -> int:
    """The status of a claim of which a record says when it was revoked."""
    return int(Status.VALID if revoked_at is None else Status.INVALID)


def _asked_status(claim: Claim, lookup: StatusLookup | None) -> int | None:
    try:
        return None if lookup is None else lookup(claim.status_list_uri, claim.status_list_index)
    except DomainError:
        return None


def _asked_accreditation(claim: Claim, lookup: AccreditationLookup | None) -> PathDecision | None:
    try:
        return None if lookup is None else lookup(claim.claim_issuer, claim.claim_type.name, jurisdiction_of(claim.attributes))
    except DomainError:
        return None
