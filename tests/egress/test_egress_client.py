"""The one way out, against servers that behave and servers that do not."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from claim_issuers.clock import SystemClock
from identity_service.egress.client import EgressClient
from identity_service.egress.errors import EgressFailed, EgressRedirected, EgressRefused, EgressTimedOut, EgressTooLarge
from tests.support.http_server import LocalServer, Reply, Request, serving

SHORT = timedelta(milliseconds=300)


def fixed(*addresses: str):
    return lambda host, port: list(addresses)


@pytest.fixture
def client() -> Iterator[EgressClient]:
    client = EgressClient(clock=SystemClock(), allow_loopback=True)
    yield client
    client.close()


def ok(request: Request) -> Reply:
    return Reply(headers={"Content-Type": "text/plain"}, body=b"hello")


def test_a_request_arrives_and_its_answer_comes_back(client: EgressClient) -> None:
    with serving(ok) as server:
        response = client.request("POST", server.url + "/a?b=c", headers={"X-Kind": "test"}, body=b"body")

    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", b"body")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["x-kind"] == "test"
    assert (response.status, response.body, response.headers["content-type"]) == (200, b"hello", "text/plain")


def test_an_error_status_is_an_answer(client: EgressClient) -> None:
    with serving(lambda request: Reply(status=503, body=b"later")) as server:
        assert client.request("GET", server.url).status == 503


def test_loopback_is_refused_without_the_switch_and_nothing_is_sent() -> None:
    closed = EgressClient(clock=SystemClock())
    with serving(ok) as server:
        for url in (server.url, f"https://127.0.0.1:{server.port}", f"http://localhost:{server.port}"):
            with pytest.raises(EgressRefused):
                closed.request("GET", url)
    assert server.requests == []


@pytest.mark.parametrize("host", ["10.1.2.3", "169.254.169.254", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "0.0.0.1", "[::]"])
def test_inward_addresses_are_refused_even_under_the_switch(client: EgressClient, host: str) -> None:
    with pytest.raises(EgressRefused):
        client.request("GET", f"https://{host}/")


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1"])
def test_numbers_that_the_system_reads_as_loopback_are_refused(host: str) -> None:
    with pytest.raises((EgressRefused, EgressFailed)):
        EgressClient(clock=SystemClock()).request("GET", f"https://{host}/", timeout=SHORT)


def test_a_name_that_points_inside_is_refused() -> None:
    client = EgressClient(clock=SystemClock(), resolver=fixed("93.184.216.34", "192.168.0.1"))

    with pytest.raises(EgressRefused):
        client.request("GET", "https://rebinding.example/")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("get", {}),
        ("GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", {}),
        ("GET", {"X-A": "b\r\nX-C: d"}),
        ("GET", {"X A": "b"}),
        ("GET", {"Host": "other.example"}),
        ("GET", {"transfer-encoding": "chunked"}),
    ],
)
def test_requests_that_would_break_out_of_their_form_are_refused(
    client: EgressClient, method: str, headers: dict[str, str]
) -> None:
    with serving(ok) as server, pytest.raises(EgressRefused):
        client.request(method, server.url, headers=headers)
    assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(client: EgressClient, status: int) -> None:
    with (
        serving(ok) as goal,
        serving(lambda r: Reply(status=status, headers={"Location": goal.url})) as server,
        pytest.raises(EgressRedirected),
    ):
        client.request("GET", server.url)
    assert goal.requests == []


def test_an_announced_body_over_the_limit_is_not_read(client: EgressClient) -> None:
    with serving(lambda request: Reply(body=b"x" * 5000)) as server, pytest.raises(EgressTooLarge):
        client.request("GET", server.url, max_bytes=4999)


def test_an_unannounced_body_over_the_limit_is_cut_off(client: EgressClient) -> None:
    server: LocalServer
    with serving(lambda request: Reply(chunks=server.drip(b"x" * 1000, 0.0001))) as server, pytest.raises(EgressTooLarge):
        client.request("GET", server.url, max_bytes=100_000)


def test_a_body_of_exactly_the_limit_is_read(client: EgressClient) -> None:
    with serving(lambda request: Reply(body=b"x" * 5000)) as server:
        assert len(client.request("GET", server.url, max_bytes=5000).body) == 5000


def test_a_compressed_body_is_given_as_sent(client: EgressClient) -> None:
    bomb = gzip.compress(bytes(1_000_000))
    with serving(lambda request: Reply(headers={"Content-Encoding": "gzip"}, body=bomb)) as server:
        assert client.request("GET", server.url, max_bytes=10_000).body == bomb
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_server_that_never_answers_times_out(client: EgressClient) -> None:
    server: LocalServer

    def wait(request: Request) -> Reply:
        server.ended.wait(10)
        return Reply()

    with serving(wait) as server, pytest.raises(EgressTimedOut):
        client.request("GET", server.url, timeout=SHORT)


def test_headers_that_drip_in_time_out_as_a_whole(client: EgressClient) -> None:
    server: LocalServer
    with serving(lambda request: Reply(raw=server.drip(b"H", 0.02))) as server, pytest.raises(EgressTimedOut):
        client.request("GET", server.url, timeout=SHORT)


def test_a_body_that_drips_in_times_out_as_a_whole(client: EgressClient) -> None:
    server: LocalServer
    with serving(lambda request: Reply(chunks=server.drip(b"x", 0.02))) as server, pytest.raises(EgressTimedOut):
        client.request("GET", server.url, timeout=SHORT)


def test_a_name_that_resolves_too_slowly_times_out() -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        release.wait(10)
        return ["93.184.216.34"]

    with pytest.raises(EgressTimedOut):
        EgressClient(clock=SystemClock(), resolver=slow).request("GET", "https://slow.example/", timeout=SHORT)
    release.set()


def test_a_name_that_does_not_resolve_fails() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(EgressFailed):
        EgressClient(clock=SystemClock(), resolver=unknown).request("GET", "https://unknown.example/")


def test_a_closed_port_fails(client: EgressClient) -> None:
    with serving(ok) as server:
        pass
    with pytest.raises(EgressFailed):
        client.request("GET", server.url)


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 2000 X\r\n\r\n"]
)
def test_a_broken_answer_fails(client: EgressClient, raw: bytes) -> None:
    with serving(lambda request: Reply(raw=[raw])) as server, pytest.raises(EgressFailed):
        client.request("GET", server.url)


def test_the_second_request_uses_the_open_connection(client: EgressClient) -> None:
    with serving(ok) as server:
        first, second = client.request("GET", server.url), client.request("GET", server.url)

    assert (first.new_connection, second.new_connection) == (True, False)


def test_a_connection_that_the_server_closed_is_opened_anew(client: EgressClient) -> None:
    with serving(lambda request: Reply(body=b"x", close=True)) as server:
        first, second = client.request("GET", server.url), client.request("GET", server.url)

    assert (first.new_connection, second.new_connection) == (True, True)


def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    client = EgressClient(clock=SystemClock(), allow_loopback=True, resolver=fixed("127.0.0.9", "127.0.0.1"))
    with serving(ok) as server:
        assert client.request("GET", f"http://two.example:{server.port}/").body == b"hello"
    client.close()


# TLS


def certificate(name: str, directory: Path) -> Path:
    """A self-signed certificate for ``name`` with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path


