"""The start page leads everybody to the page that is theirs."""

import pytest

from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit, words
from tests.support.desk import Desk

ENGINES = ONE_ENGINE

SEAT = 30


def test_a_visitor_is_led_to_sign_in(desk: Desk) -> None:
    assert 'href="/sign-in?next=/"' in visit(desk.stand).get("/").text


@pytest.mark.parametrize(("role", "path"), [("network", "/cap-tables"), ("family_office", "/invitations")])
def test_who_has_a_seat_is_led_to_its_first_page(desk: Desk, role: str, path: str) -> None:
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Firm"})["id"]
    page = seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(SEAT), role, party).get("/").text
    assert f'<a class="button" href="{path}">' in page
    assert "/sign-in?next=/" not in page


def test_who_has_no_seat_is_told_so(desk: Desk) -> None:
    page = browse(desk.stand, desk.onchain.actors.alice).get("/").text
    assert "The wallet that you signed in with has no seat at a firm." in words(page)
    assert "/sign-in?next=/" not in page
