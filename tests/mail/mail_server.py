"""A real SMTP server on loopback (aiosmtpd) with certificates of an authority made for the run."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession

from claim_issuers.clock import SystemClock
from identity_service.mail.server import MailServer
from identity_service.mail.smtp import SmtpMailer

NAME, USER, PASSWORD = "mail.example.org", "claims@example.org", "a password of its own"
SENDER = "no-reply@claims.example"


@dataclass
class Mailbox:
    """What the server took, and what it answers: ``refusals`` by the command that gets them."""

    refusals: dict[str, str] = field(default_factory=dict)
    received: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self.refusals.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]) -> str:
        if "RCPT" not in self.refusals:
            envelope.rcpt_tos.append(address)
        return self.refusals.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        assert isinstance(envelope.original_content, bytes)
        parsed = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.received.append(parsed)
        self.envelopes.append(envelope)
        self.was_encrypted.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


@dataclass(frozen=True)
class Authority:
    """A certificate authority and contexts for its servers and those who trust it."""

    ca: trustme.CA

    def server(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context

    @property
    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


class _Server(Controller):
    """``implicit`` TLS, STARTTLS, or neither."""

    def __init__(self, mailbox: Mailbox, *, implicit: ssl.SSLContext | None, starttls: ssl.SSLContext | None) -> None:
        self._starttls = starttls
        super().__init__(mailbox, hostname="127.0.0.1", port=0, ssl_context=implicit)

    def factory(self) -> SMTP:
        return SMTP(
            self.handler,
            hostname="mail.example.org",
            tls_context=self._starttls,
            authenticator=_only_us,
            auth_required=False,
            auth_require_tls=self._starttls is not None,
            enable_SMTPUTF8=False,
        )

    def _trigger_server(self) -> None:
        """The port is the server's choice and known only now; the first connection of the controller would go to port 0."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _only_us(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


@contextmanager
def mail_server(
    mailbox: Mailbox, *, implicit: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """The server's port while the block runs."""
    server = _Server(mailbox, implicit=implicit, starttls=starttls)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def to_loopback(host: str, port: int) -> list[str]:
    """A resolver for which every name is this machine."""
    return ["127.0.0.1"]


def mailer(port: int, trusting: ssl.SSLContext, *, scheme: str = "smtps", host: str = NAME, **changes: Any) -> SmtpMailer:
    """A mailer for the server on this port, by a name that leads there."""
    password: Callable[[], str] = lambda: PASSWORD  # noqa: E731
    usual: dict[str, Any] = {
        "server": MailServer.parse(f"{scheme}://{USER.replace('@', '%40')}@{host}:{port}"),
        "sender": SENDER,
        "clock": SystemClock(),
        "password": password,
        "tls": trusting,
        "resolver": to_loopback,
        "limit": timedelta(seconds=10),
    }
    return SmtpMailer(**{**usual, **changes})
