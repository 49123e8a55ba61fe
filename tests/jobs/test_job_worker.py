"""Workers: what they make of a handler's end, and that killing them loses nothing."""

import logging
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from claim_issuers.clock import FixedClock, SystemClock, SystemEntropy
from claim_issuers.errors import DomainError, NotFound, Refused, Unavailable
from identity_service.jobs.model import Done, Failed, Job, JobState, Outcome, ReceiptNote, Retry, Wait
from identity_service.jobs.service import Jobs
from identity_service.jobs.worker import Worker
from identity_service.storage import Database
from tests.support.processes import PROCESSES

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Bench:
    """A queue with one kind of work, and a worker that does it."""

    def __init__(self, db: Database, work: Callable[[Database, Job], Outcome]) -> None:
        self.db = db
        self.clock = FixedClock(NOON)
        self.jobs = Jobs(self.clock, SystemEntropy())
        self.jobs.register("work", work)
        self.worker = Worker(db, self.jobs, self.clock, "test")

    def enqueue(self, max_attempts: int = 3) -> str:
        with self.db.write() as session:
            return self.jobs.enqueue(session, "work", {}, max_attempts=max_attempts)

    def job(self, job_id: str) -> Job:
        with self.db.read() as session:
            return self.jobs.get(session, job_id)

    def after_one_round(self, max_attempts: int = 3) -> Job:
        job_id = self.enqueue(max_attempts)
        assert self.worker.run_once() is True
        return self.job(job_id)


def raising(fault: Exception) -> Callable[[Database, Job], Outcome]:
    def work(db: Database, job: Job) -> Outcome:
        raise fault

    return work


def test_an_idle_worker_says_so(db: Database) -> None:
    assert Bench(db, lambda db, job: Done()).worker.run_once() is False


@pytest.mark.parametrize(
    ("outcome", "state", "code"),
    [
        (Done(), JobState.DONE, None),
        (Wait(timedelta(seconds=1), "awaiting"), JobState.QUEUED, "awaiting"),
        (Retry(timedelta(seconds=1), "busy"), JobState.QUEUED, "busy"),
        (Failed("gone"), JobState.FAILED, "gone"),
    ],
)
def test_what_the_handler_returns_is_written_down(db: Database, outcome: Outcome, state: JobState, code: str | None) -> None:
    job = Bench(db, lambda db, job: outcome).after_one_round()
    assert (job.state, job.last_error) == (state, code)


def test_something_unavailable_is_waited_for_with_growing_pauses_and_never_given_up(db: Database) -> None:
    bench = Bench(db, raising(Unavailable("no answer")))
    job = bench.after_one_round(max_attempts=2)
    assert (job.state, job.last_error, job.run_after - NOON) == (JobState.QUEUED, "unavailable", timedelta(seconds=1))
    for _ in range(5):
        bench.clock.advance(timedelta(minutes=1))
        bench.worker.run_once()
    later = bench.job(job.id)
    assert (later.state, later.run_after - bench.clock.now()) == (JobState.QUEUED, timedelta(seconds=30))


@pytest.mark.parametrize("fault", [Refused("no"), NotFound("none")])
def test_any_other_refusal_fails_at_once_with_its_own_code(db: Database, fault: DomainError) -> None:
    job = Bench(db, raising(fault)).after_one_round()
    assert (job.state, job.last_error, job.last_detail) == (JobState.FAILED, fault.code, fault.detail)


