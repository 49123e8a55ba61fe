"""How many orders of one intermediary may wait at a time, and what the search for their mints costs."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from claim_issuers import SignedOrder
from claim_issuers.identifiers.accounts import ChainId
from claim_issuers.orders.order import Side
from identity_service.access.model import Caller, Role
from identity_service.chain import trex
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import ChainUnavailable
from identity_service.demo import actions
from identity_service.jobs.model import Done, Wait
from identity_service.orders.matching import MatchOrder
from identity_service.orders.model import MOST_OPEN_ORDERS, TooManyOpenOrders, watch_pause
from tests.orders.floor import DAY, OFFICE, Floor
from tests.support.queries import counted

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ROOM = 3
QUANTITY = 1000


@dataclass(frozen=True)
class Small:
    """A floor on which few orders of one party may wait."""

    floor: Floor

    def accept(self, signed: SignedOrder) -> str:
        service = self.floor.desk.stand.service
        orders = replace(service.orders, most_open=ROOM)
        caller = Caller(subject="cli_dx", scopes=frozenset({"orders:write"}), role=Role.NETWORK, party_id=self.floor.network)
        wallet = orders.evidences.ask_wallet(signed)
        with service.db.write() as session:
            return orders.accept(session, signed, wallet, caller)

    def full(self, **changes: Any) -> None:
        for _ in range(ROOM):
            self.accept(self.floor.signed(**changes))


@pytest.fixture
def small(floor: Floor) -> Small:
    return Small(floor)


def test_an_order_too_many_is_refused_until_another_is_over(small: Small) -> None:
    small.full()
    with pytest.raises(TooManyOpenOrders):
        small.accept(small.floor.signed())
    assert len(small.floor.kept()) == ROOM, "it leaves nothing"
    small.floor.desk.stand.clock.advance(2 * DAY)
    small.accept(small.floor.signed())


def test_orders_of_an_hour_wait_as_long_as_their_mint_is_searched_for(small: Small) -> None:
    clock, now = small.floor.desk.stand.clock, small.floor.desk.stand.clock.now().replace(microsecond=0)
    small.full(expires_at=now + HOUR)
    clock.advance(HOUR + MINUTE)
    with pytest.raises(TooManyOpenOrders):
        small.accept(small.floor.signed())
    clock.advance(DAY)
    small.accept(small.floor.signed())


def test_sell_orders_count_while_they_are_valid(small: Small) -> None:
    now = small.floor.desk.stand.clock.now().replace(microsecond=0)
    small.full(side=Side.SELL, expires_at=now + HOUR)
    with pytest.raises(TooManyOpenOrders):
        small.accept(small.floor.signed())
    small.floor.desk.stand.clock.advance(HOUR)
    small.accept(small.floor.signed())


def test_an_order_that_was_minted_makes_room(small: Small) -> None:
    desk = small.floor.desk
    desk.verified(small.floor.wallet)
    small.full()
    order = small.floor.kept()[0]
    call = desk.agent.get(f"/v1/orders/{order}")["mint_call_data"]
    desk.onchain.actors.agent.send(desk.token.address, bytes.fromhex(call["data"][2:]))
    desk.stand.work(40)
    small.accept(small.floor.signed())


def test_a_replay_is_told_as_one_even_when_there_is_no_room(small: Small) -> None:
    signed = small.floor.signed()
    small.accept(signed)
    for _ in range(ROOM - 1):
        small.accept(small.floor.signed())
    assert small.floor.refused(signed) == "order_replayed"


def test_each_party_has_room_of_its_own(small: Small) -> None:
    alice = small.floor.desk.onchain.actors.alice
    small.floor.desk.claim(alice, claim_type="FAMILY_OFFICE", attributes=OFFICE)
    small.full()
    small.accept(small.floor.signed(alice, intermediary=alice.account, signatory=alice.account))


def test_of_orders_sent_at_once_as_many_are_accepted_as_there_is_room_for(small: Small) -> None:
    small.accept(small.floor.signed())

    def attempt(signed: SignedOrder) -> bool:
        try:
            return bool(small.accept(signed))
        except TooManyOpenOrders:
            return False

    orders = [small.floor.signed() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        accepted = list(pool.map(attempt, orders))
    assert sum(accepted) == ROOM - 1
    assert len(small.floor.kept()) == ROOM


def test_the_service_lets_two_hundred_wait(floor: Floor) -> None:
    assert floor.desk.stand.service.orders.most_open == MOST_OPEN_ORDERS == 200


@dataclass
class CountingNode:
    """The chain, and how many inputs each request for them named; ``knows`` says which transactions the node has."""

    client: ChainClient
    asked: list[int] = field(default_factory=list)
    away: bool = False
    knows: bool = True

    def on(self, chain: ChainId) -> "CountingNode":
        assert chain == self.client.chain
        return self

    def transaction_inputs(self, hashes: Sequence[bytes]) -> list[bytes | None]:
        self.asked.append(len(hashes))
        if self.away:
            raise ChainUnavailable("the node does not answer")
        return self.client.transaction_inputs(hashes) if self.knows else [None] * len(hashes)


@dataclass(frozen=True)
class Search:
    """The search for one order's mint, look by look."""

    floor: Floor
    order: str
    node: CountingNode
    match: MatchOrder

    def look(self) -> Done | Wait:
        service = self.floor.desk.stand.service
        with service.db.read() as session:
            job = service.jobs.find(session, f"match:{self.order}")
        assert job is not None
        outcome = self.match(service.db, job)
        assert isinstance(outcome, Done | Wait)
        return outcome

    def follow(self) -> None:
        """Bring the register to the chain's head."""
        service = self.floor.desk.stand.service
        with service.db.read() as session:
            token = service.tokens.get(session, self.floor.desk.token)
        service.indexer.sync(token)

    def mint(self) -> None:
        """A mint that fits the order and does not carry its reference."""
        actions.mint(self.floor.desk.onchain.actors.agent, self.floor.desk.token.address, self.floor.wallet.address, QUANTITY)

    def mint_for_it(self) -> None:
        call = self.floor.desk.agent.get(f"/v1/orders/{self.order}")["mint_call_data"]
        self.floor.desk.onchain.actors.agent.send(self.floor.desk.token.address, bytes.fromhex(call["data"][2:]))

    def state(self) -> str:
        return str(self.floor.dx.get(f"/v1/orders/{self.order}")["state"])


