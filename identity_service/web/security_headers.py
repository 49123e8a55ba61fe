"""The headers that every answer carries."""

from typing import Final

from flask import Flask, Response

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

# Swagger UI writes style attributes and shows its icons as data: images.
DOCS_POLICY: Final = CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self'", "img-src 'self' data:"
)


def policy_with_forms_to(source: str) -> str:
    """The policy of a page whose form may lead to ``source`` besides: an origin or a scheme, which the caller has checked.

    >>> "form-action 'self' https://wallet.example;" in policy_with_forms_to("https://wallet.example")
    True
    """
    return CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {source}")


_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms. No other site learns anything either way.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TWO_YEARS = "max-age=63072000"


def install_security_headers(app: Flask, *, https: bool) -> None:
    """Add the headers to every answer that does not set its own; HSTS only where the public address is https."""

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
        return response
