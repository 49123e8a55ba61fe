"""Grants: who lets a reader see names of a token's holders, which ones, for what purpose and until when."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.access.model import (
    Caller,
    GrantAlreadyWithdrawn,
    GrantInvalid,
    GrantMissing,
    GrantUnknown,
    Role,
)
from identity_service.access.tables import GrantRow
from identity_service.storage import new_id

PURPOSES: Final = frozenset(
    {
        "shareholder_identification",
        "register_keeping",
        "supervision",
        "dividend_payment",
        "general_meeting",
        "network_settlement",
        "client_service",
    }
)
FIELDS: Final = frozenset({"legal_name", "country", "email"})
LONGEST: Final = timedelta(days=366)
VIEWER_ROLES: Final = frozenset(
    {Role.TOKEN_ISSUER, Role.TRANSFER_AGENT, Role.REGULATOR, Role.NETWORK, Role.FAMILY_OFFICE, Role.CUSTODIAN}
)


class GrantorKind(StrEnum):
    """On what a grant rests."""

    STATUTE = "statute"
    APPOINTMENT = "appointment"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One reader's right. ``threshold`` is in base units of the token: smaller holdings stay without a name."""

    id: str
    token: str
    viewer_party_id: str
    role: Role
    grantor_kind: GrantorKind
    grantor_party_id: str | None
    purposes: frozenset[str]
    legal_basis: str
    case_number: str | None
    threshold: int
    fields: frozenset[str]
    valid_from: datetime
    valid_until: datetime
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        checks = (
            (self.role in VIEWER_ROLES, "/role", "this role reads no names"),
            (bool(self.purposes) and self.purposes <= PURPOSES, "/purposes", f"purposes are among {sorted(PURPOSES)}"),
            (bool(self.fields) and self.fields <= FIELDS, "/fields", f"fields are among {sorted(FIELDS)}"),
            (bool(self.legal_basis.strip()), "/legal_basis", "say on which rule or agreement the grant rests"),
            (self.threshold >= 0, "/threshold", "a threshold is not negative"),
            (self.valid_from < self.valid_until, "/valid_until", "the grant ends before it begins"),
            (self.valid_until - self.valid_from <= LONGEST, "/valid_until", "a grant lasts 366 days at most: give it again then"),
            (
                self.role is not Role.REGULATOR or bool((self.case_number or "").strip()),
                "/case_number",
                "a regulator reads under a case number",
            ),
        )
        for holds, pointer, rule in checks:
            if not holds:
                raise GrantInvalid(rule, pointer=pointer)

    def covers(self, *, purpose: str, instant: datetime) -> bool:
        """Whether the grant is live at ``instant`` and names ``purpose``."""
        withdrawn = self.withdrawn_at is not None and self.withdrawn_at <= instant
        return not withdrawn and self.valid_from <= instant < self.valid_until and purpose in self.purposes


def require_within(appointment: Grant, own: Iterable[Grant]) -> None:
    """Return when an appointed reader gets no more than the token issuer itself may see, and is somebody else.

    ``own`` are the issuer's own live grants for the token. Raises GrantInvalid.
    """
    if appointment.viewer_party_id == appointment.grantor_party_id:
        raise GrantInvalid("an issuer does not appoint itself: its own right rests on a statute", pointer="/viewer")
    if not any(_bounds(one, appointment) for one in own):
        raise GrantInvalid("an appointment needs a live grant of the issuer's own with these fields, this threshold and this end")


def _bounds(own: Grant, passed_on: Grant) -> bool:
    return passed_on.fields <= own.fields and passed_on.threshold >= own.threshold and passed_on.valid_until <= own.valid_until


def authority_of(caller: Caller, *, token_issuer_party_id: str) -> tuple[GrantorKind, str | None]:
    """On what basis ``caller`` may grant: an administrator records a statute, the token's issuer appoints.

    Raises GrantInvalid.
    """
    if caller.role is Role.ADMINISTRATOR:
        return GrantorKind.STATUTE, None
    if caller.role is Role.TOKEN_ISSUER and caller.party_id == token_issuer_party_id:
        return GrantorKind.APPOINTMENT, caller.party_id
    raise GrantInvalid("only the token's issuer appoints readers, and only an administrator records a statute")


