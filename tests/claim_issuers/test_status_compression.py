"""Compressed bytes that change: whatever the order of changes and readings, zlib and gzip read what stands there."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.status import checksums
from claim_issuers.status.compression import BLOCK_BYTES, GzipMember, InvalidBlockSize, ZlibStream

FORMS = [(ZlibStream, zlib.decompress), (GzipMember, gzip.decompress)]
# A change (place, byte), or a reading.
steps = st.lists(st.one_of(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), st.just("read")), max_size=40)


@pytest.mark.parametrize(("form", "decompress"), FORMS)
@given(st.binary(max_size=200), st.integers(1, 64), steps)
def test_every_sequence_of_changes_and_readings_decompresses_to_what_stands_there(form, decompress, data, block_bytes, steps):
    stream, expected = form(data, block_bytes=block_bytes), bytearray(data)
    for step in steps:
        if step == "read":
            assert decompress(stream.to_bytes()) == expected
        elif expected:
            place, byte = step[0] % len(expected), step[1]
            stream[place] = expected[place] = byte
            assert stream[place] == byte
    assert decompress(stream.to_bytes()) == expected == stream.data
    assert stream.to_bytes() == form(bytes(expected), block_bytes=block_bytes).to_bytes(), "the same bytes, the same stream"


@pytest.mark.parametrize(("form", "decompress"), FORMS)
@pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 131072, 131073])
def test_lengths_round_the_block_size_are_read_and_changed(form, decompress, length):
    stream = form(bytes(length))
    assert (len(stream), decompress(stream.to_bytes())) == (length, bytes(length))
    if length:
        stream[length - 1] = 7
        stream[0] = 9
        assert decompress(stream.to_bytes()) == stream.data


@pytest.mark.parametrize(("form", "decompress"), FORMS)
def test_only_blocks_that_changed_are_compressed_and_only_when_read(form, decompress):
    stream = form(bytes(10 * BLOCK_BYTES))
    assert stream.dirty_blocks == 10
    stream.to_bytes()
    for place in (5, 6, BLOCK_BYTES - 1, 3 * BLOCK_BYTES, -1):
        stream[place] = 1
    assert stream.dirty_blocks == 3
    stream[8 * BLOCK_BYTES] = 0
    assert stream.dirty_blocks == 3, "writing what is there changes nothing"
    assert decompress(stream.to_bytes()) == stream.data
    assert stream.dirty_blocks == 0
    assert stream.to_bytes() is stream.to_bytes()


def test_a_byte_beyond_the_end_or_beyond_eight_bits_is_no_byte():
    stream = ZlibStream(bytes(8))
    with pytest.raises(IndexError):
        stream[8] = 1
    with pytest.raises(ValueError, match="byte must be in range"):
        stream[0] = 256
    assert zlib.decompress(stream.to_bytes()) == bytes(8)


@pytest.mark.parametrize("block_bytes", [0, -1])
def test_a_block_without_bytes_is_refused(block_bytes):
    with pytest.raises(InvalidBlockSize):
        GzipMember(b"x", block_bytes=block_bytes)


@given(st.binary(max_size=50), st.binary(max_size=300), st.binary(max_size=3000), st.data())
def test_checksums_follow_the_change_of_a_block_as_zlib_computes_them(head, before, tail, data):
    after = data.draw(st.binary(min_size=len(before), max_size=len(before)))
    following = len(tail)
    assert checksums.adler32_replaced(
        zlib.adler32(head + before + tail), checksums.adler32(before), checksums.adler32(after), following
    ) == zlib.adler32(head + after + tail)
    assert checksums.crc32_replaced(
        zlib.crc32(head + before + tail), checksums.crc32(before), checksums.crc32(after), following
    ) == zlib.crc32(head + after + tail)


def test_a_sparse_list_takes_at_most_an_eighth_more_than_zlib_at_level_six():
    packed = bytearray(262144)
    place = 1
    for _ in range(10486):  # one per cent of 2^20 entries of two bits, spread by a linear congruence
        place = (place * 1103515245 + 12345) % 2**31
        packed[(place >> 8) % 262144] |= 1 << place % 4 * 2
    assert len(ZlibStream(bytes(packed)).to_bytes()) < len(zlib.compress(bytes(packed), 6)) * 9 / 8