def test_a_defect_is_logged_with_its_traceback_tried_again_and_then_failed(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(db, raising(ZeroDivisionError("a defect")))
    with caplog.at_level(logging.ERROR):
        job = bench.after_one_round(max_attempts=2)
    assert (job.state, job.last_error) == (JobState.QUEUED, "internal_error")
    assert "ZeroDivisionError" in caplog.text
    bench.clock.advance(timedelta(minutes=1))
    bench.worker.run_once()
    assert (bench.job(job.id).state, bench.job(job.id).last_error) == (JobState.FAILED, "internal_error")


def test_an_outcome_that_comes_after_the_lease_is_dropped(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    def overslept(db: Database, job: Job) -> Outcome:
        bench.clock.advance(timedelta(hours=1))
        with db.write() as session:
            assert bench.jobs.lease(session, owner="other", duration=timedelta(hours=1)) is not None
        return Failed("late")

    bench = Bench(db, overslept)
    with caplog.at_level(logging.WARNING):
        assert bench.after_one_round().state is JobState.LEASED
    assert "lease lost" in caplog.text


def test_drain_does_what_is_due_and_no_more_than_its_limit(db: Database) -> None:
    bench = Bench(db, lambda db, job: Done())
    for _ in range(5):
        bench.enqueue()
    assert [bench.worker.drain(limit=2), bench.worker.drain(), bench.worker.drain()] == [2, 3, 0]


def test_a_running_worker_survives_a_database_that_fails_and_stops_when_told(db: Database) -> None:
    stop, done = Event(), Event()
    bench = Bench(db, lambda db, job: done.set() or Done())
    db.close()
    running = Thread(target=bench.worker.run, args=(stop, timedelta(milliseconds=5)))
    running.start()
    bench.enqueue()
    assert done.wait(10)
    stop.set()
    running.join(10)
    assert not running.is_alive()


def _note(path: str, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (line + "\n").encode())
    os.close(descriptor)


def _process(url: str, diary: str, owner: str, lease_seconds: float, die_once: bool) -> None:
    database = Database.open(url)
    clock = SystemClock()
    jobs = Jobs(clock, SystemEntropy())

    def work(db: Database, job: Job) -> Outcome:
        _note(diary, job.id)
        if die_once and job.attempts == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.005)
        return Done((ReceiptNote(place="diary", reference=job.id),))

    jobs.register("work", work)
    worker = Worker(database, jobs, clock, owner, lease=timedelta(seconds=lease_seconds))
    while not _finished(database, jobs):
        if not worker.run_once():
            time.sleep(0.02)
    database.close()


def _finished(db: Database, jobs: Jobs) -> bool:
    with db.read() as session:
        counts = jobs.counts(session)
    return counts[JobState.QUEUED] + counts[JobState.LEASED] == 0


def start(url: str, diary: Path, owner: str, *, lease: float, die_once: bool = False) -> multiprocessing.Process:
    process = PROCESSES.Process(target=_process, args=(url, str(diary), owner, lease, die_once))
    process.start()
    return process  # type: ignore[return-value]


def put(db: Database, count: int) -> list[str]:
    jobs = Jobs(SystemClock(), SystemEntropy())
    with db.write() as session:
        return [jobs.enqueue(session, "work", {"n": number}) for number in range(count)]


def assert_all_done_with_one_receipt(db: Database, ids: list[str]) -> None:
    jobs = Jobs(SystemClock(), SystemEntropy())
    with db.read() as session:
        assert {jobs.get(session, job_id).state for job_id in ids} == {JobState.DONE}
        assert [len(jobs.receipts(session, job_id)) for job_id in ids] == [1] * len(ids)


def test_processes_that_share_a_queue_do_each_job_once(db: Database, database_url: str, tmp_path: Path) -> None:
    ids, diary = put(db, 60), tmp_path / "diary"
    workers = [start(database_url, diary, f"w{number}", lease=60) for number in range(4)]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert Counter(diary.read_text().split()) == Counter(ids)
    assert_all_done_with_one_receipt(db, ids)


def test_a_job_whose_worker_was_killed_in_the_middle_is_finished_by_another(
    db: Database, database_url: str, tmp_path: Path
) -> None:
    ids, diary = put(db, 1), tmp_path / "diary"
    killed = start(database_url, diary, "a", lease=1, die_once=True)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    with db.read() as session:
        assert Jobs(SystemClock(), SystemEntropy()).get(session, ids[0]).state is JobState.LEASED
    second = start(database_url, diary, "b", lease=1)
    second.join(60)
    assert second.exitcode == 0
    assert diary.read_text().split() == ids * 2
    assert_all_done_with_one_receipt(db, ids)


def test_workers_killed_at_any_moment_lose_nothing(db: Database, database_url: str, tmp_path: Path) -> None:
    ids, diary = put(db, 40), tmp_path / "diary"
    for number in range(4):
        worker = start(database_url, diary, f"doomed{number}", lease=0.5)
        deadline, before = time.monotonic() + 20, diary.stat().st_size if diary.exists() else 0
        while time.monotonic() < deadline and (diary.stat().st_size if diary.exists() else 0) < before + 100:
            time.sleep(0.003)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    last = start(database_url, diary, "last", lease=0.5)
    last.join(60)
    assert last.exitcode == 0
    assert set(diary.read_text().split()) == set(ids)
    assert_all_done_with_one_receipt(db, ids)
