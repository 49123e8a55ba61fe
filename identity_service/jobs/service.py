"""The queue: put work in with the change that causes it, hand it to workers under a lease, keep what came of it.

jobs.register("webhook", deliver)                                  # at start
jobs.enqueue(session, "webhook", {"id": event_id}, unique_key=f"webhook:{event_id}")   # in the caller's transaction
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.jobs.model import (
    DEFAULT_MAX_ATTEMPTS,
    Done,
    Failed,
    Job,
    JobKeyReused,
    JobKindTaken,
    JobNotFailed,
    JobNotFound,
    JobReceipt,
    JobState,
    Lease,
    Outcome,
    ReceiptNote,
    Retry,
    Wait,
    backoff,
)
from identity_service.jobs.tables import JobRow, ReceiptRow
from identity_service.storage import Database, insert_if_absent, new_id

Handler = Callable[[Database, Job], Outcome]


class Jobs:
    """Durable work. Methods take a Session first and never commit."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy
        self._handlers: dict[str, Handler] = {}

    def register(self, kind: str, handler: Handler) -> None:
        """Say who does this kind of work. Raises JobKindTaken.

        A handler may run twice for one job (its worker died, its lease ran out): it must be idempotent. It takes its own
        transactions and holds none while it talks to the world.
        """
        if kind in self._handlers:
            raise JobKindTaken("this kind has its handler", kind=kind)
        self._handlers[kind] = handler

    def handler(self, kind: str) -> Handler:
        """The handler of a registered kind."""
        return self._handlers[kind]

    def enqueue(
        self,
        session: Session,
        kind: str,
        payload: Mapping[str, Any],
        *,
        unique_key: str | None = None,
        run_after: datetime | None = None,
        max_attempts: int = DEFAULT_MAX_ATTEMPTS,
    ) -> str:
        """Queue work and give its id; with a ``unique_key`` that is known, the id of the job that has it, whatever its state.

        The payload holds ids, never personal data. Raises JobKeyReused when the known job is of another kind.
        """
        now = self._clock.now()
        job_id = new_id("job", self._entropy)
        inserted = insert_if_absent(
            session,
            JobRow,
            id=job_id,
            kind=kind,
            payload=dict(payload),
            state=JobState.QUEUED,
            attempts=0,
            max_attempts=max_attempts,
            run_after=run_after or now,
            unique_key=unique_key,
            created_at=now,
        )
        if inserted:
            return job_id
        known = session.execute(select(JobRow.id, JobRow.kind).where(JobRow.unique_key == unique_key)).one()
        if known.kind != kind:
            raise JobKeyReused("this key names another kind of job", kind=known.kind)
        return str(known.id)

    def get(self, session: Session, job_id: str) -> Job:
        """The job as it stands. Raises JobNotFound."""
        return _job(_row(session, job_id))

    def failed(self, session: Session, limit: int = 100) -> list[Job]:
        """The jobs that failed last, newest first."""
        failed = select(JobRow).where(JobRow.state == JobState.FAILED)
        return [_job(row) for row in session.scalars(failed.order_by(JobRow.finished_at.desc()).limit(limit))]

    def counts(self, session: Session) -> dict[JobState, int]:
        """How many jobs stand in each state."""
        rows = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state))
        found = {row[0]: row[1] for row in rows}
        return {state: found.get(state, 0) for state in JobState}

    def requeue(self, session: Session, job_id: str) -> None:
        """Give a failed job a new set of attempts. Raises JobNotFound, JobNotFailed."""
        row = _row(session, job_id, lock=True)
        if row.state != JobState.FAILED:
            raise JobNotFailed("the job has not failed", state=row.state)
        row.state, row.attempts, row.run_after, row.finished_at = JobState.QUEUED, 0, self._clock.now(), None
        session.flush()

    def add_receipt(
        self, session: Session, job_id: str, place: str, reference: str, details: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what a place answered. The same place and reference are kept once, with the details that came first."""
        insert_if_absent(
            session,
            ReceiptRow,
            id=new_id("rct", self._entropy),
            job_id=job_id,
            place=place,
            reference=reference,
            details=dict(details or {}),
            at=self._clock.now(),
        )

    def receipts(self, session: Session, job_id: str) -> list[JobReceipt]:
        """The receipts of a job, oldest first."""
        rows = session.scalars(select(ReceiptRow).where(ReceiptRow.job_id == job_id).order_by(ReceiptRow.at, ReceiptRow.id))
        return [
            JobReceipt(id=row.id, job_id=row.job_id, place=row.place, reference=row.reference, details=row.details, at=row.at)
            for row in rows
        ]

    def find(self, session: Session, unique_key: str) -> Job | None:
        """The job with this unique key, or None."""
        row = session.scalars(select(JobRow).where(JobRow.unique_key == unique_key)).one_or_none()
        return None if row is None else _job(row)

    def due(self, session: Session) -> bool:
        """Whether there is work for the registered handlers now; takes no lock."""
        return session.execute(_due(self._kinds, self._clock.now()).with_only_columns(JobRow.id).limit(1)).first() is not None

    def lease(self, session: Session, *, owner: str, duration: timedelta) -> Lease | None:
        """Take the work that is due longest, passing over what other workers are taking at this moment.

        A lease that ran out is taken over; if that was the last attempt, the job fails with ``worker_lost`` instead.
        """
        now = self._clock.now()
        oldest = _due(self._kinds, now).order_by(JobRow.run_after, JobRow.id).limit(1).with_for_update(skip_locked=True)
        while (row := session.scalars(oldest).one_or_none()) is not None:
            if row.attempts >= row.max_attempts:
                self._finish(row, JobState.FAILED, "worker_lost", "the worker died in the last attempt")
                session.flush()
                continue
            row.state, row.lease_owner, row.lease_until = JobState.LEASED, owner, now + duration
            row.attempts += 1
            session.flush()
            return Lease(job=_job(row), owner=owner, until=row.lease_until)
        return None

    def settle(self, session: Session, lease: Lease, outcome: Outcome) -> bool:
        """Write down what came of a lease; False, and nothing written, when it ran out and someone else took the job."""
        row = _row(session, lease.job.id, lock=True)
        if (row.state, row.lease_owner, row.lease_until) != (JobState.LEASED, lease.owner, lease.until):
            return False
        row.lease_owner = row.lease_until = None
        match outcome:
            case Done(receipts):
                self._keep(session, row.id, receipts)
                self._finish(row, JobState.DONE, None, None)
            case Failed(code, detail):
                self._finish(row, JobState.FAILED, code, detail)
            case Wait(after, code):
                row.attempts -= 1
                self._postpone(row, after, code)
            case Retry(_, code) if lease.job.last_attempt:
                self._finish(row, JobState.FAILED, code, "the last attempt did not work either")
            case Retry(after, code):
                self._postpone(row, after, code)
        session.flush()
        return True

    def backoff(self, job: Job) -> timedelta:
        """How long to wait after the present attempt, with chance in it."""
        return backoff(job.attempts, noise=self._entropy.token_bytes(1)[0])

    @property
    def _kinds(self) -> Sequence[str]:
        return tuple(self._handlers)

    def _keep(self, session: Session, job_id: str, receipts: Sequence[ReceiptNote]) -> None:
        for note in receipts:
            self.add_receipt(session, job_id, note.place, note.reference, note.details)

    def _finish(self, row: JobRow, state: JobState, code: str | None, detail: str | None) -> None:
        row.state, row.last_error, row.last_detail, row.finished_at = state, code, detail, self._clock.now()
        row.lease_owner = row.lease_until = None

    def _postpone(self, row: JobRow, after: timedelta, code: str) -> None:
        row.state, row.last_error, row.last_detail = JobState.QUEUED, code, None
        row.run_after = self._clock.now() + after


def _due(kinds: Sequence[str], now: datetime) -> Any:
    """Queued work whose time has come, and leased work whose lease has run out, of kinds this process can do."""
    waiting = and_(JobRow.state == JobState.QUEUED, JobRow.run_after <= now)
    abandoned = and_(JobRow.state == JobState.LEASED, JobRow.lease_until <= now)
    return select(JobRow).where(or_(waiting, abandoned), JobRow.kind.in_(kinds))


def _row(session: Session, job_id: str, *, lock: bool = False) -> JobRow:
    wanted = select(JobRow).where(JobRow.id == job_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise JobNotFound("there is no such job", job_id=job_id)
    return row


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        payload=row.payload,
        state=JobState(row.state),
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        run_after=row.run_after,
        created_at=row.created_at,
        unique_key=row.unique_key,
        last_error=row.last_error,
        last_detail=row.last_detail,
        finished_at=row.finished_at,
    )
