"""The edge where every error becomes an answer.

Problem documents (RFC 9457) everywhere, except under prefixes whose protocol has its own form: OAuth's under ``/oauth/``.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

import structlog
from flask import Flask, Response, g, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from claim_issuers.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
)
from identity_service.web.documents import page
from identity_service.web.languages import only_in_english
from identity_service.web.problems import problem_document, problem_of
from identity_service.web.refusals import (
    BodyTooLarge,
    InternalError,
    MalformedRequest,
    MethodNotAllowed,
    NotAcceptable,
    PreconditionFailed,
    PreconditionMissing,
    RequestTimeout,
    RouteUnknown,
    TooManyRequests,
    UnsupportedMediaType,
    UriTooLong,
)
from identity_service.web.request_log import request_id, route
from identity_service.web.responses import json_response

ErrorForm = Callable[[DomainError], Response]

_PAGES_OF_OUR_OWN = frozenset({"docs", "problems"})
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_NOT_DESCRIPTION = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")

_BY_STATUS: Mapping[int, type[DomainError]] = MappingProxyType(
    {
        400: MalformedRequest,
        401: NotAuthenticated,
        403: NotPermitted,
        404: RouteUnknown,
        405: MethodNotAllowed,
        406: NotAcceptable,
        408: RequestTimeout,
        409: Conflict,
        412: PreconditionFailed,
        413: BodyTooLarge,
        414: UriTooLong,
        415: UnsupportedMediaType,
        428: PreconditionMissing,
        429: TooManyRequests,
        503: Unavailable,
    }
)
_OAUTH_BY_BRANCH: Mapping[type[DomainError], tuple[str, int]] = MappingProxyType(
    {
        TooManyRequests: ("temporarily_unavailable", 429),
        InternalError: ("server_error", 500),
        RouteUnknown: ("invalid_request", 404),
        MethodNotAllowed: ("invalid_request", 405),
        BodyTooLarge: ("invalid_request", 413),
        UnsupportedMediaType: ("invalid_request", 415),
        NotAuthenticated: ("invalid_client", 401),
        NotPermitted: ("access_denied", 403),
        NotFound: ("invalid_request", 400),
        Conflict: ("invalid_request", 400),
        Refused: ("invalid_grant", 400),
        Unavailable: ("temporarily_unavailable", 503),
        InvalidInput: ("invalid_request", 400),
        DomainError: ("server_error", 500),
    }
)


class OAuthError(InvalidInput):
    """A protocol error with the code its specification gives it, such as ``invalid_grant`` (RFC 6749 §5.2)."""

    code = "oauth_error"

    def __init__(self, error: str, description: str = "", *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description or error)
        self.error = error
        self.status = status
        self.headers = dict(headers or {})


def install_error_handlers(
    app: Flask,
    *,
    logger: structlog.typing.FilteringBoundLogger,
    base_url: str = "",
    forms: Mapping[str, ErrorForm] | None = None,
) -> None:
    """Answer every error: a DomainError by the problem table, HTTP's own by their status, the rest as 500 without a word.

    ``forms`` maps further path prefixes to the form that their protocol wants.
    """
    by_prefix: Mapping[str, ErrorForm] = {"/oauth/": oauth_response, **(forms or {})}

    def answer(error: DomainError) -> Response:
        g.problem_code = error.code
        form = next((by_prefix[prefix] for prefix in by_prefix if request.path.startswith(prefix)), None)
        if form is None and _a_person_asks():
            form = problem_shown_to_people
        response = form(error) if form else problem_response(error, base_url)
        response.headers.update(_headers(error))
        return response

    @app.errorhandler(DomainError)
    def domain_error(error: DomainError) -> Response:
        return answer(error)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if error.response is not None or (error.code or 500) < 400:
            return app.make_response(error.get_response())
        response = answer(translated(error))
        kept = dict(error.get_headers())
        response.headers.update({name: kept[name] for name in _KEPT_HEADERS if name in kept})
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        logger.error("unexpected error", request_id=request_id(), route=route(), exc_info=error)
        return answer(InternalError())


def problem_response(error: DomainError, base_url: str = "") -> Response:
    """``error`` as ``application/problem+json``; an OAuthError outside its own pages keeps its status."""
    document = problem_document(error, request_id(), base_url=base_url)
    if isinstance(error, OAuthError):
        document["status"] = error.status
    return json_response(document, document["status"], media_type="application/problem+json")


def problem_shown_to_people(error: DomainError) -> Response:
    """``error`` as a page: what happened, what to do, and the request id under which the operator finds it."""
    document = problem_document(error, request_id())
    only_in_english(document["title"], document["advice"])
    response = page("web/refusal.html", problem=document)
    response.status_code = document["status"]
    return response


def _a_person_asks() -> bool:
    """Whether the request is a browser's for a page of ours, or for a page that does not exist."""
    for_people = request.blueprint is None or request.blueprint.endswith("_pages") or request.blueprint in _PAGES_OF_OUR_OWN
    prefers_html = request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"
    return for_people and prefers_html and not request.path.startswith("/v1/")


def oauth_response(error: DomainError) -> Response:
    """``error`` as ``{"error", "error_description"}`` (RFC 6749 §5.2)."""
    name, status = _oauth_name(error)
    description = error.detail or problem_of(error).title
    body = {"error": name, "error_description": _NOT_DESCRIPTION.sub("?", description)}
    return json_response(body, status, {"Pragma": "no-cache"})


def _oauth_name(error: DomainError) -> tuple[str, int]:
    if isinstance(error, OAuthError):
        return error.error, error.status
    return next(_OAUTH_BY_BRANCH[kind] for kind in type(error).__mro__ if kind in _OAUTH_BY_BRANCH)


def _headers(error: DomainError) -> dict[str, str]:
    if isinstance(error, OAuthError):
        return error.headers
    headers: dict[str, str] = {}
    if isinstance(error, NotAuthenticated):  # RFC 9110 §11.6.1 demands a challenge with every 401
        headers["WWW-Authenticate"] = str(error.data.get("challenge", "Bearer"))
    if "retry_after" in error.data:
        headers["Retry-After"] = str(error.data["retry_after"])
    return headers


def translated(error: HTTPException) -> DomainError:
    """Our name for one of HTTP's own errors; its text is dropped, because some quote the request."""
    if isinstance(error, RateLimitExceeded):
        return TooManyRequests(retry_after=error.limit.limit.get_expiry())
    status = error.code or 500
    if status >= 500 and status not in _BY_STATUS:
        return InternalError()
    return _BY_STATUS.get(status, MalformedRequest)()
