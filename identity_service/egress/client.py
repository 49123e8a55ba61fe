"""Outbound HTTP with the rules of DESIGN §5.10 built in.

    >>> from claim_issuers.clock import SystemClock
    >>> client = EgressClient(clock=SystemClock())
    >>> client.request("GET", "https://169.254.169.254/latest/meta-data")
    Traceback (most recent call last):
    identity_service.egress.errors.EgressRefused: the host does not resolve to public addresses only

Only https; the host is resolved once, every address is checked, and the connection goes to a checked address while TLS still
verifies the host name; no redirects; limits on size and on total time; no proxies from the environment.
"""

import re
import ssl
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError
from urllib3.response import HTTPResponse

from claim_issuers.clock import Clock
from identity_service.egress.connections import Connections
from identity_service.egress.deadline import Deadline
from identity_service.egress.errors import EgressFailed, EgressRedirected, EgressRefused, EgressTimedOut, EgressTooLarge
from identity_service.egress.resolver import Resolver, resolve_within, system_resolver
from identity_service.egress.targets import Target, check_addresses, parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_TIMEOUT = timedelta(seconds=10)
DEFAULT_MAX_BYTES = 1024 * 1024
_CHUNK = 64 * 1024
_METHOD = re.compile(r"[A-Z]{3,10}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]{0,8192}")
# These describe the connection and the framing, which are ours to decide.
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressResponse:
    """What the other side answered: header names in lower case (repeats joined with a comma), the body as sent.

    ``new_connection`` tells whether the exchange opened a connection, so that a caller can check again whom it talks to.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    new_connection: bool


class EgressClient:
    """Sends requests to public https addresses, and to loopback (http too) when ``allow_loopback`` is set for development.

    Safe to share between threads. ``tls`` replaces the system's trust store, ``resolver`` the system's resolver.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        allow_loopback: bool = False,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self._clock = clock
        self._allow_loopback = allow_loopback
        self._resolver = resolver
        self._given_tls = tls
        self._max_bytes = max_bytes
        self._connections = Connections(lambda: self._tls)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: timedelta = DEFAULT_TIMEOUT,
        max_bytes: int | None = None,
    ) -> EgressResponse:
        """Send one request and read its whole answer, whatever its status; ``timeout`` spans resolving to the last byte.

        Raises EgressRefused before anything is sent; EgressTimedOut, EgressTooLarge, EgressRedirected or EgressFailed after.
        """
        target = parse_target(url)
        sent = _Request(target=target, method=method, headers=_checked_headers(method, headers or {}, target), body=body)
        limit = self._max_bytes if max_bytes is None else max_bytes
        with Deadline(timeout, self._clock) as deadline, _failures_named(target, deadline):
            addresses = self._addresses(target, deadline)
            connection, is_new = self._connections.take(target, addresses, deadline)
            deadline.guard(connection.sock)
            response, content = self._exchange(connection, sent, deadline, limit)
        if 300 <= response.status < 400:
            raise EgressRedirected("the answer is a redirect", host=target.host, status=response.status)
        answered = {name.lower(): value for name, value in response.headers.items()}
        return EgressResponse(status=response.status, headers=answered, body=content, new_connection=is_new)

    def close(self) -> None:
        """Close the connections kept for reuse."""
        self._connections.close()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def _addresses(self, target: Target, deadline: Deadline) -> list[str]:
        if target.is_literal:
            found = [target.host]
        else:
            found = resolve_within(deadline.remaining(), self._resolver, host=target.host, port=target.port)
        return check_addresses(target, found, allow_loopback=self._allow_loopback)

    def _exchange(self, connection: HTTPConnection, sent: "_Request", deadline: Deadline, limit: int) -> tuple[HTTPResponse, bytes]:
        try:
            connection.request(sent.method, sent.target.path, sent.body, sent.headers, preload_content=False, decode_content=False)
            response = connection.getresponse()
            content = _read(response, limit)
            deadline.guard(None)
            if deadline.expired:
                # A socket shut down at the deadline can look like an orderly end of the body.
                raise TimeoutError
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._connections.keep(sent.target, connection)
        return response, content


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    target: Target
    method: str
    headers: dict[str, str]
    body: bytes | None


def _checked_headers(method: str, headers: Mapping[str, str], target: Target) -> dict[str, str]:
    if not _METHOD.fullmatch(method):
        raise EgressRefused("the method is not an upper-case word")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value) or name.lower() in _OWN_HEADERS:
            raise EgressRefused("a header is malformed or not the caller's to set", header=name[:128])
    # Compressed answers are not asked for: a small body must not grow past the size limit after it was counted.
    return {"User-Agent": "identity-information-service", **headers, "Host": target.authority, "Accept-Encoding": "identity"}


def _read(response: HTTPResponse, limit: int) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit and response.length_remaining:
        raise EgressTooLarge("the answer is longer than allowed", limit=limit)
    chunks, total = [], 0
    while chunk := response.read(_CHUNK, decode_content=False):
        total += len(chunk)
        if total > limit:
            raise EgressTooLarge("the answer is longer than allowed", limit=limit)
        chunks.append(chunk)
    return b"".join(chunks)


@contextmanager
def _failures_named(target: Target, deadline: Deadline) -> "Iterator[None]":
    try:
        yield
    except (ConnectTimeoutError, ReadTimeoutError, TimeoutError) as error:
        raise EgressTimedOut("the exchange did not end in time", host=target.host) from error
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if deadline.expired:
            raise EgressTimedOut("the exchange did not end in time", host=target.host) from error
        raise EgressFailed("the exchange failed", host=target.host, cause=type(error).__name__) from error
