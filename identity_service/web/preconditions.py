"""Entity tags, so that nobody overwrites a state they have not seen (RFC 9110 §13)."""

import hashlib
import json
from http.client import PRECONDITION_FAILED
from typing import Any

from flask import Response, request

from identity_service.web.refusals import PreconditionFailed, PreconditionMissing


def strong_etag(representation: Any) -> str:
    """A strong tag, in its quotes, for bytes or for anything JSON can say; equal representations have equal tags."""
    if not isinstance(representation, bytes):
        representation = json.dumps(representation, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    return f'"{hashlib.sha256(representation).hexdigest()[:32]}"'


def with_etag(response: Response, etag: str) -> Response:
    """``response`` under ``etag``; an empty 304 when the caller has that already (If-None-Match).

    Raises PreconditionFailed when the caller wants only another one (If-Match).
    """
    response.headers["ETag"] = etag
    response.make_conditional(request)
    if response.status_code == PRECONDITION_FAILED:
        raise PreconditionFailed("it is not the one that If-Match names")
    return response


def require_match(etag: str) -> None:
    """Let a change pass only when If-Match names the present state.

    Raises PreconditionMissing without the header, PreconditionFailed when no tag in it is ``etag``. ``*`` matches: the caller
    says it does not care. Weak tags never match (RFC 9110 §13.1.1).
    """
    if "If-Match" not in request.headers:
        raise PreconditionMissing("send If-Match with the ETag you last read")
    if not request.if_match.contains(etag.strip('"')):
        raise PreconditionFailed("it changed since you read it")
