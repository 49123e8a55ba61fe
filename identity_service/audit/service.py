"""The log itself: append in the caller's transaction, read, sign checkpoints, export, prove.

If the entry cannot be written, the caller's transaction fails with it: nothing happens unrecorded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import InvalidInput, Unavailable
from claim_issuers.keys.signers import Signer
from identity_service.audit import merkle
from identity_service.audit.export import checkpoint_line, entry_line
from identity_service.audit.merkle import EMPTY, Frontier, ProofOutOfRange, leaf_hash
from identity_service.audit.model import Checkpoint, Entry, NotCanonical
from identity_service.audit.tables import AuditCheckpointRow, AuditEntryRow, AuditTreeRow

_ONLY_ROW = 1
_ROWS_AT_ONCE = 1000


class CheckpointKeyUnfit(InvalidInput):
    """A checkpoint is signed with Ed25519 and no other kind of key."""

    code = "audit_checkpoint_key_unfit"


class AuditLogDamaged(Unavailable):
    """The stored log does not lead to its own root: a row was changed behind the service's back."""

    code = "audit_log_damaged"


class AuditLog:
    """The Merkle log of everything that happened. Methods take the caller's Session and never commit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def append(self, session: Session, *, actor: str, action: str, subject: str, details: Mapping[str, Any]) -> int:
        """Write one entry and give its ``seq``.

        The log is one sequence, so from here to the commit no other transaction can append: append last. Raises InvalidEntry.
        """
        tree = self._locked_tree(session)
        frontier = Frontier.unpack(tree.size, tree.frontier)
        now = self._clock.now()
        body = Entry(seq=frontier.size + 1, at=now, actor=actor, action=action, subject=subject, details=details).encode()
        leaf = leaf_hash(body)
        grown = frontier.append(leaf)
        tree.size, tree.frontier = grown.size, grown.pack()
        session.add(AuditEntryRow(seq=grown.size, at=now, entry=body, leaf_hash=leaf))
        session.flush()
        return grown.size

    def size(self, session: Session) -> int:
        """How many entries there are."""
        return _frontier(session).size

    def entries(self, session: Session, after: int = 0, limit: int = 100) -> list[Entry]:
        """Up to ``limit`` entries that follow entry ``after``, in order."""
        rows = session.scalars(
            select(AuditEntryRow.entry).where(AuditEntryRow.seq > after).order_by(AuditEntryRow.seq).limit(limit)
        )
        return [Entry.decode(row) for row in rows]

    def checkpoint(self, session: Session, signer: Signer) -> Checkpoint:
        """Sign the present size and root, and keep what was signed. Raises CheckpointKeyUnfit."""
        checkpoint = self._signed(_frontier(session), signer)
        session.add(
            AuditCheckpointRow(
                size=checkpoint.size,
                root=checkpoint.root,
                at=checkpoint.at,
                kid=checkpoint.kid,
                signature=checkpoint.signature,
            )
        )
        session.flush()
        return checkpoint

    def checkpoints(self, session: Session, limit: int = 100) -> list[Checkpoint]:
        """The last ``limit`` checkpoints we signed and kept, newest first."""
        rows = session.scalars(select(AuditCheckpointRow).order_by(AuditCheckpointRow.id.desc()).limit(limit))
        return [Checkpoint(size=row.size, root=row.root, at=row.at, kid=row.kid, signature=row.signature) for row in rows]

    def export(self, session: Session, signer: Signer) -> Iterator[bytes]:
        """The lines of ``audit.export``: every entry, then a fresh checkpoint. A reading Session will do.

        Raises CheckpointKeyUnfit before the first line.
        """
        frontier = _frontier(session)
        closing = checkpoint_line(self._signed(frontier, signer))
        return _lines(session, frontier.size, closing)

    def inclusion_proof(self, session: Session, *, seq: int, size: int) -> tuple[bytes, ...]:
        """The proof that entry ``seq`` is in the tree of ``size`` entries, for ``merkle.verify_inclusion`` with index seq - 1.

        Raises ProofOutOfRange. Reads the leaf hashes of the whole tree.
        """
        return merkle.inclusion_proof(_leaves(session, size), seq - 1)

    def consistency_proof(self, session: Session, *, first: int, second: int) -> tuple[bytes, ...]:
        """The proof that the tree of size ``second`` only grew from that of size ``first``. Raises ProofOutOfRange."""
        return merkle.consistency_proof(_leaves(session, second), first)

    def check(self, session: Session) -> int:
        """Recompute the root from the stored entries and give their number. Raises AuditLogDamaged, naming the entry."""
        stored, frontier = _frontier(session), EMPTY
        for seq, body, leaf in _rows(session, stored.size):
            if seq != frontier.size + 1 or leaf != leaf_hash(body) or _seq_of(body) != seq:
                raise AuditLogDamaged("an entry was changed, removed or moved", seq=frontier.size + 1)
            frontier = frontier.append(leaf)
        if frontier != stored:
            raise AuditLogDamaged("the entries do not lead to the stored root", seq=frontier.size)
        return frontier.size

    def _signed(self, frontier: Frontier, signer: Signer) -> Checkpoint:
        if signer.alg != "EdDSA":
            raise CheckpointKeyUnfit("give an Ed25519 signer")
        bare = Checkpoint(size=frontier.size, root=frontier.root(), at=self._clock.now(), kid=signer.kid)
        return replace(bare, signature=signer.sign(bare.signed_bytes()))

    def _locked_tree(self, session: Session) -> AuditTreeRow:
        locked = (
            select(AuditTreeRow).where(AuditTreeRow.id == _ONLY_ROW).with_for_update().execution_options(populate_existing=True)
        )
        tree = session.scalars(locked).one_or_none()
        if tree is None:
            _plant(session)
            tree = session.scalars(locked).one()
        return tree


def _plant(session: Session) -> None:
    """Create the tree's row; when two processes do so at once, the second waits and finds it."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(AuditTreeRow).values(id=_ONLY_ROW, size=0, frontier=b"").on_conflict_do_nothing())


def _frontier(session: Session) -> Frontier:
    row = session.execute(select(AuditTreeRow.size, AuditTreeRow.frontier)).one_or_none()
    return EMPTY if row is None else Frontier.unpack(row.size, row.frontier)


def _rows(session: Session, size: int) -> Iterator[tuple[int, bytes, bytes]]:
    rows = session.execute(
        select(AuditEntryRow.seq, AuditEntryRow.entry, AuditEntryRow.leaf_hash)
        .where(AuditEntryRow.seq <= size)
        .order_by(AuditEntryRow.seq)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for row in rows:
        yield row.seq, row.entry, row.leaf_hash


def _lines(session: Session, size: int, closing: bytes) -> Iterator[bytes]:
    for _, body, leaf in _rows(session, size):
        yield entry_line(body, leaf)
    yield closing


def _leaves(session: Session, size: int) -> list[bytes]:
    if size > _frontier(session).size:
        raise ProofOutOfRange("the log is not that long")
    wanted = select(AuditEntryRow.leaf_hash).where(AuditEntryRow.seq <= size).order_by(AuditEntryRow.seq)
    return list(session.scalars(wanted))


def _seq_of(body: bytes) -> int | None:
    try:
        return Entry.decode(body).seq
    except NotCanonical:
        return None
