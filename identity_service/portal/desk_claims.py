"""The claims of a claim issuer: what was issued, who is affected before one is revoked, and where a revocation has got to."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final, Literal

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.model import ClaimRecord, Liveness
from identity_service.issuance.places import RevocationPlace
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.wording import REVOCATIONS, claim_words
from identity_service.portal.case_file import CaseFiles, Holder
from identity_service.portal.impact import Impacts
from identity_service.web.documents import page
from identity_service.web.pages import EMPTY, Filled, form, form_values, pages, refilled, see_other
from identity_service.web.requests import InvalidField, JsonModel, query

_PAGE: Final = 50
_POLL: Final = 2000
_ENDED: Final = frozenset({"done", "failed"})


class ClaimsView(JsonModel):
    """Which part of the claims."""

    after: str = Field(default="", max_length=64)


class Revocation(JsonModel):
    """Why the claim ends."""

    reason: Literal[tuple(REVOCATIONS)]  # type: ignore[valid-type]
    seen: Literal["yes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskClaimPages:
    """Shows claims and revokes them."""

    gate: PageGate
    desk: OfficersDesk
    revocations: Revocations
    impacts: Impacts
    case_files: CaseFiles

    def claims(self) -> Response:
        """The claims of the caller's claim issuer, newest first. Raises ClaimIssuerUnknown."""
        view = query(ClaimsView)
        with self.gate.db.read() as session:
            claim_issuer = self.desk.of(session, caller_of_request())
            found = self.desk.claims(session, claim_issuer, after=view.after, limit=_PAGE + 1)
        now = self.desk.issuance.clock.now()
        return page(
            "portal/desk_claims.html",
            claim_issuer=claim_issuer,
            claims=[(one, claim_words(one.claim_type), one.liveness(now).value) for one in found[:_PAGE]],
            following=found[_PAGE - 1].id if len(found) > _PAGE else None,
        )

    def claim(self, claim_id: str) -> Response:
        """One claim with its holder's name, its forms, and where its revocation has got to. Raises ClaimUnknown."""
        with self.gate.db.write() as session:
            found = self.desk.issued(session, claim_id, caller_of_request())
            holder = self._holder(session, found)
            forms = self.desk.forms.forms_of(session, claim_id)
            places = self.revocations.places(session, claim_id)
        return page("portal/desk_claim.html", forms=forms, holder=holder, **self._values(found), **_followed(found, places))

    def places(self, claim_id: str) -> Response:
        """The part of the claim's page that keeps itself up to date. Raises ClaimUnknown."""
        with self.gate.db.read() as session:
            found = self.desk.issued(session, claim_id, caller_of_request())
            places = self.revocations.places(session, claim_id)
        return page("portal/_places.html", claim=found, **_followed(found, places))

    def before_revoking(self, claim_id: str, filled: Filled = EMPTY, *, status: int = 200) -> Response:
        """Whose claim it is, who is affected, and only then the form. Raises ClaimUnknown."""
        with self.gate.db.write() as session:
            found = self.desk.issued(session, claim_id, caller_of_request())
            holder = self._holder(session, found)
            impact = self.impacts.of(session, found)
        reasons = [(code, sentence, "") for code, sentence in REVOCATIONS.items()]
        values = {"impact": impact, "holder": holder, "filled": filled, "reasons": reasons}
        shown = page("portal/revoke.html", **values, **self._values(found))
        shown.status_code = status
        return shown

    def revoke(self, claim_id: str) -> Response:
        """Revoke, which no one takes back; then the claim's page follows the revocation to its places. Raises ClaimUnknown."""
        try:
            wanted = form(Revocation)
        except InvalidField as error:
            return self.before_revoking(claim_id, refilled(form_values(), error.errors), status=422)
        caller = caller_of_request()
        with self.gate.db.write() as session:
            self.desk.issued(session, claim_id, caller)
            self.revocations.revoke(session, claim_id, reason=wanted.reason, actor=caller.subject)
        return see_other(f"/desk/claims/{claim_id}")

    def _holder(self, session: Session, found: ClaimRecord) -> Holder:
        caller = caller_of_request()
        return self.case_files.holder(session, found, self.desk.of(session, caller), caller)

    def _values(self, found: ClaimRecord) -> dict[str, object]:
        state = found.liveness(self.desk.issuance.clock.now())
        revocable = state is not Liveness.REVOKED
        return {"claim": found, "words": claim_words(found.claim_type), "state": state.value, "revocable": revocable}


def blueprint(gate: PageGate, desk: OfficersDesk, revocations: Revocations, impacts: Impacts, case_files: CaseFiles) -> Blueprint:
    """``/desk/claims``, each claim, and its revocation."""
    routes = pages("desk_claims", __name__)
    shown = DeskClaimPages(gate=gate, desk=desk, revocations=revocations, impacts=impacts, case_files=case_files)

    @routes.get("/desk/claims")
    @gate.requires("claims:read")
    def claims() -> Response:
        return shown.claims()

    @routes.get("/desk/claims/<claim_id>")
    @gate.requires("claims:read")
    def claim(claim_id: str) -> Response:
        return shown.claim(claim_id)

    @routes.get("/desk/claims/<claim_id>/places")
    @gate.requires("claims:read")
    def places(claim_id: str) -> Response:
        return shown.places(claim_id)

    @routes.get("/desk/claims/<claim_id>/revoke")
    @gate.requires("claims:revoke")
    def before_revoking(claim_id: str) -> Response:
        return shown.before_revoking(claim_id)

    @routes.post("/desk/claims/<claim_id>/revoke")
    @gate.requires("claims:revoke")
    def revoke(claim_id: str) -> Response:
        return shown.revoke(claim_id)

    return routes


def _followed(claim: ClaimRecord, places: list[RevocationPlace]) -> dict[str, object]:
    told = json.dumps([[one.place, one.state, len(one.receipts)] for one in places])
    underway = any(one.state not in _ENDED for one in places)
    return {
        "places": places,
        "version": hashlib.sha256(told.encode()).hexdigest()[:16],
        "underway": claim.revoked_at is not None and underway,
        "poll": _POLL,
    }
