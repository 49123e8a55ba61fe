"""The queue through its door, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from claim_issuers.clock import FixedClock, SystemEntropy
from identity_service.jobs.model import (
    Done,
    Failed,
    Job,
    JobKeyReused,
    JobKindTaken,
    JobNotFailed,
    JobNotFound,
    JobState,
    Lease,
    Outcome,
    ReceiptNote,
    Retry,
    Wait,
    backoff,
)
from identity_service.jobs.service import Jobs
from identity_service.storage import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def nothing(db: Database, job: Job) -> Outcome:
    return Done()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def jobs(clock: FixedClock) -> Jobs:
    queue = Jobs(clock, SystemEntropy())
    queue.register("webhook", nothing)
    return queue


def enqueue(db: Database, jobs: Jobs, **options: object) -> str:
    with db.write() as session:
        return jobs.enqueue(session, "webhook", {"id": "evt_1"}, **options)  # type: ignore[arg-type]


def lease(db: Database, jobs: Jobs, owner: str = "a") -> Lease | None:
    with db.write() as session:
        return jobs.lease(session, owner=owner, duration=MINUTE)


def leased(db: Database, jobs: Jobs, owner: str = "a") -> Lease:
    taken = lease(db, jobs, owner)
    assert taken is not None
    return taken


def settle(db: Database, jobs: Jobs, taken: Lease, outcome: Outcome) -> bool:
    with db.write() as session:
        return jobs.settle(session, taken, outcome)


def get(db: Database, jobs: Jobs, job_id: str) -> Job:
    with db.read() as session:
        return jobs.get(session, job_id)


def test_a_job_is_there_only_if_the_change_that_caused_it_is(db: Database, jobs: Jobs) -> None:
    def enqueue_then_fail() -> None:
        with db.write() as session:
            jobs.enqueue(session, "webhook", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        enqueue_then_fail()
    assert lease(db, jobs) is None


def test_a_queued_job_is_read_back(db: Database, jobs: Jobs) -> None:
    job = get(db, jobs, enqueue(db, jobs, unique_key="k", max_attempts=3))
    assert (job.kind, job.payload, job.state, job.attempts, job.max_attempts) == (
        "webhook",
        {"id": "evt_1"},
        JobState.QUEUED,
        0,
        3,
    )
    assert (job.created_at, job.run_after, job.unique_key, job.finished_at) == (NOON, NOON, "k", None)


def test_an_unknown_job_is_not_found(db: Database, jobs: Jobs) -> None:
    with pytest.raises(JobNotFound):
        get(db, jobs, "job_x")


def test_one_unique_key_is_one_job_even_after_it_is_done(db: Database, jobs: Jobs) -> None:
    first = enqueue(db, jobs, unique_key="k")
    assert enqueue(db, jobs, unique_key="k") == first
    settle(db, jobs, leased(db, jobs), Done())
    assert enqueue(db, jobs, unique_key="k") == first
    assert lease(db, jobs) is None


def test_jobs_without_a_unique_key_are_all_different(db: Database, jobs: Jobs) -> None:
    assert enqueue(db, jobs) != enqueue(db, jobs)


def test_a_unique_key_of_another_kind_is_refused(db: Database, jobs: Jobs) -> None:
    enqueue(db, jobs, unique_key="k")
    with pytest.raises(JobKeyReused), db.write() as session:
        jobs.enqueue(session, "publication", {}, unique_key="k")


def test_a_kind_has_one_handler(jobs: Jobs) -> None:
    with pytest.raises(JobKindTaken):
        jobs.register("webhook", nothing)


def test_a_kind_without_a_handler_here_is_left_for_another_process(db: Database, jobs: Jobs) -> None:
    with db.write() as session:
        jobs.enqueue(session, "publication", {})
    assert lease(db, jobs) is None


def test_a_job_waits_for_its_instant(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    enqueue(db, jobs, run_after=NOON + MINUTE)
    assert lease(db, jobs) is None
    clock.advance(MINUTE)
    assert lease(db, jobs) is not None


def test_the_job_that_is_due_longest_comes_first(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    later = enqueue(db, jobs, run_after=NOON + MINUTE)
    sooner = enqueue(db, jobs)
    clock.advance(MINUTE)
    assert [leased(db, jobs).job.id for _ in range(2)] == [sooner, later]


def test_a_leased_job_is_not_leased_again_until_the_lease_runs_out(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    enqueue(db, jobs)
    first = leased(db, jobs, "a")
    assert lease(db, jobs, "b") is None
    clock.advance(MINUTE)
    second = leased(db, jobs, "b")
    assert (second.job.id, second.job.attempts) == (first.job.id, 2)


def test_who_lost_the_lease_cannot_settle_any_more(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    job_id = enqueue(db, jobs)
    first = leased(db, jobs, "a")
    clock.advance(MINUTE)
    second = leased(db, jobs, "a")  # the same process, yet another lease
    assert settle(db, jobs, first, Failed("late")) is False
    assert get(db, jobs, job_id).state is JobState.LEASED
    assert settle(db, jobs, second, Done()) is True
    assert settle(db, jobs, second, Failed("again")) is False
    assert get(db, jobs, job_id).state is JobState.DONE


def test_done_keeps_the_receipts_and_forgets_earlier_troubles(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    job_id = enqueue(db, jobs)
    settle(db, jobs, leased(db, jobs), Retry(timedelta(), "unavailable"))
    note = ReceiptNote(place="eip155:1", reference="0xab", details={"block_number": 7})
    settle(db, jobs, leased(db, jobs), Done((note,)))
    job = get(db, jobs, job_id)
    assert (job.state, job.finished_at, job.last_error) == (JobState.DONE, NOON, None)
    with db.read() as session:
        (receipt,) = jobs.receipts(session, job_id)
    assert (receipt.place, receipt.reference, receipt.details, receipt.at) == (
        "eip155:1",
        "0xab",
        {"block_number": 7},
        NOON,
    )


def test_the_same_receipt_twice_is_kept_once(db: Database, jobs: Jobs) -> None:
    job_id = enqueue(db, jobs)
    with db.write() as session:
        for place, reference in (("list", "1"), ("list", "1"), ("list", "2"), ("chain", "1")):
            jobs.add_receipt(session, job_id, place, reference)
    with db.read() as session:
        assert sorted((r.place, r.reference) for r in jobs.receipts(session, job_id)) == [
            ("chain", "1"),
            ("list", "1"),
            ("list", "2"),
        ]


def test_a_failed_job_says_why_and_is_not_run_again(db: Database, jobs: Jobs) -> None:
    job_id = enqueue(db, jobs)
    settle(db, jobs, leased(db, jobs), Failed("gone", "the address is gone"))
    job = get(db, jobs, job_id)
    assert (job.state, job.last_error, job.last_detail) == (JobState.FAILED, "gone", "the address is gone")
    assert lease(db, jobs) is None
    with db.read() as session:
        assert jobs.failed(session) == [job]
        assert jobs.counts(session) == {
            JobState.QUEUED: 0,
            JobState.LEASED: 0,
            JobState.DONE: 0,
            JobState.FAILED: 1,
        }


def test_retry_comes_back_later_until_the_attempts_are_used_up(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    job_id = enqueue(db, jobs, max_attempts=2)
    settle(db, jobs, leased(db, jobs), Retry(MINUTE, "unavailable"))
    assert (get(db, jobs, job_id).state, get(db, jobs, job_id).last_error) == (JobState.QUEUED, "unavailable")
    assert lease(db, jobs) is None
    clock.advance(MINUTE)
    settle(db, jobs, leased(db, jobs), Retry(MINUTE, "unavailable"))
    assert (get(db, jobs, job_id).state, get(db, jobs, job_id).last_error) == (JobState.FAILED, "unavailable")


def test_waiting_uses_up_no_attempt(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    job_id = enqueue(db, jobs, max_attempts=2)
    for _ in range(5):
        settle(db, jobs, leased(db, jobs), Wait(MINUTE, "awaiting_receipt"))
        clock.advance(MINUTE)
    job = get(db, jobs, job_id)
    assert (job.state, job.attempts, job.last_error) == (JobState.QUEUED, 0, "awaiting_receipt")


def test_a_job_that_kills_its_workers_fails_in_the_end(db: Database, jobs: Jobs, clock: FixedClock) -> None:
    job_id, other = enqueue(db, jobs, max_attempts=2), enqueue(db, jobs, run_after=NOON + 2 * MINUTE)
    for _ in range(2):
        assert leased(db, jobs).job.id == job_id
        clock.advance(MINUTE)
    assert leased(db, jobs).job.id == other
    assert (get(db, jobs, job_id).state, get(db, jobs, job_id).last_error) == (JobState.FAILED, "worker_lost")


def test_a_failed_job_can_be_queued_again_and_no_other(db: Database, jobs: Jobs) -> None:
    job_id = enqueue(db, jobs, max_attempts=1)
    with pytest.raises(JobNotFailed), db.write() as session:
        jobs.requeue(session, job_id)
    settle(db, jobs, leased(db, jobs), Failed("gone"))
    with db.write() as session:
        jobs.requeue(session, job_id)
    assert leased(db, jobs).job.attempts == 1
    with pytest.raises(JobNotFound), db.write() as session:
        jobs.requeue(session, "job_x")


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 1), (2, 2), (5, 16), (12, 2048), (13, 3600), (10_000, 3600)])
def test_pauses_double_from_a_second_to_an_hour(attempts: int, seconds: int) -> None:
    longest = timedelta(seconds=seconds)
    assert backoff(attempts, noise=255) == longest
    assert backoff(attempts, noise=0) == longest / 2
    assert longest / 2 < backoff(attempts, noise=100) < longest
