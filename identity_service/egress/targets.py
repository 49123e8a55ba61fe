"""Where a request may go: the URL as written, and the address it resolves to. No I/O.

>>> parse_target("https://issuer.example/status-lists/1").authority
'issuer.example'
>>> is_public("10.0.0.1"), is_public("::ffff:8.8.8.8"), is_public("8.8.8.8")
(False, False, True)
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from identity_service.egress.errors import EgressRefused

_PRINTABLE = re.compile(r"[\x21-\x7e]{1,4096}")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*")
_DEFAULT_PORTS = {"https": 443, "http": 80}

# Unicast addresses that IANA assigns today lie in 2000::/3. Inside it, these carry an IPv4 address or lead nowhere public
# (RFC 4380 Teredo and its siblings, RFC 3056 6to4, RFC 3849 documentation, RFC 9637 documentation).
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_DISGUISES_V6 = tuple(ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# RFC 7526 (6to4 relays) and RFC 6890 protocol assignments: some Python releases call part of them global.
_SPECIAL_V4 = tuple(ipaddress.IPv4Network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL taken apart: ``host`` is lower case without brackets, ``path`` holds the query too."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_literal(self) -> bool:
        """True when the host is an IP address and not a name."""
        return _as_address(self.host) is not None


def parse_target(url: str) -> Target:
    """Take ``url`` apart. Raises EgressRefused unless it is http or https, printable ASCII, without user or fragment."""
    if not _PRINTABLE.fullmatch(url):
        raise EgressRefused("write the URL in printable ASCII, at most 4096 characters")
    parts, port = _split(url)
    if parts.username is not None or parts.password is not None or "#" in url:
        raise EgressRefused("a URL called from here carries no user, password or fragment")
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    if parts.scheme not in ("https", "http"):
        raise EgressRefused("only https is called from here")
    scheme: Literal["https", "http"] = "https" if parts.scheme == "https" else "http"
    return Target(scheme=scheme, host=_host(parts), port=_DEFAULT_PORTS[scheme] if port is None else port, path=path + query)


def is_public(address: str) -> bool:
    """True for a globally routed unicast address that carries no other address inside."""
    parsed = _as_address(address)
    if parsed is None or parsed.is_multicast or not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _SPECIAL_V4)
    return parsed in _GLOBAL_UNICAST_V6 and not any(parsed in network for network in _DISGUISES_V6)


def is_loopback(address: str) -> bool:
    """True for 127.0.0.0/8 and ::1 (an IPv4 address mapped into IPv6 is not taken for loopback)."""
    parsed = _as_address(address)
    return parsed is not None and parsed.is_loopback and getattr(parsed, "ipv4_mapped", None) is None


def check_addresses(target: Target, addresses: list[str], *, allow_loopback: bool) -> list[str]:
    """``addresses`` when every one of them may be called for ``target``.

    One forbidden address among several refuses all: a name that points inside as well as outside is an attack or a mistake.
    Raises EgressRefused.
    """
    if allow_loopback and addresses and all(is_loopback(address) for address in addresses):
        return addresses
    if not addresses or not all(is_public(address) for address in addresses):
        raise EgressRefused("the host does not resolve to public addresses only", host=target.host)
    if target.scheme != "https":
        raise EgressRefused("only https is called from here", host=target.host)
    return addresses


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise EgressRefused("the URL is malformed") from None


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if _as_address(host) is None and not _HOST_NAME.fullmatch(host):
        raise EgressRefused("the URL names no host, or one that is not a DNS name or an IP address")
    return host


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text) if "%" not in text else None
    except ValueError:
        return None
