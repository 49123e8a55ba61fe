"""Indexes in random order, none of them twice: by a keyed permutation, or drawn by chance among those that are free.

>>> indexes = RandomIndexes(bytes(32), size=1000)
>>> drawn = [indexes.index_of(number) for number in range(1000)]
>>> sorted(drawn) == list(range(1000)), drawn == sorted(drawn)
(True, False)
"""

import hashlib
from collections.abc import Collection
from typing import Final

from claim_issuers.clock import Entropy
from claim_issuers.errors import Conflict, InvalidInput
from claim_issuers.status.array import StatusIndexOutOfRange

# NIST SP 800-38G uses ten rounds for FF1; small halves need them.
_ROUNDS: Final = 10
_SECRET_BYTES: Final = 32


class InvalidIndexSecret(InvalidInput):
    """The secret of random indexes has 32 bytes, and the list an entry or more."""

    code = "invalid_index_secret"


class StatusListFull(Conflict):
    """Every index of the status list is taken: open another list."""

    code = "status_list_full"


class RandomIndexes:
    """A permutation of ``range(size)`` under 32 ``secret`` bytes: the n-th claim of a list gets ``index_of(n)``.

    A Feistel network over the bits of the size, with BLAKE2s as its round function, walked along its cycle while it leaves the
    list (as in NIST SP 800-38G, but not its FF1). The caller keeps a counter for each list, and one secret for each list.

    What an observer learns: without the secret, indexes of known claims look drawn by chance without replacement, so they tell
    neither the order nor the number of claims issued; not more than a list shows anyway. With the secret, the sequence number of
    every claim: keep it like a signing key. Raises InvalidIndexSecret.
    """

    def __init__(self, secret: bytes, *, size: int) -> None:
        if len(secret) != _SECRET_BYTES or size < 1:
            raise InvalidIndexSecret("the secret has 32 bytes and the list one entry or more")
        self._size = size
        # A state for each round, with what is the same at every draw in it already.
        self._rounds = tuple(
            hashlib.blake2s(bytes((turn,)) + size.to_bytes(8, "big"), key=secret, digest_size=8) for turn in range(_ROUNDS)
        )
        bits = max((size - 1).bit_length(), 2)
        self._low_bits = bits // 2
        self._high_bits = bits - self._low_bits

    def index_of(self, sequence_number: int) -> int:
        """The index of the claim with this number, counted from 0. Raises StatusIndexOutOfRange."""
        if not 0 <= sequence_number < self._size:
            raise StatusIndexOutOfRange(f"the list has {self._size} entries")
        index = self._permuted(sequence_number)
        while index >= self._size:
            index = self._permuted(index)
        return index

    def _permuted(self, number: int) -> int:
        low_mask, high_mask = (1 << self._low_bits) - 1, (1 << self._high_bits) - 1
        low, high = number & low_mask, number >> self._low_bits
        for turn in range(0, _ROUNDS, 2):
            high ^= self._round(turn, low) & high_mask
            low ^= self._round(turn + 1, high) & low_mask
        return high << self._low_bits | low

    def _round(self, turn: int, half: int) -> int:
        state = self._rounds[turn].copy()
        state.update(half.to_bytes(8, "big"))
        return int.from_bytes(state.digest(), "big")


def draw_index(entropy: Entropy, *, size: int, taken: Collection[int]) -> int:
    """A free index of ``range(size)`` by chance, every free one as likely as every other; ``taken`` are those given out.

    Needs no secret to be kept, but a look-up for each draw, and several when the list is nearly full. Raises StatusListFull.
    """
    if len(taken) >= size:
        raise StatusListFull("every index of the list is taken")
    width = (size - 1).bit_length()
    while True:
        index = int.from_bytes(entropy.token_bytes((width + 7) // 8), "big") & ((1 << width) - 1)
        if index < size and index not in taken:
            return index
