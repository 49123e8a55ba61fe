"""Invitations as values: how far one is, what it asks, and its errors. No I/O.

>>> from datetime import UTC, datetime, timedelta
>>> made = datetime(2026, 1, 1, tzinfo=UTC)
>>> progress = Progress(expires_at=made + timedelta(days=7), seen_at=made)
>>> progress.state(made), progress.state(made + timedelta(days=7))
(<InvitationState.SEEN: 'seen'>, <InvitationState.EXPIRED: 'expired'>)
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unavailable
from identity_service.access.model import Role
from identity_service.issuance.model import ApplicationState, Liveness
from identity_service.onboarding.allowance_model import FollowedAllowance, WantedAllowance

DEFAULT_LIFETIME: Final = timedelta(days=7)
LONGEST_LIFETIME: Final = timedelta(days=30)
REFERENCE: Final = r"^[A-Za-z0-9._-]{1,64}$"
CLIENTS_CLAIM_TYPE: Final = "INVESTOR"
"""What an intermediary invites its clients for; it has no say about other firms' claims."""

_CODE_BYTES: Final = 16
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class InvitationUnknown(NotFound):
    """No invitation has this code or id, or none that this caller may see."""

    code = "invitation_unknown"


class InvitationUsed(Conflict):
    """Somebody has applied with this invitation; it works once."""

    code = "invitation_used"


class InvitationExpired(Conflict):
    """The invitation's time is over."""

    code = "invitation_expired"


class InvitationWithdrawn(Conflict):
    """Whoever sent the invitation took it back."""

    code = "invitation_withdrawn"


class InviterNotLicensed(Conflict):
    """The intermediary that invites holds no live claim of an accredited claim issuer that it is one."""

    code = "inviter_not_licensed"


class InvitationInvalid(InvalidInput):
    """The terms of the invitation break a rule: its claim issuer, claim type, reference or lifetime."""

    code = "invitation_invalid"


class InvitationNotPermitted(NotPermitted):
    """This caller does not invite, or not for this claim type or claim issuer."""

    code = "invitation_not_permitted"


class InvitationAddressTooLong(Unavailable):
    """The public address is so long that an invitation's QR code would be too fine to scan."""

    code = "invitation_address_too_long"


class InvitationState(StrEnum):
    """How far an invitation is. The first four come in this order, and none comes back.

    Lapsed is an open one while its inviter is not licensed; with a new licence it is open again.
    """

    OPEN = "open"
    SEEN = "seen"
    PROVED = "proved"
    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"
    ISSUED = "issued"
    CLAIM_EXPIRED = "claim_expired"
    CLAIM_REVOKED = "claim_revoked"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def is_open(self) -> bool:
        """Whether somebody may still apply."""
        return self in (InvitationState.OPEN, InvitationState.SEEN, InvitationState.PROVED)

    @property
    def told_to_anybody(self) -> "InvitationState":
        """The state for whoever has the code alone: what becomes of a claim later is no business of theirs."""
        later = (InvitationState.CLAIM_EXPIRED, InvitationState.CLAIM_REVOKED)
        return InvitationState.ISSUED if self in later else self


