"""A whole ERC-3643 token behind a JSON-RPC node, in memory: it mines, reorganises and answers as a node does.

It stands where ``JsonRpc`` stands, so everything above it is the real thing. ``interrupt`` runs something before a later
request, to let the chain move while it is read.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.hashing import keccak256
from identity_service.chain import erc20, trex
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function, encode_values
from identity_service.chain.errors import BlockGone, CallReverted, LogRangeTooWide
from identity_service.chain.rpc import Answer, Call
from identity_service.tokens.model import Token, TokenContracts

CHAIN = ChainId(31337)
NOBODY = Address(bytes(20))


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


TOKEN, REGISTRY, STORAGE, COMPLIANCE, ISSUERS, TOPICS, AGENT = (address(0xA000 + n) for n in range(7))


def token(*, deployed_block: int = 1, storage_deployed_block: int | None = None, chain: ChainId = CHAIN) -> Token:
    """The token that the node serves."""
    contracts = TokenContracts(
        token=Account(chain, TOKEN),
        name="Simulated",
        symbol="SIM",
        decimals=0,
        identity_registry=REGISTRY,
        identity_registry_storage=STORAGE,
        trusted_issuers_registry=ISSUERS,
        claim_topics_registry=TOPICS,
        compliance=COMPLIANCE,
        deployed_block=deployed_block,
        storage_deployed_block=deployed_block if storage_deployed_block is None else storage_deployed_block,
    )
    return Token(contracts=contracts, token_issuer="pty_issuer", accepted_claim_types=("INVESTOR",))


@dataclass
class State:
    """What the contracts hold at the end of a block."""

    balances: dict[Address, int] = field(default_factory=dict)
    allowances: dict[tuple[Address, Address], int] = field(default_factory=dict)
    frozen: dict[Address, int] = field(default_factory=dict)
    frozen_accounts: set[Address] = field(default_factory=set)
    links: dict[Address, tuple[Address, int]] = field(default_factory=dict)
    paused: bool = True
    supply: int = 0
    registries: list[Address] = field(default_factory=list)
    wiring: tuple[Address, Address] = (REGISTRY, STORAGE)


@dataclass
class Block:
    number: int
    hash: bytes
    parent: bytes
    logs: list[dict[str, Any]]
    senders: dict[bytes, Address]
    state: State


class SimulatedNode:
    """Blocks 0 to the head; block 0 is empty, the contracts stand from ``deployed_block`` on."""

    def __init__(self, *, most_log_blocks: int = 10_000, chain: ChainId = CHAIN) -> None:
        self.chain = chain
        self.state = State()
        self.blocks: list[Block] = []
        self.requests: list[str] = []
        self.most_log_blocks = most_log_blocks
        self._pending: list[tuple[Address, Address, bytes, list[Any]]] = []
        self._salt = 0
        self._transactions = 0
        self._interruptions: list[tuple[int, Callable[[], None]]] = []
        self.mine()

    @property
    def client(self) -> ChainClient:
        return ChainClient(self)  # type: ignore[arg-type]

    @property
    def head(self) -> int:
        return len(self.blocks) - 1

    def state_at(self, number: int) -> State:
        return self.blocks[number].state

    # The chain's life.

    def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self._mine_one()

    def _mine_one(self) -> None:
        parent = self.blocks[-1].hash if self.blocks else bytes(32)
        number = len(self.blocks)
        content = repr((number, parent, self._salt, self._pending)).encode()
        block_hash = hashlib.sha256(content).digest()
        logs, senders = [], {}
        for index, (sender, emitter, transaction, log) in enumerate(self._pending):
            logs.append(self._log(emitter, log) | _place(number, block_hash, transaction, index))
            senders[transaction] = sender
        self._pending = []
        self.blocks.append(Block(number, block_hash, parent, logs, senders, copy.deepcopy(self.state)))

    def reorganise(self, depth: int) -> None:
        """Forget the newest ``depth`` blocks; what is mined next is another branch."""
        del self.blocks[len(self.blocks) - depth :]
        self.state = copy.deepcopy(self.blocks[-1].state)
        self._pending = []
        self._salt += 1

    def interrupt(self, after_requests: int, action: Callable[[], None]) -> None:
        """Run ``action`` before the request that follows the next ``after_requests``."""
        self._interruptions.append((len(self.requests) + after_requests, action))

    def calm(self) -> None:
        """Forget interruptions that have not come about."""
        self._interruptions.clear()

    # What happens in the pending block; one transaction each.

    def mint(self, to: Address, quantity: int) -> None:
        self._add(to, quantity)
        self.state.supply += quantity
        self._emit(AGENT, (TOKEN, "Transfer(address,address,uint256)", [NOBODY, to], [quantity]))

    def burn(self, holder: Address, quantity: int) -> None:
        logs = self._unfreeze_for(holder, quantity)
        self._add(holder, -quantity)
        self.state.supply -= quantity
        self._emit(AGENT, *logs, (TOKEN, "Transfer(address,address,uint256)", [holder, NOBODY], [quantity]))

    def transfer(self, holder: Address, to: Address, quantity: int) -> None:
        self._emit(holder, self._moved(holder, to, quantity))

    def approve(self, owner: Address, spender: Address, quantity: int) -> None:
        self._emit(owner, self._approved(owner, spender, quantity))

    def transfer_from(self, spender: Address, owner: Address, to: Address, quantity: int) -> None:
        left = self.state.allowances.get((owner, spender), 0) - quantity
        self._emit(spender, self._approved(owner, spender, left), self._moved(owner, to, quantity))

    def forced_transfer(self, holder: Address, to: Address, quantity: int) -> None:
        self._emit(AGENT, *self._unfreeze_for(holder, quantity), self._moved(holder, to, quantity))

    def freeze(self, holder: Address, quantity: int) -> None:
        self.state.frozen[holder] = self.state.frozen.get(holder, 0) + quantity
        self._emit(AGENT, (TOKEN, "TokensFrozen(address,uint256)", [holder], [quantity]))

    def freeze_account(self, holder: Address, *, frozen: bool) -> None:
        (self.state.frozen_accounts.add if frozen else self.state.frozen_accounts.discard)(holder)
        self._emit(AGENT, (TOKEN, "AddressFrozen(address,bool,address)", [holder, int(frozen), AGENT], []))

    def pause(self, *, paused: bool) -> None:
        self.state.paused = paused
        self._emit(AGENT, (TOKEN, "Paused(address)" if paused else "Unpaused(address)", [], [AGENT]))

    def store(self, account: Address, identity: Address, country: int = 756) -> None:
        self.state.links[account] = (identity, country)
        self._emit(AGENT, (STORAGE, "IdentityStored(address,address)", [account, identity], []))

    def unstore(self, account: Address) -> None:
        identity, _ = self.state.links.pop(account)
        self._emit(AGENT, (STORAGE, "IdentityUnstored(address,address)", [account, identity], []))

    def modify(self, account: Address, identity: Address) -> None:
        before, country = self.state.links[account]
        self.state.links[account] = (identity, country)
        self._emit(AGENT, (STORAGE, "IdentityModified(address,address)", [before, identity], []))

    def move_country(self, account: Address, country: int) -> None:
        self.state.links[account] = (self.state.links[account][0], country)
        self._emit(AGENT, (STORAGE, "CountryModified(address,uint16)", [account, country], []))

    def bind(self, registry: Address = REGISTRY) -> None:
        self.state.registries.append(registry)
        self._emit(AGENT, (STORAGE, "IdentityRegistryBound(address)", [registry], []))

    def unbind(self, registry: Address = REGISTRY) -> None:
        self.state.registries.remove(registry)
        self._emit(AGENT, (STORAGE, "IdentityRegistryUnbound(address)", [registry], []))

    def replace_registry(self, registry: Address) -> None:
        self.state.wiring = (registry, self.state.wiring[1])
        self._emit(AGENT, (TOKEN, "IdentityRegistryAdded(address)", [registry], []))

    def log(self, emitter: Address, signature: str, indexed: Sequence[Any], data: Sequence[int]) -> None:
        """A log that changes no state."""
        self._emit(AGENT, (emitter, signature, list(indexed), list(data)))

    def _emit(self, sender: Address, *logs: tuple[Address, str, list[Any], list[Any]]) -> None:
        self._transactions += 1
        transaction = hashlib.sha256(repr((self._transactions, self._salt)).encode()).digest()
        for emitter, signature, indexed, data in logs:
            self._pending.append((sender, emitter, transaction, [signature, indexed, data]))

    def _moved(self, source: Address, target: Address, quantity: int) -> tuple[Address, str, list[Any], list[Any]]:
        self._add(source, -quantity)
        self._add(target, quantity)
        return (TOKEN, "Transfer(address,address,uint256)", [source, target], [quantity])

    def _approved(self, owner: Address, spender: Address, quantity: int) -> tuple[Address, str, list[Any], list[Any]]:
        self.state.allowances[owner, spender] = quantity
        return (TOKEN, "Approval(address,address,uint256)", [owner, spender], [quantity])

    def _unfreeze_for(self, holder: Address, quantity: int) -> list[tuple[Address, str, list[Any], list[Any]]]:
        frozen = self.state.frozen.get(holder, 0)
        short = quantity - (self.state.balances.get(holder, 0) - frozen)
        if short <= 0:
            return []
        self.state.frozen[holder] = frozen - short
        return [(TOKEN, "TokensUnfrozen(address,uint256)", [holder], [short])]

    def _add(self, account: Address, quantity: int) -> None:
        self.state.balances[account] = self.state.balances.get(account, 0) + quantity
        assert self.state.balances[account] >= 0

    @staticmethod
    def _log(emitter: Address, log: list[Any]) -> dict[str, Any]:
        signature, indexed, data = log
        topics = [keccak256(signature.encode()), *(_word(item) for item in indexed)]
        return {
            "address": "0x" + emitter.value.hex(),
            "topics": ["0x" + topic.hex() for topic in topics],
            "data": "0x" + b"".join(_word(item) for item in data).hex(),
            "removed": False,
        }

    # JSON-RPC.

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        return self.answer(Call(method, params)).value()

    def batch(self, calls: Sequence[Call]) -> list[Answer]:
        return [self.answer(call) for call in calls]

    def answer(self, call: Call) -> Answer:
        self._interrupted()
        self.requests.append(call.method)
        try:
            return Answer(result=getattr(self, f"_{call.method}")(*call.params))
        except (BlockGone, CallReverted, LogRangeTooWide) as error:
            return Answer(error=error)

    def _interrupted(self) -> None:
        for due in [item for item in self._interruptions if item[0] <= len(self.requests)]:
            self._interruptions.remove(due)
            due[1]()

    def _eth_getBlockByNumber(self, tag: str, _full: bool) -> Any:
        number = self.head if tag == "latest" else int(tag, 16)
        if number > self.head:
            return None
        block = self.blocks[number]
        return {
            "number": hex(number),
            "hash": "0x" + block.hash.hex(),
            "parentHash": "0x" + block.parent.hex(),
            "timestamp": hex(1_700_000_000 + 12 * number),
        }

    def _eth_getLogs(self, query: dict[str, Any]) -> Any:
        if "blockHash" in query:
            blocks = [self._canonical(query["blockHash"])]
        else:
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
            if last - first >= self.most_log_blocks:
                raise LogRangeTooWide("too many blocks")
            blocks = self.blocks[first : last + 1]
        logs = [log for block in blocks for log in block.logs]
        return [log for log in logs if log["address"] in query["address"] and log["topics"][0] in query["topics"][0]]

    def _eth_call(self, message: dict[str, Any], block: dict[str, Any]) -> Any:
        at = self._canonical(block["blockHash"]).state
        asked, call_data = message["to"], bytes.fromhex(message["data"][2:])
        for (contract, function), value in _ANSWERS.items():
            if asked == "0x" + contract.value.hex() and call_data[:4] == function.selector:
                return "0x" + encode_values(function.outputs, [value(at, *function.arguments(call_data))]).hex()
        return "0x"

    def _eth_getTransactionByHash(self, transaction: str) -> Any:
        wanted = bytes.fromhex(transaction[2:])
        for block in reversed(self.blocks):
            if wanted in block.senders:
                return {"blockHash": "0x" + block.hash.hex(), "from": "0x" + block.senders[wanted].value.hex()}
        return None

    def _canonical(self, block_hash: str) -> Block:
        for block in reversed(self.blocks):
            if block.hash.hex() == block_hash[2:]:
                return block
        raise BlockGone("not canonical")


def _place(number: int, block_hash: bytes, transaction: bytes, index: int) -> dict[str, Any]:
    return {
        "blockNumber": hex(number),
        "blockHash": "0x" + block_hash.hex(),
        "transactionHash": "0x" + transaction.hex(),
        "logIndex": hex(index),
    }


def _word(item: Any) -> bytes:
    return bytes(12) + item.value if isinstance(item, Address) else int(item).to_bytes(32, "big")


_ANSWERS: dict[tuple[Address, Function], Callable[..., Any]] = {
    (TOKEN, erc20.TOTAL_SUPPLY): lambda state: state.supply,
    (TOKEN, trex.PAUSED): lambda state: state.paused,
    (TOKEN, trex.IDENTITY_REGISTRY): lambda state: state.wiring[0],
    (TOKEN, trex.COMPLIANCE): lambda state: COMPLIANCE,
    (REGISTRY, trex.IDENTITY_STORAGE): lambda state: state.wiring[1],
    (REGISTRY, trex.ISSUERS_REGISTRY): lambda state: ISSUERS,
    (REGISTRY, trex.TOPICS_REGISTRY): lambda state: TOPICS,
    (STORAGE, Function("storedIdentity(address)", "address")): lambda state, who: state.links.get(who, (NOBODY, 0))[0],
    (STORAGE, Function("storedInvestorCountry(address)", "uint16")): lambda state, who: state.links.get(who, (NOBODY, 0))[1],
    (STORAGE, Function("linkedIdentityRegistries()", "address[]")): lambda state: state.registries,
}
