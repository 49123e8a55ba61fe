"""The register against the real T-REX 4.1.6 contracts: what they answer, at the head and at old blocks, is what it says."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claim_issuers.clock import FixedClock
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid
from identity_service.chain.asking import ask
from identity_service.chain.blocks import BlockRef
from identity_service.chain.contracts import Function
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from identity_service.register.indexer import Indexer
from identity_service.register.model import RegisterView, TransferKind
from identity_service.register.service import Register
from identity_service.storage import Database
from identity_service.tokens.discover import discover
from identity_service.tokens.model import Token
from tests.register.comparing import assert_equals_rebuild
from tests.support.devchain import Onchain

MAX = 2**256 - 1
AUSTRIA = 40


class Followed:
    """A token on the real contracts and the register that follows it."""

    def __init__(self, onchain: Onchain, db: Database) -> None:
        self.onchain = onchain
        self.db = db
        self.actors = onchain.actors
        self.address = onchain.suite.token
        self.registry = onchain.suite.identity_registry
        self.spare = onchain.devchain.wallet(15)
        contracts = discover(onchain.client, self.address, onchain.client.head())
        self.token = Token(contracts=contracts, token_issuer="pty_issuer", accepted_claim_types=("INVESTOR",))
        self.people = [self.actors.alice, self.actors.bob, self.actors.carol, self.actors.office, self.spare]

    def indexer(self, **options: int) -> Indexer:
        clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
        return Indexer(self.db, lambda _chain: self.onchain.client, clock, **options)

    def sync(self, **options: int) -> RegisterView:
        self.indexer(**options).sync(self.token)
        return self.view()

    def view(self, block: int | None = None) -> RegisterView:
        with self.db.read() as session:
            return Register().as_of(session, self.token, block)

    def account(self, who: Wallet) -> Account:
        return Account(self.onchain.client.chain, who.address)

    def assert_equals_calls(self, block: BlockRef) -> None:
        """Every fact about everybody is what the contracts answer at ``block``."""
        reads, seen = self.onchain.token, self.view(block.number)
        assert seen.as_of.block_hash == block.hash
        assert (seen.paused, seen.total_supply) == (reads.paused(block), reads.total_supply(block))
        assert seen.index_check == 0
        allowances = {(given.owner, given.spender): given.allowance for given in seen.allowances}
        with self.db.read() as session:
            links = Register().identity_links(session, self.token, block.number)
            holdings = [Register().holding(session, self.token, self.account(who), block.number) for who in self.people]
        for who, state, holding in zip(
            self.people, reads.holders([who.address for who in self.people], block), holdings, strict=True
        ):
            account = self.account(who)
            assert seen.holdings.get(account, holding) == holding
            assert holding.quantity == state.balance
            assert (holding.frozen, holding.account_frozen) == (state.frozen_quantity, state.frozen)
            assert holding.identity_contract == state.identity_contract
            assert (holding.country or 0) == state.country
            assert (account in links) == state.registered
            for spender in self.people:
                expected = reads.allowance(who.address, spender.address, block)
                assert allowances.get((account, self.account(spender)), 0) == expected

    def assert_equals_calls_now_and_then(self, seed: int = 1, samples: int = 8) -> None:
        head = self.onchain.client.head()
        self.assert_equals_calls(head)
        old = random.Random(seed).choices(range(self.token.deployed_block, head.number), k=samples)
        for number in old:
            self.assert_equals_calls(self.onchain.client.block(number))


@pytest.fixture
def followed(onchain: Onchain, tmp_path: Path) -> Iterator[Followed]:
    """The chain is what costs here, so one engine will do."""
    database = Database.open(f"sqlite:///{tmp_path / 'register.db'}")
    database.create_all()
    yield Followed(onchain, database)
    database.close()


def kinds(followed: Followed) -> list[TransferKind]:
    with followed.db.read() as session:
        return [movement.kind for movement in Register().movements(session, followed.token)]


def test_a_whole_life_of_a_token_is_followed(followed: Followed) -> None:
    alice, bob, carol, office = (followed.actors.alice, followed.actors.bob, followed.actors.carol, followed.actors.office)
    agent, token, onchain = followed.actors.agent, followed.address, followed.onchain
    identities = {who.address: onchain.verify(who) for who in (alice, bob, office)}
    followed.sync()
    actions.mint(agent, token, alice.address, 1000)
    actions.approve(alice, token, office.address, MAX)
    actions.approve(carol, token, office.address, 50)
    actions.transfer(alice, token, bob.address, 100)
    actions.transfer_from(office, token, alice.address, bob.address, 200)
    actions.freeze(agent, token, alice.address, 650)
    followed.sync()
    actions.forced_transfer(agent, token, alice.address, bob.address, 300)
    actions.set_frozen(agent, token, bob.address, True)
    actions.burn(agent, token, bob.address, 40)
    actions.unfreeze(agent, token, alice.address, 100)
    actions.pause(agent, token)
    actions.update_registered(agent, followed.registry, bob.address, identities[office.address])
    actions.unregister(agent, followed.registry, office.address)
    actions.register(agent, followed.registry, carol.address, identities[alice.address], AUSTRIA)
    seen = followed.sync()

    assert kinds(followed) == [
        TransferKind.MINT,
        TransferKind.TRANSFER,
        TransferKind.CUSTODIAN_MOVE,
        TransferKind.FORCED_CANDIDATE,
        TransferKind.BURN,
    ]
    given = {allowance.owner: allowance for allowance in seen.allowances}
    assert given[followed.account(alice)].allowance == MAX - 200
    assert given[followed.account(alice)].unlimited
    assert given[followed.account(carol)].effective == 0
    followed.assert_equals_calls_now_and_then(samples=20)
    assert_equals_rebuild(followed.db, followed.token, followed.indexer(finality_depth=3, range_blocks=4))


def test_the_effective_amount_is_what_a_custodian_can_really_move(followed: Followed) -> None:
    alice, bob, office, agent = followed.actors.alice, followed.actors.bob, followed.actors.office, followed.actors.agent
    followed.onchain.verify(alice)
    followed.onchain.verify(bob)
    actions.mint(agent, followed.address, alice.address, 100)
    actions.approve(alice, followed.address, office.address, 80)
    actions.freeze(agent, followed.address, alice.address, 30)
    (allowance,) = followed.sync().allowances
    assert (allowance.allowance, allowance.effective) == (80, 70)
    actions.transfer_from(office, followed.address, alice.address, bob.address, 70)
    (spent,) = followed.sync().allowances
    assert (spent.allowance, spent.effective) == (10, 0)
    actions.unfreeze(agent, followed.address, alice.address, 30)
    actions.set_frozen(agent, followed.address, alice.address, True)
    assert followed.sync().allowances[0].effective == 0
    actions.set_frozen(agent, followed.address, alice.address, False)
    actions.pause(agent, followed.address)
    assert followed.sync().allowances[0].effective == 0
    actions.unpause(agent, followed.address)
    assert followed.sync().allowances[0].effective == 10


def test_a_recovery_moves_holding_and_freezes_but_no_allowance(followed: Followed) -> None:
    alice, office, agent, new = followed.actors.alice, followed.actors.office, followed.actors.agent, followed.spare
    identity = followed.onchain.verify(alice)
    actions.mint(agent, followed.address, alice.address, 100)
    actions.approve(alice, followed.address, office.address, 60)
    actions.freeze(agent, followed.address, alice.address, 25)
    actions.set_frozen(agent, followed.address, alice.address, True)
    actions.add_key(alice, identity, new.address, onchainid.MANAGEMENT)
    actions.recover(agent, followed.address, lost=alice.address, new=new.address, identity_contract=identity)
    seen = followed.sync()
    assert kinds(followed)[-1] is TransferKind.RECOVERY
    assert [given.owner for given in seen.allowances] == [followed.account(alice)]
    with followed.db.read() as session:
        (recovery,) = Register().recoveries(session, followed.token)
    assert (recovery.source, recovery.target, recovery.quantity) == (alice.address, new.address, 100)
    followed.assert_equals_calls_now_and_then(samples=10)


_DEPLOY_SUITE = Function(
    "deployTREXSuite(string,"
    "(address,string,string,uint8,address,address,address[],address[],address[],bytes[]),"
    "(uint256[],address[],uint256[][]))"
)
_GET_TOKEN = Function("getToken(string)", "address")


def deploy_token_on_the_same_storage(onchain: Onchain) -> Token:
    """A second token whose identity registry shares the first one's storage."""
    owner, agents = onchain.actors.token_owner.address, [onchain.actors.agent.address]
    nobody = Address(bytes(20))
    storage = onchain.suite.identity_registry_storage
    details = (owner, "Second", "SND", 0, storage, nobody, agents, agents, [], [])
    onchain.platform.deployer.do(onchain.platform.trex_factory, _DEPLOY_SUITE, "second", details, ([], [], []))
    block = onchain.client.head()
    contracts = discover(onchain.client, ask(onchain.client, onchain.platform.trex_factory, _GET_TOKEN, block, "second"), block)
    return Token(contracts=contracts, token_issuer="pty_issuer", accepted_claim_types=("INVESTOR",))


