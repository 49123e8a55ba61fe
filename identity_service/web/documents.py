"""Pages and files that come with the package: one layout, one style sheet, no script of ours in any page."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from flask import Blueprint, Response, render_template

from identity_service.web.languages import declare_language
from identity_service.web.preconditions import strong_etag, with_etag
from identity_service.web.refusals import RouteUnknown

_TYPES: Mapping[str, str] = MappingProxyType(
    {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "png": "image/png", "svg": "image/svg+xml"}
)
_ASSETS = files("identity_service.web") / "assets"


def page(template: str, **values: object) -> Response:
    """An HTML page from ``templates/``; everything in ``values`` is escaped. It says which language it is in."""
    return declare_language(Response(render_template(template, **values), content_type="text/html; charset=utf-8"))


def file_response(source: Traversable, content_type: str, *, max_age: int = 3600) -> Response:
    """A file of the package, which caches may keep for ``max_age`` seconds and then ask about by its ETag."""
    content = source.read_bytes()
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    return with_etag(response, strong_etag(content))


def asset(folder: Traversable, name: str) -> Response:
    """The file ``name`` directly inside ``folder``. Raises RouteUnknown for what is not there or not of a kind we serve."""
    content_type = _TYPES.get(name.rpartition(".")[2])
    listed = {entry.name: entry for entry in folder.iterdir()}
    if content_type is None or name not in listed:
        raise RouteUnknown
    return file_response(listed[name], content_type)


def assets_blueprint() -> Blueprint:
    """``/assets/<name>``: the style sheet and the like."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/assets/<name>")
    def show(name: str) -> Response:
        return asset(_ASSETS, name)

    return blueprint
