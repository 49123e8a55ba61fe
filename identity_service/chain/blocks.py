"""Blocks, as references that an answer can be pinned to."""

from dataclasses import dataclass, field
from typing import Literal

from claim_issuers.identifiers.accounts import ChainId
from identity_service.chain.errors import ChainAnswerMalformed
from identity_service.chain.json_values import Json, data, member, quantity, to_data

BlockTag = Literal["latest", "safe", "finalized", "earliest", "pending"]


@dataclass(frozen=True, slots=True)
class BlockRef:
    """One block of one chain: what "as of" means. ``timestamp`` is in whole seconds since 1970 UTC, as the block says.

    ``parent_hash`` is there when the block was read from the chain; it plays no part in equality.
    """

    chain: ChainId
    number: int
    hash: bytes
    timestamp: int
    parent_hash: bytes | None = field(default=None, compare=False)

    def pinned(self) -> Json:
        """The block parameter that names exactly this block and fails once it is not canonical (EIP-1898)."""
        return {"blockHash": to_data(self.hash), "requireCanonical": True}


def read_block(chain: ChainId, value: Json) -> BlockRef:
    """A block of the execution API. Raises ChainAnswerMalformed."""
    block = BlockRef(
        chain=chain,
        number=quantity(member(value, "number")),
        hash=data(member(value, "hash"), 32),
        timestamp=quantity(member(value, "timestamp")),
        parent_hash=data(member(value, "parentHash"), 32),
    )
    if block.timestamp >= 1 << 63:
        raise ChainAnswerMalformed("the block's timestamp is out of range")
    return block
