"""T-REX 4.1 (ERC-3643): token, identity registry and its storage, the two trust registries, compliance."""

from collections.abc import Sequence

from claim_issuers.identifiers.accounts import Address
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
UPDATE_COUNTRY = Function("updateCountry(address,uint16)")
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
GET_MODULES = Function("getModules()", "address[]")

# Compliance modules
MODULE_NAME = Function("name()", "string")
IS_COUNTRY_ALLOWED = Function("isCountryAllowed(address,uint16)", "bool")
IS_COUNTRY_RESTRICTED = Function("isCountryRestricted(address,uint16)", "bool")


def register_identity(holder: Address, identity_contract: Address, country: int) -> bytes:
    """Call data for an identity registry: enter a holder; an agent of the registry sends. ``country`` is public, 0 says nothing."""
    return REGISTER_IDENTITY.encode(holder, identity_contract, country)


def batch_register_identity(entries: Sequence[tuple[Address, Address, int]]) -> bytes:
    """The same for many holders (holder, identity contract, country): all of them or, where one is refused, none."""
    holders, identity_contracts, countries = zip(*entries, strict=True) if entries else ((), (), ())
    return BATCH_REGISTER_IDENTITY.encode(list(holders), list(identity_contracts), list(countries))


def update_country(holder: Address, country: int) -> bytes:
    """Call data for an identity registry: another country for a registered holder; an agent of the registry sends."""
    return UPDATE_COUNTRY.encode(holder, country)


def update_identity(holder: Address, identity_contract: Address) -> bytes:
    """Call data for an identity registry: another identity contract for a registered holder; an agent of the registry sends."""
    return UPDATE_IDENTITY.encode(holder, identity_contract)


def delete_identity(holder: Address) -> bytes:
    """Call data for an identity registry: remove a holder; an agent of the registry sends."""
    return DELETE_IDENTITY.encode(holder)
