"""T-REX 4.1 (ERC-3643): token, identity registry and its storage, the two trust registries, compliance."""

from identity_service.chain.contracts import Function

# Token
PAUSED = Function("paused()", "bool")
IS_FROZEN = Function("isFrozen(address)", "bool")
GET_FROZEN_TOKENS = Function("getFrozenTokens(address)", "uint256")
IDENTITY_REGISTRY = Function("identityRegistry()", "address")
COMPLIANCE = Function("compliance()", "address")
ONCHAIN_ID = Function("onchainID()", "address")
MINT = Function("mint(address,uint256)")
BURN = Function("burn(address,uint256)")
PAUSE = Function("pause()")
UNPAUSE = Function("unpause()")
SET_ADDRESS_FROZEN = Function("setAddressFrozen(address,bool)")
FREEZE_PARTIAL_TOKENS = Function("freezePartialTokens(address,uint256)")
UNFREEZE_PARTIAL_TOKENS = Function("unfreezePartialTokens(address,uint256)")
FORCED_TRANSFER = Function("forcedTransfer(address,address,uint256)", "bool")
RECOVERY_ADDRESS = Function("recoveryAddress(address,address,address)", "bool")

# Token and identity registry
ADD_AGENT = Function("addAgent(address)")
IS_AGENT = Function("isAgent(address)", "bool")
OWNER = Function("owner()", "address")

# Identity registry
IS_VERIFIED = Function("isVerified(address)", "bool")
IDENTITY = Function("identity(address)", "address")
CONTAINS = Function("contains(address)", "bool")
INVESTOR_COUNTRY = Function("investorCountry(address)", "uint16")
REGISTER_IDENTITY = Function("registerIdentity(address,address,uint16)")
BATCH_REGISTER_IDENTITY = Function("batchRegisterIdentity(address[],address[],uint16[])")
UPDATE_IDENTITY = Function("updateIdentity(address,address)")
DELETE_IDENTITY = Function("deleteIdentity(address)")
IDENTITY_STORAGE = Function("identityStorage()", "address")
TOPICS_REGISTRY = Function("topicsRegistry()", "address")
ISSUERS_REGISTRY = Function("issuersRegistry()", "address")

# Claim topics registry, trusted issuers registry, modular compliance
GET_CLAIM_TOPICS = Function("getClaimTopics()", "uint256[]")
GET_TRUSTED_ISSUERS_FOR_CLAIM_TOPIC = Function("getTrustedIssuersForClaimTopic(uint256)", "address[]")
IS_TRUSTED_ISSUER = Function("isTrustedIssuer(address)", "bool")
CAN_TRANSFER = Function("canTransfer(address,address,uint256)", "bool")
