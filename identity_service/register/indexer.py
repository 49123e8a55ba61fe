"""The register follows the chain.

>>> Indexer(db, chain_for, clock).sync(token).indexed_to.block_number   # doctest: +SKIP
1234

A step reads a range of blocks outside any transaction, then writes headers, movements, versions and cursor in one. A branch
that the chain has left is taken back in that same transaction, so a reader sees the register before or after and never between.
"""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import Conflict, Unavailable
from claim_issuers.identifiers.accounts import Account, ChainId
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.register import journal, versions
from identity_service.register.journal import Cursor
from identity_service.register.model import Progress, RegisterBehind
from identity_service.register.ranges import Plan, Range, RangeReader
from identity_service.register.source import ChainMoved, ChainSource
from identity_service.storage import Database
from identity_service.tokens.model import Token

FINALITY_DEPTH = 64  # two epochs of Ethereum's proof of stake
RANGE_BLOCKS = 2_000
_ATTEMPTS = 8


class ReorgTooDeep(Unavailable):
    """The chain differs from the register further back than blocks are supposed to change, or its node is that far behind.

    Nothing was changed. An operator who has found the cause lets ``forget`` and ``sync`` build the register anew.
    """

    code = "reorg_too_deep"


class IndexerOvertaken(Conflict):
    """Another indexer moved this token's register while a range was read; what was read is thrown away."""

    code = "indexer_overtaken"


class ChainFor(Protocol):
    """Gives the client of a chain."""

    def __call__(self, chain: ChainId, /) -> ChainClient: ...


class Indexer:
    """Brings registers to their chains' heads.

    ``finality_depth`` is the number of blocks below the head that may still change; ``range_blocks`` how many settled blocks go
    into one transaction.
    """

    def __init__(
        self,
        db: Database,
        chain_for: ChainFor,
        clock: Clock,
        *,
        finality_depth: int = FINALITY_DEPTH,
        range_blocks: int = RANGE_BLOCKS,
    ) -> None:
        self._db = db
        self._chain_for = chain_for
        self._clock = clock
        self._finality_depth = finality_depth
        self._range_blocks = range_blocks

    def sync(self, token: Token) -> Progress:
        """Bring the token's register to the head its node now has, and say how far it is.

        Raises ReorgTooDeep, RegistryReplaced, RegisterBehind while the chain has not reached the token's first block,
        RegisterInconsistent, MalformedLog, ChainMoved when the chain would not hold still, IndexerOvertaken, and what the
        chain's client raises. The register then is as the last completed range left it.
        """
        source = ChainSource(self._chain_for(token.chain), token)
        while not _retried(lambda: self._step(token, source)).arrived:
            pass
        return self._progress(token)

    def forget(self, token: Account) -> None:
        """Drop the token's register; the next ``sync`` builds it from nothing."""
        with self._db.write() as session:
            journal.forget(session, token)

    def _step(self, token: Token, source: ChainSource) -> Plan:
        with self._db.read() as session:
            cursor = journal.cursor(session, token.id)
        plan = self._plan(token, cursor, source)
        self._refuse_a_chain_without_the_token(token, plan)
        found = RangeReader(self._db, source, token.id).read(plan)
        try:
            with self._db.write() as session:
                if journal.cursor(session, token.id, lock=True) != cursor:
                    raise IndexerOvertaken("another indexer moved the register")
                self._write(session, token, cursor, plan, found)
        except IntegrityError as error:  # two indexers began the same token: there was no cursor to lock
            raise IndexerOvertaken("another indexer began the register") from error
        return plan

    def _plan(self, token: Token, cursor: Cursor | None, source: ChainSource) -> Plan:
        head = source.head()
        ancestor = None if cursor is None else self._common_ancestor(token.id, cursor, head, source)
        first = token.deployed_block if ancestor is None else ancestor.number + 1
        settled_to = head.number - self._finality_depth
        last = min(settled_to, first + self._range_blocks - 1) if first <= settled_to else head.number
        return Plan(head=head, ancestor=ancestor, first=first, last=last, settled=first <= settled_to)

    def _common_ancestor(self, token: Account, cursor: Cursor, head: BlockRef, source: ChainSource) -> BlockRef | None:
        """The last block that register and chain share; None when the reorg took even the first one."""
        lowest = max(cursor.first_block, cursor.indexed_number - self._finality_depth)
        with self._db.read() as session:
            held = journal.blocks_between(session, token, lowest, cursor.indexed_number)
        if not held or not cursor.names(held[-1]):
            raise IndexerOvertaken("another indexer moved the register")
        if head.number >= held[-1].number and source.is_canonical(held[-1]):
            return held[-1]
        chain = source.blocks(lowest, min(head.number, cursor.indexed_number))
        shared = [ours for ours, theirs in zip(held, chain, strict=False) if ours.hash == theirs.hash]
        if not shared and lowest > cursor.first_block:
            raise self._too_deep(token, cursor, head)
        return shared[-1] if shared else None

    def _too_deep(self, token: Account, cursor: Cursor, head: BlockRef) -> ReorgTooDeep:
        return ReorgTooDeep(
            "the register and the chain part further back than blocks may change",
            token=str(token),
            indexed_to=cursor.indexed_number,
            head=head.number,
            finality_depth=self._finality_depth,
        )

    def _refuse_a_chain_without_the_token(self, token: Token, plan: Plan) -> None:
        if plan.ancestor is None and plan.empty:
            self.forget(token.id)
            raise RegisterBehind("the chain has not reached the token's first block", first_block=plan.first)

    def _write(self, session: Session, token: Token, cursor: Cursor | None, plan: Plan, found: Range) -> None:
        if cursor is not None and (plan.ancestor is None or not cursor.names(plan.ancestor)):
            journal.roll_back(session, token.id, -1 if plan.ancestor is None else plan.ancestor.number)
        journal.add_blocks(session, token.id, found.blocks)
        journal.add_movements(session, token.id, found.folded.movements)
        versions.record(session, str(token.id), found.folded.changes)
        moved = Cursor.at(
            found.blocks[-1] if plan.ancestor is None or found.blocks else plan.ancestor,
            first_block=token.deployed_block,
            head=plan.head,
            synced_at=self._clock.now(),
        )
        journal.set_cursor(session, token.id, moved)

    def _progress(self, token: Token) -> Progress:
        with self._db.read() as session:
            return journal.progress(session, token.id)


def _retried(step: Callable[[], Plan]) -> Plan:
    for _ in range(_ATTEMPTS - 1):
        try:
            return step()
        except (ChainMoved, IndexerOvertaken):
            continue
    return step()
