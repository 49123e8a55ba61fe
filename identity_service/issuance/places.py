"""The places that a revocation must reach: each with the durable job that takes it there, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.issuance.status_lists import StatusLists
from identity_service.issuance.tables import FormRow, RevocationPlaceRow
from identity_service.jobs.following import ask_again
from identity_service.jobs.model import JobState
from identity_service.jobs.service import Jobs
from identity_service.storage import insert_if_absent

PUBLISH_LIST_JOB: Final = "publish_status_list"
REVOKE_FORM_JOB: Final = "revoke_erc735_form"
_ENCODINGS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPlace:
    """A place the revocation must reach, the state of the job that takes it there, and what came back."""

    place: str
    state: str
    receipts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPlaces:
    """Sends revocations out and tells how far they are."""

    status_lists: StatusLists
    jobs: Jobs

    def publish(self, session: Session, claim_id: str, *, status_list_id: str, generation: int) -> None:
        """Have the claim's status list signed anew."""
        job_id = self.jobs.enqueue(
            session, PUBLISH_LIST_JOB, {"status_list": status_list_id}, unique_key=f"publish:{status_list_id}:{generation}"
        )
        self._note(session, claim_id, self.status_lists.uri(status_list_id), job_id)

    def carry_on_chain(self, session: Session, form: FormRow) -> None:
        """Have an erc735 form revoked at its claim issuer's contract; from now on another may take its place."""
        form.live_key = None
        job_id = self.jobs.enqueue(session, REVOKE_FORM_JOB, {"form": form.id}, unique_key=f"revoke:{form.id}")
        contract = Account(ChainId(form.chain or 0), Address(form.issuer_contract or b""))
        self._note(session, form.claim_id, f"{contract}#{form.id}", job_id)

    def retry(self, session: Session, claim_id: str) -> None:
        """Queue again what failed on the way to a place, for somebody who asks once more."""
        for row in session.scalars(select(RevocationPlaceRow).where(RevocationPlaceRow.claim_id == claim_id)):
            job = self.jobs.get(session, row.job_id)
            if job.state is not JobState.FAILED:
                continue
            self.jobs.requeue(session, job.id)
            if job.kind == REVOKE_FORM_JOB:
                ask_again(session, self.jobs, transaction_keys(job.payload["form"]))

    def of(self, session: Session, claim_id: str) -> list[RevocationPlace]:
        """How far the revocation is."""
        rows = session.scalars(
            select(RevocationPlaceRow).where(RevocationPlaceRow.claim_id == claim_id).order_by(RevocationPlaceRow.place)
        )
        return [self._place(session, row) for row in rows]

    def _note(self, session: Session, claim_id: str, place: str, job_id: str) -> None:
        session.flush()
        insert_if_absent(session, RevocationPlaceRow, claim_id=claim_id, place=place, job_id=job_id)

    def _place(self, session: Session, row: RevocationPlaceRow) -> RevocationPlace:
        job = self.jobs.get(session, row.job_id)
        receipts = tuple(
            {"place": receipt.place, "reference": receipt.reference, "details": receipt.details}
            for receipt in self.jobs.receipts(session, row.job_id)
        )
        return RevocationPlace(place=row.place, state=job.state.value, receipts=receipts)


def transaction_keys(form_id: str) -> tuple[str, ...]:
    """The unique keys of the transactions that revoke a form, one for each encoding of its signature."""
    return tuple(f"revoke:{form_id}:{number}" for number in range(_ENCODINGS))
