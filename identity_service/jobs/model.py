"""Jobs, what may come of one attempt, and how long to wait for the next. No I/O.

>>> backoff(1, noise=255), backoff(4, noise=255)
(datetime.timedelta(seconds=1), datetime.timedelta(seconds=8))
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from claim_issuers.errors import Conflict, NotFound

DEFAULT_MAX_ATTEMPTS = 12
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(hours=1)


class JobNotFound(NotFound):
    """There is no job with this id."""

    code = "job_not_found"


class JobKeyReused(Conflict):
    """The unique key names a job that does something else."""

    code = "job_key_reused"


class JobKindTaken(Conflict):
    """A second handler was registered for one kind of job."""

    code = "job_kind_taken"


class JobNotFailed(Conflict):
    """Only a job that has failed can be queued again."""

    code = "job_not_failed"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of durable work: ``attempts`` counts its starts, ``last_error`` is the code of what last held it up."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    state: JobState
    attempts: int
    max_attempts: int
    run_after: datetime
    created_at: datetime
    unique_key: str | None = None
    last_error: str | None = None
    last_detail: str | None = None
    finished_at: datetime | None = None

    @property
    def last_attempt(self) -> bool:
        """Whether no attempt follows the present one."""
        return self.attempts >= self.max_attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one worker to work on a job until an instant. Together the three name one lease and no other."""

    job: Job
    owner: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptNote:
    """What a place (a chain, a list, a webhook) answered: its own name for the deed, and public facts."""

    place: str
    reference: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReceipt:
    """A receipt note as it was stored."""

    id: str
    job_id: str
    place: str
    reference: str
    details: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done."""

    receipts: tuple[ReceiptNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is wrong, yet something elsewhere must happen first: look again. This attempt does not count."""

    after: timedelta
    code: str


@dataclass(frozen=True, slots=True)
class Retry:
    """It did not work this time. After the last attempt the job fails with this code."""

    after: timedelta
    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot work. ``detail`` is one sentence for the operator, without personal data."""

    code: str
    detail: str = ""


Outcome = Done | Wait | Retry | Failed


def backoff(attempts: int, *, noise: int) -> timedelta:
    """The pause after so many attempts: doubling from a second to an hour, shortened by up to half.

    ``noise`` is a random byte; without it, jobs that failed together would come back together.
    """
    doublings = min(max(attempts, 1) - 1, 30)
    longest = min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
    return longest * (255 + noise) / 510
