"""``serve`` speaks https itself when the settings name a certificate, under the address that it was started with."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3

from identity_service.demo.setup import free_port
from tests.cli.commands import Ended, run, settings_for
from tests.cli.test_processes import end, running, until
from tests.support.devchain import PROJECT_ROOT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation with a certificate for localhost; the authority's own lies in ``authority.pem``."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "authority.pem")
    certificate = ca.issue_cert("localhost")
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(tmp_path / "certificate.pem", append=number > 0)
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    settings_for(tmp_path, more=f'tls_certificate = "{tmp_path}/certificate.pem"\ntls_key = "{tmp_path}/key.pem"\n')
    assert run("init", "--data", tmp_path).code == 0
    return tmp_path


def asked(data: Path, url: str, content: Any = None) -> Any:
    """The JSON at ``url`` for somebody who trusts the authority, or None while nobody answers; POSTs ``content`` when given."""
    trusting = ssl.create_default_context(cafile=str(data / "authority.pem"))
    method = "GET" if content is None else "POST"
    try:
        with urllib3.PoolManager(ssl_context=trusting, retries=False, timeout=5) as pool:
            return pool.request(method, url, json=content).json()
    except urllib3.exceptions.HTTPError:
        return None


@contextmanager
def demo_serving(data: Path, port: int) -> Iterator[None]:
    arguments = (data, "127.0.0.1", port, data / "certificate.pem", data / "key.pem")
    command = [sys.executable, "-m", "identity_service.demo", *map(str, arguments)]
    with (data / "demo.log").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=data, env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        end(process)


def phone_check(data: Path, **env: str) -> Ended:
    return run("doctor", "--phone", "--data", data, env={"SSL_CERT_FILE": str(data / "authority.pem"), **env})


def test_serve_and_the_demo_speak_https_under_the_address_that_they_are_given(data: Path) -> None:
    port, demo_port = free_port(), free_port()
    address = f"https://localhost:{port}"
    serving = running("serve", "--data", data, "--port", port, "--public-url", address, cwd=data)
    with serving, demo_serving(data, demo_port):
        until(lambda: asked(data, f"{address}/livez") == {"status": "alive"})
        assert f"serving {address} on 127.0.0.1:{port}" in (data / "serve.log").read_text()
        # The process that answers is a child of the one that was given the address: it knows it all the same.
        challenge = asked(data, f"{address}/v1/account-proofs/challenges", {"account": "eip155:1:0x" + "11" * 20})
        assert f"URI: {address}\n" in challenge["message"]
        told = phone_check(data, IDENTITY_SERVICE_PUBLIC_URL=address)
        assert [line.split()[2] for line in told.out.splitlines() if "FAIL" in line] == ["phone_loopback:"]
        unknown = run("doctor", "--phone", "--data", data, env={"IDENTITY_SERVICE_PUBLIC_URL": address})
        assert [line.split()[2] for line in unknown.out.splitlines() if "FAIL" in line] == [
            "phone_loopback:",
            "phone_certificate_unknown:",
        ]
        until(lambda: asked(data, f"https://localhost:{demo_port}/livez") == {"status": "alive"})


def test_a_certificate_with_another_key_is_refused_in_words(data: Path) -> None:
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(data / "key.pem")
    ended = run("serve", "--data", data)
    assert ended.code == 1
    assert ended.err.startswith("invalid_settings: tls_certificate and tls_key are no certificate with its key\n")
