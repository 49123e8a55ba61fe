"""The indexer follows a chain, through reorgs, restarts and moving ground."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from claim_issuers.clock import FixedClock
from identity_service.register.decode import MalformedLog
from identity_service.register.indexer import Indexer, IndexerOvertaken, ReorgTooDeep
from identity_service.register.model import RegisterBehind, RegisterInconsistent
from identity_service.register.ranges import RegistryReplaced
from identity_service.register.source import ChainMoved
from identity_service.register.tables import blocks
from identity_service.storage import Database
from tests.register.comparing import assert_equals_node, assert_equals_rebuild, indexer, rows, view
from tests.register.simulated_node import REGISTRY, STORAGE, TOKEN, SimulatedNode, address, token

ALICE, BOB, OFFICE, IDENTITY, OTHER_IDENTITY = (address(n) for n in range(1, 6))
MAX = 2**256 - 1


@pytest.fixture
def node() -> SimulatedNode:
    """Block 1 deploys, binds and opens the token."""
    node = SimulatedNode()
    node.bind()
    node.pause(paused=False)
    node.mine()
    return node


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 1, tzinfo=UTC))


def a_little_history(node: SimulatedNode) -> None:
    node.store(ALICE, IDENTITY)
    node.mine()
    node.mint(ALICE, 100)
    node.mint(BOB, 5)
    node.mine()
    node.approve(ALICE, OFFICE, MAX)
    node.mine(2)
    node.transfer_from(OFFICE, ALICE, BOB, 30)
    node.freeze(ALICE, 60)
    node.mine()
    node.freeze_account(BOB, frozen=True)
    node.modify(ALICE, OTHER_IDENTITY)
    node.move_country(ALICE, 40)
    node.mine()
    node.forced_transfer(ALICE, BOB, 20)
    node.burn(BOB, 55)
    node.pause(paused=True)
    node.mine()


def assert_equals_node_everywhere(db: Database, node: SimulatedNode) -> None:
    for block in range(1, node.head + 1):
        assert_equals_node(db, token(), node, block)


def test_the_register_is_the_chain_at_every_block(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    a_little_history(node)
    progress = indexer(db, node, clock).sync(token())
    assert (progress.indexed_to.block_number, progress.lag, progress.synced_at) == (node.head, 0, clock.now())
    assert_equals_node_everywhere(db, node)


def test_following_block_by_block_gives_the_same_rows_as_reading_all_at_once(
    db: Database, node: SimulatedNode, clock: FixedClock
) -> None:
    follower = indexer(db, node, clock)
    whole = SimulatedNode.mine

    def mine_and_follow(count: int = 1) -> None:
        for _ in range(count):
            whole(node)
            follower.sync(token())

    node.mine = mine_and_follow  # type: ignore[method-assign]
    a_little_history(node)
    assert_equals_rebuild(db, token(), indexer(db, node, clock))


def test_settled_blocks_read_in_small_ranges_give_the_same_rows(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    a_little_history(node)
    indexer(db, node, clock, finality_depth=2, range_blocks=3).sync(token())
    assert_equals_rebuild(db, token(), indexer(db, node, clock))


def test_halves_a_range_that_the_node_finds_too_wide(db: Database, clock: FixedClock) -> None:
    node = SimulatedNode(most_log_blocks=3)
    node.bind()
    node.mine()
    a_little_history(node)
    node.mine(20)
    indexer(db, node, clock, finality_depth=4).sync(token())
    assert_equals_node_everywhere(db, node)


def test_a_second_sync_at_the_same_head_changes_no_row(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    a_little_history(node)
    indexer(db, node, clock).sync(token())
    before = rows(db, token())
    indexer(db, node, clock).sync(token())
    assert rows(db, token()) == before


def test_accounts_stored_before_the_token_was_deployed_are_linked(db: Database, clock: FixedClock) -> None:
    node = SimulatedNode()
    node.bind(address(0xBEEF))
    node.store(ALICE, IDENTITY)
    node.store(BOB, IDENTITY)
    node.mine()
    node.unstore(BOB)
    node.mine(3)
    node.bind()
    node.mine()
    late = token(deployed_block=node.head, storage_deployed_block=1)
    indexer(db, node, clock).sync(late)
    node.modify(ALICE, OTHER_IDENTITY)
    node.mine()
    indexer(db, node, clock).sync(late)
    for block in (node.head - 1, node.head):
        assert_equals_node(db, late, node, block)


def test_a_token_is_born_paused_without_an_event(db: Database, clock: FixedClock) -> None:
    node = SimulatedNode()
    node.mine()
    indexer(db, node, clock).sync(token())
    assert view(db, token()).paused


def test_an_unbound_registry_shows(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.unbind()
    node.bind(address(0xBEEF))
    node.mine()
    indexer(db, node, clock).sync(token())
    assert not view(db, token()).registry_bound
    assert view(db, token(), 1).registry_bound


def test_a_modified_identity_moves_the_right_one_of_its_accounts(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.store(ALICE, IDENTITY)
    node.store(BOB, IDENTITY)
    node.mine()
    indexer(db, node, clock).sync(token())
    node.modify(BOB, OTHER_IDENTITY)
    node.mine()
    node.modify(BOB, IDENTITY)
    node.modify(ALICE, OTHER_IDENTITY)
    node.mine()
    indexer(db, node, clock).sync(token())
    assert_equals_node_everywhere(db, node)


def test_an_allowance_without_any_tokens_is_kept(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.approve(BOB, OFFICE, MAX)
    node.mine()
    indexer(db, node, clock).sync(token())
    (allowance,) = view(db, token()).allowances
    assert (allowance.allowance, allowance.effective, allowance.unlimited) == (MAX, 0, True)


def branch(node: SimulatedNode) -> None:
    """A transfer, an approval and a registration that another branch will not have."""
    node.transfer(ALICE, BOB, 1)
    node.mine()
    node.approve(BOB, OFFICE, 7)
    node.store(BOB, IDENTITY)
    node.mine()


@pytest.mark.parametrize("regrown", [0, 1, 2, 5])
def test_a_reorg_leaves_no_trace(db: Database, clock: FixedClock, regrown: int) -> None:
    node = SimulatedNode()
    node.bind()
    node.mint(ALICE, 10)
    node.mine()
    follower = indexer(db, node, clock)
    branch(node)
    follower.sync(token())
    node.reorganise(2)
    for _ in range(regrown):
        node.mint(BOB, 3)
        node.mine()
    follower.sync(token())
    seen = view(db, token())
    assert not seen.allowances
    assert seen.total_supply == 10 + 3 * regrown
    assert_equals_node_everywhere(db, node)
    assert_equals_rebuild(db, token(), indexer(db, node, clock))


def test_a_reorg_that_takes_the_first_block_rebuilds_the_whole(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    branch_on = indexer(db, node, clock)
    node.mint(ALICE, 10)
    node.mine()
    branch_on.sync(token())
    node.reorganise(2)
    node.mint(BOB, 4)
    node.mine()
    branch_on.sync(token())
    assert_equals_node_everywhere(db, node)
    assert_equals_rebuild(db, token(), indexer(db, node, clock))


def test_a_chain_without_the_token_leaves_no_register(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    follower = indexer(db, node, clock)
    follower.sync(token())
    node.reorganise(1)
    with pytest.raises(RegisterBehind):
        follower.sync(token())
    assert not any(rows(db, token()).values())


def test_a_reorg_deeper_than_finality_is_refused_and_changes_nothing(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mint(ALICE, 10)
    node.mine(10)
    follower = indexer(db, node, clock, finality_depth=4)
    follower.sync(token())
    before = rows(db, token())
    node.reorganise(5)
    node.mine(9)
    with pytest.raises(ReorgTooDeep) as caught:
        follower.sync(token())
    assert caught.value.data["finality_depth"] == 4
    assert rows(db, token()) == before


def test_a_reorg_of_exactly_the_finality_depth_is_followed(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mint(ALICE, 10)
    node.mine(10)
    follower = indexer(db, node, clock, finality_depth=4)
    follower.sync(token())
    node.reorganise(4)
    node.mine(4)
    follower.sync(token())
    assert_equals_node_everywhere(db, node)


def test_a_node_far_behind_is_refused(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mine(10)
    follower = indexer(db, node, clock, finality_depth=4)
    follower.sync(token())
    del node.blocks[4:]
    with pytest.raises(ReorgTooDeep):
        follower.sync(token())


def requests_of_a_sync(clock: FixedClock, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many requests a sync over two branches' difference takes."""
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('probe') / 'probe.db'}")
    database.create_all()
    node, follower = two_branches(database, clock)
    before = len(node.requests)
    follower.sync(token())
    database.close()
    return len(node.requests) - before


