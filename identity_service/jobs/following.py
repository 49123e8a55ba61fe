"""For a job whose work is done by other jobs: wait for them, or fail as they failed; and start them again together."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from identity_service.jobs.model import Failed, JobState, Outcome, Wait
from identity_service.jobs.service import Jobs
from identity_service.storage import Database

POLL: Final = timedelta(milliseconds=300)


def follow(db: Database, jobs: Jobs, job_ids: Sequence[str]) -> Outcome:
    """Wait while any of ``job_ids`` is under way or has just ended; Failed with the first failure's code."""
    with db.read() as session:
        followed = [jobs.get(session, job_id) for job_id in job_ids]
    for job in followed:
        if job.state is JobState.FAILED:
            return Failed(job.last_error or "transaction_failed", job.last_detail or "")
    return Wait(POLL, "waiting_for_transactions")


def ask_again(session: Session, jobs: Jobs, unique_keys: Iterable[str]) -> None:
    """Queue those of these jobs again that have failed: somebody asks once more, so the cause may be mended."""
    for unique_key in unique_keys:
        job = jobs.find(session, unique_key)
        if job is not None and job.state is JobState.FAILED:
            jobs.requeue(session, job.id)