def test_a_wallet_registered_by_another_tokens_registry_is_seen(followed: Followed) -> None:
    """The storage is shared, and our own registry logs nothing of it."""
    carol, agent = followed.actors.carol, followed.actors.agent
    second = deploy_token_on_the_same_storage(followed.onchain)
    followed.sync()
    identity = followed.onchain.platform.deploy_identity(carol.address)
    actions.register(agent, second.identity_registry, carol.address, identity, AUSTRIA)
    followed.sync()
    assert followed.view().registry_bound
    followed.assert_equals_calls_now_and_then()


def test_a_token_younger_than_its_storage_knows_the_wallets_in_it(followed: Followed) -> None:
    alice = followed.actors.alice
    identity = followed.onchain.verify(alice)
    second = deploy_token_on_the_same_storage(followed.onchain)
    assert second.contracts.storage_deployed_block == followed.token.deployed_block < second.deployed_block
    followed.indexer().sync(second)
    with followed.db.read() as session:
        links = Register().identity_links(session, second, second.deployed_block)
        assert Register().as_of(session, second).registry_bound
    assert {account.address: link.identity_contract for account, link in links.items()} == {alice.address: identity}


def acts_to_be_undone(followed: Followed) -> None:
    """A transfer, an approval and a registration, in three blocks."""
    alice, bob, office, agent = followed.actors.alice, followed.actors.bob, followed.actors.office, followed.actors.agent
    carols = followed.onchain.platform.deploy_identity(followed.actors.carol.address)
    actions.transfer(alice, followed.address, bob.address, 30)
    actions.approve(alice, followed.address, office.address, 70)
    actions.register(agent, followed.registry, followed.actors.carol.address, carols, AUSTRIA)


