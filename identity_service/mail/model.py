"""A message as a value that cannot become two, and its form on the wire (RFC 5322). No I/O.

>>> Message(id="ntc_x", recipient="anna@example.org", subject="Your code", text="It is 123456.").recipient
'anna@example.org'
>>> Message(id="ntc_x", recipient="anna@example.org\\r\\nBcc: x@example.org", subject="Your code", text="…")
Traceback (most recent call last):
identity_service.mail.model.MailAddressInvalid: mail goes to one plain address: name@host, in ASCII
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Protocol

from claim_issuers.errors import InvalidInput, Refused, Unavailable

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# RFC 5321 §4.1.2 without quoted local parts and address literals; §4.5.3.1 bounds the lengths. No host's last label is a number.
_ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z)(?!.*[@.][0-9]+\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TEXT: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_LONGEST_SUBJECT: Final = 200
_LONGEST_TEXT: Final = 20_000


class MailAddressInvalid(InvalidInput):
    """This is no address that mail is sent to: one plain ``name@host`` in ASCII."""

    code = "mail_address_invalid"


class MailMalformed(InvalidInput):
    """A subject is one line and a text has no control characters; both have a longest length."""

    code = "mail_malformed"


class MailUnavailable(Unavailable):
    """The mail server or the outbox does not take mail now."""

    code = "mail_unavailable"


class MailServerUntrusted(MailUnavailable):
    """The mail server offers no TLS, or its certificate is not good for its name."""

    code = "mail_server_untrusted"


class MailSenderRefused(MailUnavailable):
    """The mail server does not accept our user, password or sender address."""

    code = "mail_sender_refused"


class MailRefused(Refused):
    """The mail server will never deliver this message: the address does not exist, or the content is refused."""

    code = "mail_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient. ``id`` stays the same when it is sent again, so that a reader's mailbox can tell.

    Raises MailAddressInvalid, MailMalformed; neither repeats what was given.
    """

    id: str
    recipient: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        require_address(self.recipient)
        if not _ID.fullmatch(self.id):
            raise MailMalformed("a message id is 1 to 64 letters, digits, dots, hyphens and underscores", pointer="/id")
        if not self.subject.strip() or len(self.subject) > _LONGEST_SUBJECT or _CONTROL.search(self.subject):
            raise MailMalformed(f"a subject is one line of at most {_LONGEST_SUBJECT} characters", pointer="/subject")
        if len(self.text) > _LONGEST_TEXT or _CONTROL_IN_TEXT.search(self.text):
            raise MailMalformed(f"a text has at most {_LONGEST_TEXT} characters and no control characters", pointer="/text")


class Mailer(Protocol):
    """Where messages go."""

    def send(self, message: Message) -> None:
        """Hand the message over, at least once. Raises MailRefused for ever, MailUnavailable or a kind of it for now."""
        ...

    def examine(self) -> str:
        """One sentence that says where mail goes, after trying it as far as that goes without sending. Raises MailUnavailable."""
        ...


def require_address(address: str) -> str:
    """``address`` when mail can be sent there. Raises MailAddressInvalid."""
    if not _ADDRESS.fullmatch(address):
        raise MailAddressInvalid("mail goes to one plain address: name@host, in ASCII")
    return address


def rendered(message: Message, *, sender: str, at: datetime) -> bytes:
    """The message as it travels (RFC 5322), in CRLF lines of ASCII; ``Auto-Submitted`` keeps absence notes away (RFC 3834)."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = require_address(sender)
    mail["To"] = message.recipient
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, cte="quoted-printable")
    return mail.as_bytes()
