"""A node's error object, turned into one of ours. Nodes differ in codes and words; the table below names those met.

>>> refusal({"code": -32000, "message": "nonce too low: next nonce 5"}, "eth_sendRawTransaction").data["reason"]
'nonce_too_low'
"""

import re

from claim_issuers.errors import DomainError
from identity_service.chain.errors import (
    BlockGone,
    CallReverted,
    ChainAnswerMalformed,
    ChainUnavailable,
    LogRangeTooWide,
    TransactionRejected,
)
from identity_service.chain.json_values import Json
from identity_service.chain.reverts import decode_revert

_CALLS = frozenset({"eth_call", "eth_estimateGas", "eth_sendRawTransaction"})
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")
_REVERTED = re.compile(r"revert|VM execution error", re.IGNORECASE)
# A contract that runs into an invalid instruction or out of gas gives no return data; it refuses all the same.
_HALTED = re.compile(
    r"EVM error \w+|invalid (opcode|jump)|out of gas|stack (underflow|limit)|write protection|return data out of|execution aborted",
    re.IGNORECASE,
)
# EIP-1898: an unknown or non-canonical block hash is an error (-32001 or -32000, with the node's own words).
_GONE = re.compile(r"header not found|block not found|unknown block|not canonical|not currently canonical|resource not found", re.I)
_TOO_MANY_LOGS = re.compile(r"more than \d+|block range|range (is )?too|too many|limit exceeded|response size", re.IGNORECASE)
_REJECTIONS = (
    (re.compile(r"already known|already imported|known transaction", re.IGNORECASE), "already_known"),
    (re.compile(r"nonce too low", re.IGNORECASE), "nonce_too_low"),
    (re.compile(r"underpriced|max fee per gas less|fee too low|fee cap", re.IGNORECASE), "underpriced"),
    (re.compile(r"insufficient funds", re.IGNORECASE), "insufficient_funds"),
)


def refusal(error: Json, method: str) -> DomainError:
    """The error that a node's error object to ``method`` stands for; its own words are not repeated to callers."""
    if not isinstance(error, dict) or not isinstance(error.get("code"), int) or not isinstance(error.get("message"), str):
        return ChainAnswerMalformed("the node's error is not a JSON-RPC error object")
    code, message = error["code"], error["message"]
    if (method in _CALLS and (code == 3 or _REVERTED.search(message))) or (method == "eth_call" and _HALTED.search(message)):
        return _reverted(error.get("data"), message)
    if code == -32001 or _GONE.search(message):
        return BlockGone("the block is not part of the chain any more")
    if method == "eth_getLogs" and (code == -32005 or _TOO_MANY_LOGS.search(message)):
        return LogRangeTooWide("the node refuses so many logs at once", rpc_code=code)
    if method == "eth_sendRawTransaction":
        return _rejected(message, code)
    return ChainUnavailable("the node refuses the request", rpc_code=code, method=method)


def _reverted(data: Json, message: str) -> CallReverted:
    # Parity's descendants wrap the bytes in an object or put a word before them.
    found = data.get("data", "") if isinstance(data, dict) else data
    text = found.removeprefix("Reverted ") if isinstance(found, str) else ""
    revert = decode_revert(bytes.fromhex(text[2:]) if _HEX.fullmatch(text) else b"")
    reason = revert.reason or (_reason_in(message) if revert.kind == "empty" else "")
    return CallReverted(
        f"the contract refuses: {reason}" if reason else "the contract refuses without a reason",
        kind=revert.kind,
        reason=reason,
        selector=revert.selector,
        revert_data=revert.data,
    )


def _reason_in(message: str) -> str:
    _, _, reason = message.partition("reverted: ")
    return reason.strip()


def _rejected(message: str, code: int) -> TransactionRejected:
    reason = next((name for pattern, name in _REJECTIONS if pattern.search(message)), "other")
    return TransactionRejected("the node does not take the transaction", reason=reason, rpc_code=code)
