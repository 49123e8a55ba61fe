"""A whole chain in memory that a ChainSender can talk to: pool, blocks, reorgs, and the ways a node lets one down.

Transactions are read back with eth-account, which is not what signed them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.hashing import keccak256
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import Fees, Receipt
from identity_service.chain.errors import CallReverted, ChainUnavailable, TransactionRejected

CHAIN = ChainId(31337)


class Killed(BaseException):
    """The process ends here; no handler of exceptions sees it."""


@dataclass(frozen=True, slots=True)
class Pooled:
    sender: bytes
    nonce: int
    to: bytes
    data: bytes
    value: int
    raw: bytes

    @property
    def hash(self) -> bytes:
        return keccak256(self.raw)


def read(raw: bytes) -> Pooled:
    fields = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return Pooled(
        sender=bytes.fromhex(Account.recover_transaction(raw)[2:]),
        nonce=fields["nonce"],
        to=bytes(fields["to"]),
        data=bytes(fields["data"]),
        value=fields["value"],
        raw=raw,
    )


@dataclass
class MemoryChain:
    """One block for each ``mine()``. Set the fields to make the node misbehave."""

    chain: ChainId = CHAIN
    down: bool = False
    would_revert: str = ""
    will_revert: bool = False
    rejecting: str = ""
    at_estimate: Callable[[], None] = lambda: None
    before_sending: Callable[[], None] = lambda: None
    after_sending: Callable[[], None] = lambda: None
    pool: dict[bytes, Pooled] = field(default_factory=dict)
    blocks: list[list[tuple[Pooled, bool]]] = field(default_factory=lambda: [[]])
    fork: int = 0
    sends: list[bytes] = field(default_factory=list)

    def head(self) -> BlockRef:
        self._answer()
        return BlockRef(self.chain, len(self.blocks) - 1, self._hash(len(self.blocks) - 1), 0)

    def nonce(self, address: Address) -> int:
        self._answer()
        return self._next_nonce(address.value)

    def estimate_gas(self, *, sender: Address, to: Address | None, payload: bytes, value: int = 0) -> int:
        self._answer()
        self.at_estimate()
        if self.would_revert:
            raise CallReverted("the contract refuses", kind="error", reason=self.would_revert, selector=b"", revert_data=b"")
        return 50_000

    def fees(self) -> Fees:
        self._answer()
        return Fees(max_fee_per_gas=3_000_000_000, max_priority_fee_per_gas=1_000_000_000)

    def send_raw(self, raw: bytes) -> bytes:
        self._answer()
        self.before_sending()
        if self.rejecting:
            raise TransactionRejected("no", reason=self.rejecting)
        transaction = read(raw)
        if transaction.hash not in self.pool:
            if transaction.nonce < self._mined_nonce(transaction.sender):
                raise TransactionRejected("no", reason="nonce_too_low")
            self.pool[transaction.hash] = transaction
        self.sends.append(raw)
        self.after_sending()
        return transaction.hash

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        self._answer()
        for number, block in enumerate(self.blocks):
            for transaction, succeeded in block:
                if transaction.hash == transaction_hash:
                    return Receipt(
                        transaction_hash=transaction_hash,
                        block_number=number,
                        block_hash=self._hash(number),
                        succeeded=succeeded,
                        gas_used=21_000,
                        effective_gas_price=1,
                        contract_address=None,
                        logs=(),
                    )
        return None

    def mine(self) -> None:
        """One more block, with whatever of the pool is next in nonce order."""
        block = []
        for transaction in sorted(self.pool.values(), key=lambda each: (each.sender, each.nonce)):
            mined = self._mined_nonce(transaction.sender) + sum(each.sender == transaction.sender for each, _ in block)
            if transaction.nonce == mined:
                block.append((transaction, not self.will_revert))
        for transaction, _ in block:
            del self.pool[transaction.hash]
        self.blocks.append(block)

    def reorg(self, depth: int) -> None:
        """Replace the last blocks by empty ones of another fork; their transactions are forgotten."""
        self.blocks[-depth:] = [[] for _ in range(depth)]
        self.fork += 1

    def spend_nonce(self, like: bytes) -> None:
        """Mine a stranger's transaction with the sender and nonce of this one."""
        transaction = read(like)
        self.pool.pop(transaction.hash, None)
        self.blocks.append([(replace(transaction, raw=b"another"), True)])

    def mined(self) -> list[Pooled]:
        return [transaction for block in self.blocks for transaction, _ in block]

    def _answer(self) -> None:
        if self.down:
            raise ChainUnavailable("no answer")

    def _mined_nonce(self, sender: bytes) -> int:
        return sum(each.sender == sender for each in self.mined())

    def _next_nonce(self, sender: bytes) -> int:
        nonce, waiting = self._mined_nonce(sender), {each.nonce for each in self.pool.values() if each.sender == sender}
        while nonce in waiting:
            nonce += 1
        return nonce

    def _hash(self, number: int) -> bytes:
        return keccak256(f"{self.fork}:{number}".encode())
