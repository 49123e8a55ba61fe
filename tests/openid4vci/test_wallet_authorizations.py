"""What wallets were allowed is seen and taken back; strangers fill no mailbox, make up no events and hold no write transaction."""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.conftest import ONE_ENGINE
from tests.openid4vci.code_wallet import CodeWallet, decide, open_code_wallet, refused
from tests.openid4vci.phone import APPLICANT, apply_with_email, make_offer, phone_of, tx_code_of
from tests.openid4vci.wallet_tokens import wallet_key
from tests.support.browsing import browse, visit
from tests.support.desk import Desk

ENGINES = ONE_ENGINE
LIST = "/v1/me/wallet-authorizations"
A_QUARTER, A_MONTH = 15 * 60, 30 * 24 * 3600


@pytest.fixture
def wallet(desk: Desk) -> CodeWallet:
    return open_code_wallet(desk)


def deferred(wallet: CodeWallet, desk: Desk) -> str:
    """Alice lets a wallet that began by itself have the credential of her undecided application; its token, deferred."""
    token = wallet.token(wallet.code(browse(desk.stand, desk.onchain.actors.alice))).json
    assert (token["token_type"], token["expires_in"]) == ("Bearer", A_QUARTER)
    assert wallet.credential(token["access_token"]).status_code == 202
    return str(token["access_token"])


def states(desk: Desk) -> list[tuple[str, str | None]]:
    found = desk.stand.person(desk.onchain.actors.alice).get(LIST)["items"]
    return [(one["state"], one["wallet"]) for one in found]


