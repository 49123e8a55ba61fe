"""Several threads at one status list: no revocation is lost, and what is published is what was set."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import SupportsInt

import pytest

from claim_issuers.status.array import Status, StatusArray
from claim_issuers.status.bitstring import StatusPurpose, bitstring, decode_list
from claim_issuers.status.publication import StatusPublication
from claim_issuers.status.token_status_list import decode_lst

THREADS = 4
ENTRIES = 64
SIZE = 131072


class LingeringStatus(int):
    """A status that lets the other threads go on in the middle of a change, between the reading of a byte and its writing."""

    def __rxor__(self, other: SupportsInt) -> int:
        Event().wait(0.0005)
        return int(other) ^ int(self)

    def __eq__(self, other: object) -> bool:
        Event().wait(0.0005)
        return int(self) == other

    __hash__ = int.__hash__


REVOKED = LingeringStatus(Status.INVALID)


def in_threads(action: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(action, range(THREADS)))


def one_by_one(array: StatusArray, turn: int) -> None:
    for index in range(turn, ENTRIES, THREADS):
        array.set(index, REVOKED)


def at_once(array: StatusArray, turn: int) -> None:
    array.update((index, REVOKED) for index in range(turn, ENTRIES, THREADS))


@pytest.mark.parametrize("revoke", [one_by_one, at_once])
def test_threads_that_revoke_neighbours_lose_no_revocation(revoke):
    array = StatusArray(size=ENTRIES)
    in_threads(lambda turn: revoke(array, turn))
    assert array == StatusArray.of([Status.INVALID] * ENTRIES)


def test_threads_that_revoke_and_read_publish_every_revocation():
    publication = StatusPublication(StatusArray(SIZE))

    def use(turn: int) -> None:
        for index in range(turn, ENTRIES, THREADS):
            publication.lst()
            publication.encoded_list(StatusPurpose.REVOCATION)
            publication.set(index, REVOKED)

    in_threads(use)
    expected = StatusArray(SIZE)
    expected.update((index, Status.INVALID) for index in range(ENTRIES))
    assert publication.version == ENTRIES
    assert publication.array == decode_lst(publication.lst(), bits=publication.bits) == expected
    assert decode_list(publication.encoded_list(StatusPurpose.REVOCATION)) == bitstring(expected, StatusPurpose.REVOCATION)