def server_tls(pem: Path, names_asked: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda sock, name, ctx: names_asked.append(name)
    return context


def tls_client(pem: Path) -> EgressClient:
    trust = ssl.create_default_context(cafile=str(pem))
    return EgressClient(clock=SystemClock(), allow_loopback=True, tls=trust, resolver=fixed("127.0.0.1"))


def test_tls_asks_for_and_checks_the_name_while_the_address_is_pinned(tmp_path: Path) -> None:
    pem, names = certificate("issuer.example", tmp_path), []
    with serving(ok, server_tls(pem, names)) as server:
        client = tls_client(pem)
        response = client.request("GET", f"https://issuer.example:{server.port}/")
        client.close()

    assert response.body == b"hello"
    assert names == ["issuer.example"]
    assert server.requests[0].headers["host"] == f"issuer.example:{server.port}"


def test_a_certificate_for_another_name_fails(tmp_path: Path) -> None:
    pem = certificate("other.example", tmp_path)
    with serving(ok, server_tls(pem, [])) as server, pytest.raises(EgressFailed):
        tls_client(pem).request("GET", f"https://issuer.example:{server.port}/")
    assert server.requests == []


def test_a_certificate_nobody_vouches_for_fails(tmp_path: Path) -> None:
    pem, stranger = certificate("issuer.example", tmp_path), certificate("stranger.example", tmp_path)
    with serving(ok, server_tls(pem, [])) as server, pytest.raises(EgressFailed):
        tls_client(stranger).request("GET", f"https://issuer.example:{server.port}/")
    assert server.requests == []


def test_a_tls_body_that_drips_in_times_out_as_a_whole(tmp_path: Path) -> None:
    pem = certificate("issuer.example", tmp_path)
    server: LocalServer
    with (
        serving(lambda r: Reply(chunks=server.drip(b"x", 0.02)), server_tls(pem, [])) as server,
        pytest.raises(EgressTimedOut),
    ):
        tls_client(pem).request("GET", f"https://issuer.example:{server.port}/", timeout=SHORT)
