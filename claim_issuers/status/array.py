"""The array behind every published status list: a few bits for each claim, INVALID for ever.

>>> statuses = StatusArray(size=16)
>>> statuses.set(3, Status.INVALID)
>>> statuses.get(3)
1
>>> statuses.to_bytes().hex()
'40000000'
"""

from enum import IntEnum
from typing import Self

from claim_issuers.errors import Conflict, InvalidInput

DEFAULT_SIZE = 2**17


class Status(IntEnum):
    """The values of the IETF status types registry that we use."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


class StatusIsFinal(Conflict):
    """The claim is revoked; revocation is never taken back."""

    code = "status_is_final"


class StatusIndexOutOfRange(InvalidInput):
    """The status list has no such index."""

    code = "status_index_out_of_range"


class InvalidStatusArray(InvalidInput):
    """The size, the bits or the value do not make a status array."""

    code = "invalid_status_array"


class StatusArray:
    """``size`` entries of ``bits`` bits, packed with the first entry in the lowest bits of the first byte (LSB first).

    Raises InvalidStatusArray unless bits is 1, 2, 4 or 8 and the entries fill whole bytes.
    """

    def __init__(self, size: int = DEFAULT_SIZE, bits: int = 2) -> None:
        if bits not in (1, 2, 4, 8) or size < 1 or size * bits % 8:
            raise InvalidStatusArray("bits is 1, 2, 4 or 8, and size x bits fills whole bytes")
        self.size = size
        self.bits = bits
        self._bytes = bytearray(size * bits // 8)

    @classmethod
    def from_bytes(cls, packed: bytes, *, bits: int) -> Self:
        """The array whose packed form is ``packed``. Raises InvalidStatusArray."""
        if bits not in (1, 2, 4, 8):
            raise InvalidStatusArray("bits is 1, 2, 4 or 8")
        array = cls(len(packed) * 8 // bits, bits)
        array._bytes[:] = packed
        return array

    def get(self, index: int) -> int:
        """The value at ``index``. Raises StatusIndexOutOfRange."""
        byte, shift = self._place(index)
        return self._bytes[byte] >> shift & self._mask

    def set(self, index: int, value: int) -> None:
        """Write ``value`` at ``index``; writing what is there changes nothing.

        Raises StatusIsFinal when the entry is INVALID and ``value`` is not; StatusIndexOutOfRange; InvalidStatusArray when
        ``value`` needs more bits.
        """
        if not 0 <= value <= self._mask:
            raise InvalidStatusArray("the value needs more bits than the list has")
        current = self.get(index)
        if current == Status.INVALID and value != Status.INVALID:
            raise StatusIsFinal
        byte, shift = self._place(index)
        self._bytes[byte] = self._bytes[byte] & ~(self._mask << shift) & 0xFF | value << shift

    def to_bytes(self) -> bytes:
        """The packed form."""
        return bytes(self._bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusArray) and (self.bits, self._bytes) == (other.bits, other._bytes)

    __hash__ = None  # type: ignore[assignment]

    @property
    def _mask(self) -> int:
        return (1 << self.bits) - 1

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.size:
            raise StatusIndexOutOfRange(f"the list has {self.size} entries")
        return divmod(index * self.bits, 8)
