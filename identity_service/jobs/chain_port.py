"""What a chain transaction job needs of a chain and of a key store. ``chain.client.ChainClient`` and the vault fit."""

from collections.abc import Callable
from typing import Protocol

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.signers import DigestSigner
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import Fees, Receipt

KeySource = Callable[[str], DigestSigner]


class ChainPort(Protocol):
    """One chain. Every method raises an ``Unavailable`` error when the node does not answer or cannot be believed."""

    @property
    def chain(self) -> ChainId:
        """Which chain this is."""
        ...

    def head(self) -> BlockRef:
        """The newest block."""
        ...

    def nonce(self, address: Address) -> int:
        """The account's next nonce, transactions that wait in the node's pool included."""
        ...

    def estimate_gas(self, *, sender: Address, to: Address | None, payload: bytes, value: int = 0) -> int:
        """The gas the call would need now. Raises CallReverted when it would fail."""
        ...

    def fees(self) -> Fees:
        """Fees that will do for some blocks."""
        ...

    def send_raw(self, raw: bytes) -> bytes:
        """Hand over a signed transaction, also one the node has already. Raises TransactionRejected with its ``reason``."""
        ...

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """What became of a transaction; None while it is in no canonical block."""
        ...
