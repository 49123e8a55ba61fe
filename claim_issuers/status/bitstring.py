"""The bitstring of one purpose, derived from the one array: a bit an entry, the first entry in the highest bit (MSB first).

Compressed with gzip and written in multibase it is the ``encodedList`` of a Bitstring Status List.

>>> statuses = StatusArray.of([0, 1, 0, 0, 0, 0, 2, 1])
>>> f"{bitstring(statuses, StatusPurpose.REVOCATION)[0]:08b}", f"{bitstring(statuses, StatusPurpose.SUSPENSION)[0]:08b}"
('01000001', '00000010')
"""

import gzip
import zlib
from functools import cache
from typing import Final

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.formats.status_entries import StatusPurpose
from claim_issuers.status.array import InvalidStatusArray, Status, StatusArray
from claim_issuers.status.token_status_list import MalformedStatusList

__all__ = ["MARKED_BY", "MIN_ENTRIES", "StatusPurpose", "bitstring", "decode_list", "encode_list"]

# Bitstring Status List 1.0 §2.2: 16 KiB of bits at least
MIN_ENTRIES: Final = 131072
# A list of 2^23 entries; whatever unpacks to more is an attack on memory.
MAX_UNPACKED_BYTES: Final = 2**20
MULTIBASE_BASE64URL: Final = "u"
_GZIP: Final = 31


MARKED_BY: Final = {StatusPurpose.REVOCATION: Status.INVALID, StatusPurpose.SUSPENSION: Status.SUSPENDED}
"""The value in the array that sets the bit of a purpose."""


def bitstring(array: StatusArray, purpose: StatusPurpose) -> bytes:
    """One bit for each entry of ``array``: set where the entry has the status of ``purpose``.

    Raises InvalidStatusArray unless the entries fill whole bytes of the bitstring.
    """
    if array.size % 8:
        raise InvalidStatusArray("a bitstring has a multiple of eight entries")
    packed, step = array.to_bytes(), array.bits
    derived = 0
    for part in range(step):
        table = _bits_of_byte(int(MARKED_BY[purpose]), step, part)
        derived |= int.from_bytes(packed[part::step].translate(table), "little")
    return derived.to_bytes(array.size // 8, "little")


def encode_list(bits: bytes) -> str:
    """The ``encodedList`` member: gzip at its highest level without a file time, multibase ``u``. Raises InvalidStatusArray."""
    if len(bits) * 8 < MIN_ENTRIES:
        raise InvalidStatusArray(f"a bitstring status list has {MIN_ENTRIES} entries or more")
    return MULTIBASE_BASE64URL + encode(gzip.compress(bits, 9, mtime=0))


def decode_list(encoded_list: str) -> bytes:
    """The bitstring of an ``encodedList`` member.

    Raises MalformedStatusList, also for one of under 131,072 entries or of over a mebibyte.
    """
    if not encoded_list.startswith(MULTIBASE_BASE64URL):
        raise MalformedStatusList("encodedList is multibase base64url, which begins with u")
    try:
        bits = _unpack(decode(encoded_list[1:]))
    except (MalformedBase64Url, zlib.error) as fault:
        raise MalformedStatusList("encodedList is not a compressed bitstring") from fault
    if len(bits) * 8 < MIN_ENTRIES:
        raise MalformedStatusList(f"a bitstring status list has {MIN_ENTRIES} entries or more")
    return bits


@cache
def _bits_of_byte(status: int, bits: int, part: int) -> bytes:
    """For every packed byte, the bits that its entries set when it is the ``part``-th of the bytes behind one derived byte."""
    lanes, mask = 8 // bits, (1 << bits) - 1
    return bytes(
        sum(0x80 >> part * lanes + lane for lane in range(lanes) if packed >> lane * bits & mask == status) for packed in range(256)
    )


def _unpack(compressed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    unpacked = unpacker.decompress(compressed, MAX_UNPACKED_BYTES + 1)
    if not unpacker.eof or unpacker.unused_data or len(unpacked) > MAX_UNPACKED_BYTES:
        raise MalformedStatusList("encodedList is cut short, too long, or followed by other bytes")
    return unpacked
