"""The claim issuer's desk: what waits there, its decisions, and its own claims. The API and the pages use the same acts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from identity_service.access.model import Caller
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import Application, ApplicationState, ClaimRecord, ClaimState, OwnClaim
from identity_service.issuance.service import Issuance, application_value, claim_record
from identity_service.issuance.tables import ApplicationRow, ClaimRow
from identity_service.mesh.model import ClaimIssuer

NEWEST_FIRST: Final = frozenset({ApplicationState.APPROVED, ApplicationState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decided application; run ``afterwards`` once the decision is committed: it signs what an approval intended."""

    application: Application
    afterwards: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficersDesk:
    """Where a claim issuer's officers work."""

    issuance: Issuance
    forms: Forms

    def of(self, session: Session, caller: Caller) -> ClaimIssuer:
        """The claim issuer at whose desk this caller works. Raises ClaimIssuerUnknown."""
        return self.issuance.mesh.of_party(session, caller.party_id)

    def queue(
        self, session: Session, claim_issuer: ClaimIssuer, *, state: ApplicationState, after: str = "", limit: int = 50
    ) -> list[Application]:
        """The applications in this state: those that wait, longest first; those that were decided, the last to come in first.

        ``after`` is the id of the last one on the page before.
        """
        newest_first = state in NEWEST_FIRST
        query = select(ApplicationRow).where(ApplicationRow.claim_issuer_id == claim_issuer.id, ApplicationRow.state == state.value)
        anchor = session.get(ApplicationRow, after) if after else None
        if anchor is not None and anchor.claim_issuer_id == claim_issuer.id:
            query = query.where(_behind(anchor, newest_first=newest_first))
        order = (ApplicationRow.submitted_at, ApplicationRow.id)
        query = query.order_by(*(column.desc() if newest_first else column for column in order)).limit(limit)
        return [application_value(row) for row in session.scalars(query)]

    def waiting(self, session: Session, claim_issuer: ClaimIssuer) -> int:
        """How many applications wait for a decision."""
        counted = select(func.count()).select_from(ApplicationRow)
        mine = counted.where(
            ApplicationRow.claim_issuer_id == claim_issuer.id, ApplicationRow.state == ApplicationState.SUBMITTED.value
        )
        return session.scalar(mine) or 0

    def approve(
        self, session: Session, application_id: str, claim_issuer: ClaimIssuer, *, valid_for: timedelta, caller: Caller
    ) -> Decided:
        """Approve and intend the claim's credential. Raises what ``Issuance.approve`` raises."""
        approved = self.issuance.approve(session, application_id, claim_issuer, valid_for=valid_for, caller=caller)
        form_id = approved.form_id
        assert form_id is not None  # noqa: S101 - an approval intends a form
        self.forms.watch(session, form_id)
        return Decided(application=approved.application, afterwards=lambda: self.forms.complete(form_id, actor=caller.subject))

    def reject(self, session: Session, application_id: str, claim_issuer: ClaimIssuer, *, reason: str, caller: Caller) -> Decided:
        """Reject with a reason code. Raises ApplicationUnknown, OwnApplication, ApplicationAlreadyDecided."""
        rejected = self.issuance.reject(session, application_id, claim_issuer, reason=reason, caller=caller)
        return Decided(application=rejected.application)

    def issued(self, session: Session, claim_id: str, caller: Caller) -> ClaimRecord:
        """A claim that the caller's own claim issuer issued. Raises ClaimUnknown."""
        return self.issuance.claim_issued_by(session, claim_id, caller)

    def to_carry(self, session: Session, claim_id: str, caller: Caller) -> ClaimRecord:
        """The same, for whoever is to bring it onto a chain. Raises ClaimUnknown, OwnClaim."""
        record = self.issued(session, claim_id, caller)
        if self.issuance.concerns(session, record.party_id, caller):
            raise OwnClaim("let somebody do this who is not the holder and does not act for it")
        return record

    def claims(self, session: Session, claim_issuer: ClaimIssuer, *, after: str = "", limit: int = 50) -> list[ClaimRecord]:
        """The claim issuer's claims, newest first; ``after`` is the id of the last one on the page before."""
        query = select(ClaimRow).where(ClaimRow.claim_issuer_id == claim_issuer.id)
        anchor = session.get(ClaimRow, after) if after else None
        if anchor is not None and anchor.claim_issuer_id == claim_issuer.id:
            earlier = and_(ClaimRow.created_at == anchor.created_at, ClaimRow.id < anchor.id)
            query = query.where(or_(ClaimRow.created_at < anchor.created_at, earlier))
        query = query.order_by(ClaimRow.created_at.desc(), ClaimRow.id.desc()).limit(limit)
        return [claim_record(row) for row in session.scalars(query)]

    def live_claims(self, session: Session, claim_issuer_id: str, instant: datetime) -> int:
        """How many claims of a claim issuer are live: what falls with its accreditation."""
        counted = (
            select(func.count())
            .select_from(ClaimRow)
            .where(
                ClaimRow.claim_issuer_id == claim_issuer_id,
                ClaimRow.state == ClaimState.ISSUED.value,
                ClaimRow.revoked_at.is_(None),
                ClaimRow.valid_from <= instant,
                ClaimRow.valid_until > instant,
            )
        )
        return session.scalar(counted) or 0


def _behind(anchor: ApplicationRow, *, newest_first: bool) -> ColumnElement[bool]:
    at, key = ApplicationRow.submitted_at, ApplicationRow.id
    if newest_first:
        return or_(at < anchor.submitted_at, and_(at == anchor.submitted_at, key < anchor.id))
    return or_(at > anchor.submitted_at, and_(at == anchor.submitted_at, key > anchor.id))
