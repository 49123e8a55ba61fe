"""The page of a credential offer in a browser without scripts: how one gets there, what its buttons do, and who sees it."""

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.conftest import ONE_ENGINE
from tests.openid4vci.phone import apply_with_email, tx_code_of
from tests.support.browsing import browse, visit, words
from tests.support.desk import Desk
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE


@dataclass
class Visitor:
    """Alice, who applied with an email address."""

    desk: Desk
    application: str
    browser: FlaskClient

    def make(self, back: str = "") -> str:
        answer = self.browser.post("/wallet", data={"application": self.application, "back": back})
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def page(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        assert "style" not in elements(answer.text).attributes
        return answer.text

    def press(self, path: str, button: str) -> str:
        answer = self.browser.post(f"{path.partition('?')[0]}/{button}", data={"back": "/my-claims"})
        assert answer.status_code == 303, answer.text
        return str(answer.location)


@pytest.fixture
def alice(desk: Desk) -> Visitor:
    wallet = desk.onchain.actors.alice
    return Visitor(desk, apply_with_email(desk, wallet), browse(desk.stand, wallet))


def offer_id(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]


def test_my_claims_has_a_button_before_and_after_the_decision(alice: Visitor) -> None:
    button = f'name="application" value="{alice.application}"'
    assert button in alice.page("/my-claims")
    alice.desk.approve(alice.application)
    assert button in alice.page("/my-claims")
    bob = browse(alice.desk.stand, alice.desk.onchain.actors.bob)
    assert 'action="/wallet"' not in bob.get("/my-claims").text


def test_the_page_holds_the_link_as_code_as_button_and_as_text(alice: Visitor) -> None:
    path = alice.make()
    page = alice.page(path)
    (link,) = [one for one in elements(page).links if one.startswith("openid-credential-offer://")]
    assert f'value="{link.replace("&", "&amp;")}"' in page
    drawn = alice.browser.get(f"{path.partition('?')[0]}/qr.svg")
    assert drawn.content_type == "image/svg+xml"
    assert b"style" not in drawn.data
    assert "10 minutes left" in words(page)
    assert "We have sent a code of six digits" in words(page)
    assert tx_code_of(alice.desk, offer_id(path)) not in alice.page(path)


@pytest.mark.parametrize(
    ("back", "kept"),
    [
        ("/i/abc", "/i/abc"),
        ("https://elsewhere.example", "/my-claims"),
        ("//elsewhere.example", "/my-claims"),
        ("/desk", "/my-claims"),
    ],
)
def test_the_way_back_leads_to_the_invitation_or_to_the_own_claims(alice: Visitor, back: str, kept: str) -> None:
    path = alice.make(back)
    assert path.endswith(f"?back={kept}")
    links = elements(alice.page(path)).links
    assert kept in links
    assert "https://elsewhere.example" not in links


def test_another_code_ends_the_one_before_it(alice: Visitor) -> None:
    first = alice.make()
    second = alice.press(first, "renew")
    assert offer_id(first) != offer_id(second)
    assert "This QR code was taken back" in words(alice.page(first))
    assert "Waiting for your wallet app" in words(alice.page(second))


def test_an_offer_taken_back_offers_another(alice: Visitor) -> None:
    path = alice.make()
    alice.press(path, "withdraw")
    page = alice.page(path)
    assert "This QR code was taken back" in words(page)
    assert "openid-credential-offer" not in page
    assert f'action="/wallet/{offer_id(path)}/renew"' in page
    again = alice.browser.post(f"/wallet/{offer_id(path)}/withdraw", data={})
    assert again.status_code == 409
    assert "credential_offer_ended" in again.text


def test_another_mail_is_sent_a_few_times_and_no_more(alice: Visitor) -> None:
    path = alice.make()
    for _ in range(4):
        alice.desk.work()
        sent = alice.press(path, "code")
        assert "A new code is on its way" in words(alice.page(sent.partition("#")[0]))
    alice.desk.work()
    refused = alice.browser.post(f"/wallet/{offer_id(path)}/code", data={})
    assert (refused.status_code, "notice_limit_reached" in refused.text) == (409, True)


def test_whoever_gave_no_address_is_told_what_happens_instead(desk: Desk) -> None:
    bob = desk.onchain.actors.bob
    visitor = Visitor(desk, desk.apply(bob), browse(desk.stand, bob))
    path = visitor.make()
    page = visitor.page(path)
    assert "no code is sent" in words(page)
    assert f'action="/wallet/{offer_id(path)}/code"' not in page
    assert visitor.browser.post(f"/wallet/{offer_id(path)}/code", data={}).status_code == 409


@pytest.mark.parametrize("more", ["", "/state", "/qr.svg"])
def test_nobody_else_sees_an_offer(alice: Visitor, more: str) -> None:
    path = alice.make().partition("?")[0]
    bob = browse(alice.desk.stand, alice.desk.onchain.actors.bob)
    assert bob.get(path + more).status_code == 404
    assert visit(alice.desk.stand).get(path + more).status_code == 303


@pytest.mark.parametrize("button", ["renew", "withdraw", "code"])
def test_nobody_else_presses_its_buttons(alice: Visitor, button: str) -> None:
    path = alice.make().partition("?")[0]
    bob, stranger = browse(alice.desk.stand, alice.desk.onchain.actors.bob), visit(alice.desk.stand)
    assert bob.post(f"{path}/{button}", data={}).status_code == 404
    assert stranger.post(f"{path}/{button}", data={}).status_code == 401
    elsewhere = alice.browser.post(f"{path}/{button}", data={}, headers={"Origin": "https://elsewhere.example"})
    assert elsewhere.status_code == 403
    assert "Waiting for your wallet app" in words(alice.page(path))


def test_nobody_makes_an_offer_for_somebody_else(alice: Visitor) -> None:
    bob = browse(alice.desk.stand, alice.desk.onchain.actors.bob)
    assert bob.post("/wallet", data={"application": alice.application}).status_code == 404
    assert bob.post("/wallet", data={}).status_code == 404


def test_after_a_rejection_there_is_nothing_to_renew(alice: Visitor) -> None:
    path = alice.make()
    content = {"outcome": "reject", "reason": "not_eligible"}
    alice.desk.session.post(f"/v1/applications/{alice.application}/decision", content)
    page = alice.page(path)
    assert "has rejected your application" in words(page)
    assert "/renew" not in page
    refused = alice.browser.post(f"{path.partition('?')[0]}/renew", data={})
    assert (refused.status_code, "application_turned_down" in refused.text) == (409, True)


def test_the_page_works_without_script(alice: Visitor) -> None:
    page = alice.page(alice.make())
    assert re.search(r"<noscript><p><a href=\"/wallet/\w+\?back=/my-claims\">Refresh", page)
    assert "readonly>" in page
