"""The pages that a problem's ``type`` leads to, made from the same table as the problems."""

from flask import Blueprint, Response

from identity_service.web.documents import page
from identity_service.web.problems import PROBLEMS
from identity_service.web.refusals import ProblemTypeUnknown


def problems_blueprint() -> Blueprint:
    """``/problems`` lists every code; ``/problems/<code>`` explains one."""
    blueprint = Blueprint("problems", __name__)

    @blueprint.get("/problems")
    def index() -> Response:
        return page("web/problems.html", problems=PROBLEMS)

    @blueprint.get("/problems/<code>")
    def explain(code: str) -> Response:
        if code not in PROBLEMS:
            raise ProblemTypeUnknown("no problem has this code")
        return page("web/problem.html", code=code, problem=PROBLEMS[code])

    return blueprint
