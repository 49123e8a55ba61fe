"""A chain transaction as we ask for it and as we follow it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from claim_issuers.errors import Conflict, Unavailable
from claim_issuers.identifiers.accounts import Address, ChainId

_SHORTEST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=30)


class ChainNodeMissing(Unavailable):
    """This service has no node for the chain."""

    code = "chain_node_missing"


class JobNotLeased(Conflict):
    """The job was settled or taken over meanwhile, so nothing is signed for it here."""

    code = "job_not_leased"


class TransactionState(StrEnum):
    """How far a transaction has come. ``mined`` may fall back to ``broadcast`` in a reorg."""

    PREPARED = "prepared"
    BROADCAST = "broadcast"
    MINED = "mined"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRequest:
    """What to send, from which of our keys, and in a word what for (``purpose``)."""

    chain: ChainId
    key_name: str
    to: Address
    data: bytes
    purpose: str
    value: int = 0

    def to_payload(self) -> dict[str, Any]:
        """The request as a job's JSON payload."""
        return {
            "chain": str(self.chain),
            "key_name": self.key_name,
            "to": str(self.to),
            "data": self.data.hex(),
            "value": str(self.value),
            "purpose": self.purpose,
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Read what ``to_payload`` wrote."""
        return cls(
            chain=ChainId.parse(payload["chain"]),
            key_name=payload["key_name"],
            to=Address.parse(payload["to"]),
            data=bytes.fromhex(payload["data"]),
            value=int(payload["value"]),
            purpose=payload["purpose"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTransaction:
    """A signed transaction and where it stands; block and gas once it is mined."""

    id: str
    job_id: str
    chain: ChainId
    sender: Address
    nonce: int
    to: Address
    tx_hash: bytes
    raw: bytes
    state: TransactionState
    prepared_at: datetime
    nonce_spent_at: datetime | None
    block_number: int | None
    block_hash: bytes | None
    gas_used: int | None
    error: str | None

    @property
    def hash_text(self) -> str:
        """The hash as explorers show it."""
        return "0x" + self.tx_hash.hex()


def patience(age: timedelta) -> timedelta:
    """How long to wait before looking again at something this old: often at first, then every half minute."""
    return min(max(age / 4, _SHORTEST_WAIT), _LONGEST_WAIT)


def gas_limit(estimate: int) -> int:
    """The estimate and a fifth: between the estimate and the block, other transactions change what the call must write."""
    return estimate + estimate // 5
