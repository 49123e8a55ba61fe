"""Names to addresses, within a time limit that the operating system's resolver does not have."""

import socket
import threading
from queue import Empty, SimpleQueue
from typing import Protocol

from identity_service.egress.errors import EgressFailed, EgressTimedOut


class Resolver(Protocol):
    """Gives every address of a host name."""

    def __call__(self, host: str, port: int) -> list[str]:
        """The addresses, in the order to try them. Raises OSError when there are none."""
        ...


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the operating system. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve_within(seconds: float, resolver: Resolver, *, host: str, port: int) -> list[str]:
    """The addresses of ``host``. Raises EgressTimedOut after ``seconds``, EgressFailed when the name has none.

    ``getaddrinfo`` cannot be interrupted, so it runs on a thread that is left behind when it is late.
    """
    answers: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()
    threading.Thread(target=_resolve_into, args=(answers, resolver, host, port), daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except Empty:
        raise EgressTimedOut("the host name was not resolved in time", host=host) from None
    if isinstance(answer, Exception):
        raise EgressFailed("the host name does not resolve", host=host) from answer
    return answer


def _resolve_into(answers: "SimpleQueue[list[str] | OSError | UnicodeError]", resolver: Resolver, host: str, port: int) -> None:
    try:
        answers.put(resolver(host, port))
    except (OSError, UnicodeError) as error:
        answers.put(error)
