"""Where the register stands: its cursor, the block headers it holds and the movements, written beside the versions.

Every function takes the Session of the caller's transaction and commits nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import from_unix_seconds
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.blocks import BlockRef
from identity_service.register import versions
from identity_service.register.model import AsOf, Movement, Progress, RegisterBehind, TransferKind
from identity_service.register.tables import VERSIONS, blocks, cursors, movements

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """What has been indexed of a token: from its first block to ``indexed``, when the chain's head was ``head``."""

    first_block: int
    indexed_number: int
    indexed_hash: bytes
    head_number: int
    head_hash: bytes
    head_timestamp: int
    synced_at: datetime

    @classmethod
    def at(cls, indexed: BlockRef, *, first_block: int, head: BlockRef, synced_at: datetime) -> Self:
        """The cursor of a register that reaches ``indexed``."""
        return cls(
            first_block=first_block,
            indexed_number=indexed.number,
            indexed_hash=indexed.hash,
            head_number=head.number,
            head_hash=head.hash,
            head_timestamp=head.timestamp,
            synced_at=synced_at,
        )

    def names(self, block: BlockRef) -> bool:
        """Whether ``block`` is the one indexed last."""
        return (self.indexed_number, self.indexed_hash) == (block.number, block.hash)


_CURSOR_FIELDS = tuple(column.name for column in cursors.c if column.name != "token")


def cursor(session: Session, token: Account, *, lock: bool = False) -> Cursor | None:
    """The token's cursor, or None before its first block; ``lock`` holds other writers off until the transaction ends."""
    query = select(*(cursors.c[name] for name in _CURSOR_FIELDS)).where(cursors.c.token == str(token))
    row = session.execute(query.with_for_update() if lock else query).first()
    return None if row is None else Cursor(**dict(zip(_CURSOR_FIELDS, row, strict=True)))


def set_cursor(session: Session, token: Account, value: Cursor) -> None:
    """Move the cursor."""
    fields = {name: getattr(value, name) for name in _CURSOR_FIELDS}
    if cursor(session, token) is None:
        session.execute(insert(cursors).values(token=str(token), **fields))
    else:
        session.execute(update(cursors).where(cursors.c.token == str(token)).values(**fields))


def progress(session: Session, token: Account) -> Progress:
    """How far the token's register is. Raises RegisterBehind before its first block."""
    at = cursor(session, token)
    if at is None:
        raise RegisterBehind("the token's register has not been started", token=str(token))
    (indexed,) = blocks_between(session, token, at.indexed_number, at.indexed_number)
    head = AsOf(
        chain=token.chain, block_number=at.head_number, block_hash=at.head_hash, instant=from_unix_seconds(at.head_timestamp)
    )
    return Progress(head=head, indexed_to=as_of(indexed), synced_at=at.synced_at)


def as_of(block: BlockRef) -> AsOf:
    """A block, with its timestamp as an instant."""
    return AsOf(chain=block.chain, block_number=block.number, block_hash=block.hash, instant=from_unix_seconds(block.timestamp))


def add_blocks(session: Session, token: Account, found: Sequence[BlockRef]) -> None:
    """Keep the headers of ``found``."""
    rows = [
        {
            "token": str(token),
            "number": block.number,
            "hash": block.hash,
            "parent": block.parent_hash,
            "timestamp": block.timestamp,
        }
        for block in found
    ]
    if rows:
        session.execute(insert(blocks), rows)


def blocks_between(session: Session, token: Account, first: int, last: int) -> list[BlockRef]:
    """The headers held from ``first`` to ``last``, in order."""
    columns = (blocks.c.number, blocks.c.hash, blocks.c.parent, blocks.c.timestamp)
    query = select(*columns).where(blocks.c.token == str(token), blocks.c.number.between(first, last)).order_by(blocks.c.number)
    return [
        BlockRef(chain=token.chain, number=number, hash=bytes(hash_), parent_hash=bytes(parent), timestamp=timestamp)
        for number, hash_, parent, timestamp in session.execute(query)
    ]


def hashes_at(session: Session, token: Account, numbers: Iterable[int]) -> dict[int, bytes]:
    """The hashes of those of these blocks whose headers are held."""
    wanted, found = sorted(set(numbers)), {}
    for start in range(0, len(wanted), _BATCH):
        query = select(blocks.c.number, blocks.c.hash).where(
            blocks.c.token == str(token), blocks.c.number.in_(wanted[start : start + _BATCH])
        )
        found.update({number: bytes(hash_) for number, hash_ in session.execute(query)})
    return found


def add_movements(session: Session, token: Account, found: Iterable[Movement]) -> None:
    """Keep the transfers of a range."""
    rows = [
        {
            "token": str(token),
            "block": movement.block,
            "log_index": movement.log_index,
            "block_hash": movement.block_hash,
            "transaction": movement.transaction,
            "source": movement.source.value,
            "target": movement.target.value,
            "quantity": movement.quantity,
            "kind": movement.kind.value,
            "mover": None if movement.mover is None else movement.mover.value,
        }
        for movement in found
    ]
    if rows:
        session.execute(insert(movements), rows)


def movements_between(
    session: Session, token: Account, first: int, last: int, *, transaction: bytes | None = None
) -> Iterator[Movement]:
    """The transfers from block ``first`` to block ``last``, in chain order, or only those of one transaction."""
    columns = movements.c
    query = select(movements).where(columns.token == str(token), columns.block.between(first, last))
    if transaction is not None:
        query = query.where(columns.transaction == transaction)
    for row in session.execute(query.order_by(columns.block, columns.log_index)):
        yield Movement(
            block=row.block,
            block_hash=bytes(row.block_hash),
            transaction=bytes(row.transaction),
            log_index=row.log_index,
            source=Address(bytes(row.source)),
            target=Address(bytes(row.target)),
            quantity=row.quantity,
            kind=TransferKind(row.kind),
            mover=None if row.mover is None else Address(bytes(row.mover)),
        )


def moves_by(session: Session, token: Account, mover: Address, sources: Sequence[Address]) -> Iterator[tuple[Address, int, int]]:
    """Source, block and quantity of what ``mover`` moved by allowance out of these accounts, in chain order."""
    columns = movements.c
    values = sorted({one.value for one in sources})
    for start in range(0, len(values), _BATCH):
        query = select(columns.source, columns.block, columns.quantity).where(
            columns.token == str(token),
            columns.mover == mover.value,
            columns.kind == TransferKind.CUSTODIAN_MOVE.value,
            columns.source.in_(values[start : start + _BATCH]),
        )
        for source, block, quantity in session.execute(query.order_by(columns.block, columns.log_index)):
            yield Address(bytes(source)), block, quantity


def roll_back(session: Session, token: Account, ancestor: int) -> None:
    """Forget headers, movements and versions behind block ``ancestor``; the cursor is the caller's to move."""
    session.execute(delete(movements).where(movements.c.token == str(token), movements.c.block > ancestor))
    session.execute(delete(blocks).where(blocks.c.token == str(token), blocks.c.number > ancestor))
    versions.roll_back(session, str(token), ancestor)


def forget(session: Session, token: Account) -> None:
    """Forget everything about the token, so that the next sync builds its register from nothing."""
    for table in (cursors, blocks, movements, *(kept.table for kept in VERSIONS.values())):
        session.execute(delete(table).where(table.c.token == str(token)))
