"""How often somebody may call; in this process's memory, so a fleet needs a limit at its proxy too."""

from collections.abc import Callable, Iterable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import ParamSpec, TypeVar

from flask import Blueprint, Flask, g, request
from flask_limiter import Limiter
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from identity_service.web.gate import CallerLike
from identity_service.web.refusals import TooManyRequests

_P = ParamSpec("_P")
_R = TypeVar("_R")


def install_limits(app: Flask, rate_limit: str, *, exempt: Iterable[Blueprint] = ()) -> Limiter:
    """Hold every address to ``rate_limit`` (``"600 per minute"``) over all routes but those of ``exempt``.

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


class CostlyWork:
    """Holds each caller to ``limit`` over all the routes that share it: those that are cheap to call and dear to answer.

    A caller is the client or account that the gate let in, or else the network of the address. An empty ``limit`` is none. ::

        @routes.get("/v1/dear")
        @gate.requires("dear:read")
        @costly
        def dear() -> Response: ...
    """

    def __init__(self, limit: str) -> None:
        self._limits = parse_many(limit) if limit else []
        self._windows = FixedWindowRateLimiter(MemoryStorage())

    def __call__(self, view: Callable[_P, _R]) -> Callable[_P, _R]:
        """``view``, which costs one. Put it beneath the gate, which says who is calling."""

        @wraps(view)
        def limited(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            self.spend()
            return view(*args, **kwargs)

        return limited

    def spend(self, cost: int = 1) -> None:
        """Take ``cost`` off what the present caller may still ask for, all of it at most. Raises TooManyRequests."""
        for limit in self._limits:
            if not self._windows.hit(limit, _caller(), cost=min(cost, limit.amount)):
                raise TooManyRequests("this is dear to answer, so it may be asked less often", retry_after=limit.get_expiry())


def caller_network() -> str:
    """The caller's IPv4 address, or the /64 of its IPv6 address, which is what one subscriber holds."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return str(address)


def _caller() -> str:
    caller: CallerLike | None = g.get("caller")
    return caller_network() if caller is None else caller.subject
