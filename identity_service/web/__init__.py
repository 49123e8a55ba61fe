"""HTTP, as every room speaks it: strict input, one shape of answer, one problem table. Knows no room."""

from identity_service.web.errors import OAuthError
from identity_service.web.preconditions import require_match, strong_etag, with_etag
from identity_service.web.request_log import note_client
from identity_service.web.requests import (
    InvalidField,
    InvalidParameter,
    JsonModel,
    body,
    broken_rule,
    comma_separated,
    parsed,
    query,
)
from identity_service.web.responses import accepted, created, items, no_content, ok

__all__ = [
    "InvalidField",
    "InvalidParameter",
    "JsonModel",
    "OAuthError",
    "accepted",
    "body",
    "broken_rule",
    "comma_separated",
    "created",
    "items",
    "no_content",
    "note_client",
    "ok",
    "parsed",
    "query",
    "require_match",
    "strong_etag",
    "with_etag",
]