_OF_APPLICATION: Final[Mapping[ApplicationState, InvitationState]] = {
    ApplicationState.SUBMITTED: InvitationState.APPLIED,
    ApplicationState.APPROVED: InvitationState.APPROVED,
    ApplicationState.REJECTED: InvitationState.REJECTED,
}
_OF_CLAIM: Final[Mapping[Liveness, InvitationState]] = {
    Liveness.NOT_ISSUED: InvitationState.APPROVED,
    Liveness.NOT_YET_VALID: InvitationState.ISSUED,
    Liveness.LIVE: InvitationState.ISSUED,
    Liveness.EXPIRED: InvitationState.CLAIM_EXPIRED,
    Liveness.REVOKED: InvitationState.CLAIM_REVOKED,
    Liveness.ACCOUNT_UNLINKED: InvitationState.CLAIM_REVOKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What happened to an invitation, each with its instant; ``application`` and ``claim`` once somebody has applied.

    ``licensed`` says whether its inviter may invite now.
    """

    expires_at: datetime
    seen_at: datetime | None = None
    proved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    application: ApplicationState | None = None
    claim: Liveness | None = None
    licensed: bool = True

    def state(self, instant: datetime) -> InvitationState:
        """How far the invitation is at ``instant``: an application outlives expiry, and nothing outlives a withdrawal."""
        if self.application is not None:
            return _OF_APPLICATION[self.application] if self.claim is None else _OF_CLAIM[self.claim]
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        if self.expires_at <= instant:
            return InvitationState.EXPIRED
        if not self.licensed:
            return InvitationState.LAPSED
        if self.proved_at is not None:
            return InvitationState.PROVED
        return InvitationState.OPEN if self.seen_at is None else InvitationState.SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationTerms:
    """What an inviter asks for; ``reference`` is the inviter's own word for whom it invites, and no name.

    ``allowance`` is what an intermediary asks its client to let it move; the client may decline.
    """

    claim_type: str
    claim_issuer_id: str | None = None
    reference: str | None = None
    lifetime: timedelta = DEFAULT_LIFETIME
    allowance: WantedAllowance | None = None

    def __post_init__(self) -> None:
        if self.reference is not None and not _REFERENCE.fullmatch(self.reference):
            raise InvitationInvalid("a reference is 1 to 64 of A-Z a-z 0-9 . _ -", pointer="/reference")
        if not timedelta(seconds=1) <= self.lifetime <= LONGEST_LIFETIME:
            raise InvitationInvalid("an invitation lives 30 days at most", pointer="/expires_in_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as its inviter sees it. ``code`` opens it to anybody: it goes into the address and nowhere else.

    ``allowance`` says how the one that it asks for stands; ``batch_id`` and ``row`` where it was sent among others; ``last_event``
    is the code of the last thing that happened to the onboarding it began.
    """

    id: str
    code: str
    claim_issuer_id: str
    claim_type: str
    intermediary_party_id: str | None
    reference: str | None
    state: InvitationState
    application_id: str | None
    created_at: datetime
    expires_at: datetime
    allowance: FollowedAllowance | None = None
    batch_id: str | None = None
    row: int | None = None
    last_event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What an invitation says to whoever holds its code: who asks, for what, until when.

    ``inviter_name`` is the legal name of the firm that sent it; ``as_client_of_inviter`` says that it is the intermediary whose
    client the applicant becomes. ``attributes`` is the JSON Schema (2020-12) of what will be asked.
    """

    id: str
    state: InvitationState
    claim_issuer_id: str
    claim_issuer_name: str
    claim_issuer_did: str
    claim_type: str
    inviter_name: str
    as_client_of_inviter: bool
    attributes: Mapping[str, Any]
    expires_at: datetime
    seconds_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedApplication:
    """What the invited say; claim issuer, claim type and intermediary are the invitation's and cannot be chosen.

    ``party`` and ``party_kind`` say who applies, from an account that is new here.
    """

    attributes: Mapping[str, Any]
    party_kind: str | None = None
    party: Mapping[str, str] | None = None
    capacity: str = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicState:
    """What the holder of a code may poll: no name, no account. ``seconds_left`` is 0 once nobody can apply any more."""

    state: InvitationState
    expires_at: datetime
    seconds_left: int


def code_of(keyed_hash: bytes) -> str:
    """The code in an invitation's address: 26 base-32 characters, lower case, that hold 128 bits of a keyed hash of its id."""
    return base64.b32encode(keyed_hash[:_CODE_BYTES]).decode().rstrip("=").lower()


def require_may_invite(role: Role | None, claim_type: str) -> None:
    """Return when this role invites for this claim type. Raises InvitationNotPermitted."""
    if role is Role.CLAIM_ISSUER or (role in (Role.FAMILY_OFFICE, Role.CUSTODIAN) and claim_type == CLIENTS_CLAIM_TYPE):
        return
    raise InvitationNotPermitted(
        f"claim issuers invite for what they issue; family offices and custodians invite clients, for {CLIENTS_CLAIM_TYPE}",
        pointer="/claim_type",
    )


def seconds_left(state: InvitationState, expires_at: datetime, instant: datetime) -> int:
    """Whole seconds in which somebody may still apply."""
    return max(0, int((expires_at - instant).total_seconds())) if state.is_open else 0
