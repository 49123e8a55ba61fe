"""The gate of every page: whose browser this is, and that a form was sent from one of our own pages.

A form is believed when the browser says that it comes from our origin; the cookie's SameSite=Strict keeps it at home besides.
The header names of Fetch Metadata are the browser's own: no page of another site can set them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Final, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

from flask import Response, g, request

from identity_service.access.gate import caller_of_request
from identity_service.access.model import (
    ROLE_SCOPES,
    SEAT_ROLES,
    Caller,
    PageForAnotherRole,
    RequestFromElsewhere,
    SessionMissing,
)
from identity_service.access.service import SESSION_LIFETIME, Access
from identity_service.storage import Database
from identity_service.web.pages import HOME, local_path, see_other

_P = ParamSpec("_P")
_R = TypeVar("_R")
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ELSEWHERE: Final = frozenset({"cross-site", "same-site"})
"""Where a page of another site, or of a neighbour under the same domain, made the browser ask: some pages record a reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGate:
    """Lets browsers in. ``public_url`` is the address of our pages, whose origin forms must come from."""

    db: Database
    access: Access
    public_url: str

    @property
    def secure(self) -> bool:
        """Whether our pages are reached over https; on loopback in development they need not be."""
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the session cookie; the prefix makes browsers refuse it from anywhere but this host over https."""
        return "__Host-session" if self.secure else "session"

    def visitor(self, view: Callable[_P, _R]) -> Callable[_P, _R]:
        """For a page that is open to everybody; ``viewer()`` is the person signed in, or None."""

        @wraps(view)
        def admitted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            self._recognise()
            return view(*args, **kwargs)

        return admitted

    def signed_in(self, view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
        """For a page that needs a person; anybody else is led to the sign-in page and back. Raises SessionMissing for a form."""

        @wraps(view)
        def admitted(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
            if self._recognise() is None:
                if request.method in _CHANGING:
                    raise SessionMissing("sign in, then send the form again")
                return to_sign_in()
            return view(*args, **kwargs)

        return admitted

    def requires(self, scope: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R | Response]]:
        """For a page that needs a person who holds ``scope``. Raises PageForAnotherRole."""

        def decorate(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
            @self.signed_in
            @wraps(view)
            def admitted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
                caller = caller_of_request()
                if not caller.holds(scope):
                    raise PageForAnotherRole(_whose_page(scope, caller), scope=scope)
                return view(*args, **kwargs)

            return admitted

        return decorate

    def begin(self, response: Response, value: str) -> Response:
        """``response`` with the cookie of a new session."""
        lifetime = int(SESSION_LIFETIME.total_seconds())
        response.set_cookie(self.cookie, value, max_age=lifetime, secure=self.secure, httponly=True, samesite="Strict", path="/")
        return response

    def end(self, response: Response) -> Response:
        """``response`` that takes the cookie away."""
        response.delete_cookie(self.cookie, secure=self.secure, httponly=True, samesite="Strict", path="/")
        return response

    def require_our_page(self) -> None:
        """Return when the present request was sent by a page of ours. Raises RequestFromElsewhere."""
        origin = request.headers.get("Origin")
        ours = origin == self._origin if origin is not None else request.headers.get("Sec-Fetch-Site") == "same-origin"
        if not ours:
            raise RequestFromElsewhere("open the page here and send its form")

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _recognise(self) -> Caller | None:
        if request.method in _CHANGING:
            self.require_our_page()
        g.caller = None
        value = request.cookies.get(self.cookie)
        if value and request.headers.get("Sec-Fetch-Site") not in _ELSEWHERE:
            with self.db.read() as session:
                try:
                    g.caller = self.access.caller_of_session(session, value)
                except SessionMissing:
                    return None
        return viewer()


def viewer() -> Caller | None:
    """The person whose browser asks for the present page, if signed in."""
    found: Caller | None = g.get("caller")
    return found


def _whose_page(scope: str, caller: Caller) -> str:
    roles = sorted(role.value.replace("_", " ") for role in SEAT_ROLES if scope in ROLE_SCOPES[role])
    present = "somebody without a seat" if caller.role is None else f"a {caller.role.value.replace('_', ' ')}"
    return f"this page is for another role: {', '.join(roles)}. You are signed in as {present}"


def to_sign_in() -> Response:
    """To the sign-in page, and from there back to this one."""
    back = local_path(request.full_path.rstrip("?"), HOME)
    return see_other(f"/sign-in?next={quote(back, safe='')}")
