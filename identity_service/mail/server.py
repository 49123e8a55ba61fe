"""Which mail server, as the operator writes it: ``smtps://user@host:465``, or ``smtp://user@host:587`` with STARTTLS. No I/O.

>>> MailServer.parse("smtps://claims@mail.example")
MailServer(host='mail.example', port=465, user='claims', implicit_tls=True)
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from identity_service.mail.model import MailMalformed

_PORTS: Final = {"smtps": 465, "smtp": 587}  # RFC 8314 §3.3, RFC 6409 §3.1
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]{1,500}")
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where to hand mail over. ``implicit_tls`` is TLS from the first byte; otherwise STARTTLS (RFC 3207)."""

    host: str
    port: int
    user: str | None
    implicit_tls: bool

    @classmethod
    def parse(cls, url: str) -> Self:
        """The server that ``url`` names. Raises MailMalformed; a password has no place there."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        host = parts.hostname or ""
        right = _PRINTABLE.fullmatch(url) and parts.scheme in _PORTS and (_HOST.fullmatch(host) or _is_address(host)) and port != 0
        if not right or parts.password is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise MailMalformed("write smtps://user@host:465 or smtp://user@host:587, without a password", pointer="/smtp_url")
        user = unquote(parts.username) if parts.username else None
        return cls(host=host, port=port or _PORTS[parts.scheme], user=user, implicit_tls=parts.scheme == "smtps")

    @property
    def is_loopback(self) -> bool:
        """Whether the server is named as this very machine."""
        return self.host == "localhost" or (_is_address(self.host) and ip_address(self.host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
