"""Reads what the chain says about a transfer, all of it at one block.

Identity contracts and compliance modules are other people's code: where they revert, answer nothing or answer nonsense, that is
an answer ("no"), and never an error of ours.
"""

from typing import Any, Final

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import erc20, trex
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.contracts import Function
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed
from identity_service.chain.reads import TokenReads
from identity_service.tokens.model import Token
from identity_service.verification.claim_reads import ClaimReads
from identity_service.verification.contract_answers import ContractAnswers
from identity_service.verification.explain import MOST_MODULES, ComplianceAnswer, Question, TokenSays, TransferOnChain

_NOBODY: Final = Address(bytes(20))
_GET_MODULES: Final = Function("getModules()", "address[]")
_MODULE_CHECK: Final = Function("moduleCheck(address,address,uint256,address)", "bool")
_NAME: Final = Function("name()", "string")
_LONGEST_TEXT: Final = 200


class TransferReads:
    """Reads for one token at one block."""

    def __init__(self, client: ChainClient, token: Token, block: BlockRef) -> None:
        self._client = client
        self._token = token
        self._block = block
        self._reads = TokenReads(client, token.address)
        self._contracts = ContractAnswers(client, block)

    def on_chain(self, question: Question, *, vouched: Address | None, agent: Address | None) -> TransferOnChain:
        """Everything that the checks need; ``agent`` is an account that may be able to mint, to ask the token from."""
        receiver, *others = self._reads.holders(
            [question.receiver.address, *(one.address for one in [question.sender] if one is not None)], self._block
        )
        examined = receiver.identity_contract or vouched
        claims = ClaimReads(token=self._token, reads=self._reads, contracts=self._contracts)
        topics, more_topics = claims.demanded(examined)
        return TransferOnChain(
            vouched=vouched,
            examined=examined,
            receiver=receiver,
            sender=others[0] if others else None,
            topics=topics,
            more_topics=more_topics,
            paused=self._reads.paused(self._block),
            allowance=self._allowance(question),
            compliance=self._compliance(question),
            token_says=self._token_says(question, agent),
        )

    def _allowance(self, question: Question) -> int | None:
        if question.sender is None or question.spender is None:
            return None
        return self._reads.allowance(question.sender.address, question.spender.address, self._block)

    def _compliance(self, question: Question) -> ComplianceAnswer:
        compliance = self._reads.wiring(self._block).compliance
        source = _NOBODY if question.sender is None else question.sender.address
        movement = (source, question.receiver.address, question.quantity)
        (allows,) = self._contracts.answers([(compliance, trex.CAN_TRANSFER, movement)])
        if allows:
            return ComplianceAnswer(allows=True)
        (modules,) = self._contracts.lists([(compliance, _GET_MODULES, ())], MOST_MODULES)
        said = self._contracts.answers([(module, _MODULE_CHECK, (*movement, compliance)) for module in modules.items])
        refusing = [module for module, answer in zip(modules.items, said, strict=True) if not answer]
        names = self._contracts.answers([(module, _NAME, ()) for module in refusing])
        return ComplianceAnswer(
            allows=False,
            refusing=tuple(_text(name) or str(module) for module, name in zip(refusing, names, strict=True)),
            not_asked=modules.left_out,
        )

    def _token_says(self, question: Question, agent: Address | None) -> TokenSays | None:
        """What the token answers when the call itself is tried at the block; None when nobody is there to try it."""
        receiver, quantity = question.receiver.address, question.quantity
        if question.sender is None:
            if agent is None or not self._reads.is_token_agent(agent, self._block):
                return None
            return self._try(agent, trex.MINT, receiver, quantity)
        if question.spender is None:
            return self._try(question.sender.address, erc20.TRANSFER, receiver, quantity)
        return self._try(question.spender.address, erc20.TRANSFER_FROM, question.sender.address, receiver, quantity)

    def _try(self, caller: Address, function: Function, *arguments: Any) -> TokenSays:
        try:
            returned = self._client.call(self._token.address, function.encode(*arguments), self._block, sender=caller)
            passes, why = not function.outputs or _says_true(function, returned), "the call does not answer true"
        except CallReverted as error:
            passes, why = False, _text(error.data["reason"]) or _custom(error.data["selector"])
        return TokenSays(asked=function.name, caller=caller, would_pass=passes, revert_reason=None if passes else why or None)


def _says_true(function: Function, returned: bytes) -> bool:
    try:
        return bool(function.decode(returned))
    except ChainAnswerMalformed:
        return False


def _text(given: str | None) -> str:
    """A contract's own words, cut short and without control characters: they are shown to people."""
    return "".join(letter for letter in (given or "")[:_LONGEST_TEXT] if letter.isprintable()).strip()


def _custom(selector: bytes) -> str:
    return f"custom error 0x{selector.hex()}" if selector else ""
