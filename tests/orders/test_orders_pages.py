"""Orders for people: filled in, read, signed by the wallet, followed to the mint; and what each role sees of them."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from flask.testing import FlaskClient

from claim_issuers import Account
from identity_service.access.proofs import AccountProof
from identity_service.demo.wallets import Wallet
from identity_service.parties.model import Capacity
from tests.conftest import ONE_ENGINE
from tests.orders.floor import Floor
from tests.support.browser import key_of
from tests.support.browsing import browse, seated, visit, words
from tests.support.queries import counted
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

CUSTODIAN = {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"}
NETWORK_SEAT, ISSUER_SEAT, OTHER_SEAT, OFFICE = 30, 31, 32, 5


@pytest.fixture
def office(floor: Floor) -> FlaskClient:
    """The browser of the office, whose seat is held by the wallet with its claim."""
    return seated(floor.desk.stand, floor.desk.administrator, floor.wallet, "family_office", floor.party)


def network(floor: Floor) -> FlaskClient:
    wallet = floor.desk.onchain.devchain.wallet(NETWORK_SEAT)
    return seated(floor.desk.stand, floor.desk.administrator, wallet, "network", floor.network)


def issuer(floor: Floor) -> FlaskClient:
    party = floor.desk.administrator.get(f"/v1/tokens/{floor.desk.token}")["token_issuer"]
    wallet = floor.desk.onchain.devchain.wallet(ISSUER_SEAT)
    return seated(floor.desk.stand, floor.desk.administrator, wallet, "token_issuer", party)


def said(floor: Floor, **changed: str) -> dict[str, str]:
    """The form as the office fills it in."""
    usual = {
        "token": str(floor.desk.token),
        "side": "buy",
        "quantity": "1 000",
        "price": "099.750",
        "currency": "chf",
        "network": floor.network,
        "intermediary": str(floor.wallet.account),
        "lifetime": "day",
    }
    return {**usual, **changed}


def reviewed(page: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The order and the typed data on the page that asks for the signature."""
    order = html.unescape(page.split('name="order" value="')[1].split('"')[0])
    typed = html.unescape(re.findall(r"<pre[^>]*data-typed-data>(.*?)</pre>", page, re.S)[0])
    return json.loads(order), json.loads(typed)


def signature(typed: dict[str, Any]) -> str:
    """What the office's wallet makes of ``eth_signTypedData_v4``, by another implementation than ours."""
    return "0x" + bytes(EthAccount.sign_message(encode_typed_data(full_message=typed), key_of(OFFICE)).signature).hex()


def written(floor: Floor, office: FlaskClient, **changed: str) -> tuple[dict[str, str], str]:
    """An order that the office has filled in and signed."""
    answer = office.post("/orders/new", data=said(floor, **changed))
    assert answer.status_code == 200, answer.text
    order, typed = reviewed(answer.text)
    return order, signature(typed)


def sent(floor: Floor, office: FlaskClient, **changed: str) -> str:
    """The path of an order that was accepted."""
    order, signed = written(floor, office, **changed)
    answer = office.post("/orders", data={"order": json.dumps(order), "signature": signed})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def bound_to_the_office(floor: Floor, wallet: Wallet) -> Account:
    """A second wallet of the office, which holds no claim yet."""
    service = floor.desk.stand.service
    proof = AccountProof(id="acp_second", account=wallet.account, method="eip191", public_jwk=None)
    with service.db.write() as session:
        service.parties.bind_account(session, party_id=floor.party, proof=proof, capacity=Capacity.OWN, actor="test")
    return wallet.account


def sent_quantity(floor: Floor) -> str:
    """The quantity of the network's one order, in base units."""
    (one,) = floor.dx.get("/v1/orders")["items"]
    return str(one["signed_order"]["order"]["quantity"])


def test_the_form_becomes_an_order_to_read_and_sign(floor: Floor, office: FlaskClient) -> None:
    answer = office.post("/orders/new", data=said(floor))
    page = words(answer.text)
    assert "Buy 1 000 GLA32 (Glacier Note 2032)" in page.replace("\u202f", " ")
    assert "DX Network Operations" in page
    order, typed = reviewed(answer.text)
    decimals = floor.desk.administrator.get(f"/v1/tokens/{floor.desk.token}")["decimals"]
    assert (order["price"], order["currency"], order["quantity"]) == ("99.75", "CHF", str(1000 * 10**decimals))
    assert order["signatory"] == f"did:pkh:{floor.wallet.account}"
    assert typed["message"]["quantity"] == order["quantity"]
    assert f'data-from="{floor.wallet.address}"' in answer.text
    assert "style" not in elements(answer.text).attributes


