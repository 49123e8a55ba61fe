"""What people do on chain, one function each: holders, agents, identity owners, claim issuers. For the demo and the tests."""

from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import erc20, onchainid, trex
from identity_service.chain.client import Receipt
from identity_service.demo.wallets import Wallet

# Holders


def transfer(holder: Wallet, token: Address, to: Address, quantity: int) -> Receipt:
    """Move one's own tokens."""
    return holder.do(token, erc20.TRANSFER, to, quantity)


def approve(holder: Wallet, token: Address, spender: Address, quantity: int) -> Receipt:
    """Let ``spender`` move up to ``quantity`` of one's tokens, in place of any earlier allowance."""
    return holder.do(token, erc20.APPROVE, spender, quantity)


def transfer_from(spender: Wallet, token: Address, owner: Address, to: Address, quantity: int) -> Receipt:
    """Move another's tokens under an allowance."""
    return spender.do(token, erc20.TRANSFER_FROM, owner, to, quantity)


# Token agents


def mint(agent: Wallet, token: Address, to: Address, quantity: int) -> Receipt:
    """Create tokens for a verified holder."""
    return agent.do(token, trex.MINT, to, quantity)


def burn(agent: Wallet, token: Address, holder: Address, quantity: int) -> Receipt:
    """Destroy a holder's tokens."""
    return agent.do(token, trex.BURN, holder, quantity)


def pause(agent: Wallet, token: Address) -> Receipt:
    """Stop all transfers."""
    return agent.do(token, trex.PAUSE)


def unpause(agent: Wallet, token: Address) -> Receipt:
    """Allow transfers again."""
    return agent.do(token, trex.UNPAUSE)


def set_frozen(agent: Wallet, token: Address, holder: Address, frozen: bool) -> Receipt:
    """Freeze or unfreeze a whole address."""
    return agent.do(token, trex.SET_ADDRESS_FROZEN, holder, frozen)


def freeze(agent: Wallet, token: Address, holder: Address, quantity: int) -> Receipt:
    """Freeze a quantity of a holder's tokens."""
    return agent.do(token, trex.FREEZE_PARTIAL_TOKENS, holder, quantity)


def unfreeze(agent: Wallet, token: Address, holder: Address, quantity: int) -> Receipt:
    """Release a quantity of a holder's frozen tokens."""
    return agent.do(token, trex.UNFREEZE_PARTIAL_TOKENS, holder, quantity)


def forced_transfer(agent: Wallet, token: Address, holder: Address, to: Address, quantity: int) -> Receipt:
    """Move a holder's tokens without asking, to a verified receiver."""
    return agent.do(token, trex.FORCED_TRANSFER, holder, to, quantity)


def recover(agent: Wallet, token: Address, *, lost: Address, new: Address, identity_contract: Address) -> Receipt:
    """Move everything from a lost wallet to a new one that is a management key of the same identity contract."""
    return agent.do(token, trex.RECOVERY_ADDRESS, lost, new, identity_contract)


# Agents of the identity registry


def register(agent: Wallet, registry: Address, holder: Address, identity_contract: Address, country: int) -> Receipt:
    """Enter a holder; ``country`` is the ISO 3166-1 numeric code."""
    return agent.do(registry, trex.REGISTER_IDENTITY, holder, identity_contract, country)


def update_registered(agent: Wallet, registry: Address, holder: Address, identity_contract: Address) -> Receipt:
    """Give a registered holder another identity contract."""
    return agent.do(registry, trex.UPDATE_IDENTITY, holder, identity_contract)


def unregister(agent: Wallet, registry: Address, holder: Address) -> Receipt:
    """Remove a holder."""
    return agent.do(registry, trex.DELETE_IDENTITY, holder)


# Owners of identity contracts


def add_key(manager: Wallet, identity_contract: Address, address: Address, purpose: int) -> Receipt:
    """Give an account a purpose on an identity contract."""
    return manager.do(identity_contract, onchainid.ADD_KEY, key_hash(address), purpose, onchainid.ECDSA)


def add_claim(
    holder: Wallet,
    identity_contract: Address,
    *,
    topic: int,
    claim_issuer: Address,
    signature: bytes,
    data: bytes,
    uri: str = "",
) -> Receipt:
    """Put a signed claim on an identity contract; the contract asks the claim issuer's whether it is valid."""
    arguments = (topic, onchainid.ECDSA, claim_issuer, signature, data, uri)
    return holder.do(identity_contract, onchainid.ADD_CLAIM, *arguments)


def remove_claim(holder: Wallet, identity_contract: Address, claim_id: bytes) -> Receipt:
    """Take a claim off an identity contract."""
    return holder.do(identity_contract, onchainid.REMOVE_CLAIM, claim_id)


# Claim issuers


def revoke_signature(manager: Wallet, claim_issuer: Address, signature: bytes) -> Receipt:
    """Revoke exactly these signature bytes at the claim issuer's contract."""
    return manager.do(claim_issuer, onchainid.REVOKE_CLAIM_BY_SIGNATURE, signature)
