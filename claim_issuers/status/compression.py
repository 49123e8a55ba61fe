"""Compressed bytes of which only the parts that changed are compressed again.

>>> import zlib
>>> stream = ZlibStream(bytes(131072))
>>> stream[70000] = 2
>>> zlib.decompress(stream.to_bytes()) == stream.data
True
>>> stream.dirty_blocks
0

The data are cut into blocks, each deflated on its own and ended by a full flush (RFC 1951 §3.2.4: an empty stored block, which
aligns to a byte), so that blocks can be joined in any mixture of old and new. A change marks its block; the next reading deflates
the marked blocks and joins. The stream is plain RFC 1950 or RFC 1952: any decompressor reads it.
"""

import zlib
from abc import ABC, abstractmethod
from typing import ClassVar, Final

from claim_issuers.errors import InvalidInput
from claim_issuers.status import checksums

BLOCK_BYTES: Final = 4096
_LEVEL: Final = 6
_RAW: Final = -15
_MEMORY_LEVEL: Final = 8
# A last block with fixed codes and nothing in it (RFC 1951 §3.2.6).
_END: Final = b"\x03\x00"


class InvalidBlockSize(InvalidInput):
    """The block size of a compressed stream is not a positive number of bytes."""

    code = "invalid_block_size"


class CompressedBytes(ABC):
    """Bytes that can be changed one at a time and read compressed; use ``ZlibStream`` or ``GzipMember``.

    Runs of equal bytes are all that a sparse list offers, so blocks are deflated with run-length matches only: measured at one
    per cent of random places it is five times faster than a search for longer matches, and no larger. Not for several threads.
    Raises InvalidBlockSize.
    """

    _header: ClassVar[bytes]

    def __init__(self, data: bytes, *, block_bytes: int = BLOCK_BYTES) -> None:
        if block_bytes < 1:
            raise InvalidBlockSize("a block has one byte or more")
        self._data = bytearray(data)
        self._block_bytes = block_bytes
        starts = range(0, len(data), block_bytes)
        self._sums = [self._sum(data[start : start + block_bytes]) for start in starts]
        self._deflated = [b""] * len(starts)
        self._dirty = set(range(len(starts)))
        self._checksum = self._checksum_of(data)
        self._stream: bytes | None = None

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, offset: int) -> int:
        return self._data[offset]

    def __setitem__(self, offset: int, byte: int) -> None:
        """Change one byte; compressing waits for the next reading. Raises IndexError, ValueError as a bytearray does."""
        if self._data[offset] == byte:
            return
        self._data[offset] = byte
        self._dirty.add(offset % len(self._data) // self._block_bytes)
        self._stream = None

    @property
    def data(self) -> bytes:
        """A copy of the bytes as they stand."""
        return bytes(self._data)

    @property
    def dirty_blocks(self) -> int:
        """How many blocks the next reading compresses."""
        return len(self._dirty)

    def to_bytes(self) -> bytes:
        """The compressed stream. The same sequence of bytes always gives the same stream, however it came about."""
        if self._stream is None or self._dirty:
            for block in self._dirty:
                self._refresh(block)
            self._dirty.clear()
            self._stream = b"".join((self._header, *self._deflated, _END, self._trailer()))
        return self._stream

    def _refresh(self, block: int) -> None:
        end = min((block + 1) * self._block_bytes, len(self._data))
        content = self._data[block * self._block_bytes : end]
        before, after = self._sums[block], self._sum(content)
        self._checksum = self._replaced(self._checksum, before, after, len(self._data) - end)
        self._sums[block] = after
        self._deflated[block] = _deflated(content)

    @staticmethod
    @abstractmethod
    def _checksum_of(data: bytes, /) -> int: ...

    @staticmethod
    @abstractmethod
    def _sum(block: bytes | bytearray) -> int: ...

    @staticmethod
    @abstractmethod
    def _replaced(whole: int, before: int, after: int, following: int) -> int: ...

    @abstractmethod
    def _trailer(self) -> bytes: ...


class ZlibStream(CompressedBytes):
    """A zlib stream (RFC 1950): a header of a 32 KiB window and the default level, Adler-32 at the end."""

    _header = b"\x78\x9c"
    _checksum_of = staticmethod(zlib.adler32)
    _sum = staticmethod(checksums.adler32)
    _replaced = staticmethod(checksums.adler32_replaced)

    def _trailer(self) -> bytes:
        return self._checksum.to_bytes(4, "big")


class GzipMember(CompressedBytes):
    """A gzip member (RFC 1952) that names no file, time or system, with CRC-32 and length at the end."""

    _header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    _checksum_of = staticmethod(zlib.crc32)
    _sum = staticmethod(checksums.crc32)
    _replaced = staticmethod(checksums.crc32_replaced)

    def _trailer(self) -> bytes:
        return self._checksum.to_bytes(4, "little") + (len(self._data) & 0xFFFFFFFF).to_bytes(4, "little")


def _deflated(block: bytes | bytearray) -> bytes:
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY_LEVEL, zlib.Z_RLE)
    return deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