@dataclass(frozen=True, slots=True)
class Grants:
    """Keeps grants and finds the one under which a reader acts."""

    clock: Clock
    entropy: Entropy

    def new(self, session: Session, *, granted_by: str, **terms: object) -> Grant:
        """Record a grant; ``terms`` are the fields of Grant but for its id. Raises GrantInvalid."""
        grant = Grant(id=new_id("grt", self.entropy), **terms)  # type: ignore[arg-type]
        if grant.grantor_kind is GrantorKind.APPOINTMENT:
            require_within(grant, self._live_of(session, grant.grantor_party_id, grant.token))
        session.add(_row(grant, granted_by, self.clock.now()))
        session.flush()
        return grant

    def _live_of(self, session: Session, party_id: str | None, token: str) -> list[Grant]:
        now = self.clock.now()
        rows = session.scalars(select(GrantRow).where(GrantRow.viewer_party_id == party_id, GrantRow.token == token))
        return [grant for grant in map(_grant, rows) if any(grant.covers(purpose=one, instant=now) for one in grant.purposes)]

    def live(self, session: Session, caller: Caller, *, token: str, purpose: str) -> Grant:
        """The grant that covers this caller in its role, this token and this purpose now. Raises GrantMissing."""
        now = self.clock.now()
        rows = session.scalars(
            select(GrantRow)
            .where(GrantRow.viewer_party_id == caller.party_id, GrantRow.role == caller.role, GrantRow.token == token)
            .order_by(GrantRow.created_at, GrantRow.id)
        )
        for grant in map(_grant, rows):
            if grant.covers(purpose=purpose, instant=now):
                return grant
        raise GrantMissing("no live grant covers this token and purpose: ask the token issuer for one")

    def held_by(self, session: Session, caller: Caller) -> list[Grant]:
        """The grants under which this caller reads now in its role, in the order in which ``live`` tries them."""
        now = self.clock.now()
        mine = (GrantRow.viewer_party_id == caller.party_id, GrantRow.role == caller.role)
        rows = session.scalars(select(GrantRow).where(*mine, GrantRow.valid_until > now).order_by(GrantRow.created_at, GrantRow.id))
        return [grant for grant in map(_grant, rows) if any(grant.covers(purpose=one, instant=now) for one in grant.purposes)]

    def get(self, session: Session, grant_id: str, caller: Caller) -> Grant:
        """One grant that concerns this caller. Raises GrantUnknown."""
        row = session.get(GrantRow, grant_id)
        if row is None or not (_gave(row, caller) or row.viewer_party_id == caller.party_id):
            raise GrantUnknown("no such grant among those that concern you")
        return _grant(row)

    def seen_by(self, session: Session, caller: Caller, *, after: str = "", limit: int = 100) -> list[Grant]:
        """The grants that concern this caller: all for an administrator, else those it gave or received; by id."""
        query = select(GrantRow).where(GrantRow.id > after).order_by(GrantRow.id).limit(limit)
        if caller.role is not Role.ADMINISTRATOR:
            # "" and not None: a client without a party is concerned by no grant, least of all by those without a grantor's party.
            party_id = caller.party_id or ""
            query = query.where((GrantRow.viewer_party_id == party_id) | (GrantRow.grantor_party_id == party_id))
        return [_grant(row) for row in session.scalars(query)]

    def withdraw(self, session: Session, grant_id: str, caller: Caller) -> Grant:
        """End a grant now; who may: its grantor, or an administrator. Raises GrantUnknown, GrantAlreadyWithdrawn."""
        row = session.get(GrantRow, grant_id, with_for_update=True)
        if row is None or not _gave(row, caller):
            raise GrantUnknown("no such grant among those you gave")
        if row.withdrawn_at is not None:
            raise GrantAlreadyWithdrawn("the grant has ended already")
        row.withdrawn_at = self.clock.now()
        return replace(_grant(row), withdrawn_at=row.withdrawn_at)


def _gave(row: GrantRow, caller: Caller) -> bool:
    """Whether the caller stands where the grantor stood; an administrator does for every grant."""
    return caller.role is Role.ADMINISTRATOR or (caller.party_id is not None and row.grantor_party_id == caller.party_id)


def _row(grant: Grant, granted_by: str, now: datetime) -> GrantRow:
    return GrantRow(
        id=grant.id,
        token=grant.token,
        viewer_party_id=grant.viewer_party_id,
        role=grant.role.value,
        grantor_kind=grant.grantor_kind.value,
        grantor_party_id=grant.grantor_party_id,
        granted_by=granted_by,
        purposes=sorted(grant.purposes),
        legal_basis=grant.legal_basis,
        case_number=grant.case_number,
        threshold=str(grant.threshold),
        fields=sorted(grant.fields),
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        created_at=now,
    )


def _grant(row: GrantRow) -> Grant:
    return Grant(
        id=row.id,
        token=row.token,
        viewer_party_id=row.viewer_party_id,
        role=Role(row.role),
        grantor_kind=GrantorKind(row.grantor_kind),
        grantor_party_id=row.grantor_party_id,
        purposes=frozenset(row.purposes),
        legal_basis=row.legal_basis,
        case_number=row.case_number,
        threshold=int(row.threshold),
        fields=frozenset(row.fields),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        withdrawn_at=row.withdrawn_at,
    )
