"""Whether a person opened an address of ours, or a program looked at it: previews of links must not count as somebody's arrival.

Browsers say so themselves (Fetch Metadata, Resource Hints), and no page can say it in their place. A client that says nothing is
believed to be a person's, as before these headers were.
"""

from typing import Final

from flask import request

_FROM_ELSEWHERE: Final = frozenset({"cross-site", "same-site"})


def was_opened() -> bool:
    """Whether the present request is what somebody sees: no HEAD, no picture's or script's request, nothing fetched in advance."""
    headers = request.headers
    navigated = headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return navigated and request.method != "HEAD" and "prefetch" not in headers.get("Sec-Purpose", headers.get("Purpose", ""))


def came_from_elsewhere() -> bool:
    """Whether a page of another site, or of a neighbour under the same domain, led here."""
    return request.headers.get("Sec-Fetch-Site", "none") in _FROM_ELSEWHERE
