"""Where a W3C credential says that its status stands: one entry for each purpose (Bitstring Status List 1.0 §2.1).

>>> status_entry("https://issuer.example/status-lists/1", 7, StatusPurpose.REVOCATION)["id"]
'https://issuer.example/status-lists/1/revocation#7'
"""

import re
from enum import StrEnum
from typing import Final

from claim_issuers.errors import InvalidInput

ENTRY_TYPE: Final = "BitstringStatusListEntry"
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class StatusPurpose(StrEnum):
    """What a set bit means (Bitstring Status List 1.0 §2.1): a revocation is for good, a suspension may be lifted."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"


class InvalidStatusListIndex(InvalidInput):
    """The ``statusListIndex`` is not a string with a number in base 10."""

    code = "invalid_status_list_index"


def purpose_uri(list_uri: str, purpose: StatusPurpose) -> str:
    """Where the bitstring of ``purpose`` is served when the Token Status List is at ``list_uri``."""
    return f"{list_uri}/{purpose}"


def status_entry(list_uri: str, index: int, purpose: StatusPurpose) -> dict[str, str]:
    """The ``BitstringStatusListEntry`` to put into a credential's ``credentialStatus`` (§2.1); the index is a string there."""
    uri = purpose_uri(list_uri, purpose)
    return {
        "id": f"{uri}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": str(purpose),
        "statusListIndex": str(index),
        "statusListCredential": uri,
    }


def parse_index(text: object) -> int:
    """The number in a ``statusListIndex``: a string in base 10, no sign, no leading zero. Raises InvalidStatusListIndex."""
    if not isinstance(text, str) or not _INDEX.fullmatch(text):
        raise InvalidStatusListIndex("statusListIndex is a string with a number in base 10", pointer="/statusListIndex")
    return int(text)
