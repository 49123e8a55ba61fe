"""Credential offers: made for an application by the account that sent it, shown to whoever has the code, withdrawn.

No code is kept. Each is a keyed hash of the offer's id, so the page can be shown it again, and it is found by the hash of itself,
so whoever reads the database can use none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import quote

import rfc8785
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.encodings import base64url
from claim_issuers.identifiers.accounts import Account
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import Application, ApplicationState, ClaimNotLive, Liveness
from identity_service.issuance.service import Issuance
from identity_service.notices.model import AddressLimitReached
from identity_service.openid4vci.model import (
    AUTHORIZATION_CODE,
    OFFER_LIFETIME,
    OFFERS_AN_HOUR,
    PRE_AUTHORIZED_CODE,
    REJECTED_EVENT,
    TX_CODE_LENGTH,
    ApplicationRejected,
    Offer,
    OfferEnded,
    OfferProgress,
    OfferState,
    OfferUnknown,
    PublicOfferState,
    Subject,
    TooManyOffers,
    WalletEvent,
    digest_of,
    short_code,
    tx_code_of,
)
from identity_service.openid4vci.steps import Steps
from identity_service.openid4vci.tables import AuthorizationRow, OfferRow, PresentOfferRow
from identity_service.openid4vci.wallet_authorizations import WalletAuthorizations
from identity_service.storage import insert_if_absent, new_id

OFFER_SCHEME: Final = "openid-credential-offer://"
TX_CODE_NOTICE: Final = "tx_code"
_CODES: Final = "openid4vci-offer-code"
_PRE_AUTHORIZED_CODES: Final = "openid4vci-pre-authorized-code"
_ISSUER_STATES: Final = "openid4vci-issuer-state"
_TX_CODES: Final = "openid4vci-tx-code"
_WAITING_OR_LIVE: Final = frozenset({Liveness.NOT_ISSUED, Liveness.NOT_YET_VALID, Liveness.LIVE})


class CodeVault(Protocol):
    """What this room needs of the vault."""

    def keyed_hash(self, purpose: str, value: bytes) -> bytes: ...


class Notices(Protocol):
    """Sends a mail to a party, later; what it says is asked for when it is written."""

    def request(self, session: Session, *, party_id: str, kind: str, reference: str, language: str) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCodes:
    """The codes of an offer, each made anew from its id."""

    vault: CodeVault

    def code(self, offer_id: str) -> str:
        """The code in the offer's address: 26 characters."""
        return short_code(self.vault.keyed_hash(_CODES, offer_id.encode()))

    def pre_authorized_code(self, offer_id: str) -> str:
        """The pre-authorized code: 256 bits."""
        return base64url.encode(self.vault.keyed_hash(_PRE_AUTHORIZED_CODES, offer_id.encode()))

    def issuer_state(self, offer_id: str) -> str:
        """What ties an authorization request to the offer: 256 bits."""
        return base64url.encode(self.vault.keyed_hash(_ISSUER_STATES, offer_id.encode()))

    def tx_code_hash(self, offer_id: str, tx_code: str) -> bytes:
        """What is kept of a transaction code."""
        return self.vault.keyed_hash(_TX_CODES, f"{offer_id}\n{tx_code}".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class TxCodes:
    """Makes transaction codes for whoever writes the mails: in clear they exist there and in the mail alone."""

    clock: Clock
    entropy: Entropy
    codes: OfferCodes

    def fresh(self, session: Session, offer_id: str) -> str | None:
        """A new code of six digits, which replaces an earlier one; None when no wallet can take the offer up any more.

        Attempts go on counting, so that asking again gives nobody more guesses.
        """
        row = session.get(OfferRow, offer_id, with_for_update=True)
        if row is None or not row.with_tx_code or not progress_of(row).state(self.clock.now()).is_open:
            return None
        tx_code = tx_code_of(self.entropy.token_bytes(16))
        row.tx_code_hash = self.codes.tx_code_hash(offer_id, tx_code)
        session.flush()
        return tx_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Makes, shows and withdraws offers. ``public_url`` is the address under which ours are opened."""

    clock: Clock
    entropy: Entropy
    codes: OfferCodes
    issuance: Issuance
    notices: Notices
    wallets: WalletAuthorizations
    steps: Steps
    audit: AuditLog
    public_url: str

    def credential_issuer(self, claim_issuer_id: str) -> str:
        """The credential issuer identifier of a claim issuer, which is its authorization server's too."""
        return f"{self.public_url}/claim-issuers/{claim_issuer_id}"

    def offer_uri(self, code: str) -> str:
        """Where a wallet fetches the offer."""
        return f"{self.public_url}/offers/{code}"

    def by_reference(self, code: str) -> str:
        """What the QR code holds, and what opens a wallet (OpenID4VCI 1.0 §4.1.3)."""
        return f"{OFFER_SCHEME}?credential_offer_uri={quote(self.offer_uri(code), safe='')}"

    def by_value(self, offer: Offer) -> str:
        """The same for wallets that fetch nothing (OpenID4VCI 1.0 §4.1.2); too long for a QR code."""
        return f"{OFFER_SCHEME}?credential_offer={quote(rfc8785.dumps(self.document(offer)).decode(), safe='')}"

    def document(self, offer: Offer) -> dict[str, Any]:
        """The credential offer (OpenID4VCI 1.0 §4.1.1)."""
        return {
            "credential_issuer": self.credential_issuer(offer.claim_issuer_id),
            "credential_configuration_ids": [offer.configuration_id],
            "grants": self._grants(offer),
        }

    def make(self, session: Session, application_id: str, account: Account, *, language: str) -> Offer:
        """A new offer for an application that ``account`` sent; one made before it and not issued yet is withdrawn.

        With it ends whatever a wallet was allowed and has not fetched. Where the party has an email address, a transaction code is
        sent there, written in ``language``; an address that had too many gets none, and the offer has the authorization code
        grant alone. Raises ApplicationUnknown, ApplicationRejected, ClaimNotLive, TooManyOffers.
        """
        application = self.issuance.application_of(session, application_id, account)
        self._require_to_be_had(session, application)
        ended = self._replace_present(session, application)
        with_tx_code = bool(self.issuance.parties.reachable(session, [application.party_id]))
        row = self._new_row(application, with_tx_code=with_tx_code)
        session.add(row)
        session.flush()
        session.get_one(PresentOfferRow, application.id).offer_id = row.id
        if with_tx_code:
            self._mail_first_tx_code(session, application, row, language)
        self.wallets.note_ended(session, ended, account, reason="credential_offer_replaced")
        details = {"application": application.id, "tx_code": row.with_tx_code}
        self.audit.append(session, actor=str(account), action="credential_offer.made", subject=row.id, details=details)
        return self._offer(session, row)

    def offer(self, session: Session, offer_id: str, account: Account) -> Offer:
        """An offer for an application that ``account`` sent. Raises OfferUnknown."""
        return self._offer(session, self._own(session, offer_id, account))

    def withdraw(self, session: Session, offer_id: str, account: Account) -> Offer:
        """Take an offer back, and with it what waits to be fetched of its application. Raises OfferUnknown, OfferEnded."""
        unlocked = self._own(session, offer_id, account)
        ended = self.wallets.end_undelivered(session, self.issuance.application_named(session, unlocked.application_id))
        row = self._own(session, offer_id, account, lock=True)
        if progress_of(row).state(self.clock.now()) not in _TO_BE_WITHDRAWN:
            raise OfferEnded("it was issued, taken back or locked, or its time is over: there is nothing to take back")
        row.withdrawn_at = self.clock.now()
        self.wallets.note_ended(session, ended, account, reason="credential_offer_withdrawn")
        self.audit.append(session, actor=str(account), action="credential_offer.withdrawn", subject=row.id, details={})
        return self._offer(session, row)

    def send_tx_code(self, session: Session, offer_id: str, account: Account, *, language: str) -> None:
        """Mail another transaction code, which replaces the one before; attempts go on counting.

        Raises OfferUnknown, OfferEnded, and what the notices say to too many mails.
        """
        row = self._own(session, offer_id, account, lock=True)
        if not row.with_tx_code or not progress_of(row).state(self.clock.now()).is_open:
            raise OfferEnded("no wallet can take this offer up any more, or none is asked for a code: make another offer")
        application = self.issuance.application_named(session, row.application_id)
        self.notices.request(session, party_id=application.party_id, kind=TX_CODE_NOTICE, reference=row.id, language=language)

    def fetch(self, session: Session, code: str) -> Offer:
        """The offer for a wallet that has its address. It writes nothing: anybody may ask. Raises OfferUnknown, OfferEnded."""
        return self._open(session, self._found(session, code))

    def note_fetched(self, session: Session, code: str) -> None:
        """Note that a wallet scanned the offer, once. Raises OfferUnknown, OfferEnded."""
        row = self._found(session, code, lock=True)
        self._open(session, row)
        if row.fetched_at is None:
            self.steps.note(session, Subject(offer_id=row.id), step="offer", code="offer_fetched", fetched_at=self.clock.now())

    def state(self, session: Session, code: str) -> PublicOfferState:
        """How far the offer is: no name, no account. Raises OfferUnknown."""
        return self._told(session, self._found(session, code))

    def of_issuer_state(self, session: Session, issuer_state: str) -> Offer:
        """The offer that an authorization request came from. Raises OfferUnknown, OfferEnded."""
        row = session.scalars(select(OfferRow).where(OfferRow.issuer_state_hash == digest_of(issuer_state))).one_or_none()
        if row is None:
            raise OfferUnknown("no credential offer has this issuer_state")
        return self._open(session, row)

    def is_open(self, session: Session, offer_id: str) -> bool:
        """Whether a wallet may still take the offer up."""
        return progress_of(session.get_one(OfferRow, offer_id)).state(self.clock.now()).is_open

    def take_up(self, session: Session, offer_id: str) -> bool:
        """Use the offer up; False when somebody else was quicker, or it was withdrawn or locked."""
        taken = session.execute(
            update(OfferRow)
            .where(OfferRow.id == offer_id, OfferRow.redeemed_at.is_(None))
            .where(OfferRow.withdrawn_at.is_(None), OfferRow.locked_at.is_(None))
            .values(redeemed_at=self.clock.now())
            .returning(OfferRow.id)
        )
        return taken.first() is not None

    def is_withdrawn(self, session: Session, offer_id: str) -> bool:
        """Whether the offer was taken back, by its maker or by a newer one."""
        return session.get_one(OfferRow, offer_id).withdrawn_at is not None

    def _grants(self, offer: Offer) -> Mapping[str, Any]:
        grants: dict[str, Any] = {AUTHORIZATION_CODE: {"issuer_state": self.codes.issuer_state(offer.id)}}
        if offer.with_tx_code:
            tx_code = {"input_mode": "numeric", "length": TX_CODE_LENGTH, "description": "The code that we sent you by email"}
            grants[PRE_AUTHORIZED_CODE] = {
                "pre-authorized_code": self.codes.pre_authorized_code(offer.id),
                "tx_code": tx_code,
            }
        return grants

    def _require_to_be_had(self, session: Session, application: Application) -> None:
        if application.state is ApplicationState.REJECTED:
            raise ApplicationRejected("the claim issuer rejected the application: send another one")
        if application.claim_id is None:
            return
        liveness = self.issuance.claim(session, application.claim_id).liveness(self.clock.now())
        if liveness not in _WAITING_OR_LIVE:
            raise ClaimNotLive(f"the claim is {liveness.value}")

    def _mail_first_tx_code(self, session: Session, application: Application, row: OfferRow, language: str) -> None:
        wanted = {"party_id": application.party_id, "kind": TX_CODE_NOTICE, "reference": row.id, "language": language}
        try:
            self.notices.request(session, **wanted)
        except AddressLimitReached as refusal:
            row.with_tx_code = False
            session.flush()
            self.steps.note(session, Subject(offer_id=row.id), step="mail", code=refusal.code)

    def _replace_present(self, session: Session, application: Application) -> list[AuthorizationRow]:
        """End the present offer and what wallets were allowed; the authorizations that ended."""
        insert_if_absent(session, PresentOfferRow, application_id=application.id, offer_id=None)
        present = session.get_one(PresentOfferRow, application.id, with_for_update=True)
        self._require_patience(session, application)
        ended = self.wallets.end_undelivered(session, application)
        if present.offer_id is None:
            return ended
        former = session.get_one(OfferRow, present.offer_id, with_for_update=True)
        if former.issued_at is None and former.withdrawn_at is None:
            former.withdrawn_at = self.clock.now()
        return ended

    def _require_patience(self, session: Session, application: Application) -> None:
        counted = select(func.count()).select_from(OfferRow).where(OfferRow.application_id == application.id)
        recent = session.scalar(counted.where(OfferRow.created_at > self.clock.now() - timedelta(hours=1))) or 0
        if recent >= OFFERS_AN_HOUR:
            raise TooManyOffers("wait an hour before you ask for another")

    def _new_row(self, application: Application, *, with_tx_code: bool) -> OfferRow:
        offer_id, now = new_id("off", self.entropy), self.clock.now()
        return OfferRow(
            id=offer_id,
            code_hash=digest_of(self.codes.code(offer_id)),
            pre_authorized_code_hash=digest_of(self.codes.pre_authorized_code(offer_id)),
            issuer_state_hash=digest_of(self.codes.issuer_state(offer_id)),
            application_id=application.id,
            claim_issuer_id=application.claim_issuer_id,
            configuration_id=application.claim_type,
            with_tx_code=with_tx_code,
            tx_code_attempts=0,
            created_at=now,
            expires_at=now + OFFER_LIFETIME,
        )

    def _own(self, session: Session, offer_id: str, account: Account, *, lock: bool = False) -> OfferRow:
        row = session.get(OfferRow, offer_id, with_for_update=lock or None, populate_existing=lock)
        if row is None or self.issuance.application_named(session, row.application_id).account != account:
            raise OfferUnknown("you have no credential offer with this id")
        return row

    def _found(self, session: Session, code: str, *, lock: bool = False) -> OfferRow:
        query = select(OfferRow).where(OfferRow.code_hash == digest_of(code))
        row = session.scalars(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise OfferUnknown("no credential offer has this code: check that the address is whole")
        return row

    def _open(self, session: Session, row: OfferRow) -> Offer:
        offer = self._offer(session, row)
        if not offer.state.is_open:
            raise OfferEnded("the offer is over: show the page it came from and ask for another")
        return offer

    def _told(self, session: Session, row: OfferRow) -> PublicOfferState:
        instant, progress = self.clock.now(), progress_of(row)
        state, last_event = progress.state(instant), row.last_event
        if state in _TO_BE_WITHDRAWN and self._is_rejected(session, row):
            state, last_event = OfferState.REFUSED, REJECTED_EVENT
        return PublicOfferState(
            state=state,
            seconds_left=progress.seconds_left(instant) if state.is_open else 0,
            last_event=last_event,
            expires_at=row.expires_at,
        )

    def _is_rejected(self, session: Session, row: OfferRow) -> bool:
        return self.issuance.application_named(session, row.application_id).state is ApplicationState.REJECTED

    def _offer(self, session: Session, row: OfferRow) -> Offer:
        told = self._told(session, row)
        return Offer(
            id=row.id,
            code=self.codes.code(row.id),
            application_id=row.application_id,
            claim_issuer_id=row.claim_issuer_id,
            configuration_id=row.configuration_id,
            with_tx_code=row.with_tx_code,
            state=told.state,
            last_event=told.last_event,
            created_at=row.created_at,
            expires_at=row.expires_at,
            seconds_left=told.seconds_left,
        )


_TO_BE_WITHDRAWN: Final = frozenset({OfferState.WAITING, OfferState.SCANNED, OfferState.PROVED, OfferState.DEFERRED})


def progress_of(row: OfferRow) -> OfferProgress:
    """What happened to the offer of a row."""
    return OfferProgress(
        expires_at=row.expires_at,
        fetched_at=row.fetched_at,
        locked_at=row.locked_at,
        withdrawn_at=row.withdrawn_at,
        redeemed_at=row.redeemed_at,
        deferred_at=row.deferred_at,
        issued_at=row.issued_at,
        told=None if row.told is None else WalletEvent(row.told),
    )
