"""Orders over HTTP, on the real chain and both engines: what is accepted, what is refused, and with which code."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from claim_issuers import Account, ChainId
from claim_issuers.formats.jose import verify_compact
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.secp256k1 import signature_encodings
from claim_issuers.orders import typed_data
from claim_issuers.orders.order import Side
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain
from claim_issuers.orders.verify import CLAIM_CHECKS
from tests.conftest import ONE_ENGINE
from tests.orders.floor import OFFICE, Floor
from tests.support.stand import BASE_URL

ENGINES = ONE_ENGINE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def in_domain(floor: Floor, order: SignedOrder, domain: OrderDomain) -> SignedOrder:
    """The same order, signed by the office in another domain."""
    return replace(order, domain=domain, signature=floor.wallet.signer.sign_digest(typed_data.digest(order.order, domain)))


@pytest.mark.parametrize("sender", ["dx", "office"])
def test_the_network_or_the_office_sends_an_order_and_gets_a_signed_answer(floor: Floor, sender: str) -> None:
    signed = floor.signed()
    answer = floor.accepted(signed, getattr(floor, sender))
    assert answer["state"] == "accepted"
    assert [one["check"] for one in answer["checks"]] == [
        "document",
        "chain",
        "token",
        "network",
        "time",
        "signature",
        *CLAIM_CHECKS,
    ]
    assert {one["outcome"] for one in answer["checks"]} == {"passed"}
    head = floor.desk.onchain.client.head()
    assert answer["as_of"] == {
        "chain_id": 31337,
        "block_number": head.number,
        "block_hash": "0x" + head.hash.hex(),
        "instant": floor.desk.stand.clock.now().isoformat(),
    }
    keys = floor.desk.stand.request("GET", "/.well-known/jwks.json").json["keys"]
    assert {(key["kty"], key["crv"], key["use"]) for key in keys} == {("OKP", "Ed25519", "sig")}
    assert all("d" not in key for key in keys)
    found = {key["kid"]: public_key_from_jwk({name: key[name] for name in ("kty", "crv", "x")}) for key in keys}
    token = verify_compact(answer["verification"], keys=lambda kid: found[kid], algorithms=["EdDSA"], typ="order-verification+jwt")
    token.check_time(floor.desk.stand.clock.now())
    said = token.payload
    assert (said["iss"], said["jti"], said["outcome"], said["as_of"]) == (BASE_URL, answer["id"], "accepted", answer["as_of"])
    assert said["order"] == {
        "id": signed.order.id,
        "document": "0x" + signed.order.document().hex(),
        "network": floor.network,
        "token": str(floor.desk.token),
    }
    assert said["intermediary"] == str(floor.wallet.account)
    assert said["claim"] == {"type": "FAMILY_OFFICE", "category_bit": 1, "claim_issuer": floor.desk.issuer["did"]}
    assert said["accreditation_path"] == [floor.desk.accreditation]


def test_the_same_request_sent_twice_is_one_order_with_the_same_answer(floor: Floor) -> None:
    signed, key = floor.signed(), uuid4().hex
    first, again = floor.post(signed, key=key), floor.post(signed, key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first.headers["Location"] == again.headers["Location"] == f"/v1/orders/{first.json['id']}"
    assert len(floor.kept()) == 1


def test_a_replay_is_refused_whoever_sends_it(floor: Floor) -> None:
    signed = floor.signed()
    floor.accepted(signed)
    assert floor.refused(signed) == "order_replayed"
    assert floor.refused(signed, floor.office) == "order_replayed"


def test_another_order_under_a_used_id_is_refused(floor: Floor) -> None:
    signed = floor.signed()
    floor.accepted(signed)
    assert floor.refused(floor.signed(id=signed.order.id, quantity=5)) == "order_id_reused"


def test_an_id_counts_once_whatever_the_network_and_a_refused_order_uses_none_up(floor: Floor) -> None:
    signed = floor.signed()
    assert floor.refused(replace(signed, document=bytes(32))) == "order_altered"
    floor.accepted(signed)
    party = floor.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Another Network"})["id"]
    other = floor.desk.stand.machine("network", party)
    again = floor.signed(id=signed.order.id, network=party)
    assert floor.refused(again, other) == "order_id_reused"
    assert floor.refused(again, floor.office) == "order_id_reused"
    assert other.get("/v1/orders")["items"] == []


def test_an_altered_quantity_is_refused(floor: Floor) -> None:
    signed = floor.signed()
    altered = replace(signed, order=replace(signed.order, quantity=10_000))
    assert floor.refused(altered) == "order_altered"
    assert floor.refused(replace(altered, document=altered.order.document())) == "order_signed_by_another_account"


def test_an_order_to_another_network_is_refused(floor: Floor) -> None:
    party = floor.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Another Network"})["id"]
    order = floor.signed(network=party)
    assert floor.refused(order) == "order_wrong_network"
    assert floor.refused(order, floor.office) == "order_wrong_network", "no network yet: nobody acts for it as one"
    floor.desk.stand.machine("network", party)
    floor.accepted(order, floor.office)
    assert floor.refused(floor.signed(network=floor.party), floor.office) == "order_wrong_network"
    assert floor.refused(floor.signed(network="pty_nobody"), floor.office) == "order_wrong_network"


def test_an_order_for_another_chain_or_token_is_refused(floor: Floor) -> None:
    signed = floor.signed()
    elsewhere = OrderDomain(ChainId(1), floor.desk.token.address)
    assert floor.refused(in_domain(floor, signed, elsewhere)) == "order_wrong_chain"
    account = Account(ChainId(1), floor.wallet.address)
    assert floor.refused(floor.signed(intermediary=account, signatory=account)) == "order_wrong_chain"
    other = OrderDomain(floor.desk.token.chain, floor.wallet.address)
    assert floor.refused(in_domain(floor, signed, other)) == "order_wrong_token"


def test_an_order_for_a_token_that_is_not_registered_is_refused(floor: Floor) -> None:
    unregistered = Account(floor.desk.token.chain, floor.wallet.address)
    assert floor.refused(floor.signed(token=unregistered)) == "token_unknown"


def test_another_accounts_signature_is_refused(floor: Floor) -> None:
    stranger = floor.desk.onchain.actors.stranger
    assert floor.refused(floor.signed(stranger)) == "order_signed_by_another_account"
    assert floor.refused(floor.signed(stranger), floor.office) == "order_signed_by_another_account"


def test_only_the_canonical_signature_is_accepted(floor: Floor) -> None:
    signed = floor.signed()
    for encoding in signature_encodings(signed.signature)[1:]:
        assert floor.refused(replace(signed, signature=encoding)) == "order_signature_not_canonical"


def test_an_order_that_is_early_late_or_too_long_is_refused(floor: Floor) -> None:
    now = floor.desk.stand.clock.now().replace(microsecond=0)
    early, too_long = floor.signed(issued_at=now + HOUR), floor.signed(expires_at=now + 31 * DAY)
    assert floor.refused(early) == "order_not_yet_valid"
    assert floor.refused(too_long) == "order_lifetime_too_long"
    short = floor.signed(expires_at=now + HOUR)
    floor.desk.stand.clock.advance(HOUR)
    assert floor.refused(short) == "order_expired"
    floor.accepted(early)


def test_an_account_without_an_intermediary_claim_is_refused(floor: Floor) -> None:
    alice = floor.desk.onchain.actors.alice
    theirs = {"intermediary": alice.account, "signatory": alice.account}
    assert floor.refused(floor.signed(alice, **theirs)) == "order_claim_missing"
    floor.desk.claim(alice)
    assert floor.refused(floor.signed(alice, **theirs)) == "order_claim_missing", "an investor is no intermediary"


def test_an_expired_claim_is_refused(floor: Floor) -> None:
    floor.desk.stand.clock.advance(30 * DAY)
    assert floor.refused(floor.signed()) == "order_claim_expired"


def test_a_claim_revoked_before_or_after_the_signature_is_refused_each_in_its_words(floor: Floor) -> None:
    signed_before = floor.signed()
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.revoke(floor.claim)
    assert floor.refused(signed_before) == "order_claim_revoked_since_signing"
    floor.desk.stand.clock.advance(HOUR)
    assert floor.refused(floor.signed()) == "order_claim_revoked"


def test_a_new_claim_takes_the_place_of_a_revoked_one(floor: Floor) -> None:
    floor.desk.revoke(floor.claim)
    floor.desk.stand.clock.advance(HOUR)
    floor.desk.claim(
        floor.wallet, claim_type="CUSTODIAN", attributes={"licence_id": "CU-1", "regulator": "X", "jurisdiction": "CH"}
    )
    answer = floor.accepted()
    shown = floor.dx.get(f"/v1/orders/{answer['id']}")
    assert shown["claim_type"] == "CUSTODIAN"


def test_a_claim_whose_issuer_lost_its_accreditation_is_refused(floor: Floor) -> None:
    signed = floor.signed()
    floor.desk.root.post(f"/v1/claims/{floor.desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    assert floor.refused(signed) == "order_claim_issuer_not_accredited"


def test_a_claim_of_a_place_for_which_its_issuer_is_not_accredited_is_refused(floor: Floor) -> None:
    swiss = floor.desk.accredited_only_in("CH")
    order = floor.accepted()["id"]
    floor.desk.root.post(f"/v1/claims/{swiss}/revoke", {"reason": "data_changed"})
    floor.desk.accredited_only_in("DE", "US-NY")
    assert floor.refused(floor.signed()) == "order_claim_issuer_not_accredited"
    assert floor.dx.get(f"/v1/orders/{order}")["claim_now"] == "not_accredited"


def test_a_signatory_counts_once_the_claim_attests_it(floor: Floor) -> None:
    signatory = floor.desk.onchain.actors.carol.account
    assert floor.refused(floor.signed(signatory=signatory)) == "order_signatory_not_authorised"
    attributes = {**OFFICE, "authorised_signatories": [signatory.did]}
    floor.desk.claim(floor.wallet, claim_type="FAMILY_OFFICE", attributes=attributes)
    floor.accepted(floor.signed(signatory=signatory))
    stranger = floor.desk.onchain.actors.stranger.account
    assert floor.refused(floor.signed(signatory=stranger)) == "order_signatory_not_authorised"


def test_the_problem_names_every_check_that_did_not_pass(floor: Floor) -> None:
    stranger = floor.desk.onchain.actors.stranger
    problem = floor.post(floor.signed(stranger, network="pty_nobody", signatory=stranger.account)).json
    assert problem["status"] == 422
    assert problem["code"] == "order_wrong_network"
    assert problem["errors"] == [
        {"pointer": "/order/network", "detail": "order_wrong_network"},
        {"pointer": "/signature", "detail": "order_signed_by_another_account"},
        {"pointer": "/order/signatory", "detail": "order_signatory_not_authorised"},
    ]


def test_an_office_sends_orders_of_its_own_accounts_only(floor: Floor) -> None:
    desk, alice = floor.desk, floor.desk.onchain.actors.alice
    theirs = floor.signed(alice, intermediary=alice.account, signatory=alice.account)
    assert floor.refused(theirs, floor.office) == "order_not_yours"
    desk.claim(alice, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    assert floor.refused(theirs, floor.office) == "order_not_yours"
    assert floor.post(floor.signed(), desk.stand.machine("family_office")).json["code"] == "order_not_yours"


def test_whoever_holds_the_offices_seat_sends_its_orders_from_a_wallet(floor: Floor) -> None:
    bob = floor.desk.onchain.actors.bob
    person = floor.desk.stand.person(bob)
    assert floor.post(floor.signed(), person).json["code"] == "scope_missing"
    seat = {"account": str(bob.account), "role": "family_office", "party": floor.party}
    floor.desk.administrator.post("/v1/seats", seat)
    answer = floor.accepted(session=person)
    assert [one["id"] for one in person.get("/v1/orders")["items"]] == [answer["id"]]


def test_a_malformed_order_is_refused_by_the_member_at_fault(floor: Floor) -> None:
    envelope = floor.signed().as_json()
    for changes, code, pointer in (
        ({"order": {**envelope["order"], "client": "C-1"}}, "malformed_order", "/order"),
        ({"order": {**envelope["order"], "quantity": "1e3"}}, "malformed_order", "/order/quantity"),
        ({"signature": "0xzz"}, "malformed_order", "/signature"),
        ({"signature": 7}, "invalid_field", "/signature"),
        ({"note": "for Maya"}, "invalid_field", "/note"),
    ):
        response = floor.post({**envelope, **changes})
        assert response.status_code == 422
        assert (response.json["code"], response.json["errors"][0]["pointer"]) == (code, pointer)


def test_roles_without_the_scope_neither_send_nor_read_orders(floor: Floor) -> None:
    floor.accepted()
    for role in ("administrator", "claim_issuer", "transfer_agent", "regulator"):
        session = floor.desk.stand.machine(role, floor.party)
        assert floor.post(floor.signed(), session).json["code"] == "scope_missing"
        assert floor.desk.stand.request("GET", "/v1/orders", session).json["code"] == "scope_missing"
    assert floor.post(floor.signed(), floor.desk.agent).json["code"] == "scope_missing"


def test_a_sell_order_is_verified_like_a_buy_order(floor: Floor) -> None:
    answer = floor.accepted(floor.signed(side=Side.SELL))
    assert floor.dx.get(f"/v1/orders/{answer['id']}")["signed_order"]["order"]["side"] == "sell"
