"""Is the process alive, and can it do its work?"""

from collections.abc import Callable, Mapping

import structlog
from flask import Blueprint, Response

from identity_service.web.request_log import request_id
from identity_service.web.responses import json_response

Check = Callable[[], object]


def health_blueprint(checks: Mapping[str, Check], logger: structlog.typing.FilteringBoundLogger) -> Blueprint:
    """``/livez`` answers while the process runs. ``/readyz`` runs every check by name; one that raises makes it 503.

    The answer says which check failed; why is in the log, for the operator.
    """
    blueprint = Blueprint("health", __name__)

    def passes(name: str, check: Check) -> bool:
        try:
            check()
        except Exception as error:
            logger.warning("not ready", check=name, request_id=request_id(), exc_info=error)
            return False
        return True

    @blueprint.get("/livez")
    def livez() -> Response:
        return json_response({"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        outcome = {name: passes(name, check) for name, check in checks.items()}
        ready = all(outcome.values())
        shown = {name: "ok" if passed else "failed" for name, passed in outcome.items()}
        return json_response({"status": "ready" if ready else "not_ready", "checks": shown}, 200 if ready else 503)

    return blueprint
