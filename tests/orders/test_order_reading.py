"""Who sees which orders: the network its inbox, the office its own, the token issuer those for its tokens; and pages of them."""

from datetime import timedelta

from claim_issuers import SignedOrder
from claim_issuers.orders.order import Side
from tests.orders.floor import OFFICE, Floor


def test_each_reader_sees_the_orders_that_concern_it_and_no_others(floor: Floor) -> None:
    desk, stand = floor.desk, floor.desk.stand
    alice = desk.onchain.actors.alice
    application = desk.apply(alice, "FAMILY_OFFICE", OFFICE)
    desk.approve(application)
    other_office = stand.machine("custodian", desk.session.get(f"/v1/applications/{application}")["party"])
    other_party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Another Network"})["id"]
    other_dx = stand.machine("network", other_party)
    ours = floor.accepted()["id"]
    theirs = floor.accepted(
        floor.signed(alice, intermediary=alice.account, signatory=alice.account, network=other_party), other_dx
    )["id"]
    stranger = stand.machine("token_issuer", other_party)

    seen = {
        "dx": floor.dx,
        "other dx": other_dx,
        "office": floor.office,
        "other office": other_office,
        "token issuer": desk.agent,
        "another token issuer": stranger,
    }
    lists = {name: {one["id"] for one in session.get("/v1/orders")["items"]} for name, session in seen.items()}
    assert lists == {
        "dx": {ours},
        "other dx": {theirs},
        "office": {ours},
        "other office": {theirs},
        "token issuer": {ours, theirs},
        "another token issuer": set(),
    }
    for name, session in seen.items():
        for order in (ours, theirs):
            response = stand.request("GET", f"/v1/orders/{order}", session)
            assert response.status_code == (200 if order in lists[name] else 404)
            assert order in lists[name] or response.json["code"] == "order_unknown"


def test_the_order_comes_back_as_it_was_signed_with_its_verification(floor: Floor) -> None:
    signed = floor.signed()
    answer = floor.accepted(signed)
    shown = floor.office.get(f"/v1/orders/{answer['id']}")
    assert SignedOrder.from_json(shown["signed_order"]) == signed
    assert {name: shown[name] for name in answer} == answer
    assert (shown["mint"], shown["mint_call_data"]) == (None, None)
    assert shown["claim_issuer"] == floor.desk.issuer["did"]


def test_only_the_token_issuer_is_told_how_to_mint_and_only_for_an_open_buy_order(floor: Floor) -> None:
    buy, sell = floor.accepted()["id"], floor.accepted(floor.signed(side=Side.SELL))["id"]
    for session in (floor.dx, floor.office):
        assert session.get(f"/v1/orders/{buy}")["mint_call_data"] is None
    call = floor.desk.agent.get(f"/v1/orders/{buy}")["mint_call_data"]
    assert (call["to"], call["value"]) == (str(floor.desk.token), "0")
    assert floor.desk.agent.get(f"/v1/orders/{sell}")["mint_call_data"] is None
    floor.desk.stand.clock.advance(timedelta(days=1))
    lapsed = floor.desk.agent.get(f"/v1/orders/{buy}")
    assert (lapsed["state"], lapsed["mint_call_data"]) == ("lapsed", None)


def test_pages_go_from_the_newest_to_the_oldest_without_gap_or_repetition(floor: Floor) -> None:
    made = []
    for number in range(5):
        made.append(floor.accepted(floor.signed(quantity=number + 1))["id"])
        if number % 2:
            floor.desk.stand.clock.advance(timedelta(seconds=1))
    seen, cursor = [], ""
    while cursor is not None and len(seen) <= len(made):
        page = floor.dx.get("/v1/orders", limit=2, cursor=cursor)
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(made)
    assert seen[0] == made[-1], "the newest comes first"
    instants = [floor.dx.get(f"/v1/orders/{one}")["accepted_at"] for one in seen]
    assert instants == sorted(instants, reverse=True)


def test_a_cursor_that_is_none_of_the_readers_orders_is_refused(floor: Floor) -> None:
    own = floor.accepted()["id"]
    stranger = floor.desk.stand.machine("network", floor.party)
    for session, cursor in ((floor.dx, "ord_none"), (stranger, own)):
        response = floor.desk.stand.request("GET", f"/v1/orders?cursor={cursor}", session)
        assert (response.status_code, response.json["code"]) == (400, "cursor_invalid")
