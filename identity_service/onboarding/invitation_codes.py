"""Invitations as whoever holds the code sees them: what is asked and by whom, how far it is, and applying on its terms, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.claims.vocabulary import json_schema
from claim_issuers.clock import Clock
from claim_issuers.errors import Conflict
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProof
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import Application, ApplicationRequest, ApplicationUnknown
from identity_service.issuance.service import Issuance
from identity_service.onboarding.allowances import InvitedAllowances, VisitorsAllowance
from identity_service.onboarding.invitation_model import (
    InvitationNotPermitted,
    InvitationUnknown,
    InvitedApplication,
    InviterNotLicensed,
    Landing,
    PublicState,
    seconds_left,
)
from identity_service.onboarding.invitations import code_hash, inviter_licensed, outcomes_of, progress_of, require_open
from identity_service.onboarding.tables import InvitationRow
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate, RelationInvalid

_ANYBODY: Final = Caller(subject="anybody", scopes=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationCodes:
    """Opens and redeems invitations. ``public_url`` is the address under which ours are opened."""

    clock: Clock
    issuance: Issuance
    allowances: InvitedAllowances
    disclosures: Disclosures
    audit: AuditLog
    public_url: str

    def address(self, code: str) -> str:
        """The address that the QR code holds."""
        return f"{self.public_url}/i/{code}"

    def qr_address(self, code: str) -> str:
        """Where the API serves the QR code of ``address``."""
        return f"{self.public_url}/v1/invitation-codes/{code}/qr.svg"

    def landing(self, session: Session, code: str) -> Landing:
        """What the invitation says; nobody's name but that of the firm that sent it. Raises InvitationUnknown."""
        row = self._found(session, code)
        claim_issuer = self.issuance.mesh.get(session, row.claim_issuer_id)
        told = self._told(session, row)
        return Landing(
            id=row.id,
            state=told.state,
            claim_issuer_id=claim_issuer.id,
            claim_issuer_name=claim_issuer.name,
            claim_issuer_did=claim_issuer.did,
            claim_type=row.claim_type,
            inviter_name=self._inviter_name(session, row),
            as_client_of_inviter=row.intermediary_party_id is not None,
            attributes=json_schema(row.claim_type),
            expires_at=row.expires_at,
            seconds_left=told.seconds_left,
        )

    def state(self, session: Session, code: str) -> PublicState:
        """How far the invitation is: no name, no account. Raises InvitationUnknown."""
        return self._told(session, self._found(session, code))

    def note_seen(self, session: Session, code: str) -> None:
        """Somebody opened the address; a second time, or too late, this changes nothing. Raises InvitationUnknown."""
        self._note(session, code, _see)

    def note_proved(self, session: Session, code: str) -> None:
        """Somebody who came through the address proved an account; whose is not kept. Raises InvitationUnknown."""
        self._note(session, code, _prove)

    def application_by(self, session: Session, code: str, account: Account) -> Application | None:
        """The application that ``account`` sent with this invitation, or None. Raises InvitationUnknown."""
        row = self._found(session, code)
        if row.application_id is None:
            return None
        try:
            return self.issuance.application_of(session, row.application_id, account)
        except ApplicationUnknown:
            return None

    def allowance(self, session: Session, code: str, account: Account) -> VisitorsAllowance:
        """What the invitation asks ``account`` to let its sender move, and how that stands.

        Raises InvitationUnknown, and AllowanceNotAsked where there is nothing to ask of this account.
        """
        return self.allowances.of_visitor(session, self._found(session, code), account)

    def redeem(self, session: Session, code: str, wanted: InvitedApplication, proof: AccountProof) -> Application:
        """Apply on the invitation's terms and use it up, in one transaction: of two that race, one applies.

        Raises InvitationUnknown, InvitationUsed, InvitationExpired, InvitationWithdrawn, InviterNotLicensed, what
        ``Issuance.apply`` raises, and InvitationNotPermitted when an intermediary would become its own client.
        """
        row = self._found(session, code, lock=True)
        self._require_usable(session, row)
        try:
            application = self.issuance.apply(session, _request(row, wanted), proof)
        except RelationInvalid as error:
            raise InvitationNotPermitted("nobody is a client of their own: apply without an invitation") from error
        row.application_id = application.id
        session.flush()
        details = {"application": application.id}
        self.audit.append(session, actor=str(proof.account), action="invitation.applied", subject=row.id, details=details)
        return application

    def _note(self, session: Session, code: str, mark: Callable[[InvitationRow, datetime], None]) -> None:
        row = self._found(session, code, lock=True)
        try:
            self._require_usable(session, row)
        except Conflict:
            return
        mark(row, self.clock.now())

    def _require_usable(self, session: Session, row: InvitationRow) -> None:
        require_open(row, self.clock.now())
        if not inviter_licensed(self.issuance, session, row, self.clock.now()):
            raise InviterNotLicensed("the licence of whoever sent it has lapsed: it cannot be used now; ask its sender")

    def _found(self, session: Session, code: str, *, lock: bool = False) -> InvitationRow:
        query = select(InvitationRow).where(InvitationRow.code_hash == code_hash(code))
        row = session.scalars(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise InvitationUnknown("no invitation has this code: check that the address is whole")
        return row

    def _told(self, session: Session, row: InvitationRow) -> PublicState:
        instant = self.clock.now()
        used = row.application_id is not None
        licensed = used or inviter_licensed(self.issuance, session, row, instant)
        progress = progress_of(row, outcomes_of(self.issuance, session, [row]), licensed=licensed)
        state = progress.state(instant).told_to_anybody
        return PublicState(state=state, expires_at=row.expires_at, seconds_left=seconds_left(state, row.expires_at, instant))

    def _inviter_name(self, session: Session, row: InvitationRow) -> str:
        opened = self.disclosures.open(
            session,
            caller=_ANYBODY,
            basis=Basis.of_invitation(row.id, inviter_party_id=row.inviter_party_id),
            candidates=[Candidate(party_id=row.inviter_party_id, quantity=0, is_intermediary=False)],
        )
        return opened[row.inviter_party_id]["legal_name"]


def _see(row: InvitationRow, instant: datetime) -> None:
    row.seen_at = row.seen_at or instant


def _prove(row: InvitationRow, instant: datetime) -> None:
    row.proved_at = row.proved_at or instant


def _request(row: InvitationRow, wanted: InvitedApplication) -> ApplicationRequest:
    return ApplicationRequest(
        claim_issuer_id=row.claim_issuer_id,
        claim_type=row.claim_type,
        attributes=wanted.attributes,
        party_kind=wanted.party_kind,
        party=wanted.party,
        capacity=wanted.capacity,
        intermediary_party_id=row.intermediary_party_id,
        intermediary_confirmed=row.intermediary_party_id is not None,
    )
