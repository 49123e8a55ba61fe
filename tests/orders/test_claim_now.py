"""An order outlives the claim it was accepted on: each reading says how that stands, and nothing more is offered to mint for it."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from claim_issuers import Order, sign_order
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.orders.floor import OFFICE, Floor
from tests.support.browsing import seated, words
from tests.support.desk import Licensed

ENGINES = ONE_ENGINE

NETWORK_SEAT, ISSUER_SEAT, FIRM, SIGNATORY = 40, 41, 42, 43
HOUR = timedelta(hours=1)


def browsers(floor: Floor) -> tuple[FlaskClient, FlaskClient]:
    """The network's and the token issuer's."""
    desk = floor.desk
    issuer = desk.administrator.get(f"/v1/tokens/{desk.token}")["token_issuer"]
    wallets = [desk.onchain.devchain.wallet(index) for index in (NETWORK_SEAT, ISSUER_SEAT)]
    return (
        seated(desk.stand, desk.administrator, wallets[0], "network", floor.network),
        seated(desk.stand, desk.administrator, wallets[1], "token_issuer", issuer),
    )


def as_issuer(floor: Floor, order: str) -> dict[str, Any]:
    return dict(floor.desk.agent.get(f"/v1/orders/{order}"))


def firm(floor: Floor) -> Licensed:
    """A family office that is an organisation; the floor's own is a natural person."""
    return floor.desk.licensed(FIRM, "Linden <script> Family Office AG")


def of(floor: Floor, wallet: Wallet, **changes: Any) -> Order:
    return floor.order(intermediary=wallet.account, signatory=wallet.account, **changes)


def test_the_order_of_a_revoked_office_is_shown_as_such_and_not_minted_for(floor: Floor) -> None:
    order = floor.accepted()["id"]
    before = as_issuer(floor, order)
    assert before["claim_now"] == "live"
    assert before["mint_call_data"] is not None
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.revoke(floor.claim)
    after = as_issuer(floor, order)
    assert (after["state"], after["claim_now"], after["mint_call_data"]) == ("accepted", "revoked", None)
    assert after["verification"] == before["verification"]
    assert [one["claim_now"] for one in floor.dx.get("/v1/orders")["items"]] == ["revoked"]
    assert [one["mint_call_data"] for one in floor.desk.agent.get("/v1/orders")["items"]] == [None]


def test_the_pages_say_so_too(floor: Floor) -> None:
    order = floor.accepted()["id"]
    dx, issuer = browsers(floor)
    assert "Call data" in words(issuer.get(f"/orders/{order}").text)
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.revoke(floor.claim)
    at = floor.desk.stand.clock.now()
    for browser in (dx, issuer):
        page = words(browser.get(f"/orders/{order}").text)
        assert f"the intermediary's family office claim was revoked on {at.day} {at:%B %Y, %H:%M} UTC" in page
        assert "The claim has not been revoked. It was so when the order came in, and is so no longer." in page
        assert "Call data" not in page
        overview = browser.get("/orders").text
        assert '<span class="badge warn">claim since revoked</span>' in overview
        assert "every check passed" not in words(overview)
    followed = issuer.get(f"/orders/{order}/state?shown=accepted").text
    assert 'data-reload="true"' in followed
    assert "Do not mint for it" in words(followed)


def test_an_expired_claim_is_told_from_a_revoked_one(floor: Floor) -> None:
    floor.desk.revoke(floor.claim)
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.claim(floor.wallet, valid_for=7200, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    order = floor.accepted()["id"]
    floor.desk.stand.clock.advance(2 * HOUR)
    assert as_issuer(floor, order)["claim_now"] == "expired"
    assert as_issuer(floor, order)["mint_call_data"] is None


def test_the_accreditation_of_the_claim_issuer_is_judged_again(floor: Floor) -> None:
    order = floor.accepted()["id"]
    floor.desk.root.post(f"/v1/claims/{floor.desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    seen = as_issuer(floor, order)
    assert (seen["claim_now"], seen["mint_call_data"]) == ("not_accredited", None)
    assert "claim issuer no longer accredited" in words(browsers(floor)[0].get("/orders").text)


def test_a_claim_of_the_same_type_issued_anew_bears_the_order_again(floor: Floor) -> None:
    order = floor.accepted()["id"]
    floor.desk.revoke(floor.claim)
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.claim(floor.wallet, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    seen = as_issuer(floor, order)
    assert seen["claim_now"] == "live"
    assert seen["mint_call_data"] is not None


def test_a_claim_of_another_type_does_not(floor: Floor) -> None:
    order = floor.accepted()["id"]
    floor.desk.revoke(floor.claim)
    licence = {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"}
    floor.desk.claim(floor.wallet, claim_type="CUSTODIAN", attributes=licence)
    assert as_issuer(floor, order)["claim_now"] == "revoked"


def test_a_claim_issued_anew_does_not_bear_what_a_signatory_of_the_old_one_signed_for(floor: Floor) -> None:
    floor.desk.revoke(floor.claim)
    floor.desk.stand.clock.advance(HOUR)
    signatory = floor.desk.onchain.devchain.wallet(SIGNATORY)
    named = {**OFFICE, "authorised_signatories": [f"did:pkh:{signatory.account}"]}
    claim = floor.desk.claim(floor.wallet, claim_type="FAMILY_OFFICE", attributes=named)
    order = floor.accepted(floor.signed(signatory=signatory.account))["id"]
    assert as_issuer(floor, order)["claim_now"] == "live"
    floor.desk.revoke(claim)
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.claim(floor.wallet, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    assert as_issuer(floor, order)["claim_now"] == "revoked"


def test_a_network_reads_which_firm_sent_it_an_order_and_the_issuer_does_not(floor: Floor) -> None:
    office = firm(floor)
    order = floor.accepted(sign_order(of(floor, office.wallet), office.wallet.signer))["id"]
    dx, issuer = browsers(floor)
    for path in ("/orders", f"/orders/{order}"):
        assert "Linden &lt;script&gt; Family Office AG" in dx.get(path).text
        assert "Linden" not in issuer.get(path).text
    assert floor.desk.issuer["name"] in words(dx.get(f"/orders/{order}").text)


def test_a_network_does_not_read_the_name_of_a_person_or_of_another_networks_orders(floor: Floor) -> None:
    office = firm(floor)
    administrator = floor.desk.administrator
    other = administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Second Network"})["id"]
    second = floor.desk.stand.machine("network", other)
    theirs = floor.accepted(sign_order(of(floor, office.wallet, network=other), office.wallet.signer), second)["id"]
    mine = floor.accepted()["id"]
    dx, _ = browsers(floor)
    assert dx.get(f"/orders/{theirs}").status_code == 404
    for path in ("/orders", f"/orders/{mine}"):
        page = dx.get(path).text
        assert "Linden" not in page
        assert "Maya Rosenthal" not in page


def test_prices_are_grouped_like_quantities(floor: Floor) -> None:
    order = floor.accepted(floor.signed(price="1000000.5"))["id"]
    dx, _ = browsers(floor)
    for path in ("/orders", f"/orders/{order}"):
        assert "1\u202f000\u202f000.5 CHF" in dx.get(path).text
