"""Connections to addresses that were checked: opened, and kept for the next request."""

import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from identity_service.egress.deadline import Deadline
from identity_service.egress.targets import Target

_Key = tuple[str, str, int, str]


class Connections:
    """Gives a connection to one of the checked addresses, an open one if it has it; keeps at most ``most`` open and idle."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], most: int = 32) -> None:
        self._tls = tls
        self._most = most
        self._lock = threading.Lock()
        self._idle: OrderedDict[_Key, list[HTTPConnection]] = OrderedDict()

    def take(self, target: Target, addresses: list[str], deadline: Deadline) -> tuple[HTTPConnection, bool]:
        """A connection, and whether it is new. Raises urllib3's errors when no address answers."""
        for address in addresses:
            kept = self._open_one(_key(target, address))
            if kept is not None and kept.sock is not None:
                kept.sock.settimeout(deadline.remaining())
                return kept, False
        return self._connect(target, addresses, deadline), True

    def keep(self, target: Target, connection: HTTPConnection) -> None:
        """Keep this open connection, whose answer was read to the end; the one idle longest makes room."""
        key = _key(target, connection.host)
        with self._lock:
            self._idle.setdefault(key, []).append(connection)
            self._idle.move_to_end(key)
            surplus = self._pop_oldest() if sum(map(len, self._idle.values())) > self._most else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            stacks, self._idle = self._idle, OrderedDict()
        for connection in (connection for stack in stacks.values() for connection in stack):
            connection.close()

    def _connect(self, target: Target, addresses: list[str], deadline: Deadline) -> HTTPConnection:
        for address in addresses[:-1]:
            try:
                return self._connect_to(target, address, deadline)
            except (NewConnectionError, ConnectTimeoutError):
                continue
        return self._connect_to(target, addresses[-1], deadline)

    def _connect_to(self, target: Target, address: str, deadline: Deadline) -> HTTPConnection:
        seconds = deadline.remaining()
        if target.scheme == "http":
            connection = HTTPConnection(address, target.port, timeout=seconds)
        else:
            # SNI and certificate check use the name that was asked for, the socket goes to the address that was checked.
            connection = HTTPSConnection(
                address,
                target.port,
                timeout=seconds,
                ssl_context=self._tls(),
                cert_reqs=ssl.CERT_REQUIRED,
                server_hostname=target.host,
                assert_hostname=target.host,
            )
        connection.connect()
        return connection

    def _open_one(self, key: _Key) -> HTTPConnection | None:
        while (connection := self._pop_newest(key)) is not None:
            if connection.is_connected:
                return connection
            connection.close()
        return None

    def _pop_newest(self, key: _Key) -> HTTPConnection | None:
        with self._lock:
            stack = self._idle.get(key)
            connection = stack.pop() if stack else None
            if stack is not None and not stack:
                del self._idle[key]
            return connection

    def _pop_oldest(self) -> HTTPConnection:
        key, stack = next(iter(self._idle.items()))
        connection = stack.pop(0)
        if not stack:
            del self._idle[key]
        return connection


def _key(target: Target, address: str) -> _Key:
    return target.scheme, target.host, target.port, address
