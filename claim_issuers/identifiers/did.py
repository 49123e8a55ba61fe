"""Decentralized identifiers in general: what every method shares (DID Core 1.0 §3.1).

The methods: ``did_key``, ``did_jwk`` and ``did_web`` have a module each; did:pkh is ``Account.did`` and ``Account.from_did``.

>>> checked_did("did:web:issuer.example")
'did:web:issuer.example'
"""

import re
from typing import Final

from claim_issuers.errors import InvalidInput

MAX_LENGTH: Final = 2048
"""Characters of a DID; DID Core sets no bound, the databases and logs behind us do."""

# DID Core §3.1: did, method, method-specific id
_DID = re.compile(r"did:[a-z0-9]+:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})")


class MalformedDid(InvalidInput):
    """The identifier cannot be written as, or is not, a DID of this method."""

    code = "malformed_did"


def checked_did(text: str) -> str:
    """``text`` when it is a DID (DID Core §3.1) of at most 2,048 characters, of whatever method. Raises MalformedDid."""
    if not isinstance(text, str) or len(text) > MAX_LENGTH or not _DID.fullmatch(text):
        raise MalformedDid("write did:<method>:<identifier>")
    return text


def identifier_of(did: str, method: str) -> str:
    """What follows ``did:<method>:``, at most 2,048 characters in all, read no further. Raises MalformedDid."""
    prefix = f"did:{method}:"
    if not isinstance(did, str) or len(did) > MAX_LENGTH or not did.startswith(prefix):
        raise MalformedDid(f"write a did:{method}")
    return did[len(prefix) :]
