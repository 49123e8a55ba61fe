"""Chain transactions as jobs, against a chain in memory that can be made to fail at any point."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from memory_chain import CHAIN, Killed, MemoryChain, read

from claim_issuers.clock import FixedClock, SystemEntropy
from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.jobs.model import Failed, Job, JobKeyReused, JobState
from identity_service.jobs.service import Jobs
from identity_service.jobs.transaction_model import (
    ChainNodeMissing,
    ChainTransaction,
    TransactionState,
    patience,
)
from identity_service.jobs.transactions import CHAIN_TRANSACTION, ChainSender
from identity_service.jobs.worker import Worker
from identity_service.storage import Database
from identity_service.vault.model import KeyMissing, KeyUnfit
from identity_service.vault.service import Vault
from identity_service.vault.signers import VaultSigners

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGENT = Secp256k1Signer(b"\x11" * 32)
TO = Address(b"\x22" * 20)


class Bench:
    """A sender with one key, a chain, a clock that stands still, and workers that come and go."""

    def __init__(self, db: Database, *, confirmations: int = 1) -> None:
        self.db = db
        self.clock = FixedClock(NOON)
        self.chain = MemoryChain()
        self.jobs = Jobs(self.clock, SystemEntropy())
        self.sender = ChainSender(
            self.jobs,
            lambda name: {"agent": AGENT}[name],
            {CHAIN: self.chain},
            self.clock,
            SystemEntropy(),
            confirmations=confirmations,
        )
        self.jobs.register(CHAIN_TRANSACTION, self.sender.handle)

    def request(self, data: bytes = b"\x01", **options: Any) -> str:
        with self.db.write() as session:
            return self.sender.request(
                session, chain=CHAIN, key_name="agent", to=TO, data=data, purpose="register_identity", **options
            )

    def step(self, owner: str = "a") -> bool:
        """One round of a worker, after all waiting is over."""
        self.clock.advance(timedelta(minutes=3))
        return Worker(self.db, self.jobs, self.clock, owner).run_once()

    def job(self, job_id: str) -> Job:
        with self.db.read() as session:
            return self.jobs.get(session, job_id)

    def transaction(self, job_id: str) -> ChainTransaction | None:
        with self.db.read() as session:
            return self.sender.transaction(session, job_id)

    def signed(self, job_id: str) -> ChainTransaction:
        transaction = self.transaction(job_id)
        assert transaction is not None
        return transaction


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db)


def test_a_request_is_sent_mined_and_leaves_a_receipt(bench: Bench) -> None:
    job_id = bench.request(b"\xab\xcd", value=5)
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "awaiting_receipt")
    assert bench.signed(job_id).state is TransactionState.BROADCAST
    bench.chain.mine()
    bench.step()
    assert bench.job(job_id).state is JobState.DONE
    (mined,) = bench.chain.mined()
    assert (mined.sender, mined.nonce, mined.to, mined.data, mined.value) == (
        AGENT.address.value,
        0,
        TO.value,
        b"\xab\xcd",
        5,
    )
    with bench.db.read() as session:
        (receipt,) = bench.jobs.receipts(session, job_id)
    assert (receipt.place, receipt.reference) == ("eip155:31337", "0x" + mined.hash.hex())
    assert receipt.details == {
        "purpose": "register_identity",
        "block_number": 1,
        "block_hash": "0x" + bench.signed(job_id).block_hash.hex(),  # type: ignore[union-attr]
        "gas_used": 21_000,
    }


def test_a_call_that_would_revert_fails_without_taking_a_nonce(bench: Bench) -> None:
    bench.chain.would_revert = "not an agent"
    refused = bench.request()
    bench.step()
    assert (bench.job(refused).state, bench.job(refused).last_error) == (JobState.FAILED, "transaction_reverted")
    assert bench.transaction(refused) is None
    bench.chain.would_revert = ""
    accepted = bench.request()
    bench.step()
    assert bench.signed(accepted).nonce == 0


def test_transactions_of_one_account_get_consecutive_nonces(bench: Bench) -> None:
    ids = [bench.request(bytes([number])) for number in range(5)]
    for _ in ids:
        bench.step()
    assert sorted(bench.signed(job_id).nonce for job_id in ids) == [0, 1, 2, 3, 4]


def test_a_nonce_that_others_used_on_the_same_account_is_passed_over(bench: Bench) -> None:
    first = bench.request(b"\x01")
    bench.step()
    bench.chain.spend_nonce(bench.signed(first).raw)
    bench.chain.spend_nonce(bench.signed(first).raw)
    second = bench.request(b"\x02")
    while bench.transaction(second) is None:
        bench.step()
    assert bench.signed(second).nonce == 2


@pytest.mark.parametrize("moment", ["before_sending", "after_sending"])
def test_a_worker_killed_around_the_broadcast_is_followed_by_one_that_sends_the_same_bytes(bench: Bench, moment: str) -> None:
    def die() -> None:
        raise Killed

    job_id = bench.request()
    setattr(bench.chain, moment, die)
    with pytest.raises(Killed):
        bench.step("killed")
    stored = bench.signed(job_id)
    assert (stored.state, bench.job(job_id).state) == (TransactionState.PREPARED, JobState.LEASED)
    setattr(bench.chain, moment, lambda: None)
    bench.step("second")
    bench.chain.mine()
    bench.step("second")
    assert [each.raw for each in bench.chain.mined()] == [stored.raw]
    assert bench.job(job_id).state is JobState.DONE


def test_an_answer_that_is_lost_does_not_send_twice(bench: Bench) -> None:
    def cut() -> None:
        bench.chain.down = True
        bench.chain._answer()

    job_id = bench.request()
    bench.chain.after_sending = cut
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "chain_unavailable")
    bench.chain.down, bench.chain.after_sending = False, lambda: None
    bench.chain.mine()
    bench.step()
    assert (bench.job(job_id).state, len(bench.chain.mined())) == (JobState.DONE, 1)


@pytest.mark.parametrize("signed_before", [False, True])
def test_a_node_that_is_down_for_days_is_waited_for(bench: Bench, signed_before: bool) -> None:
    job_id = bench.request()
    if signed_before:
        bench.step()
    bench.chain.down = True
    for _ in range(50):
        bench.clock.advance(timedelta(hours=3))
        assert bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "chain_unavailable")
    bench.chain.down = False
    bench.step()
    bench.chain.mine()
    bench.step()
    assert bench.job(job_id).state is JobState.DONE


def test_a_job_is_done_only_after_its_confirmations(db: Database) -> None:
    bench = Bench(db, confirmations=3)
    job_id = bench.request()
    bench.step()
    for _ in range(2):
        bench.chain.mine()
        bench.step()
        assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "awaiting_confirmations")
        assert bench.signed(job_id).state is TransactionState.MINED
    bench.chain.mine()
    bench.step()
    assert bench.job(job_id).state is JobState.DONE


def test_a_transaction_that_a_reorg_took_out_is_sent_again_and_its_new_block_is_kept(db: Database) -> None:
    bench = Bench(db, confirmations=3)
    job_id = bench.request()
    bench.step()
    bench.chain.mine()
    bench.step()
    before = bench.signed(job_id)
    bench.chain.reorg(1)
    bench.step()
    between = bench.signed(job_id)
    assert (between.state, between.block_number, between.block_hash) == (TransactionState.BROADCAST, None, None)
    assert between.raw == before.raw
    for _ in range(3):
        bench.chain.mine()
    bench.step()
    after = bench.signed(job_id)
    assert bench.job(job_id).state is JobState.DONE
    assert (after.block_number, len(bench.chain.mined())) == (2, 1)
    assert after.block_hash != before.block_hash
    with bench.db.read() as session:
        (receipt,) = bench.jobs.receipts(session, job_id)
    assert receipt.details["block_number"] == 2


def test_a_transaction_that_reverts_in_its_block_fails_the_job(bench: Bench) -> None:
    job_id = bench.request()
    bench.step()
    bench.chain.will_revert = True
    bench.chain.mine()
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.FAILED, "transaction_reverted")
    failed = bench.signed(job_id)
    assert (failed.state, failed.error, failed.block_number) == (TransactionState.FAILED, "transaction_reverted", 1)


@pytest.mark.parametrize("reason", ["insufficient_funds", "underpriced", "other"])
def test_a_node_that_does_not_take_it_is_asked_again_because_the_nonce_is_held(bench: Bench, reason: str) -> None:
    job_id = bench.request()
    bench.chain.rejecting = reason
    for _ in range(20):
        bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, f"transaction_{reason}")
    bench.chain.rejecting = ""
    bench.step()
    bench.chain.mine()
    bench.step()
    assert (bench.job(job_id).state, bench.chain.mined()[0].nonce) == (JobState.DONE, 0)


def test_a_node_that_runs_the_call_and_refuses_is_asked_again_too(bench: Bench) -> None:
    def refuse() -> None:
        bench.chain.would_revert = "not yet"
        bench.chain.estimate_gas(sender=AGENT.address, to=TO, payload=b"")

    job_id = bench.request()
    bench.chain.before_sending = refuse
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "call_reverted")


def test_a_nonce_that_someone_else_spent_is_doubted_for_a_while_and_then_fails_the_job(bench: Bench) -> None:
    job_id = bench.request()
    bench.step()
    bench.chain.spend_nonce(bench.signed(job_id).raw)
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.QUEUED, "transaction_nonce_too_low")
    bench.clock.advance(timedelta(minutes=10))
    bench.step()
    assert (bench.job(job_id).state, bench.job(job_id).last_error) == (JobState.FAILED, "nonce_taken")
    with bench.db.write() as session:
        bench.jobs.requeue(session, job_id)
    bench.step()
    assert bench.signed(job_id).nonce == 1


def test_a_receipt_that_lags_behind_its_nonce_is_not_a_failure(bench: Bench) -> None:
    job_id = bench.request()
    bench.step()
    transaction = read(bench.signed(job_id).raw)
    bench.chain.rejecting = "nonce_too_low"
    bench.step()
    bench.chain.rejecting = ""
    assert transaction.hash in bench.chain.pool
    bench.clock.advance(timedelta(hours=1))
    bench.step()
    assert bench.signed(job_id).nonce_spent_at is None
    bench.chain.mine()
    bench.step()
    assert bench.job(job_id).state is JobState.DONE


def test_a_second_worker_on_the_same_job_signs_nothing_of_its_own(bench: Bench) -> None:
    job_id, taken = bench.request(), []

    def overtaken() -> None:
        bench.chain.at_estimate = lambda: None
        bench.step("second")
        taken.append(bench.signed(job_id).raw)

    bench.chain.at_estimate = overtaken
    bench.step("first")
    bench.chain.mine()
    bench.step("second")
    assert [each.raw for each in bench.chain.mined()] == taken
    assert bench.job(job_id).state is JobState.DONE


def test_nothing_is_signed_for_a_job_that_was_settled_meanwhile(bench: Bench) -> None:
    job_id = bench.request()

    def settled_by_another() -> None:
        bench.clock.advance(timedelta(hours=1))
        with bench.db.write() as session:
            lease = bench.jobs.lease(session, owner="second", duration=timedelta(minutes=1))
            assert lease is not None
            bench.jobs.settle(session, lease, Failed("transaction_reverted"))

    bench.chain.at_estimate = settled_by_another
    bench.step("first")
    assert bench.transaction(job_id) is None
    assert (bench.job(job_id).state, bench.chain.sends) == (JobState.FAILED, [])


def test_one_unique_key_is_one_transaction(bench: Bench) -> None:
    first = bench.request(unique_key="claim:1")
    assert bench.request(unique_key="claim:1") == first
    with pytest.raises(JobKeyReused):
        bench.request(b"\x02", unique_key="claim:1")


def test_a_chain_that_is_not_configured_is_refused_at_once(bench: Bench) -> None:
    with pytest.raises(ChainNodeMissing), bench.db.write() as session:
        bench.sender.request(session, chain=ChainId(1), key_name="agent", to=TO, data=b"", purpose="x")


def test_the_vault_gives_the_keys_and_only_those_that_have_an_account(db: Database, tmp_path: Any) -> None:
    vault = Vault.create(tmp_path / "vault", SystemEntropy())
    vault.import_secp256k1("agent", b"\x11" * 32)
    vault.create_key("audit", "ed25519")
    keys = VaultSigners(vault).digest_signer
    assert keys("agent").address == AGENT.address
    with pytest.raises(KeyUnfit):
        keys("audit")
    with pytest.raises(KeyMissing):
        keys("nobody")


@pytest.mark.parametrize(("age", "pause"), [(-5, 1), (0, 1), (8, 2), (40, 10), (100_000, 30)])
def test_the_longer_it_takes_the_less_often_we_look(age: int, pause: int) -> None:
    assert patience(timedelta(seconds=age)) == timedelta(seconds=pause)
