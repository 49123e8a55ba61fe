"""An inviter's pages for many invitations at once: upload or paste, look at what would happen, send, follow, print, export."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from markupsafe import Markup
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.errors import Conflict, InvalidInput
from identity_service.access.gate import caller_of_request
from identity_service.access.model import Role
from identity_service.access.page_gate import PageGate
from identity_service.issuance.wording import claim_words
from identity_service.onboarding.batch_csv import EXAMPLE, read_rows
from identity_service.onboarding.batch_model import Batch, BatchTooLarge, BatchUnreadable, Draft, Judgement, NoValidRows, ReadyRow
from identity_service.onboarding.batch_routes import addresses_csv, csv_file, faults_csv, with_large_body
from identity_service.onboarding.batches import Batches
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_model import CLIENTS_CLAIM_TYPE, Invitation, InvitationState, InviterNotLicensed
from identity_service.onboarding.qr import qr_svg
from identity_service.storage import new_id
from identity_service.tokens.model import Token
from identity_service.web.documents import page
from identity_service.web.pages import Filled, form_values, pages, see_other
from identity_service.web.requests import JsonModel, query

_INVITES: Final = "invitations:write"
_POLL: Final = 3000
_SHOWN: Final = 100
_CARDS: Final = 48
"""Cards on a page: a QR code takes some milliseconds to draw."""
_PAGE: Final = 50
_MOST_TOKENS: Final = 50
_GOES_ON: Final = frozenset(
    {
        InvitationState.OPEN,
        InvitationState.SEEN,
        InvitationState.PROVED,
        InvitationState.APPLIED,
        InvitationState.APPROVED,
    }
)


class BatchesView(JsonModel):
    """Which part of the batches."""

    after: str = Field(default="", max_length=64)


class CardsView(JsonModel):
    """Which page of the cards."""

    page: int = Field(default=1, ge=1, le=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPages:
    """Shows batches to their sender, tries new ones out and sends them."""

    gate: PageGate
    batches: Batches
    codes: InvitationCodes

    def overview(self) -> Response:
        """The batches of the caller's party, newest first."""
        view = query(BatchesView)
        with self.gate.db.read() as session:
            found = self.batches.batches(session, caller_of_request(), after=view.after, limit=_PAGE + 1)
        following = found[_PAGE - 1].id if len(found) > _PAGE else None
        return page("onboarding/batches.html", batches=found[:_PAGE], following=following)

    def blank(self) -> Response:
        """The form for a new batch; ``batch`` in the address goes on with an earlier one."""
        values = {"key": new_id("key", self.batches.entropy), "batch": request.args.get("batch", "")[:64]}
        return self._form(values, None)

    def check(self, *, status: int = 200) -> Response:
        """The form with what would become of its rows; nothing is written."""
        values = self._values()
        try:
            judged = self._judged(values)
        except (BatchUnreadable, BatchTooLarge, InviterNotLicensed) as error:
            return self._form(values, None, fault=f"{error.detail[:1].upper()}{error.detail[1:]}.", status=422)
        return self._form(values, judged, status=status)

    def faults(self) -> Response:
        """The faults of the form's rows as a file."""
        return faults_csv(self._judged(self._values()).faults)

    def send(self) -> Response:
        """Send the good rows; a form that is sent twice is done once."""
        values = self._values()
        try:
            draft = _draft(values)
            with self.gate.db.write() as session:
                sent = self.batches.send(session, draft, caller_of_request(), key=values["key"])
        except (BatchUnreadable, BatchTooLarge, NoValidRows, InviterNotLicensed) as error:
            return self.check(status=409 if isinstance(error, Conflict) else 422)
        return see_other(f"/invitations/batches/{sent.id}")

    def batch(self, batch_id: str) -> Response:
        """One batch. Raises BatchUnknown."""
        return page("onboarding/batch.html", **self._shown(batch_id))

    def state(self, batch_id: str) -> Response:
        """The part of a batch's page that keeps itself up to date. Raises BatchUnknown."""
        return page("onboarding/_batch_progress.html", **self._shown(batch_id))

    def cards(self, batch_id: str) -> Response:
        """The QR codes to print, one on each card. Raises BatchUnknown."""
        number = query(CardsView).page
        waiting = [one for one in self._found(batch_id).invitations if one.state.is_open]
        shown = waiting[(number - 1) * _CARDS : number * _CARDS]
        return page(
            "onboarding/cards.html",
            batch_id=batch_id,
            cards=[(one, self._picture(one)) for one in shown],
            number=number,
            last=max(1, -(-len(waiting) // _CARDS)),
        )

    def addresses(self, batch_id: str) -> Response:
        """References and addresses as a file. Raises BatchUnknown."""
        return addresses_csv(self._found(batch_id), self.codes)

    def errors(self, batch_id: str) -> Response:
        """The faults of the rows that were left out, as a file. Raises BatchUnknown."""
        return faults_csv(self._found(batch_id).faults)

    def _form(self, values: dict[str, str], judged: Judgement | None, *, fault: str = "", status: int = 200) -> Response:
        caller = caller_of_request()
        with self.gate.db.read() as session:
            tokens = {str(one.id): one for one in self.batches.invitations.allowances.tokens.list(session)}
            issuers = self._claim_issuers(session)
            licensed = self.batches.invitations.may_invite(session, caller)
        shown = page(
            "onboarding/new_batch.html",
            filled=Filled(values, {"csv": fault} if fault else {}),
            judged=judged,
            rows=[] if judged is None else [(one, _allowance_words(one, tokens)) for one in judged.ready[:_SHOWN]],
            faults=[] if judged is None else judged.faults[:_SHOWN],
            invited_before=0 if judged is None else sum(one.invited_before for one in judged.new),
            issuers=issuers,
            issuer_names=dict(issuers),
            tokens=list(tokens.values())[:_MOST_TOKENS],
            may_ask=caller.role is not Role.CLAIM_ISSUER,
            licensed=licensed,
            claim_words=claim_words,
            most=_SHOWN,
        )
        shown.status_code = status
        return shown

    def _claim_issuers(self, session: Session) -> list[tuple[str, str]]:
        if caller_of_request().role is Role.CLAIM_ISSUER:
            return []
        mesh = self.batches.invitations.issuance.mesh
        return [(one.id, one.name) for one in mesh.all(session) if CLIENTS_CLAIM_TYPE in one.claim_types]

    def _values(self) -> dict[str, str]:
        """The sent form; a chosen file takes the place of what stands in the text field."""
        values = form_values()
        sent = request.files.get("file")
        if sent is not None and sent.filename:
            content = sent.stream.read()
            read_rows(content)  # what is no CSV never comes to stand in a page
            values["csv"] = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
        return {"key": "", "batch": "", "claim_issuer": "", "csv": "", **values}

    def _judged(self, values: dict[str, str]) -> Judgement:
        draft = _draft(values)
        with self.gate.db.read() as session:
            return self.batches.judge(session, draft, caller_of_request())

    def _found(self, batch_id: str) -> Batch:
        with self.gate.db.read() as session:
            return self.batches.batch(session, batch_id, caller_of_request())

    def _shown(self, batch_id: str) -> dict[str, object]:
        found = self._found(batch_id)
        going_on = any(one.state in _GOES_ON for one in found.invitations)
        return {
            "batch": found,
            "version": _version(found.invitations),
            "open": sum(one.state.is_open for one in found.invitations),
            "following": going_on,
            "poll": _POLL,
            "allowances": any(one.allowance is not None for one in found.invitations),
        }

    def _picture(self, one: Invitation) -> Markup:
        # Markup of our own making: an SVG of paths, with the reference, whose letters are restricted, in its title.
        svg = qr_svg(self.codes.address(one.code), title=f"QR code of the invitation {one.reference}")
        return Markup(svg.decode())  # noqa: S704


def blueprint(gate: PageGate, batches: Batches, codes: InvitationCodes) -> Blueprint:
    """``/invitations/batches`` and each of them."""
    routes = pages("invitation_batches", __name__)
    shown = BatchPages(gate=gate, batches=batches, codes=codes)
    _form_routes(routes, gate, shown)
    _batch_routes(routes, gate, shown)
    return routes


def _form_routes(routes: Blueprint, gate: PageGate, shown: BatchPages) -> None:
    @routes.get("/invitations/batches")
    @gate.requires(_INVITES)
    def overview() -> Response:
        return shown.overview()

    @routes.get("/invitations/batches/new")
    @gate.requires(_INVITES)
    def blank() -> Response:
        return shown.blank()

    @routes.get("/invitations/batches/example.csv")
    @gate.requires(_INVITES)
    def example() -> Response:
        return csv_file(EXAMPLE, "invitations.csv")

    @routes.post("/invitations/batches/check")
    @with_large_body
    @gate.requires(_INVITES)
    def check() -> Response:
        return shown.check()

    @routes.post("/invitations/batches/errors.csv")
    @with_large_body
    @gate.requires(_INVITES)
    def faults() -> Response:
        return shown.faults()

    @routes.post("/invitations/batches")
    @with_large_body
    @gate.requires(_INVITES)
    def send() -> Response:
        return shown.send()


def _batch_routes(routes: Blueprint, gate: PageGate, shown: BatchPages) -> None:
    @routes.get("/invitations/batches/<batch_id>")
    @gate.requires(_INVITES)
    def batch(batch_id: str) -> Response:
        return shown.batch(batch_id)

    @routes.get("/invitations/batches/<batch_id>/state")
    @gate.requires(_INVITES)
    def state(batch_id: str) -> Response:
        return shown.state(batch_id)

    @routes.get("/invitations/batches/<batch_id>/cards")
    @gate.requires(_INVITES)
    def cards(batch_id: str) -> Response:
        return shown.cards(batch_id)

    @routes.get("/invitations/batches/<batch_id>/addresses.csv")
    @gate.requires(_INVITES)
    def addresses(batch_id: str) -> Response:
        return shown.addresses(batch_id)

    @routes.get("/invitations/batches/<batch_id>/errors.csv")
    @gate.requires(_INVITES)
    def errors(batch_id: str) -> Response:
        return shown.errors(batch_id)


def _draft(values: dict[str, str]) -> Draft:
    if not values["key"]:
        raise InvalidInput("open the form again and send it from there")
    if not values["csv"]:
        raise BatchUnreadable("choose a file, or paste its lines into the field")
    return Draft(
        rows=read_rows(values["csv"].encode()),
        claim_issuer_id=values["claim_issuer"] or None,
        batch_id=values["batch"] or None,
    )


def _allowance_words(one: ReadyRow, tokens: dict[str, Token]) -> tuple[Token, int] | None:
    """The token of a row and how much of it is asked for."""
    return None if one.allowance is None else (tokens[str(one.allowance.token)], one.allowance.amount)


def _version(invitations: Iterable[Invitation]) -> str:
    """Another text whenever something on the page has changed, the same in every process."""
    digest = hashlib.sha256()
    for one in invitations:
        asked = None if one.allowance is None else (one.allowance.state.value, one.allowance.left)
        digest.update(repr((one.state.value, one.last_event, asked)).encode())
    return digest.hexdigest()[:16]
