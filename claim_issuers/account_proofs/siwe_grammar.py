"""The grammar of EIP-4361, one pattern a part; the parts' own grammars are those of RFC 3986 and RFC 3339.

>>> checked("nonce", "K7vQ2mX9aB")
'K7vQ2mX9aB'
"""

import re

from claim_issuers.account_proofs.errors import MalformedSiweMessage

MAX_LENGTH = 4096

_HOST = r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
# RFC 3986: pct-encoded, unreserved, reserved
_URI_CHARACTER = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_PARTS = {
    "scheme": r"[A-Za-z][A-Za-z0-9+.-]{0,31}",
    # an authority: no scheme, no user information, no path
    "domain": _HOST + r"(?::[0-9]{1,5})?",
    "statement": r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;= -]+",
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]{{0,31}}:{_URI_CHARACTER}+",
    "chain_id": r"0|[1-9][0-9]{0,31}",
    "nonce": r"[A-Za-z0-9]{8,128}",
    "request_id": rf"{_PCHAR}*",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _PARTS.items()}
_LINE = r"[^\n]+"

# Parts are cut out by their lines here and checked by their own patterns when the message is built.
MESSAGE = re.compile(
    rf"(?:(?P<scheme>[^\n:]+)://)?(?P<domain>[^\n ]+) wants you to sign in with your Ethereum account:\n"
    rf"(?P<address>0x[0-9A-Fa-f]{{40}})\n"
    rf"\n"
    rf"(?:(?P<statement>{_LINE})\n)?"
    rf"\n"
    rf"URI: (?P<uri>{_LINE})\n"
    rf"Version: 1\n"
    rf"Chain ID: (?P<chain_id>0|[1-9][0-9]{{0,31}})\n"
    rf"Nonce: (?P<nonce>{_LINE})\n"
    rf"Issued At: (?P<issued_at>{_LINE})"
    rf"(?:\nExpiration Time: (?P<expiration_time>{_LINE}))?"
    rf"(?:\nNot Before: (?P<not_before>{_LINE}))?"
    rf"(?:\nRequest ID: (?P<request_id>[^\n]*))?"
    rf"(?:\nResources:(?P<resources>(?:\n- {_LINE})*))?"
)


def checked(part: str, text: str) -> str:
    """``text`` when the grammar allows it for ``part``. Raises MalformedSiweMessage with a pointer to the part."""
    if not isinstance(text, str) or not _PATTERNS[part].fullmatch(text):
        raise MalformedSiweMessage(f"{part} does not follow EIP-4361", pointer=f"/{part}")
    return text


def resources_of(block: str | None) -> tuple[str, ...] | None:
    """The resources under a ``Resources:`` line: None without that line, empty when nothing follows it."""
    if block is None:
        return None
    return tuple(line.removeprefix("- ") for line in block.split("\n")[1:])
