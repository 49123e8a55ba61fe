"""What the token, its identity registry and the registry's storage tell in their logs, as values.

The words are those of T-REX 4.1.6; ``at`` says where on the chain the event was logged.
"""

from dataclasses import dataclass

from claim_issuers.identifiers.accounts import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a log stands: its block, its transaction and its index in the block."""

    block: int
    block_hash: bytes
    transaction: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """ERC-20 Transfer; the zero address as source mints, as target burns."""

    at: Position
    source: Address
    target: Address
    quantity: int


@dataclass(frozen=True, slots=True)
class Approval:
    """ERC-20 Approval; T-REX logs the absolute allowance after every change, ``transferFrom`` included."""

    at: Position
    owner: Address
    spender: Address
    allowance: int


@dataclass(frozen=True, slots=True)
class TokensFrozen:
    """A further quantity of the account's tokens is frozen."""

    at: Position
    account: Address
    quantity: int


@dataclass(frozen=True, slots=True)
class TokensUnfrozen:
    """A quantity of the account's frozen tokens is free again."""

    at: Position
    account: Address
    quantity: int


@dataclass(frozen=True, slots=True)
class AddressFrozen:
    """The whole account was frozen or unfrozen by an agent."""

    at: Position
    account: Address
    frozen: bool
    agent: Address


@dataclass(frozen=True, slots=True)
class Paused:
    """The token stands still."""

    at: Position
    agent: Address


@dataclass(frozen=True, slots=True)
class Unpaused:
    """The token moves again."""

    at: Position
    agent: Address


@dataclass(frozen=True, slots=True)
class RecoverySuccess:
    """A lost account's holding was moved to another account of the same identity; its allowances were not."""

    at: Position
    lost: Address
    replacement: Address
    identity_contract: Address


@dataclass(frozen=True, slots=True)
class IdentityRegistryAdded:
    """The token now asks this identity registry."""

    at: Position
    identity_registry: Address


@dataclass(frozen=True, slots=True)
class IdentityStorageSet:
    """The identity registry now reads this storage."""

    at: Position
    storage: Address


@dataclass(frozen=True, slots=True)
class IdentityStored:
    """An account is linked to an identity contract."""

    at: Position
    account: Address
    identity_contract: Address


@dataclass(frozen=True, slots=True)
class IdentityUnstored:
    """An account is no longer linked."""

    at: Position
    account: Address
    identity_contract: Address


@dataclass(frozen=True, slots=True)
class IdentityModified:
    """Some account moved from one identity contract to another; the log does not name the account."""

    at: Position
    before: Address
    after: Address


@dataclass(frozen=True, slots=True)
class CountryModified:
    """A linked account's country (ISO 3166-1 numeric) changed."""

    at: Position
    account: Address
    country: int


@dataclass(frozen=True, slots=True)
class IdentityRegistryBound:
    """A registry may write to the storage."""

    at: Position
    identity_registry: Address


@dataclass(frozen=True, slots=True)
class IdentityRegistryUnbound:
    """A registry may no longer write to the storage."""

    at: Position
    identity_registry: Address


Event = (
    Transfer
    | Approval
    | TokensFrozen
    | TokensUnfrozen
    | AddressFrozen
    | Paused
    | Unpaused
    | RecoverySuccess
    | IdentityRegistryAdded
    | IdentityStorageSet
    | IdentityStored
    | IdentityUnstored
    | IdentityModified
    | CountryModified
    | IdentityRegistryBound
    | IdentityRegistryUnbound
)
