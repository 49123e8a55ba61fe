"""One spelling a DID: who counts organisations must not count a second spelling as a second organisation.

>>> canonical_did("did:web:bank.example")
'did:web:bank.example'
>>> canonical_did("did:web:Bank.example")
Traceback (most recent call last):
claim_issuers.identifiers.did.MalformedDid: write host[:port][/path] in lower case, without scheme or trailing slash
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.did import MAX_LENGTH, MalformedDid, checked_did
from claim_issuers.identifiers.did_jwk import did_jwk, public_key_of_did_jwk
from claim_issuers.identifiers.did_key import did_key, public_key_of_did_key
from claim_issuers.identifiers.did_web import did_of_document_url, document_url

# A mesh names some hundreds of organisations; at 2,048 characters each these are two megabytes.
_REMEMBERED: Final = 1024


def canonical_did(text: str) -> str:
    """``text`` when it is a DID in the one spelling that its method has here; DIDs are compared as texts (DID Core §3.1).

    did:web by the rules of ``did_web`` (lower case, no percent signs but before a port, no port 443, no trailing dot), did:pkh
    with its EIP-55 checksum, did:key and did:jwk as ``did_key`` and ``did_jwk`` write the same key. Of another method only the
    syntax is asked. One organisation may still hold several DIDs: whoever accredits it names one of them.

    Raises MalformedDid, and nothing else whatever is handed in.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise MalformedDid("write did:<method>:<identifier>")
    return _canonical(text)


@lru_cache(maxsize=_REMEMBERED)
def _canonical(text: str) -> str:
    rewrite = _SPELLINGS.get(checked_did(text).split(":", 2)[1])
    if rewrite is None:
        return text
    try:
        spelt = rewrite(text)
    except MalformedDid:
        raise
    except InvalidInput as fault:
        raise MalformedDid(fault.detail) from fault
    if spelt != text:
        raise MalformedDid("write the DID in the one spelling that its method has here")
    return text


def _web(did: str) -> str:
    return did_of_document_url(document_url(did))


def _pkh(did: str) -> str:
    return Account.from_did(did).did


def _key(did: str) -> str:
    return did_key(public_key_of_did_key(did))


def _jwk(did: str) -> str:
    return did_jwk(public_key_of_did_jwk(did).jwk())


_SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {"web": _web, "pkh": _pkh, "key": _key, "jwk": _jwk}
