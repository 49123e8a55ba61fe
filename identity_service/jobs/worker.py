"""The worker: takes a lease, calls the handler, writes down what came of it. Kill it at any point and nothing is lost."""

import logging
from datetime import timedelta
from threading import Event

from claim_issuers.clock import Clock
from claim_issuers.errors import DomainError, Unavailable
from identity_service.jobs.model import Failed, Job, Lease, Outcome, Retry, Wait
from identity_service.jobs.service import Jobs
from identity_service.jobs.transaction_model import patience
from identity_service.storage import Database

_log = logging.getLogger(__name__)

DEFAULT_LEASE = timedelta(minutes=2)
_IDLE_PAUSE = timedelta(milliseconds=500)
_PAUSE_AFTER_FAULT = timedelta(seconds=5)


class Worker:
    """Does due work, one job at a time; ``owner`` names this process and no other.

    ``lease`` must be longer than any handler takes: afterwards another worker may start the same job.
    """

    def __init__(self, db: Database, jobs: Jobs, clock: Clock, owner: str, *, lease: timedelta = DEFAULT_LEASE) -> None:
        self._db = db
        self._jobs = jobs
        self._clock = clock
        self._owner = owner
        self._lease = lease

    def run_once(self) -> bool:
        """Do one job; False when none is due. Raises DatabaseUnavailable."""
        lease = self._take()
        if lease is None:
            return False
        outcome = self._work(lease.job)
        with self._db.write() as session:
            settled = self._jobs.settle(session, lease, outcome)
        if not settled:
            _log.warning("lease lost", extra={"job_id": lease.job.id, "kind": lease.job.kind})
        return True

    def drain(self, limit: int = 10_000) -> int:
        """Do jobs until none is due, at most ``limit``; gives their number."""
        return next((done for done in range(limit) if not self.run_once()), limit)

    def run(self, stop: Event, idle: timedelta = _IDLE_PAUSE) -> None:
        """Work until ``stop`` is set; a database that fails is waited for."""
        while not stop.is_set():
            try:
                pause = timedelta() if self.run_once() else idle
            except Exception:  # the loop outlives whatever one round met; the lease runs out and the job is taken again
                _log.exception("worker round failed", extra={"owner": self._owner})
                pause = _PAUSE_AFTER_FAULT
            stop.wait(pause.total_seconds())

    def _take(self) -> Lease | None:
        with self._db.read() as session:  # an idle worker must not queue for SQLite's write lock
            if not self._jobs.due(session):
                return None
        with self._db.write() as session:
            return self._jobs.lease(session, owner=self._owner, duration=self._lease)

    def _work(self, job: Job) -> Outcome:
        try:
            return self._jobs.handler(job.kind)(self._db, job)
        except Unavailable as fault:
            # An outage is waited for, however long: a revocation must not be dropped because a node was down.
            return Wait(patience(self._clock.now() - job.created_at), fault.code)
        except DomainError as fault:
            return Failed(fault.code, fault.detail)
        except Exception:
            _log.exception("handler failed", extra={"job_id": job.id, "kind": job.kind})
            return Retry(self._jobs.backoff(job), "internal_error")
