"""What becomes of applications and claims when an account is its party's no more, and of what was attested about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import Application, ApplicationPending, ApplicationState, ClaimRecord
from identity_service.issuance.service import Issuance, application_value, bump_generation, claim_record
from identity_service.issuance.tables import ApplicationRow, ClaimRow
from identity_service.mesh.model import ClaimIssuer
from identity_service.storage import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkedAccounts:
    """Ends what is bound to an account, and opens it again for another one of the same party."""

    clock: Clock
    entropy: Entropy
    issuance: Issuance
    audit: AuditLog

    def end_claims(self, session: Session, account: Account) -> list[ClaimRecord]:
        """From now on no claim bound to the account counts; those that did or might have. Their claim issuers revoke them.

        Call ``end_applications`` before: it waits for an approval in flight, whose claim then ends here.
        """
        rows = session.scalars(
            select(ClaimRow)
            .where(ClaimRow.chain == account.chain.number, ClaimRow.address == account.address.value)
            .where(ClaimRow.revoked_at.is_(None), ClaimRow.account_unlinked_at.is_(None))
            .order_by(ClaimRow.created_at, ClaimRow.id)
            .with_for_update()
        ).all()
        now = self.clock.now()
        for row in rows:
            row.account_unlinked_at = now
        if rows:
            bump_generation(session)
        return [claim_record(row) for row in rows if row.valid_until > now]

    def end_applications(self, session: Session, account: Account, *, reason: str, actor: str) -> list[str]:
        """No desk decides what the account applied for any more; the ids of those applications."""
        rows = session.scalars(
            select(ApplicationRow)
            .where(ApplicationRow.chain == account.chain.number, ApplicationRow.address == account.address.value)
            .where(ApplicationRow.state == ApplicationState.SUBMITTED.value)
            .order_by(ApplicationRow.submitted_at, ApplicationRow.id)
            .with_for_update()
        ).all()
        for row in rows:
            row.state, row.decided_at, row.reason = ApplicationState.REJECTED.value, self.clock.now(), reason
            row.pending_key = None
            self.audit.append(session, actor=actor, action="application.rejected", subject=row.id, details={"reason": reason})
        session.flush()
        return [row.id for row in rows]

    def parties_of(self, claim_issuer: ClaimIssuer) -> Select[str]:
        """A query of the parties about which a claim issuer has a claim, also an ended one, whose time is not over."""
        return select(ClaimRow.party_id).where(ClaimRow.claim_issuer_id == claim_issuer.id, ClaimRow.valid_until > self.clock.now())

    def claims_that_stood(self, session: Session, accounts: Iterable[Account]) -> list[ClaimRecord]:
        """The claims bound to these accounts that count, or counted until their account was unlinked; their time is not over."""
        found = self.issuance.claims_on(session, accounts).values()
        now = self.clock.now()
        return [one for some in found for one in some if one.validity.valid_until > now and _stood(one)]

    def apply_again(self, session: Session, claim: ClaimRecord, account: Account, *, actor: str) -> Application | None:
        """An application of the same party for ``account``, of what ``claim`` attests; None while one like it waits at the desk.

        The desk decides it anew, and reads it as it reads any application.
        """
        source = session.scalars(select(ApplicationRow).where(ApplicationRow.claim_id == claim.id)).first()
        row = session.get_one(ClaimRow, claim.id)
        return self._open(session, row, source, account, actor=actor)

    def send_again(self, session: Session, application_id: str, account: Account, *, actor: str) -> Application | None:
        """The same for what an application, ended meanwhile, asked to have attested."""
        source = session.get_one(ApplicationRow, application_id)
        return self._open(session, source, source, account, actor=actor)

    def _open(
        self, session: Session, said: ClaimRow | ApplicationRow, source: ApplicationRow | None, account: Account, *, actor: str
    ) -> Application | None:
        pending_key = f"{said.party_id}:{said.claim_issuer_id}:{said.claim_type}"
        if session.scalar(select(ApplicationRow.id).where(ApplicationRow.pending_key == pending_key)) is not None:
            return None
        parties, application_id = self.issuance.parties, new_id("app", self.entropy)
        content = parties.open_for(session, said.party_id, said.id, said.sealed_attributes)
        row = ApplicationRow(
            id=application_id,
            party_id=said.party_id,
            chain=account.chain.number,
            address=account.address.value,
            claim_issuer_id=said.claim_issuer_id,
            claim_type=said.claim_type,
            sealed_attributes=parties.seal_for(session, said.party_id, application_id, content),
            intermediary_party_id=None if source is None else source.intermediary_party_id,
            intermediary_confirmed=source is not None and source.intermediary_confirmed,
            pending_key=pending_key,
            state=ApplicationState.SUBMITTED.value,
            submitted_at=self.clock.now(),
        )
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            raise ApplicationPending("an application for this claim type came in at this moment: try again") from error
        details = {"claim_issuer": row.claim_issuer_id, "claim_type": row.claim_type, "instead_of": said.id}
        self.audit.append(session, actor=actor, action="application.opened_again", subject=row.id, details=details)
        return application_value(row)


def _stood(claim: ClaimRecord) -> bool:
    """Not revoked; or only with or after the unlinking of its account."""
    return claim.revoked_at is None or (claim.account_unlinked_at is not None and claim.revoked_at >= claim.account_unlinked_at)
