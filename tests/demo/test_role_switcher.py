"""The bar above the demo's pages: who a visitor can be, where that leads, and that no other site can press its buttons."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from identity_service.demo.roles import PLAYERS
from tests.support.playhouse import Evening, Playhouse

HOLDER = ["My claims", "Explain", "Who vouches"]
NAVIGATION = {
    "client": HOLDER,
    "stranger": HOLDER,
    "office": ["My claims", "Invitations", "Accounts", "Cap tables", "Orders", "Explain", "Who vouches"],
    "network": ["My claims", "Cap tables", "Orders", "Explain", "Who vouches"],
    "officer": ["My claims", "Desk", "Invitations", "Explain", "Who vouches"],
    "regulator": ["My claims", "Cap tables", "Explain", "Who vouches"],
    "platform": ["My claims", "Cap tables", "Orders", "Explain", "Who vouches"],
}
ELSEWHERE = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {})


@pytest.fixture(scope="module")
def evening(playhouse: Playhouse) -> Iterator[Evening]:
    with playhouse.evening() as evening:
        yield evening


@pytest.fixture
def visitor(evening: Evening) -> FlaskClient:
    return evening.visitor()


def be(visitor: FlaskClient, role: str, path: str = "/") -> TestResponse:
    """Press a button of the bar on the page at ``path``."""
    return visitor.post("/demo/role", data={"role": role, "next": path}, follow_redirects=True)


def links(page: TestResponse) -> list[tuple[str, str]]:
    """The navigation's addresses and labels."""
    (inside,) = re.findall(r'<nav aria-label="Pages">(.*?)</nav>', page.text, re.DOTALL)
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', inside)


def pressed(page: TestResponse) -> list[str]:
    return re.findall(r'name="role" value="(\w*)"[^>]* aria-pressed="true"', page.text)


def test_every_player_is_in_the_navigation_s_table() -> None:
    assert set(NAVIGATION) == {one.key for one in PLAYERS}


@pytest.mark.parametrize("role", NAVIGATION)
def test_each_role_lands_with_its_own_navigation_and_may_open_all_of_it(visitor: FlaskClient, role: str) -> None:
    landed = be(visitor, role)
    assert [label for _, label in links(landed)] == NAVIGATION[role]
    assert pressed(landed) == [role]
    assert {path: visitor.get(path).status_code for path, _ in links(landed)} == dict.fromkeys(dict(links(landed)), 200)


def test_a_role_does_not_open_what_belongs_to_another(visitor: FlaskClient) -> None:
    be(visitor, "regulator")
    assert visitor.get("/desk").status_code == 403
    be(visitor, "officer")
    assert visitor.get("/cap-tables").status_code == 403


def test_nobody_signs_out(visitor: FlaskClient) -> None:
    assert pressed(visitor.get("/demo")) == [""]
    assert "Sign out" in be(visitor, "regulator").text
    left = be(visitor, "")
    assert "Sign out" not in left.text
    assert [label for _, label in links(left)] == ["Who vouches"]
    assert pressed(left) == [""]
    assert visitor.get("/cap-tables").status_code == 303


def test_switching_stays_on_the_page_and_never_leads_to_another_site(visitor: FlaskClient) -> None:
    assert be(visitor, "client", "/mesh").request.path == "/mesh"
    for path in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = visitor.post("/demo/role", data={"role": "client", "next": path})
        assert (answer.status_code, answer.location) == (303, "/demo")


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
@pytest.mark.parametrize("path", ["/demo/role", "/demo/rpc", "/demo/acts/public"])
def test_a_form_from_another_site_switches_signs_and_plays_nothing(evening: Evening, path: str, headers: dict[str, str]) -> None:
    client = evening.app.test_client()
    sent = {"json": {"wallet": "client", "method": "eth_accounts"}} if path.endswith("rpc") else {"data": {"role": "officer"}}
    refused = client.post(path, headers={"Accept": "application/json", **headers}, **sent)
    assert (refused.status_code, refused.json["code"]) == (403, "request_from_elsewhere")
    assert "Set-Cookie" not in refused.headers
    assert "Look at the public table" in evening.visitor().get("/demo").text


@pytest.mark.parametrize("key", ["mint", "cancel", "nothing-like-it"])
def test_an_act_out_of_turn_is_not_played(visitor: FlaskClient, key: str) -> None:
    answer = visitor.post(f"/demo/acts/{key}", follow_redirects=True)
    assert (answer.status_code, answer.request.path) == (200, "/demo")
    assert re.findall(r'action="/demo/acts/([\w-]+)"', answer.text) == ["public"]
    assert "data-live" not in answer.text
