"""``GET /v1/jobs/{job}``: how far durable work is, with the receipt of each place."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from identity_service.jobs.model import Job
from identity_service.jobs.service import Jobs
from identity_service.web.gate import GateLike
from identity_service.web.responses import json_response


def blueprint(gate: GateLike, jobs: Jobs) -> Blueprint:
    """Jobs, to be looked at."""
    routes = Blueprint("jobs", __name__)

    @routes.get("/v1/jobs/<job_id>")
    @gate.requires("jobs:read")
    def show(job_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(job_json(session, jobs, jobs.get(session, job_id)))

    return routes


def job_json(session: Session, jobs: Jobs, job: Job) -> dict[str, Any]:
    """A job without its payload."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "attempts": job.attempts,
        "error": job.last_error,
        "detail": job.last_detail,
        "created_at": job.created_at.isoformat(),
        "finished_at": None if job.finished_at is None else job.finished_at.isoformat(),
        "receipts": [
            {"place": one.place, "reference": one.reference, "details": dict(one.details), "at": one.at.isoformat()}
            for one in jobs.receipts(session, job.id)
        ],
    }
