"""Why a phone could not open the address: from the address alone, and from knocking at real servers."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from identity_service.web.phone_probe import probe
from identity_service.web.reachability import ALL, LOOPBACK, PLAIN_HTTP, PRIVATE, Found, advice_for
from tests.support.http_server import Reply, Request, serving

OURS = b'{"status":"alive"}'


def ours(request: Request) -> Reply:
    return Reply(headers={"Content-Type": "application/json"}, body=OURS)


def codes(url: str, found: Found = Found.ANSWERED) -> list[str]:
    return [one.code for one in advice_for(url, found)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", [LOOPBACK, PLAIN_HTTP]),
        ("https://127.9.9.9", [LOOPBACK]),
        ("https://localhost:8443", [LOOPBACK]),
        ("https://claims.localhost", [LOOPBACK]),
        ("https://[::1]:8443", [LOOPBACK]),
        ("https://0.0.0.0:8443", [LOOPBACK]),
        ("https://192.168.1.20:8443", [PRIVATE]),
        ("https://10.0.0.1", [PRIVATE]),
        ("https://[fd00::1]", [PRIVATE]),
        ("https://[fe80::1]", [PRIVATE]),
        ("https://laptop.local:8443", [PRIVATE]),
        ("https://claims.internal", [PRIVATE]),
        ("http://claims.example", [PLAIN_HTTP]),
        ("https://claims.example", []),
        ("https://93.184.216.34", []),
        ("https://local.example", []),
    ],
)
def test_the_address_alone_tells_where_it_works(url: str, expected: list[object]) -> None:
    assert list(advice_for(url)) == expected


def test_what_a_probe_found_is_told_after_what_the_address_tells() -> None:
    assert codes("https://192.168.1.20", Found.NO_ANSWER) == ["phone_private_address", "phone_port_closed"]
    told = {found: codes("https://claims.example", found) for found in Found}
    assert told.pop(Found.ANSWERED) == []
    assert all(len(one) == 1 for one in told.values())
    assert len({one.code for one in ALL}) == len(ALL) == len(told) + 3
    for advice in ALL:
        assert advice.said("de") == advice.de != advice.said("en") == advice.said("fr") == advice.en
        assert advice.remedy.endswith(".")


def contexts(ca: trustme.CA, *names: str, **terms: datetime) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of these names needs, and what somebody who trusts the authority has."""
    server, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    ca.issue_cert(*names, **terms).configure_cert(server)
    ca.configure_trust(trusting)
    return server, trusting


def test_a_service_with_a_trusted_certificate_answers() -> None:
    server, trusting = contexts(trustme.CA(), "127.0.0.1")
    with serving(ours, tls=server) as local:
        assert probe(f"https://127.0.0.1:{local.port}", tls=trusting) is Found.ANSWERED
    (request,) = local.requests
    assert (request.method, request.path) == ("GET", "/livez")
    with serving(ours) as local:
        assert probe(local.url) is Found.ANSWERED


def test_each_fault_of_a_certificate_has_its_name() -> None:
    ca, now = trustme.CA(), datetime.now(UTC)
    terms = {
        "not_before": now - timedelta(days=9),
        "not_after": now - timedelta(days=1),
    }
    expired, trusting = contexts(ca, "127.0.0.1", **terms)
    other, _ = contexts(ca, "claims.example", "10.0.0.1")
    good, _ = contexts(ca, "127.0.0.1")
    for server, trust, expected in (
        (expired, trusting, Found.CERTIFICATE_EXPIRED),
        (other, trusting, Found.CERTIFICATE_OTHER_HOST),
        (good, None, Found.CERTIFICATE_UNKNOWN),
    ):
        with serving(ours, tls=server) as local:
            assert probe(f"https://127.0.0.1:{local.port}", tls=trust) is expected
        assert local.requests == []
    named, trusting = contexts(ca, "claims.example")
    with serving(ours, tls=named) as local:
        assert probe(f"https://localhost:{local.port}", tls=trusting) is Found.CERTIFICATE_OTHER_HOST


def test_what_does_not_answer_or_is_somebody_else_has_its_name() -> None:
    with serving(ours) as local:
        assert probe(f"https://127.0.0.1:{local.port}") is Found.NO_TLS
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]
    assert probe(f"https://127.0.0.1:{closed}") is Found.NO_ANSWER
    assert probe("https://no-such-host.invalid") is Found.UNRESOLVED
    for reply in (
        Reply(status=404, body=OURS),
        Reply(body=b"<h1>Router</h1>"),
        Reply(status=302, headers={"Location": "https://claims.example/"}),
        Reply(raw=[b"220 mail.example ESMTP\r\n"]),
    ):
        with serving(lambda request, reply=reply: reply) as local:
            assert probe(local.url) is Found.ANOTHER_SERVICE
