"""A request sent twice is done once, whichever process gets the second."""

import multiprocessing
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from claim_issuers.clock import FixedClock, SystemClock, SystemEntropy
from identity_service.jobs.idempotency import (
    Idempotency,
    IdempotencyKeyInUse,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    StoredAnswer,
)
from identity_service.jobs.service import Jobs
from identity_service.storage import Database
from tests.support.processes import PROCESSES

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY = sha256(b"{}").digest()
OTHER_BODY = sha256(b"[]").digest()
WHO = ("cli_a", "claims.create")


@pytest.fixture
def idempotency() -> Idempotency:
    return Idempotency(FixedClock(NOON))


def answer(db: Database, idempotency: Idempotency, key: str = "k") -> None:
    with db.write() as session:
        assert idempotency.begin(session, *WHO, key, BODY) is None
        idempotency.finish(session, *WHO, key, status=201, body={"id": "clm_1"}, location="/v1/claims/clm_1")


def test_the_second_request_gets_the_first_ones_answer(db: Database, idempotency: Idempotency) -> None:
    answer(db, idempotency)
    with db.write() as session:
        assert idempotency.begin(session, *WHO, "k", BODY) == StoredAnswer(
            status=201, body={"id": "clm_1"}, location="/v1/claims/clm_1"
        )


def test_another_client_operation_or_key_is_another_request(db: Database, idempotency: Idempotency) -> None:
    answer(db, idempotency)
    with db.write() as session:
        assert idempotency.begin(session, "cli_b", "claims.create", "k", BODY) is None
        assert idempotency.begin(session, "cli_a", "orders.create", "k", BODY) is None
        assert idempotency.begin(session, "cli_a", "claims.create", "K", BODY) is None


def test_a_key_with_another_body_is_refused(db: Database, idempotency: Idempotency) -> None:
    answer(db, idempotency)
    with pytest.raises(IdempotencyKeyReused), db.write() as session:
        idempotency.begin(session, *WHO, "k", OTHER_BODY)


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_refused(db: Database, idempotency: Idempotency, key: str | None) -> None:
    with pytest.raises(IdempotencyKeyMissing), db.write() as session:
        idempotency.begin(session, *WHO, key, BODY)


@pytest.mark.parametrize("key", ["a b", "ä", "a\n", "k" * 256, "\x00"])
def test_a_key_that_is_not_plain_text_is_refused(db: Database, idempotency: Idempotency, key: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed), db.write() as session:
        idempotency.begin(session, *WHO, key, BODY)


def test_a_request_that_is_not_answered_yet_is_not_begun_again(db: Database, idempotency: Idempotency) -> None:
    with db.write() as session:
        idempotency.begin(session, *WHO, "k", BODY)
    with pytest.raises(IdempotencyKeyInUse), db.write() as session:
        idempotency.begin(session, *WHO, "k", BODY)


def test_a_request_that_failed_frees_its_key(db: Database, idempotency: Idempotency) -> None:
    def begin_then_fail() -> None:
        with db.write() as session:
            idempotency.begin(session, *WHO, "k", BODY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_then_fail()
    answer(db, idempotency)


def test_an_answer_without_body_or_location_is_kept_as_such(db: Database, idempotency: Idempotency) -> None:
    with db.write() as session:
        idempotency.begin(session, *WHO, "k", BODY)
        idempotency.finish(session, *WHO, "k", status=204, body=None)
    with db.write() as session:
        assert idempotency.begin(session, *WHO, "k", BODY) == StoredAnswer(status=204, body=None, location=None)


def test_what_is_old_is_forgotten_and_the_rest_is_not(db: Database) -> None:
    clock = FixedClock(NOON)
    idempotency = Idempotency(clock)
    answer(db, idempotency, "old")
    clock.advance(timedelta(hours=1))
    answer(db, idempotency, "new")
    with db.write() as session:
        idempotency.forget(session, NOON + timedelta(minutes=30))
    with db.write() as session:
        assert idempotency.begin(session, *WHO, "old", BODY) is None
        assert idempotency.begin(session, *WHO, "new", BODY) is not None


def _serve(url: str, queue: "multiprocessing.Queue[str]") -> None:
    database, clock = Database.open(url), SystemClock()
    idempotency, jobs = Idempotency(clock), Jobs(clock, SystemEntropy())
    for number in range(10):
        with database.write() as session:
            known = idempotency.begin(session, *WHO, f"k{number}", BODY)
            if known is None:
                job_id = jobs.enqueue(session, "work", {})
                time.sleep(0.01)  # long enough for the others to arrive in the middle
                idempotency.finish(session, *WHO, f"k{number}", status=201, body={"id": job_id})
                queue.put(f"did {number}")
            else:
                queue.put(f"repeated {number} {known.body['id']}")
    database.close()


def test_processes_that_get_the_same_requests_at_once_do_each_once(db: Database, database_url: str) -> None:
    queue: multiprocessing.Queue[str] = PROCESSES.Queue()
    servers = [PROCESSES.Process(target=_serve, args=(database_url, queue)) for _ in range(3)]
    for server in servers:
        server.start()
    said = [queue.get(timeout=60) for _ in range(30)]
    for server in servers:
        server.join()
    assert Counter(word for word in said if word.startswith("did")) == Counter(f"did {n}" for n in range(10))
    repeated = Counter(word for word in said if word.startswith("repeated"))
    assert sorted(repeated.values()) == [2] * 10
