"""From a token's address to its contracts, read from the chain at one block.

>>> discover(client, Address.parse("0x…"), client.head()).symbol       # doctest: +SKIP
'GRAPE'
"""

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed, NoContract
from identity_service.chain.reads import TokenReads
from identity_service.tokens.model import TokenContracts, TokenNotDeployed

_NOBODY = Address(bytes(20))


def discover(client: ChainClient, address: Address, block: BlockRef) -> TokenContracts:
    """What the token at ``address`` is and leads to at ``block``, with the blocks at which it and its storage were deployed.

    The search for those blocks asks for old state, so the node must keep it. Raises TokenNotDeployed for an address without
    code or with a contract that is no ERC-3643 token; BlockGone when ``block`` left the chain meanwhile, ChainUnavailable.
    """
    if not client.get_code(address, block):
        raise TokenNotDeployed("there is no contract at this address", address=str(address))
    reads = TokenReads(client, address)
    try:
        description, wiring = reads.describe(block), reads.wiring(block)
    except (CallReverted, NoContract, ChainAnswerMalformed) as error:
        raise TokenNotDeployed("the contract at this address is no ERC-3643 token", address=str(address)) from error
    parts = (
        wiring.identity_registry,
        wiring.identity_storage,
        wiring.issuers_registry,
        wiring.topics_registry,
        wiring.compliance,
    )
    if _NOBODY in parts:
        raise TokenNotDeployed("the token lacks one of its registries or its compliance", address=str(address))
    return TokenContracts(
        token=Account(client.chain, address),
        name=description.name,
        symbol=description.symbol,
        decimals=description.decimals,
        identity_registry=wiring.identity_registry,
        identity_registry_storage=wiring.identity_storage,
        trusted_issuers_registry=wiring.issuers_registry,
        claim_topics_registry=wiring.topics_registry,
        compliance=wiring.compliance,
        deployed_block=first_block_with_code(client, address, block),
        storage_deployed_block=first_block_with_code(client, wiring.identity_storage, block),
    )


def first_block_with_code(client: ChainClient, address: Address, block: BlockRef) -> int:
    """The number of the block in which the contract that stands at ``address`` at ``block`` appeared, found by halving."""
    low, high = 0, block.number
    while low < high:
        middle = (low + high) // 2
        if client.get_code(address, client.block(middle)):
            high = middle
        else:
            low = middle + 1
    return low
