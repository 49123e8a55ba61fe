"""The chain adapter against a real node and the real contracts."""

import pytest

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.hashing import keccak256
from identity_service.chain import erc20, onchainid, trex
from identity_service.chain.asking import ask
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import BlockGone, BlockNotFound, CallReverted, NoContract, TransactionRejected, WrongChain
from identity_service.chain.rpc import JsonRpc
from identity_service.chain.transactions import Transaction, sign_transaction
from identity_service.demo import actions
from tests.support.devchain import INVESTOR, SWITZERLAND, Onchain

TRANSFER = keccak256(b"Transfer(address,address,uint256)")
EMPTY = Address(b"\xee" * 20)


def test_a_call_is_answered_as_of_the_block_it_is_pinned_to(onchain: Onchain) -> None:
    alice, agent = onchain.actors.alice, onchain.actors.agent
    onchain.verify(alice)
    before = onchain.client.head()
    actions.mint(agent, onchain.suite.token, alice.address, 40)
    after = onchain.client.head()
    actions.mint(agent, onchain.suite.token, alice.address, 2)

    assert onchain.token.balance(alice.address, before) == 0
    assert onchain.token.balance(alice.address, after) == 40
    assert onchain.token.balance(alice.address, onchain.client.head()) == 42


def test_a_call_pinned_to_a_block_that_a_reorg_took_away_is_refused(onchain: Onchain) -> None:
    onchain.devchain.mine(2)
    actions.pause(onchain.actors.agent, onchain.suite.token)  # without a transaction the new block might equal the old one
    block = onchain.client.head()
    assert onchain.token.total_supply(block) == 0

    onchain.devchain.reorg(2)

    assert onchain.client.block(block.number).hash != block.hash
    with pytest.raises(BlockGone):
        onchain.token.total_supply(block)
    with pytest.raises(BlockGone):
        onchain.client.call_many([(onchain.suite.token, trex.PAUSED.encode())], block)
    with pytest.raises(BlockGone):
        onchain.client.get_code(onchain.suite.token, block)


def test_a_client_of_another_chain_refuses_this_node(onchain: Onchain) -> None:
    other = ChainClient(JsonRpc(onchain.devchain.rpc_url, egress=onchain.devchain.egress, chain=ChainId(1)))

    with pytest.raises(WrongChain):
        other.head()


def test_blocks_are_found_by_number_by_hash_and_in_bulk(onchain: Onchain) -> None:
    onchain.devchain.mine(2)
    head = onchain.client.head()

    assert onchain.client.block(head.number) == onchain.client.block_by_hash(head.hash) == head
    earlier, same = onchain.client.blocks([head.number - 1, head.number])
    assert same == head
    assert head.parent_hash == earlier.hash
    with pytest.raises(BlockNotFound):
        onchain.client.block(head.number + 1)


def test_the_tokens_wiring_and_description_are_read(onchain: Onchain) -> None:
    block = onchain.client.head()
    wiring, description = onchain.token.wiring(block), onchain.token.describe(block)

    assert wiring.identity_registry == onchain.suite.identity_registry
    assert wiring.topics_registry == onchain.suite.claim_topics_registry
    assert (description.name, description.symbol, description.decimals) == ("Alpine Bond 2031", "ALP31", 0)
    assert (description.total_supply, description.paused) == (0, False)
    assert onchain.token.required_topics(block) == (INVESTOR,)
    assert onchain.token.trusted_issuers(INVESTOR, block) == (onchain.claim_issuer,)
    assert onchain.token.trusted_issuers(INVESTOR + 1, block) == ()


def test_a_holders_state_is_read_in_one_piece(onchain: Onchain) -> None:
    alice, agent, token = onchain.actors.alice, onchain.actors.agent, onchain.suite.token
    identity = onchain.verify(alice)
    actions.mint(agent, token, alice.address, 100)
    actions.freeze(agent, token, alice.address, 30)
    actions.set_frozen(agent, token, alice.address, True)
    block = onchain.client.head()

    state, nobody = onchain.token.holders([alice.address, EMPTY], block)

    assert (state.balance, state.frozen, state.frozen_quantity) == (100, True, 30)
    assert (state.registered, state.verified, state.country, state.identity_contract) == (True, True, SWITZERLAND, identity)
    assert (nobody.balance, nobody.registered, nobody.verified, nobody.identity_contract) == (0, False, False, None)
    assert onchain.token.holder(alice.address, block) == state
    assert onchain.token.is_frozen(alice.address, block)
    assert onchain.token.frozen_quantity(alice.address, block) == 30
    assert onchain.token.is_verified(alice.address, block)
    assert onchain.token.is_registered(alice.address, block)
    assert onchain.token.identity_of(alice.address, block) == identity
    assert onchain.token.country(alice.address, block) == SWITZERLAND
    assert onchain.token.can_transfer(sender=alice.address, receiver=EMPTY, quantity=1, block=block)


