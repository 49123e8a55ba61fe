"""Notices as values: what is told, how far it is, and when a claim's end is worth a mail. No I/O.

>>> from datetime import UTC, datetime, timedelta
>>> now = datetime(2026, 1, 1, tzinfo=UTC)
>>> [(days, due.date().isoformat()) for days, due in reminders(now + timedelta(days=20), now)]
[(3, '2026-01-18')]
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from claim_issuers.errors import Conflict, InvalidInput

SEND_NOTICE_JOB: Final = "send_notice"
ANNOUNCE_READINGS_JOB: Final = "announce_readings"
REMINDER_DAYS: Final = (30, 3)
READINGS_PAUSE: Final = timedelta(days=1)
MOVES_PAUSE: Final = timedelta(hours=1)
"""Between mails about moves that were opened: anybody may open one, and must not fill a mailbox by it."""
MOST_TX_CODES: Final = 5
"""Mails with a code for one offer: whoever is not the addressee must not fill a mailbox."""
CODES_TO_AN_ADDRESS: Final = ((timedelta(hours=1), 6), (timedelta(days=1), 20))
"""Mails with a code to one address, whoever named it, in each span of time: an applicant can name anybody's."""


class NoticeLimitReached(Conflict):
    """As many mails went out for this as are sent for one thing."""

    code = "notice_limit_reached"


class AddressLimitReached(Conflict):
    """As many mails with codes went to this address as one gets in an hour or a day, whoever asked for them."""

    code = "address_limit_reached"


class NoticeInvalid(InvalidInput):
    """A notice is of a known kind, about one reference, in a language that we write."""

    code = "notice_invalid"


class NoticeKind(StrEnum):
    """What a person is told."""

    TX_CODE = "tx_code"
    CLAIM_EXPIRING = "claim_expiring"
    DATA_READ = "data_read"
    MOVE_OPENED = "move_opened"
    MOVE_CONFIRMED = "move_confirmed"


class NoticeState(StrEnum):
    """How far a notice is: not sent when its reason fell away, failed when the mail server will never take it."""

    REQUESTED = "requested"
    SENT = "sent"
    NOT_SENT = "not_sent"
    FAILED = "failed"


class Language(StrEnum):
    """What we write mail in."""

    EN = "en"
    DE = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice to one party. ``reference`` is what it is about: an offer, a claim, a disclosure.

    ``language`` is None for the one in which the party was last written to. ``reason`` says why it was not sent.
    """

    id: str
    party_id: str
    kind: NoticeKind
    reference: str
    language: Language | None
    state: NoticeState
    reason: str | None
    requested_at: datetime
    due_at: datetime
    sent_at: datetime | None


def reminders(valid_until: datetime, instant: datetime) -> Iterator[tuple[int, datetime]]:
    """How many days before its end, and when, the holder of a claim is reminded, as far as that lies ahead of ``instant``."""
    for days in REMINDER_DAYS:
        due = valid_until - timedelta(days=days)
        if due > instant:
            yield days, due
