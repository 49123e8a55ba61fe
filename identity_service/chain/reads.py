"""Typed questions to the contracts, each about exactly one block.

>>> TokenReads(client, token).is_verified(address, client.head())            # doctest: +SKIP
True
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import erc20, trex
from identity_service.chain.asking import Question, ask, ask_all, someone
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWiring:
    """The contracts around a token at one block."""

    identity_registry: Address
    compliance: Address
    identity_storage: Address
    topics_registry: Address
    issuers_registry: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDescription:
    """What the token says about itself. ``total_supply`` is in base units, 10^``decimals`` to the whole."""

    name: str
    symbol: str
    decimals: int
    total_supply: int
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderState:
    """What token and registry say about one address.

    Quantities are in base units; ``country`` is an ISO 3166-1 numeric code, 0 for none.
    """

    balance: int
    frozen: bool
    frozen_quantity: int
    registered: bool
    identity_contract: Address | None
    country: int
    verified: bool


class TokenReads:
    """Reads a T-REX token and the registries it is wired to."""

    def __init__(self, client: ChainClient, token: Address) -> None:
        self._client = client
        self.token = token
        # One entry a block: setIdentityRegistry and its like change the wiring from one block to the next.
        self.wiring = lru_cache(maxsize=16)(self._wiring)

    def describe(self, block: BlockRef) -> TokenDescription:
        """Name, symbol, decimals, total supply and pause, in one request."""
        asked = (erc20.NAME, erc20.SYMBOL, erc20.DECIMALS, erc20.TOTAL_SUPPLY, trex.PAUSED)
        name, symbol, decimals, supply, paused = self._ask_all([(self.token, function, ()) for function in asked], block)
        return TokenDescription(name=name, symbol=symbol, decimals=decimals, total_supply=supply, paused=paused)

    def holder(self, address: Address, block: BlockRef) -> HolderState:
        """Balance, freezes, registration and verification of one address, in one request."""
        return self.holders([address], block)[0]

    def holders(self, addresses: Sequence[Address], block: BlockRef) -> list[HolderState]:
        """The same for many addresses, in as few requests as the batch limit allows."""
        registry = self.wiring(block).identity_registry
        questions = [
            (contract, function, (address,))
            for address in addresses
            for contract, function in (
                (self.token, erc20.BALANCE_OF),
                (self.token, trex.IS_FROZEN),
                (self.token, trex.GET_FROZEN_TOKENS),
                (registry, trex.CONTAINS),
                (registry, trex.IDENTITY),
                (registry, trex.INVESTOR_COUNTRY),
                (registry, trex.IS_VERIFIED),
            )
        ]
        # The registry asks the identity contract, which is its owner's code and may revert: then nothing is verified.
        answers = iter(ask_all(self._client, questions, block, when_reverted={trex.IS_VERIFIED: False}))
        return [_holder(*facts) for facts in zip(*[answers] * 7, strict=True)]

    def balance(self, address: Address, block: BlockRef) -> int:
        """Base units held."""
        return int(self._ask(self.token, erc20.BALANCE_OF, block, address))

    def total_supply(self, block: BlockRef) -> int:
        """Base units in existence."""
        return int(self._ask(self.token, erc20.TOTAL_SUPPLY, block))

    def allowance(self, owner: Address, spender: Address, block: BlockRef) -> int:
        """Base units that ``spender`` may still move out of ``owner``'s balance."""
        return int(self._ask(self.token, erc20.ALLOWANCE, block, owner, spender))

    def paused(self, block: BlockRef) -> bool:
        """Whether all transfers are stopped."""
        return bool(self._ask(self.token, trex.PAUSED, block))

    def is_frozen(self, address: Address, block: BlockRef) -> bool:
        """Whether the whole address is frozen."""
        return bool(self._ask(self.token, trex.IS_FROZEN, block, address))

    def frozen_quantity(self, address: Address, block: BlockRef) -> int:
        """Base units of this address that are frozen one by one."""
        return int(self._ask(self.token, trex.GET_FROZEN_TOKENS, block, address))

    def is_verified(self, address: Address, block: BlockRef) -> bool:
        """What the token's registry answers before a transfer to ``address``.

        Says nothing about whether the registered identity is genuine (DESIGN §4, fault 3).
        """
        return bool(self._ask(self.wiring(block).identity_registry, trex.IS_VERIFIED, block, address))

    def identity_of(self, address: Address, block: BlockRef) -> Address | None:
        """The identity contract registered for ``address``, or None."""
        return someone(self._ask(self.wiring(block).identity_registry, trex.IDENTITY, block, address))

    def is_registered(self, address: Address, block: BlockRef) -> bool:
        """Whether the registry holds ``address`` at all."""
        return bool(self._ask(self.wiring(block).identity_registry, trex.CONTAINS, block, address))

    def country(self, address: Address, block: BlockRef) -> int:
        """The ISO 3166-1 numeric country registered for ``address``, 0 for none."""
        return int(self._ask(self.wiring(block).identity_registry, trex.INVESTOR_COUNTRY, block, address))

    def required_topics(self, block: BlockRef) -> tuple[int, ...]:
        """The claim topics that a holder's identity must have, all of them."""
        return tuple(self._ask(self.wiring(block).topics_registry, trex.GET_CLAIM_TOPICS, block))

    def trusted_issuers(self, topic: int, block: BlockRef) -> tuple[Address, ...]:
        """The claim issuers' contracts whose claims of this topic count."""
        registry = self.wiring(block).issuers_registry
        return tuple(self._ask(registry, trex.GET_TRUSTED_ISSUERS_FOR_CLAIM_TOPIC, block, topic))

    def can_transfer(self, *, sender: Address, receiver: Address, quantity: int, block: BlockRef) -> bool:
        """What the compliance modules say; identity, freezes and pause are not part of their answer."""
        compliance = self.wiring(block).compliance
        return bool(self._ask(compliance, trex.CAN_TRANSFER, block, sender, receiver, quantity))

    def is_token_agent(self, address: Address, block: BlockRef) -> bool:
        """Whether ``address`` may mint, freeze, force transfers and recover."""
        return bool(self._ask(self.token, trex.IS_AGENT, block, address))

    def is_registry_agent(self, address: Address, block: BlockRef) -> bool:
        """Whether ``address`` may register and delete holders."""
        return bool(self._ask(self.wiring(block).identity_registry, trex.IS_AGENT, block, address))

    def _wiring(self, block: BlockRef) -> TokenWiring:
        asked = [(self.token, trex.IDENTITY_REGISTRY, ()), (self.token, trex.COMPLIANCE, ())]
        registry, compliance = self._ask_all(asked, block)
        parts = (trex.IDENTITY_STORAGE, trex.TOPICS_REGISTRY, trex.ISSUERS_REGISTRY)
        storage, topics, issuers = self._ask_all([(registry, part, ()) for part in parts], block)
        return TokenWiring(
            identity_registry=registry,
            compliance=compliance,
            identity_storage=storage,
            topics_registry=topics,
            issuers_registry=issuers,
        )

    def _ask(self, contract: Address, function: Function, block: BlockRef, *arguments: Any) -> Any:
        return ask(self._client, contract, function, block, *arguments)

    def _ask_all(self, questions: Sequence[Question], block: BlockRef) -> list[Any]:
        return ask_all(self._client, questions, block)


def _holder(
    balance: int, frozen: bool, frozen_quantity: int, registered: bool, identity: Address, country: int, verified: bool
) -> HolderState:
    return HolderState(
        balance=balance,
        frozen=frozen,
        frozen_quantity=frozen_quantity,
        registered=registered,
        identity_contract=someone(identity),
        country=country,
        verified=verified,
    )