def test_a_signed_order_is_accepted_and_shown_to_both_sides(floor: Floor, office: FlaskClient) -> None:
    where = sent(floor, office)
    for browser in (office, network(floor)):
        page = browser.get(where).text
        assert page.count('<li class="passed">') == 11
        assert "verified, waits for its mint" in words(page)
        assert "Call data" not in words(page)
        assert where in browser.get("/orders").text
    statement = html.unescape(office.get(where).text.split('id="statement"')[1].split(">")[1].split("<")[0])
    assert statement == floor.dx.get(f"/v1{where}")["verification"]


def test_the_issuer_of_the_token_mints_by_the_call_data_on_the_page(floor: Floor, office: FlaskClient) -> None:
    desk = floor.desk
    desk.verified(floor.wallet)
    where = sent(floor, office, quantity="10")
    page = issuer(floor).get(where).text
    assert f'value="{desk.token.address}"' in page
    data = re.findall(r"<textarea id=\"mint-data\"[^>]*>0x([0-9a-f]+)</textarea>", page)[0]
    receipt = desk.onchain.actors.agent.send(desk.token.address, bytes.fromhex(data))
    assert desk.onchain.token.balance(floor.wallet.address, desk.onchain.client.head()) == int(sent_quantity(floor))
    desk.stand.work(40)
    shown = office.get(where).text
    assert "0x" + receipt.transaction_hash.hex() in shown
    assert "Not yet: the chain could still take it back." in words(shown)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quantity", "0"),
        ("quantity", "ten"),
        ("quantity", "0.0000000000000000001"),
        ("price", "1,50"),
        ("currency", "XXQ"),
        ("network", "pty_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("token", "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("lifetime", "ever"),
        ("side", ""),
    ],
)
def test_what_makes_no_order_stands_beside_its_field(floor: Floor, office: FlaskClient, name: str, text: str) -> None:
    answer = office.post("/orders/new", data=said(floor, **{name: text}))
    assert answer.status_code == 422
    assert f'id="{name}-fault"' in answer.text


def test_somebody_elses_wallet_cannot_be_chosen(floor: Floor, office: FlaskClient) -> None:
    stranger = str(floor.desk.onchain.actors.alice.account)
    answer = office.post("/orders/new", data=said(floor, intermediary=stranger))
    assert 'id="intermediary-fault"' in answer.text


def test_a_wallet_without_a_live_claim_is_refused_in_words_before_anybody_signs(floor: Floor, office: FlaskClient) -> None:
    assert f'value="{floor.wallet.account}"' in office.get("/orders/new").text
    floor.desk.revoke(floor.claim)
    page = office.get("/orders/new").text
    assert "None of your firm's wallets holds a live intermediary claim" in words(page)
    assert str(floor.wallet.account) in words(page)
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    answer = office.post("/orders/new", data=said(floor))
    assert answer.status_code == 422
    assert "data-typed-data" not in answer.text


