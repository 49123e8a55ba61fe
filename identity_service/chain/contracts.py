"""A contract function as a value: its signature, its call data, its answer.

>>> balance_of = Function("balanceOf(address)", "uint256")
>>> balance_of.encode(Address.parse("0x" + "11" * 20)).hex()[:8]
'70a08231'
>>> balance_of.decode((7).to_bytes(32))
7
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import DecodingError, EncodingError

from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from identity_service.chain.errors import ChainAnswerMalformed, MalformedCall

Value = Any


class Function:
    """A function of a contract, from ``name(type,…)`` and the type or types it returns (comma-separated).

    Addresses go in and come out as ``Address``; bytes, integers, booleans and strings as Python has them.
    """

    def __init__(self, signature: str, returns: str = "") -> None:
        self.signature = signature
        self.name, _, inputs = signature.removesuffix(")").partition("(")
        self.inputs = split_types(inputs)
        self.outputs = split_types(returns)

    @cached_property
    def selector(self) -> bytes:
        """The first four bytes of the call data."""
        return keccak256(self.signature.encode())[:4]

    def encode(self, *arguments: Value) -> bytes:
        """The call data. Raises MalformedCall."""
        return self.selector + encode_values(self.inputs, arguments)

    def decode(self, returned: bytes) -> Value:
        """The one value returned, or a tuple when the signature has several. Raises ChainAnswerMalformed."""
        values = decode_values(self.outputs, returned)
        return values[0] if len(values) == 1 else values

    def arguments(self, call_data: bytes) -> tuple[Value, ...]:
        """The arguments inside call data of this function. Raises ChainAnswerMalformed."""
        if call_data[:4] != self.selector:
            raise ChainAnswerMalformed("the call data is for another function")
        return decode_values(self.inputs, call_data[4:])

    def __repr__(self) -> str:
        return f"Function({self.signature!r}, {','.join(self.outputs)!r})"


def encode_values(types: Sequence[str], values: Sequence[Value]) -> bytes:
    """ABI encoding of ``values``. Raises MalformedCall."""
    if len(types) != len(values):
        raise MalformedCall(f"expected {len(types)} arguments, got {len(values)}")
    try:
        return abi_encode(types, [_plain(value) for value in values])
    except (EncodingError, TypeError, ValueError) as error:
        raise MalformedCall("an argument does not fit its type") from error


def decode_values(types: Sequence[str], encoded: bytes) -> tuple[Value, ...]:
    """The values of an ABI encoding. Raises ChainAnswerMalformed."""
    try:
        values = abi_decode(types, encoded)
    except (DecodingError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise ChainAnswerMalformed("the contract's answer does not fit its type", by_contract=True) from error
    return tuple(_typed(kind, value) for kind, value in zip(types, values, strict=True))


def split_types(text: str) -> tuple[str, ...]:
    """The types of a comma-separated list, tuples kept whole.

    >>> split_types("uint256,(address,bool)[],bytes")
    ('uint256', '(address,bool)[]', 'bytes')
    """
    found, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(text[start:position])
            start = position + 1
    return (*found, text[start:]) if text else ()


def _plain(value: Value) -> Value:
    if isinstance(value, Address):
        return value.value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _typed(kind: str, value: Value) -> Value:
    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        return tuple(_typed(inner, item) for item in value)
    if kind.startswith("("):
        return tuple(_typed(part, item) for part, item in zip(split_types(kind[1:-1]), value, strict=True))
    return Address.from_bytes(bytes.fromhex(value[2:])) if kind == "address" else value
