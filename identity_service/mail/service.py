"""Which way mail goes, by the settings: to a mail server, or into files."""

from pathlib import Path
from urllib.parse import urlsplit

from claim_issuers.clock import Clock, Entropy
from identity_service.mail.model import MailAddressInvalid, Mailer, MailSenderRefused, require_address
from identity_service.mail.outbox import Outbox
from identity_service.mail.server import MailServer
from identity_service.mail.smtp import SmtpMailer
from identity_service.settings import Settings


def mailer_for(settings: Settings, *, clock: Clock, entropy: Entropy) -> Mailer:
    """The mailer of an installation. Raises MailMalformed and MailAddressInvalid for settings that name no server or sender."""
    if not settings.smtp_url:
        directory = settings.outbox or settings.data_directory / "outbox"
        return Outbox(directory=directory, sender=settings.mail_from or _own_address(settings), clock=clock, entropy=entropy)
    return SmtpMailer(
        server=MailServer.parse(settings.smtp_url),
        sender=settings.mail_from,
        clock=clock,
        password=lambda: _password(settings.smtp_password_file) if settings.smtp_password_file else settings.smtp_password,
        plain_loopback=settings.development,
    )


def _own_address(settings: Settings) -> str:
    """A sender for files that nobody has named one for."""
    try:
        return require_address(f"no-reply@{urlsplit(settings.public_url).hostname}")
    except MailAddressInvalid:
        return "no-reply@localhost"


def _password(file: Path) -> str:
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MailSenderRefused("the file with the mail server's password cannot be read") from error
