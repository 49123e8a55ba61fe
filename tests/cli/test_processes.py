"""``serve`` and ``worker`` as processes of their own: they start, do their work, and end when told to."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from identity_service.demo.api import Transport
from identity_service.demo.devchain import DevChain
from identity_service.demo.setup import free_port
from identity_service.egress.errors import EgressFailed
from tests.cli.commands import PATIENCE, holder_of, run, settings_for, start, transport


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ready(way: Transport) -> bool:
    try:
        return way.send("GET", "/readyz", headers={}).status == 200
    except EgressFailed:
        return False


@contextmanager
def running(*command: object, cwd: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = start(*command, cwd=cwd, log=cwd / f"{command[0]}.log")
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, so that it can end the processes that it started itself; insist only when it does not."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ended_cleanly(process: "subprocess.Popen[bytes]", log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def test_service_and_worker_run_until_they_are_told_to_stop(tmp_path: Path, devchain: DevChain) -> None:
    port = free_port()
    settings_for(tmp_path, devchain.rpc_url, port)
    made = run("init", "--data", tmp_path).json()
    way = transport(f"http://127.0.0.1:{port}")
    with (
        running("serve", "--data", tmp_path, cwd=tmp_path) as service,
        running("worker", "--data", tmp_path, cwd=tmp_path) as worker,
    ):
        until(lambda: ready(way))
        administrator = holder_of(Path(made["key_file"]), way)
        party = administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Invented Holdings AG"})
        assert party["id"].startswith("pty_")
        until(lambda: "working" in (tmp_path / "worker.log").read_text())
        ended_cleanly(worker, tmp_path / "worker.log")
        ended_cleanly(service, tmp_path / "serve.log")
    requests = [line for line in (tmp_path / "serve.log").read_text().splitlines() if line.startswith("{")]
    assert {json.loads(line)["route"] for line in requests} >= {"/readyz", "/oauth/token", "/v1/parties"}
    assert "Invented" not in "".join(requests)
    assert run("doctor", "--data", tmp_path).code == 0
    assert not ready(way)


def test_a_service_whose_port_is_taken_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings_for(tmp_path, port=taken.getsockname()[1])
        run("init", "--data", tmp_path)
        with running("serve", "--data", tmp_path, cwd=tmp_path) as service:
            assert service.wait(30) == 1
    log = (tmp_path / "serve.log").read_text()
    assert "Traceback" not in log
    assert "Address already in use; choose another --port" in log


def test_a_worker_that_works_once_ends_by_itself(tmp_path: Path) -> None:
    settings_for(tmp_path)
    run("init", "--data", tmp_path)
    ended = run("worker", "--data", tmp_path, "--once")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