def test_a_wallet_whose_claim_issuer_lost_its_accreditation_signs_no_orders(floor: Floor, office: FlaskClient) -> None:
    floor.desk.root.post(f"/v1/claims/{floor.desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    assert "None of your firm's wallets holds a live intermediary claim" in words(office.get("/orders/new").text)


def test_only_those_of_the_firms_wallets_that_hold_a_claim_can_be_chosen(floor: Floor, office: FlaskClient) -> None:
    second = bound_to_the_office(floor, floor.desk.onchain.actors.bob)
    page = office.get("/orders/new").text
    assert f'value="{floor.wallet.account}"' in page
    assert f'value="{second}"' not in page
    answer = office.post("/orders/new", data=said(floor, intermediary=str(second)))
    assert answer.status_code == 422
    assert "This wallet holds no live intermediary claim" in words(answer.text)
    bob = floor.desk.stand.person(floor.desk.onchain.actors.bob)
    wanted = {"claim_issuer": floor.desk.issuer["id"], "claim_type": "CUSTODIAN", "attributes": CUSTODIAN}
    floor.desk.approve(bob.post("/v1/applications", wanted)["id"])
    assert office.post("/orders/new", data=said(floor, intermediary=str(second))).status_code == 200


def test_a_refused_order_says_every_check_and_is_not_kept(floor: Floor, office: FlaskClient) -> None:
    order, signed = written(floor, office)
    altered = json.dumps({**order, "quantity": order["quantity"] + "0"})
    answer = office.post("/orders", data={"order": altered, "signature": signed})
    assert answer.status_code == 422
    assert "The order's intermediary did not sign it." in words(answer.text)
    assert answer.text.count('<li class="failed">') == 1
    assert answer.text.count('<li class="passed">') == 10
    assert floor.kept() == []


def test_a_revoked_claim_refuses_the_order_it_was_signed_under(floor: Floor, office: FlaskClient) -> None:
    order, signed = written(floor, office)
    floor.desk.stand.clock.advance(timedelta(seconds=5))
    floor.desk.revoke(floor.claim)
    answer = office.post("/orders", data={"order": json.dumps(order), "signature": signed})
    assert answer.status_code == 422
    assert "revoked after the order was issued" in words(answer.text)
    assert floor.kept() == []


def test_an_order_counts_once(floor: Floor, office: FlaskClient) -> None:
    order, signed = written(floor, office)
    content = {"order": json.dumps(order), "signature": signed}
    assert office.post("/orders", data=content).status_code == 303
    again = office.post("/orders", data=content)
    assert again.status_code == 422
    assert "This order was accepted already" in words(again.text)
    assert len(floor.kept()) == 1


@pytest.mark.parametrize("order", ["", "{}", "[]", "{", '{"id": 1}'])
def test_what_no_page_of_ours_sends_is_refused(floor: Floor, office: FlaskClient, order: str) -> None:
    answer = office.post("/orders", data={"order": order, "signature": "0x00"})
    assert answer.status_code == 422
    assert floor.kept() == []


def test_each_sees_its_own_orders_and_nobody_elses(floor: Floor, office: FlaskClient) -> None:
    where = sent(floor, office)
    party = floor.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Other Office"})["id"]
    wallet = floor.desk.onchain.devchain.wallet(OTHER_SEAT)
    other = seated(floor.desk.stand, floor.desk.administrator, wallet, "family_office", party)
    assert other.get(where).status_code == 404
    assert other.get(f"{where}/state").status_code == 404
    assert where not in other.get("/orders").text
    assert "Your firm has proved no wallet here yet" in words(other.get("/orders/new").text)
    alice = browse(floor.desk.stand, floor.desk.onchain.actors.alice)
    for browser, status in ((alice, 403), (visit(floor.desk.stand), 303)):
        for page in ("/orders", where, "/orders/new"):
            assert browser.get(page).status_code == status
    foreign = office.post("/orders", data={"order": "{}", "signature": "0x"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_network_and_an_issuer_read_and_do_not_order(floor: Floor, office: FlaskClient) -> None:
    sent(floor, office)
    dx, token_issuer = network(floor), issuer(floor)
    for browser in (dx, token_issuer):
        assert "New order" not in words(browser.get("/orders").text)
    assert token_issuer.get("/orders/new").status_code == 403


def test_the_state_follows_the_order(floor: Floor, office: FlaskClient) -> None:
    where = sent(floor, office, lifetime="hour")
    before = office.get(f"{where}/state?shown=accepted").text
    assert "data-every" in before
    assert "data-reload" not in before
    floor.desk.stand.clock.advance(timedelta(hours=1))
    after = office.get(f"{where}/state?shown=accepted").text
    assert "Nobody minted for this order" in words(after)
    assert 'data-reload="true"' in after
    assert "data-every" not in after


def test_more_orders_cost_no_more_queries(floor: Floor, office: FlaskClient) -> None:
    db = floor.desk.stand.service.db
    sent(floor, office)
    with counted(db) as few:
        office.get("/orders")
    for _ in range(3):
        sent(floor, office)
    with counted(db) as many:
        office.get("/orders")
    assert len(many) == len(few)


def test_more_minted_orders_cost_no_more_queries(floor: Floor, office: FlaskClient) -> None:
    desk, db = floor.desk, floor.desk.stand.service.db
    desk.verified(floor.wallet)

    def minted(count: int) -> int:
        for _ in range(count):
            call = desk.agent.get(f"/v1{sent(floor, office, quantity='2')}")["mint_call_data"]
            desk.onchain.actors.agent.send(desk.token.address, bytes.fromhex(call["data"][2:]))
        desk.stand.work(5)
        with counted(db) as statements:
            page = office.get("/orders").text
        assert "waits for its mint" not in words(page)
        return len(statements)

    assert minted(1) == minted(2)
