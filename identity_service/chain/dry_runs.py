"""Transactions for somebody else to send, and what each would do if it were sent now.

>>> DryRuns(chains).run(UnsentTransaction(to=gateway, data=call, sender=wallet)).reason       # doctest: +SKIP
'The wallet has an identity contract at this factory already.'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Account
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import Trial
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import CallReverted
from identity_service.chain.reasons import in_words

NO_CONTRACT: Final = "There is no contract at this address."
SAYS_NO: Final = "The contract answers that it did not do it."


class MixedChains(InvalidInput):
    """Contract and sender of a transaction lie on different chains."""

    code = "mixed_chains"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentTransaction:
    """Call data for ``sender`` to send to the contract at ``to``, with no value. Raises MixedChains.

    ``must_return_true`` is for functions that answer whether they did it, and do not revert when they did not.
    """

    to: Account
    data: bytes
    sender: Account
    must_return_true: bool = False

    def __post_init__(self) -> None:
        if self.to.chain != self.sender.chain:
            raise MixedChains("name a sender on the contract's own chain", pointer="/sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What the transaction alone would do on top of ``block``.

    ``gas`` is what it needs there, None where it would fail; ``reason`` says in words why it would fail, and is None otherwise.
    """

    transaction: UnsentTransaction
    gas: int | None
    would_succeed: bool
    reason: str | None
    block: BlockRef

    def as_json(self) -> dict[str, Any]:
        """The form in which the API gives it."""
        return {
            "to": str(self.transaction.to),
            "data": "0x" + self.transaction.data.hex(),
            "sender": str(self.transaction.sender),
            "value": "0",
            "gas": self.gas,
            "would_succeed": self.would_succeed,
            "reason": self.reason,
            "block": block_json(self.block),
        }


def block_json(block: BlockRef) -> dict[str, Any]:
    """As of which block something was seen."""
    return {"chain_id": block.chain.number, "block_number": block.number, "block_hash": "0x" + block.hash.hex()}


@dataclass(frozen=True, slots=True)
class DryRuns:
    """Tries transactions at a block, without sending them."""

    chains: ChainDirectory

    def run(self, transaction: UnsentTransaction, block: BlockRef | None = None) -> DryRun:
        """One transaction, at the newest block unless another is given. Raises as ``run_all``."""
        return self.run_all([transaction], block)[0]

    def run_all(self, transactions: Sequence[UnsentTransaction], block: BlockRef | None = None) -> list[DryRun]:
        """Each transaction by itself, all on one chain and at one block: none sees what another would have done.

        Raises MixedChains, ChainNotConfigured, ChainUnavailable, BlockGone.
        """
        if not transactions:
            return []
        chain = transactions[0].to.chain
        if any(one.to.chain != chain for one in transactions):
            raise MixedChains("try the transactions of one chain at a time")
        client = self.chains.on(chain)
        at = block or client.head()
        trials = client.try_many([(one.sender.address, one.to.address, one.data) for one in transactions], at)
        return [_judged(one, trial, at) for one, trial in zip(transactions, trials, strict=True)]


def _judged(transaction: UnsentTransaction, trial: Trial, block: BlockRef) -> DryRun:
    reason = _reason(transaction, trial)
    gas = trial.gas if reason is None and isinstance(trial.gas, int) else None
    return DryRun(transaction=transaction, gas=gas, would_succeed=reason is None, reason=reason, block=block)


def _reason(transaction: UnsentTransaction, trial: Trial) -> str | None:
    if not trial.has_code:
        return NO_CONTRACT
    if isinstance(trial.returned, CallReverted):
        return in_words(trial.returned)
    if isinstance(trial.gas, CallReverted):
        return in_words(trial.gas)
    if transaction.must_return_true and int.from_bytes(trial.returned[:32]) != 1:
        return SAYS_NO
    return None
