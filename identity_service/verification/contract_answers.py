"""Questions to contracts that nobody vouches for: what they answer is an answer, however they answer, and it is never long.

A token's registries, compliance modules and identity contracts are other people's code. Where one reverts, answers nothing or
answers nonsense, ``answers`` gives None; lists are cut before anything in them is decoded.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from identity_service.chain.asking import Question
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed, ChainUnavailable, NoContract
from identity_service.verification.model import TokenUnreadable

_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The first items of a list in a contract, and how many more it has."""

    items: tuple[Any, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class ContractAnswers:
    """Asks many contracts at one block."""

    client: ChainClient
    block: BlockRef

    def answers(self, questions: Sequence[Question]) -> list[Any]:
        """The decoded answers in one request, None for each contract that reverts, answers nothing, or not what was asked."""
        return [_tolerated(function, answer) for (_, function, _), answer in zip(questions, self._returned(questions), strict=True)]

    def lists(self, questions: Sequence[Question], most: int) -> list[Listed]:
        """The first ``most`` items of each array; empty for a contract that does not answer with one."""
        asked = zip(questions, self._returned(questions), strict=True)
        return [_tolerated_list(function, answer, most) for (_, function, _), answer in asked]

    def required_lists(self, questions: Sequence[Question], most: int) -> list[Listed]:
        """The same of contracts that must answer. Raises CallReverted, NoContract, ChainAnswerMalformed."""
        asked = zip(questions, self._returned(questions), strict=True)
        return [first_items(function, answer, most) for (_, function, _), answer in asked]

    def _returned(self, questions: Sequence[Question]) -> list[bytes | CallReverted]:
        calls = [(contract, function.encode(*arguments)) for contract, function, arguments in questions]
        return self.client.call_many(calls, self.block) if calls else []


def first_items(function: Function, answer: bytes | CallReverted, most: int) -> Listed:
    """The first ``most`` items of the one array of 32-byte items that ``function`` returns.

    Raises CallReverted, NoContract, ChainAnswerMalformed.
    """
    if isinstance(answer, CallReverted):
        raise answer
    if not answer:
        raise NoContract("the address does not answer this function", function=function.signature)
    start = int.from_bytes(answer[:_WORD]) + _WORD
    said = int.from_bytes(answer[start - _WORD : start])
    if said * _WORD > len(answer) - start:
        raise ChainAnswerMalformed("the contract's answer does not fit its type", by_contract=True)
    kept = min(said, most)
    head = _WORD.to_bytes(_WORD) + kept.to_bytes(_WORD)
    return Listed(items=function.decode(head + answer[start : start + kept * _WORD]), left_out=said - kept)


@contextmanager
def token_at_fault() -> Iterator[None]:
    """Around questions to a token at a block that the chain just gave: what only contracts can have done is the token's fault.

    Raises TokenUnreadable; whatever concerns the node itself is raised as it is.
    """
    try:
        yield
    except (NoContract, CallReverted) as error:
        raise _unreadable() from error
    except ChainUnavailable as error:
        if error.data.get("by_contract") or error.data.get("reason") == "answer_too_long":
            raise _unreadable() from error
        raise


def _unreadable() -> TokenUnreadable:
    return TokenUnreadable("the token's own contracts do not answer as an ERC-3643 token does")


def _tolerated(function: Function, answer: bytes | CallReverted) -> Any:
    if isinstance(answer, CallReverted):
        return None
    try:
        return function.decode(answer)
    except ChainAnswerMalformed:
        return None


def _tolerated_list(function: Function, answer: bytes | CallReverted, most: int) -> Listed:
    try:
        return first_items(function, answer, most)
    except (CallReverted, NoContract, ChainAnswerMalformed):
        return Listed()
