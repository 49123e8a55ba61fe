"""Status arrays and the IETF Token Status List, against the vectors its draft publishes."""

import zlib
from datetime import timedelta

import pytest
from builders import ISSUER, ISSUER_SIGNER, NOW, STATUS_LIST
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.formats import jose
from claim_issuers.keys.base64url import encode
from claim_issuers.status.array import InvalidStatusArray, Status, StatusArray, StatusIndexOutOfRange, StatusIsFinal
from claim_issuers.status.token_status_list import (
    MalformedStatusList,
    StatusListMismatch,
    decode_lst,
    encode_lst,
    publish,
    verify,
)

# draft-ietf-oauth-status-list, §4 and its examples
ONE_BIT = ([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], "b9a3", "eNrbuRgAAhcBXQ")
TWO_BITS = ([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "c944f9", "eNo76fITAAPfAgc")
# the same draft, appendix "Test vectors for Status List encoding": 2^20 entries, all others 0
LARGE_SIZE = 2**20
LARGE_ONE_BIT = (
    dict.fromkeys((0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1),
    "78daeddc010dc0200c0041a88249400ad2903e0f4bba00bd93f002beb7a2a2010000a91e09000000000000000000000000000000807296"
    "04000000000000000000000000000000000000000000000000000000000000000000000000000000005c6f4800000000000000fc2c2400"
    "00000000000000000000be1b12000000000000000000ecaa4b000000000000000000000000000000009b0b0900000000000000000038de"
    "9400000000000000002a30cc010000000080642f0bd8011b",
)
LARGE_TWO_BITS = (
    {
        0: 1,
        1993: 2,
        25460: 1,
        159495: 3,
        495669: 1,
        554353: 1,
        645645: 2,
        723232: 1,
        854545: 1,
        934534: 2,
        1000345: 3,
    },
    "78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e21010000000000000000000000000000"
    "000000000000000000000000000000000040795b020000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000080f4ba0400000000000000"
    "000000000000406d764a000000000000000000000000000000000000000000e0922101000000000000000000000000000000000000fc1312"
    "00000000000000000000000000000000000000000000000000000000000000c0912e01000000000000000000000000000000000000c07d4b"
    "02000000000000000000000000000000a8614a0000000000000000000000406a1fcd60010c",
)


def filled(statuses: list[int], bits: int) -> StatusArray:
    array = StatusArray(len(statuses), bits)
    for index, value in enumerate(statuses):
        array.set(index, value)
    return array


@pytest.mark.parametrize(("bits", "vector"), [(1, ONE_BIT), (2, TWO_BITS)])
def test_the_published_examples_are_packed_and_compressed_alike(bits, vector):
    statuses, packed, lst = vector
    array = filled(statuses, bits)
    assert array.to_bytes().hex() == packed
    assert encode_lst(array) == lst
    assert decode_lst(lst, bits=bits) == array
    assert [decode_lst(lst, bits=bits).get(index) for index in range(len(statuses))] == statuses


@pytest.mark.parametrize(("bits", "vector"), [(1, LARGE_ONE_BIT), (2, LARGE_TWO_BITS)])
def test_the_published_lists_of_a_million_entries_are_read_and_packed_alike(bits, vector):
    values, compressed = vector
    array = StatusArray(LARGE_SIZE, bits)
    for index, value in values.items():
        array.set(index, value)
    assert decode_lst(encode(bytes.fromhex(compressed)), bits=bits) == array


@given(st.sampled_from([1, 2, 4, 8]), st.data())
def test_every_array_reads_back_from_its_published_form(bits, data):
    statuses = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=8, max_size=64).filter(lambda s: len(s) % 8 == 0))
    array = filled(statuses, bits)
    read = decode_lst(encode_lst(array), bits=bits)
    assert [read.get(index) for index in range(read.size)] == statuses


def test_a_new_array_has_two_to_the_seventeenth_valid_entries_of_two_bits():
    array = StatusArray()
    assert (array.size, array.bits, len(array.to_bytes())) == (131072, 2, 32768)
    assert array.get(131071) == Status.VALID


def test_suspension_can_be_lifted_and_revocation_cannot():
    array = StatusArray(4)
    array.set(1, Status.SUSPENDED)
    array.set(1, Status.VALID)
    array.set(1, Status.INVALID)
    array.set(1, Status.INVALID)
    for value in (Status.VALID, Status.SUSPENDED, 3):
        with pytest.raises(StatusIsFinal):
            array.set(1, value)
    assert array.get(1) == Status.INVALID


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 3)), max_size=60))
def test_an_entry_once_invalid_stays_so_and_its_neighbours_are_untouched(writes):
    array, expected = StatusArray(16), [0] * 16
    for index, value in writes:
        if expected[index] == Status.INVALID and value != Status.INVALID:
            with pytest.raises(StatusIsFinal):
                array.set(index, value)
        else:
            array.set(index, value)
            expected[index] = value
    assert [array.get(index) for index in range(16)] == expected


