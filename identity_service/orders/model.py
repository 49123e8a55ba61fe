"""Orders as the service keeps them, and the errors of this room. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from claim_issuers.errors import Conflict, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account
from claim_issuers.orders.order import Order
from claim_issuers.orders.signed import SignedOrder
from identity_service.jobs.transaction_model import patience

MATCH_ORDER_JOB: Final = "match_order"
STATEMENT_TYPE: Final = "order-verification+jwt"
MOST_OPEN_ORDERS: Final = 200
"""How many orders of one party may wait at a time: each is searched for in the register until its time is over."""
WATCHED_AFTER_EXPIRY: Final = timedelta(days=1)
"""A mint that was sent in time may still be on its way into a block, or into our register."""
_LONGEST_WAIT: Final = timedelta(minutes=10)


class OrderUnknown(NotFound):
    """No order has this id, or none that this caller may see."""

    code = "order_unknown"


class OrderNotYours(NotPermitted):
    """The intermediary that the order names is not the caller's party."""

    code = "order_not_yours"


class OrderReplayed(Conflict):
    """This very order was accepted already."""

    code = "order_replayed"


class OrderIdReused(Conflict):
    """Another order was accepted under this id, whatever its network and token."""

    code = "order_id_reused"


class TooManyOpenOrders(Conflict):
    """As many orders of the intermediary wait for their mint as may."""

    code = "too_many_open_orders"


class OrderState(StrEnum):
    """How far an order is."""

    ACCEPTED = "accepted"
    MINTED = "minted"
    LAPSED = "lapsed"


class ClaimNow(StrEnum):
    """What the intermediary claim behind an order is worth when the order is read."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_ACCREDITED = "not_accredited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the claim behind an order stands now; ``since`` is when it ended, None where it lives or that is not known."""

    claim: ClaimNow
    since: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.claim is ClaimNow.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAnswer:
    """What the chain said of the intermediary's account at one block; ``accepts`` is None where its key alone decides."""

    accepts: bool | None
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """On what an order was accepted: the checks by code, the claim, the path of accreditations, the instant and the block."""

    checks: tuple[str, ...]
    claim_type: str
    claim_issuer: str
    accreditation_path: tuple[str, ...]
    instant: datetime
    block_number: int
    block_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mint:
    """The mint that fulfils an order; ``final`` once no reorg is to be expected any more."""

    transaction: bytes
    log_index: int
    block_number: int
    block_hash: bytes
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order that was accepted. ``id`` is ours, the order's own is what its intermediary, ``party_id``, chose."""

    id: str
    party_id: str
    signed: SignedOrder
    acceptance: Acceptance

    @property
    def order(self) -> Order:
        return self.signed.order


@dataclass(frozen=True, slots=True, kw_only=True)
class CallData:
    """A call for a wallet to send."""

    to: Account
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as one reader sees it, and how the claim behind it stands now.

    ``mint_call_data`` is for the token issuer, while there is no mint and the claim lives.
    """

    record: OrderRecord
    state: OrderState
    standing: Standing
    mint: Mint | None
    mint_call_data: CallData | None


def state_of(order: Order, mint: Mint | None, instant: datetime) -> OrderState:
    """Where an order stands at ``instant``; a mint counts whenever it came."""
    if mint is not None:
        return OrderState.MINTED
    return OrderState.LAPSED if instant >= order.expires_at else OrderState.ACCEPTED


def watch_pause(age: timedelta) -> timedelta:
    """How long to wait before looking again for the mint of an order this old: seconds at first, after hours ten minutes."""
    return max(patience(age), min(age / 20, _LONGEST_WAIT))


def statement(record: OrderRecord, *, issuer: str, category_bit: int | None) -> Mapping[str, Any]:
    """What we sign about an accepted order (RFC 7519 names where they fit); the same for the same record, for ever."""
    order, acceptance = record.order, record.acceptance
    return {
        "iss": issuer,
        "jti": record.id,
        "iat": int(acceptance.instant.timestamp()),
        "exp": int(order.expires_at.timestamp()),
        "outcome": OrderState.ACCEPTED.value,
        "order": {
            "id": order.id,
            "document": "0x" + record.signed.document.hex(),
            "network": order.network,
            "token": str(order.token),
        },
        "intermediary": str(order.intermediary),
        "claim": {
            "type": acceptance.claim_type,
            "category_bit": category_bit,
            "claim_issuer": acceptance.claim_issuer,
        },
        "accreditation_path": list(acceptance.accreditation_path),
        "as_of": as_of_json(record),
    }


def as_of_json(record: OrderRecord) -> dict[str, Any]:
    """The block and instant of an order's verification."""
    return {
        "chain_id": record.order.token.chain.number,
        "block_number": record.acceptance.block_number,
        "block_hash": "0x" + record.acceptance.block_hash.hex(),
        "instant": record.acceptance.instant.isoformat(),
    }
