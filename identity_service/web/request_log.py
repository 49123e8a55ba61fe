"""One line and one measurement for each request: who, which route, how it went. Never the address, the query or the body."""

import base64
import re

import structlog
from flask import Flask, Response, g, request

from claim_issuers.clock import Clock, Entropy
from identity_service.web.metrics import Metrics

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install_request_log(
    app: Flask, *, clock: Clock, entropy: Entropy, logger: structlog.typing.FilteringBoundLogger, metrics: Metrics
) -> None:
    """Give each request an id, answer with it in ``X-Request-ID``, and write one line when it ends."""

    @app.before_request
    def begin() -> None:
        sent = request.headers.get("X-Request-ID", "")
        g.request_id = sent if _ACCEPTED_ID.fullmatch(sent) else _fresh_id(entropy)
        g.began_at = clock.now()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        seconds = max(0.0, (clock.now() - g.began_at).total_seconds())
        metrics.observe(method=known_method(), route=route(), status=response.status_code, seconds=seconds)
        logger.info(
            "request",
            request_id=g.request_id,
            method=known_method(),
            route=route(),
            status=response.status_code,
            duration_ms=round(seconds * 1000, 3),
            client_id=g.get("client_id"),
            **({"code": g.problem_code} if "problem_code" in g else {}),
        )
        return response


def request_id() -> str:
    """The id of the request being answered."""
    return str(g.request_id)


def note_client(client_id: str) -> None:
    """Tell the log which client is calling; an identifier of ours, never a name or an address."""
    g.client_id = client_id


def route() -> str:
    """The rule that matched, with its placeholders, or ``unmatched``."""
    return request.url_rule.rule if request.url_rule is not None else "unmatched"


def known_method() -> str:
    """The method, or ``OTHER``: a caller must not be able to invent labels."""
    return request.method if request.method in _METHODS else "OTHER"


def _fresh_id(entropy: Entropy) -> str:
    return base64.b32encode(entropy.token_bytes(16)).decode().rstrip("=").lower()