def fetch(wallet: CodeWallet, token: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return wallet.http.post(f"{wallet.tenant}/deferred-credential", json={"transaction_id": "x"}, headers=headers)


def test_a_token_without_offer_lives_long_only_when_it_is_bound(wallet: CodeWallet, desk: Desk) -> None:
    apply_with_email(desk, desk.onchain.actors.alice)
    deferred(wallet, desk)
    key = wallet_key(1)
    browser = browse(desk.stand, desk.onchain.actors.alice)
    code = wallet.code(browser, dpop_jkt=key.kid)
    bound = wallet.token(code, wallet.dpop(key, "token")).json
    assert (bound["token_type"], bound["expires_in"]) == ("DPoP", A_MONTH)


@pytest.mark.parametrize("how", ["another offer", "offer withdrawn", "authorization withdrawn"])
def test_what_a_wallet_was_allowed_can_be_taken_back(wallet: CodeWallet, desk: Desk, how: str) -> None:
    alice = desk.stand.person(desk.onchain.actors.alice)
    application = apply_with_email(desk, desk.onchain.actors.alice)
    earlier = make_offer(desk, desk.onchain.actors.alice, application)
    token = deferred(wallet, desk)
    assert states(desk) == [("deferred", "wallet.example")]
    if how == "another offer":
        make_offer(desk, desk.onchain.actors.alice, application)
    elif how == "offer withdrawn":
        alice.post(f"/v1/me/offers/{earlier['id']}/withdraw", {})
    else:
        (found,) = alice.get(LIST)["items"]
        stranger = desk.stand.person(desk.onchain.actors.bob)
        hidden = desk.stand.request("POST", f"{LIST}/{found['id']}/withdraw", stranger)
        assert (hidden.status_code, hidden.json["code"]) == (404, "wallet_authorization_unknown")
        assert stranger.get(LIST)["items"] == []
        assert alice.post(f"{LIST}/{found['id']}/withdraw", {})["state"] == "withdrawn"
        again = desk.stand.request("POST", f"{LIST}/{found['id']}/withdraw", alice)
        assert (again.status_code, again.json["code"]) == (409, "wallet_authorization_ended")
    assert states(desk) == [("withdrawn", "wallet.example")]
    desk.approve(application)
    refused(fetch(wallet, token), "invalid_token", 401)


def test_what_was_fetched_is_fetched_and_what_an_offer_led_to_ends_with_it(wallet: CodeWallet, desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    application = apply_with_email(desk, alice)
    desk.approve(application)
    phone, offer = phone_of(desk), make_offer(desk, alice, application)
    phone.token(phone.fetched(offer), tx_code_of(desk, offer["id"]))
    (found,) = desk.stand.person(alice).get(LIST)["items"]
    assert (found["offer"], found["wallet"], found["bound"], found["state"]) == (offer["id"], None, False, "open")
    desk.stand.person(alice).post(f"{LIST}/{found['id']}/withdraw", {})
    assert desk.stand.person(alice).get(f"/v1/me/offers/{offer['id']}")["state"] == "withdrawn"
    desk.stand.clock.advance(timedelta(seconds=1))
    token = wallet.token(wallet.code(browse(desk.stand, alice))).json["access_token"]
    issued = wallet.credential(token)
    assert issued.status_code == 200
    make_offer(desk, alice, application)
    assert states(desk) == [("fetched", "wallet.example"), ("withdrawn", None)]
    told = {"notification_id": issued.json["notification_id"], "event": "credential_accepted"}
    noted = wallet.http.post(f"{wallet.tenant}/notification", json=told, headers={"Authorization": f"Bearer {token}"})
    assert noted.status_code == 204, "what was fetched is not taken back by a newer offer"
    answer = desk.stand.request("POST", f"{LIST}/{newest(desk)}/withdraw", desk.stand.person(alice))
    assert answer.json["code"] == "wallet_authorization_ended"
    desk.stand.clock.advance(timedelta(minutes=16))
    wallet.token(wallet.code(browse(desk.stand, alice)))
    assert states(desk)[0] == ("open", "wallet.example")
    desk.stand.clock.advance(timedelta(minutes=16))
    assert states(desk)[0] == ("expired", "wallet.example")


def newest(desk: Desk) -> str:
    return str(desk.stand.person(desk.onchain.actors.alice).get(LIST)["items"][0]["id"])


def test_two_wallets_cannot_fill_the_mailbox_of_somebody_who_never_asked(desk: Desk) -> None:
    offers = []
    for number in (31, 32):
        stranger = desk.onchain.devchain.wallet(number)
        application = apply_with_email(desk, stranger, {**APPLICANT, "email": "victim@example.net"})
        browser = browse(desk.stand, stranger)
        for _ in range(4):
            offers.append(make_offer(desk, stranger, application))
            desk.work(1, 1)
            answer = browser.post(f"/wallet/{offers[-1]['id']}/code", data={})
            desk.work(1, 1)
    files = (desk.stand.settings.data_directory / "outbox").glob("*.eml")
    sent = Counter(str(message_from_bytes(file.read_bytes(), policy=policy.default)["To"]) for file in files)
    assert sent == {"victim@example.net": 6}
    assert [one["tx_code"] for one in offers] == [True] * 3 + [False] * 5
    assert offers[-1]["last_event"] == "address_limit_reached"
    assert answer.status_code == 409
    assert list(phone_of(desk).fetched(offers[-1])["grants"]) == ["authorization_code"]


def test_asking_for_another_code_past_the_limit_is_refused_with_its_reason(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    application, browser = apply_with_email(desk, alice), browse(desk.stand, alice)
    for _ in range(6):
        offer = make_offer(desk, alice, application)
        desk.work(1, 1)
    answer = browser.post(f"/wallet/{offer['id']}/code", data={})
    assert (answer.status_code, "address_limit_reached" in answer.text) == (429, True)


def test_whoever_has_seen_an_ended_offer_changes_nothing_of_it(desk: Desk, wallet: CodeWallet) -> None:
    alice = desk.onchain.actors.alice
    application = apply_with_email(desk, alice)
    offer = make_offer(desk, alice, application)
    phone, thief = phone_of(desk), phone_of(desk)
    found, tx_code = phone.fetched(offer), tx_code_of(desk, offer["id"])
    thief.token(found, None)
    state = found["grants"]["authorization_code"]["issuer_state"]
    visitor = visit(desk.stand)
    page = wallet.page(visitor, wallet.push(issuer_state=state))
    phone.token(found, tx_code)
    for _ in range(60):
        assert thief.token(found, "000000").json["error"] == "invalid_grant"
    assert "error" in decide(visitor, page, "refuse").location
    assert desk.stand.person(alice).get(f"/v1/me/offers/{offer['id']}")["last_event"] == "token_issued"
    with desk.stand.service.db.read() as session:
        kept = desk.stand.service.onboarding_events.of(session, application)
    assert Counter(one.code for one in kept) == {"offer_fetched": 1, "tx_code_missing": 1, "token_issued": 1}


def test_what_strangers_make_up_needs_no_write_transaction(desk: Desk, wallet: CodeWallet) -> None:
    alice = desk.onchain.actors.alice
    offer = make_offer(desk, alice, apply_with_email(desk, alice))
    phone = phone_of(desk)
    phone.fetched(offer)
    unknown = {"grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": "x" * 43}}}
    with desk.stand.service.db.write():  # whoever needed one too would wait for this one to end
        assert desk.stand.http.get("/offers/nothing").status_code == 404
        assert desk.stand.http.get(urlsplit(offer["offer"]).path).status_code == 200
        assert phone.token(unknown, "000000").json["error"] == "invalid_grant"
        refused(wallet.token("made-up"), "invalid_grant")
