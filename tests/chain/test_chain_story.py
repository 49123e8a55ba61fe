"""What the deployed contracts do, good and bad: the facts that the service builds on and the faults it covers (DESIGN §4)."""

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct

from claim_issuers.formats.erc735 import claim_id, inner_hash
from claim_issuers.keys.secp256k1 import signature_encodings
from identity_service.chain import onchainid
from identity_service.chain.errors import CallReverted
from identity_service.chain.identity_reads import SignedClaim
from identity_service.demo import actions
from identity_service.demo.devchain import well_known_secret
from tests.support.devchain import INVESTOR, Onchain

DATA = b"\x77" * 31


def test_a_claim_makes_a_holder_verified_and_tokens_then_move(onchain: Onchain) -> None:
    alice, bob, agent, token = onchain.actors.alice, onchain.actors.bob, onchain.actors.agent, onchain.suite.token
    identity = onchain.platform.deploy_identity(alice.address)
    onchain.register(alice, identity)
    assert not onchain.token.is_verified(alice.address, onchain.client.head())

    onchain.add_claim(alice, identity, DATA)
    onchain.verify(bob)
    actions.mint(agent, token, alice.address, 100)
    actions.transfer(alice, token, bob.address, 40)

    block = onchain.client.head()
    assert onchain.token.is_verified(alice.address, block)
    assert onchain.token.balance(alice.address, block) == 60
    assert onchain.token.balance(bob.address, block) == 40


def test_the_contract_takes_the_signature_of_eth_account(onchain: Onchain) -> None:
    identity = onchain.platform.deploy_identity(onchain.actors.alice.address)
    message = encode_defunct(primitive=inner_hash(identity, INVESTOR, DATA))
    signature = bytes(EthAccount.sign_message(message, well_known_secret(4)).signature)

    claim = SignedClaim(identity_contract=identity, topic=INVESTOR, data=DATA, signature=signature)

    assert onchain.identities.is_claim_valid(onchain.claim_issuer, claim, onchain.client.head())
    assert onchain.sign_claim(identity, DATA) == signature


def test_a_transfer_to_a_stranger_is_refused_without_a_cause(onchain: Onchain) -> None:
    alice, stranger = onchain.actors.alice, onchain.actors.stranger
    onchain.verify(alice)
    actions.mint(onchain.actors.agent, onchain.suite.token, alice.address, 100)

    with pytest.raises(CallReverted) as caught:
        actions.transfer(alice, onchain.suite.token, stranger.address, 1)
    assert caught.value.data["reason"] == "Transfer not possible"


def test_an_allowance_lets_the_office_move_a_clients_tokens(onchain: Onchain) -> None:
    alice, bob, office, token = onchain.actors.alice, onchain.actors.bob, onchain.actors.office, onchain.suite.token
    onchain.verify(alice)
    onchain.verify(bob)
    actions.mint(onchain.actors.agent, token, alice.address, 100)
    actions.approve(alice, token, office.address, 30)

    actions.transfer_from(office, token, alice.address, bob.address, 30)

    block = onchain.client.head()
    assert onchain.token.balance(bob.address, block) == 30
    assert onchain.token.allowance(alice.address, office.address, block) == 0
    with pytest.raises(CallReverted):
        actions.transfer_from(office, token, alice.address, bob.address, 1)


def test_the_contract_takes_all_four_encodings_of_a_signature(onchain: Onchain) -> None:
    identity = onchain.verify(onchain.actors.alice, DATA)
    signature = onchain.sign_claim(identity, DATA)
    claim = SignedClaim(identity_contract=identity, topic=INVESTOR, data=DATA, signature=signature)

    probe = onchain.identities.probe_encodings(onchain.claim_issuer, claim, signature_encodings(signature), onchain.client.head())

    assert probe.accepted == signature_encodings(signature)
    assert probe.conclusive
    assert probe.vulnerable


def test_a_probe_of_a_claim_that_is_not_valid_says_nothing(onchain: Onchain) -> None:
    identity = onchain.verify(onchain.actors.alice, DATA)
    signature = onchain.sign_claim(identity, DATA)
    claim = SignedClaim(identity_contract=identity, topic=INVESTOR, data=b"other", signature=signature)

    probe = onchain.identities.probe_encodings(onchain.claim_issuer, claim, signature_encodings(signature), onchain.client.head())

    assert not probe.conclusive
    assert not probe.vulnerable


@pytest.mark.parametrize("twin", [1, 2, 3])
def test_revoking_one_encoding_lets_the_holder_come_back_under_another(onchain: Onchain, twin: int) -> None:
    alice = onchain.actors.alice
    identity = onchain.verify(alice, DATA)
    encodings = signature_encodings(onchain.sign_claim(identity, DATA))
    actions.revoke_signature(onchain.actors.claim_issuer_manager, onchain.claim_issuer, encodings[0])
    assert not onchain.token.is_verified(alice.address, onchain.client.head())

    actions.add_claim(alice, identity, topic=INVESTOR, claim_issuer=onchain.claim_issuer, signature=encodings[twin], data=DATA)

    assert onchain.token.is_verified(alice.address, onchain.client.head())


