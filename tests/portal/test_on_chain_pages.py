"""A claim's way onto the chain on its holder's page: each step in words, what the wallet sends, what the service is asked."""

import html
import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from claim_issuers.identifiers.accounts import Address
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit, words
from tests.support.desk import Desk
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

SENDING = re.compile(r'data-from="(0x\w+)" data-to="(0x\w+)" data-call-data="0x(\w+)"')


@dataclass
class Way:
    """Somebody with a claim, and their browser."""

    desk: Desk
    wallet: Wallet
    claim: str
    browser: FlaskClient

    @property
    def path(self) -> str:
        return f"/my-claims/{self.claim}/on-chain"

    def page(self, **more: str) -> str:
        answer = self.browser.get(self.path, query_string=more)
        assert answer.status_code == 200, answer.text
        assert not {"style", "onclick"} & elements(answer.text).attributes
        return answer.text

    def said(self, **more: str) -> str:
        return words(self.page(**more))

    def sent_as_the_page_says(self, **more: str) -> None:
        """The wallet sends the first transaction that the page puts before it."""
        sender, target, data = SENDING.findall(self.page(**more))[0]
        assert sender == str(self.wallet.address)
        self.wallet.send(Address.parse(target), bytes.fromhex(data))

    def ask(self, more: str = "", **form: str) -> int:
        return self.browser.post(self.path + more, data={"token": str(self.desk.token), **form}).status_code


@pytest.fixture
def way(desk: Desk) -> Way:
    alice = desk.onchain.actors.alice
    return Way(desk, alice, desk.claim(alice), browse(desk.stand, alice))


def test_my_claims_leads_to_the_steps(way: Way) -> None:
    assert way.path in elements(way.browser.get("/my-claims").text).links
    assert "Put this claim on the chain" in way.said()


def test_somebody_who_sends_each_step_ends_accepted_by_the_token(way: Way) -> None:
    first = way.said()
    assert "Identity contract to do" in first
    assert "Claim on the identity contract not yet possible" in first
    assert re.search(r"it works and needs about [\d ]+ gas", first)
    way.sent_as_the_page_says()
    assert "Identity contract done" in way.said()

    assert way.ask() == 303
    assert "This service is at work on it" in way.said()
    assert "data-every" in way.browser.get(f"{way.path}/state?token={way.desk.token}&shown=x").text
    way.desk.work()
    assert "Claim signed for the chain done" in way.said()

    added = next(one for one in SENDING.findall(way.page()) if one[2].startswith("b1a34e0d"))  # addClaim(...), as ERC-735 has it
    way.wallet.send(Address.parse(added[1]), bytes.fromhex(added[2]))
    assert "Claim on the identity contract done" in way.said()

    assert way.ask("/registration", country="756") == 303
    assert "It waits for the token's agent." in way.said()
    way.desk.register(way.wallet, country=756)
    assert "accepts your wallet now" in way.said()


def test_the_service_sends_what_it_may_and_says_where_it_stopped(way: Way) -> None:
    assert way.ask(relay="yes") == 303
    way.desk.work(12, rounds=24)
    said = way.said()
    assert "Identity contract done" in said
    assert "This service could not go on" in said


@pytest.mark.parametrize("recovery", ["nonsense", "0x12"])
def test_an_address_that_is_none_is_told_beside_its_field(way: Way, recovery: str) -> None:
    way.sent_as_the_page_says()
    page = way.page(recovery=recovery)
    assert 'id="recovery-fault"' in page
    assert recovery in html.unescape(page)


def test_a_recovery_account_is_tried_before_the_wallet_is_asked(way: Way) -> None:
    way.sent_as_the_page_says()
    other = str(way.desk.onchain.actors.bob.address)
    before, after = (SENDING.findall(way.page(**more)) for more in ({}, {"recovery": other}))
    assert len(after) > len(before)


@pytest.mark.parametrize("country", ["CH", "-1", "1234"])
def test_a_country_is_a_number(way: Way, country: str) -> None:
    way.sent_as_the_page_says()
    answer = way.browser.post(f"{way.path}/registration", data={"token": str(way.desk.token), "country": country})
    assert answer.status_code == 422
    assert 'id="country-fault"' in answer.text


def test_nobody_else_sees_the_steps(way: Way) -> None:
    bob = browse(way.desk.stand, way.desk.onchain.actors.bob)
    assert bob.get(way.path).status_code == 404
    assert bob.post(way.path, data={"token": str(way.desk.token)}).status_code == 404
    assert visit(way.desk.stand).get(way.path).status_code == 303


def test_the_steps_are_told_in_german(way: Way) -> None:
    page = way.browser.get(way.path, headers={"Accept-Language": "de"}).text
    assert "Identitätsvertrag zu tun" in words(page)
    assert "Zuerst braucht das Konto seinen Identitätsvertrag." in words(page)
