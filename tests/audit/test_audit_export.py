"""An export proves itself to whoever holds the key, and any changed bit shows."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from claim_issuers.clock import FixedClock
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from identity_service.audit.export import (
    ExportEntryAltered,
    ExportIncomplete,
    ExportLineMalformed,
    ExportOutOfOrder,
    ExportRefused,
    ExportRootMismatch,
    ExportSignatureInvalid,
    Verified,
    checkpoint_line,
    entry_line,
    verify_export,
)
from identity_service.audit.merkle import leaf_hash
from identity_service.audit.model import Checkpoint, Entry
from identity_service.audit.service import AuditLog, CheckpointKeyUnfit
from identity_service.storage import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIGNER = Ed25519Signer(bytes(range(32)))
KEY = SIGNER.public_key


def exported(db: Database, entries: int) -> bytes:
    log = AuditLog(FixedClock(NOON))
    with db.write() as session:
        for number in range(entries):
            details = {"n": number, "über": ["é\u2028", None, True, 1.5]}
            log.append(session, actor="cli_a", action="claim.issued", subject=f"clm_{number}", details=details)
    with db.read() as session:
        return b"".join(log.export(session, SIGNER))


def verified(data: bytes) -> Verified:
    return verify_export(io.BytesIO(data), KEY)


@pytest.fixture(scope="module")
def sample() -> Iterator[bytes]:
    engine = create_engine("sqlite://")
    database = Database(engine)
    database.create_all()
    yield exported(database, 7)
    engine.dispose()


@pytest.mark.parametrize("entries", [0, 1, 5])
def test_an_export_verifies_offline(db: Database, entries: int) -> None:
    data = exported(db, entries)
    proven = verified(data)
    assert (proven.size, proven.at, proven.kid) == (entries, NOON, SIGNER.kid)
    assert data.count(b"\n") == entries + 1


def test_an_export_longer_than_one_fetch_verifies(db: Database) -> None:
    assert verified(exported(db, 2100)).size == 2100


def test_an_export_by_another_kind_of_key_is_refused_at_once(db: Database) -> None:
    with db.read() as session, pytest.raises(CheckpointKeyUnfit):
        AuditLog(FixedClock(NOON)).export(session, Secp256k1Signer(b"\x11" * 32))


def test_every_single_flipped_bit_of_a_small_export_is_found(db: Database) -> None:
    data = exported(db, 2)
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ExportRefused):
            verified(bytes(changed))


@settings(max_examples=300)
@given(data=st.data())
def test_random_flipped_bits_are_found(sample: bytes, data: st.DataObject) -> None:
    bits = data.draw(st.sets(st.integers(0, len(sample) * 8 - 1), min_size=1, max_size=5))
    changed = bytearray(sample)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ExportRefused):
        verified(bytes(changed))


@given(data=st.data())
def test_an_export_cut_anywhere_is_found(sample: bytes, data: st.DataObject) -> None:
    with pytest.raises(ExportRefused):
        verified(sample[: data.draw(st.integers(0, len(sample) - 1))])


@given(data=st.data())
def test_lines_swapped_dropped_or_doubled_are_found(sample: bytes, data: st.DataObject) -> None:
    lines = sample.splitlines(keepends=True)
    a, b = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(lines)
    swapped[a], swapped[b] = lines[b], lines[a]
    for forged in (swapped, lines[:a] + lines[a + 1 :], lines[: a + 1] + lines[a:]):
        with pytest.raises(ExportRefused):
            verify_export(forged, KEY)


def test_another_key_does_not_verify_it(sample: bytes) -> None:
    with pytest.raises(ExportSignatureInvalid) as refusal:
        verify_export(io.BytesIO(sample), Ed25519Signer(bytes(32)).public_key)
    assert refusal.value.line == 8


def test_an_altered_entry_is_named_by_its_line(sample: bytes) -> None:
    with pytest.raises(ExportEntryAltered) as refusal:
        verified(sample.replace(b'"clm_3"', b'"clm_9"'))
    assert refusal.value.line == 4
    assert refusal.value.data == {"line": 4}


def test_a_missing_entry_is_named_by_its_line(sample: bytes) -> None:
    lines = sample.splitlines(keepends=True)
    with pytest.raises(ExportOutOfOrder) as refusal:
        verify_export(lines[:2] + lines[3:], KEY)
    assert refusal.value.line == 3


def test_an_export_without_its_checkpoint_or_with_something_behind_is_incomplete(sample: bytes) -> None:
    lines = sample.splitlines(keepends=True)
    for forged in ([], lines[:-1], [*lines, lines[-1]], [*lines, b"\n"]):
        with pytest.raises(ExportIncomplete):
            verify_export(forged, KEY)


def test_entries_rewritten_with_their_leaf_hashes_do_not_lead_to_the_signed_root(sample: bytes) -> None:
    lines = sample.splitlines(keepends=True)
    forged = Entry(seq=4, at=NOON, actor="cli_a", action="claim.issued", subject="clm_9").encode()
    lines[3] = entry_line(forged, leaf_hash(forged))
    with pytest.raises(ExportRootMismatch):
        verify_export(lines, KEY)


def test_an_old_checkpoint_under_a_longer_log_is_refused(sample: bytes, db: Database) -> None:
    short, lines = exported(db, 3).splitlines(keepends=True), sample.splitlines(keepends=True)
    with pytest.raises(ExportRootMismatch):
        verify_export([*lines[:-1], short[-1]], KEY)


def test_a_checkpoint_that_someone_else_signed_is_refused(sample: bytes) -> None:
    lines = sample.splitlines(keepends=True)
    forged = Checkpoint(size=7, root=bytes(32), at=NOON, kid=SIGNER.kid, signature=bytes(64))
    with pytest.raises(ExportSignatureInvalid):
        verify_export([*lines[:-1], checkpoint_line(forged)], KEY)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"\r\n",
        b"{}\n",
        b"[]\n",
        b"1\n",
        b'{"entry":1}\n',
        b'{"entry":{},"leaf_hash":1}\n',
        b'{"entry":{},"leaf_hash":""}\n',
        b'{"entry":{},"extra":1,"leaf_hash":""}\n',
        b'{"checkpoint":{},"signature":"00"}\n',
        b'{"checkpoint":1,"signature":1}\n',
        b'{"entry":{"action":"bad","actor":"","at":"2026-01-01T00:00:00.000000Z","details":{},"seq":1,"subject":""},"leaf_hash":""}\n',
        b"[" * 60_000 + b"\n",
        b" " * 70_000 + b"\n",
    ],
)
def test_a_line_of_another_form_is_malformed(sample: bytes, line: bytes) -> None:
    with pytest.raises(ExportLineMalformed) as refusal:
        verify_export([line, *sample.splitlines(keepends=True)], KEY)
    assert refusal.value.line == 1
