"""Revocation: once, monotonic, in force before the call returns, and carried to every place by a job with a receipt.

On chain the deployed contract forgets a claim by the bytes of its signature and takes four encodings of the same signature for
valid, so all four are revoked, by the signature in our own store (DESIGN §4, faults 1 and 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.audit.service import AuditLog
from identity_service.issuance.forms import REVOKE_FORM_JOB
from identity_service.issuance.model import ERC735, ClaimRecord, ClaimState
from identity_service.issuance.service import Issuance, bump_generation, claim_record
from identity_service.issuance.tables import ClaimRow, FormRow, RevocationPlaceRow
from identity_service.jobs.service import Jobs

PUBLISH_LIST_JOB: Final = "publish_status_list"
_POLL: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPlace:
    """A place the revocation must reach, the state of the job that takes it there, and what came back."""

    place: str
    state: str
    receipts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """Revokes claims."""

    clock: Clock
    issuance: Issuance
    jobs: Jobs
    audit: AuditLog

    def revoke(self, session: Session, claim_id: str, *, reason: str, actor: str) -> ClaimRecord:
        """Revoke a claim in every form; doing it again changes nothing. Raises ClaimUnknown."""
        self.issuance.claim(session, claim_id)
        row = session.get_one(ClaimRow, claim_id, with_for_update=True)
        if row.revoked_at is not None:
            return claim_record(row)
        row.state, row.revoked_at, row.revocation_reason = ClaimState.REVOKED.value, self.clock.now(), reason
        status_list_id = self.issuance.status_lists.revoke(session, claim_id)
        generation = bump_generation(session)
        self._publish(session, claim_id, status_list_id, generation)
        for form in session.scalars(select(FormRow).where(FormRow.claim_id == claim_id, FormRow.format == ERC735)):
            self._carry_on_chain(session, form)
        self.issuance.mesh.revoke(session, claim_id, actor=actor)
        details = {"reason": reason, "generation": generation}
        self.audit.append(session, actor=actor, action="claim.revoked", subject=claim_id, details=details)
        return claim_record(row)

    def places(self, session: Session, claim_id: str) -> list[RevocationPlace]:
        """Where the revocation has got to."""
        rows = session.scalars(
            select(RevocationPlaceRow).where(RevocationPlaceRow.claim_id == claim_id).order_by(RevocationPlaceRow.place)
        )
        return [self._place(session, row) for row in rows]

    def _publish(self, session: Session, claim_id: str, status_list_id: str, generation: int) -> None:
        job_id = self.jobs.enqueue(
            session,
            PUBLISH_LIST_JOB,
            {"status_list": status_list_id},
            unique_key=f"publish:{status_list_id}:{generation}",
        )
        session.add(RevocationPlaceRow(claim_id=claim_id, place=self.issuance.status_lists.uri(status_list_id), job_id=job_id))

    def _carry_on_chain(self, session: Session, form: FormRow) -> None:
        form.live_key = None
        job_id = self.jobs.enqueue(session, REVOKE_FORM_JOB, {"form": form.id}, unique_key=f"revoke:{form.id}")
        contract = Account(ChainId(form.chain or 0), Address(form.issuer_contract or b""))
        session.add(RevocationPlaceRow(claim_id=form.claim_id, place=f"{contract}#{form.id}", job_id=job_id))

    def _place(self, session: Session, row: RevocationPlaceRow) -> RevocationPlace:
        job = self.jobs.get(session, row.job_id)
        receipts = tuple(
            {"place": receipt.place, "reference": receipt.reference, "details": receipt.details}
            for receipt in self.jobs.receipts(session, row.job_id)
        )
        return RevocationPlace(place=row.place, state=job.state.value, receipts=receipts)
