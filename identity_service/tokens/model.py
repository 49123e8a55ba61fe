"""A token as the service knows it, and the control book beside it.

>>> default_topics()["CUSTODIAN"] == CLAIM_TYPES["CUSTODIAN"].topic
True
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from claim_issuers.claims.vocabulary import CLAIM_TYPES, claim_type
from claim_issuers.errors import Conflict, InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Account, Address, ChainId


class TokenUnknown(NotFound):
    """No token with this account is registered here."""

    code = "token_unknown"


class TokenAlreadyRegistered(Conflict):
    """The token is registered already."""

    code = "token_already_registered"


class TokenNotDeployed(InvalidInput):
    """The address holds no ERC-3643 token at this block: no code, or no identity registry and compliance behind it."""

    code = "token_not_deployed"


class InvalidToken(InvalidInput):
    """A token's particulars contradict each other or lie out of range."""

    code = "invalid_token"


class FactoryUnfit(InvalidInput):
    """A contract named as identity factory is not one that the operator trusts on this chain."""

    code = "identity_factory_unfit"


class DeclaredTotalConflict(Conflict):
    """Another total was declared for the same instant; the control book is corrected by a later entry."""

    code = "declared_total_conflict"


def default_topics() -> Mapping[str, int]:
    """Each claim type's topic as the vocabulary has it: uint256(keccak256(name))."""
    return MappingProxyType({name: entry.topic for name, entry in CLAIM_TYPES.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenContracts:
    """What a token's address leads to on chain: its contracts, its particulars and the blocks where it all began."""

    token: Account
    name: str
    symbol: str
    decimals: int
    identity_registry: Address
    identity_registry_storage: Address
    trusted_issuers_registry: Address
    claim_topics_registry: Address
    compliance: Address
    deployed_block: int
    storage_deployed_block: int

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 255:
            raise InvalidToken("decimals is a uint8", pointer="/decimals")
        if min(self.deployed_block, self.storage_deployed_block) < 0:
            raise InvalidToken("a block number is not negative", pointer="/deployed_block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A registered token.

    ``token_issuer`` is a party's id. Any one of ``accepted_claim_types`` makes a holder eligible (the policy's first form).
    ``topics`` says under which number the token's registry knows each claim type; a stock registry demands every topic of every
    holder, so a token that takes investors and intermediaries alike knows them under one number. ``agent_key`` names the vault's
    key that acts as the token's agent, if we hold one. ``trusted_factories`` are the identity factories, on the token's chain,
    whose identity contracts may be believed (DESIGN §4, fault 3).
    """

    contracts: TokenContracts
    token_issuer: str
    accepted_claim_types: tuple[str, ...]
    topics: Mapping[str, int] = field(default_factory=default_topics)
    agent_key: str | None = None
    trusted_factories: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        if not self.accepted_claim_types:
            raise InvalidToken("name the claim types that make a holder eligible", pointer="/accepted_claim_types")
        _known(self.accepted_claim_types)
        _known(self.topics)
        if any(name not in self.topics for name in self.accepted_claim_types):
            raise InvalidToken("an accepted claim type has no topic", pointer="/topics")
        if any(not 0 < topic < 1 << 256 for topic in self.topics.values()):
            raise InvalidToken("a topic is a uint256 above 0", pointer="/topics")
        if any(owner not in (None, name) for name, number in self.topics.items() for owner in [_owner_of(number)]):
            raise InvalidToken("a number is the vocabulary's topic of another claim type", pointer="/topics")

    @property
    def id(self) -> Account:
        return self.contracts.token

    @property
    def chain(self) -> ChainId:
        return self.id.chain

    @property
    def address(self) -> Address:
        return self.id.address

    @property
    def name(self) -> str:
        return self.contracts.name

    @property
    def symbol(self) -> str:
        return self.contracts.symbol

    @property
    def decimals(self) -> int:
        return self.contracts.decimals

    @property
    def identity_registry(self) -> Address:
        return self.contracts.identity_registry

    @property
    def identity_registry_storage(self) -> Address:
        return self.contracts.identity_registry_storage

    @property
    def trusted_issuers_registry(self) -> Address:
        return self.contracts.trusted_issuers_registry

    @property
    def claim_topics_registry(self) -> Address:
        return self.contracts.claim_topics_registry

    @property
    def compliance(self) -> Address:
        return self.contracts.compliance

    @property
    def deployed_block(self) -> int:
        return self.contracts.deployed_block

    def topic(self, claim_type_name: str) -> int:
        """The topic number of a claim type on this token. Raises UnknownClaimType."""
        known = self.topics.get(claim_type_name)
        return claim_type(claim_type_name).topic if known is None else known

    def claim_types_of(self, topic: int) -> tuple[str, ...]:
        """The claim types that this token's registry knows under ``topic``: several where it asks one topic of every holder."""
        return tuple(name for name, number in self.topics.items() if number == topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredTotal:
    """An entry of the token issuer's control book (17 CFR 240.17Ad-9(m)): so many base units outstanding at this instant."""

    token: Account
    quantity: int
    at: datetime
    recorded_at: datetime

    def record_difference(self, registered: int) -> int:
        """The register's total minus the declared one (17Ad-9(g)); 0 when the books agree."""
        return registered - self.quantity


def topics_with(overrides: Mapping[str, int]) -> Mapping[str, int]:
    """The default topics with some numbers replaced. Raises UnknownClaimType."""
    _known(overrides)
    return MappingProxyType({**default_topics(), **overrides})


def _owner_of(topic: int) -> str | None:
    """The claim type whose topic the vocabulary says this is: on chain the number alone tells what a claim means."""
    return next((name for name, entry in CLAIM_TYPES.items() if entry.topic == topic), None)


def _known(names: Iterable[str]) -> None:
    for name in names:
        claim_type(name)
