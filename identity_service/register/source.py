"""What the indexer asks the chain, so that one range of blocks comes from one branch of it.

Young blocks are asked for their logs by hash, which a node can answer for that block only; settled blocks are asked in ranges.
Then the last block's hash is asked again. Every log must name the hash we hold for its block, every state is read pinned by
hash, and any doubt is ``ChainMoved``: throw the range away and read it again.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import erc20, trex
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function
from identity_service.chain.errors import BlockGone, BlockNotFound, CallReverted, LogRangeTooWide, NoContract
from identity_service.chain.json_values import data, items, member, to_data
from identity_service.chain.reads import TokenReads
from identity_service.chain.rpc import Call
from identity_service.register import events
from identity_service.register.decode import TOPICS, Emitters, decode
from identity_service.register.events import Event
from identity_service.register.fold import Readings
from identity_service.register.model import IdentityLink
from identity_service.tokens.model import Token

_STORED_IDENTITY = Function("storedIdentity(address)", "address")
_STORED_COUNTRY = Function("storedInvestorCountry(address)", "uint16")
_LINKED_REGISTRIES = Function("linkedIdentityRegistries()", "address[]")
_NOBODY = Address(bytes(20))

_Question = tuple[Address, Function, tuple[Any, ...], BlockRef]


class ChainMoved(Unavailable):
    """The chain changed its branch while it was read; reading again gives a whole answer."""

    code = "chain_moved"


class ChainSource:
    """One token's side of a chain."""

    def __init__(self, client: ChainClient, token: Token) -> None:
        self._client = client
        self._token = token
        self._emitters = Emitters(
            token=token.address, identity_registry=token.identity_registry, storage=token.identity_registry_storage
        )

    def head(self) -> BlockRef:
        """The newest block. Raises ChainUnavailable."""
        return self._client.head()

    def blocks(self, first: int, last: int) -> list[BlockRef]:
        """The canonical blocks from ``first`` to ``last``, each the next one's parent. Raises ChainMoved."""
        try:
            found = self._client.blocks(range(first, last + 1))
        except BlockNotFound as error:
            raise ChainMoved("the chain became shorter while it was read") from error
        if any(block.parent_hash != parent.hash for parent, block in pairwise(found)):
            raise ChainMoved("the chain changed its branch between two headers")
        return found

    def is_canonical(self, block: BlockRef) -> bool:
        """Whether the chain still has this block at its number."""
        try:
            return self._client.block(block.number).hash == block.hash
        except BlockNotFound:
            return False

    def events(self, blocks: Sequence[BlockRef], *, settled: bool) -> list[Event]:
        """All events of these neighbouring blocks, in chain order. Raises ChainMoved, MalformedLog."""
        logs = self._logs_between(self._emitters.addresses, *_ends(blocks)) if settled else self._young_logs(blocks)
        if not self.is_canonical(blocks[-1]):
            raise ChainMoved("the chain changed its branch while logs were read")
        found = decode(logs, self._emitters)
        hashes = {block.number: block.hash for block in blocks}
        if any(hashes.get(event.at.block) != event.at.block_hash for event in found):
            raise ChainMoved("a log stands in another block than the one read")
        return found

    def _young_logs(self, blocks: Sequence[BlockRef]) -> list[Any]:
        calls = [Call("eth_getLogs", [{**self._filter(), "blockHash": to_data(block.hash)}]) for block in blocks]
        return [log for answer in self._answers(calls) for log in items(answer)]

    def _logs_between(self, addresses: Sequence[Address], first: int, last: int) -> list[Any]:
        try:
            return self._client.get_logs(addresses, [TOPICS], first, last)
        except LogRangeTooWide:
            if first == last:
                raise
            middle = (first + last) // 2
            return [*self._logs_between(addresses, first, middle), *self._logs_between(addresses, middle + 1, last)]

    def _filter(self) -> dict[str, Any]:
        return {
            "address": [to_data(address.value) for address in self._emitters.addresses],
            "topics": [[to_data(topic) for topic in TOPICS]],
        }

    def accounts_stored_before(self, block: BlockRef) -> set[Address]:
        """The accounts that the storage was told of before ``block``: it may be older than the token and shared with others.

        Raises ChainMoved.
        """
        first, last = self._token.contracts.storage_deployed_block, block.number - 1
        if first > last:
            return set()
        logs = self._logs_between([self._token.identity_registry_storage], first, last)
        if not self.is_canonical(block):
            raise ChainMoved("the chain changed its branch while logs were read")
        found = decode(logs, self._emitters)
        return {event.account for event in found if isinstance(event, events.IdentityStored)}

    def readings(
        self,
        *,
        links: Mapping[BlockRef, Set[Address]],
        supplies: Iterable[BlockRef],
        opening: BlockRef | None,
        found: Iterable[Event],
    ) -> Readings:
        """What no log tells: links and supplies at the ends of blocks, senders of transfers, the state at the opening block.

        Raises ChainMoved; ChainAnswerMalformed where a contract does not answer.
        """
        supplies = list(supplies)
        supply = self._ask([(self._token.address, erc20.TOTAL_SUPPLY, (), block) for block in supplies])
        return Readings(
            supply={block.number: quantity for block, quantity in zip(supplies, supply, strict=True)},
            links=self._links(links),
            senders=self._senders(found),
            paused={} if opening is None else {opening.number: self._ask([(self._token.address, trex.PAUSED, (), opening)])[0]},
            bound={} if opening is None else {opening.number: self._bound(opening)},
        )

    def _links(self, wanted: Mapping[BlockRef, Set[Address]]) -> dict[int, dict[Address, IdentityLink | None]]:
        storage = self._token.identity_registry_storage
        places = [(block, account) for block, accounts in wanted.items() for account in sorted(accounts, key=lambda a: a.value)]
        identities = self._ask([(storage, _STORED_IDENTITY, (account,), block) for block, account in places])
        countries = self._ask([(storage, _STORED_COUNTRY, (account,), block) for block, account in places])
        links: dict[int, dict[Address, IdentityLink | None]] = {block.number: {} for block in wanted}
        for (block, account), identity, country in zip(places, identities, countries, strict=True):
            link = None if identity == _NOBODY else IdentityLink(identity_contract=identity, country=country)
            links[block.number][account] = link
        return links

    def _bound(self, block: BlockRef) -> frozenset[Address]:
        storage = self._token.identity_registry_storage
        if self._token.contracts.storage_deployed_block > block.number:
            return frozenset()
        return frozenset(self._ask([(storage, _LINKED_REGISTRIES, (), block)])[0])

    def _senders(self, found: Iterable[Event]) -> dict[bytes, Address]:
        places = {event.at.transaction: event.at for event in found if isinstance(event, events.Transfer) and _moves(event)}
        answers = self._answers([Call("eth_getTransactionByHash", [to_data(transaction)]) for transaction in places])
        for place, answer in zip(places.values(), answers, strict=True):
            if answer is None or member(answer, "blockHash") != to_data(place.block_hash):
                raise ChainMoved("a transaction left its block while it was read")
        return {transaction: Address(data(member(answer, "from"), 20)) for transaction, answer in zip(places, answers, strict=True)}

    def check_wiring(self, block: BlockRef) -> bool:
        """Whether the token still leads to the registry and the storage that we listen to. Raises ChainMoved."""
        try:
            wiring = TokenReads(self._client, self._token.address).wiring(block)
        except BlockGone as error:
            raise ChainMoved("the block left the chain while its state was read") from error
        except (NoContract, CallReverted):
            return False
        expected = (self._token.identity_registry, self._token.identity_registry_storage)
        return (wiring.identity_registry, wiring.identity_storage) == expected

    def _ask(self, questions: Sequence[_Question]) -> list[Any]:
        calls = [
            Call("eth_call", [{"to": to_data(contract.value), "data": to_data(function.encode(*arguments))}, block.pinned()])
            for contract, function, arguments, block in questions
        ]
        answers = self._answers(calls)
        return [question[1].decode(data(answer)) for question, answer in zip(questions, answers, strict=True)]

    def _answers(self, calls: Sequence[Call]) -> list[Any]:
        try:
            return [answer.value() for answer in self._client.rpc.batch(calls)]
        except BlockGone as error:
            raise ChainMoved("a block left the chain while it was read") from error


def _ends(blocks: Sequence[BlockRef]) -> tuple[int, int]:
    return blocks[0].number, blocks[-1].number


def _moves(event: events.Transfer) -> bool:
    return _NOBODY not in (event.source, event.target)
