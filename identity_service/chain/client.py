"""The questions one can put to a chain, and the transactions one can hand it.

>>> client = ChainClient(rpc)                                # doctest: +SKIP
>>> block = client.head()                                    # doctest: +SKIP
>>> client.call(token, PAUSED.encode(), block)               # doctest: +SKIP
"""

from collections.abc import Sequence
from dataclasses import dataclass

from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from identity_service.chain.blocks import BlockRef, BlockTag, read_block
from identity_service.chain.errors import BlockNotFound, CallReverted, ChainAnswerMalformed, TransactionRejected
from identity_service.chain.json_values import Json, data, items, member, quantity, to_data, to_quantity
from identity_service.chain.rpc import Answer, Call, JsonRpc

Topics = Sequence[bytes | Sequence[bytes] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """EIP-1559 fees in wei per gas."""

    max_fee_per_gas: int
    max_priority_fee_per_gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction. ``logs`` are as the node sent them."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    effective_gas_price: int
    contract_address: Address | None
    logs: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a transaction would have done at a block: what it returned or why the contract refused, and the gas it needed.

    ``has_code`` is False where nothing lies at the address: such a call succeeds and does nothing.
    """

    returned: bytes | CallReverted
    gas: int | CallReverted
    has_code: bool


class ChainClient:
    """One chain behind one node. Every method raises ChainUnavailable, ChainAnswerMalformed or WrongChain besides its own."""

    def __init__(self, rpc: JsonRpc) -> None:
        self.rpc = rpc
        self.chain = rpc.chain

    def head(self, tag: BlockTag = "latest") -> BlockRef:
        """The newest block, or the newest ``safe`` or ``finalized`` one. Raises BlockNotFound."""
        return self._found_block(self.rpc.call("eth_getBlockByNumber", [tag, False]))

    def block(self, number: int) -> BlockRef:
        """The canonical block with this number. Raises BlockNotFound."""
        return self._numbered(self.rpc.call("eth_getBlockByNumber", [to_quantity(number), False]), number)

    def blocks(self, numbers: Sequence[int]) -> list[BlockRef]:
        """The canonical blocks with these numbers, in their order, in one request. Raises BlockNotFound."""
        answers = self.rpc.batch([Call("eth_getBlockByNumber", [to_quantity(number), False]) for number in numbers])
        return [self._numbered(answer.value(), number) for answer, number in zip(answers, numbers, strict=True)]

    def block_by_hash(self, block_hash: bytes) -> BlockRef:
        """The block with this hash, canonical or not. Raises BlockNotFound."""
        block = self._found_block(self.rpc.call("eth_getBlockByHash", [to_data(block_hash), False]))
        if block.hash != block_hash:
            raise ChainAnswerMalformed("the node gave another block than the one asked for")
        return block

    def call(self, to: Address, payload: bytes, block: BlockRef, *, sender: Address | None = None) -> bytes:
        """What the contract at ``to`` returns to this call data at exactly ``block``. Raises CallReverted, BlockGone."""
        return data(self.rpc.call("eth_call", [_message(to, payload, sender), block.pinned()]))

    def run_code(self, code: bytes, block: BlockRef, *, gas: int) -> bytes:
        """What this init code returns when it runs at exactly ``block``, with so much gas; nothing is left of it afterwards.

        Raises CallReverted, BlockGone.
        """
        message = {**_message(None, code, None), "gas": to_quantity(gas)}
        return data(self.rpc.call("eth_call", [message, block.pinned()]))

    def call_many(self, calls: Sequence[tuple[Address, bytes]], block: BlockRef) -> list[bytes | CallReverted]:
        """The answers to many calls at one block, in one request; a revert is a value here. Raises BlockGone."""
        requests = [Call("eth_call", [_message(to, payload, None), block.pinned()]) for to, payload in calls]
        return [_returned(answer) for answer in self.rpc.batch(requests)]

    def try_many(self, calls: Sequence[tuple[Address, Address, bytes]], block: BlockRef) -> list[Trial]:
        """What each of these transactions (sender, contract, call data) alone would do on top of ``block``, in one request.

        Raises BlockGone.
        """
        requests = []
        for sender, to, payload in calls:
            message, pinned = _message(to, payload, sender), block.pinned()
            requests += [
                Call("eth_call", [message, pinned]),
                Call("eth_estimateGas", [message, pinned]),
                Call("eth_getCode", [to_data(to.value), pinned]),
            ]
        answers = iter(self.rpc.batch(requests) if requests else [])
        return [_trial(*three) for three in zip(*[answers] * 3, strict=True)]

    def get_logs(self, addresses: Sequence[Address], topics: Topics, from_block: int, to_block: int) -> list[Json]:
        """The logs of these contracts between two block numbers, both included, as the node sent them.

        Raises LogRangeTooWide. An empty ``addresses`` means every contract, an item of ``topics`` that is None any value.
        """
        window = {"fromBlock": to_quantity(from_block), "toBlock": to_quantity(to_block)}
        return items(self.rpc.call("eth_getLogs", [{**_filter(addresses, topics), **window}]))

    def get_logs_at(self, addresses: Sequence[Address], topics: Topics, block: BlockRef) -> list[Json]:
        """The logs of these contracts in exactly this block (EIP-234). Raises BlockGone."""
        return items(self.rpc.call("eth_getLogs", [{**_filter(addresses, topics), "blockHash": to_data(block.hash)}]))

    def get_code(self, address: Address, block: BlockRef) -> bytes:
        """The contract code at ``address``, empty when there is none. Raises BlockGone."""
        return data(self.rpc.call("eth_getCode", [to_data(address.value), block.pinned()]))

    def get_codes(self, addresses: Sequence[Address], block: BlockRef) -> list[bytes]:
        """The same for many addresses, in one request. Raises BlockGone."""
        requests = [Call("eth_getCode", [to_data(address.value), block.pinned()]) for address in addresses]
        return [data(answer.value()) for answer in self.rpc.batch(requests)]

    def wei(self, address: Address) -> int:
        """The account's balance of the chain's own coin, at the newest block."""
        return quantity(self.rpc.call("eth_getBalance", [to_data(address.value), "latest"]))

    def nonce(self, address: Address, tag: BlockTag = "pending") -> int:
        """How many transactions the account has sent, those waiting in the node's pool included."""
        return quantity(self.rpc.call("eth_getTransactionCount", [to_data(address.value), tag]))

    def estimate_gas(self, *, sender: Address, to: Address | None, payload: bytes, value: int = 0) -> int:
        """The gas this transaction would need now. Raises CallReverted when it would fail."""
        message = {**_message(to, payload, sender), "value": to_quantity(value)}
        return quantity(self.rpc.call("eth_estimateGas", [message]))

    def fees(self) -> Fees:
        """Fees under which a transaction stays payable while the base fee doubles."""
        answers = self.rpc.batch([Call("eth_getBlockByNumber", ["latest", False]), Call("eth_maxPriorityFeePerGas")])
        base = quantity(member(answers[0].value(), "baseFeePerGas"))
        tip = quantity(answers[1].value())
        return Fees(max_fee_per_gas=2 * base + tip, max_priority_fee_per_gas=tip)

    def send_raw(self, raw: bytes) -> bytes:
        """Hand over a signed transaction; gives its hash, also when the node has it already. Raises TransactionRejected."""
        try:
            accepted = data(self.rpc.call("eth_sendRawTransaction", [to_data(raw)]), 32)
        except TransactionRejected as error:
            if error.data["reason"] != "already_known":
                raise
            return keccak256(raw)
        if accepted != keccak256(raw):
            raise ChainAnswerMalformed("the node took another transaction than the one sent")
        return accepted

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """What became of a transaction, or None while it is in no block."""
        found = self.rpc.call("eth_getTransactionReceipt", [to_data(transaction_hash)])
        return None if found is None else _receipt(found, transaction_hash)

    def transaction_inputs(self, transaction_hashes: Sequence[bytes]) -> list[bytes | None]:
        """The call data of these transactions, asked for in one request; None for one that the node does not know."""
        answers = self.rpc.batch([Call("eth_getTransactionByHash", [to_data(one)]) for one in transaction_hashes])
        return [_input(answer.value(), one) for answer, one in zip(answers, transaction_hashes, strict=True)]

    def _found_block(self, value: Json) -> BlockRef:
        if value is None:
            raise BlockNotFound("the chain has no such block")
        return read_block(self.chain, value)

    def _numbered(self, value: Json, number: int) -> BlockRef:
        block = self._found_block(value)
        if block.number != number:
            raise ChainAnswerMalformed("the node gave another block than the one asked for")
        return block


def _message(to: Address | None, payload: bytes, sender: Address | None) -> dict[str, Json]:
    message: dict[str, Json] = {"data": to_data(payload)}
    if to is not None:
        message["to"] = to_data(to.value)
    if sender is not None:
        message["from"] = to_data(sender.value)
    return message


def _returned(answer: Answer) -> bytes | CallReverted:
    return answer.error if isinstance(answer.error, CallReverted) else data(answer.value())


def _trial(called: Answer, estimated: Answer, code: Answer) -> Trial:
    returned = _returned(called)
    gas: int | CallReverted
    if isinstance(returned, CallReverted):
        gas = returned  # nodes word the failed estimate in many ways; the call says why
    else:
        gas = estimated.error if isinstance(estimated.error, CallReverted) else quantity(estimated.value())
    return Trial(returned=returned, gas=gas, has_code=bool(data(code.value())))


def _filter(addresses: Sequence[Address], topics: Topics) -> dict[str, Json]:
    wanted: dict[str, Json] = {"topics": [_topic(topic) for topic in topics]}
    if addresses:
        wanted["address"] = [to_data(address.value) for address in addresses]
    return wanted


def _topic(topic: bytes | Sequence[bytes] | None) -> Json:
    if topic is None:
        return None
    return to_data(topic) if isinstance(topic, bytes) else [to_data(choice) for choice in topic]


def _input(value: Json, transaction_hash: bytes) -> bytes | None:
    if value is None:
        return None
    if data(member(value, "hash"), 32) != transaction_hash:
        raise ChainAnswerMalformed("the node gave another transaction than the one asked for")
    return data(member(value, "input"))


def _receipt(value: Json, transaction_hash: bytes) -> Receipt:
    created = value.get("contractAddress") if isinstance(value, dict) else None
    receipt = Receipt(
        transaction_hash=data(member(value, "transactionHash"), 32),
        block_number=quantity(member(value, "blockNumber")),
        block_hash=data(member(value, "blockHash"), 32),
        succeeded=quantity(member(value, "status")) == 1,
        gas_used=quantity(member(value, "gasUsed")),
        effective_gas_price=quantity(member(value, "effectiveGasPrice")),
        contract_address=None if created is None else Address(data(created, 20)),
        logs=tuple(items(member(value, "logs"))),
    )
    if receipt.transaction_hash != transaction_hash:
        raise ChainAnswerMalformed("the node gave the receipt of another transaction")
    return receipt