def two_branches(db: Database, clock: FixedClock) -> tuple[SimulatedNode, Indexer]:
    """A register at a block from which the chain has grown by some blocks that it has not seen."""
    node = SimulatedNode()
    node.bind()
    node.mint(ALICE, 10)
    node.mine()
    follower = indexer(db, node, clock)
    follower.sync(token())
    branch(node)
    return node, follower


@pytest.fixture
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database where the engine does not matter."""
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('db') / 'one.db'}")
    database.create_all()
    yield database
    database.close()


def test_a_reorg_at_any_moment_of_a_reading_mixes_no_branches(
    sqlite: Database, clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for moment in range(requests_of_a_sync(clock, tmp_path_factory) + 1):
        node, follower = two_branches(sqlite, clock)

        def other_branch(node: SimulatedNode = node) -> None:
            node.reorganise(2)
            node.mint(BOB, 2)
            node.mine()
            node.store(ALICE, IDENTITY)
            node.mine()

        node.interrupt(moment, other_branch)
        follower.sync(token())
        follower.sync(token())
        assert_equals_node_everywhere(sqlite, node)
        assert_equals_rebuild(sqlite, token(), follower)
        follower.forget(token().id)


def test_a_chain_that_never_holds_still_is_told(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    def shake() -> None:
        node.reorganise(1)
        node.mine()
        node.interrupt(1, shake)

    node.mine()
    node.interrupt(1, shake)
    with pytest.raises(ChainMoved):
        indexer(sqlite, node, clock).sync(token())


def test_what_another_indexer_wrote_meanwhile_is_kept(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    a_little_history(node)
    other = indexer(db, node, clock)
    node.interrupt(4, lambda: other.sync(token()) and None)
    indexer(db, node, clock).sync(token())
    assert_equals_node_everywhere(db, node)
    assert_equals_rebuild(db, token(), other)


def test_an_indexer_that_is_always_overtaken_says_so(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    other = indexer(sqlite, node, clock)

    def overtake() -> None:
        node.mine()
        other.sync(token())
        node.interrupt(1, overtake)

    node.interrupt(1, overtake)
    with pytest.raises(IndexerOvertaken):
        indexer(sqlite, node, clock).sync(token())


def test_a_crash_between_ranges_loses_nothing(db: Database, node: SimulatedNode, clock: FixedClock) -> None:
    class Crash(Exception):
        pass

    def crash() -> None:
        raise Crash

    a_little_history(node)
    for requests in (40, 60, 80):
        node.interrupt(requests, crash)
        try:
            indexer(db, node, clock, finality_depth=1, range_blocks=1).sync(token())
        except Crash:
            continue
    indexer(db, node, clock).sync(token())
    assert_equals_node_everywhere(db, node)
    assert_equals_rebuild(db, token(), indexer(db, node, clock))


def test_a_missing_log_stops_the_indexer(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mint(ALICE, 10)
    node.mine()
    node.blocks[-1].logs.clear()
    node.transfer(ALICE, BOB, 10)
    node.mine()
    with pytest.raises(RegisterInconsistent):
        indexer(sqlite, node, clock).sync(token())
    assert not any(rows(sqlite, token()).values())


def test_a_missing_mint_shows_in_the_index_check(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mint(ALICE, 10)
    node.mine()
    node.blocks[-1].logs.clear()
    indexer(sqlite, node, clock).sync(token())
    assert view(sqlite, token()).index_check == 10


def test_a_log_of_an_impossible_shape_stops_the_indexer(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.log(TOKEN, "Transfer(address,address,uint256)", [ALICE], [1])
    node.mine()
    with pytest.raises(MalformedLog):
        indexer(sqlite, node, clock).sync(token())


def test_a_log_in_another_block_than_it_claims_is_not_taken(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.mint(ALICE, 10)
    node.mine()
    node.blocks[-1].logs[0]["blockHash"] = "0x" + "ab" * 32
    with pytest.raises(ChainMoved):
        indexer(sqlite, node, clock).sync(token())


def test_a_replaced_identity_registry_is_told(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.replace_registry(address(0xBEEF))
    node.mine()
    with pytest.raises(RegistryReplaced):
        indexer(sqlite, node, clock).sync(token())


def test_naming_the_registry_that_is_known_changes_nothing(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    node.replace_registry(REGISTRY)
    node.log(REGISTRY, "IdentityStorageSet(address)", [STORAGE], [])
    node.mine()
    assert indexer(sqlite, node, clock).sync(token()).lag == 0


def test_a_register_whose_headers_were_lost_does_not_go_on(sqlite: Database, node: SimulatedNode, clock: FixedClock) -> None:
    follower = indexer(sqlite, node, clock)
    follower.sync(token())
    with sqlite.write() as session:
        session.execute(delete(blocks).where(blocks.c.number == node.head))
    node.mine()
    with pytest.raises(IndexerOvertaken):
        follower.sync(token())
