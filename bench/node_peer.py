"""The JavaScript peer: a child process that is asked round by round and times its own calls, so the pipe costs it nothing."""

import json
import subprocess
from pathlib import Path
from shutil import which
from typing import Any, Self

_SCRIPT = Path(__file__).with_name("node_peer.mjs")
PACKAGE = "@sd-jwt/sd-jwt-vc"


class PeerFault(Exception):
    """A peer is not there, or did not do the job; the message says which and why."""


class NodePeer:
    """The child process; ends with the ``with`` block, and starts when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()

    def ask(self, request: str, **parts: Any) -> dict[str, Any]:
        """The child's answer. Raises PeerFault."""
        process = self._process = self._process or _start()
        if process.stdin is None or process.stdout is None:
            raise PeerFault("node has no pipes")
        process.stdin.write(json.dumps({"request": request, **parts}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"fault": "node ended"}
        if "fault" in answer:
            raise PeerFault(f"{PACKAGE}: {answer['fault']}")
        return answer

    def prepare(self, job: str, **parts: Any) -> tuple["InNode", Any]:
        """The contender that does ``job`` in the child, and the result of its first call. Raises PeerFault."""
        first = self.ask("prepare", job=job, **parts)["first"]
        return InNode(self, job), first


class InNode:
    """One job of the child process."""

    def __init__(self, peer: NodePeer, job: str) -> None:
        self.name = PACKAGE
        self._peer = peer
        self._job = job

    def time(self, calls: int) -> int:
        return int(self._peer.ask("time", job=self._job, calls=calls)["nanoseconds"])


def _start() -> "subprocess.Popen[str]":
    node = which("node")
    if node is None or not (_SCRIPT.parents[1] / "node_modules" / PACKAGE).exists():
        raise PeerFault(f"needs node and {PACKAGE}: make install")
    return subprocess.Popen(  # noqa: S603
        [node, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_SCRIPT.parents[1]
    )
