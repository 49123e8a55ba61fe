"""Knocks at our own public address as a phone would: resolve, connect, TLS with this system's trust, ask whether it is us.

For the operator's ``doctor`` alone. It goes to ``public_url`` of the settings and nowhere else, sends one request without anything
of anybody in it, follows nothing, and reads a few bytes.
"""

import http.client
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from identity_service.web.reachability import Found

_SECONDS: Final = 5.0
_EXPIRED, _NOT_YET_VALID, _HOST_MISMATCH, _ADDRESS_MISMATCH = 10, 9, 62, 64  # X509_V_ERR_* of OpenSSL
_FAULTS: Final = {
    _EXPIRED: Found.CERTIFICATE_EXPIRED,
    _NOT_YET_VALID: Found.CERTIFICATE_EXPIRED,
    _HOST_MISMATCH: Found.CERTIFICATE_OTHER_HOST,
    _ADDRESS_MISMATCH: Found.CERTIFICATE_OTHER_HOST,
}
_ASKED: Final = "/livez"


def probe(public_url: str, *, tls: ssl.SSLContext | None = None) -> Found:
    """What stops a caller from here, if anything. ``tls`` replaces the system's trust; no step takes longer than five seconds."""
    parts = urlsplit(public_url)
    host, port = parts.hostname or "", parts.port
    try:
        socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Found.UNRESOLVED
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=tls or ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.connect()
        return _asked(connection, parts.path + _ASKED)
    except ssl.SSLCertVerificationError as error:
        return _FAULTS.get(error.verify_code, Found.CERTIFICATE_UNKNOWN)
    except ssl.SSLError:
        return Found.NO_TLS
    except OSError:
        return Found.NO_ANSWER
    finally:
        connection.close()


def _asked(connection: http.client.HTTPConnection, path: str) -> Found:
    """Whether what answers is this service: its health answers without a key, in a form of its own."""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        ours = answer.status == http.client.OK and answer.read(200).strip().startswith(b'{"status"')
    except http.client.HTTPException:
        return Found.ANOTHER_SERVICE
    return Found.ANSWERED if ours else Found.ANOTHER_SERVICE
