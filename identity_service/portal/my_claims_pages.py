"""The page of a person's own claims, what the chain says about the tokens they open, the readings in full, and the credentials."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import Field

from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.cap_table.view_model import BADGES
from identity_service.issuance.wording import REJECTIONS, reason_in_words
from identity_service.parties.model import AccountUnknown
from identity_service.portal.holder_words import (
    BASES,
    FIELDS,
    MENDERS,
    STATES,
    can_move,
    purpose_in_words,
    standing_in_words,
    titles_in_words,
)
from identity_service.portal.my_claims import MyClaims, Readings
from identity_service.portal.readings import by_day, singly
from identity_service.web.documents import page
from identity_service.web.languages import gettext
from identity_service.web.limits import CostlyWork
from identity_service.web.pages import pages
from identity_service.web.requests import JsonModel, query

_FIRST_ROWS: Final = 5
_READINGS: Final = 50


class ReadingsPage(JsonModel):
    """Readings before this one."""

    before: str = Field(default="", max_length=64)


def blueprint(gate: PageGate, mine: MyClaims, asks_chain: CostlyWork) -> Blueprint:
    """``/my-claims`` and what hangs on it."""
    routes = pages("my_claims", __name__, multilingual=True)

    @routes.get("/my-claims")
    @gate.signed_in
    def my_claims() -> Response:
        caller = caller_of_request()
        try:
            with gate.db.read() as session:
                record = mine.record(session, caller, readings=_READINGS)
        except AccountUnknown:
            return page("portal/no_claims.html")
        return page("portal/my_claims.html", record=record, opened=record.opened, **_latest(record.readings), **_words())

    @routes.get("/my-claims/tokens")
    @gate.signed_in
    def tokens() -> Response:
        caller = caller_of_request()
        try:
            with gate.db.read() as session:
                opened = mine.opened(session, caller)
        except AccountUnknown:
            return page("portal/no_claims.html")
        if opened.items:
            asks_chain.spend(len(opened.items))
        return page("portal/opened.html", opened=mine.asked(caller, opened), **_words())

    @routes.get("/my-claims/readings")
    @gate.signed_in
    def readings() -> Response:
        before = query(ReadingsPage).before
        with gate.db.read() as session:
            found = mine.readings(session, caller_of_request(), before=before, limit=_READINGS)
        return page("portal/readings.html", readings=found, rows=singly(found), later=bool(before), **_words())

    @routes.get("/my-claims/<claim_id>/credential")
    @gate.signed_in
    def credential(claim_id: str) -> Response:
        with gate.db.read() as session:
            content = mine.credential(session, caller_of_request(), claim_id)
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="claim.vc.jwt"'}
        return Response(content, content_type="application/vc+jwt", headers=headers)

    return routes


def _latest(readings: Readings) -> dict[str, Any]:
    """The first rows of the readings, equal ones of a day together, and whether the full list tells more."""
    groups = by_day(readings)
    rows = groups[:_FIRST_ROWS]
    told_in_full = readings.before is None and len(rows) == len(readings.items)
    return {"rows": rows, "has_more_readings": not told_in_full}


def _words() -> dict[str, Any]:
    """What the templates need to say things in words."""
    return {
        "states": STATES,
        "bases": BASES,
        "field_words": FIELDS,
        "menders": MENDERS,
        "badges": BADGES,
        "can_move": can_move,
        "standing": standing_in_words,
        "purpose": purpose_in_words,
        "titles": titles_in_words,
        "told_words": lambda words: words.told(gettext),
        "rejection": lambda code: gettext(reason_in_words(code, REJECTIONS)),
    }
