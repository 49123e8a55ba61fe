"""The officer's desk: what waits, the evidence of each application, and the decision."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from flask import Blueprint, Response
from pydantic import Field

from claim_issuers.issuers.profile import ValidityNotPermitted
from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.issuance.desk import Decided, OfficersDesk
from identity_service.issuance.model import ApplicationAlreadyDecided, ApplicationState, OwnApplication
from identity_service.issuance.wording import REJECTIONS, claim_words, reason_in_words
from identity_service.onboarding.attribute_fields import fields_of, in_words, json_schema
from identity_service.portal.case_file import CaseFiles
from identity_service.web.documents import page
from identity_service.web.pages import EMPTY, Filled, form, form_values, pages, refilled, see_other, time_left
from identity_service.web.requests import FieldError, InvalidField, JsonModel, parsed, query

_PAGE: Final = 50
_DECIDES: Final = "applications:decide"


class DeskView(JsonModel):
    """Which part of the desk."""

    state: Annotated[ApplicationState, parsed(ApplicationState)] = ApplicationState.SUBMITTED
    after: str = Field(default="", max_length=64)


class Approval(JsonModel):
    """For how long the claim is to be valid."""

    validity: Literal["year", "quarter", "custom"]
    days: int | None = Field(default=None, ge=1, le=1830)


class Rejection(JsonModel):
    """Why not."""

    reason: Literal[tuple(REJECTIONS)]  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPages:
    """Shows applications and takes decisions."""

    gate: PageGate
    desk: OfficersDesk
    case_files: CaseFiles

    def queue(self) -> Response:
        """The applications in one state, those that wait longest first. Raises ClaimIssuerUnknown."""
        view = query(DeskView)
        with self.gate.db.read() as session:
            claim_issuer = self.desk.of(session, caller_of_request())
            found = self.desk.queue(session, claim_issuer, state=view.state, after=view.after, limit=_PAGE + 1)
            waiting = self.desk.waiting(session, claim_issuer)
        now = self.desk.issuance.clock.now()
        return page(
            "portal/desk.html",
            claim_issuer=claim_issuer,
            state=view.state.value,
            waiting=waiting,
            applications=[(one, claim_words(one.claim_type), time_left(now, one.submitted_at)) for one in found[:_PAGE]],
            following=found[_PAGE - 1].id if len(found) > _PAGE else None,
        )

    def application(self, application_id: str, filled: Filled = EMPTY, *, alert: str = "", status: int = 200) -> Response:
        """The evidence and the two forms. Raises ApplicationUnknown."""
        with self.gate.db.write() as session:
            caller = caller_of_request()
            claim_issuer = self.desk.of(session, caller)
            case = self.case_files.open(session, application_id, claim_issuer, caller)
        now = self.desk.issuance.clock.now()
        shown = page(
            "portal/application.html",
            case=case,
            claim_issuer=claim_issuer,
            words=claim_words(case.application.claim_type),
            stated=in_words(fields_of(json_schema(case.application.claim_type)), case.attributes),
            reason=reason_in_words(case.application.reason, REJECTIONS),
            rejections=[(code, sentence, "") for code, sentence in REJECTIONS.items()],
            waiting=time_left(now, case.application.submitted_at),
            most_days=claim_issuer.maximum_validity.days,
            filled=filled,
            alert=alert,
        )
        shown.status_code = status
        return shown

    def approve(self, application_id: str) -> Response:
        """Approve, sign, and show what came of it."""
        try:
            valid_for = _validity(form(Approval))
            decided = self._decide(application_id, valid_for=valid_for)
        except InvalidField as error:
            return self.application(application_id, refilled(form_values(), error.errors), status=422)
        except ValidityNotPermitted:
            fault = FieldError("/days", "This is longer than your profile lets you issue.")
            return self.application(application_id, refilled(form_values(), [fault]), status=422)
        except OwnApplication:
            return self.application(application_id, status=403)
        except ApplicationAlreadyDecided:
            return self._too_late(application_id)
        if decided.afterwards is not None:
            decided.afterwards()
        return see_other(f"/desk/applications/{application_id}")

    def reject(self, application_id: str) -> Response:
        """Reject with a reason."""
        try:
            self._decide(application_id, reason=form(Rejection).reason)
        except InvalidField as error:
            return self.application(application_id, refilled(form_values(), error.errors), status=422)
        except OwnApplication:
            return self.application(application_id, status=403)
        except ApplicationAlreadyDecided:
            return self._too_late(application_id)
        return see_other(f"/desk/applications/{application_id}")

    def _decide(self, application_id: str, *, valid_for: timedelta | None = None, reason: str = "") -> Decided:
        caller = caller_of_request()
        with self.gate.db.write() as session:
            claim_issuer = self.desk.of(session, caller)
            if valid_for is None:
                return self.desk.reject(session, application_id, claim_issuer, reason=reason, caller=caller)
            return self.desk.approve(session, application_id, claim_issuer, valid_for=valid_for, caller=caller)

    def _too_late(self, application_id: str) -> Response:
        alert = "Somebody decided this application before you. What you see here is that decision; yours changed nothing."
        return self.application(application_id, alert=alert, status=409)


def blueprint(gate: PageGate, desk: OfficersDesk, case_files: CaseFiles) -> Blueprint:
    """``/desk`` and ``/desk/applications/<id>``."""
    routes = pages("desk", __name__)
    shown = DeskPages(gate=gate, desk=desk, case_files=case_files)

    @routes.get("/desk")
    @gate.requires(_DECIDES)
    def queue() -> Response:
        return shown.queue()

    @routes.get("/desk/applications/<application_id>")
    @gate.requires(_DECIDES)
    def application(application_id: str) -> Response:
        return shown.application(application_id)

    @routes.post("/desk/applications/<application_id>/approve")
    @gate.requires(_DECIDES)
    def approve(application_id: str) -> Response:
        return shown.approve(application_id)

    @routes.post("/desk/applications/<application_id>/reject")
    @gate.requires(_DECIDES)
    def reject(application_id: str) -> Response:
        return shown.reject(application_id)

    return routes


def _validity(wanted: Approval) -> timedelta:
    if wanted.validity == "custom" and wanted.days is None:
        raise InvalidField([FieldError("/days", "Say for how many days.")])
    days = {"year": 365, "quarter": 90}.get(wanted.validity, wanted.days)
    return timedelta(days=days or 0)
