"""Notices: asked for in the transaction of what they tell, sent by a job, seen by the person they are for.

Each method takes a Session first and never commits. What a mail says is put together when it is sent (``sending``), so that
nothing of it waits in the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.jobs.service import Jobs
from identity_service.notices.model import (
    ANNOUNCE_READINGS_JOB,
    CODES_TO_AN_ADDRESS,
    MOST_TX_CODES,
    MOVES_PAUSE,
    READINGS_PAUSE,
    SEND_NOTICE_JOB,
    AddressLimitReached,
    Language,
    Notice,
    NoticeInvalid,
    NoticeKind,
    NoticeLimitReached,
    NoticeState,
    reminders,
)
from identity_service.notices.tables import NoticeRow
from identity_service.parties.service import Parties
from identity_service.storage import insert_if_absent, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Asks for mails and remembers what became of them."""

    clock: Clock
    entropy: Entropy
    parties: Parties
    jobs: Jobs

    def can_reach(self, session: Session, party_id: str) -> bool:
        """Whether the party gave an email address."""
        return party_id in self.parties.reachable(session, [party_id])

    def request(self, session: Session, *, party_id: str, kind: str, reference: str, language: str = "en") -> str:
        """Ask for a mail now; the id of the job that sends it, which is the earlier one while that has not been sent.

        Raises NoticeInvalid for an unknown kind or language, NoticeLimitReached after five codes for one offer,
        AddressLimitReached after six codes to one address in an hour or twenty in a day, whichever parties asked.
        """
        try:
            wanted, written = NoticeKind(kind), Language(language)
        except ValueError as error:
            raise NoticeInvalid("choose a kind and a language that there is") from error
        if wanted is NoticeKind.TX_CODE and self._count(session, wanted, reference) >= MOST_TX_CODES:
            raise NoticeLimitReached("no further code is sent for this offer: ask for a new offer")
        once = f"{wanted}:{party_id}" if wanted is NoticeKind.DATA_READ else f"{wanted}:{reference}"
        address = self._counted_address(session, party_id, once) if wanted is NoticeKind.TX_CODE else None
        now = self.clock.now()
        return self._ask(session, party_id, wanted, reference, once=once, language=written, due_at=now, address_hash=address)

    def claim_issued(self, session: Session, *, claim_id: str, party_id: str, valid_until: datetime) -> None:
        """Plan the mails before a claim's end, for a party that can be reached; whether it still stands is looked up then."""
        if not self.can_reach(session, party_id):
            return
        for days, due_at in reminders(valid_until, self.clock.now()):
            once = f"{NoticeKind.CLAIM_EXPIRING}:{claim_id}:{days}"
            self._ask(session, party_id, NoticeKind.CLAIM_EXPIRING, claim_id, once=once, language=None, due_at=due_at)

    def data_read(self, session: Session, *, party_id: str, reference: str) -> None:
        """Tell a party that its data were read: now, or a day after the last such mail; never twice before that."""
        self._after_a_pause(session, party_id, NoticeKind.DATA_READ, reference, READINGS_PAUSE)

    def move_opened(self, session: Session, *, party_id: str, move_id: str) -> None:
        """Tell a party that an account of its was reported lost: now, or an hour after the last such mail."""
        if self.can_reach(session, party_id):
            self._after_a_pause(session, party_id, NoticeKind.MOVE_OPENED, move_id, MOVES_PAUSE)

    def move_confirmed(self, session: Session, *, party_id: str, move_id: str) -> None:
        """Tell a party, at once, that another account took the place of one of its own."""
        if self.can_reach(session, party_id):
            kind, now = NoticeKind.MOVE_CONFIRMED, self.clock.now()
            self._ask(session, party_id, kind, move_id, once=f"{kind}:{move_id}", language=None, due_at=now)

    def _after_a_pause(self, session: Session, party_id: str, kind: NoticeKind, reference: str, pause: timedelta) -> None:
        last = session.scalar(select(func.max(NoticeRow.sent_at)).where(NoticeRow.party_id == party_id, NoticeRow.kind == kind))
        now = self.clock.now()
        due_at = now if last is None else max(now, last + pause)
        self._ask(session, party_id, kind, reference, once=f"{kind}:{party_id}", language=None, due_at=due_at)

    def notice(self, session: Session, notice_id: str) -> Notice:
        """One notice, for the job that sends it."""
        return notice_value(session.get_one(NoticeRow, notice_id))

    def of_party(self, session: Session, party_id: str, *, after: str = "", limit: int = 50) -> list[Notice]:
        """What a party was or will be told, newest first; ``after`` is the id of the last one on the page before."""
        query = select(NoticeRow).where(NoticeRow.party_id == party_id)
        if after:
            anchor = session.get(NoticeRow, after)
            if anchor is None or anchor.party_id != party_id:
                return []
            at, key = NoticeRow.requested_at, NoticeRow.id
            query = query.where(or_(at < anchor.requested_at, and_(at == anchor.requested_at, key < anchor.id)))
        newest = query.order_by(NoticeRow.requested_at.desc(), NoticeRow.id.desc()).limit(limit)
        return [notice_value(row) for row in session.scalars(newest)]

    def language_of(self, session: Session, notice: Notice) -> Language:
        """The notice's language, or the one in which the party last chose to be written to, or English."""
        if notice.language is not None:
            return notice.language
        chosen = select(NoticeRow.language).where(NoticeRow.party_id == notice.party_id, NoticeRow.language.is_not(None))
        last = session.scalar(chosen.order_by(NoticeRow.requested_at.desc(), NoticeRow.id.desc()).limit(1))
        return Language.EN if last is None else Language(last)

    def settle(self, session: Session, notice_id: str, state: NoticeState, *, reason: str | None = None) -> bool:
        """Note what became of a notice; False, and nothing changed, when that was noted before."""
        row = session.get_one(NoticeRow, notice_id, with_for_update=True)
        if row.state != NoticeState.REQUESTED:
            return False
        row.state, row.reason = state.value, reason
        row.sent_at = self.clock.now() if state is NoticeState.SENT else None
        if row.kind != NoticeKind.CLAIM_EXPIRING:
            row.once = None  # the next one is news again
        session.flush()
        return True

    def held_up(self, session: Session, notice_id: str, reason: str) -> bool:
        """Note why a notice has not gone out yet; False when that is known."""
        row = session.get_one(NoticeRow, notice_id, with_for_update=True)
        if row.state != NoticeState.REQUESTED or row.reason == reason:
            return False
        row.reason = reason
        session.flush()
        return True

    def counts(self, session: Session) -> dict[NoticeState, int]:
        """How many notices stand in each state; those whose time has not come are left out."""
        due = NoticeRow.due_at <= self.clock.now()
        rows: Sequence[tuple[str, int]] = [
            (state, count)
            for state, count in session.execute(select(NoticeRow.state, func.count()).where(due).group_by(NoticeRow.state))
        ]
        found = dict(rows)
        return {state: found.get(state, 0) for state in NoticeState}

    def failures(self, session: Session) -> dict[str, int]:
        """The codes for which mails failed, with how many."""
        failed = select(NoticeRow.reason, func.count()).where(NoticeRow.state == NoticeState.FAILED).group_by(NoticeRow.reason)
        return {reason or "": count for reason, count in session.execute(failed)}

    def forget_addresses(self, session: Session) -> None:
        """Forget which address a code went to once it counts for nothing any more."""
        longest = max(span for span, _ in CODES_TO_AN_ADDRESS)
        old = update(NoticeRow).where(NoticeRow.address_hash.is_not(None), NoticeRow.requested_at <= self.clock.now() - longest)
        session.execute(old.values(address_hash=None))

    def _counted_address(self, session: Session, party_id: str, once: str) -> bytes | None:
        """The keyed hash of the address that a code is to go to. Raises AddressLimitReached."""
        address = self.parties.mailbox(session, party_id)
        waits = session.scalar(select(NoticeRow.id).where(NoticeRow.once == once)) is not None
        if address is None or waits:
            return address
        went = select(func.count()).where(NoticeRow.address_hash == address, NoticeRow.state != NoticeState.NOT_SENT)
        for span, most in CODES_TO_AN_ADDRESS:
            if (session.scalar(went.where(NoticeRow.requested_at > self.clock.now() - span)) or 0) >= most:
                raise AddressLimitReached("take the offer with a wallet app that opens our page, or wait: at most a day")
        return address

    def _count(self, session: Session, kind: NoticeKind, reference: str) -> int:
        found = select(func.count()).where(NoticeRow.kind == kind, NoticeRow.reference == reference)
        return session.scalar(found) or 0

    def _ask(
        self,
        session: Session,
        party_id: str,
        kind: NoticeKind,
        reference: str,
        *,
        once: str,
        language: Language | None,
        due_at: datetime,
        address_hash: bytes | None = None,
    ) -> str:
        notice_id = new_id("ntc", self.entropy)
        asked = insert_if_absent(
            session,
            NoticeRow,
            id=notice_id,
            party_id=party_id,
            kind=kind.value,
            reference=reference,
            language=None if language is None else language.value,
            once=once,
            state=NoticeState.REQUESTED.value,
            requested_at=self.clock.now(),
            due_at=due_at,
            address_hash=address_hash,
        )
        if not asked:
            notice_id = session.scalars(select(NoticeRow.id).where(NoticeRow.once == once)).one()
        return self.jobs.enqueue(
            session, SEND_NOTICE_JOB, {"notice": notice_id}, unique_key=f"notice:{notice_id}", run_after=due_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsHeard:
    """Hears of each opening and queues one job, whoever was shown: the reader's request does the same for all."""

    jobs: Jobs

    def __call__(self, session: Session, audit_seq: int) -> None:
        """A listener of ``Disclosures``."""
        self.jobs.enqueue(session, ANNOUNCE_READINGS_JOB, {"audit_seq": audit_seq}, unique_key=f"readings:{audit_seq}")


def notice_value(row: NoticeRow) -> Notice:
    """The value of a row."""
    return Notice(
        id=row.id,
        party_id=row.party_id,
        kind=NoticeKind(row.kind),
        reference=row.reference,
        language=None if row.language is None else Language(row.language),
        state=NoticeState(row.state),
        reason=row.reason,
        requested_at=row.requested_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
    )
