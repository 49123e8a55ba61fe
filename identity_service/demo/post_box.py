"""The demo's post box: the mail that the service left as files, since invented people have no other."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final

OUTBOX: Final = "outbox"
"""The directory in the data directory where the service leaves its mail unless its settings say otherwise."""

_SHOWN: Final = 30
_CODE: Final = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail as a reader sees it; ``sent_at`` is aware."""

    recipient: str
    subject: str
    text: str
    sent_at: datetime


def letters(outbox: Path) -> list[Letter]:
    """The newest thirty, the newest first."""
    files = sorted(outbox.glob("*.eml"), reverse=True)[:_SHOWN] if outbox.is_dir() else []
    return [_letter(file.read_bytes()) for file in files]


def code_for(outbox: Path, recipient: str) -> str | None:
    """The six digits in the newest mail to ``recipient``; None when there is no mail to them, or no code in it."""
    newest = next((one for one in letters(outbox) if one.recipient == recipient), None)
    found = None if newest is None else _CODE.search(newest.text)
    return None if found is None else found.group()


def _letter(content: bytes) -> Letter:
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    return Letter(
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        text="" if body is None else body.get_content(),
        sent_at=message["Date"].datetime,
    )
