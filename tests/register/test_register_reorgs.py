"""Random life on a chain with random reorgs and restarts: the register always equals one rebuilt from nothing."""

import random
from datetime import UTC, datetime

import pytest

from claim_issuers.clock import FixedClock
from identity_service.storage import Database
from tests.register.comparing import assert_equals_node, assert_equals_rebuild, indexer
from tests.register.simulated_node import SimulatedNode, address, token

PEOPLE = [address(n) for n in range(1, 7)]
IDENTITIES = [address(0xC0 + n) for n in range(3)]
DEEPEST = 16


class Life:
    """Random acts that the contracts would allow."""

    def __init__(self, node: SimulatedNode, chance: random.Random) -> None:
        self.node = node
        self.chance = chance
        self.acts = [
            self.mint,
            self.transfer,
            self.transfer,
            self.approve,
            self.transfer_from,
            self.freeze,
            self.burn,
            self.forced_transfer,
            self.freeze_account,
            self.pause,
            self.store,
            self.modify,
            self.unstore,
            self.country,
        ]

    def block(self) -> None:
        for _ in range(self.chance.randrange(4)):
            self.chance.choice(self.acts)()
        self.node.mine()

    def someone(self) -> object:
        return self.chance.choice(PEOPLE)

    def part_of(self, whole: int) -> int:
        return self.chance.randint(0, whole)

    def free(self, holder: object) -> int:
        return self.node.state.balances.get(holder, 0) - self.node.state.frozen.get(holder, 0)

    def mint(self) -> None:
        self.node.mint(self.someone(), self.chance.randint(1, 2**200))

    def transfer(self) -> None:
        holder = self.someone()
        self.node.transfer(holder, self.someone(), self.part_of(self.free(holder)))

    def approve(self) -> None:
        self.node.approve(self.someone(), self.someone(), self.chance.choice([0, 5, 2**256 - 1]))

    def transfer_from(self) -> None:
        allowances = list(self.node.state.allowances.items())
        if allowances:
            (owner, spender), allowance = self.chance.choice(allowances)
            self.node.transfer_from(spender, owner, self.someone(), self.part_of(min(allowance, self.free(owner))))

    def freeze(self) -> None:
        holder = self.someone()
        self.node.freeze(holder, self.part_of(self.free(holder)))

    def burn(self) -> None:
        holder = self.someone()
        self.node.burn(holder, self.part_of(self.node.state.balances.get(holder, 0)))

    def forced_transfer(self) -> None:
        holder = self.someone()
        self.node.forced_transfer(holder, self.someone(), self.part_of(self.node.state.balances.get(holder, 0)))

    def freeze_account(self) -> None:
        self.node.freeze_account(self.someone(), frozen=self.chance.random() < 0.5)

    def pause(self) -> None:
        self.node.pause(paused=not self.node.state.paused)

    def store(self) -> None:
        account = self.someone()
        if account not in self.node.state.links:
            self.node.store(account, self.chance.choice(IDENTITIES), self.chance.randrange(1000))

    def linked(self) -> list[object]:
        return sorted(self.node.state.links, key=lambda account: account.value)

    def modify(self) -> None:
        if linked := self.linked():
            self.node.modify(self.chance.choice(linked), self.chance.choice(IDENTITIES))

    def unstore(self) -> None:
        if linked := self.linked():
            self.node.unstore(self.chance.choice(linked))

    def country(self) -> None:
        if linked := self.linked():
            self.node.move_country(self.chance.choice(linked), self.chance.randrange(1000))


def live(db: Database, seed: int, *, rounds: int) -> SimulatedNode:
    """Follow a chain through ``rounds`` of blocks, reorgs, readings that the chain interrupts, and restarts."""
    chance = random.Random(seed)
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    node = SimulatedNode()
    node.bind()
    node.mine()
    life = Life(node, chance)
    follower = indexer(db, node, clock, finality_depth=DEEPEST + 4, range_blocks=7)
    for _ in range(rounds):
        for _ in range(chance.randrange(1, 12)):
            life.block()
        if chance.random() < 0.6:
            depth = min(chance.randint(1, DEEPEST), node.head - 1)
            if depth:
                node.interrupt(chance.randrange(30), lambda depth=depth: reorganise(node, life, depth))
        if chance.random() < 0.3:
            follower = indexer(db, node, clock, finality_depth=DEEPEST + 4, range_blocks=chance.choice([1, 5, 50]))
        follower.sync(token())
        node.calm()
        follower.sync(token())
        check(db, node, chance)
    return node


def reorganise(node: SimulatedNode, life: Life, depth: int) -> None:
    node.reorganise(min(depth, node.head - 1))
    for _ in range(life.chance.randrange(depth + 2)):
        life.block()


def check(db: Database, node: SimulatedNode, chance: random.Random) -> None:
    for _ in range(3):
        assert_equals_node(db, token(), node, chance.randint(1, node.head))
    assert_equals_node(db, token(), node, node.head)


@pytest.mark.parametrize("seed", range(4))
def test_random_reorgs_and_restarts_leave_no_trace(db: Database, seed: int) -> None:
    node = live(db, seed, rounds=8)
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert_equals_rebuild(db, token(), indexer(db, node, clock))
