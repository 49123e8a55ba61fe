"""Revocation: once, monotonic, in force before the call returns, and carried to every place by a job with a receipt.

On chain the deployed contract forgets a claim by the bytes of its signature and takes four encodings of the same signature for
valid, so all four are revoked, by the signature in our own store (DESIGN §4, faults 1 and 2).
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import ERC735, ClaimRecord, ClaimState
from identity_service.issuance.places import RevocationPlace, RevocationPlaces
from identity_service.issuance.service import Issuance, bump_generation, claim_record
from identity_service.issuance.tables import ClaimRow, FormRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """Revokes claims."""

    clock: Clock
    issuance: Issuance
    reach: RevocationPlaces
    audit: AuditLog

    def revoke(self, session: Session, claim_id: str, *, reason: str, actor: str) -> ClaimRecord:
        """Revoke a claim in every form. Doing it again only retries the places that could not be reached. Raises ClaimUnknown."""
        self.issuance.claim(session, claim_id)
        row = session.get_one(ClaimRow, claim_id, with_for_update=True)
        if row.revoked_at is not None:
            self.reach.retry(session, claim_id)
            return claim_record(row)
        row.state, row.revoked_at, row.revocation_reason = ClaimState.REVOKED.value, self.clock.now(), reason
        status_list_id = self.issuance.status_lists.revoke(session, claim_id)
        generation = bump_generation(session)
        self.reach.publish(session, claim_id, status_list_id=status_list_id, generation=generation)
        for form in session.scalars(select(FormRow).where(FormRow.claim_id == claim_id, FormRow.format == ERC735)):
            self.reach.carry_on_chain(session, form)
        self.issuance.mesh.revoke(session, claim_id, actor=actor)
        details = {"reason": reason, "generation": generation}
        self.audit.append(session, actor=actor, action="claim.revoked", subject=claim_id, details=details)
        return claim_record(row)

    def places(self, session: Session, claim_id: str) -> list[RevocationPlace]:
        """Where the revocation has got to."""
        return self.reach.of(session, claim_id)
