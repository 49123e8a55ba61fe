"""The order: an instruction an intermediary signs for a network. It has no member that could name a client.

>>> order = Order.from_json({
...     "id": "0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a", "network": "pty_dx",
...     "token": "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "side": "buy", "quantity": "1000",
...     "price": "99.75", "currency": "CHF", "intermediary": "eip155:1:0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",
...     "signatory": "did:pkh:eip155:1:0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",
...     "issued_at": "2026-11-22T12:00:00Z", "expires_at": "2026-11-23T12:00:00Z"})
>>> order.quantity, order.side.value, len(order.document())
(1000, 'buy', 32)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from claim_issuers.clock import aware
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account
from claim_issuers.keys.hashing import keccak256
from claim_issuers.orders.currencies import CURRENCY_CODES
from claim_issuers.orders.errors import MalformedOrder

MAX_LIFETIME: Final = timedelta(days=30)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)
MEMBERS: Final = (
    "id",
    "network",
    "token",
    "side",
    "quantity",
    "price",
    "currency",
    "intermediary",
    "signatory",
    "issued_at",
    "expires_at",
)
_PKH: Final = "did:pkh:"
# RFC 9562 §5.4: a version 4 UUID, in the one spelling that we sign
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NETWORK = re.compile(r"[a-z0-9_]{1,64}")
_QUANTITY = re.compile(r"[1-9][0-9]{0,77}")
_PRICE = re.compile(r"(?:0|[1-9][0-9]{0,59})(?:\.[0-9]{1,18})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Side(StrEnum):
    """What the intermediary wants to do (FIX tag 54)."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. ``quantity`` is in base units of the token, ``price`` a decimal text per whole unit in ``currency``.

    ``network`` is the network's party id, ``intermediary`` the account that signs, ``signatory`` the account (did:pkh) of whoever
    acts for it. Instants are whole seconds of the years 2000 to 2200. Raises MalformedOrder with the pointer of the member at
    fault, NaiveInstant.
    """

    id: str
    network: str
    token: Account
    side: Side
    quantity: int
    price: str
    currency: str
    intermediary: Account
    signatory: Account
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        for name in ("issued_at", "expires_at"):
            object.__setattr__(self, name, _sensible(getattr(self, name), name))
        for name in ("token", "intermediary", "signatory"):
            _require(isinstance(getattr(self, name), Account), name, "an account")
        _require(isinstance(self.side, Side), "side", "buy or sell")
        checked_id(self.id)
        _require(_is_written(_NETWORK, self.network), "network", "the network's party id")
        # True is an int, and 1.0 has no canonical text
        _require(type(self.quantity) is int and 0 < self.quantity < 1 << 256, "quantity", "base units: a uint256 above 0")
        _require(_is_written(_PRICE, self.price), "price", "a decimal number with at most 18 digits behind the point")
        _require(isinstance(self.currency, str) and self.currency in CURRENCY_CODES, "currency", "an ISO 4217 code")
        _require(self.issued_at < self.expires_at, "expires_at", "an instant after issued_at")

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """Read an order's JSON: every member there, none besides, each a string in its one canonical form.

        Raises MalformedOrder.
        """
        texts = exact_texts(members, MEMBERS)
        _require(texts["side"] in set(Side), "side", "buy or sell")
        _require(_QUANTITY.fullmatch(texts["quantity"]), "quantity", "base units: a decimal number above 0")
        _require(texts["signatory"].startswith(_PKH), "signatory", "a did:pkh")
        return cls(
            id=texts["id"],
            network=texts["network"],
            token=_account(texts["token"], "token"),
            side=Side(texts["side"]),
            quantity=int(texts["quantity"]),
            price=texts["price"],
            currency=texts["currency"],
            intermediary=_account(texts["intermediary"], "intermediary"),
            signatory=_account(texts["signatory"].removeprefix(_PKH), "signatory"),
            issued_at=_instant(texts["issued_at"], "issued_at"),
            expires_at=_instant(texts["expires_at"], "expires_at"),
        )

    def as_json(self) -> dict[str, str]:
        """The order's JSON: what ``from_json`` reads, member for member."""
        return {
            "id": self.id,
            "network": self.network,
            "token": str(self.token),
            "side": self.side.value,
            "quantity": str(self.quantity),
            "price": self.price,
            "currency": self.currency,
            "intermediary": str(self.intermediary),
            "signatory": self.signatory.did,
            "issued_at": _instant_text(self.issued_at),
            "expires_at": _instant_text(self.expires_at),
        }

    def canonical(self) -> bytes:
        """The order's canonical JSON (RFC 8785)."""
        return canonical(dict(self.as_json()))

    def document(self) -> bytes:
        """keccak256 of the canonical JSON, 32 bytes: what names this order's content."""
        return keccak256(self.canonical())


def exact_texts(members: Mapping[str, Any], names: tuple[str, ...], *, under: str = "/order") -> dict[str, str]:
    """``members`` when they are exactly ``names`` and all strings. Raises MalformedOrder."""
    if not isinstance(members, Mapping):
        raise MalformedOrder("an order is an object", pointer=under)
    for name in members:
        if name not in names:
            raise MalformedOrder("an order has no further members", pointer=under)
    for name in names:
        if not isinstance(members.get(name), str):
            raise MalformedOrder("every member is there, and is a string", pointer=f"{under}/{name}")
    return {name: members[name] for name in names}


def checked_id(order_id: str) -> str:
    """``order_id`` when it is a version 4 UUID in lower case. Raises MalformedOrder."""
    _require(_is_written(_UUID4, order_id), "id", "a version 4 UUID in lower case")
    return order_id


def _account(text: str, name: str) -> Account:
    try:
        account = Account.parse(text)
    except DomainError as fault:
        raise MalformedOrder("a CAIP-10 account", pointer=f"/order/{name}") from fault
    # One account has many spellings, and what was signed is one text.
    _require(str(account) == text, name, "a CAIP-10 account with its EIP-55 checksum")
    return account


def _instant(text: str, name: str) -> datetime:
    _require(_INSTANT.fullmatch(text), name, "an RFC 3339 instant in UTC, whole seconds, ending in Z")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as fault:
        raise MalformedOrder("there is no such instant", pointer=f"/order/{name}") from fault


def _sensible(instant: datetime, name: str) -> datetime:
    """The instant in UTC. Outside these years arithmetic with a leeway, or a change of the time zone, leaves the calendar."""
    _require(isinstance(instant, datetime), name, "an instant")
    if instant.tzinfo is not None:  # otherwise ``aware`` refuses it
        _require(EARLIEST <= instant <= LATEST, name, "an instant of the years 2000 to 2200")
    found = aware(instant)
    _require(not found.microsecond, name, "an instant in whole seconds")
    return found


def _instant_text(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _is_written(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(form.fullmatch(value))


def _require(holds: object, name: str, rule: str) -> None:
    if not holds:
        raise MalformedOrder(f"{name} must be {rule}", pointer=f"/order/{name}")