@pytest.fixture
def search(floor: Floor) -> Search:
    floor.desk.verified(floor.wallet)
    order = str(floor.accepted(floor.signed(quantity=QUANTITY))["id"])
    handler = floor.desk.stand.service.jobs.handler("match_order")
    assert isinstance(handler, MatchOrder)
    node = CountingNode(floor.desk.onchain.client)
    found = Search(floor, order, node, replace(handler, chains=node))  # type: ignore[arg-type]
    found.follow()
    return found


def test_each_fitting_mint_is_looked_up_once_and_all_of_a_look_in_one_request(search: Search) -> None:
    for _ in range(3):
        search.mint()
    search.follow()
    for _ in range(3):
        search.look()
    search.mint()
    search.follow()
    search.look()
    assert search.node.asked == [3, 1]


def test_while_the_register_stands_still_a_look_reads_little_and_writes_nothing(search: Search) -> None:
    search.mint()
    search.follow()
    search.look()
    with counted(search.floor.desk.stand.service.db) as statements:
        search.look()
    said = [one.upper() for one in statements]
    assert not any("UPDATE" in one or "INSERT" in one for one in said)
    assert not any("REGISTER_MOVEMENTS" in one for one in said)


def test_a_look_asks_for_fifty_transactions_at_most_and_the_next_one_goes_on(search: Search) -> None:
    for _ in range(60):
        search.mint()
    search.mint_for_it()
    search.follow()
    search.look()
    assert search.state() == "accepted"
    search.look()
    assert search.state() == "minted"
    assert search.node.asked == [50, 11]


def test_many_mints_in_one_block_are_looked_up_together_and_the_search_goes_on_behind_them(search: Search) -> None:
    agent, devchain = search.floor.desk.onchain.actors.agent, search.floor.desk.onchain.devchain
    devchain.rpc.call("evm_setAutomine", [False])
    data = trex.MINT.encode(search.floor.wallet.address, QUANTITY)
    first = agent.client.nonce(agent.address)
    for number in range(55):
        agent.client.send_raw(agent.signed(search.floor.desk.token.address, data, gas=300_000, nonce=first + number).raw)
    devchain.mine(1)
    devchain.rpc.call("evm_setAutomine", [True])
    search.mint_for_it()
    search.follow()
    search.look()
    search.look()
    assert search.state() == "minted"
    assert sum(search.node.asked) == 56


def test_a_node_that_does_not_know_the_transaction_yet_is_asked_again(search: Search) -> None:
    search.mint_for_it()
    search.follow()
    search.node.knows = False
    assert search.look() == Wait(watch_pause(timedelta(seconds=0)), "awaiting_transaction")
    search.node.knows = True
    search.look()
    assert search.state() == "minted"


def test_a_node_that_does_not_answer_is_waited_for_no_more_often_than_a_mint(search: Search) -> None:
    search.mint_for_it()
    search.follow()
    search.node.away = True
    search.floor.desk.stand.clock.advance(5 * HOUR)
    assert search.look() == Wait(10 * MINUTE, "chain_unavailable")
    search.node.away = False
    search.look()
    assert search.state() == "minted"


def test_the_older_an_order_the_longer_the_pause_between_two_looks() -> None:
    ages = [timedelta(0), MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 4 * HOUR, 30 * DAY]
    pauses = [watch_pause(age) for age in ages]
    seconds = [pause.total_seconds() for pause in pauses]
    assert seconds == [1, 15, 30, 180, 540, 600, 600]
