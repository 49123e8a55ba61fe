"""The service and its worker as processes of their own, ended with the demo."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from identity_service.demo.api import Transport
from identity_service.egress.errors import EgressFailed

_PATIENCE: Final = timedelta(seconds=40)
_POLL: Final = timedelta(milliseconds=100)


class ServiceDidNotStart(Unavailable):
    """The service ended, or did not become ready in time; its log says why."""

    code = "service_did_not_start"


@contextmanager
def serving(data_directory: Path, transport: Transport, further: Mapping[str, Sequence[str]] | None = None) -> Iterator[None]:
    """The demo's application and a worker for the data directory, until the block ends. Raises ServiceDidNotStart.

    ``further`` are more processes of the same application, each by a name for its log.
    """
    started: dict[str, Sequence[str]] = {
        "serve": ["identity_service.demo", str(data_directory)],
        "worker": ["identity_service", "worker", "--data", str(data_directory)],
        **(further or {}),
    }
    with ExitStack() as stack:
        processes = [stack.enter_context(running(name, module, data_directory)) for name, module in started.items()]
        wait_until_ready(processes, transport, data_directory)
        yield


@contextmanager
def running(name: str, module: Sequence[str], data_directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One of our modules with its arguments, its output in a log file beside the data."""
    log = (data_directory / f"{name}.log").open("ab")
    arguments = [sys.executable, "-m", *module]
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        _end(process)
        log.close()


def wait_until_ready(processes: list["subprocess.Popen[bytes]"], transport: Transport, data_directory: Path) -> None:
    """Return once ``/readyz`` says so. Raises ServiceDidNotStart."""
    clock: Clock = transport.clock
    deadline = clock.now() + _PATIENCE
    while clock.now() < deadline:
        if any(process.poll() is not None for process in processes):
            break
        try:
            if transport.send("GET", "/readyz", headers={}).status == 200:
                return
        except EgressFailed:
            pass
        clock.sleep(_POLL)
    raise ServiceDidNotStart(f"see the logs in {data_directory}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
