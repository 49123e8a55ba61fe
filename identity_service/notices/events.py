"""What happened to an onboarding, as stable codes: for the page of whoever was invited, and for whoever invited.

The subject is the id of an invitation, an application or an offer. Codes and steps say nothing personal: they are checked to be
single words of ours, so that no caller can put an address or a message there by mistake.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import InvalidInput
from identity_service.notices.tables import OnboardingEventRow
from identity_service.storage import new_id

MOST_KEPT: Final = 50
_BATCH: Final = 500
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")
_LONGEST: Final = {"subject": 64, "step": 32, "code": 64}


class OnboardingEventInvalid(InvalidInput):
    """An onboarding event has an id of ours, a step and a code, each one word in lower case."""

    code = "onboarding_event_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingEvent:
    """At this instant this step of an onboarding ended in this code."""

    id: str
    subject: str
    step: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingEvents:
    """Remembers the last fifty events of each subject. Methods take a Session first and never commit."""

    clock: Clock
    entropy: Entropy

    def record(self, session: Session, *, subject: str, step: str, code: str) -> None:
        """Remember an event, and forget what is older than the newest fifty of the subject.

        What a step of the subject said last, it does not say again: nobody pushes the others out by repeating it.
        A refusal rolls back the transaction in which it came about: record it in one of its own. Raises OnboardingEventInvalid.
        """
        for name, word in (("subject", subject), ("step", step), ("code", code)):
            if len(word) > _LONGEST[name] or not _WORD.fullmatch(word):
                raise OnboardingEventInvalid("an event holds an id, a step and a code, and nothing else", pointer=f"/{name}")
        of_step = _newest([subject]).with_only_columns(OnboardingEventRow.code).where(OnboardingEventRow.step == step)
        if session.scalar(of_step.limit(1)) == code:
            return
        row = OnboardingEventRow(id=new_id("oev", self.entropy), subject=subject, step=step, code=code, at=self.clock.now())
        session.add(row)
        session.flush()
        surplus = _newest([subject]).with_only_columns(OnboardingEventRow.id).offset(MOST_KEPT)
        old = list(session.scalars(surplus))
        if old:
            session.execute(delete(OnboardingEventRow).where(OnboardingEventRow.id.in_(old)))

    def of(self, session: Session, subject: str, limit: int = MOST_KEPT) -> list[OnboardingEvent]:
        """What happened to a subject, newest first."""
        return self.of_all(session, [subject], limit)

    def of_all(self, session: Session, subjects: Sequence[str], limit: int = MOST_KEPT) -> list[OnboardingEvent]:
        """What happened to any of these subjects, newest first."""
        return [
            OnboardingEvent(id=row.id, subject=row.subject, step=row.step, code=row.code, at=row.at)
            for row in session.scalars(_newest(subjects).limit(limit))
        ]

    def latest(self, session: Session, subjects: Sequence[str]) -> dict[str, OnboardingEvent]:
        """The newest event of each of these subjects that has any, by subject."""
        at, key = OnboardingEventRow.at, OnboardingEventRow.id
        rank = func.row_number().over(partition_by=OnboardingEventRow.subject, order_by=(at.desc(), key.desc())).label("place")
        found: dict[str, OnboardingEvent] = {}
        for start in range(0, len(subjects), _BATCH):
            some = OnboardingEventRow.subject.in_(subjects[start : start + _BATCH])
            ranked = select(OnboardingEventRow.id, rank).where(some).subquery()
            newest = select(OnboardingEventRow).join(ranked, ranked.c.id == OnboardingEventRow.id).where(ranked.c.place == 1)
            found |= {
                row.subject: OnboardingEvent(id=row.id, subject=row.subject, step=row.step, code=row.code, at=row.at)
                for row in session.scalars(newest)
            }
        return found


def _newest(subjects: Sequence[str]) -> Any:
    by_time = OnboardingEventRow.at.desc(), OnboardingEventRow.id.desc()
    return select(OnboardingEventRow).where(OnboardingEventRow.subject.in_(subjects)).order_by(*by_time)
