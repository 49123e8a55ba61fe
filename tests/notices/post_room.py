"""Notices on a test's database: parties, the door, jobs, and an outbox to read mail from."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from sqlalchemy.orm import Session

from claim_issuers.clock import SystemEntropy
from identity_service.jobs.service import Jobs
from identity_service.jobs.worker import Worker
from identity_service.mail.model import Mailer, Message
from identity_service.mail.outbox import Outbox
from identity_service.notices.events import OnboardingEvents
from identity_service.notices.model import ANNOUNCE_READINGS_JOB, SEND_NOTICE_JOB
from identity_service.notices.sending import AnnounceReadings, SendNotice
from identity_service.notices.service import Notices, ReadingsHeard
from identity_service.parties.bases import Basis
from identity_service.parties.model import Candidate
from identity_service.storage import Database
from tests.parties.house import NOW, House, grant, reader

SERVICE = "https://claims.example"
AT_ONCE = 2


@dataclass
class Codes:
    """The offers of a room above: those that are open, and each code that was made for one."""

    open: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)

    def fresh(self, session: Session, offer_id: str) -> str | None:
        if offer_id not in self.open:
            return None
        self.made.append(f"{734_000 + len(self.made):06d}")
        return self.made[-1]


@dataclass
class Ends:
    """The claims of a room above, with their ends, as long as they live."""

    ends: dict[str, datetime] = field(default_factory=dict)

    def ends_at(self, session: Session, claim_id: str) -> datetime | None:
        return self.ends.get(claim_id)


@dataclass
class Doorway:
    """The way to the mailer, behind which another mailer can be put, or one that refuses."""

    mailer: Mailer
    fault: Exception | None = None
    tried: int = 0

    def send(self, message: Message) -> None:
        self.tried += 1
        if self.fault is not None:
            raise self.fault
        self.mailer.send(message)

    def examine(self) -> str:
        return self.mailer.examine()


@dataclass(frozen=True)
class PostRoom:
    """Everything that mail needs."""

    house: House
    jobs: Jobs
    notices: Notices
    events: OnboardingEvents
    codes: Codes
    claims: Ends
    outbox: Path
    doorway: Doorway
    troubles: list[tuple[str, str]]

    @classmethod
    def build(cls, db: Database, directory: Path) -> Self:
        house = House.build(db, directory)
        clock, entropy = house.clock, SystemEntropy()
        jobs = Jobs(clock, entropy)
        house = replace(house, disclosures=replace(house.disclosures, on_disclosed=ReadingsHeard(jobs=jobs)))
        notices = Notices(clock=clock, entropy=entropy, parties=house.parties, jobs=jobs)
        outbox = Outbox(directory=directory / "outbox", sender="no-reply@claims.example", clock=clock, entropy=entropy)
        room = cls(
            house=house,
            jobs=jobs,
            notices=notices,
            events=OnboardingEvents(clock=clock, entropy=entropy),
            codes=Codes(),
            claims=Ends(),
            outbox=outbox.directory,
            doorway=Doorway(outbox),
            troubles=[],
        )
        sending = SendNotice(
            notices=notices,
            disclosures=house.disclosures,
            audit=house.audit,
            mailer=room.doorway,
            clock=clock,
            service=SERVICE,
            claims=room.claims,
            tx_codes=room.codes,
            on_code_trouble=lambda session, offer_id, code: room.troubles.append((offer_id, code)),
        )
        jobs.register(SEND_NOTICE_JOB, sending)
        jobs.register(ANNOUNCE_READINGS_JOB, AnnounceReadings(notices=notices, disclosures=house.disclosures, at_once=AT_ONCE))
        return room

    def work(self, after: timedelta = timedelta()) -> None:
        """Let time pass, then do what is due."""
        self.house.clock.advance(after)
        Worker(self.house.db, self.jobs, self.house.clock, "test").drain(200)

    @property
    def mails(self) -> list[EmailMessage]:
        """What lies in the outbox, oldest first."""
        files = sorted(self.outbox.glob("*.eml")) if self.outbox.is_dir() else []
        return [_parsed(file) for file in files]

    def request(self, party_id: str, **wanted: Any) -> str:
        """Ask for a mail in a transaction of its own; the job's id."""
        with self.house.db.write() as session:
            return self.notices.request(session, party_id=party_id, **wanted)

    def told(self, party_id: str) -> list[tuple[str, str, str | None]]:
        """The notices of a party, newest first: kind, state, reason."""
        with self.house.db.read() as session:
            return [(one.kind.value, one.state.value, one.reason) for one in self.notices.of_party(session, party_id)]

    def read_by(self, viewer: str, *party_ids: str) -> dict[str, dict[str, str]]:
        """Open the names of these parties for the viewer, in a transaction of its own."""
        with self.house.db.write() as session:
            return self.open(session, viewer, party_ids)

    def open(self, session: Session, viewer: str, party_ids: tuple[str, ...]) -> dict[str, dict[str, str]]:
        """Open their names under a grant."""
        basis = Basis.of_grant(grant(viewer), purpose="register_keeping", instant=NOW)
        candidates = [Candidate(party_id=one, quantity=1, is_intermediary=False) for one in party_ids]
        return self.house.disclosures.open(session, caller=reader(viewer), basis=basis, candidates=candidates)


def _parsed(file: Path) -> EmailMessage:
    parsed = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed
