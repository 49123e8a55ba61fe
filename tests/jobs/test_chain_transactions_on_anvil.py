"""Chain transactions on a real node: several processes on one account, processes that are killed, and reorgs."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain.client import ChainClient
from identity_service.chain.rpc import JsonRpc
from identity_service.demo.devchain import CHAIN, DevChain, well_known_secret
from identity_service.egress.client import EgressClient
from identity_service.jobs.model import JobState
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import CHAIN_TRANSACTION, ChainSender
from identity_service.jobs.worker import Worker
from identity_service.storage import Database
from tests.support.processes import PROCESSES

PROJECT_ROOT = Path(__file__).parents[2]
TO = Address(b"\x22" * 20)
ALWAYS_REVERTS = "0x60006000fd"  # PUSH1 0, PUSH1 0, REVERT


@pytest.fixture
def anvil() -> Iterator[DevChain]:
    with DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock()) as chain:
        yield chain


def key(name: str) -> Secp256k1Signer:
    return Secp256k1Signer(well_known_secret(int(name)))


class Deadly(ChainClient):
    """A node whose client is killed at its first broadcast: just before it, or just after."""

    def __init__(self, rpc: JsonRpc, moment: str) -> None:
        super().__init__(rpc)
        self._moment = moment

    def send_raw(self, raw: bytes) -> bytes:
        if self._moment == "after":
            super().send_raw(raw)
        os.kill(os.getpid(), signal.SIGKILL)
        return b""


def assembled(client: ChainClient, confirmations: int = 1) -> tuple[Jobs, ChainSender]:
    clock, entropy = SystemClock(), SystemEntropy()
    jobs = Jobs(clock, entropy)
    sender = ChainSender(jobs, key, {CHAIN: client}, clock, entropy, confirmations=confirmations)
    jobs.register(CHAIN_TRANSACTION, sender.handle)
    return jobs, sender


def request(db: Database, sender: ChainSender, key_name: str, count: int = 1, to: Address = TO) -> list[str]:
    with db.write() as session:
        return [
            sender.request(session, chain=CHAIN, key_name=key_name, to=to, data=bytes([n]), purpose="test") for n in range(count)
        ]


def _work(url: str, rpc_url: str, owner: str, deadly: str) -> None:
    database, clock = Database.open(url), SystemClock()
    rpc = JsonRpc(rpc_url, egress=EgressClient(clock=clock, allow_loopback=True), chain=CHAIN)
    jobs, _ = assembled(Deadly(rpc, deadly) if deadly else ChainClient(rpc))
    work_until_done(database, Worker(database, jobs, clock, owner, lease=timedelta(seconds=2)), jobs)
    database.close()


def work_until_done(db: Database, worker: Worker, jobs: Jobs, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not worker.run_once():
            time.sleep(0.05)
        with db.read() as session:
            counts = jobs.counts(session)
        if counts[JobState.QUEUED] + counts[JobState.LEASED] == 0:
            return


def start(url: str, anvil: DevChain, owner: str, deadly: str = "") -> Any:
    process = PROCESSES.Process(target=_work, args=(url, anvil.rpc_url, owner, deadly))
    process.start()
    return process


def test_processes_that_share_an_account_use_every_nonce_once(db: Database, database_url: str, anvil: DevChain) -> None:
    jobs, sender = assembled(anvil.client)
    ids = request(db, sender, "1", 24)
    workers = [start(database_url, anvil, f"w{number}") for number in range(3)]
    for worker in workers:
        worker.join(90)
    assert [worker.exitcode for worker in workers] == [0] * 3
    with db.read() as session:
        assert {jobs.get(session, job_id).state for job_id in ids} == {JobState.DONE}
        transactions = [sender.transaction(session, job_id) for job_id in ids]
    assert sorted(each.nonce for each in transactions if each) == list(range(24))
    assert anvil.client.nonce(key("1").address, "latest") == 24


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_at_the_broadcast_leaves_one_transaction_and_not_two(
    db: Database, database_url: str, anvil: DevChain, moment: str
) -> None:
    jobs, sender = assembled(anvil.client)
    (job_id,) = request(db, sender, "2")
    killed = start(database_url, anvil, "killed", deadly=moment)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    with db.read() as session:
        stored = sender.transaction(session, job_id)
    assert stored is not None
    work_until_done(db, Worker(db, jobs, SystemClock(), "second"), jobs)
    with db.read() as session:
        (receipt,) = jobs.receipts(session, job_id)
    assert receipt.reference == stored.hash_text
    assert anvil.client.nonce(key("2").address, "latest") == 1


def test_a_transaction_lost_in_a_reorg_is_mined_again(db: Database, anvil: DevChain) -> None:
    jobs, sender = assembled(anvil.client, confirmations=3)
    worker = Worker(db, jobs, SystemClock(), "a")
    anvil.mine(3)
    (job_id,) = request(db, sender, "3")
    while jobs_error(db, jobs, job_id) != "awaiting_confirmations":
        if not worker.run_once():
            time.sleep(0.05)
    with db.read() as session:
        before = sender.transaction(session, job_id)
    anvil.reorg(2)
    assert before is not None
    assert anvil.client.receipt(before.tx_hash) is None
    while jobs_error(db, jobs, job_id) != "awaiting_receipt":
        if not worker.run_once():
            time.sleep(0.05)
    anvil.mine(3)
    work_until_done(db, worker, jobs)
    with db.read() as session:
        after = sender.transaction(session, job_id)
        assert jobs.get(session, job_id).state is JobState.DONE
    assert after is not None
    assert (after.raw, after.nonce) == (before.raw, before.nonce)
    assert after.block_hash == anvil.client.block(after.block_number or 0).hash != before.block_hash


def jobs_error(db: Database, jobs: Jobs, job_id: str) -> str | None:
    with db.read() as session:
        return jobs.get(session, job_id).last_error


def test_a_contract_that_refuses_fails_the_job_and_costs_no_nonce(db: Database, anvil: DevChain) -> None:
    anvil.rpc.call("anvil_setCode", [str(TO), ALWAYS_REVERTS])
    jobs, sender = assembled(anvil.client)
    (job_id,) = request(db, sender, "4")
    work_until_done(db, Worker(db, jobs, SystemClock(), "a"), jobs)
    assert jobs_error(db, jobs, job_id) == "transaction_reverted"
    with db.read() as session:
        assert sender.transaction(session, job_id) is None
    assert anvil.client.nonce(key("4").address) == 0
