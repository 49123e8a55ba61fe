"""The 32-byte words of Solidity's ``abi.encode``, packed by hand so that every range is checked.

>>> uint_word(1, bits=40).hex()[-4:]
'0001'
"""

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address


class ValueOutOfRange(InvalidInput):
    """A number or a byte string does not fit the field of its wire format."""

    code = "value_out_of_range"


def checked_uint(value: int, *, bits: int) -> int:
    """``value`` when it fits an unsigned integer of ``bits``. Raises ValueOutOfRange."""
    if not 0 <= value < 1 << bits:
        raise ValueOutOfRange(f"the number does not fit uint{bits}")
    return value


def exact_bytes(value: bytes, *, length: int) -> bytes:
    """``value`` when it has ``length`` bytes. Raises ValueOutOfRange."""
    if len(value) != length:
        raise ValueOutOfRange(f"give exactly {length} bytes")
    return value


def uint_word(value: int, *, bits: int = 256) -> bytes:
    """An unsigned integer as one word. Raises ValueOutOfRange."""
    return checked_uint(value, bits=bits).to_bytes(32, "big")


def address_word(address: Address) -> bytes:
    """An address as one word, zeros first."""
    return bytes(12) + address.value


def bytes_tail(value: bytes) -> bytes:
    """Dynamic ``bytes`` as the tail of an encoding: the length, then the content padded to whole words."""
    return uint_word(len(value)) + value + bytes(-len(value) % 32)
