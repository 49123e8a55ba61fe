"""A local development chain (anvil), started and ended from here.

    >>> with DevChain.start(project_root=Path("."), clock=SystemClock()) as chain:      # doctest: +SKIP
    ...     chain.client.head().number
    0

Its accounts are the well-known development accounts, rich in worthless coin; their keys are public.
"""

import hashlib
import hmac
import os
import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from claim_issuers.clock import Clock, unix_seconds
from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import ChainId
from claim_issuers.keys.curves import SECP256K1_ORDER
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain.client import ChainClient
from identity_service.chain.json_values import to_quantity
from identity_service.chain.rpc import JsonRpc
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient

MNEMONIC = "test test test test test test test test test test test junk"
ACCOUNTS = 30
CHAIN = ChainId(31337)

# The chain must not outlive us, however we end: the shell waits on a pipe whose other end only we hold, and ends the chain when
# the pipe closes. Process-group signals and exit handlers miss the case of a killed parent. The shell lets go of the output, so
# that its end tells us when the chain ends by itself.
_LEASH = """
states=$(mktemp -d) || exit 1
"$0" "$@" --cache-path "$states" </dev/null & chain=$!
exec >/dev/null 2>&1
read -r _
kill "$chain"; wait "$chain"
rm -rf "$states"
"""
_STATES = 1_000_000  # all of them: a chain that forgets old states answers questions about old blocks with nothing
_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
_START_LIMIT = timedelta(seconds=30)
_STOP_LIMIT = timedelta(seconds=5)


class DevChainUnavailable(Unavailable):
    """The development chain is not installed or did not start (``output``: its last lines)."""

    code = "dev_chain_unavailable"


