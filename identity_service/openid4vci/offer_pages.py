"""The page behind the button "Put this claim into a wallet app", ``/wallet/<offer>``, for whoever sent the application.

It shows the offer as a QR code, as a link that opens a wallet app and as text to copy, and follows what the wallet app does. The
transaction code is never on it: it travels by mail.
"""

from dataclasses import dataclass
from typing import Final

from flask import Response, request
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.issuance.model import Application
from identity_service.issuance.wording import claim_words
from identity_service.notices.event_words import EventWords, MendedBy, words_for
from identity_service.openid4vci.model import REJECTED_EVENT, Offer, OfferState
from identity_service.openid4vci.offers import Offers
from identity_service.web.documents import page
from identity_service.web.languages import PageBlueprint, gettext, language
from identity_service.web.messages import marked
from identity_service.web.pages import form_values, local_path, pages, see_other, time_left
from identity_service.web.qr import qr_svg
from identity_service.web.reachability import PhoneAdvice, advice_for

_OWN_CLAIMS: Final = "/my-claims"
_INVITATION: Final = "/i/"
_POLL: Final = 2000
_SLOW_POLL: Final = 5000
"""How often the page asks, in milliseconds: while somebody holds a phone before it, and while a decision is waited for."""

_GOOD: Final = frozenset({"offer_fetched", "token_issued", "credential_deferred", "credential_issued", "credential_accepted"})
"""Events that nobody need mend."""
_STEPS_DONE: Final = {
    OfferState.SCANNED: 1,
    OfferState.PROVED: 2,
    OfferState.DEFERRED: 2,
    OfferState.ISSUED: 3,
    OfferState.ACCEPTED: 4,
}
_TROUBLED: Final = frozenset({OfferState.WAITING, OfferState.SCANNED, OfferState.PROVED, OfferState.DEFERRED, OfferState.REFUSED})
_FOLLOWED: Final = {
    OfferState.WAITING: _POLL,
    OfferState.SCANNED: _POLL,
    OfferState.PROVED: _POLL,
    OfferState.DEFERRED: _SLOW_POLL,
    OfferState.ISSUED: _SLOW_POLL,
}
_MENDERS: Final = {
    MendedBy.HOLDER: marked("You can mend this."),
    MendedBy.WALLET: marked("The maker of the wallet app can mend this."),
    MendedBy.INVITER: marked("Whoever invited you can mend this."),
    MendedBy.CLAIM_ISSUER: marked("The claim issuer can mend this."),
    MendedBy.OPERATOR: marked("The operator of this service can mend this."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferShown:
    """An offer as its page and the live part of it show it; ``trouble`` is what went wrong last, in words."""

    offer: Offer
    application: Application
    claim_issuer: str
    left: str
    trouble: EventWords | None

    @property
    def phase(self) -> str:
        """What the page is about; when this changes, the whole page does."""
        return "open" if self.offer.state.is_open else self.offer.state.value

    @property
    def done(self) -> int:
        """How many of the four steps are done."""
        if self.offer.state is OfferState.REFUSED and not self.is_rejected:
            return _STEPS_DONE[OfferState.ISSUED]
        return _STEPS_DONE.get(self.offer.state, 0)

    @property
    def poll(self) -> int:
        """How often to ask for the state, in milliseconds; 0 where it stays as it is."""
        return _FOLLOWED.get(self.offer.state, 0)

    @property
    def can_be_renewed(self) -> bool:
        """Whether another offer of the same claim would do better."""
        return self.offer.state not in (OfferState.PROVED, OfferState.DEFERRED) and not self.is_rejected

    @property
    def is_rejected(self) -> bool:
        """Whether there is nothing to fetch, because the claim issuer rejected the application."""
        return self.offer.last_event == REJECTED_EVENT

    @property
    def tells_trouble(self) -> bool:
        """Whether the trouble says more than the state does."""
        return self.offer.state in _TROUBLED and not self.is_rejected

    @property
    def mender(self) -> str:
        """Who can mend the trouble, in the language of the page."""
        return "" if self.trouble is None else gettext(_MENDERS[self.trouble.mended_by])


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPages:
    """Makes offers for whoever sent an application, and shows them how far each is."""

    gate: PageGate
    offers: Offers

    def make(self) -> Response:
        """A new offer for the application that the form names, then its page."""
        values = form_values()
        return self._made(values.get("application", ""), _way_back(values.get("back")))

    def renew(self, offer_id: str) -> Response:
        """Another offer for the same application; the one before it ends."""
        return self._made(self._found(offer_id).offer.application_id, _way_back(form_values().get("back")))

    def withdraw(self, offer_id: str) -> Response:
        """Take the offer back."""
        with self.gate.db.write() as session:
            self.offers.withdraw(session, offer_id, _account())
        return see_other(_address(offer_id, _way_back(form_values().get("back"))))

    def send_code(self, offer_id: str) -> Response:
        """Mail a new transaction code, which replaces the one before."""
        with self.gate.db.write() as session:
            self.offers.send_tx_code(session, offer_id, _account(), language=language())
        return see_other(f"{_address(offer_id, _way_back(form_values().get('back')))}&sent=yes#code")

    def show(self, offer_id: str) -> Response:
        """The page. Raises OfferUnknown."""
        shown, back = self._found(offer_id), _way_back(request.args.get("back"))
        return page(
            "openid4vci/offer.html",
            it=shown,
            words=claim_words(shown.offer.configuration_id).told(gettext),
            link=self.offers.by_reference(shown.offer.code),
            shown=shown.phase,
            sent=request.args.get("sent") == "yes",
            back=back,
            advice=[one.said(language()) for one in self._phone_advice()],
            language_tag=language(),
        )

    def state(self, offer_id: str) -> Response:
        """How far the offer is, as the part of the page that keeps itself up to date. Raises OfferUnknown."""
        shown = self._found(offer_id)
        return page(
            "openid4vci/_offer_state.html",
            it=shown,
            shown=request.args.get("shown", ""),
            words=claim_words(shown.offer.configuration_id).told(gettext),
            language_tag=language(),
        )

    def qr(self, offer_id: str) -> Response:
        """The QR code that a wallet app scans. Raises OfferUnknown, QrCodeTooFine."""
        with self.gate.db.read() as session:
            offer = self.offers.offer(session, offer_id, _account())
        symbol = qr_svg(self.offers.by_reference(offer.code), title=gettext(_TITLE))
        return Response(symbol, content_type="image/svg+xml")

    def _made(self, application_id: str, back: str) -> Response:
        with self.gate.db.write() as session:
            offer = self.offers.make(session, application_id, _account(), language=language())
        return see_other(_address(offer.id, back))

    def _found(self, offer_id: str) -> OfferShown:
        with self.gate.db.read() as session:
            return self._shown(session, self.offers.offer(session, offer_id, _account()))

    def _shown(self, session: Session, offer: Offer) -> OfferShown:
        event = offer.last_event
        return OfferShown(
            offer=offer,
            application=self.offers.issuance.application_named(session, offer.application_id),
            claim_issuer=self.offers.issuance.mesh.get(session, offer.claim_issuer_id).name,
            left=time_left(offer.expires_at, self.offers.clock.now()) if offer.state.is_open else "",
            trouble=None if event is None or event in _GOOD else words_for(event),
        )

    def _phone_advice(self) -> tuple[PhoneAdvice, ...]:
        return advice_for(self.offers.public_url)


_TITLE: Final = marked("QR code of the claim's offer: scan it with your wallet app")


def blueprint(gate: PageGate, offers: Offers) -> PageBlueprint:
    """``/wallet`` and what hangs on it."""
    routes = pages("offers", __name__, multilingual=True)
    shown = OfferPages(gate=gate, offers=offers)

    @routes.post("/wallet")
    @gate.signed_in
    def make() -> Response:
        return shown.make()

    @routes.get("/wallet/<offer_id>")
    @gate.signed_in
    def show(offer_id: str) -> Response:
        return shown.show(offer_id)

    @routes.get("/wallet/<offer_id>/state")
    @gate.signed_in
    def state(offer_id: str) -> Response:
        return shown.state(offer_id)

    @routes.get("/wallet/<offer_id>/qr.svg")
    @gate.signed_in
    def qr(offer_id: str) -> Response:
        return shown.qr(offer_id)

    _changes(routes, gate, shown)
    return routes


def _changes(routes: PageBlueprint, gate: PageGate, shown: OfferPages) -> None:
    @routes.post("/wallet/<offer_id>/renew")
    @gate.signed_in
    def renew(offer_id: str) -> Response:
        return shown.renew(offer_id)

    @routes.post("/wallet/<offer_id>/withdraw")
    @gate.signed_in
    def withdraw(offer_id: str) -> Response:
        return shown.withdraw(offer_id)

    @routes.post("/wallet/<offer_id>/code")
    @gate.signed_in
    def send_code(offer_id: str) -> Response:
        return shown.send_code(offer_id)


def _account() -> Account:
    account = caller_of_request().account
    assert account is not None  # noqa: S101 - whoever has a session proved an account
    return account


def _way_back(path: str | None) -> str:
    """The invitation that somebody came from, or else their own claims."""
    found = local_path(path, _OWN_CLAIMS)
    return found if found.startswith(_INVITATION) else _OWN_CLAIMS


def _address(offer_id: str, back: str) -> str:
    return f"/wallet/{offer_id}?back={back}"
