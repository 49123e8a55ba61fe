"""One revocation in a list of 1,048,576 entries, up to the encoded list that is ready to be signed."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from hashlib import shake_256

from bench.agreement import must_equal
from bench.measure import InProcess, Job, Peer, Size
from bench.node_peer import NodePeer
from claim_issuers import Status, StatusArray
from claim_issuers.encodings.base64url import encode
from claim_issuers.status.bitstring import StatusPurpose, bitstring, decode_list
from claim_issuers.status.publication import StatusPublication
from claim_issuers.status.token_status_list import decode_lst

ENTRIES = 1 << 20
SET = ENTRIES // 100
DEFAULT_GOAL, LEVEL_6_GOAL, SIZE_GOAL = 150.0, 10.0, 1.15
_DEFAULT, _MIDDLE = 9, 6

Compress = Callable[[bytearray], bytes]


def token_status_list(_: NodePeer) -> Iterator[Job]:
    """The IETF list: two bits an entry, zlib."""
    chosen = _places(SET * 8)
    publication = StatusPublication(_revoked(chosen[:SET]))
    packed = publication.array.to_bytes()
    must_equal("lst", packed, decode_lst(publication.lst(), bits=2).to_bytes())

    def ours(index: int) -> str:
        publication.set(index, Status.INVALID)
        return publication.lst()

    def whole(compress: Compress) -> Callable[[int], str]:
        theirs = bytearray(packed)

        def revoke(index: int) -> str:
            theirs[index >> 2] |= 1 << (index & 3) * 2
            return encode(compress(theirs))

        return revoke

    yield _job(
        name="revoke-token-status-list",
        title="one revocation in a token status list of 1,048,576 entries",
        ours=InProcess("ours", ours, chosen[SET:]),
        peers={
            _DEFAULT: InProcess("zlib, level 9", whole(lambda data: zlib.compress(data, _DEFAULT)), chosen[SET:]),
            _MIDDLE: InProcess("zlib, level 6", whole(lambda data: zlib.compress(data, _MIDDLE)), chosen[SET:]),
        },
        size=Size(
            what="size beside zlib, level 6",
            ours=len(StatusPublication(_revoked(chosen[:SET])).lst()),
            theirs=len(encode(zlib.compress(packed, _MIDDLE))),
            at_most=SIZE_GOAL,
        ),
        note="2 bits an entry, 256 KiB; zlib's own default is level 6, the issue speaks of gzip's, which is 9",
    )


def bitstring_status_list(_: NodePeer) -> Iterator[Job]:
    """The W3C list: one bit an entry, gzip."""
    purpose, chosen = StatusPurpose.REVOCATION, _places(SET * 8)
    array = _revoked(chosen[:SET])
    publication, packed = StatusPublication(array), bitstring(array, purpose)
    must_equal("encodedList", packed, decode_list(publication.encoded_list(purpose)))

    def ours(index: int) -> str:
        publication.set(index, Status.INVALID)
        return publication.encoded_list(purpose)

    def whole(level: int) -> Callable[[int], str]:
        theirs = bytearray(packed)

        def revoke(index: int) -> str:
            theirs[index >> 3] |= 0x80 >> (index & 7)
            return "u" + encode(gzip.compress(theirs, level, mtime=0))

        return revoke

    yield _job(
        name="revoke-bitstring-status-list",
        title="one revocation in a bitstring status list of 1,048,576 entries",
        ours=InProcess("ours", ours, chosen[SET:]),
        peers={
            _DEFAULT: InProcess("gzip, level 9", whole(_DEFAULT), chosen[SET:]),
            _MIDDLE: InProcess("gzip, level 6", whole(_MIDDLE), chosen[SET:]),
        },
        size=Size(
            what="size beside gzip, level 6",
            ours=len(StatusPublication(array).encoded_list(purpose)),
            theirs=len("u" + encode(gzip.compress(packed, _MIDDLE, mtime=0))),
            at_most=SIZE_GOAL,
        ),
        note="1 bit an entry, 128 KiB; level 9 is the default of Python's gzip",
    )


def _job(*, name: str, title: str, ours: InProcess, peers: dict[int, InProcess], size: Size, note: str) -> Job:
    return Job(
        name=name,
        title=title,
        ours=ours,
        peers=(Peer(peers[_DEFAULT], goal=DEFAULT_GOAL), Peer(peers[_MIDDLE], goal=LEVEL_6_GOAL)),
        sizes=(size,),
        notes=(f"{note}; 1 % set at the start, every call revokes another entry and gives the base64url text",),
    )


def _places(count: int) -> list[int]:
    """As many places of the list, each once, in an order that tells nothing."""
    stream = shake_256(b"bench status list").digest(3 * 2 * count)
    drawn = (int.from_bytes(stream[at : at + 3], "big") % ENTRIES for at in range(0, len(stream), 3))
    return list(dict.fromkeys(drawn))[:count]


def _revoked(places: list[int]) -> StatusArray:
    array = StatusArray(ENTRIES)
    array.update((place, Status.INVALID) for place in places)
    return array
