"""What the register answers, and what it refuses to answer."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from claim_issuers.clock import FixedClock
from claim_issuers.identifiers.accounts import Account, ChainId
from identity_service.register.fold import Fact
from identity_service.register.model import BlockNotIndexed, RegisterBehind, TransferKind
from identity_service.register.service import Register
from identity_service.register.tables import VERSIONS
from identity_service.storage import Database
from tests.register.comparing import account, fingerprint, indexer, view
from tests.register.simulated_node import SimulatedNode, address, token

ALICE, BOB, OFFICE, CUSTODIAN, IDENTITY = (address(n) for n in range(1, 6))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = token(deployed_block=4)


@pytest.fixture
def node(db: Database) -> SimulatedNode:
    """Block 4 deploys; 5 mints; 6 approves; 7 is a custodian's move; and the register is there."""
    node = SimulatedNode()
    node.mine(3)
    node.bind()
    node.pause(paused=False)
    node.mine()
    node.store(ALICE, IDENTITY)
    node.mint(ALICE, 100)
    node.mine()
    node.approve(ALICE, OFFICE, 80)
    node.approve(ALICE, CUSTODIAN, 90)
    node.approve(BOB, OFFICE, 7)
    node.mine()
    node.transfer_from(OFFICE, ALICE, BOB, 10)
    node.mine()
    indexer(db, node, FixedClock(NOW)).sync(TOKEN)
    return node


@pytest.mark.usefixtures("node")
class TestWithARegister:
    def test_an_answer_says_as_of_when(self, db: Database, node: SimulatedNode) -> None:
        as_of = view(db, TOKEN, 5).as_of
        assert (as_of.chain, as_of.block_number, as_of.block_hash) == (TOKEN.chain, 5, node.blocks[5].hash)
        assert as_of.instant == datetime.fromtimestamp(1_700_000_000 + 12 * 5, UTC)

    def test_the_newest_block_is_the_default(self, db: Database, node: SimulatedNode) -> None:
        assert view(db, TOKEN).as_of.block_number == node.head

    def test_a_block_not_reached_yet_is_told_from_one_before_the_token(self, db: Database, node: SimulatedNode) -> None:
        with pytest.raises(RegisterBehind) as behind:
            view(db, TOKEN, node.head + 1)
        assert behind.value.data["indexed_to"] == node.head
        with pytest.raises(BlockNotIndexed) as before:
            view(db, TOKEN, 3)
        assert before.value.data["first_block"] == 4
        with pytest.raises(BlockNotIndexed):
            view(db, TOKEN, -1)

    def test_allowances_to_a_spender_are_what_it_may_move_of_whom(self, db: Database) -> None:
        with db.read() as session:
            found = Register().allowances_to(session, TOKEN, account(OFFICE))
        assert [(at.owner, at.allowance, at.effective, at.since_block) for at in found] == [
            (account(ALICE), 70, 70, 7),
            (account(BOB), 7, 7, 6),
        ]

    def test_allowances_of_an_owner_are_given_one_by_one_though_they_overlap(self, db: Database) -> None:
        with db.read() as session:
            found = Register().allowances_of(session, TOKEN, account(ALICE))
        assert [(at.spender, at.effective) for at in found] == [(account(OFFICE), 70), (account(CUSTODIAN), 90)]

    def test_allowances_at_an_old_block_are_those_of_then(self, db: Database) -> None:
        with db.read() as session:
            found = Register().allowances_to(session, TOKEN, account(OFFICE), 6)
        assert [(at.owner, at.allowance, at.effective) for at in found] == [(account(ALICE), 80, 80), (account(BOB), 7, 0)]

    def test_one_holding_is_as_in_the_whole_view(self, db: Database) -> None:
        with db.read() as session:
            holding = Register().holding(session, TOKEN, account(ALICE))
        assert holding == view(db, TOKEN).holdings[account(ALICE)]
        assert (holding.quantity, holding.since_block, holding.identity_contract) == (90, 5, IDENTITY)

    def test_movements_are_found_by_block_and_by_transaction(self, db: Database) -> None:
        with db.read() as session:
            everything = Register().movements(session, TOKEN)
            (custodian_move,) = Register().movements(session, TOKEN, first=6)
            minted = Register().movements(session, TOKEN, last=5)
            same = Register().movements(session, TOKEN, transaction=custodian_move.transaction)
        assert [move.kind for move in everything] == [TransferKind.MINT, TransferKind.CUSTODIAN_MOVE]
        assert (custodian_move.mover, custodian_move.quantity) == (OFFICE, 10)
        assert minted == everything[:1]
        assert same == [custodian_move]

    def test_the_index_check_fails_when_a_balance_is_lost(self, db: Database) -> None:
        balances = VERSIONS[Fact.BALANCE].table
        with db.write() as session:
            session.execute(update(balances).where(balances.c.account == BOB.value).values(quantity=4))
        assert view(db, TOKEN).index_check == 6

    def test_the_fingerprint_tells_blocks_and_values_apart(self, db: Database, node: SimulatedNode) -> None:
        prints = {fingerprint(db, TOKEN, block) for block in range(4, node.head + 1)}
        assert len(prints) == node.head - 3
        allowances = VERSIONS[Fact.ALLOWANCE].table
        before = fingerprint(db, TOKEN)
        with db.write() as session:
            session.execute(update(allowances).where(allowances.c.owner == BOB.value).values(quantity=8))
        assert fingerprint(db, TOKEN) != before

    def test_freshness_is_asked_of_the_progress(self, db: Database, node: SimulatedNode) -> None:
        with db.read() as session:
            progress = Register().progress(session, TOKEN)
        assert (progress.head, progress.lag) == (progress.indexed_to, 0)
        progress.require_fresh(now=NOW + timedelta(seconds=30), within=timedelta(seconds=30))
        with pytest.raises(RegisterBehind):
            progress.require_fresh(now=NOW + timedelta(seconds=31), within=timedelta(seconds=30))

    def test_two_tokens_do_not_mix(self, db: Database, node: SimulatedNode) -> None:
        elsewhere = ChainId(1)
        twin = token(deployed_block=2, chain=elsewhere)
        other = SimulatedNode(chain=elsewhere)
        other.mine()
        other.mint(OFFICE, 3)
        other.mine()
        before = fingerprint(db, TOKEN)
        follower = indexer(db, other, FixedClock(NOW))
        follower.sync(twin)
        other.reorganise(1)
        other.mint(OFFICE, 4)
        other.mine(3)
        follower.sync(twin)
        assert {holder: at.quantity for holder, at in view(db, twin).holdings.items()} == {Account(elsewhere, OFFICE): 4}
        assert fingerprint(db, TOKEN) == before
        follower.forget(twin.id)
        assert fingerprint(db, TOKEN) == before


def test_a_register_that_was_never_started_answers_nothing(db: Database) -> None:
    with db.read() as session, pytest.raises(RegisterBehind):
        Register().progress(session, TOKEN)
    with pytest.raises(RegisterBehind):
        view(db, TOKEN)
