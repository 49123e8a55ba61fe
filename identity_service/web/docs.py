"""The API's own description: ``/openapi.yaml``, and ``/docs`` where a person can read and try it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from identity_service.web.documents import asset, file_response, page
from identity_service.web.refusals import DescriptionMissing, RouteUnknown
from identity_service.web.security_headers import DOCS_POLICY

_SWAGGER_FILES: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})


def find_description() -> Traversable | None:
    """``openapi.yaml`` of an installed wheel, or else of the project this file lies in."""
    packaged = files("identity_service.web") / "openapi.yaml"
    candidates: tuple[Traversable, ...] = (packaged, Path(__file__).parents[2] / "openapi.yaml")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def docs_blueprint(description: Traversable | None) -> Blueprint:
    """``/openapi.yaml`` serves ``description``; ``/docs`` shows it with the Swagger UI that its PyPI package carries."""
    blueprint = Blueprint("docs", __name__)
    swagger = files("flask_swagger_ui") / "dist"

    @blueprint.get("/openapi.yaml")
    def openapi() -> Response:
        if description is None:
            raise DescriptionMissing
        return file_response(description, "application/yaml; charset=utf-8", max_age=60)  # RFC 9512

    @blueprint.get("/docs")
    def docs() -> Response:
        response = page("web/docs.html")
        response.headers["Content-Security-Policy"] = DOCS_POLICY
        return response

    @blueprint.get("/docs/<name>")
    def swagger_file(name: str) -> Response:
        if name not in _SWAGGER_FILES:
            raise RouteUnknown
        return asset(swagger, name)

    return blueprint
