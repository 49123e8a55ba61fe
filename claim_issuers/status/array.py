"""The array behind every published status list: a few bits for each claim, INVALID for ever.

>>> statuses = StatusArray(size=16)
>>> statuses.set(3, Status.INVALID)
>>> statuses.get(3)
1
>>> statuses.to_bytes().hex()
'40000000'
>>> StatusArray.of([0, 0, 0, 1] + [0] * 12) == statuses
True
"""

from collections.abc import Iterable
from enum import IntEnum
from threading import Lock
from typing import Final, Self

from claim_issuers.errors import Conflict, InvalidInput

DEFAULT_SIZE: Final = 2**17


class Status(IntEnum):
    """The values of the OAuth Status Types registry that we use (draft-ietf-oauth-status-list-20 §7.1)."""

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

    VALID may become SUSPENDED and SUSPENDED may become VALID; INVALID is final. Several threads may write at a time: entries
    share a byte, so each change is made alone and none is lost. Raises InvalidStatusArray unless bits is 1, 2, 4 or 8 and the
    entries fill whole bytes.
    """

    def __init__(self, size: int = DEFAULT_SIZE, bits: int = 2) -> None:
        if bits not in (1, 2, 4, 8) or size < 1 or size * bits % 8:
            raise InvalidStatusArray("bits is 1, 2, 4 or 8, and size x bits fills whole bytes")
        self.size = size
        self.bits = bits
        self._mask = (1 << bits) - 1
        self._bytes = bytearray(size * bits // 8)
        self._writing = Lock()

    @classmethod
    def from_bytes(cls, packed: bytes | bytearray, *, bits: int) -> Self:
        """The array whose packed form is ``packed``. Raises InvalidStatusArray."""
        if bits not in (1, 2, 4, 8):
            raise InvalidStatusArray("bits is 1, 2, 4 or 8")
        array = cls(len(packed) * 8 // bits, bits)
        array._bytes[:] = packed
        return array

    @classmethod
    def of(cls, statuses: Iterable[int], *, bits: int = 2) -> Self:
        """The array of all ``statuses``, the first at index 0; a million take milliseconds. Raises InvalidStatusArray.

        For a few places of a large list, ``update`` an empty array.
        """
        try:
            values = bytes(statuses)
        except ValueError as fault:
            raise InvalidStatusArray("a status is a number from 0 to 255") from fault
        array = cls(len(values), bits)
        if values.translate(None, bytes(range(array._mask + 1))):
            raise InvalidStatusArray("a status needs more bits than the list has")
        array._bytes[:] = _packed(values, bits)
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
        with self._writing:
            self._write(index, value)

    def update(self, statuses: Iterable[tuple[int, int]]) -> None:
        """Write each ``(index, value)`` in turn, as ``set`` does; those before one that is refused stay written.

        No other thread writes in between. What ``statuses`` raises itself is raised before anything is written.
        """
        given = list(statuses)
        with self._writing:
            for index, value in given:
                self._write(index, value)

    def copy(self) -> Self:
        """An array of its own with the same entries."""
        return self.from_bytes(self._bytes, bits=self.bits)

    def to_bytes(self) -> bytes:
        """The packed form."""
        return bytes(self._bytes)

    def byte_of(self, index: int) -> tuple[int, int]:
        """Which byte of the packed form holds ``index``, and that byte. Raises StatusIndexOutOfRange."""
        byte, _ = self._place(index)
        return byte, self._bytes[byte]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusArray) and (self.bits, self._bytes) == (other.bits, other._bytes)

    __hash__ = None  # type: ignore[assignment]

    def _write(self, index: int, value: int) -> None:
        """``set``, for whoever holds the lock."""
        if not 0 <= value <= self._mask:
            raise InvalidStatusArray("the value needs more bits than the list has")
        byte, shift = self._place(index)
        present = self._bytes[byte]
        current = present >> shift & self._mask
        if current == Status.INVALID and value != Status.INVALID:
            raise StatusIsFinal
        self._bytes[byte] = present ^ (current ^ value) << shift

    def _place(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.size:
            raise StatusIndexOutOfRange(f"the list has {self.size} entries")
        return divmod(index * self.bits, 8)


def _packed(values: bytes, bits: int) -> bytes:
    """One byte a value becomes ``bits`` bits a value: each lane of a byte is one slice, and one long integer joins the lanes."""
    lanes = 8 // bits
    packed = sum(int.from_bytes(values[lane::lanes], "little") << lane * bits for lane in range(lanes))
    return packed.to_bytes(len(values) // lanes, "little")
