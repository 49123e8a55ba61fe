"""A real browser, driven from Python: ``run_browser`` runs a script of tests/browser, ``live`` is a service on a port for it.

The service of ``live`` keeps the machine's time, because a browser does; a worker follows jobs and chain beside it.
"""

import atexit
import json
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from claim_issuers.clock import SystemClock
from identity_service.bootstrap import Service
from identity_service.cli.running import follow_chains
from identity_service.demo.devchain import well_known_secret
from identity_service.jobs.worker import Worker
from tests.support.devchain import PROJECT_ROOT, Onchain
from tests.support.stand import Stand, standing

SCRIPTS = PROJECT_ROOT / "tests" / "browser"
PATIENCE = timedelta(seconds=120)
_ROUND = timedelta(milliseconds=100)


def run_browser(script: str, *, expected_faults: Sequence[str] = (), **arguments: Any) -> dict[str, Any]:
    """What ``tests/browser/<script>`` gives for these arguments.

    Fails with everything that the browser's console said when the script fails, and when a page did what none should: an error
    or warning in the console, a violation of the content security policy, an answer from 400 on, a request that leaves the
    service. ``expected_faults`` are parts of the lines that this test is about; each of them must then occur.
    """
    said = _runner().run(script, arguments)
    console = "\n".join(["the console:", *said["console"], "the faults:", *said["faults"]])
    assert "error" not in said, f"{said['error']}\n{console}"
    unexpected = [fault for fault in said["faults"] if not any(part in fault for part in expected_faults)]
    assert not unexpected, "\n".join([*unexpected, console])
    missing = [part for part in expected_faults if not any(part in fault for fault in said["faults"])]
    assert not missing, f"these faults did not occur: {missing}\n{console}"
    return dict(said["result"])


class Runner:
    """One node with one browser for all scripts of a test session; each visit is still a person of its own."""

    def __init__(self) -> None:
        self._told = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the process
        command = ["node", str(SCRIPTS / "runner.mjs")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._told, text=True, cwd=PROJECT_ROOT)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def run(self, script: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the script says; the runner ends when it does not within our patience."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        limit = threading.Timer(PATIENCE.total_seconds(), self._process.kill)
        limit.start()
        try:
            self._process.stdin.write(json.dumps({"script": script, "given": arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            limit.cancel()
        if not line:
            self._process.wait()
            self._told.seek(0)
            raise AssertionError(f"{script} ended with {self._process.returncode}\n{self._told.read()}")
        return dict(json.loads(line))

    def close(self) -> None:
        """End it; it closes its browser first."""
        self._process.communicate()
        self._told.close()


_RUNNERS: list[Runner] = []


def _runner() -> Runner:
    if not _RUNNERS or _RUNNERS[-1].ended:
        _RUNNERS.append(Runner())
        atexit.register(_RUNNERS[-1].close)
    return _RUNNERS[-1]


@dataclass(frozen=True, slots=True)
class Live:
    """A service that answers at ``base_url``; ``stand`` is its inside."""

    stand: Stand
    base_url: str

    def run(self, script: str, **arguments: Any) -> dict[str, Any]:
        """``run_browser`` at this service."""
        return run_browser(script, base=self.base_url, **arguments)

    def wallet(self, index: int, **more: Any) -> dict[str, Any]:
        """A browser wallet with the key of the chain's well-known account ``index``; ``more`` as wallet.mjs says."""
        chain = self.stand.onchain.devchain
        usual = {"name": "Test Wallet", "rdns": "example.test-wallet", "chainId": chain.chain.number, "rpcUrl": chain.rpc_url}
        return {**usual, "key": key_of(index), **more}


def key_of(index: int) -> str:
    """The private key of the chain's well-known account ``index``, as a wallet takes it."""
    return "0x" + well_known_secret(index).hex()


class Quiet(WSGIRequestHandler):
    """Writes no line for a request."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def living(directory: Path, database_url: str, onchain: Onchain) -> Iterator[Live]:
    """A service on a free port of 127.0.0.1 with a worker, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with standing(directory, database_url, onchain, onchain.devchain.rpc_url, clock=SystemClock(), base_url=base_url) as stand:
            server = make_server("127.0.0.1", 0, stand.service.app(), threaded=True, request_handler=Quiet, fd=listening.fileno())
            with running(server.serve_forever, server.shutdown), working(stand.service):
                yield Live(stand, base_url)


@contextmanager
def running(work: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """``work`` in a thread of its own until the block ends; ``end`` makes it return."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end()
        thread.join()


@contextmanager
def working(service: Service) -> Iterator[None]:
    """A worker and an indexer for the service until the block ends."""
    ended = threading.Event()
    worker = Worker(service.db, service.jobs, service.world.clock, "live")

    def work() -> None:
        while not ended.wait(_ROUND.total_seconds()):
            worker.drain()
            follow_chains(service)

    with running(work, ended.set):
        yield


@pytest.fixture(scope="module")
def live(deployed: Onchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One service for a module's tests, empty at first; the chain is put back when they are done."""
    directory = tmp_path_factory.mktemp("live") / "data"
    snapshot = deployed.devchain.snapshot()
    with living(directory, f"sqlite:///{directory / 'service.db'}", deployed) as live:
        yield live
    deployed.devchain.revert(snapshot)
