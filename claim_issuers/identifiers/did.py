"""Decentralized identifiers: did:key for Ed25519, did:web for organisations (did:pkh is ``Account.did``).

>>> did_web("issuer.example:8443/claims")
'did:web:issuer.example%3A8443:claims'
>>> did_key(bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"))
'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'
"""

import re

from claim_issuers.errors import InvalidInput

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# multicodec 0xed (ed25519-pub) as a varint
_ED25519_PREFIX = b"\xed\x01"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WEB = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?(?P<path>(?:/[A-Za-z0-9._-]+)*)")
# DID Core §3.1: did, method, method-specific id
_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})")


class MalformedDid(InvalidInput):
    """The identifier cannot be written as, or is not, a DID of this method."""

    code = "malformed_did"


def did_key(ed25519_public_key: bytes) -> str:
    """The did:key of a 32-byte Ed25519 public key. Raises MalformedDid."""
    if len(ed25519_public_key) != 32:
        raise MalformedDid("an Ed25519 public key has 32 bytes")
    return "did:key:z" + _base58(_ED25519_PREFIX + ed25519_public_key)


def did_web(host_and_path: str) -> str:
    """The did:web of ``host[:port][/path…]``, host in lower case, no scheme, no trailing slash. Raises MalformedDid."""
    match = _WEB.fullmatch(host_and_path)
    if not match or {".", ".."} & set(match["path"].split("/")):
        raise MalformedDid("write host[:port][/path] in lower case, without scheme or trailing slash")
    port = f"%3A{match['port']}" if match["port"] else ""
    return f"did:web:{match['host']}{port}{match['path'].replace('/', ':')}"


def checked_did(text: str) -> str:
    """``text`` when it is a DID (DID Core §3.1) of at most 2,048 characters. Raises MalformedDid."""
    if len(text) > 2048 or not _DID.fullmatch(text):
        raise MalformedDid("write did:<method>:<identifier>")
    return text


def _base58(value: bytes) -> str:
    number, digits = int.from_bytes(value, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(value) - len(value.lstrip(b"\0"))) + digits
