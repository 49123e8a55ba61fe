"""A token's contracts are found from its address, on the real ERC-3643 contracts."""

import pytest

from claim_issuers.identifiers.accounts import Account
from identity_service.tokens.discover import discover
from identity_service.tokens.model import TokenNotDeployed
from tests.support.devchain import Onchain


def test_finds_every_contract_and_the_block_of_deployment(onchain: Onchain) -> None:
    suite = onchain.suite
    onchain.devchain.mine(5)
    found = discover(onchain.client, suite.token, onchain.client.head())
    assert found.token == Account(onchain.client.chain, suite.token)
    assert (found.name, found.symbol, found.decimals) == ("Alpine Bond 2031", "ALP31", 0)
    assert (found.identity_registry, found.identity_registry_storage) == (
        suite.identity_registry,
        suite.identity_registry_storage,
    )
    assert (found.trusted_issuers_registry, found.claim_topics_registry, found.compliance) == (
        suite.trusted_issuers_registry,
        suite.claim_topics_registry,
        suite.compliance,
    )
    assert (found.deployed_block, found.storage_deployed_block) == (suite.deployed_block, suite.deployed_block)


def test_an_address_without_code_is_no_token(onchain: Onchain) -> None:
    with pytest.raises(TokenNotDeployed):
        discover(onchain.client, onchain.actors.stranger.address, onchain.client.head())


def test_another_contract_is_no_token(onchain: Onchain) -> None:
    for contract in (onchain.suite.identity_registry, onchain.suite.id_factory, onchain.claim_issuer):
        with pytest.raises(TokenNotDeployed):
            discover(onchain.client, contract, onchain.client.head())


def test_a_token_is_not_there_before_it_was_deployed(onchain: Onchain) -> None:
    with pytest.raises(TokenNotDeployed):
        discover(onchain.client, onchain.suite.token, onchain.client.block(onchain.suite.deployed_block - 1))
