"""ONCHAINID 2.x (ERC-734 keys, ERC-735 claims): identity, claim issuer, factory and gateway.

``addClaim(topic, scheme, issuer, signature, data, uri)``; ``getClaim`` answers in the same order.
``isClaimValid(identity, topic, signature, data)`` is asked of the claim issuer's contract.
"""

from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Address
from identity_service.chain.contracts import Function

MANAGEMENT, ACTION, CLAIM = 1, 2, 3  # key purposes, ERC-734
ECDSA = 1  # key type and signature scheme

GET_CLAIM = Function("getClaim(bytes32)", "uint256,uint256,address,bytes,bytes,string")
GET_CLAIM_IDS_BY_TOPIC = Function("getClaimIdsByTopic(uint256)", "bytes32[]")
ADD_CLAIM = Function("addClaim(uint256,uint256,address,bytes,bytes,string)", "bytes32")
REMOVE_CLAIM = Function("removeClaim(bytes32)", "bool")
KEY_HAS_PURPOSE = Function("keyHasPurpose(bytes32,uint256)", "bool")
ADD_KEY = Function("addKey(bytes32,uint256,uint256)", "bool")
REMOVE_KEY = Function("removeKey(bytes32,uint256)", "bool")
GET_KEYS_BY_PURPOSE = Function("getKeysByPurpose(uint256)", "bytes32[]")

IS_CLAIM_VALID = Function("isClaimValid(address,uint256,bytes,bytes)", "bool")
IS_CLAIM_REVOKED = Function("isClaimRevoked(bytes)", "bool")
REVOKE_CLAIM_BY_SIGNATURE = Function("revokeClaimBySignature(bytes)")

GET_IDENTITY = Function("getIdentity(address)", "address")
GET_WALLETS = Function("getWallets(address)", "address[]")
LINK_WALLET = Function("linkWallet(address)")
UNLINK_WALLET = Function("unlinkWallet(address)")
ADD_TOKEN_FACTORY = Function("addTokenFactory(address)")

# Anybody may send this one. The gateway's other two deployments need an approved signer's signature; and the one that names
# management keys refuses the wallet's own among them, so a wallet that wants a second key adds it afterwards itself.
DEPLOY_IDENTITY_FOR_WALLET = Function("deployIdentityForWallet(address)", "address")
DEPLOY_IDENTITY_WITH_SALT = Function("deployIdentityWithSalt(address,string,uint256,bytes)", "address")


def deploy_identity(wallet: Address) -> bytes:
    """Call data for the gateway: an identity contract that ``wallet`` manages and to which the factory links it; anybody sends."""
    return DEPLOY_IDENTITY_FOR_WALLET.encode(wallet)


def add_key(address: Address, purpose: int) -> bytes:
    """Call data for an identity contract: give ``address`` this purpose; a MANAGEMENT key sends."""
    return ADD_KEY.encode(key_hash(address), purpose, ECDSA)


def remove_key(address: Address, purpose: int) -> bytes:
    """Call data for an identity contract: take this purpose from ``address``; a MANAGEMENT key sends.

    The contract lets its last manager remove itself; whoever offers this call sees to it that another one stays.
    """
    return REMOVE_KEY.encode(key_hash(address), purpose)


def add_claim(topic: int, claim_issuer: Address, signature: bytes, data: bytes) -> bytes:
    """Call data for an identity contract: keep this claim; a CLAIM or MANAGEMENT key sends. The uri is empty: that costs least."""
    return ADD_CLAIM.encode(topic, ECDSA, claim_issuer, signature, data, "")


def link_wallet(wallet: Address) -> bytes:
    """Call data for the identity factory: ``wallet`` has the sender's identity contract too; a linked wallet sends.

    The factory does not ask ``wallet``, so being linked shows no consent.
    """
    return LINK_WALLET.encode(wallet)


def unlink_wallet(wallet: Address) -> bytes:
    """Call data for the identity factory: ``wallet`` has it no more; another wallet of the same identity contract sends."""
    return UNLINK_WALLET.encode(wallet)
