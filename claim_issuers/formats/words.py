"""The 32-byte words of Solidity's ``abi.encode``, packed by hand so that every range is checked.

>>> uint_word(1, bits=40).hex()[-4:]
'0001'
"""

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address

WORD = 32
_ZEROS_BEFORE_ADDRESS = bytes(12)


class ValueOutOfRange(InvalidInput):
    """A number or a byte string does not fit the field of its wire format."""

    code = "value_out_of_range"


def checked_uint(value: int, *, bits: int) -> int:
    """``value`` when it fits an unsigned integer of ``bits``. Raises ValueOutOfRange, also for what is no int, and for a bool."""
    if type(value) is not int or not 0 <= value < 1 << bits:
        raise ValueOutOfRange(f"the number does not fit uint{bits}")
    return value


def checked_bytes(value: bytes) -> bytes:
    """``value`` when it is a byte string. Raises ValueOutOfRange."""
    if not isinstance(value, bytes):
        raise ValueOutOfRange("give bytes")
    return value


def exact_bytes(value: bytes, *, length: int) -> bytes:
    """``value`` when it is a byte string of ``length`` bytes. Raises ValueOutOfRange."""
    if not isinstance(value, bytes) or len(value) != length:
        raise ValueOutOfRange(f"give exactly {length} bytes")
    return value


def checked_address(value: Address) -> Address:
    """``value`` when it is an address. Raises ValueOutOfRange."""
    if not isinstance(value, Address):
        raise ValueOutOfRange("give an Address")
    return value


def uint_word(value: int, *, bits: int = 256) -> bytes:
    """An unsigned integer as one word. Raises ValueOutOfRange."""
    return checked_uint(value, bits=bits).to_bytes(WORD, "big")


def address_word(address: Address) -> bytes:
    """An address as one word, zeros first. Raises ValueOutOfRange for what is no Address."""
    return _ZEROS_BEFORE_ADDRESS + checked_address(address).value


def bytes_tail(value: bytes) -> bytes:
    """Dynamic ``bytes`` as the tail of an encoding: the length, then the content padded to whole words. Raises ValueOutOfRange."""
    return uint_word(len(checked_bytes(value))) + value + bytes(-len(value) % WORD)
