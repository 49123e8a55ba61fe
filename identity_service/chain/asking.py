"""Questions to contracts with decoded answers, each at exactly one block."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function
from identity_service.chain.errors import CallReverted, NoContract

Question = tuple[Address, Function, tuple[Any, ...]]

_NOBODY = Address(bytes(20))


def ask(client: ChainClient, contract: Address, function: Function, block: BlockRef, *arguments: Any) -> Any:
    """The decoded answer of one contract function at ``block``. Raises CallReverted, BlockGone, NoContract."""
    return _decoded(contract, function, client.call(contract, function.encode(*arguments), block))


def ask_all(
    client: ChainClient,
    questions: Sequence[Question],
    block: BlockRef,
    *,
    when_reverted: Mapping[Function, Any] = MappingProxyType({}),
) -> list[Any]:
    """The decoded answers to many questions at ``block``, in one request.

    ``when_reverted`` names functions whose revert is an answer. Raises CallReverted for others, BlockGone, NoContract.
    """
    calls = [(contract, function.encode(*arguments)) for contract, function, arguments in questions]
    returned = client.call_many(calls, block)
    return [
        when_reverted[function]
        if isinstance(answer, CallReverted) and function in when_reverted
        else _decoded(contract, function, answer)
        for (contract, function, _), answer in zip(questions, returned, strict=True)
    ]


def _decoded(contract: Address, function: Function, returned: bytes | CallReverted) -> Any:
    if isinstance(returned, CallReverted):
        raise returned
    if function.outputs and not returned:
        raise NoContract("the address does not answer this function", address=str(contract), function=function.signature)
    return function.decode(returned)


def someone(address: Address) -> Address | None:
    """``address``, or None for the zero address, by which contracts say "nobody"."""
    return None if address == _NOBODY else address
