"""did:web: an organisation by its host, and the addresses that go with it (did:web method).

Three forms of one name, each readable back into the others: the DID, the address of its document, and the https URL that stands
as ``iss`` in an SD-JWT VC. Fetching is left to the caller.

>>> did = did_web("issuer.example:8443/claims")
>>> did
'did:web:issuer.example%3A8443:claims'
>>> document_url(did)
'https://issuer.example:8443/claims/did.json'
>>> issuer_url(did)
'https://issuer.example:8443/claims'
>>> did_of_issuer(issuer_url(did)) == did
True
"""

import re
from ipaddress import IPv4Address
from typing import Final

from claim_issuers.identifiers.did import MAX_LENGTH, MalformedDid, checked_did, identifier_of

# RFC 1123 §2.1, in lower case: DNS ignores case and a DID does not, so one spelling is allowed
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = rf"(?P<host>{_LABEL}(?:\.{_LABEL})*)"
_PORT: Final = r"(?P<port>[1-9][0-9]{0,4})"
# Of RFC 3986 §3.3 what a DID may hold unescaped: percent signs would give one path several spellings
_SEGMENT: Final = r"[A-Za-z0-9._-]+"
_PLACE = re.compile(rf"{_HOST}(?::{_PORT})?(?P<path>(?:/{_SEGMENT})*)")
_IDENTIFIER = re.compile(rf"{_HOST}(?:%3A{_PORT})?(?P<path>(?::{_SEGMENT})*)")
_DOT_SEGMENT = re.compile(r"[/:]\.\.?(?:[/:]|\Z)")

_HTTPS: Final = "https://"
_DEFAULT_PORT: Final = 443
_WELL_KNOWN: Final = "/.well-known"
_DOCUMENT: Final = "/did.json"
# RFC 1035 §2.3.4: the 255 octets on the wire are 253 characters
_LONGEST_HOST: Final = 253


def did_web(place: str) -> str:
    """The did:web of ``host[:port][/path…]``.

    Raises MalformedDid for a scheme, user information, a query, a fragment, a trailing or double slash, ``.`` and ``..``, upper
    case in the host, port 443, percent signs, more than 2,048 characters, and the path ``/.well-known``, whose document would be
    the host's own.
    """
    match = _PLACE.fullmatch(place) if isinstance(place, str) and len(place) <= MAX_LENGTH else None
    host, port, path = _checked(match)
    port = f"%3A{port}" if port else ""
    did = f"did:web:{host}{port}{path.replace('/', ':')}"
    if len(did) > MAX_LENGTH:
        raise MalformedDid(f"a DID has at most {MAX_LENGTH} characters")
    return did


def document_url(did: str) -> str:
    """The https URL of a did:web's document (did:web method, "Read"). Raises MalformedDid."""
    place = _place(did)
    return f"{_HTTPS}{place}{_DOCUMENT if '/' in place else _WELL_KNOWN + _DOCUMENT}"


def did_of_document_url(url: str) -> str:
    """The did:web whose document lies at ``url``: the inverse of ``document_url``. Raises MalformedDid."""
    place = _without_scheme(url)
    if not place.endswith(_DOCUMENT):
        raise MalformedDid("the document of a did:web is called did.json")
    place = place.removesuffix(_DOCUMENT)
    if place.endswith(_WELL_KNOWN) and place.count("/") == 1:
        return did_web(place.removesuffix(_WELL_KNOWN))
    if "/" not in place:
        raise MalformedDid("the document of a host lies at /.well-known/did.json")
    return did_web(place)


def issuer_url(did: str) -> str:
    """``did`` as the ``iss`` of an SD-JWT VC: the https URL of a did:web, and a DID of another method as it is.

    No two DIDs share an ``iss``. Raises MalformedDid.
    """
    is_web = isinstance(did, str) and did.startswith("did:web:")
    return _HTTPS + _place(did) if is_web else checked_did(did)


def did_of_issuer(iss: str) -> str:
    """The DID that an ``iss`` names: the inverse of ``issuer_url``.

    Raises MalformedDid for a URL that is no did:web place (see ``did_web``), any other scheme, and a did:web, because its one
    ``iss`` is the https URL.
    """
    if isinstance(iss, str) and iss.startswith("did:"):
        if iss.startswith("did:web:"):
            raise MalformedDid("name the issuer of a did:web by its https URL")
        return checked_did(iss)
    return did_web(_without_scheme(iss))


def _place(did: str) -> str:
    """``host[:port][/path…]`` of a did:web."""
    host, port, path = _checked(_IDENTIFIER.fullmatch(identifier_of(did, "web")))
    port = f":{port}" if port else ""
    return f"{host}{port}{path.replace(':', '/')}"


def _without_scheme(url: str) -> str:
    if not isinstance(url, str) or not url.startswith(_HTTPS):
        raise MalformedDid("write an https URL")
    return url[len(_HTTPS) :]


def _checked(match: re.Match[str] | None) -> tuple[str, str, str]:
    """Host, port or nothing, and path, after the rules that the two patterns cannot hold."""
    if not match:
        raise MalformedDid("write host[:port][/path] in lower case, without scheme or trailing slash")
    host, port, path = match["host"], match["port"] or "", match["path"]
    _check_host(host)
    if port and (int(port) == _DEFAULT_PORT or int(port) > 65535):
        raise MalformedDid("leave port 443 out; a port is at most 65535")
    if _DOT_SEGMENT.search(path) or path[1:] == ".well-known":
        raise MalformedDid("the path may not hold . or .., nor be .well-known")
    return host, port, path


def _check_host(host: str) -> None:
    """Refuse what a resolver would read as an IPv4 address under a second spelling (``127.1``, ``0x7f.1``).

    A plain IPv4 address passes, for development on one machine; whoever fetches decides which addresses may be asked.
    """
    if len(host) > _LONGEST_HOST:
        raise MalformedDid("a host name has at most 253 characters")
    last = host.rpartition(".")[2]
    if not last.isdigit() and not last.startswith("0x"):
        return
    try:
        IPv4Address(host)
    except ValueError as fault:
        raise MalformedDid("the host is neither a name nor a plain IPv4 address") from fault
