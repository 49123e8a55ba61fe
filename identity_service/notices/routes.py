"""``GET /v1/me/notices``: what a person was told by mail, and will be."""

from typing import Any

from flask import Blueprint, Response
from pydantic import Field

from identity_service.access.gate import Gate, caller_of_request
from identity_service.notices.model import Notice
from identity_service.notices.service import Notices
from identity_service.web.requests import JsonModel, query
from identity_service.web.responses import items


class NoticePage(JsonModel):
    """Which part of the notices."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, notices: Notices) -> Blueprint:
    """A person's notices."""
    routes = Blueprint("notices", __name__)

    @routes.get("/v1/me/notices")
    @gate.requires("me")
    def my_notices() -> Response:
        page, caller = query(NoticePage), caller_of_request()
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        with gate.db.read() as session:
            party_id = notices.parties.account(session, caller.account).party_id
            found = notices.of_party(session, party_id, after=page.cursor, limit=page.limit + 1)
        following = found[page.limit - 1].id if len(found) > page.limit else None
        return items([_notice_json(one) for one in found[: page.limit]], following)

    return routes


def _notice_json(one: Notice) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "reference": one.reference,
        "language": None if one.language is None else one.language.value,
        "state": one.state.value,
        "reason": one.reason,
        "requested_at": one.requested_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "sent_at": None if one.sent_at is None else one.sent_at.isoformat(),
    }