class DevChain:
    """A running development chain. End it with ``stop`` or use it as a context manager."""

    chain = CHAIN
    chain_id = CHAIN.number

    def __init__(self, process: "subprocess.Popen[str]", port: int, clock: Clock) -> None:
        self._process = process
        self.rpc_url = f"http://127.0.0.1:{port}"
        self.egress = EgressClient(clock=clock, allow_loopback=True)
        self.rpc = JsonRpc(self.rpc_url, egress=self.egress, chain=CHAIN, timeout=timedelta(seconds=60))
        self.client = ChainClient(self.rpc)

    @classmethod
    def start(cls, port: int = 0, *, project_root: Path, clock: Clock, genesis: datetime | None = None) -> Self:
        """Start a chain on 127.0.0.1 and wait until it answers; port 0 takes a free one.

        With ``genesis`` the first block has that instant and every next one comes a second later, so that a run repeats
        itself; otherwise blocks carry the machine's time. Raises DevChainUnavailable.
        """
        command = [*_leashed(_anvil(project_root)), *_options(port, genesis)]
        process = subprocess.Popen(  # noqa: S603  # the command is ours but for a path below the project
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # an interrupt at the terminal is for us; the leash then ends the chain
        )
        running = cls(process, _port_when_ready(process), clock)
        if genesis is not None:
            running.rpc.call("anvil_setBlockTimestampInterval", [1])
        return running

    def stop(self) -> None:
        """End the chain and wait for its end."""
        self.egress.close()
        _end(self._process)

    def signer(self, index: int) -> Secp256k1Signer:
        """The key of the well-known account number ``index``."""
        return Secp256k1Signer(well_known_secret(index))

    def wallet(self, index: int) -> Wallet:
        """The well-known account number ``index``, able to send."""
        return Wallet(self.client, self.signer(index))

    def snapshot(self) -> str:
        """Remember the present state; gives the handle that ``revert`` takes once."""
        return str(self.rpc.call("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Return to a remembered state. Raises DevChainUnavailable when the chain does not know it."""
        if self.rpc.call("evm_revert", [snapshot]) is not True:
            raise DevChainUnavailable("the chain does not know this snapshot")

    def mine(self, blocks: int = 1) -> None:
        """Add empty blocks."""
        self.rpc.call("anvil_mine", [to_quantity(blocks)])

    def increase_time(self, duration: timedelta) -> None:
        """Move the chain's time ahead and mine a block there."""
        self.rpc.call("evm_increaseTime", [to_quantity(int(duration.total_seconds()))])
        self.mine()

    def reorg(self, depth: int, transactions: Sequence[tuple[bytes, int]] = ()) -> None:
        """Replace the newest ``depth`` blocks by others of the same number.

        ``transactions`` are signed transactions with the new block (0 the oldest) each goes into; those of the old blocks
        are lost unless given again.
        """
        self.rpc.call("anvil_reorg", [depth, [["0x" + raw.hex(), block] for raw, block in transactions]])

    def automine(self, enabled: bool) -> None:
        """Mine a block for each transaction as it comes, or only when told to."""
        self.rpc.call("evm_setAutomine", [enabled])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


@cache
def well_known_secret(index: int) -> bytes:
    """The private key of a well-known development account: BIP-39 seed, BIP-32 path m/44'/60'/0'/0/``index``."""
    seed = hashlib.pbkdf2_hmac("sha512", MNEMONIC.encode(), b"mnemonic", 2048)
    node = hmac.digest(b"Bitcoin seed", seed, "sha512")
    for step in (0x8000002C, 0x8000003C, 0x80000000, 0, index):
        node = _child(node[:32], node[32:], step)
    return node[:32]


def _child(secret: bytes, chain_code: bytes, step: int) -> bytes:
    hardened = step >= 0x80000000
    material = b"\x00" + secret if hardened else _compressed(Secp256k1Signer(secret).public_key.value)
    tweak = hmac.digest(chain_code, material + step.to_bytes(4, "big"), "sha512")
    child = (int.from_bytes(tweak[:32], "big") + int.from_bytes(secret, "big")) % SECP256K1_ORDER
    return child.to_bytes(32, "big") + tweak[32:]


def _compressed(point: bytes) -> bytes:
    return bytes([2 + point[64] % 2]) + point[1:33]


def _anvil(project_root: Path) -> Path:
    found = sorted((project_root / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"))
    if not found:
        raise DevChainUnavailable("the npm package @foundry-rs/anvil is not installed in the project")
    return found[0].resolve()


def _leashed(executable: Path) -> list[str]:
    shell = shutil.which("sh")
    if shell is None:
        raise DevChainUnavailable("the development chain needs a POSIX shell")
    return [shell, "-c", _LEASH, str(executable)]


def _options(port: int, genesis: datetime | None) -> list[str]:
    options: dict[str, Any] = {
        "--host": "127.0.0.1",
        "--port": port,
        "--chain-id": CHAIN.number,
        "--mnemonic": MNEMONIC,
        "--accounts": ACCOUNTS,
        "--order": "fifo",
        "--max-persisted-states": _STATES,
    }
    if genesis is not None:
        options["--timestamp"] = unix_seconds(genesis)
    return [str(word) for option in options.items() for word in option]


def _port_when_ready(process: "subprocess.Popen[str]") -> int:
    output = process.stdout
    if output is None:  # pragma: no cover  # Popen was told to open it
        raise DevChainUnavailable("the chain has no output")
    last_lines: deque[str] = deque(maxlen=20)
    limit = threading.Timer(_START_LIMIT.total_seconds(), _let_go, [process])
    limit.start()
    try:
        for line in output:
            last_lines.append(line)
            if found := _LISTENING.search(line):
                threading.Thread(target=_drain, args=(output,), daemon=True).start()
                return int(found.group(1))
    finally:
        limit.cancel()
    _end(process)
    output.close()
    raise DevChainUnavailable("the development chain did not start", output="".join(last_lines))


def _drain(output: IO[str]) -> None:
    # A full pipe would stop the chain in the middle of a request.
    with output:
        for _ in output:
            pass


def _let_go(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.close()


def _end(process: "subprocess.Popen[str]") -> None:
    _let_go(process)
    try:
        process.wait(_STOP_LIMIT.total_seconds())
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the session that start opened: the shell and the chain
        process.wait()
