"""``/v1/audit``: the log's entries, and the whole log as a file that anybody can check."""

from collections.abc import Iterator
from typing import Any, Protocol

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from identity_service.audit.model import Entry
from identity_service.audit.service import AuditLog
from identity_service.web.gate import GateLike
from identity_service.web.requests import JsonModel, query
from identity_service.web.responses import items


class AuditPage(JsonModel):
    """Which part of the log: entries after ``cursor``."""

    cursor: int = Field(default=0, ge=0, lt=1 << 53)
    limit: int = Field(default=100, ge=1, le=1000)


class Export(Protocol):
    """Gives the lines of the whole log with a signed checkpoint."""

    def __call__(self, session: Session) -> Iterator[bytes]: ...


def blueprint(gate: GateLike, audit: AuditLog, export_lines: Export) -> Blueprint:
    """The audit log, for administrators."""
    routes = Blueprint("audit", __name__)

    @routes.get("/v1/audit")
    @gate.requires("audit:read")
    def entries() -> Response:
        page = query(AuditPage)
        with gate.db.read() as session:
            found = audit.entries(session, after=page.cursor, limit=page.limit + 1)
        following = str(found[page.limit - 1].seq) if len(found) > page.limit else None
        return items([_entry_json(entry) for entry in found[: page.limit]], following)

    @routes.get("/v1/audit/export")
    @gate.requires("audit:read")
    def export() -> Response:
        with gate.db.read() as session:
            content = b"".join(export_lines(session))
        return Response(content, content_type="application/x-ndjson", headers={"Cache-Control": "no-store"})

    return routes


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": dict(entry.details),
    }