@pytest.fixture
def with_holders(followed: Followed) -> Followed:
    """Alice holds 100; Alice and Bob are verified."""
    followed.onchain.verify(followed.actors.alice)
    followed.onchain.verify(followed.actors.bob)
    actions.mint(followed.actors.agent, followed.address, followed.actors.alice.address, 100)
    return followed


def assert_undone(followed: Followed) -> None:
    seen = followed.sync()
    assert {holder.address: at.quantity for holder, at in seen.holdings.items()} == {followed.actors.alice.address: 100}
    assert seen.allowances == ()
    with followed.db.read() as session:
        assert followed.account(followed.actors.carol) not in Register().identity_links(session, followed.token)
    followed.assert_equals_calls_now_and_then()
    assert_equals_rebuild(followed.db, followed.token, followed.indexer())


def test_a_reorg_of_the_chain_leaves_no_trace(with_holders: Followed) -> None:
    acts_to_be_undone(with_holders)
    assert len(with_holders.sync().holdings) == 2
    with_holders.onchain.devchain.reorg(4)
    assert_undone(with_holders)


def test_a_reorg_that_keeps_some_of_the_acts_keeps_just_those(with_holders: Followed) -> None:
    alice, bob = with_holders.actors.alice, with_holders.actors.bob
    kept = alice.signed(with_holders.address, Function("approve(address,uint256)").encode(bob.address, 5))
    acts_to_be_undone(with_holders)
    with_holders.sync()
    with_holders.onchain.devchain.reorg(4, [(kept.raw, 2)])
    (allowance,) = with_holders.sync().allowances
    assert (allowance.spender, allowance.allowance) == (with_holders.account(bob), 5)
    with_holders.assert_equals_calls_now_and_then()
    assert_equals_rebuild(with_holders.db, with_holders.token, with_holders.indexer())


def test_a_chain_that_went_back_leaves_no_trace(with_holders: Followed) -> None:
    snapshot = with_holders.onchain.devchain.snapshot()
    acts_to_be_undone(with_holders)
    with_holders.sync()
    with_holders.onchain.devchain.revert(snapshot)
    assert_undone(with_holders)
    with_holders.onchain.devchain.mine(6)
    assert_undone(with_holders)


def test_random_reorgs_and_restarts_leave_no_trace(with_holders: Followed) -> None:
    chance = random.Random(2026)
    chain, token = with_holders.onchain.devchain, with_holders.address
    alice, bob, office = with_holders.actors.alice, with_holders.actors.bob, with_holders.actors.office
    chain.mine(17)
    acts = [
        lambda: actions.transfer(alice, token, bob.address, chance.randint(0, 1)),
        lambda: actions.approve(alice, token, office.address, chance.choice([0, 9, MAX])),
        lambda: actions.mint(with_holders.actors.agent, token, bob.address, 3),
        lambda: actions.freeze(with_holders.actors.agent, token, bob.address, 0),
        lambda: chain.mine(chance.randint(1, 3)),
    ]
    for _ in range(6):
        for _ in range(chance.randrange(6)):
            chance.choice(acts)()
        with_holders.sync(finality_depth=chance.choice([20, 64]), range_blocks=chance.choice([1, 7, 100]))
        chain.reorg(chance.randint(1, 16))
    with_holders.sync()
    with_holders.assert_equals_calls_now_and_then()
    assert_equals_rebuild(with_holders.db, with_holders.token, with_holders.indexer())


def test_unknown_people_hold_nothing(followed: Followed) -> None:
    followed.sync()
    with followed.db.read() as session:
        holding = Register().holding(session, followed.token, Account(followed.token.chain, Address(b"\x99" * 20)))
    assert (holding.quantity, holding.frozen, holding.account_frozen, holding.identity_contract) == (0, 0, False, None)
