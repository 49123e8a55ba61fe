"""An order's mark in call data: twenty bytes behind a mint, which a Solidity function passes over and the chain keeps.

>>> reference("0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a").hex()[8:]
'0b0f2d6e3c1a4f5e9a571f2e3d4c5b6a'
>>> call = marked(b"mint(office, 5)", "0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a")
>>> call in b"multisig:" + call + b"signatures"
True
"""

from typing import Final
from uuid import UUID

from claim_issuers.keys.hashing import keccak256
from claim_issuers.orders.order import checked_id

MARKER: Final = keccak256(b"OrderId(bytes16)")[:4]


def reference(order_id: str) -> bytes:
    """The marker and the sixteen bytes of the order's UUID. Raises MalformedOrder for another id than an order can have."""
    return MARKER + UUID(checked_id(order_id)).bytes


def marked(call: bytes, order_id: str) -> bytes:
    """A call with the order's reference directly behind it.

    Look for the whole of it in a transaction's input, never for the reference alone: whoever chooses an order's id, quantity and
    account can make sixteen bytes of them stand in another order's call.
    """
    return call + reference(order_id)
