"""Transactions tried at a block before anybody sends them: what they need, and in words why they would fail."""

import pytest

from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.chain import erc20, onchainid, trex
from identity_service.chain.contracts import Function
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.dry_runs import NO_CONTRACT, SAYS_NO, DryRun, DryRuns, MixedChains, UnsentTransaction
from identity_service.demo.wallets import Wallet
from tests.support.devchain import Onchain
from tests.support.hostile_identity import saying


def tried(onchain: Onchain, to: Address, data: bytes, sender: Wallet, *, must_return_true: bool = False) -> DryRun:
    call = UnsentTransaction(
        to=Account(sender.account.chain, to), data=data, sender=sender.account, must_return_true=must_return_true
    )
    return dry_runs(onchain).run(call)


def dry_runs(onchain: Onchain) -> DryRuns:
    return DryRuns(ChainDirectory({onchain.client.chain: onchain.client}))


def test_a_wrong_sender_is_told_which_right_is_missing(onchain: Onchain) -> None:
    actors, suite = onchain.actors, onchain.suite
    identity = onchain.platform.deploy_identity(actors.alice.address)
    cases = [
        (identity, onchainid.add_key(actors.bob.address, onchainid.MANAGEMENT), "holds no management key"),
        (identity, onchainid.add_claim(1, onchain.claim_issuer, b"\x01" * 65, b""), "neither a claim key nor a management key"),
        (suite.identity_registry, trex.register_identity(actors.alice.address, identity, 0), "not an agent"),
        (suite.identity_registry, trex.update_country(actors.alice.address, 756), "not an agent"),
        (suite.id_factory, onchainid.link_wallet(actors.bob.address), "The sender has no identity contract"),
        (suite.id_factory, onchainid.unlink_wallet(actors.alice.address), "no wallet of the same identity contract"),
        (suite.gateway, onchainid.deploy_identity(actors.alice.address), "deployed an identity contract for this wallet before"),
        (suite.gateway, onchainid.deploy_identity(Address(bytes(20))), "An address in the call is zero"),
    ]
    for to, data, words in cases:
        run = tried(onchain, to, data, actors.stranger)
        assert (run.would_succeed, run.gas) == (False, None)
        assert words in (run.reason or ""), run.reason


def test_what_would_succeed_needs_the_gas_that_it_takes(onchain: Onchain) -> None:
    actors, suite = onchain.actors, onchain.suite
    identity = onchain.platform.deploy_identity(actors.alice.address)
    calls = [
        (actors.alice, identity, onchainid.add_key(actors.bob.address, onchainid.MANAGEMENT)),
        (actors.alice, suite.id_factory, onchainid.link_wallet(actors.carol.address)),
        (actors.carol, suite.id_factory, onchainid.unlink_wallet(actors.alice.address)),
        (actors.alice, suite.token, erc20.APPROVE.encode(actors.office.address, 7)),
        (actors.agent, suite.identity_registry, trex.register_identity(actors.alice.address, identity, 0)),
        (actors.agent, suite.identity_registry, trex.update_country(actors.alice.address, 276)),
    ]
    for sender, to, data in calls:
        run = tried(onchain, to, data, sender)
        assert (run.would_succeed, run.reason, run.block) == (True, None, onchain.client.head())
        assert run.gas is not None
        assert 0.8 * run.gas <= sender.send(to, data).gas_used <= run.gas


def test_a_run_is_pinned_to_its_block(onchain: Onchain) -> None:
    actors, suite = onchain.actors, onchain.suite
    before = onchain.client.head()
    call = UnsentTransaction(
        to=Account(actors.alice.account.chain, suite.gateway),
        data=onchainid.deploy_identity(actors.alice.address),
        sender=actors.alice.account,
    )
    onchain.platform.deploy_identity(actors.alice.address)

    assert [dry_runs(onchain).run(call, block).would_succeed for block in (before, onchain.client.head())] == [True, False]


def test_a_call_that_does_nothing_does_not_pass_for_success(onchain: Onchain) -> None:
    actors = onchain.actors
    nobody = tried(onchain, actors.bob.address, onchainid.add_key(actors.bob.address, onchainid.CLAIM), actors.alice)
    assert (nobody.would_succeed, nobody.reason) == (False, NO_CONTRACT)
    no = saying(actors.deployer, bytes(32))
    call = Function("addKey(bytes32,uint256,uint256)", "bool").encode(bytes(32), 1, 1)
    assert tried(onchain, no, call, actors.alice, must_return_true=True).reason == SAYS_NO
    assert tried(onchain, no, call, actors.alice).would_succeed


def test_one_chain_at_a_time(onchain: Onchain) -> None:
    here, elsewhere = onchain.actors.alice.account, Account(ChainId(1), onchain.actors.alice.address)
    with pytest.raises(MixedChains):
        UnsentTransaction(to=elsewhere, data=b"", sender=here)
    calls = [UnsentTransaction(to=one, data=b"", sender=one) for one in (here, elsewhere)]
    with pytest.raises(MixedChains):
        dry_runs(onchain).run_all(calls)
    assert dry_runs(onchain).run_all([]) == []
