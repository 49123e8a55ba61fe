"""Finds the mint that fulfils an accepted buy order, and watches it until it is final.

A mint fulfils an order when it gives exactly the order's quantity to the intermediary's account, and the call that we gave for the
order stands as a whole in the input of its transaction. What is recorded is shown only while the register still has that block.

One look costs little: nothing when the register has not moved, otherwise each movement once, and one request for the inputs of
at most fifty transactions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Account
from claim_issuers.orders.order import Order
from identity_service.audit.service import AuditLog
from identity_service.chain.directory import ChainDirectory
from identity_service.jobs.model import Done, Job, Outcome, ReceiptNote, Wait
from identity_service.orders.mints import mint_call_data, standing_mints
from identity_service.orders.model import WATCHED_AFTER_EXPIRY, Mint, watch_pause
from identity_service.orders.service import order_record
from identity_service.orders.tables import OrderRow
from identity_service.register.model import Movement, RegisterBehind, TransferKind
from identity_service.register.service import Register
from identity_service.storage import Database
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens

_MOST_TRANSACTIONS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """The last block that was searched, by number and hash."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What one look at the register shows: the mint that stands, or the mints that may be the one.

    ``watched`` is how far these reach, None when there was nothing new to look at; ``more`` says that others lie behind it.
    """

    order: Order
    mint: Mint | None = None
    recorded: bool = False
    candidates: Sequence[Movement] = field(default_factory=tuple)
    watched: _Watched | None = None
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOrder:
    """The handler of MATCH_ORDER_JOB, one job for each accepted buy order."""

    clock: Clock
    tokens: Tokens
    register: Register
    chains: ChainDirectory
    audit: AuditLog
    finality_depth: int

    def __call__(self, db: Database, job: Job) -> Outcome:
        """Look once; Done when the mint is final or no mint is to be expected any more."""
        try:
            return self._search(db, job)
        except Unavailable as fault:
            return self._wait(job, fault.code)

    def _search(self, db: Database, job: Job) -> Outcome:
        order_id = job.payload["order"]
        with db.read() as session:
            sight = self._look(session, order_id)
        if sight.mint is not None:
            return Done((_receipt(sight.order, sight.mint),)) if sight.mint.final else self._wait(job, "awaiting_finality")
        if sight.watched is None:
            return self._unless_over(job, sight)
        inputs = self._inputs(sight)
        found = _fulfilling(sight, inputs)
        if found is None and None in inputs.values():
            return self._wait(job, "awaiting_transaction")  # the node has not caught up with the register, or has turned back
        kept = self._record(db, order_id, found, sight.watched)
        return self._unless_over(job, sight) if found is None and kept else self._wait(job, "awaiting_finality")

    def _look(self, session: Session, order_id: str) -> _Sight:
        row = session.get_one(OrderRow, order_id)
        order, token = order_record(row).order, self.tokens.get(session, Account.parse(row.token))
        mint = standing_mints(session, [row], self.register, self.tokens, self.finality_depth).get(order_id)
        if mint is not None:
            return _Sight(order=order, mint=mint)
        try:
            head = self.register.progress(session, token).indexed_to
        except RegisterBehind:  # it was never started, or forgotten
            return _Sight(order=order)
        if head.block_hash == row.watched_hash:
            return _Sight(order=order)
        return self._movements_since(session, row, token, order, _Watched(number=head.block_number, hash=head.block_hash))

    def _movements_since(self, session: Session, row: OrderRow, token: Token, order: Order, head: _Watched) -> _Sight:
        moves = self.register.movements(session, token, first=self._first(session, row, token), last=head.number)
        fitting = [move for move in moves if _fits(move, order)]
        portion = _portion(fitting)
        more = len(portion) < len(fitting)
        last = portion[-1] if more else None
        return _Sight(
            order=order,
            recorded=row.mint_transaction is not None,
            candidates=_free(session, row, portion),
            watched=head if last is None else _Watched(number=last.block, hash=last.block_hash),
            more=more,
        )

    def _first(self, session: Session, row: OrderRow, token: Token) -> int:
        """The block to search from: behind what was searched, or as far back as blocks change where that is gone."""
        hashes = self.register.block_hashes(session, token, [row.watched_to])
        if row.watched_hash is not None and hashes.get(row.watched_to) == row.watched_hash:
            return row.watched_to + 1
        lowest = row.watched_to if row.mint_block is None else min(row.watched_to, row.mint_block)
        return max(token.deployed_block, lowest - self.finality_depth)

    def _inputs(self, sight: _Sight) -> dict[bytes, bytes | None]:
        transactions = list(dict.fromkeys(move.transaction for move in sight.candidates))
        if not transactions:
            return {}
        found = self.chains.on(sight.order.token.chain).transaction_inputs(transactions)
        return dict(zip(transactions, found, strict=True))

    def _record(self, db: Database, order_id: str, found: Movement | None, watched: _Watched) -> bool:
        try:
            with db.write() as session:
                self._write(session, order_id, found, watched)
        except IntegrityError:
            return False  # another order took this mint meanwhile; the next look passes it over
        return True

    def _write(self, session: Session, order_id: str, found: Movement | None, watched: _Watched) -> None:
        row = session.get_one(OrderRow, order_id, with_for_update=True)
        row.watched_to, row.watched_hash = watched.number, watched.hash
        lost = row.mint_transaction
        row.mint_transaction = None if found is None else found.transaction
        row.mint_log_index = None if found is None else found.log_index
        row.mint_block = None if found is None else found.block
        row.mint_block_hash = None if found is None else found.block_hash
        session.flush()
        if found is not None:
            details = {"transaction": found.transaction.hex(), "block": found.block, "block_hash": found.block_hash.hex()}
            self.audit.append(session, actor="worker", action="order.minted", subject=order_id, details=details)
        elif lost is not None:
            details = {"transaction": lost.hex()}
            self.audit.append(session, actor="worker", action="order.mint_undone", subject=order_id, details=details)

    def _unless_over(self, job: Job, sight: _Sight) -> Outcome:
        over = self.clock.now() >= sight.order.expires_at + WATCHED_AFTER_EXPIRY
        return Done() if over and not sight.more else self._wait(job, "awaiting_mint")

    def _wait(self, job: Job, code: str) -> Wait:
        return Wait(watch_pause(self.clock.now() - job.created_at), code)


def _fits(move: Movement, order: Order) -> bool:
    wanted = (TransferKind.MINT, order.intermediary.address, order.quantity)
    return (move.kind, move.target, move.quantity) == wanted


def _portion(moves: Sequence[Movement]) -> list[Movement]:
    """The moves of as many whole blocks as hold fifty transactions together, and of one block at least."""
    taken: list[Movement] = []
    for _, of_block in groupby(moves, key=lambda move: move.block):
        more = [*taken, *of_block]
        if taken and len({move.transaction for move in more}) > _MOST_TRANSACTIONS:
            break
        taken = more
    return taken


def _fulfilling(sight: _Sight, inputs: dict[bytes, bytes | None]) -> Movement | None:
    call = mint_call_data(sight.order).data
    return next((move for move in sight.candidates if call in (inputs[move.transaction] or b"")), None)


def _free(session: Session, row: OrderRow, moves: Sequence[Movement]) -> list[Movement]:
    """Those of ``moves`` that no other order has: one mint fulfils one order."""
    if not moves:
        return []
    taken = session.execute(
        select(OrderRow.mint_transaction, OrderRow.mint_log_index).where(
            OrderRow.token == row.token, OrderRow.id != row.id, OrderRow.mint_transaction.in_([move.transaction for move in moves])
        )
    )
    places = {(bytes(transaction), index) for transaction, index in taken if transaction is not None}
    return [move for move in moves if (move.transaction, move.log_index) not in places]


def _receipt(order: Order, mint: Mint) -> ReceiptNote:
    return ReceiptNote(
        place=str(order.token.chain),
        reference="0x" + mint.transaction.hex(),
        details={"block_number": mint.block_number, "block_hash": "0x" + mint.block_hash.hex()},
    )
