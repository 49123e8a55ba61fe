"""An accepted order finds its mint on the real token: by the reference in the call data, once, and not after a reorg."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from claim_issuers.identifiers.accounts import Address
from claim_issuers.orders.reference import reference
from identity_service.chain import trex
from identity_service.chain.client import Receipt
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from tests.orders.floor import OFFICE, Floor

QUANTITY = 1000


def forwarder(owner: Wallet) -> Address:
    """A contract that sends what follows the first word of its call data to the address in that word, and fails as that does."""
    size = "6020360380"  # CALLDATASIZE - 32, twice
    copy = "60206000" + "37"
    call = "600060008260006000600035" + "5af1"
    runtime = bytes.fromhex(size + copy + call + "602057" + "60006000fd" + "5b00")
    return owner.create(b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + runtime)


@dataclass(frozen=True)
class Issuing:
    """A floor whose office may hold the token, and the token's agent, who mints."""

    floor: Floor

    @property
    def agent(self) -> Wallet:
        return self.floor.desk.onchain.actors.agent

    def order(self, **changes: Any) -> str:
        return str(self.floor.accepted(self.floor.signed(**changes))["id"])

    def read(self, order: str) -> dict[str, Any]:
        """The order as the token issuer sees it, after the register and the worker had their time."""
        stand = self.floor.desk.stand
        stand.work(1)
        stand.clock.advance(timedelta(seconds=30))
        stand.work(1)
        return dict(self.floor.desk.agent.get(f"/v1/orders/{order}"))

    def mint_for(self, order: str) -> Receipt:
        """The agent sends the call data that the API gave the token issuer."""
        call = self.floor.desk.agent.get(f"/v1/orders/{order}")["mint_call_data"]
        return self.agent.send(self.floor.desk.token.address, bytes.fromhex(call["data"][2:]))

    def mint(self, quantity: int, *orders: str, to: Wallet | None = None) -> Receipt:
        """A mint with the references of these orders behind it."""
        ids = [self.floor.dx.get(f"/v1/orders/{order}")["signed_order"]["order"]["id"] for order in orders]
        data = trex.MINT.encode((to or self.floor.wallet).address, quantity) + b"".join(map(reference, ids))
        return self.agent.send(self.floor.desk.token.address, data)

    def trail(self, order: str) -> list[str]:
        service = self.floor.desk.stand.service
        with service.db.read() as session:
            return [one.action for one in service.audit.entries(session, limit=1000) if one.subject == order]

    def job(self, order: str) -> Any:
        service = self.floor.desk.stand.service
        with service.db.read() as session:
            return service.jobs.find(session, f"match:{order}")


@pytest.fixture
def issuing(floor: Floor) -> Issuing:
    floor.desk.verified(floor.wallet)
    return Issuing(floor)


def test_the_token_mints_with_the_reference_behind_the_call_and_the_order_finds_its_mint(issuing: Issuing) -> None:
    desk = issuing.floor.desk
    order = issuing.order()
    assert issuing.read(order)["state"] == "accepted"
    receipt = issuing.mint_for(order)

    head = desk.onchain.client.head()
    assert desk.onchain.token.balance(issuing.floor.wallet.address, head) == QUANTITY, "Solidity passes the reference over"
    sent, unknown = desk.onchain.client.transaction_inputs([receipt.transaction_hash, bytes(32)])
    order_id = desk.agent.get(f"/v1/orders/{order}")["signed_order"]["order"]["id"]
    assert unknown is None
    assert sent == trex.MINT.encode(issuing.floor.wallet.address, QUANTITY) + reference(order_id)

    shown = issuing.read(order)
    mint = {
        "transaction": "0x" + receipt.transaction_hash.hex(),
        "block_number": receipt.block_number,
        "block_hash": "0x" + receipt.block_hash.hex(),
        "final": False,
    }
    assert (shown["state"], shown["mint"], shown["mint_call_data"]) == ("minted", mint, None)
    assert issuing.floor.dx.get(f"/v1/orders/{order}")["mint"] == mint
    assert issuing.job(order).state == "queued", "it may still be undone"

    desk.onchain.devchain.mine(64)
    assert issuing.read(order)["mint"] == {**mint, "final": True}
    assert issuing.job(order).state == "done"
    assert issuing.trail(order) == ["order.accepted", "order.minted"]


def test_a_mint_without_the_reference_or_with_another_quantity_or_receiver_is_not_the_orders(issuing: Issuing) -> None:
    desk, alice = issuing.floor.desk, issuing.floor.desk.onchain.actors.alice
    desk.verified(alice)
    order, other = issuing.order(), issuing.order(quantity=7)
    actions.mint(issuing.agent, desk.token.address, issuing.floor.wallet.address, QUANTITY)
    issuing.mint(QUANTITY, other)
    issuing.mint(QUANTITY - 1, order)
    issuing.mint(QUANTITY, order, to=alice)
    assert issuing.read(order)["state"] == "accepted"
    receipt = issuing.mint(QUANTITY, order)
    assert issuing.read(order)["mint"]["block_number"] == receipt.block_number


def test_one_mint_fulfils_one_order(issuing: Issuing) -> None:
    orders = [issuing.order(), issuing.order()]
    issuing.mint(QUANTITY, *orders)
    assert [issuing.read(order)["state"] for order in orders] == ["minted", "accepted"], "whose reference stands behind the call"
    issuing.mint_for(orders[1])
    assert [issuing.read(order)["state"] for order in orders] == ["minted", "minted"]


