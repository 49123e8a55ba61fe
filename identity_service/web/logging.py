"""Logs as JSON lines that cannot carry personal data: what is not on the list does not get out (DESIGN §5.11)."""

import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

from claim_issuers.clock import Clock

Event = MutableMapping[str, Any]

ALLOWED_KEYS = frozenset(
    {
        "attempt",
        "block_number",
        "chain",
        "check",
        "client_id",
        "code",
        "count",
        "duration_ms",
        "event",
        "exception",
        "host",
        "job_id",
        "job_kind",
        "level",
        "method",
        "port",
        "request_id",
        "route",
        "status",
        "timestamp",
        "version",
    }
)
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def build_logger(
    *, clock: Clock, stream: TextIO | None = None, level: str = "info", messages: bool = False, extra_keys: Iterable[str] = ()
) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes one JSON object a line to ``stream`` (standard output when none is given).

    ``messages`` adds what exceptions say to their traceback. It is for development alone: drivers quote the rows they were
    given. ``extra_keys`` lengthens the list of keys that pass.
    """
    allowed = ALLOWED_KEYS | frozenset(extra_keys)

    def stamp(_logger: Any, _method: str, event: Event) -> Event:
        event["timestamp"] = clock.now().isoformat(timespec="milliseconds")
        return event

    def only_allowed(_logger: Any, _method: str, event: Event) -> Event:
        return {key: value for key, value in event.items() if key in allowed}

    def trace(_logger: Any, _method: str, event: Event) -> Event:
        error = event.pop("exc_info", None)
        if isinstance(error, BaseException):
            event["exception"] = describe(error, messages=messages)
        return event

    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[structlog.processors.add_log_level, stamp, trace, only_allowed, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=False,
    )
    return logger


def describe(error: BaseException, *, messages: bool = False) -> list[str]:
    """The traceback of ``error`` and of what caused it, innermost cause first, as places and types."""
    lines: list[str] = []
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines[:0] = [*_places(current), _name(current, messages)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines


def _places(error: BaseException) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def _name(error: BaseException, messages: bool) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return f"{name}: {error}" if messages else name
