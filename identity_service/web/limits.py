"""How often one address may call; in this process's memory, so a fleet needs a limit at its proxy too."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from flask import Blueprint, Flask, request
from flask_limiter import Limiter


def install_limits(app: Flask, rate_limit: str, *, exempt: Iterable[Blueprint] = ()) -> Limiter:
    """Hold every caller to ``rate_limit`` (``"600 per minute"``) over all routes but those of ``exempt``.

    An empty string switches limits off. The Limiter goes back to the caller, for routes that want a tighter one.
    """
    limiter = Limiter(
        key_func=caller_network,
        application_limits=[rate_limit] if rate_limit else [],
        storage_uri="memory://",
        strategy="fixed-window",
        headers_enabled=False,  # the remaining count and the reset instant would make equal answers differ
        enabled=bool(rate_limit),
    )
    limiter.init_app(app)
    for blueprint in exempt:
        limiter.exempt(blueprint)
    return limiter


def caller_network() -> str:
    """The caller's IPv4 address, or the /64 of its IPv6 address, which is what one subscriber holds."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return str(address)
