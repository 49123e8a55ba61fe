"""Mail over SMTP, and never without TLS: implicit (RFC 8314) or STARTTLS (RFC 3207), with the server's certificate checked.

The way out for mail, beside ``egress`` for HTTP (DESIGN §5.10). Its one target stands in the operator's settings and nowhere else,
so a relay inside the operator's network is allowed, which ``egress`` would refuse; otherwise the habits are the same: the name
is resolved once within the time limit, link-local targets (where clouds keep credentials) are refused, the connection goes to
the address that was checked while TLS verifies the name, and one limit spans the whole exchange.
"""

import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Final

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from identity_service.mail.model import (
    MailRefused,
    MailSenderRefused,
    MailServerUntrusted,
    MailUnavailable,
    Message,
    rendered,
    require_address,
)
from identity_service.mail.server import MailServer

DEFAULT_LIMIT: Final = timedelta(seconds=30)
"""For one message, from resolving the name to the goodbye; a worker's lease is four times that."""

_FOR_EVER: Final = range(500, 600)
_CONNECT_SECONDS: Final = 10.0

Resolver = Callable[[str, int], list[str]]


def system_resolver(host: str, port: int) -> list[str]:
    """Every address of a host, as the operating system knows it. Raises OSError."""
    return list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMailer:
    """Hands each message to one server, on a connection of its own.

    ``password`` is asked for at each connection, so that a file with a new one takes effect at once. ``plain_loopback`` is the
    development switch: a server on this very machine may then do without TLS. ``tls`` replaces the system's trust store.
    """

    server: MailServer
    sender: str
    clock: Clock
    password: Callable[[], str] = str
    plain_loopback: bool = False
    tls: ssl.SSLContext | None = None
    resolver: Resolver = system_resolver
    limit: timedelta = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        require_address(self.sender)

    def send(self, message: Message) -> None:
        """Deliver to the server. Raises MailRefused, MailUnavailable, MailServerUntrusted, MailSenderRefused."""
        content = rendered(message, sender=self.sender, at=self.clock.now())
        with self._connected() as connection:
            connection.sendmail(self.sender, [message.recipient], content)

    def examine(self) -> str:
        """Connect and sign in, send nothing. Raises MailUnavailable, MailServerUntrusted, MailSenderRefused."""
        with self._connected() as connection:
            connection.noop()
            how = "TLS" if isinstance(connection.sock, ssl.SSLSocket) else "no TLS, on this machine"
        return f"{self.server.host}:{self.server.port} takes mail from {self.sender} ({how})"

    @contextmanager
    def _connected(self) -> Iterator["_Connection"]:
        with _faults_named(), _Timer(self.limit) as timer:
            addresses = self._addresses()
            own_name = self.sender.rpartition("@")[2]
            connection = _Connection(self.server, addresses, self._context(), timer, own_name)
            try:
                self._introduce(connection)
                yield connection
                with suppress(smtplib.SMTPException, OSError):
                    connection.quit()  # what was accepted stays accepted, however the server says goodbye
            finally:
                connection.close()

    def _introduce(self, connection: "_Connection") -> None:
        connection.connect(self.server.host, self.server.port)
        connection.ehlo_or_helo_if_needed()
        if not self.server.implicit_tls and not self._may_be_plain(connection):
            if not connection.has_extn("starttls"):
                raise MailServerUntrusted("the mail server offers no TLS")
            connection.starttls(context=self._context())
            connection.ehlo()
        if self.server.user is not None:
            connection.login(self.server.user, self.password())

    def _may_be_plain(self, connection: "_Connection") -> bool:
        """Only to this machine, only under the switch, and only when the server has nothing better."""
        return self.plain_loopback and connection.leads_to_loopback and not connection.has_extn("starttls")

    def _context(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()

    def _addresses(self) -> list[str]:
        """Where the server's name leads. Raises MailUnavailable when it leads nowhere, or where no mail server is."""
        found = _resolved(self.resolver, self.server)
        parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
        if not found or any(one.is_link_local or one.is_multicast or one.is_unspecified for one in parsed):
            raise MailUnavailable("the mail server's name does not lead to an address that mail may go to")
        return found


class _Connection(smtplib.SMTP):
    """smtplib's protocol over a socket that goes to a checked address, with TLS from the start where the server wants it."""

    def __init__(self, server: MailServer, addresses: list[str], context: ssl.SSLContext, timer: "_Timer", own_name: str) -> None:
        self._server = server
        self._addresses = addresses
        self._context = context
        self._timer = timer
        super().__init__(local_hostname=own_name, timeout=_CONNECT_SECONDS)
        self._host = server.host  # whom STARTTLS expects; smtplib takes it only from whoever connects in its constructor

    @property
    def leads_to_loopback(self) -> bool:
        """Whether the socket's other end is this machine."""
        return self.sock is not None and ipaddress.ip_address(self.sock.getpeername()[0]).is_loopback

    # smtplib's own place to put another socket: SMTP_SSL does the same.
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = self._first_that_answers(port, timeout)
        connected.settimeout(self._timer.seconds)  # servers may take their time to greet; the whole exchange may not
        self._timer.guard(connected)
        if self._server.implicit_tls:
            connected = self._context.wrap_socket(connected, server_hostname=host)
        return connected

    def _first_that_answers(self, port: int, timeout: float) -> socket.socket:
        for address in self._addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((address, port), timeout)
        return socket.create_connection((self._addresses[-1], port), timeout)


class _Timer:
    """Ends the exchange when its time is over: socket timeouts bound each read, not their sum."""

    def __init__(self, limit: timedelta) -> None:
        self.seconds = limit.total_seconds()
        self._timer = threading.Timer(self.seconds, self._expire)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.expired = False

    def guard(self, connected: socket.socket) -> None:
        """Shut this socket down at the end, or now."""
        with self._lock:
            # A second descriptor of the same connection: wrapping it in TLS takes the first away.
            self._socket = connected.dup()
            if self.expired:
                self._shut_down()

    def __enter__(self) -> "_Timer":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


@contextmanager
def _faults_named() -> Iterator[None]:
    """Our errors for smtplib's; what the server wrote stays out of them, since servers repeat addresses."""
    try:
        yield
    except Unavailable:
        raise
    except ssl.SSLCertVerificationError as error:
        raise MailServerUntrusted("the mail server's certificate is not good for its name") from error
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as error:
        raise MailSenderRefused("the mail server does not accept our user, password or sender address") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(max((code for code, _ in error.recipients.values()), default=0)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code if isinstance(error, smtplib.SMTPDataError) else 0) from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailUnavailable("the mail server could not be reached or broke off") from error


def _refusal(code: int) -> Exception:
    if code in _FOR_EVER:
        return MailRefused("the mail server will not deliver this message", status=code)
    return MailUnavailable("the mail server does not take the message now", status=code)


def _resolved(resolver: Resolver, server: MailServer) -> list[str]:
    """``getaddrinfo`` cannot be interrupted, so it runs on a thread that is left behind when it is late."""
    answers: SimpleQueue[list[str] | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(server.host, server.port))
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=_CONNECT_SECONDS)
    except Empty:
        found = None
    if not found:
        raise MailUnavailable("the mail server's name does not resolve")
    return found
