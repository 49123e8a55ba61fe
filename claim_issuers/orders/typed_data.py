"""An order as EIP-712 typed data: every member readable in the wallet, and the hash of the canonical JSON beside them.

>>> ORDER_TYPE.decode()[:46]
'Order(string id,string network,string token,st'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from claim_issuers.errors import DomainError
from claim_issuers.formats.eip712 import domain_separator, typed_digest
from claim_issuers.formats.words import uint_word
from claim_issuers.identifiers.accounts import Account, Address, ChainId, MalformedAccount
from claim_issuers.keys.hashing import keccak256
from claim_issuers.orders.errors import MalformedOrder
from claim_issuers.orders.order import MEMBERS, Order

DOMAIN_NAME: Final = "IdentityInformationServiceOrder"
DOMAIN_VERSION: Final = "1"
# RFC 7493 §2.2
_LARGEST_JSON_NUMBER: Final = 2**53 - 1
_DOMAIN_TYPE: Final = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
_TYPES: Final = {**{name: "uint256" if name == "quantity" else "string" for name in MEMBERS}, "document": "bytes32"}
ORDER_TYPE: Final = f"Order({','.join(f'{kind} {name}' for name, kind in _TYPES.items())})".encode()
_TYPE_HASH: Final = keccak256(ORDER_TYPE)


@dataclass(frozen=True, slots=True)
class OrderDomain:
    """Where a signature counts: on one chain, for one token. Raises MalformedOrder for a chain number beyond 2^53 - 1."""

    chain: ChainId
    verifying_contract: Address

    def __post_init__(self) -> None:
        if self.chain.number > _LARGEST_JSON_NUMBER:
            raise MalformedOrder("chainId is a number that every JSON reader holds exactly", pointer="/domain/chainId")

    @classmethod
    def of(cls, order: Order) -> Self:
        """The domain in which an order belongs: its token's."""
        return cls(order.token.chain, order.token.address)

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """Read a domain as wallets write it. Raises MalformedOrder."""
        if not isinstance(members, Mapping) or set(members) != set(_DOMAIN_TYPE):
            raise MalformedOrder("a domain has name, version, chainId and verifyingContract", pointer="/domain")
        for name, expected in (("name", DOMAIN_NAME), ("version", DOMAIN_VERSION)):
            if members[name] != expected:
                raise MalformedOrder(f"the domain's {name} is {expected}", pointer=f"/domain/{name}")
        number, contract = members["chainId"], members["verifyingContract"]
        try:
            chain = ChainId(number)
        except DomainError as fault:
            raise MalformedOrder("chainId is a whole number", pointer="/domain/chainId") from fault
        try:
            return cls(chain, Address.parse(contract))
        except MalformedAccount as fault:
            raise MalformedOrder("verifyingContract is an address", pointer="/domain/verifyingContract") from fault

    def as_json(self) -> dict[str, Any]:
        """The domain as wallets write it."""
        return {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": self.chain.number,
            "verifyingContract": str(self.verifying_contract),
        }

    @property
    def token(self) -> Account:
        """The token that this domain is."""
        return Account(self.chain, self.verifying_contract)


def typed_data(order: Order) -> dict[str, Any]:
    """What ``eth_signTypedData_v4`` takes as its second parameter, to be sent as JSON."""
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in _DOMAIN_TYPE.items()],
            "Order": [{"name": name, "type": kind} for name, kind in _TYPES.items()],
        },
        "primaryType": "Order",
        "domain": OrderDomain.of(order).as_json(),
        "message": {**order.as_json(), "document": "0x" + order.document().hex()},
    }


def digest(order: Order, domain: OrderDomain | None = None) -> bytes:
    """The 32 bytes that are signed, in the order's own domain unless another is given."""
    where = domain or OrderDomain.of(order)
    separator = domain_separator(DOMAIN_NAME, DOMAIN_VERSION, where.chain.number, where.verifying_contract)
    return typed_digest(separator, _struct_hash(order))


def _struct_hash(order: Order) -> bytes:
    texts = order.as_json()
    words = (uint_word(order.quantity) if name == "quantity" else keccak256(texts[name].encode()) for name in MEMBERS)
    return keccak256(b"".join((_TYPE_HASH, *words, order.document())))
