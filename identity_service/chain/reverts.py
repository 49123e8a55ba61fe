"""Why a contract refused: the return data of a revert, decoded.

>>> decode_revert(bytes.fromhex("4e487b71") + (0x11).to_bytes(32)).reason
'arithmetic overflow'
"""

from dataclasses import dataclass
from typing import Literal

from eth_abi.abi import decode as abi_decode
from eth_abi.exceptions import DecodingError

_ERROR = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)

# docs.soliditylang.org, "Panic via assert and Error via require"
_PANICS = {
    0x00: "compiler panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "invalid enum value",
    0x22: "corrupt storage byte array",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "out of memory",
    0x51: "call of an uninitialised function",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """A decoded revert: ``reason`` in words where there are any, ``selector`` and ``data`` for custom errors."""

    kind: Literal["error", "panic", "custom", "empty"]
    reason: str
    selector: bytes
    data: bytes


def decode_revert(data: bytes) -> Revert:
    """Read the return data of a revert; data of no known form is a custom error with its first four bytes as selector."""
    if not data:
        return Revert(kind="empty", reason="", selector=b"", data=data)
    selector, rest = data[:4], data[4:]
    try:
        if selector == _ERROR:
            return Revert(kind="error", reason=_text(rest), selector=selector, data=data)
        if selector == _PANIC:
            (number,) = abi_decode(["uint256"], rest)
            return Revert(kind="panic", reason=_PANICS.get(number, f"panic {number:#x}"), selector=selector, data=data)
    except (DecodingError, UnicodeDecodeError):
        pass
    return Revert(kind="custom", reason="", selector=selector, data=data)


def _text(encoded: bytes) -> str:
    (message,) = abi_decode(["bytes"], encoded)
    return bytes(message).decode()
