"""One time limit over a whole exchange, kept even against a peer that sends a byte now and then."""

import contextlib
import socket
import threading
from datetime import timedelta
from types import TracebackType
from typing import Self

from claim_issuers.clock import Clock


class Deadline:
    """Counts down from ``limit``; when it is over, the guarded socket is shut down, so that a blocked read returns.

    Socket timeouts alone bound each read, not their sum.
    """

    def __init__(self, limit: timedelta, clock: Clock) -> None:
        self._clock = clock
        self._end = clock.now() + limit
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(limit.total_seconds(), self._expire)
        self._timer.daemon = True
        self.expired = False

    def remaining(self) -> float:
        """Seconds left, never less than a millisecond (a socket timeout of 0 would mean: do not block)."""
        return max((self._end - self._clock.now()).total_seconds(), 0.001)

    def guard(self, connected: socket.socket | None) -> None:
        """Shut this socket down at the end, or at once when the end has passed."""
        with self._lock:
            self._socket = connected
            if self.expired:
                self._shut_down()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut_down()

    def _shut_down(self) -> None:
        # The plain socket method: SSLSocket.shutdown would pull the TLS object away under the reader's feet.
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
