"""Whatever a browser is made to send to whichever page: a page, a way elsewhere or a refusal, soon, and never a crash."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlencode

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from identity_service.access.model import SEAT_ROLES
from identity_service.demo.world import World
from tests.api.near_valid import NASTY_TEXT, Draw
from tests.api.test_no_500 import known_values, play
from tests.support.browsing import browse, visit
from tests.support.description import is_page
from tests.support.stand import Stand

MOST_SECONDS = 10
MISUSED = ("PUT", "DELETE", "HEAD", "BREW")
FIELDS = ("purpose", "cursor", "before", "after", "next", "state", "outcome", "valid_for", "days", "price", "side", "currency")
_text = st.sampled_from(NASTY_TEXT) | st.text(max_size=30)
_mostly = st.integers(0, 9).map(lambda number: number > 0)


def browsers_of(stand: Stand, scene: World) -> list[FlaskClient]:
    """A visitor, a holder, somebody new, and one person for each seat that there is."""
    admin = scene.machines["administrator"]
    people = [scene.wallet["client-anna"], scene.wallet["office-linden"], stand.onchain.devchain.wallet(25)]
    for number, role in enumerate(sorted(SEAT_ROLES)):
        wallet = stand.onchain.devchain.wallet(26 + number)
        party = scene.party.get(role) or scene.party["regulator"]
        admin.post("/v1/seats", {"account": str(wallet.account), "role": role, "party": party})
        people.append(wallet)
    return [visit(stand), *(browse(stand, wallet) for wallet in people)]


@st.composite
def requests(draw: Draw, rules: Sequence[Rule], known: Mapping[str, Sequence[str]], browsers: int) -> tuple[int, str, str, Any]:
    """Whose browser, method, path with its query, and the form if one is sent."""
    rule = draw(st.sampled_from(rules))
    own = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    method, path = draw(st.sampled_from(own) if draw(_mostly) else st.sampled_from(MISUSED)), rule.rule
    for name in sorted(rule.arguments):
        values = known.get(name, ())
        part = draw(st.sampled_from(values)) if values and draw(_mostly) else draw(_text)
        path = path.replace(f"<{name}>", quote(part, safe=":"))
    fields = draw(_fields(known))
    sent = fields if method not in ("GET", "HEAD") else None
    query = "?" + urlencode(fields) if sent is None and fields else ""
    return draw(st.integers(0, browsers - 1)), method, path + query, sent


@st.composite
def _fields(draw: Draw, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    names = st.sampled_from([*FIELDS, *(name for name in known if not name.endswith(" as JSON"))])
    chosen = draw(st.lists(names, max_size=6, unique=True))
    return {name: draw(st.sampled_from(known[name]) if known.get(name) and draw(_mostly) else _text) for name in chosen}


def test_no_page_makes_the_service_fail(stand: Stand, scene: World) -> None:
    play(scene)
    browsers = browsers_of(stand, scene)
    rules = [rule for rule in stand.http.application.url_map.iter_rules() if is_page(rule) and rule.rule != "/sign-out"]
    known = known_values(stand, scene)
    known |= {"order": known["order as JSON"]}

    @settings(
        max_examples=settings().max_examples, deadline=timedelta(seconds=MOST_SECONDS), suppress_health_check=list(HealthCheck)
    )
    @given(requests(rules, known, len(browsers)))
    def whatever_is_sent(request: tuple[int, str, str, Any]) -> None:
        who, method, path, form = request
        began = perf_counter()
        answer = browsers[who].open(path, method=method, data=form)
        assert perf_counter() - began < MOST_SECONDS, request
        assert answer.status_code < 500 or answer.status_code == 503, request
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.content_type.startswith(("text/html", "application/problem+json")), request

    whatever_is_sent()
    assert stand.http.get("/readyz").status_code == 200