def test_a_mint_for_an_order_of_one_network_is_not_taken_for_an_order_of_another(issuing: Issuing) -> None:
    """The same token, the same quantity, the same account: the id is all that tells two orders apart, so it counts once."""
    floor = issuing.floor
    party = floor.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Second Network"})["id"]
    second = floor.desk.stand.machine("network", party)
    first = floor.signed()
    order = str(floor.accepted(first)["id"])
    assert floor.refused(floor.signed(id=first.order.id, network=party), second) == "order_id_reused"
    other = str(floor.accepted(floor.signed(network=party), second)["id"])
    issuing.mint_for(order)
    assert (issuing.read(order)["state"], issuing.read(other)["state"]) == ("minted", "accepted")


def test_a_reference_that_the_office_has_hidden_in_a_quantity_is_none(issuing: Issuing) -> None:
    """The bytes of one order's reference can stand in the arguments of the mint for another."""
    hidden, shown = str(uuid4()), str(uuid4())
    quantity = int.from_bytes(reference(hidden).ljust(32, b"\0"), "big")
    order = str(issuing.floor.accepted(issuing.floor.signed(id=hidden, quantity=quantity))["id"])
    mint = trex.MINT.encode(issuing.floor.wallet.address, quantity) + reference(shown)
    issuing.agent.send(issuing.floor.desk.token.address, mint)
    assert issuing.read(order)["state"] == "accepted"


def test_a_mint_through_another_contract_counts_when_our_whole_call_stands_in_its_input(issuing: Issuing) -> None:
    desk = issuing.floor.desk
    agent_contract = forwarder(issuing.agent)
    desk.onchain.actors.token_owner.do(desk.token.address, trex.ADD_AGENT, agent_contract)
    orders = [issuing.order(), issuing.order()]
    calls = [desk.agent.get(f"/v1/orders/{order}")["mint_call_data"]["data"][2:] for order in orders]
    target = bytes(12) + desk.token.address.value
    issuing.agent.send(agent_contract, target + bytes.fromhex(calls[1])[:68] + bytes(20) + reference(str(uuid4())))
    assert [issuing.read(order)["state"] for order in orders] == ["accepted", "accepted"]
    receipt = issuing.agent.send(agent_contract, target + bytes.fromhex(calls[0]) + b"added by a wallet")
    assert issuing.read(orders[0])["mint"]["block_number"] == receipt.block_number
    assert issuing.read(orders[1])["state"] == "accepted"


def test_a_reorg_that_drops_the_mint_leaves_no_trace_of_it(issuing: Issuing) -> None:
    devchain = issuing.floor.desk.onchain.devchain
    order = issuing.order()
    devchain.mine(3)
    issuing.mint_for(order)
    assert issuing.read(order)["state"] == "minted"
    devchain.reorg(2)
    undone = issuing.read(order)
    assert (undone["state"], undone["mint"]) == ("accepted", None)
    assert undone["mint_call_data"] is not None

    again = issuing.mint_for(order)
    assert issuing.read(order)["mint"]["block_hash"] == "0x" + again.block_hash.hex()
    assert issuing.trail(order) == ["order.accepted", "order.minted", "order.mint_undone", "order.minted"]


def test_a_reorg_that_moves_the_mint_moves_it_with_the_order(issuing: Issuing) -> None:
    onchain = issuing.floor.desk.onchain
    order = issuing.order()
    call = issuing.floor.desk.agent.get(f"/v1/orders/{order}")["mint_call_data"]
    onchain.devchain.mine(3)
    sent = issuing.agent.signed(issuing.floor.desk.token.address, bytes.fromhex(call["data"][2:]))
    first = issuing.mint_for(order)
    assert first.transaction_hash == sent.hash, "the very transaction"
    onchain.devchain.mine(1)
    before = issuing.read(order)["mint"]
    onchain.devchain.reorg(3, [(sent.raw, 2)])
    after = issuing.read(order)["mint"]
    assert (before["block_number"], after["block_number"]) == (first.block_number, first.block_number + 1)
    assert after["transaction"] == before["transaction"]


def test_an_order_that_expires_without_a_mint_lapses_and_a_late_mint_still_counts(issuing: Issuing) -> None:
    clock = issuing.floor.desk.stand.clock
    order, forgotten = issuing.order(), issuing.order(quantity=5)
    clock.advance(timedelta(days=1))
    assert issuing.read(order)["state"] == "lapsed"
    assert issuing.job(order).state == "queued"
    issuing.mint(QUANTITY, order)
    issuing.floor.desk.stand.work(1)
    clock.advance(timedelta(minutes=10))
    assert issuing.read(order)["state"] == "minted"
    clock.advance(timedelta(days=1))
    assert issuing.read(forgotten)["state"] == "lapsed"
    assert issuing.job(forgotten).state == "done", "nobody waits for a mint for ever"


def test_a_custodians_mint_for_another_office_is_left_alone(issuing: Issuing) -> None:
    alice, desk = issuing.floor.desk.onchain.actors.alice, issuing.floor.desk
    desk.verified(alice)
    desk.claim(alice, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    ours = issuing.order()
    theirs = str(issuing.floor.accepted(issuing.floor.signed(alice, intermediary=alice.account, signatory=alice.account))["id"])
    issuing.mint(QUANTITY, theirs, ours, to=alice)
    assert (issuing.read(ours)["state"], issuing.read(theirs)["state"]) == ("accepted", "minted")
