"""Test wallets talk to services on this machine and to no others."""

from claim_issuers.errors import InvalidInput
from identity_service.egress.targets import is_loopback, parse_target


class LoopbackOnly(InvalidInput):
    """A test wallet answers a service on this machine alone: its keys and its words are worth nothing elsewhere."""

    code = "loopback_only"


def require_loopback(url: str) -> None:
    """Return when ``url`` leads to this machine. Raises LoopbackOnly; EgressRefused for what is no URL."""
    host = parse_target(url).host
    if not is_loopback(host) and host != "localhost":
        raise LoopbackOnly("a test wallet answers services on this machine alone")
