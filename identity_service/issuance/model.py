"""Applications, claims and forms as values, and the errors of this room. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from claim_issuers.claims.claim import Validity
from claim_issuers.claims.vocabulary import claim_type
from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account, Address

VC_JWT: Final = "vc+jwt"
SD_JWT_VC: Final = "dc+sd-jwt"
ERC735: Final = "erc735"


class ApplicationUnknown(NotFound):
    """No application has this id, or none that this caller may see."""

    code = "application_unknown"


class ApplicationAlreadyDecided(Conflict):
    """The application was approved or rejected before."""

    code = "application_already_decided"


class AccountNoLongerLinked(Conflict):
    """The party has unlinked or lost the account that was to get the claim, so nothing more is issued to it."""

    code = "account_no_longer_linked"


class ApplicationPending(Conflict):
    """The applicant's earlier application to this claim issuer for this claim type waits for a decision."""

    code = "application_pending"


class OwnApplication(NotPermitted):
    """Nobody decides their own application, nor that of the firm for which they act."""

    code = "own_application"


class OwnClaim(NotPermitted):
    """Nobody brings their own claim onto a chain as its claim issuer; revoking it is allowed."""

    code = "own_claim"


class AccreditedNotApplicant(InvalidInput):
    """An application for an accreditation names a claim issuer that is not the applicant: leave the name out, or give your own."""

    code = "accredited_not_applicant"


class ApplicantDataMissing(InvalidInput):
    """The account is new here, so the application must say who applies."""

    code = "applicant_data_missing"


class ClaimUnknown(NotFound):
    """No claim has this id, or none that this caller may see."""

    code = "claim_unknown"


class ClaimNotLive(Conflict):
    """The claim is revoked, expired or not issued yet, so it gets no further form."""

    code = "claim_not_live"


class FormUnknown(NotFound):
    """The claim has no such form, or it is not signed yet."""

    code = "form_unknown"


class FormAlreadyLive(Conflict):
    """This claim issuer has a live on-chain claim for this topic and identity contract already."""

    code = "form_already_live"


class IdentityContractMissing(Conflict):
    """The account has no identity contract yet."""

    code = "identity_contract_missing"


class IdentityContractUntrusted(Conflict):
    """No trusted identity factory names this identity contract for the account: it may be a decoy."""

    code = "identity_contract_untrusted"


class StatusListUnknown(NotFound):
    """No status list has this id."""

    code = "status_list_unknown"


class ApplicationState(StrEnum):
    """How far an application is."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class ClaimState(StrEnum):
    """What we last did to a claim; whether it has expired is told by its validity."""

    ISSUING = "issuing"
    ISSUED = "issued"
    REVOKED = "revoked"


class FormState(StrEnum):
    """How far a form is: intended before it is signed, signed once it is stored."""

    INTENDED = "intended"
    SIGNED = "signed"


class Liveness(StrEnum):
    """What a claim is at one instant."""

    LIVE = "live"
    NOT_ISSUED = "not_issued"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ACCOUNT_UNLINKED = "account_unlinked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecord:
    """What the service knows of a claim, without its personal attributes."""

    id: str
    party_id: str
    account: Account
    claim_issuer_id: str
    claim_type: str
    validity: Validity
    state: ClaimState
    issued_at: datetime | None
    revoked_at: datetime | None
    status_list_id: str
    status_index: int
    account_unlinked_at: datetime | None = None

    def liveness(self, instant: datetime) -> Liveness:
        """What the claim is at ``instant``; a revocation hides every other reason."""
        if self.revoked_at is not None and self.revoked_at <= instant:
            return Liveness.REVOKED
        if self.account_unlinked_at is not None and self.account_unlinked_at <= instant:
            return Liveness.ACCOUNT_UNLINKED
        if self.issued_at is None or self.issued_at > instant:
            return Liveness.NOT_ISSUED
        if instant < self.validity.valid_from:
            return Liveness.NOT_YET_VALID
        return Liveness.LIVE if self.validity.contains(instant) else Liveness.EXPIRED

    @property
    def is_intermediary(self) -> bool:
        return claim_type(self.claim_type).is_intermediary


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A request for a claim, as the claim issuer's desk sees it; names come through the one door.

    ``intermediary_confirmed`` says that the intermediary itself invited the applicant; otherwise it is the applicant's word alone.
    """

    id: str
    party_id: str
    account: Account
    claim_issuer_id: str
    claim_type: str
    intermediary_party_id: str | None
    intermediary_confirmed: bool
    state: ApplicationState
    reason: str | None
    claim_id: str | None
    submitted_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationOutcome:
    """What became of an application, and of the claim that it led to, if any."""

    state: ApplicationState
    claim: Liveness | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """One form of a claim. The erc735 members are set for that format only."""

    id: str
    claim_id: str
    format: str
    state: FormState
    topic: int | None = None
    issuer_contract: Address | None = None
    identity_contract: Address | None = None
    data: bytes | None = None
    signature: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRequest:
    """What an applicant asks for; ``party`` is needed from an account that is new here.

    ``intermediary_confirmed`` is for whoever redeems an intermediary's own invitation, and for nobody else.
    """

    claim_issuer_id: str
    claim_type: str
    attributes: Mapping[str, Any]
    party_kind: str | None
    party: Mapping[str, str] | None
    capacity: str
    intermediary_party_id: str | None
    intermediary_confirmed: bool = False
