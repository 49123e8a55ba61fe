"""What happens on the way to a credential is written down, with codes that never change, for the page and for whoever invited."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import update
from sqlalchemy.orm import Session

from claim_issuers.errors import DomainError
from identity_service.openid4vci.model import Subject
from identity_service.openid4vci.protocol_errors import DpopNonceRequired, WalletProtocolError
from identity_service.openid4vci.tables import OfferRow
from identity_service.storage import Database

# Where the protocol has one word for many causes, our own code says which; elsewhere the protocol's word is the better known.
_VAGUE: Final = frozenset({"invalid_grant", "invalid_request", "invalid_token", "credential_request_denied"})


class OnboardingEvents(Protocol):
    """Where events of the way from invitation to credential are kept; ``subject`` is an application's id."""

    def record(self, session: Session, *, subject: str, step: str, code: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Writes steps down."""

    db: Database
    events: OnboardingEvents

    def note(self, session: Session, subject: Subject, *, step: str, code: str, **values: Any) -> None:
        """A step ended in ``code``, and its offer, if there is one, has these values now."""
        if subject.offer_id is not None:
            told = update(OfferRow).where(OfferRow.id == subject.offer_id).values(last_event=code, **values)
            subject.application_id = session.execute(told.returning(OfferRow.application_id)).scalar_one()
        if subject.application_id is not None:
            self.events.record(session, subject=subject.application_id, step=step, code=code)

    def note_mail(self, session: Session, offer_id: str, code: str) -> None:
        """The mail with the offer's transaction code does not go out."""
        self.note(session, Subject(offer_id=offer_id), step="mail", code=code)

    @contextmanager
    def watched(self, step: str, known: Subject | None = None) -> Iterator[Subject]:
        """A step of ``known``, or of whom it finds out; its refusal is noted in a transaction of its own, which outlives it.

        As long as nobody is known there is nothing to write, so what strangers make up costs no transaction. A wallet that is
        merely told to use a nonce of ours did nothing wrong.
        """
        subject = known or Subject()
        try:
            yield subject
        except DpopNonceRequired:
            raise
        except DomainError as refusal:
            if subject == Subject():
                raise
            with self.db.write() as session:
                self.note(session, subject, step=step, code=event_code(refusal))
            raise


def event_code(refusal: DomainError) -> str:
    """Under which code a refusal is written down."""
    if isinstance(refusal, WalletProtocolError) and refusal.error not in _VAGUE:
        return refusal.error
    return refusal.code
