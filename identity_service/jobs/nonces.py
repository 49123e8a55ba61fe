"""Nonces and signed transactions in the database: one nonce is used once, and what was signed is never lost.

Allocation locks the sender's row, so that any number of workers share one account without gaps or doubles. Taking the nonce,
signing and storing are one database transaction: there is no moment at which a nonce is held by nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Address, ChainId
from identity_service.chain.client import Receipt
from identity_service.chain.transactions import SignedTransaction
from identity_service.jobs.model import JobState
from identity_service.jobs.tables import ChainTransactionRow, JobRow, SenderNonceRow
from identity_service.jobs.transaction_model import ChainTransaction, JobNotLeased, TransactionRequest, TransactionState
from identity_service.storage import insert_if_absent, new_id


class TransactionStore:
    """The transactions we signed. Methods take a Session first and never commit."""

    def __init__(self, clock: Clock, entropy: Entropy) -> None:
        self._clock = clock
        self._entropy = entropy

    def current(self, session: Session, job_id: str) -> ChainTransaction | None:
        """The transaction that a job stands or falls with, or None before it is signed."""
        row = session.scalars(_current(job_id)).one_or_none()
        return None if row is None else _transaction(row)

    def last(self, session: Session, job_id: str) -> ChainTransaction | None:
        """The latest transaction of a job, failed or not."""
        newest = select(ChainTransactionRow).where(ChainTransactionRow.job_id == job_id)
        row = session.scalars(newest.order_by(ChainTransactionRow.nonce.desc()).limit(1)).one_or_none()
        return None if row is None else _transaction(row)

    def prepare(
        self,
        session: Session,
        job_id: str,
        request: TransactionRequest,
        *,
        sender: Address,
        pending_nonce: int,
        sign: Callable[[int], SignedTransaction],
    ) -> ChainTransaction:
        """Take the next nonce, sign with it and store; the transaction the job has already, if another worker was faster.

        Raises JobNotLeased when the job is no longer being worked on.
        """
        account = _locked_account(session, request.chain, sender)
        known = self.current(session, job_id)
        if known is not None:
            return known
        _require_leased(session, job_id)
        nonce = max(account.next_nonce, pending_nonce)
        signed = sign(nonce)
        account.next_nonce = nonce + 1
        row = ChainTransactionRow(
            id=new_id("txn", self._entropy),
            job_id=job_id,
            chain=str(request.chain),
            sender=sender.value,
            nonce=nonce,
            to=request.to.value,
            data=request.data,
            value=request.value,
            raw=signed.raw,
            tx_hash=signed.hash,
            state=TransactionState.PREPARED,
            prepared_at=self._clock.now(),
        )
        session.add(row)
        session.flush()
        return _transaction(row)

    def sent(self, session: Session, transaction_id: str) -> None:
        """The node has it, and it is in no block: never was, or a reorg took it out."""
        row = _locked(session, transaction_id)
        row.state, row.nonce_spent_at = TransactionState.BROADCAST, None
        row.block_number = row.block_hash = row.gas_used = None
        session.flush()

    def mined(self, session: Session, transaction_id: str, receipt: Receipt) -> None:
        """It is in this block, for now."""
        row = _locked(session, transaction_id)
        row.state, row.nonce_spent_at = TransactionState.MINED, None
        row.block_number, row.block_hash = receipt.block_number, receipt.block_hash
        row.gas_used = receipt.gas_used
        session.flush()

    def nonce_spent(self, session: Session, transaction_id: str) -> datetime:
        """The node says the nonce is used up, and shows no receipt; gives since when it has been saying so."""
        row = _locked(session, transaction_id)
        row.nonce_spent_at = row.nonce_spent_at or self._clock.now()
        session.flush()
        return row.nonce_spent_at

    def failed(self, session: Session, transaction_id: str, error: str) -> None:
        """It will never do what it was for."""
        row = _locked(session, transaction_id)
        row.state, row.error = TransactionState.FAILED, error
        session.flush()


def _locked_account(session: Session, chain: ChainId, sender: Address) -> SenderNonceRow:
    insert_if_absent(session, SenderNonceRow, chain=str(chain), sender=sender.value, next_nonce=0)
    wanted = select(SenderNonceRow).where(SenderNonceRow.chain == str(chain), SenderNonceRow.sender == sender.value)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def _require_leased(session: Session, job_id: str) -> None:
    state = session.scalars(select(JobRow.state).where(JobRow.id == job_id).with_for_update()).one()
    if state != JobState.LEASED:
        raise JobNotLeased("the job is no longer being worked on", job_id=job_id, state=state)


def _current(job_id: str) -> Any:
    return select(ChainTransactionRow).where(
        ChainTransactionRow.job_id == job_id, ChainTransactionRow.state != TransactionState.FAILED
    )


def _locked(session: Session, transaction_id: str) -> ChainTransactionRow:
    wanted = select(ChainTransactionRow).where(ChainTransactionRow.id == transaction_id)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()


def _transaction(row: ChainTransactionRow) -> ChainTransaction:
    return ChainTransaction(
        id=row.id,
        job_id=row.job_id,
        chain=ChainId.parse(row.chain),
        sender=Address.from_bytes(row.sender),
        nonce=row.nonce,
        to=Address.from_bytes(row.to),
        tx_hash=row.tx_hash,
        raw=row.raw,
        state=TransactionState(row.state),
        prepared_at=row.prepared_at,
        nonce_spent_at=row.nonce_spent_at,
        block_number=row.block_number,
        block_hash=row.block_hash,
        gas_used=row.gas_used,
        error=row.error,
    )
