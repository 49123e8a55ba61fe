"""The page that explains a transfer: the question as a form and as a link, the verdict, and each check."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.demo import actions
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit, words
from tests.support.desk import Desk
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

ISSUER_SEAT, NETWORK_SEAT = 30, 31


@pytest.fixture
def issuer(desk: Desk) -> FlaskClient:
    """The browser of the token's issuer."""
    party = desk.administrator.get(f"/v1/tokens/{desk.token}")["token_issuer"]
    return seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(ISSUER_SEAT), "token_issuer", party)


def asked(desk: Desk, browser: FlaskClient, status: int = 200, **question: Any) -> str:
    answer = browser.get("/explain", query_string={"token": str(desk.token), **question})
    assert answer.status_code == status, answer.text
    assert "style" not in elements(answer.text).attributes
    return answer.text


def test_somebody_with_everything_in_order_is_told_so(desk: Desk, issuer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    desk.verified(alice)
    page = asked(desk, issuer, account=str(alice.account))
    assert "Nothing stands in the way" in words(page)
    assert '<li class="failed">' not in page
    assert '<li class="passed">' in page


def test_a_stranger_is_told_what_is_missing_and_who_mends_it(desk: Desk, issuer: FlaskClient) -> None:
    page = asked(desk, issuer, account=str(desk.onchain.actors.stranger.address))
    said = words(page)
    assert "stand in the way" in said
    assert "The holder signs in with this wallet and applies for a claim; that proves the account." in said
    assert "Up to the holder of the receiving wallet." in said
    assert page.count('<li class="failed">') >= 3


def test_a_transfer_is_asked_in_whole_tokens_and_the_token_is_tried(desk: Desk, issuer: FlaskClient) -> None:
    actors = desk.onchain.actors
    desk.verified(actors.alice)
    desk.verified(actors.bob)
    actions.mint(actors.agent, desk.token.address, actors.alice.address, 10)
    question = {"account": str(actors.bob.account), "sender": str(actors.alice.address)}
    assert "it would pass" in words(asked(desk, issuer, **question, quantity="10"))
    too_many = words(asked(desk, issuer, **question, quantity="11"))
    assert "it refuses" in too_many
    assert "One thing" in too_many or "things stand in the way" in too_many


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("account", "0x123"),
        ("account", ""),
        ("sender", "eip155:1:nobody"),
        ("quantity", "0.5"),
        ("quantity", "-1"),
        ("token", "eip155:1:0x0"),
    ],
)
def test_a_question_that_cannot_be_asked_comes_back_with_its_fault(desk: Desk, issuer: FlaskClient, name: str, text: str) -> None:
    question = {"account": str(desk.onchain.actors.alice.account), name: text}
    page = asked(desk, issuer, 422, **question)
    assert f'id="{name}-fault"' in page


def test_another_chain_and_a_spender_without_owner_are_faults_too(desk: Desk, issuer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    assert 'id="account-fault"' in asked(desk, issuer, 422, account=f"eip155:1:{alice.address}")
    assert 'id="sender-fault"' in asked(desk, issuer, 422, account=str(alice.account), spender=str(alice.account))


def test_a_holder_finds_the_own_wallet_filled_in_and_asks_about_that_one_only(desk: Desk) -> None:
    actors = desk.onchain.actors
    alice = browse(desk.stand, actors.alice)
    form = alice.get("/explain").text
    assert f'value="{actors.alice.address}"' in form
    linked = asked(desk, alice, sender=str(actors.bob.address))
    assert f'value="{actors.alice.address}"' in linked, "a link that names no receiver asks nothing yet"
    assert f'value="{actors.bob.address}"' in linked
    assert "stand in the way" in words(asked(desk, alice, account=str(actors.alice.account)))
    refused = asked(desk, alice, 422, account=str(actors.bob.account))
    assert "Ask about a transfer in which one of your own wallets has a part." in words(refused)


def test_a_holder_is_offered_the_token_that_the_own_wallet_holds(desk: Desk) -> None:
    actors, service = desk.onchain.actors, desk.stand.service
    desk.verified(actors.alice)
    actions.mint(actors.agent, desk.token.address, actors.alice.address, 10)
    desk.stand.work(1)
    first = Account(desk.token.chain, Address((1).to_bytes(20)))
    with service.db.write() as session:
        own = service.tokens.get(session, desk.token)
        service.tokens.add(session, replace(own, contracts=replace(own.contracts, token=first, name="First", symbol="FST")))
    assert f'<option value="{desk.token}" selected>' in browse(desk.stand, actors.alice).get("/explain").text
    assert f'<option value="{first}" selected>' in browse(desk.stand, actors.bob).get("/explain").text
    linked = browse(desk.stand, actors.alice).get("/explain", query_string={"token": str(first)}).text
    assert f'<option value="{first}" selected>' in linked, "the link names it"


def test_a_holder_without_any_claim_is_told_each_cause_once_and_in_words(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    said = words(asked(desk, browse(desk.stand, alice), account=str(alice.account)))
    assert "No investor or family office claim is bound to the account." in said
    assert "INVESTOR" not in said
    assert said.count("There is no claim that could be live or not.") == 1


def test_the_network_is_told_what_the_chain_shows_and_no_more(desk: Desk) -> None:
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "DX"})["id"]
    network = seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(NETWORK_SEAT), "network", party)
    said = words(asked(desk, network, account=str(desk.onchain.actors.stranger.account)))
    assert "records about the receiver are not open to you" in said
    assert "applies for a claim" not in said


def test_what_was_asked_is_shown_escaped(desk: Desk, issuer: FlaskClient) -> None:
    page = asked(desk, issuer, 422, account='"><script>alert(1)</script>')
    assert "<script>alert" not in page


def test_without_signing_in_the_page_leads_there_and_back_to_the_question(desk: Desk) -> None:
    answer = visit(desk.stand).get("/explain?token=a&account=b")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Fexplain%3Ftoken%3Da%26account%3Db"
