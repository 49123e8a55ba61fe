"""What can go wrong with a chain: it does not answer, it lies, it is another one, or it refuses."""

from claim_issuers.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable


class ChainUnavailable(Unavailable):
    """The node does not answer, or refuses to for a reason of its own (``rpc_code``, ``status``, ``retry_after``)."""

    code = "chain_unavailable"


class ChainAnswerMalformed(ChainUnavailable):
    """The answer is not what JSON-RPC, the Ethereum API or an ABI promises, so nothing in it is believed.

    ``by_contract`` is set where the node did its part and what a contract returned does not fit.
    """

    code = "chain_answer_malformed"


class LogRangeTooWide(ChainUnavailable):
    """The node will not return the logs of so many blocks at once: ask for fewer."""

    code = "log_range_too_wide"


class WrongChain(Unavailable):
    """The node serves another chain than the one it was configured for (``expected``, ``actual``)."""

    code = "wrong_chain"


class BlockGone(Conflict):
    """The block that an answer was to be pinned to is no longer part of the chain: take a new one."""

    code = "block_gone"


class BlockNotFound(NotFound):
    """The chain has no such block yet, or the node does not have it."""

    code = "block_not_found"


class NoContract(NotFound):
    """The address answered a call with nothing: there is no contract, or not one with this function (``address``)."""

    code = "no_contract"


class CallReverted(Refused):
    """The contract refused the call (``kind``, ``reason``, ``selector``, ``revert_data``)."""

    code = "call_reverted"


class TransactionRejected(Refused):
    """The node did not take the transaction (``reason``: nonce_too_low, underpriced, insufficient_funds or other)."""

    code = "transaction_rejected"


class MalformedCall(InvalidInput):
    """The arguments do not fit the contract function's signature."""

    code = "malformed_call"
