"""The jobs of this room: write to one person, and tell those whose data an opening showed.

A mail goes out at least once: should the worker die between the server's yes and our note of it, the same message id goes again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import InvalidInput
from identity_service.access.model import Caller
from identity_service.audit.service import AuditLog
from identity_service.jobs.model import Done, Failed, Job, Outcome, ReceiptNote, Wait
from identity_service.mail.model import Mailer, MailRefused, MailUnavailable, Message
from identity_service.notices import texts
from identity_service.notices.model import Notice, NoticeKind, NoticeState
from identity_service.notices.service import Notices
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate, PartyUnknown
from identity_service.storage import Database

_WORKER: Final = Caller(subject="worker", scopes=frozenset())
_REST: Final = timedelta(seconds=30)


class TxCodes(Protocol):
    """Makes the transaction code of a credential offer. No code is kept: only what it is checked against."""

    def fresh(self, session: Session, offer_id: str) -> str | None:
        """A new code that replaces any earlier one, or None when the offer takes none any more."""
        ...


class ExpiringClaims(Protocol):
    """Says whether the end of a claim is still news."""

    def ends_at(self, session: Session, claim_id: str) -> datetime | None:
        """The end of a live claim that no later one replaces; None when nobody need be told."""
        ...


class CodeTrouble(Protocol):
    """Notes at an offer, and among the events of its onboarding, why its code does not arrive."""

    def __call__(self, session: Session, offer_id: str, code: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class SendNotice:
    """Puts a mail together, opens the address for it, and hands it over.

    When the mail server does not answer, this process leaves it alone for half a minute, so that other jobs need not wait for
    every mail in the queue to find that out. ``tx_codes`` is missing where no credentials are offered.
    """

    notices: Notices
    disclosures: Disclosures
    audit: AuditLog
    mailer: Mailer
    clock: Clock
    service: str
    claims: ExpiringClaims
    tx_codes: TxCodes | None = None
    on_code_trouble: CodeTrouble | None = None
    _rests_until: datetime | None = field(default=None, init=False)

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of SEND_NOTICE_JOB. Raises MailUnavailable and its kin, which the worker waits out."""
        if self._rests_until is not None and self.clock.now() < self._rests_until:
            return Wait(self._rests_until - self.clock.now(), "mail_unavailable")
        notice_id = str(job.payload["notice"])
        try:
            message = self._prepared(db, notice_id)
            if message is None:
                return Done()
            self.mailer.send(message)
        except MailUnavailable as error:
            self._rests_until = self.clock.now() + _REST
            with db.write() as session:
                if self.notices.held_up(session, notice_id, error.code):
                    self._tell(session, self.notices.notice(session, notice_id), error.code)
            raise
        except (MailRefused, InvalidInput) as error:
            with db.write() as session:
                self._end(session, self.notices.notice(session, notice_id), NoticeState.FAILED, error.code)
            return Failed(error.code, error.detail)
        with db.write() as session:
            if self.notices.settle(session, notice_id, NoticeState.SENT):
                details = {"kind": self.notices.notice(session, notice_id).kind.value}
                self.audit.append(session, actor=_WORKER.subject, action="notice.sent", subject=notice_id, details=details)
        return Done((ReceiptNote(place="mail", reference=notice_id),))

    def _prepared(self, db: Database, notice_id: str) -> Message | None:
        """The message, or None when there is nothing to send (any more), which is then noted.

        A fresh code is stored, as what it is checked against, by the same transaction that opens the address: sent is only a code
        that works.
        """
        with db.write() as session:
            notice = self.notices.notice(session, notice_id)
            if notice.state is not NoticeState.REQUESTED:
                return None
            address = self._address(session, notice)
            if address is None:
                self._end(session, notice, NoticeState.NOT_SENT, "no_address")
                return None
            words = self._words(session, notice)
            if words is None:
                self.notices.settle(session, notice_id, NoticeState.NOT_SENT, reason="no_longer_true")
                return None
            return Message(id=notice_id, recipient=address, subject=words.subject, text=words.text)

    def _words(self, session: Session, notice: Notice) -> texts.Words | None:
        language = self.notices.language_of(session, notice).value
        match notice.kind:
            case NoticeKind.TX_CODE:
                code = None if self.tx_codes is None else self.tx_codes.fresh(session, notice.reference)
                return None if code is None else texts.tx_code(language, code=code, service=self.service)
            case NoticeKind.CLAIM_EXPIRING:
                end = self.claims.ends_at(session, notice.reference)
                return None if end is None else texts.claim_expiring(language, valid_until=end, service=self.service)
            case NoticeKind.DATA_READ:
                return texts.data_read(language, service=self.service)
            case NoticeKind.MOVE_OPENED:
                return texts.move_opened(language, service=self.service)
            case NoticeKind.MOVE_CONFIRMED:
                return texts.move_confirmed(language, service=self.service)

    def _address(self, session: Session, notice: Notice) -> str | None:
        try:
            opened = self.disclosures.open(
                session,
                caller=_WORKER,
                basis=Basis.of_notice(notice.id, party_id=notice.party_id),
                candidates=[Candidate(party_id=notice.party_id, quantity=0, is_intermediary=False)],
            )
        except PartyUnknown:  # erased since
            return None
        return opened.get(notice.party_id, {}).get("email")

    def _end(self, session: Session, notice: Notice, state: NoticeState, code: str) -> None:
        if self.notices.settle(session, notice.id, state, reason=code):
            self._tell(session, notice, code)

    def _tell(self, session: Session, notice: Notice, code: str) -> None:
        if notice.kind is NoticeKind.TX_CODE and self.on_code_trouble is not None:
            self.on_code_trouble(session, notice.reference, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceReadings:
    """Asks for a mail to everybody whom one opening showed and who gave an address, ``at_once`` of them in each transaction."""

    notices: Notices
    disclosures: Disclosures
    at_once: int = 100

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of ANNOUNCE_READINGS_JOB; cut short and done again, it asks for one mail too many at worst."""
        audit_seq, after = int(job.payload["audit_seq"]), ""
        while True:
            with db.write() as session:
                shown = self.disclosures.shown_at(session, audit_seq, after=after, limit=self.at_once)
                reachable = self.notices.parties.reachable(session, [one.party_id for one in shown])
                for one in shown:
                    if one.party_id in reachable:
                        self.notices.data_read(session, party_id=one.party_id, reference=one.id)
            if len(shown) < self.at_once:
                return Done()
            after = shown[-1].party_id
