"""The log through its door, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from claim_issuers.clock import FixedClock, SystemClock
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from identity_service.audit.merkle import ProofOutOfRange, leaf_hash, verify_consistency, verify_inclusion
from identity_service.audit.model import Checkpoint, Entry, InvalidEntry, NotCanonical
from identity_service.audit.service import AuditLog, AuditLogDamaged, CheckpointKeyUnfit
from identity_service.storage import Database
from tests.support.processes import PROCESSES

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
SIGNER = Ed25519Signer(bytes(range(32)))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def log(clock: FixedClock) -> AuditLog:
    return AuditLog(clock)


def write(db: Database, log: AuditLog, count: int, **details: Any) -> None:
    with db.write() as session:
        for number in range(count):
            log.append(session, actor="cli_a", action="claim.issued", subject=f"clm_{number}", details=details)


def test_entries_are_numbered_from_one_and_read_back_in_order(db: Database, log: AuditLog, clock: FixedClock) -> None:
    with db.write() as session:
        first = log.append(session, actor="cli_a", action="claim.issued", subject="clm_1", details={"topic": "INVESTOR"})
        clock.advance(timedelta(seconds=1))
        second = log.append(session, actor="cli_b", action="claim.revoked", subject="clm_1", details={})
    with db.read() as session:
        assert (first, second, log.size(session)) == (1, 2, 2)
        assert log.entries(session) == [
            Entry(seq=1, at=NOON, actor="cli_a", action="claim.issued", subject="clm_1", details={"topic": "INVESTOR"}),
            Entry(seq=2, at=NOON + timedelta(seconds=1), actor="cli_b", action="claim.revoked", subject="clm_1"),
        ]


def test_entries_come_in_pages(db: Database, log: AuditLog) -> None:
    write(db, log, 5)
    with db.read() as session:
        assert [entry.seq for entry in log.entries(session, after=2, limit=2)] == [3, 4]
        assert log.entries(session, after=5) == []


def test_an_empty_log_has_the_published_empty_root(db: Database, log: AuditLog) -> None:
    with db.write() as session:
        checkpoint = log.checkpoint(session, SIGNER)
    assert (checkpoint.size, checkpoint.root.hex()) == (
        0,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )


def test_a_transaction_that_fails_leaves_no_entry(db: Database, log: AuditLog) -> None:
    def append_then_fail() -> None:
        with db.write() as session:
            log.append(session, actor="cli_a", action="claim.issued", subject="clm_1", details={})
            raise RuntimeError

    write(db, log, 1)
    with pytest.raises(RuntimeError):
        append_then_fail()
    write(db, log, 1)
    with db.read() as session:
        assert [entry.seq for entry in log.entries(session)] == [1, 2]
        assert log.check(session) == 2


@pytest.mark.parametrize(
    "details",
    [{"n": 2**60}, {"n": float("nan")}, {"n": b"bytes"}, {1: "n"}, {"n": "\ud800"}, {"n": "x" * 65_536}, {"n": {1, 2}}],
)
def test_details_that_canonical_json_cannot_hold_are_refused(db: Database, log: AuditLog, details: dict[Any, Any]) -> None:
    with pytest.raises(InvalidEntry), db.write() as session:
        log.append(session, actor="cli_a", action="claim.issued", subject="clm_1", details=details)


def nested(depth: int) -> dict[str, Any]:
    return {"n": nested(depth - 1)} if depth > 1 else {}


def test_details_nested_up_to_the_limit_are_read_back_and_deeper_ones_refused(db: Database, log: AuditLog) -> None:
    text_with_brackets = "[" * 1000 + '\\"{' + "{" * 1000
    with db.write() as session:
        log.append(session, actor="a", action="a.b", subject="s", details={**nested(31), "t": text_with_brackets})
        with pytest.raises(InvalidEntry):
            log.append(session, actor="a", action="a.b", subject="s", details=nested(32))
    with db.read() as session:
        assert log.entries(session)[0].details == {**nested(31), "t": text_with_brackets}


@pytest.mark.parametrize("action", ["issued", "Claim.issued", "claim.", "claim issued", "", "claim.issued\n"])
def test_an_action_that_is_not_dotted_is_refused(db: Database, log: AuditLog, action: str) -> None:
    with pytest.raises(InvalidEntry), db.write() as session:
        log.append(session, actor="cli_a", action=action, subject="clm_1", details={})


def test_a_checkpoint_is_signed_and_kept(db: Database, log: AuditLog) -> None:
    write(db, log, 3)
    with db.write() as session:
        checkpoint = log.checkpoint(session, SIGNER)
    SIGNER.public_key.verify(checkpoint.signed_bytes(), checkpoint.signature)
    assert (checkpoint.size, checkpoint.at, checkpoint.kid) == (3, NOON, SIGNER.kid)
    with db.read() as session:
        assert log.checkpoints(session) == [checkpoint]


def test_a_checkpoint_of_another_kind_of_key_is_refused(db: Database, log: AuditLog) -> None:
    with pytest.raises(CheckpointKeyUnfit), db.write() as session:
        log.checkpoint(session, Secp256k1Signer(b"\x11" * 32))


def test_stored_entries_prove_their_place_under_a_checkpoint(db: Database, log: AuditLog) -> None:
    write(db, log, 11)
    with db.write() as session:
        checkpoint = log.checkpoint(session, SIGNER)
        for entry in log.entries(session):
            proof = log.inclusion_proof(session, seq=entry.seq, size=11)
            leaf = leaf_hash(entry.encode())
            verify_inclusion(leaf=leaf, index=entry.seq - 1, size=11, proof=proof, root=checkpoint.root)


def test_a_later_checkpoint_provably_extends_an_earlier_one(db: Database, log: AuditLog) -> None:
    checkpoints = []
    for count in (3, 1, 7):
        write(db, log, count)
        with db.write() as session:
            checkpoints.append(log.checkpoint(session, SIGNER))
    last = checkpoints[-1]
    with db.read() as session:
        for earlier in checkpoints:
            proof = log.consistency_proof(session, first=earlier.size, second=last.size)
            verify_consistency(first=earlier.size, second=last.size, first_root=earlier.root, second_root=last.root, proof=proof)


def test_proofs_beyond_the_log_are_refused(db: Database, log: AuditLog) -> None:
    write(db, log, 2)
    with db.read() as session:
        for seq, size in ((0, 2), (3, 2), (1, 3)):
            with pytest.raises(ProofOutOfRange):
                log.inclusion_proof(session, seq=seq, size=size)
        with pytest.raises(ProofOutOfRange):
            log.consistency_proof(session, first=1, second=3)


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_entries WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 5",
        "UPDATE audit_entries SET entry = (SELECT entry FROM audit_entries WHERE seq = 1) WHERE seq = 2",
        "UPDATE audit_entries SET leaf_hash = (SELECT leaf_hash FROM audit_entries WHERE seq = 1) WHERE seq = 2",
        "UPDATE audit_entries SET entry = (SELECT entry FROM audit_entries WHERE seq = 1),"
        " leaf_hash = (SELECT leaf_hash FROM audit_entries WHERE seq = 1) WHERE seq = 2",
        "UPDATE audit_entries SET seq = 6 WHERE seq = 5",
    ],
)
def test_a_row_changed_behind_the_services_back_is_found(db: Database, log: AuditLog, tampering: str) -> None:
    write(db, log, 5)
    with db.write() as session:
        assert log.check(session) == 5
        session.execute(text(tampering))
    with db.read() as session, pytest.raises(AuditLogDamaged):
        log.check(session)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"seq":1}',
        b'{"action":"a.b","actor":"x","at":"2026-01-01T00:00:00.000000Z","details":{},"seq":true,"subject":"s"}',
        b'{"action":"a.b","actor":"x","at":"2026-01-01T00:00:00Z","details":{},"seq":1,"subject":"s"}',
        b'{"action":"a.b","actor":"x","at":"2026-1-1T0:0:0.0Z","details":{},"seq":1,"subject":"s"}',
        b'{"action":"a.b","actor":"x","at":"2026-01-01T00:00:00.000000Z","details":{},"seq":1,"subject":"s","z":1}',
        b'{"action":"a.b", "actor":"x","at":"2026-01-01T00:00:00.000000Z","details":{},"seq":1,"subject":"s"}',
        b'{"action":"a.b","actor":"x","actor":"x","at":"2026-01-01T00:00:00.000000Z","details":{},"seq":1,"subject":"s"}',
        b"[" * 100_000,
        b'{"a":1' + b"0" * 5000 + b"}",
        b'{"a":NaN}',
        b"\xff",
    ],
)
def test_bytes_that_are_not_the_canonical_entry_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        Entry.decode(data)


def test_a_checkpoint_of_another_type_is_refused() -> None:
    value = {"checkpoint": {"type": "other", "size": 0, "root": "", "at": "", "kid": ""}, "signature": ""}
    with pytest.raises(NotCanonical):
        Checkpoint.of(value)


def _append_many(url: str, worker: int, count: int) -> None:
    database, log = Database.open(url), AuditLog(SystemClock())
    for number in range(count):
        with database.write() as session:
            log.append(session, actor=f"w{worker}", action="test.appended", subject=str(number), details={})
    database.close()


def test_processes_that_append_at_once_make_one_gapless_sequence(db: Database, database_url: str, log: AuditLog) -> None:
    processes, each = 4, 15
    workers = [PROCESSES.Process(target=_append_many, args=(database_url, worker, each)) for worker in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * processes
    with db.read() as session:
        assert log.check(session) == processes * each
        entries = log.entries(session, limit=1000)
    for worker in range(processes):
        assert [entry.subject for entry in entries if entry.actor == f"w{worker}"] == [str(n) for n in range(each)]
