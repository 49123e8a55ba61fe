"""The npm libraries that judge what we issue, in one node process that answers line by line (libraries.mjs).

A session keeps it open, because starting it takes longer than most questions.
"""

import json
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from claim_issuers.encodings.base64url import encode
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer

PROGRAM = Path(__file__).with_name("libraries.mjs")
PATIENCE_SECONDS = 30

CURVES = {"Ed25519": Ed25519Signer, "P-256": P256Signer, "secp256k1": Secp256k1Signer}


class LibraryRefused(Exception):
    """The library threw; its message is the text."""


class Libraries:
    """Asks the process; each question is one of ``answers`` in libraries.mjs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._ids = count(1)

    def ask(self, question: str, **arguments: Any) -> Any:
        """What the library gives. Raises LibraryRefused when it throws, and fails when it does not answer in time."""
        sent = next(self._ids)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"id": sent, "ask": question, **arguments}) + "\n")
        self._process.stdin.flush()
        assert select.select([self._process.stdout], [], [], PATIENCE_SECONDS)[0], f"no answer to {question}"
        answer = json.loads(self._process.stdout.readline())
        assert answer["id"] == sent
        if "fault" in answer:
            raise LibraryRefused(answer["fault"])
        return answer["result"]


@contextmanager
def open_libraries() -> Iterator[Libraries]:
    """The process, ended on leaving; it also ends by itself when whoever asks is gone."""
    command = ["node", str(PROGRAM)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROGRAM.parents[2]) as process:
        try:
            yield Libraries(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=PATIENCE_SECONDS)


def private_jwk(curve: str, secret: bytes) -> dict[str, str]:
    """The private JWK of a test key, for the libraries to sign with."""
    return {**CURVES[curve](secret).public_key.jwk(), "d": encode(secret)}
