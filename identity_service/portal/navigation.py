"""Which pages a person is led to, by what they may do."""

from typing import Final

from identity_service.access.model import Caller
from identity_service.web.messages import marked

Link = tuple[str, str]

_FOR_EVERYBODY: Final[tuple[Link, ...]] = (("/mesh", marked("Who vouches")),)
_FOR_HOLDERS: Final[Link] = ("/my-claims", marked("My claims"))
_BY_SCOPE: Final[tuple[tuple[str, Link], ...]] = (
    ("applications:decide", ("/desk", marked("Desk"))),
    ("invitations:write", ("/invitations", marked("Invitations"))),
    ("accounts:write", ("/account-batches", marked("Accounts"))),
    ("cap-table:read", ("/cap-tables", marked("Cap tables"))),
    ("orders:read", ("/orders", marked("Orders"))),
    ("eligibility:read", ("/explain", marked("Explain"))),
)


def first_page(caller: Caller | None) -> Link | None:
    """Where somebody who acts for a firm begins: the first page of the seat. None for everybody else."""
    if caller is None or caller.role is None:
        return None
    return next((link for scope, link in _BY_SCOPE if caller.holds(scope)), None)


def navigation(caller: Caller | None) -> tuple[Link, ...]:
    """Paths and labels, in the order of the menu."""
    if caller is None:
        return _FOR_EVERYBODY
    own = (_FOR_HOLDERS,) if caller.account is not None else ()
    by_right = tuple(link for scope, link in _BY_SCOPE if caller.holds(scope))
    # A holder without a seat asks about the own wallet on the page "Explain" too.
    explained = () if caller.holds("eligibility:read") else (("/explain", "Explain"),)
    return (*own, *by_right, *explained, *_FOR_EVERYBODY)
