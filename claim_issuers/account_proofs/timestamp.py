"""An RFC 3339 timestamp that keeps its text, because the text is what was signed.

>>> Timestamp.parse("2026-11-22T12:00:00.500+01:00").instant.isoformat()
'2026-11-22T11:00:00.500000+00:00'
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from claim_issuers.account_proofs.errors import MalformedSiweMessage
from claim_issuers.clock import aware

_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The text as signed, and the instant it means; fractions below a microsecond are cut off.

    Raises MalformedSiweMessage, also where the two do not agree: what was signed is the text, what is compared the instant.
    """

    text: str
    instant: datetime

    def __post_init__(self) -> None:
        if self.instant != _instant_of(self.text):
            raise MalformedSiweMessage("the text means another instant")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an RFC 3339 date-time with upper-case T and Z. Raises MalformedSiweMessage."""
        return cls(text, _instant_of(text))

    @classmethod
    def of(cls, instant: datetime) -> Self:
        """The timestamp of an aware instant, rounded down to whole seconds. Raises NaiveInstant."""
        whole = aware(instant).replace(microsecond=0)
        return cls(whole.isoformat().replace("+00:00", "Z"), whole)

    def __str__(self) -> str:
        return self.text


def _instant_of(text: str) -> datetime:
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise MalformedSiweMessage("write instants as RFC 3339")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise MalformedSiweMessage("there is no such instant") from fault