@pytest.mark.parametrize("index", [-1, 4, 2**40])
def test_an_index_outside_the_list_is_refused(index):
    with pytest.raises(StatusIndexOutOfRange):
        StatusArray(4).get(index)
    with pytest.raises(StatusIndexOutOfRange):
        StatusArray(4).set(index, 0)


@pytest.mark.parametrize(("size", "bits"), [(0, 2), (3, 2), (8, 3), (-8, 1)])
def test_a_list_that_does_not_fill_bytes_is_refused(size, bits):
    with pytest.raises(InvalidStatusArray):
        StatusArray(size, bits)


@pytest.mark.parametrize("value", [-1, 4])
def test_a_value_beyond_the_bits_is_refused(value):
    with pytest.raises(InvalidStatusArray):
        StatusArray(4).set(0, value)


BOMB = encode(zlib.compress(bytes(2**20 + 1)))


@pytest.mark.parametrize(
    ("lst", "bits"),
    [
        ("", 1),
        ("eNrbuRgAAhcBXQ==", 1),
        ("eNrbuRgAAhcB", 1),
        ("eNrbuRgAAhcBXQAA", 1),
        ("eNrbuRgAAhcBXA", 1),
        ("eNrbuRgAAhcBXQ", 3),
        (encode(zlib.compress(b"")), 1),
        (BOMB, 8),
    ],
)
def test_a_list_that_is_cut_damaged_padded_or_a_bomb_is_refused(lst, bits):
    with pytest.raises(MalformedStatusList):
        decode_lst(lst, bits=bits)


def test_the_largest_list_is_still_read():
    assert decode_lst(encode(zlib.compress(bytes(2**20))), bits=8).size == 2**20


def published(array: StatusArray | None = None) -> str:
    return publish(
        array or filled(TWO_BITS[0], 2),
        uri=STATUS_LIST,
        issuer=ISSUER,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        ttl=timedelta(minutes=5),
        signer=ISSUER_SIGNER,
    )


def read(token: str, **changes: object):
    settings = {"uri": STATUS_LIST, "keys": lambda kid: {ISSUER_SIGNER.kid: ISSUER_SIGNER.public_key}[kid], "instant": NOW}
    return verify(token, **{**settings, **changes})


def test_a_published_list_has_the_members_of_the_specification():
    token = jose.read_unverified(published())
    assert token.header["typ"] == "statuslist+jwt"
    assert token.payload == {
        "sub": STATUS_LIST,
        "iss": ISSUER,
        "iat": 1795348800,
        "exp": 1795352400,
        "ttl": 300,
        "status_list": {"bits": 2, "lst": TWO_BITS[2]},
    }


def test_a_published_list_reads_back():
    token = read(published())
    assert token.array == filled(TWO_BITS[0], 2)
    assert (token.uri, token.issuer, token.ttl) == (STATUS_LIST, ISSUER, timedelta(minutes=5))
    assert (token.issued_at, token.expires_at) == (NOW, NOW + timedelta(hours=1))


def test_a_full_list_of_chance_still_fits_into_a_token():
    array = StatusArray()
    for index in range(0, array.size, 3):
        array.set(index, Status.SUSPENDED)
    assert read(published(array)).array == array


def test_a_list_is_refused_after_its_time_and_before_it():
    with pytest.raises(jose.TokenExpired):
        read(published(), instant=NOW + timedelta(hours=1))
    with pytest.raises(jose.TokenNotYetValid):
        read(published(), instant=NOW - timedelta(seconds=1))


def test_a_list_from_another_address_is_refused():
    with pytest.raises(StatusListMismatch):
        read(published(), uri=STATUS_LIST + "0")


PAYLOAD = {
    "sub": STATUS_LIST,
    "iat": 1795348800,
    "exp": 1795352400,
    "status_list": {"bits": 2, "lst": TWO_BITS[2]},
}


@pytest.mark.parametrize(
    "change",
    [
        {"status_list": None},
        {"status_list": {"bits": "2", "lst": TWO_BITS[2]}},
        {"status_list": {"bits": True, "lst": TWO_BITS[2]}},
        {"status_list": {"bits": 2}},
        {"iss": 5},
        {"ttl": -1},
        {"ttl": "300"},
        {"exp": 10**12},
    ],
)
def test_a_token_of_another_form_is_refused(change):
    with pytest.raises(MalformedStatusList):
        read(jose.sign_compact("statuslist+jwt", {**PAYLOAD, **change}, ISSUER_SIGNER))


def test_a_list_without_ttl_or_issuer_is_read():
    token = read(jose.sign_compact("statuslist+jwt", PAYLOAD, ISSUER_SIGNER))
    assert (token.issuer, token.ttl) == (None, timedelta())


def test_another_type_of_token_is_no_list():
    with pytest.raises(jose.WrongTokenType):
        read(jose.sign_compact("JWT", PAYLOAD, ISSUER_SIGNER))
