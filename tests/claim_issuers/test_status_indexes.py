"""Random indexes: a permutation of the list, whatever its size, and draws that never repeat."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.status.array import StatusIndexOutOfRange
from claim_issuers.status.indexes import InvalidIndexSecret, RandomIndexes, StatusListFull, draw_index

SECRET = bytes(range(32))


class CountingEntropy:
    """Gives 0, 1, 2, … as bytes, so that every value comes."""

    def __init__(self) -> None:
        self._next = 0

    def token_bytes(self, length: int) -> bytes:
        drawn, self._next = self._next, self._next + 1
        return (drawn % 256**length).to_bytes(length, "big")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 100, 255, 256, 257, 1000, 4096, 10007])
def test_each_index_is_given_exactly_once(size):
    indexes = RandomIndexes(SECRET, size=size)
    assert sorted(indexes.index_of(number) for number in range(size)) == list(range(size))


def test_the_whole_of_a_list_of_the_default_size_is_given_once_and_out_of_order():
    indexes = RandomIndexes(SECRET, size=2**17)
    drawn = [indexes.index_of(number) for number in range(2**17)]
    assert len(set(drawn)) == 2**17
    assert sum(later == earlier + 1 for earlier, later in pairwise(drawn)) < 20
    firsts = drawn[: 2**10]
    assert 0.45 < sum(firsts) / len(firsts) / 2**17 < 0.55, "the first thousand lie all over the list"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_another_secret_gives_another_order(secret, other):
    drawn, others = ([RandomIndexes(one, size=1000).index_of(number) for number in range(40)] for one in (secret, other))
    assert (drawn == others) == (secret == other)


@pytest.mark.parametrize("number", [-1, 1000, 2**40])
def test_a_number_beyond_the_list_has_no_index(number):
    with pytest.raises(StatusIndexOutOfRange):
        RandomIndexes(SECRET, size=1000).index_of(number)


@pytest.mark.parametrize(("secret", "size"), [(bytes(31), 10), (bytes(33), 10), (b"", 10), (SECRET, 0), (SECRET, -8)])
def test_a_secret_or_size_of_another_length_is_refused(secret, size):
    with pytest.raises(InvalidIndexSecret):
        RandomIndexes(secret, size=size)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 300])
def test_drawing_by_chance_gives_every_index_once_and_then_refuses(size):
    entropy, taken = CountingEntropy(), set()
    for _ in range(size):
        index = draw_index(entropy, size=size, taken=taken)
        assert index not in taken
        taken.add(index)
    assert taken == set(range(size))
    with pytest.raises(StatusListFull):
        draw_index(entropy, size=size, taken=taken)
