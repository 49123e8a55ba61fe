"""``demo`` as a stranger runs it: once to the end, and once to stay and be tried out."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from claim_issuers.identifiers.accounts import Account
from identity_service.demo.api import Session
from identity_service.demo.setup import free_port
from identity_service.demo.story import STORY
from tests.cli.commands import PATIENCE, holder_of, run, start, transport
from tests.support.devchain import PROJECT_ROOT

ROLES = {"administrator", "claim_issuer", "family_office", "network", "token_issuer", "transfer_agent", "regulator"}


@dataclass(slots=True)
class Demo:
    """A demo in a directory of its own."""

    process: "subprocess.Popen[bytes]"
    directory: Path

    @property
    def output(self) -> str:
        return (self.directory / "output").read_text()

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads((self.directory / "out.json").read_text()))


def demo(directory: Path, *arguments: object) -> Demo:
    directory.mkdir()
    (directory / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
    command = ("demo", "--json", "out.json", *arguments)
    return Demo(start(*command, cwd=directory, log=directory / "output"), directory)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Demo]]:
    """Both at the same time, because each takes its while."""
    base, port = tmp_path_factory.mktemp("demos"), free_port()
    started = {
        "once": demo(base / "once", "--once", "--public-url", "https://claims.example"),
        "staying": demo(base / "staying", "--port", port),
    }
    yield started
    for one in started.values():
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(30)


def until_told(one: Demo, words: str) -> None:
    deadline = time.monotonic() + 2 * PATIENCE.total_seconds()
    while words not in one.output:
        assert one.process.poll() is None, one.output
        assert time.monotonic() < deadline, one.output
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        urllib3.request("POST", url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}, retries=False, timeout=2)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def one_call_of(role: str, session: Session, report: dict[str, Any]) -> Any:
    token = f"{report['chain_id']}:{report['contracts']['token']}"
    paths = {
        "administrator": "/v1/audit",
        "claim_issuer": "/v1/claims",
        "token_issuer": f"/v1/tokens/eip155:{token}/registrations",
    }
    if role in paths:
        return session.get(paths[role])["items"]
    return session.get(f"/v1/tokens/eip155:{token}/cap-table", purpose="supervision")["items"]


def test_an_address_that_is_half_given_is_refused_before_anything_starts(tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.write_text("")
    with_certificate = ("--public-url", "https://192.168.1.20:8443", "--tls-certificate", pem)
    for arguments, words in (
        (("--tls-certificate", pem, "--tls-key", pem), "--public-url"),
        (with_certificate, "together"),
        ((*with_certificate, "--tls-key", pem, "--port", 8443), "choose another one"),
    ):
        ended = run("demo", *arguments)
        assert (ended.code, words in ended.err) == (2, True), ended.err


def test_the_demo_run_once_holds_every_step_and_says_what_it_made(demos: dict[str, Demo]) -> None:
    once = demos["once"]
    assert once.process.wait(2 * PATIENCE.total_seconds()) == 0, once.output
    assert "Traceback" not in once.output
    lines = [line for line in once.output.splitlines() if line[3:5] == "ok" or line[3:7] == "FAIL"]
    assert len(lines) == len(STORY) == 16
    report = once.report
    assert set(report) == {"base_url", "rpc_url", "chain_id", "contracts", "credentials", "parties", "steps"}
    assert (report["base_url"], report["chain_id"]) == ("https://claims.example", 31337)
    assert {"token", "identity_registry"} <= set(report["contracts"])
    assert set(report["credentials"]) == ROLES
    for credential in report["credentials"].values():
        assert set(credential) == {"client_id", "private_jwk", "scope"}
        file = Path(credential["private_jwk"])
        assert file.is_absolute()
        assert "d" in json.loads(file.read_text())
    for name, party in report["parties"].items():
        assert set(party) - {"id"} == {"account", "kind", "office"}, name
        assert party["account"] is None or str(Account.parse(party["account"])) == party["account"]
        assert party["office"] is None or party["office"] in report["parties"]
    kinds = [party["kind"] for party in report["parties"].values()]
    assert (kinds.count("family_office"), kinds.count("custodian"), kinds.count("client")) == (2, 1, 8)
    assert [set(step) for step in report["steps"]] == [{"name", "ok", "evidence"}] * 16
    assert all(step["ok"] is True and step["evidence"] for step in report["steps"])
    assert not answers(report["rpc_url"])


def test_the_demo_that_stays_gives_every_role_a_token_and_ends_on_an_interrupt_with_all_it_started(
    demos: dict[str, Demo],
) -> None:
    staying = demos["staying"]
    until_told(staying, "Serving until you press Ctrl-C")
    report = staying.report
    way = transport(report["base_url"])
    for role, credential in report["credentials"].items():
        given = {"client_id": credential["client_id"], "scope": credential["scope"]}
        session = holder_of(Path(credential["private_jwk"]), way, **given)
        assert one_call_of(role, session, report), role
    assert way.send("GET", "/docs", headers={}).status == 200
    assert answers(report["rpc_url"])
    assert "Phones: This address works on this computer only. A phone cannot open it. (phone_loopback)" in staying.output
    staying.process.send_signal(signal.SIGINT)
    assert staying.process.wait(30) == 0, staying.output
    assert "Traceback" not in staying.output
    assert "Goodbye" in staying.output
    assert not answers(report["rpc_url"])
    assert not answers(report["base_url"])
