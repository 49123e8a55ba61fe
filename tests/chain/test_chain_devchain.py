"""The development chain: the same accounts as everywhere, repeatable, and gone when its owner is gone."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from eth_account import Account as EthAccount

from claim_issuers.clock import SystemClock
from identity_service.chain.errors import ChainUnavailable
from identity_service.demo.devchain import MNEMONIC, DevChain, DevChainUnavailable, well_known_secret
from identity_service.demo.trex import ArtifactMissing, TrexPlatform
from tests.support.devchain import PROJECT_ROOT, Onchain

GENESIS = datetime(2026, 1, 1, tzinfo=UTC)

OWNER = """
import sys, threading
from pathlib import Path
from claim_issuers.clock import SystemClock
from identity_service.demo.devchain import DevChain
chain = DevChain.start(project_root=Path(sys.argv[1]), clock=SystemClock())
print(chain.rpc_url, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("index", [0, 1, 9, 29])
def test_the_accounts_are_the_well_known_ones(index: int) -> None:
    EthAccount.enable_unaudited_hdwallet_features()
    expected = EthAccount.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")

    assert well_known_secret(index) == bytes(expected.key)


def test_the_accounts_are_rich(devchain: DevChain) -> None:
    assert devchain.client.wei(devchain.wallet(29).address) > 10**21


def run_from_genesis() -> bytes:
    with DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock(), genesis=GENESIS) as chain:
        TrexPlatform.deploy(chain.wallet(0), project_root=PROJECT_ROOT)
        block = chain.client.head()
        assert block.timestamp == int(GENESIS.timestamp()) + block.number
        return block.hash


def test_a_chain_with_a_given_genesis_repeats_itself() -> None:
    assert run_from_genesis() == run_from_genesis()


def test_a_stopped_chain_does_not_answer() -> None:
    chain = DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock())
    assert chain.client.head().number == 0

    chain.stop()

    with pytest.raises(ChainUnavailable):
        chain.client.head()


def test_a_killed_owner_takes_its_chain_along() -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    command = [sys.executable, "-c", OWNER, str(PROJECT_ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        port = int(owner.stdout.readline().rpartition(":")[2])
        owner.send_signal(signal.SIGKILL)

    assert becomes_free(port)


def becomes_free(port: int) -> bool:
    for _ in range(100):
        try:
            DevChain.start(port, project_root=PROJECT_ROOT, clock=SystemClock()).stop()
        except DevChainUnavailable:
            Event().wait(0.05)
        else:
            return True
    return False


def test_a_port_in_use_is_told(devchain: DevChain) -> None:
    port = int(devchain.rpc_url.rpartition(":")[2])

    with pytest.raises(DevChainUnavailable) as caught:
        DevChain.start(port, project_root=PROJECT_ROOT, clock=SystemClock())
    assert caught.value.data["output"]


def test_missing_packages_are_told(devchain: DevChain, tmp_path: Path) -> None:
    with pytest.raises(DevChainUnavailable):
        DevChain.start(project_root=tmp_path, clock=SystemClock())
    with pytest.raises(ArtifactMissing):
        TrexPlatform.deploy(devchain.wallet(0), project_root=tmp_path)


def test_time_and_blocks_move_when_told(onchain: Onchain) -> None:
    before = onchain.client.head()

    onchain.devchain.mine(5)
    onchain.devchain.increase_time(timedelta(days=3))

    after = onchain.client.head()
    assert after.number == before.number + 6
    assert after.timestamp - before.timestamp >= 3 * 86400


def test_transactions_wait_while_blocks_are_not_mined_by_themselves(onchain: Onchain) -> None:
    alice, bob = onchain.actors.alice, onchain.actors.bob
    onchain.devchain.automine(False)
    sent = onchain.client.send_raw(alice.signed(bob.address, value=1).raw)
    assert onchain.client.receipt(sent) is None

    onchain.devchain.mine()
    onchain.devchain.automine(True)

    assert onchain.client.receipt(sent) is not None


def test_a_reorg_replaces_blocks_and_their_transactions(onchain: Onchain) -> None:
    alice, bob = onchain.actors.alice, onchain.actors.bob
    signed = alice.signed(bob.address, value=1)
    receipt = alice.send(bob.address, value=1)
    other = bob.signed(alice.address, value=2)

    onchain.devchain.reorg(1, [(other.raw, 0)])

    assert receipt.transaction_hash == signed.hash
    assert onchain.client.receipt(signed.hash) is None
    replaced = onchain.client.receipt(other.hash)
    assert replaced is not None
    assert replaced.block_number == receipt.block_number
    assert replaced.block_hash != receipt.block_hash


def test_an_unknown_snapshot_is_told(devchain: DevChain) -> None:
    with pytest.raises(DevChainUnavailable):
        devchain.revert("0xffff")


def test_loading_the_contracts_leaves_the_interpreters_recursion_limit_alone() -> None:
    script = "import sys; print(sys.getrecursionlimit()); import identity_service.demo.trex; print(sys.getrecursionlimit())"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)

    before, after = done.stdout.split()
    assert before == after
