"""What nodes answer when they refuse: reverts decoded, errors named."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.errors import DomainError
from identity_service.chain.errors import (
    BlockGone,
    CallReverted,
    ChainAnswerMalformed,
    ChainUnavailable,
    LogRangeTooWide,
    TransactionRejected,
)
from identity_service.chain.refusals import refusal
from identity_service.chain.reverts import decode_revert

NOT_POSSIBLE_TEXT = "Transfer not possible"
ERROR = bytes.fromhex("08c379a0")
NOT_POSSIBLE = ERROR + encode(["string"], [NOT_POSSIBLE_TEXT])


def test_a_reason_string_is_read() -> None:
    revert = decode_revert(NOT_POSSIBLE)

    assert (revert.kind, revert.reason) == ("error", "Transfer not possible")


def test_a_panic_is_named() -> None:
    revert = decode_revert(bytes.fromhex("4e487b71") + (0x12).to_bytes(32, "big"))

    assert (revert.kind, revert.reason) == ("panic", "division by zero")


def test_an_unlisted_panic_keeps_its_number() -> None:
    assert decode_revert(bytes.fromhex("4e487b71") + (0x99).to_bytes(32, "big")).reason == "panic 0x99"


def test_a_custom_error_keeps_selector_and_data() -> None:
    data = bytes.fromhex("d92e233d") + bytes(32)
    revert = decode_revert(data)

    assert (revert.kind, revert.selector, revert.data) == ("custom", data[:4], data)


def test_a_revert_without_data_is_empty() -> None:
    assert decode_revert(b"").kind == "empty"


@given(st.binary(max_size=200))
def test_any_data_after_the_error_selector_is_decoded_or_custom(tail: bytes) -> None:
    assert decode_revert(ERROR + tail).kind in ("error", "custom")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x" + NOT_POSSIBLE.hex()}, NOT_POSSIBLE_TEXT),
        (
            {"code": -32015, "message": "VM execution error", "data": "Reverted 0x" + NOT_POSSIBLE.hex()},
            "Transfer not possible",
        ),
        ({"code": -32000, "message": "reverted", "data": {"data": "0x" + NOT_POSSIBLE.hex()}}, NOT_POSSIBLE_TEXT),
        ({"code": -32000, "message": "execution reverted: Token is paused"}, "Token is paused"),
        ({"code": 3, "message": "execution reverted", "data": "0xzz"}, ""),
    ],
)
def test_reverts_are_read_in_every_dialect(error: dict[str, object], reason: str) -> None:
    found = refusal(error, "eth_call")

    assert isinstance(found, CallReverted)
    assert found.data["reason"] == reason


@pytest.mark.parametrize(
    ("method", "code", "message", "kind"),
    [
        ("eth_call", -32603, "EVM error InvalidFEOpcode", CallReverted),
        ("eth_call", -32603, "EVM error OutOfGas", CallReverted),
        ("eth_call", -32000, "invalid opcode: INVALID", CallReverted),
        ("eth_call", -32000, "out of gas", CallReverted),
        ("eth_call", -32000, "invalid jump destination", CallReverted),
        ("eth_call", -32000, "stack underflow (0 <=> 1)", CallReverted),
        ("eth_estimateGas", -32003, "Out of gas: gas required exceeds allowance: 0", ChainUnavailable),
        ("eth_call", -32000, "header not found", BlockGone),
        ("eth_call", -32000, "hash 0x12 is not currently canonical", BlockGone),
        ("eth_getCode", -32001, "Resource not found", BlockGone),
        ("eth_getLogs", -32005, "query returned more than 10000 results", LogRangeTooWide),
        ("eth_getLogs", -32602, "eth_getLogs is limited to a 10000 block range", LogRangeTooWide),
        ("eth_call", -32005, "daily request count exceeded", ChainUnavailable),
        ("eth_chainId", -32601, "the method does not exist", ChainUnavailable),
    ],
)
def test_errors_of_nodes_are_named(method: str, code: int, message: str, kind: type[DomainError]) -> None:
    assert type(refusal({"code": code, "message": message}, method)) is kind


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("nonce too low: next nonce 5, tx nonce 3", "nonce_too_low"),
        ("replacement transaction underpriced", "underpriced"),
        ("max fee per gas less than block base fee", "underpriced"),
        ("insufficient funds for gas * price + value", "insufficient_funds"),
        ("already known", "already_known"),
        ("intrinsic gas too low", "other"),
    ],
)
def test_rejections_of_transactions_are_named(message: str, reason: str) -> None:
    found = refusal({"code": -32000, "message": message}, "eth_sendRawTransaction")

    assert isinstance(found, TransactionRejected)
    assert found.data["reason"] == reason


@pytest.mark.parametrize("error", ["text", 5, [], {}, {"code": "3", "message": "x"}, {"code": 3}, {"code": 3, "message": None}])
def test_an_error_that_is_none_is_malformed(error: object) -> None:
    assert type(refusal(error, "eth_call")) is ChainAnswerMalformed
