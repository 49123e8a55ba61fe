"""What HTTP itself refuses, before any room has looked at the request."""

from claim_issuers.errors import Conflict, InvalidInput, NotFound, Unavailable


class RouteUnknown(NotFound):
    """No route has this path."""

    code = "route_unknown"


class ProblemTypeUnknown(NotFound):
    """No problem has this code."""

    code = "problem_type_unknown"


class DescriptionMissing(NotFound):
    """This installation carries no OpenAPI description."""

    code = "description_missing"


class MethodNotAllowed(InvalidInput):
    """The path exists but does not take this method (RFC 9110 §15.5.6)."""

    code = "method_not_allowed"


class MalformedRequest(InvalidInput):
    """The request line, a header, the path or the query string cannot be read."""

    code = "malformed_request"


class BodyTooLarge(InvalidInput):
    """The body is longer than this service reads (RFC 9110 §15.5.14)."""

    code = "body_too_large"


class UriTooLong(InvalidInput):
    """The request target is longer than this service reads (RFC 9110 §15.5.15)."""

    code = "uri_too_long"


class UnsupportedMediaType(InvalidInput):
    """The body is in a format or coding that this endpoint does not read (RFC 9110 §15.5.16)."""

    code = "unsupported_media_type"


class NotAcceptable(InvalidInput):
    """The endpoint has no representation that the Accept header allows (RFC 9110 §15.5.7)."""

    code = "not_acceptable"


class RequestTimeout(InvalidInput):
    """The request did not arrive in time (RFC 9110 §15.5.9)."""

    code = "request_timeout"


class PreconditionMissing(Conflict):
    """A change needs If-Match, so that nobody overwrites what they have not seen (RFC 6585 §3)."""

    code = "precondition_missing"


class PreconditionFailed(Conflict):
    """The thing changed since the caller read it (RFC 9110 §15.5.13)."""

    code = "precondition_failed"


class TooManyRequests(Unavailable):
    """The caller used up its allowance of requests for now (RFC 6585 §4)."""

    code = "too_many_requests"


class InternalError(Unavailable):
    """We failed in a way we did not foresee; the log has the cause under the request id."""

    code = "internal_error"