def test_agents_are_told_from_others(onchain: Onchain) -> None:
    block, agent, alice = onchain.client.head(), onchain.actors.agent.address, onchain.actors.alice.address

    assert onchain.token.is_token_agent(agent, block)
    assert onchain.token.is_registry_agent(agent, block)
    assert not onchain.token.is_token_agent(alice, block)
    assert not onchain.token.is_registry_agent(alice, block)


def test_an_allowance_and_a_pause_are_read(onchain: Onchain) -> None:
    alice, office, token = onchain.actors.alice, onchain.actors.office, onchain.suite.token
    actions.approve(alice, token, office.address, 25)
    actions.pause(onchain.actors.agent, token)
    block = onchain.client.head()

    assert onchain.token.allowance(alice.address, office.address, block) == 25
    assert onchain.token.paused(block)


def test_identities_and_their_claims_are_read(onchain: Onchain) -> None:
    alice = onchain.actors.alice
    identity = onchain.verify(alice, b"\x55" * 31)
    block, reads = onchain.client.head(), onchain.identities
    (claim_id,) = reads.claim_ids(identity, INVESTOR, block)

    claim = reads.claim(identity, claim_id, block)

    assert claim is not None
    assert (claim.topic, claim.claim_issuer, claim.data, claim.uri) == (INVESTOR, onchain.claim_issuer, b"\x55" * 31, "")
    assert claim.signature == onchain.sign_claim(identity, b"\x55" * 31)
    assert reads.claim(identity, bytes(32), block) is None
    assert reads.identity_of(onchain.suite.id_factory, alice.address, block) == identity
    assert reads.wallets_of(onchain.suite.id_factory, identity, block) == (alice.address,)
    assert reads.identity_of(onchain.suite.id_factory, EMPTY, block) is None


def test_key_purposes_are_read(onchain: Onchain) -> None:
    block, signer = onchain.client.head(), onchain.actors.claim_signer.address
    manager, has = onchain.actors.claim_issuer_manager.address, onchain.identities.has_purpose

    assert has(onchain.claim_issuer, signer, onchainid.CLAIM, block)
    assert not has(onchain.claim_issuer, signer, onchainid.MANAGEMENT, block)
    assert has(onchain.claim_issuer, manager, onchainid.CLAIM, block)


def test_an_address_without_the_contract_is_told_from_a_no(onchain: Onchain) -> None:
    block = onchain.client.head()

    assert onchain.client.get_code(EMPTY, block) == b""
    with pytest.raises(NoContract):
        ask(onchain.client, EMPTY, trex.IS_VERIFIED, block, EMPTY)
    with pytest.raises(CallReverted):
        ask(onchain.client, onchain.suite.token, trex.IS_VERIFIED, block, EMPTY)


def test_logs_are_found_by_range_and_by_block(onchain: Onchain) -> None:
    onchain.verify(onchain.actors.alice)
    receipt = actions.mint(onchain.actors.agent, onchain.suite.token, onchain.actors.alice.address, 7)
    block = onchain.client.block(receipt.block_number)
    tokens = [onchain.suite.token]

    by_range = onchain.client.get_logs(tokens, [TRANSFER], onchain.suite.deployed_block, block.number)
    by_block = onchain.client.get_logs_at(tokens, [TRANSFER, [bytes(32)]], block)

    assert by_range == by_block
    assert [int(log["data"], 16) for log in by_block] == [7]
    assert onchain.client.get_logs(tokens, [TRANSFER], 0, block.number - 1) == []


def test_a_transaction_goes_from_estimate_to_receipt(onchain: Onchain) -> None:
    client, alice, bob = onchain.client, onchain.actors.alice, onchain.actors.bob
    payload = erc20.APPROVE.encode(bob.address, 1)
    fees = client.fees()
    transaction = Transaction(
        chain=client.chain,
        nonce=client.nonce(alice.address),
        max_priority_fee_per_gas=fees.max_priority_fee_per_gas,
        max_fee_per_gas=fees.max_fee_per_gas,
        gas=client.estimate_gas(sender=alice.address, to=onchain.suite.token, payload=payload),
        to=onchain.suite.token,
        payload=payload,
    )
    signed = sign_transaction(transaction, alice.signer)
    assert client.receipt(signed.hash) is None
    wei = client.wei(alice.address)

    assert client.send_raw(signed.raw) == signed.hash
    onchain.devchain.mine()
    receipt = client.receipt(signed.hash)

    assert receipt is not None
    assert receipt.succeeded
    assert client.block(receipt.block_number).hash == receipt.block_hash
    assert len(receipt.logs) == 1
    assert wei - client.wei(alice.address) == receipt.gas_used * receipt.effective_gas_price
    with pytest.raises(TransactionRejected):
        client.send_raw(signed.raw[:-1] + bytes([signed.raw[-1] ^ 1]))


def test_an_estimate_of_a_call_that_would_fail_gives_the_reason(onchain: Onchain) -> None:
    with pytest.raises(CallReverted) as caught:
        onchain.client.estimate_gas(
            sender=onchain.actors.stranger.address,
            to=onchain.suite.token,
            payload=trex.MINT.encode(onchain.actors.stranger.address, 1),
        )
    assert "does not have the Agent role" in caught.value.data["reason"]
