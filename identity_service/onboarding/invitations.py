"""Invitations as their inviter sees them: who may send one, for what, and that it can be taken back.

The code is not kept. It is a keyed hash of the invitation's id, so its inviter can be shown the address again, and it is found by
the hash of itself, so whoever reads the database can use none.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.issuers.profile import ClaimIssuerNotAccredited, ClaimTypeNotInProfile
from identity_service.access.model import Caller, Role
from identity_service.audit.service import AuditLog
from identity_service.issuance.licences import is_licensed, may_issue
from identity_service.issuance.model import ApplicationOutcome
from identity_service.issuance.service import Issuance
from identity_service.mesh.model import ClaimIssuer
from identity_service.notices.events import OnboardingEvents
from identity_service.onboarding.allowance_model import AskedAllowance
from identity_service.onboarding.allowances import InvitedAllowances, columns_of
from identity_service.onboarding.invitation_model import (
    Invitation,
    InvitationExpired,
    InvitationInvalid,
    InvitationNotPermitted,
    InvitationState,
    InvitationTerms,
    InvitationUnknown,
    InvitationUsed,
    InvitationWithdrawn,
    InviterNotLicensed,
    Progress,
    code_of,
    require_may_invite,
)
from identity_service.onboarding.tables import InvitationRow
from identity_service.storage import new_id

_CODES: Final = "invitation-code"


class CodeVault(Protocol):
    """What this needs of the vault."""

    def keyed_hash(self, purpose: str, value: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitations:
    """Sends invitations, shows their sender how far they are, and takes them back."""

    clock: Clock
    entropy: Entropy
    vault: CodeVault
    issuance: Issuance
    allowances: InvitedAllowances
    events: OnboardingEvents
    audit: AuditLog

    def invite(self, session: Session, terms: InvitationTerms, caller: Caller) -> Invitation:
        """A new invitation of the caller's party; a family office or custodian becomes the intermediary of whoever applies.

        Raises InvitationNotPermitted, InvitationInvalid when an intermediary names no claim issuer, ClaimIssuerUnknown,
        ClaimTypeNotInProfile, ClaimIssuerNotAccredited, InviterNotLicensed for an intermediary, and what
        ``InvitedAllowances.asked`` raises for an allowance.
        """
        inviter, claim_issuer = inviter_of(caller), self._claim_issuer(session, terms, caller)
        self.require_licence(session, caller)
        asked = None if terms.allowance is None else self.allowances.asked(session, terms.allowance, caller)
        row = self.new_row(
            caller,
            inviter_party_id=inviter,
            claim_issuer_id=claim_issuer.id,
            claim_type=terms.claim_type,
            reference=terms.reference,
            lifetime=terms.lifetime,
            asked=asked,
        )
        session.add(row)
        session.flush()
        details = {"claim_issuer": claim_issuer.id, "claim_type": terms.claim_type}
        self.audit.append(session, actor=caller.subject, action="invitation.created", subject=row.id, details=details)
        return self._shown(session, [row])[0]

    def new_row(
        self,
        caller: Caller,
        *,
        inviter_party_id: str,
        claim_issuer_id: str,
        claim_type: str,
        reference: str | None,
        lifetime: timedelta,
        asked: AskedAllowance | None,
        batch: tuple[str, int] | None = None,
    ) -> InvitationRow:
        """A new invitation on checked terms, to be added and written to the audit log by its sender in this room.

        ``batch`` is the batch's id and the row in it.
        """
        invitation_id, now = new_id("inv", self.entropy), self.clock.now()
        return InvitationRow(
            id=invitation_id,
            code_hash=code_hash(self._code(invitation_id)),
            inviter_party_id=inviter_party_id,
            claim_issuer_id=claim_issuer_id,
            claim_type=claim_type,
            intermediary_party_id=None if caller.role is Role.CLAIM_ISSUER else inviter_party_id,
            reference=reference,
            created_at=now,
            expires_at=now + lifetime,
            batch_id=None if batch is None else batch[0],
            batch_row=None if batch is None else batch[1],
            **columns_of(asked),
        )

    def require_licence(self, session: Session, caller: Caller) -> None:
        """Return when the caller's party may invite now. Raises InviterNotLicensed."""
        if not self.may_invite(session, caller):
            raise InviterNotLicensed("your firm holds no live licence claim of an accredited claim issuer: renew it, then invite")

    def may_invite(self, session: Session, caller: Caller) -> bool:
        """Whether the caller's party is licensed to invite now; for a claim issuer its accreditation counts, claim type by type."""
        if caller.role is Role.CLAIM_ISSUER or caller.party_id is None:
            return True
        return is_licensed(self.issuance, session, caller.party_id, self.clock.now())

    def invitation(self, session: Session, invitation_id: str, caller: Caller) -> Invitation:
        """An invitation that the caller's party sent. Raises InvitationUnknown."""
        return self._shown(session, [self._own(session, invitation_id, caller)])[0]

    def invitations(self, session: Session, caller: Caller, *, after: str = "", limit: int = 50) -> list[Invitation]:
        """The invitations that the caller's party sent, by id."""
        rows = session.scalars(
            select(InvitationRow)
            .where(InvitationRow.inviter_party_id == caller.party_id, InvitationRow.id > after)
            .order_by(InvitationRow.id)
            .limit(limit)
        ).all()
        return self._shown(session, rows)

    def newest(self, session: Session, caller: Caller, *, after: str = "", limit: int = 50) -> list[Invitation]:
        """The same, newest first; ``after`` is the id of the last one on the page before."""
        query = select(InvitationRow).where(InvitationRow.inviter_party_id == caller.party_id)
        anchor = session.get(InvitationRow, after) if after else None
        if anchor is not None and anchor.inviter_party_id == caller.party_id:
            at, key = InvitationRow.created_at, InvitationRow.id
            query = query.where(or_(at < anchor.created_at, and_(at == anchor.created_at, key < anchor.id)))
        newest_first = query.order_by(InvitationRow.created_at.desc(), InvitationRow.id.desc()).limit(limit)
        return self._shown(session, session.scalars(newest_first).all())

    def withdraw(self, session: Session, invitation_id: str, caller: Caller) -> Invitation:
        """Take an invitation back that nobody has used.

        Raises InvitationUnknown, InvitationUsed, InvitationExpired, InvitationWithdrawn.
        """
        row = self._own(session, invitation_id, caller, lock=True)
        require_open(row, self.clock.now())
        row.withdrawn_at = self.clock.now()
        self.audit.append(session, actor=caller.subject, action="invitation.withdrawn", subject=row.id, details={})
        return self._shown(session, [row])[0]

    def _claim_issuer(self, session: Session, terms: InvitationTerms, caller: Caller) -> ClaimIssuer:
        require_may_invite(caller.role, terms.claim_type)
        found = self._asked(session, terms.claim_issuer_id, caller)
        if terms.claim_type not in found.claim_types:
            raise ClaimTypeNotInProfile("choose a claim issuer that issues this claim type", pointer="/claim_type")
        if not may_issue(self.issuance, session, found.id, terms.claim_type, self.clock.now()):
            raise ClaimIssuerNotAccredited("no accreditation lets the claim issuer issue this now", pointer="/claim_type")
        return found

    def _asked(self, session: Session, claim_issuer_id: str | None, caller: Caller) -> ClaimIssuer:
        mesh = self.issuance.mesh
        if caller.role is not Role.CLAIM_ISSUER:
            if claim_issuer_id is None:
                raise InvitationInvalid("name the claim issuer that is to decide", pointer="/claim_issuer")
            return mesh.get(session, claim_issuer_id)
        own = mesh.of_party(session, caller.party_id)
        if claim_issuer_id not in (None, own.id):
            raise InvitationNotPermitted("a claim issuer invites to itself", pointer="/claim_issuer")
        return own

    def _own(self, session: Session, invitation_id: str, caller: Caller, *, lock: bool = False) -> InvitationRow:
        row = session.get(InvitationRow, invitation_id, with_for_update=lock)
        if row is None or row.inviter_party_id != caller.party_id:
            raise InvitationUnknown("you sent no invitation with this id")
        return row

    def of_batch(self, session: Session, batch_id: str) -> list[Invitation]:
        """The invitations of a batch, in the order of its rows; whose batch it is, the caller has checked."""
        in_order = (InvitationRow.batch_row, InvitationRow.id)
        return self._shown(session, session.scalars(select(InvitationRow).filter_by(batch_id=batch_id).order_by(*in_order)).all())

    def _shown(self, session: Session, rows: Sequence[InvitationRow]) -> list[Invitation]:
        """Invitations of one inviter."""
        outcomes = outcomes_of(self.issuance, session, rows)
        by_intermediary = [row for row in rows if row.intermediary_party_id is not None][:1]
        licensed = all(inviter_licensed(self.issuance, session, row, self.clock.now()) for row in by_intermediary)
        allowances, events = self.allowances.of_rows(session, rows), self._last_events(session, rows)
        return [
            replace(
                self._invitation(row, outcomes, licensed=licensed or row.intermediary_party_id is None),
                allowance=allowances.get(row.id),
                last_event=events.get(row.id),
            )
            for row in rows
        ]

    def _last_events(self, session: Session, rows: Sequence[InvitationRow]) -> Mapping[str, str]:
        """The code of the newest event about each invitation or the application that it led to, by invitation."""
        subjects = {row.id: [row.id, *([] if row.application_id is None else [row.application_id])] for row in rows}
        newest = self.events.latest(session, [one for named in subjects.values() for one in named])
        found = {row_id: [newest[one] for one in named if one in newest] for row_id, named in subjects.items()}
        return {row_id: max(events, key=lambda one: (one.at, one.id)).code for row_id, events in found.items() if events}

    def _invitation(self, row: InvitationRow, outcomes: Mapping[str, ApplicationOutcome], *, licensed: bool) -> Invitation:
        return Invitation(
            id=row.id,
            code=self._code(row.id),
            claim_issuer_id=row.claim_issuer_id,
            claim_type=row.claim_type,
            intermediary_party_id=row.intermediary_party_id,
            reference=row.reference,
            state=progress_of(row, outcomes, licensed=licensed).state(self.clock.now()),
            application_id=row.application_id,
            created_at=row.created_at,
            expires_at=row.expires_at,
            batch_id=row.batch_id,
            row=row.batch_row,
        )

    def _code(self, invitation_id: str) -> str:
        return code_of(self.vault.keyed_hash(_CODES, invitation_id.encode()))