def test_after_all_four_encodings_are_revoked_no_encoding_brings_the_claim_back(onchain: Onchain) -> None:
    alice = onchain.actors.alice
    identity = onchain.verify(alice, DATA)
    encodings = signature_encodings(onchain.sign_claim(identity, DATA))
    for encoding in encodings:
        actions.revoke_signature(onchain.actors.claim_issuer_manager, onchain.claim_issuer, encoding)

    for encoding in encodings:
        with pytest.raises(CallReverted) as caught:
            actions.add_claim(alice, identity, topic=INVESTOR, claim_issuer=onchain.claim_issuer, signature=encoding, data=DATA)
        assert caught.value.data["reason"] == "invalid claim"
    block = onchain.client.head()
    assert onchain.identities.are_claims_revoked(onchain.claim_issuer, encodings, block) == [True] * 4
    assert onchain.identities.is_claim_revoked(onchain.claim_issuer, encodings[3], block)
    assert not onchain.token.is_verified(alice.address, block)


def test_a_revoked_holder_can_still_send_until_frozen(onchain: Onchain) -> None:
    alice, bob, agent, token = onchain.actors.alice, onchain.actors.bob, onchain.actors.agent, onchain.suite.token
    identity = onchain.verify(alice, DATA)
    onchain.verify(bob)
    actions.mint(agent, token, alice.address, 10)
    for encoding in signature_encodings(onchain.sign_claim(identity, DATA)):
        actions.revoke_signature(onchain.actors.claim_issuer_manager, onchain.claim_issuer, encoding)

    actions.transfer(alice, token, bob.address, 4)
    assert onchain.token.balance(bob.address, onchain.client.head()) == 4

    actions.set_frozen(agent, token, alice.address, True)
    with pytest.raises(CallReverted):
        actions.transfer(alice, token, bob.address, 1)


def test_a_claim_the_holder_removed_no_longer_counts(onchain: Onchain) -> None:
    alice = onchain.actors.alice
    identity = onchain.verify(alice, DATA)

    actions.remove_claim(alice, identity, claim_id(onchain.claim_issuer, INVESTOR))

    assert not onchain.token.is_verified(alice.address, onchain.client.head())


def test_a_lost_wallet_is_recovered_to_a_new_one_of_the_same_identity(onchain: Onchain) -> None:
    alice, carol, agent, token = onchain.actors.alice, onchain.actors.carol, onchain.actors.agent, onchain.suite.token
    identity = onchain.verify(alice)
    actions.mint(agent, token, alice.address, 50)
    actions.add_key(alice, identity, carol.address, onchainid.MANAGEMENT)

    actions.recover(agent, token, lost=alice.address, new=carol.address, identity_contract=identity)

    block = onchain.client.head()
    assert onchain.token.balance(carol.address, block) == 50
    assert onchain.token.identity_of(carol.address, block) == identity
    assert not onchain.token.is_registered(alice.address, block)


def test_the_agent_forces_burns_unfreezes_and_unregisters(onchain: Onchain) -> None:
    alice, bob, agent, suite = onchain.actors.alice, onchain.actors.bob, onchain.actors.agent, onchain.suite
    onchain.verify(alice)
    bobs_identity = onchain.verify(bob)
    actions.mint(agent, suite.token, alice.address, 50)
    actions.freeze(agent, suite.token, alice.address, 50)
    actions.unfreeze(agent, suite.token, alice.address, 10)
    actions.forced_transfer(agent, suite.token, alice.address, bob.address, 20)
    actions.burn(agent, suite.token, alice.address, 5)
    actions.update_registered(agent, suite.identity_registry, alice.address, bobs_identity)
    block = onchain.client.head()
    assert onchain.token.balance(alice.address, block) == 25
    assert onchain.token.identity_of(alice.address, block) == bobs_identity

    actions.unregister(agent, suite.identity_registry, alice.address)

    assert not onchain.token.is_registered(alice.address, onchain.client.head())


def test_nothing_moves_while_paused(onchain: Onchain) -> None:
    alice, bob, agent, token = onchain.actors.alice, onchain.actors.bob, onchain.actors.agent, onchain.suite.token
    onchain.verify(alice)
    onchain.verify(bob)
    actions.mint(agent, token, alice.address, 5)
    actions.pause(agent, token)

    with pytest.raises(CallReverted) as caught:
        actions.transfer(alice, token, bob.address, 1)
    assert caught.value.data["reason"] == "Pausable: paused"

    actions.unpause(agent, token)
    actions.transfer(alice, token, bob.address, 1)
