"""ONCHAINID 2.x (ERC-734 keys, ERC-735 claims): identity, claim issuer, factory and gateway.

``addClaim(topic, scheme, issuer, signature, data, uri)``; ``getClaim`` answers in the same order.
``isClaimValid(identity, topic, signature, data)`` is asked of the claim issuer's contract.
"""

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

IS_CLAIM_VALID = Function("isClaimValid(address,uint256,bytes,bytes)", "bool")
IS_CLAIM_REVOKED = Function("isClaimRevoked(bytes)", "bool")
REVOKE_CLAIM_BY_SIGNATURE = Function("revokeClaimBySignature(bytes)")

GET_IDENTITY = Function("getIdentity(address)", "address")
GET_WALLETS = Function("getWallets(address)", "address[]")
LINK_WALLET = Function("linkWallet(address)")
UNLINK_WALLET = Function("unlinkWallet(address)")
ADD_TOKEN_FACTORY = Function("addTokenFactory(address)")

DEPLOY_IDENTITY_FOR_WALLET = Function("deployIdentityForWallet(address)", "address")
DEPLOY_IDENTITY_WITH_SALT = Function("deployIdentityWithSalt(address,string,uint256,bytes)", "address")
