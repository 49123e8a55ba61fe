"""``identity-service`` as an operator types it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.encodings.base64url import decode
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.cli import main
from identity_service.demo.api import Session, Transport, machine
from identity_service.egress.client import EgressClient
from tests.support.devchain import PROJECT_ROOT


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object, env: Mapping[str, str] | None = None) -> Ended:
    """The command in this process; an error that it does not put into words fails the test."""
    result = CliRunner().invoke(main, [str(one) for one in arguments], env=env, catch_exceptions=False)
    assert "Traceback" not in result.output
    return Ended(result.exit_code, result.stdout, result.stderr)


def start(*arguments: object, cwd: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The command as a process of its own, its output in ``log``."""
    command = [sys.executable, "-m", "identity_service", *(str(one) for one in arguments)]
    env = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    with log.open("ab") as output:
        return subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def transport(base_url: str) -> Transport:
    """The way to a service on this machine."""
    clock = SystemClock()
    return Transport(base_url, EgressClient(clock=clock, allow_loopback=True), clock, SystemEntropy())


def holder_of(key_file: Path, to: Transport, client_id: str | None = None, scope: str | None = None) -> Session:
    """The machine client whose private JWK lies in the file."""
    key = json.loads(key_file.read_text())
    return machine(to, client_id=client_id or key["client_id"], signer=Ed25519Signer(decode(key["d"])), scope=scope)


def settings_for(directory: Path, rpc_url: str | None = None, port: int = 8765, more: str = "") -> None:
    """Settings for a service on this machine, with one chain when ``rpc_url`` is given."""
    chain = "" if rpc_url is None else f'[chains."eip155:31337"]\nrpc_url = "{rpc_url}"\noldest_head_seconds = 86400\n'
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    limits = 'rate_limit = ""\nchain_rate_limit = ""\n'
    (directory / "settings.toml").write_text(f"development = true\nport = {port}\n{limits}{more}{chain}")


PATIENCE = timedelta(seconds=60)
