"""Mail over SMTP, against a real server: TLS or nothing, and each refusal by its kind."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import trustme

from identity_service.mail.model import MailRefused, MailSenderRefused, MailServerUntrusted, MailUnavailable, Message
from identity_service.mail.server import MailServer
from tests.mail.mail_server import NAME, SENDER, Authority, Mailbox, mail_server, mailer

MESSAGE = Message(id="ntc_a", recipient="anna@example.org", subject="Ihr Code – jetzt", text="Er lautet 123456.\n")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())


@pytest.fixture(scope="module")
def certified(authority: Authority) -> ssl.SSLContext:
    return authority.server(NAME)


def test_a_message_arrives_over_implicit_tls(authority: Authority, certified: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, implicit=certified) as port:
        way = mailer(port, authority.trusting)
        way.send(MESSAGE)
        assert way.examine() == f"{NAME}:{port} takes mail from {SENDER} (TLS)"
    (received,), (envelope,) = mailbox.received, mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos, mailbox.was_encrypted) == (SENDER, ["anna@example.org"], [True])
    assert (received["Subject"], received.get_content()) == ("Ihr Code – jetzt", "Er lautet 123456.\r\n")


def test_a_message_arrives_after_starttls(authority: Authority, certified: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, starttls=certified) as port:
        mailer(port, authority.trusting, scheme="smtp").send(MESSAGE)
    assert mailbox.was_encrypted == [True]


def test_a_server_without_tls_gets_nothing_but_on_this_machine_under_the_switch(authority: Authority) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        way = mailer(port, authority.trusting, scheme="smtp", host="localhost")
        with pytest.raises(MailServerUntrusted):
            way.send(MESSAGE)
        assert mailbox.received == []
        switched = mailer(port, authority.trusting, scheme="smtp", host="localhost", plain_loopback=True)
        switched.send(MESSAGE)
        assert switched.examine().endswith("(no TLS, on this machine)")
    assert mailbox.was_encrypted == [False]


def test_a_certificate_of_another_name_or_authority_gets_nothing(authority: Authority, certified: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, implicit=certified) as implicit, mail_server(mailbox, starttls=certified) as starttls:
        for port, scheme in ((implicit, "smtps"), (starttls, "smtp")):
            for way in (
                mailer(port, authority.trusting, scheme=scheme, host="other.example.org"),
                mailer(port, Authority(trustme.CA()).trusting, scheme=scheme),
                # Under the switch too: a server that offers TLS must be the right one.
                mailer(port, Authority(trustme.CA()).trusting, scheme=scheme, plain_loopback=True),
            ):
                with pytest.raises(MailServerUntrusted):
                    way.send(MESSAGE)
    assert mailbox.received == []


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        ("RCPT", "550 5.1.1 anna@example.org unknown", MailRefused),
        ("RCPT", "451 4.7.1 greylisted", MailUnavailable),
        ("DATA", "554 5.7.1 spam", MailRefused),
        ("DATA", "452 4.3.1 no room", MailUnavailable),
        ("MAIL", "553 5.7.1 not yours", MailSenderRefused),
    ],
)
def test_a_refusal_is_for_ever_or_for_now_and_repeats_no_address(
    authority: Authority, certified: ssl.SSLContext, command: str, answer: str, expected: type[Exception]
) -> None:
    with mail_server(Mailbox(refusals={command: answer}), implicit=certified) as port, pytest.raises(expected) as caught:
        mailer(port, authority.trusting).send(MESSAGE)
    assert type(caught.value) is expected
    assert "anna" not in str(caught.value) + repr(getattr(caught.value, "data", ""))


def test_a_wrong_password_is_the_operators_to_mend(authority: Authority, certified: ssl.SSLContext) -> None:
    with mail_server(Mailbox(), implicit=certified) as port:
        way = mailer(port, authority.trusting, password=lambda: "wrong")
        for act in (way.examine, lambda: way.send(MESSAGE)):
            with pytest.raises(MailSenderRefused):
                act()


@contextmanager
def silent() -> Iterator[int]:
    """Something that takes connections, and says a byte now and then."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        ended.set()
        thread.join()


def test_a_server_that_trickles_is_left_after_the_limit(authority: Authority) -> None:
    with silent() as port, pytest.raises(MailUnavailable):
        mailer(port, authority.trusting, scheme="smtp", limit=timedelta(milliseconds=400)).send(MESSAGE)


def _nowhere(host: str, port: int) -> list[str]:
    raise OSError("no such host")


@pytest.mark.parametrize(
    "resolver",
    [_nowhere, lambda host, port: [], lambda host, port: ["169.254.169.254"], lambda host, port: ["127.0.0.1", "fe80::1%lo"]],
    ids=["unknown", "empty", "link-local", "among-others"],
)
def test_a_name_that_leads_nowhere_or_where_no_mail_server_is_gets_no_connection(authority: Authority, resolver: Any) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as port, pytest.raises(MailUnavailable):
        mailer(port, authority.trusting, scheme="smtp", plain_loopback=True, resolver=resolver).send(MESSAGE)
    assert mailbox.received == []


def test_nobody_at_the_port_is_waited_for(authority: Authority) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(MailUnavailable):
        mailer(port, authority.trusting).send(MESSAGE)
    assert MailServer.parse("smtp://localhost").is_loopback
    assert not MailServer.parse("smtp://mail.example").is_loopback
