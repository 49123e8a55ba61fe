"""Time and chance come in through here, and nowhere else.

>>> from datetime import UTC, datetime
>>> clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
>>> unix_seconds(clock.now())
1767225600
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

from claim_issuers.errors import InvalidInput


class NaiveInstant(InvalidInput):
    """A datetime without a time zone was handed in."""

    code = "naive_instant"


class Clock(Protocol):
    """Tells the instant, in UTC, and waits."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Wait this long."""
        ...


class Entropy(Protocol):
    """Gives random bytes fit for keys and nonces."""

    def token_bytes(self, length: int) -> bytes:
        """``length`` fresh random bytes."""
        ...


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._pause = threading.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        self._pause.wait(duration.total_seconds())


class SystemEntropy:
    """The operating system's random source."""

    def token_bytes(self, length: int) -> bytes:
        return os.urandom(length)


class FixedClock:
    """A clock that moves only when told to: for tests and for decisions about another instant."""

    def __init__(self, instant: datetime) -> None:
        self._instant = aware(instant)

    def now(self) -> datetime:
        return self._instant

    def sleep(self, duration: timedelta) -> None:
        self._instant += duration

    def advance(self, duration: timedelta) -> None:
        """Move the clock by ``duration``, which may be negative."""
        self._instant += duration


def aware(instant: datetime) -> datetime:
    """``instant`` in UTC.

    Raises NaiveInstant when it has no time zone, because a guess there would move a validity by hours.
    """
    if instant.tzinfo is None:
        raise NaiveInstant("give the instant with its time zone")
    return instant.astimezone(UTC)


def unix_seconds(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00:00Z, rounded down (RFC 7519 NumericDate without fraction).

    Raises NaiveInstant.
    """
    return int(aware(instant).timestamp() // 1)


def from_unix_seconds(seconds: int) -> datetime:
    """The UTC instant of a NumericDate."""
    return datetime.fromtimestamp(seconds, UTC)
