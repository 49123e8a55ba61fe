"""A signed order: the order, the EIP-712 domain, the hash of the document that was signed, and the signature.

>>> from datetime import UTC, datetime
>>> from claim_issuers.identifiers.accounts import Account
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> from claim_issuers.orders.order import Side
>>> signer = Secp256k1Signer(b"\\x11" * 32)
>>> token = Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
>>> office = Account(token.chain, signer.address)
>>> order = Order(
...     id="0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a", network="pty_dx", token=token, side=Side.BUY, quantity=1000, price="99.75",
...     currency="CHF", intermediary=office, signatory=office,
...     issued_at=datetime(2026, 11, 22, 12, tzinfo=UTC), expires_at=datetime(2026, 11, 23, 12, tzinfo=UTC))
>>> signed = sign_order(order, signer)
>>> SignedOrder.parse(signed.to_bytes()) == signed
True
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.encodings.strict_json import MalformedJson, parse_object
from claim_issuers.keys.signers import DigestSigner
from claim_issuers.orders import typed_data
from claim_issuers.orders.errors import MalformedOrder
from claim_issuers.orders.order import Order
from claim_issuers.orders.typed_data import OrderDomain

MAX_BYTES: Final = 16 * 1024
_ENVELOPE: Final = {"order", "domain", "document", "signature"}
_DOCUMENT = re.compile(r"0x[0-9a-f]{64}")
# A contract wallet's signature has the length that the contract wants (ERC-1271).
_SIGNATURE = re.compile(r"0x(?:[0-9a-fA-F]{2}){1,2048}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """An order as it travels. Nothing in it is checked yet but its form: ``verify_order`` does the rest."""

    order: Order
    domain: OrderDomain
    document: bytes
    signature: bytes

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """Read a signed order's JSON, strictly. Raises MalformedOrder with the pointer of the member at fault."""
        if not isinstance(members, Mapping) or set(members) != _ENVELOPE:
            raise MalformedOrder("a signed order has order, domain, document and signature", pointer="")
        order, domain = (_object(members, name) for name in ("order", "domain"))
        return cls(
            order=Order.from_json(order),
            domain=OrderDomain.from_json(domain),
            document=_bytes(members, "document", _DOCUMENT),
            signature=_bytes(members, "signature", _SIGNATURE),
        )

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a signed order's bytes. Raises MalformedOrder, also for what is no strict JSON or over 16 KiB."""
        if not isinstance(text, bytes) or len(text) > MAX_BYTES:
            raise MalformedOrder("a signed order has at most 16 KiB")
        try:
            return cls.from_json(parse_object(text))
        except MalformedJson as fault:
            raise MalformedOrder(fault.detail) from fault

    def as_json(self) -> dict[str, Any]:
        """The JSON that ``from_json`` reads."""
        return {
            "order": self.order.as_json(),
            "domain": self.domain.as_json(),
            "document": "0x" + self.document.hex(),
            "signature": "0x" + self.signature.hex(),
        }

    def to_bytes(self) -> bytes:
        """The canonical JSON (RFC 8785) of the whole."""
        return canonical(self.as_json())

    def digest(self) -> bytes:
        """The 32 bytes that its signature must be over: this order, in the domain it names."""
        return typed_data.digest(self.order, self.domain)


def sign_order(order: Order, signer: DigestSigner) -> SignedOrder:
    """The order, signed by the key of its intermediary's account. Leaves to the caller that the key is that account's."""
    signature = signer.sign_digest(typed_data.digest(order))
    return SignedOrder(order=order, domain=OrderDomain.of(order), document=order.document(), signature=signature)


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members[name]
    if not isinstance(value, Mapping):
        raise MalformedOrder(f"{name} is an object", pointer=f"/{name}")
    return value


def _bytes(members: Mapping[str, Any], name: str, form: re.Pattern[str]) -> bytes:
    value = members[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise MalformedOrder(f"{name} is 0x and hex digits", pointer=f"/{name}")
    return bytes.fromhex(value[2:])