def code_hash(code: str) -> bytes:
    """Under what a code is found."""
    return hashlib.sha256(code.encode()).digest()


def outcomes_of(issuance: Issuance, session: Session, rows: Sequence[InvitationRow]) -> Mapping[str, ApplicationOutcome]:
    """What became of the applications that these invitations led to, by their ids."""
    return issuance.outcomes(session, [row.application_id for row in rows if row.application_id is not None])


def inviter_licensed(issuance: Issuance, session: Session, row: InvitationRow, instant: datetime) -> bool:
    """Whether the intermediary that sent this may invite at ``instant``; a claim issuer that invites to itself needs no licence."""
    return row.intermediary_party_id is None or is_licensed(issuance, session, row.intermediary_party_id, instant)


def progress_of(row: InvitationRow, outcomes: Mapping[str, ApplicationOutcome], *, licensed: bool = True) -> Progress:
    """What happened to the invitation of a row."""
    outcome = None if row.application_id is None else outcomes[row.application_id]
    return Progress(
        expires_at=row.expires_at,
        seen_at=row.seen_at,
        proved_at=row.proved_at,
        withdrawn_at=row.withdrawn_at,
        application=None if outcome is None else outcome.state,
        claim=None if outcome is None else outcome.claim,
        licensed=licensed,
    )


def require_open(row: InvitationRow, instant: datetime) -> None:
    """Return when somebody may still apply. Raises InvitationUsed, InvitationExpired, InvitationWithdrawn."""
    if row.application_id is not None:
        raise InvitationUsed("somebody has applied with it already; ask its sender for another")
    state = progress_of(row, {}).state(instant)
    if state is InvitationState.WITHDRAWN:
        raise InvitationWithdrawn("its sender took it back; ask for another")
    if state is InvitationState.EXPIRED:
        raise InvitationExpired("its time is over; ask its sender for another")


def inviter_of(caller: Caller) -> str:
    """The party that invites. Raises InvitationNotPermitted for a caller without one."""
    if caller.party_id is None:
        raise InvitationNotPermitted("only a party invites: have this client registered for one")
    return caller.party_id
