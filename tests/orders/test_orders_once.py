"""An order counts once, however many processes take it at the same moment, and whatever dies around the signature."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from claim_issuers import SignedOrder
from claim_issuers.errors import Unavailable
from claim_issuers.formats.jose import verify_compact
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import Caller, Role
from identity_service.bootstrap import World, open_service
from identity_service.orders.evidence import Evidences
from identity_service.orders.model import OrderIdReused, OrderReplayed
from tests.orders.floor import Floor

THREADS = 6


def at_once(floor: Floor, orders: list[SignedOrder]) -> list[TestResponse]:
    floor.dx.get("/v1/orders")  # a token for all
    with ThreadPoolExecutor(THREADS) as pool:
        return [waiting.result() for waiting in [pool.submit(floor.post, one) for one in orders]]


def test_of_identical_orders_sent_at_once_one_is_accepted_and_the_others_are_replays(floor: Floor) -> None:
    answers = at_once(floor, [floor.signed()] * THREADS)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {OrderReplayed.code}
    assert len(floor.kept()) == 1


def test_of_different_orders_under_one_id_sent_at_once_one_is_accepted(floor: Floor) -> None:
    first = floor.signed()
    orders = [floor.signed(id=first.order.id, quantity=number + 1) for number in range(THREADS)]
    answers = at_once(floor, orders)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {OrderIdReused.code}


def test_of_orders_for_several_networks_under_one_id_sent_at_once_one_is_accepted(floor: Floor) -> None:
    first, administrator = floor.signed(), floor.desk.administrator
    others = [administrator.post("/v1/parties", {"kind": "organisation", "legal_name": f"Network {n}"})["id"] for n in range(2)]
    for party in others:
        floor.desk.stand.machine("network", party)
    networks = [floor.network, *others] * 2
    orders = [floor.signed(id=first.order.id, network=one, quantity=number + 1) for number, one in enumerate(networks)]
    floor.office.get("/v1/orders")  # a token for all
    with ThreadPoolExecutor(THREADS) as pool:
        answers = [waiting.result() for waiting in [pool.submit(floor.post, one, floor.office) for one in orders]]
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (THREADS - 1)
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {OrderIdReused.code}


def test_a_process_that_dies_before_it_signs_leaves_an_order_that_the_next_one_signs_alike(floor: Floor) -> None:
    """What is committed first is the order; the statement is made from it alone, as often as it is asked for."""
    stand, signed = floor.desk.stand, floor.signed()
    service = stand.service
    caller = Caller(subject="cli_dx", scopes=frozenset({"orders:write"}), role=Role.NETWORK, party_id=floor.network)
    wallet = service.orders.evidences.ask_wallet(signed)
    with service.db.write() as session:
        order_id = service.orders.accept(session, signed, wallet, caller)
    first = floor.dx.get(f"/v1/orders/{order_id}")["verification"]

    successor = open_service(stand.settings, World(clock=stand.clock, entropy=service.world.entropy, egress=service.world.egress))
    with successor.db.read() as session:
        again = successor.statements.signed(successor.orders.record(session, order_id))
    (key,) = [one for one in successor.statements.key_set()["keys"] if one["kid"] == successor.signers.signer("orders").kid]
    public_key = successor.signers.signer("orders").public_key  # type: ignore[attr-defined]
    assert public_key.jwk() == {name: key[name] for name in ("kty", "crv", "x")}
    verify_compact(again, keys=lambda _: public_key, algorithms=["EdDSA"], typ="order-verification+jwt")
    successor.db.close()
    assert again == first


def test_what_is_rolled_back_uses_no_id_up(floor: Floor) -> None:
    service, signed = floor.desk.stand.service, floor.signed()
    caller = Caller(subject="cli_dx", scopes=frozenset({"orders:write"}), role=Role.NETWORK, party_id=floor.network)
    with service.db.read() as session:
        service.orders.accept(session, signed, service.orders.evidences.ask_wallet(signed), caller)
    assert floor.kept() == []
    floor.accepted(signed)


class SilentChain:
    """A node that does not answer."""

    def code(self, account: Account) -> tuple[bytes, int, bytes]:
        raise Unavailable("the node does not answer")

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        raise Unavailable("the node does not answer")


def test_while_the_chain_does_not_answer_no_order_is_judged(floor: Floor) -> None:
    evidences: Evidences = replace(floor.desk.stand.service.orders.evidences, wallets=SilentChain())
    with pytest.raises(Unavailable):
        evidences.ask_wallet(floor.signed())
