"""``GET /v1/invitations/{invitation}/events``: what happened on the way from an invitation to a credential, for whoever invited."""

from typing import Any

from flask import Blueprint, Response

from identity_service.access.gate import Gate, caller_of_request
from identity_service.notices.event_words import words_for
from identity_service.notices.events import OnboardingEvent, OnboardingEvents
from identity_service.onboarding.invitations import Invitations
from identity_service.web.responses import items


def blueprint(gate: Gate, invitations: Invitations, events: OnboardingEvents) -> Blueprint:
    """The events of one's invitations: codes, and nothing about who was invited."""
    routes = Blueprint("invitation_events", __name__)

    @routes.get("/v1/invitations/<invitation_id>/events")
    @gate.requires("invitations:write")
    def list_events(invitation_id: str) -> Response:
        with gate.db.read() as session:
            invitation = invitations.invitation(session, invitation_id, caller_of_request())
            subjects = [one for one in (invitation.id, invitation.application_id) if one is not None]
            found = events.of_all(session, subjects)
        return items([event_json(one) for one in found], None)

    return routes


def event_json(one: OnboardingEvent) -> dict[str, Any]:
    """An event with what its code means, and who can mend it."""
    words = words_for(one.code)
    return {
        "id": one.id,
        "step": one.step,
        "code": one.code,
        "meaning": words.en,
        "mended_by": words.mended_by.value,
        "at": one.at.isoformat(),
    }
