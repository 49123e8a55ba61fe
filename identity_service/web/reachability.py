"""Why a phone could not open this service's address: in words, with a code that never changes and what to do. No I/O.

What the address alone tells is known without asking anybody; the rest is judged from what a probe found (``phone_probe``).

>>> [one.code for one in advice_for("http://127.0.0.1:8080")]
['phone_loopback', 'phone_plain_http']
>>> advice_for("https://claims.example")
()
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

_LOCAL_NAMES: Final = (".local", ".lan", ".home.arpa", ".internal")  # RFC 6762, RFC 8375, and names that no public DNS has


class Found(StrEnum):
    """What a probe of the address met, the first thing that stopped it."""

    ANSWERED = "answered"
    UNRESOLVED = "unresolved"
    NO_ANSWER = "no_answer"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_OTHER_HOST = "certificate_other_host"
    NO_TLS = "no_tls"
    ANOTHER_SERVICE = "another_service"


@dataclass(frozen=True, slots=True)
class PhoneAdvice:
    """One reason why a phone would fail, and what to do about it, in English and German.

    ``always`` is False where it depends on where the phone is.
    """

    code: str
    en: str
    de: str
    remedy: str
    always: bool = True

    def said(self, language: str) -> str:
        """The reason in this language; English where we have no other."""
        return self.de if language == "de" else self.en


LOOPBACK: Final = PhoneAdvice(
    "phone_loopback",
    "This address works on this computer only. A phone cannot open it.",
    "Diese Adresse gilt nur auf diesem Computer. Ein Telefon kann sie nicht öffnen.",
    "Set public_url to an https address that leads here from the phone; the README says how under Try it with a phone.",
)
PRIVATE: Final = PhoneAdvice(
    "phone_private_address",
    "This address works only on the same network, such as the same Wi-Fi.",
    "Diese Adresse gilt nur im selben Netz, etwa im selben WLAN.",
    "Connect the phone to the same network, or set public_url to an address that is reachable from everywhere.",
    always=False,
)
PLAIN_HTTP: Final = PhoneAdvice(
    "phone_plain_http",
    "The address is http without encryption. Wallet apps open https only.",
    "Die Adresse ist unverschlüsseltes http. Wallet-Apps öffnen nur https.",
    "Set public_url to an https address: a TLS proxy in front, or tls_certificate and tls_key for a try-out.",
)
_OF_PROBE: Final[Mapping[Found, PhoneAdvice]] = MappingProxyType(
    {
        Found.UNRESOLVED: PhoneAdvice(
            "phone_host_unresolved",
            "The address's host name does not exist, or not from here.",
            "Den Namen in der Adresse gibt es nicht, jedenfalls nicht von hier aus.",
            "Check public_url for a slip of the pen, and that the name stands in the DNS.",
        ),
        Found.NO_ANSWER: PhoneAdvice(
            "phone_port_closed",
            "Nothing answers at the address's port.",
            "Am Port der Adresse antwortet nichts.",
            "Start serve, let it listen on an address that others reach (--host 0.0.0.0 for a try-out), and open the firewall.",
        ),
        Found.CERTIFICATE_UNKNOWN: PhoneAdvice(
            "phone_certificate_unknown",
            "The certificate comes from an authority that this computer does not know. A phone will not know it either.",
            "Das Zertifikat stammt von einer Stelle, die dieser Computer nicht kennt. Auch ein Telefon wird sie nicht kennen.",
            "Use a certificate of a public authority, with its intermediates, or install your own authority on the phone.",
        ),
        Found.CERTIFICATE_EXPIRED: PhoneAdvice(
            "phone_certificate_expired",
            "The certificate has expired, or is not valid yet.",
            "Das Zertifikat ist abgelaufen oder noch nicht gültig.",
            "Renew the certificate, and check this computer's clock.",
        ),
        Found.CERTIFICATE_OTHER_HOST: PhoneAdvice(
            "phone_certificate_wrong_host",
            "The certificate is for another host than the address names.",
            "Das Zertifikat gilt für einen anderen Namen, als in der Adresse steht.",
            "Get a certificate for the host of public_url, or set public_url to a host of the certificate.",
        ),
        Found.NO_TLS: PhoneAdvice(
            "phone_no_tls",
            "The address is https, but what answers there does not speak TLS.",
            "Die Adresse ist https, aber was dort antwortet, spricht kein TLS.",
            "Put a TLS proxy in front of serve, or give serve tls_certificate and tls_key.",
        ),
        Found.ANOTHER_SERVICE: PhoneAdvice(
            "phone_other_service",
            "Something answers at the address, but not this service.",
            "Unter der Adresse antwortet etwas, aber nicht dieser Dienst.",
            "Check that the proxy or tunnel leads to serve, and that public_url is its address.",
        ),
    }
)
ALL: Final = (LOOPBACK, PRIVATE, PLAIN_HTTP, *_OF_PROBE.values())
"""Every advice that there is."""


def advice_for(public_url: str, found: Found = Found.ANSWERED) -> tuple[PhoneAdvice, ...]:
    """Why a phone could not open ``public_url``, the weightiest reason first; empty when nothing speaks against it.

    Without ``found``, what the address alone tells.
    """
    parts = urlsplit(public_url)
    reach = _reach(parts.hostname or "")
    plain = PLAIN_HTTP if parts.scheme == "http" else None
    return tuple(one for one in (reach, plain, _OF_PROBE.get(found)) if one is not None)


def _reach(host: str) -> PhoneAdvice | None:
    address = _address(host)
    if address is None:
        if host == "localhost" or host.endswith(".localhost"):
            return LOOPBACK
        return PRIVATE if host.endswith(_LOCAL_NAMES) else None
    if address.is_loopback or address.is_unspecified:
        return LOOPBACK
    return PRIVATE if address.is_private or address.is_link_local else None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
