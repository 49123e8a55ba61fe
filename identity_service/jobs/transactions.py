"""Chain transactions as durable work: dry-run, nonce, signature, storage, broadcast, receipt, confirmations.

    sender = ChainSender(jobs, signers.digest_signer, {chain: client}, clock, entropy, confirmations=3)
    jobs.register(CHAIN_TRANSACTION, sender.handle)
    job_id = sender.request(session, chain=chain, key_name="agent", to=registry, data=call, purpose="register_identity")

A call that would revert fails before it takes a nonce. Once it has one, the job does not give up while the transaction can
still be mined, because a nonce left behind would hold up every later transaction of the account.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import Refused, Unavailable
from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.signers import DigestSigner
from identity_service.chain.client import Fees, Receipt
from identity_service.chain.errors import CallReverted, TransactionRejected
from identity_service.chain.transactions import SignedTransaction, Transaction, sign_transaction
from identity_service.jobs.chain_port import ChainPort, KeySource
from identity_service.jobs.model import Done, Failed, Job, JobKeyReused, Outcome, ReceiptNote, Wait
from identity_service.jobs.nonces import TransactionStore
from identity_service.jobs.service import Jobs
from identity_service.jobs.transaction_model import (
    ChainNodeMissing,
    ChainTransaction,
    TransactionRequest,
    TransactionState,
    gas_limit,
    patience,
)
from identity_service.storage import Database

CHAIN_TRANSACTION = "chain_transaction"
# a receipt may lag behind the nonce when several nodes answer under one address; this long it may not
_NONCE_DOUBT = timedelta(minutes=10)


class ChainSender:
    """Sends transactions for the whole service: one job each, in any number of processes."""

    def __init__(
        self,
        jobs: Jobs,
        keys: KeySource,
        chains: Mapping[ChainId, ChainPort],
        clock: Clock,
        entropy: Entropy,
        *,
        confirmations: int = 1,
    ) -> None:
        """``confirmations`` counts the block itself: 1 is satisfied as soon as the transaction is mined."""
        self._jobs = jobs
        self._store = TransactionStore(clock, entropy)
        self._keys = keys
        self._chains = chains
        self._clock = clock
        self._confirmations = confirmations

    def request(
        self,
        session: Session,
        *,
        chain: ChainId,
        key_name: str,
        to: Address,
        data: bytes,
        purpose: str,
        value: int = 0,
        unique_key: str | None = None,
    ) -> str:
        """Queue a transaction in the caller's own database transaction; gives the job's id.

        ``purpose`` is a word for people, ``value`` is in wei. With a known ``unique_key`` it gives the job that has it. Raises
        ChainNodeMissing, KeyMissing, KeyUnfit, and JobKeyReused when that job sends something else.
        """
        self._port(chain)
        self._keys(key_name)
        wanted = TransactionRequest(chain=chain, key_name=key_name, to=to, data=data, purpose=purpose, value=value)
        job_id = self._jobs.enqueue(session, CHAIN_TRANSACTION, wanted.to_payload(), unique_key=unique_key)
        if TransactionRequest.from_payload(self._jobs.get(session, job_id).payload) != wanted:
            raise JobKeyReused("this key names another transaction", job_id=job_id)
        return job_id

    def transaction(self, session: Session, job_id: str) -> ChainTransaction | None:
        """The latest transaction signed for a job, or None."""
        return self._store.last(session, job_id)

    def handle(self, db: Database, job: Job) -> Outcome:
        """The handler: takes the transaction one step further and waits for the rest.

        A node that does not answer is waited for, however long: a revocation must not be dropped because of an outage.
        """
        request = TransactionRequest.from_payload(job.payload)
        try:
            port = self._port(request.chain)
            with db.read() as session:
                transaction = self._store.current(session, job.id)
            if transaction is None:
                transaction = self._prepare(db, job, request, port)
            return self._pursue(db, port, transaction, request)
        except CallReverted as fault:
            return Failed("transaction_reverted", fault.detail)
        except Unavailable as fault:
            return Wait(patience(self._clock.now() - job.created_at), fault.code)

    def _prepare(self, db: Database, job: Job, request: TransactionRequest, port: ChainPort) -> ChainTransaction:
        """Sign and store. The chain is asked first, so that no database transaction waits for a node."""
        signer = self._keys(request.key_name)
        estimate = port.estimate_gas(sender=signer.address, to=request.to, payload=request.data, value=request.value)
        fees, pending = port.fees(), port.nonce(signer.address)

        def sign(nonce: int) -> SignedTransaction:
            return _signed(request, signer, nonce=nonce, gas=gas_limit(estimate), fees=fees)

        with db.write() as session:
            return self._store.prepare(session, job.id, request, sender=signer.address, pending_nonce=pending, sign=sign)

    def _pursue(self, db: Database, port: ChainPort, transaction: ChainTransaction, request: TransactionRequest) -> Outcome:
        head = port.head()  # before the receipt: a head that is too old only makes us wait longer
        receipt = port.receipt(transaction.tx_hash)
        if receipt is None:
            return self._broadcast(db, port, transaction)
        if (transaction.state, transaction.block_hash) != (TransactionState.MINED, receipt.block_hash):
            with db.write() as session:
                self._store.mined(session, transaction.id, receipt)
        if head.number - receipt.block_number + 1 < self._confirmations:
            return Wait(self._pause(transaction), "awaiting_confirmations")
        return self._conclude(db, transaction, request, receipt)

    def _broadcast(self, db: Database, port: ChainPort, transaction: ChainTransaction) -> Outcome:
        try:
            port.send_raw(transaction.raw)
        except TransactionRejected as refusal:
            return self._rejected(db, port, transaction, refusal.data["reason"])
        except Refused as refusal:  # a node that runs the call first; the nonce is ours, so the transaction still goes out
            return Wait(self._pause(transaction), refusal.code)
        if transaction.state is not TransactionState.BROADCAST or transaction.nonce_spent_at is not None:
            with db.write() as session:
                self._store.sent(session, transaction.id)
        return Wait(self._pause(transaction), "awaiting_receipt")

    def _rejected(self, db: Database, port: ChainPort, transaction: ChainTransaction, reason: str) -> Outcome:
        if reason != "nonce_too_low" or port.receipt(transaction.tx_hash) is not None:
            return Wait(self._pause(transaction), f"transaction_{reason}")
        with db.write() as session:
            since = self._store.nonce_spent(session, transaction.id)
            if self._clock.now() - since < _NONCE_DOUBT:
                return Wait(self._pause(transaction), "transaction_nonce_too_low")
            self._store.failed(session, transaction.id, "nonce_taken")
        return Failed("nonce_taken", "another program sent from this account with the same nonce")

    def _conclude(self, db: Database, transaction: ChainTransaction, request: TransactionRequest, receipt: Receipt) -> Outcome:
        if not receipt.succeeded:
            with db.write() as session:
                self._store.failed(session, transaction.id, "transaction_reverted")
            return Failed("transaction_reverted", f"reverted in block {receipt.block_number}")
        return Done((_note(transaction, request, receipt),))

    def _pause(self, transaction: ChainTransaction) -> timedelta:
        return patience(self._clock.now() - transaction.prepared_at)

    def _port(self, chain: ChainId) -> ChainPort:
        port = self._chains.get(chain)
        if port is None:
            raise ChainNodeMissing("there is no node for this chain", chain=str(chain))
        return port


def _signed(request: TransactionRequest, signer: DigestSigner, *, nonce: int, gas: int, fees: Fees) -> SignedTransaction:
    transaction = Transaction(
        chain=request.chain,
        nonce=nonce,
        max_priority_fee_per_gas=fees.max_priority_fee_per_gas,
        max_fee_per_gas=fees.max_fee_per_gas,
        gas=gas,
        to=request.to,
        value=request.value,
        payload=request.data,
    )
    return sign_transaction(transaction, signer)


def _note(transaction: ChainTransaction, request: TransactionRequest, receipt: Receipt) -> ReceiptNote:
    return ReceiptNote(
        place=str(request.chain),
        reference=transaction.hash_text,
        details={
            "purpose": request.purpose,
            "block_number": receipt.block_number,
            "block_hash": "0x" + receipt.block_hash.hex(),
            "gas_used": receipt.gas_used,
        },
    )
