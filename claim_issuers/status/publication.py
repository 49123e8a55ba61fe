"""One array together with its publications: a change marks what it touched, and the next reading encodes only that.

>>> from claim_issuers.status.array import Status
>>> from claim_issuers.status.bitstring import decode_list
>>> from claim_issuers.status.token_status_list import decode_lst
>>> publication = StatusPublication(StatusArray())
>>> publication.set(7, Status.INVALID)
>>> publication.version, publication.get(7)
(1, 1)
>>> decode_lst(publication.lst(), bits=publication.bits) == publication.array
True
>>> decode_list(publication.encoded_list(StatusPurpose.REVOCATION))[0]
1
"""

from threading import Lock

from claim_issuers.encodings.base64url import encode
from claim_issuers.status.array import InvalidStatusArray, StatusArray
from claim_issuers.status.bitstring import MARKED_BY, MIN_ENTRIES, MULTIBASE_BASE64URL, StatusPurpose, bitstring
from claim_issuers.status.compression import BLOCK_BYTES, GzipMember, ZlibStream


class StatusPublication:
    """The statuses of ``array`` and their encodings: ``lst`` (IETF) and one ``encodedList`` for each purpose (W3C).

    Takes a copy of ``array``. Hand it to ``token_status_list.publish`` and ``bitstring_status_list.publish`` in place of an array.
    An encoding is made when it is first read, and after that each reading compresses again only the blocks changed since the
    last, so many changes between two readings cost as much as the blocks they touch. Several threads may use it at a time; one
    waits for the other.
    """

    def __init__(self, array: StatusArray, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._array = array.copy()
        self._block_bytes = block_bytes
        self._packed: ZlibStream | None = None
        self._bitstrings: dict[StatusPurpose, GzipMember] = {}
        self._texts: dict[StatusPurpose | None, str] = {}
        self._version = 0
        self._busy = Lock()

    @property
    def bits(self) -> int:
        """Bits an entry."""
        return self._array.bits

    @property
    def size(self) -> int:
        """Entries."""
        return self._array.size

    @property
    def version(self) -> int:
        """How many changes there were; equal versions of one publication have equal encodings."""
        return self._version

    @property
    def array(self) -> StatusArray:
        """A copy of the array as it stands."""
        return self._array.copy()

    def get(self, index: int) -> int:
        """The value at ``index``. Raises StatusIndexOutOfRange."""
        return self._array.get(index)

    def set(self, index: int, value: int) -> None:
        """Write ``value`` at ``index``; writing what is there changes nothing, not even the version.

        Raises StatusIsFinal, StatusIndexOutOfRange, InvalidStatusArray as ``StatusArray.set`` does.
        """
        with self._busy:
            self._set(index, value)

    def _set(self, index: int, value: int) -> None:
        offset, before = self._array.byte_of(index)
        self._array.set(index, value)
        _, after = self._array.byte_of(index)
        if after == before:
            return
        self._version += 1
        self._texts.clear()
        if self._packed is not None:
            self._packed[offset] = after
        for purpose, derived in self._bitstrings.items():
            bit = 0x80 >> (index & 7)
            others = derived[index >> 3] & ~bit
            derived[index >> 3] = others | bit if value == MARKED_BY[purpose] else others

    def lst(self) -> str:
        """The ``lst`` member of a Token Status List as the array stands."""
        with self._busy:
            if self._packed is None:
                self._packed = ZlibStream(self._array.to_bytes(), block_bytes=self._block_bytes)
            if None not in self._texts:
                self._texts[None] = encode(self._packed.to_bytes())
            return self._texts[None]

    def encoded_list(self, purpose: StatusPurpose) -> str:
        """The ``encodedList`` member of a Bitstring Status List as the array stands.

        Raises InvalidStatusArray for fewer than 131,072 entries.
        """
        with self._busy:
            if purpose not in self._bitstrings:
                self._bitstrings[purpose] = GzipMember(self._bits_of(purpose), block_bytes=self._block_bytes)
            if purpose not in self._texts:
                self._texts[purpose] = MULTIBASE_BASE64URL + encode(self._bitstrings[purpose].to_bytes())
            return self._texts[purpose]

    def _bits_of(self, purpose: StatusPurpose) -> bytes:
        if self._array.size < MIN_ENTRIES:
            raise InvalidStatusArray(f"a bitstring status list has {MIN_ENTRIES} entries or more")
        return bitstring(self._array, purpose)
