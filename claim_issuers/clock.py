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

FIRST_SECOND = -62135596800
LAST_SECOND = 253402300799
"""0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in Unix seconds."""


class NaiveInstant(InvalidInput):
    """A datetime without a time zone was handed in."""

    code = "naive_instant"


class InstantOutOfRange(InvalidInput):
    """The instant lies outside the years 1 to 9999, which is all that a date and time can say (ISO 8601)."""

    code = "instant_out_of_range"


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
        """The present instant, aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        """Wait this long."""
        self._pause.wait(duration.total_seconds())


class SystemEntropy:
    """The operating system's random source."""

    def token_bytes(self, length: int) -> bytes:
        """``length`` fresh random bytes, fit for keys and nonces."""
        return os.urandom(length)


class FixedClock:
    """A clock that moves only when told to: for tests and for decisions about another instant. Raises NaiveInstant."""

    def __init__(self, instant: datetime) -> None:
        self._instant = aware(instant)

    def now(self) -> datetime:
        """The instant that it was set to or moved to, in UTC."""
        return self._instant

    def sleep(self, duration: timedelta) -> None:
        """Move the clock by ``duration`` at once."""
        self._instant += duration

    def advance(self, duration: timedelta) -> None:
        """Move the clock by ``duration``, which may be negative."""
        self._instant += duration


def aware(instant: datetime) -> datetime:
    """``instant`` in UTC.

    Raises NaiveInstant when it has no time zone, because a guess there would move a validity by hours; InstantOutOfRange.
    """
    if instant.utcoffset() is None:
        raise NaiveInstant("give the instant with its time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as fault:
        raise InstantOutOfRange("give an instant of the years 1 to 9999, in UTC") from fault


def unix_seconds(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00:00Z, rounded down (RFC 7519 NumericDate without fraction).

    Raises NaiveInstant.
    """
    return int(aware(instant).timestamp() // 1)


def from_unix_seconds(seconds: int) -> datetime:
    """The UTC instant of a NumericDate. Raises InstantOutOfRange outside the years 1 to 9999."""
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        raise InstantOutOfRange("give Unix seconds of the years 1 to 9999")
    return datetime.fromtimestamp(seconds, UTC)
