"""Status arrays and the IETF Token Status List, against the vectors its draft publishes."""

import json
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import ISSUER, ISSUER_SIGNER, NOW, STATUS_LIST
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.encodings.base64url import encode
from claim_issuers.formats import jose
from claim_issuers.keys.curves import NonCanonicalSignature
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.status.array import InvalidStatusArray, Status, StatusArray, StatusIndexOutOfRange, StatusIsFinal
from claim_issuers.status.token_status_list import (
    InvalidStatusLifetime,
    MalformedStatusList,
    StatusListMismatch,
    decode_lst,
    encode_lst,
    publish,
    verify,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "token_status_list.json").read_text())
TWO_BITS = VECTORS["examples"][1]


def filled(statuses: list[int], bits: int) -> StatusArray:
    array = StatusArray(len(statuses), bits)
    for index, value in enumerate(statuses):
        array.set(index, value)
    return array


@pytest.mark.parametrize("vector", VECTORS["examples"], ids=lambda vector: f"{vector['bits']} bits")
def test_the_published_examples_are_packed_and_compressed_alike(vector):
    array = filled(vector["statuses"], vector["bits"])
    assert array.to_bytes().hex() == vector["packed"]
    assert encode_lst(array) == vector["lst"]
    read = decode_lst(vector["lst"], bits=vector["bits"])
    assert read == array == StatusArray.of(vector["statuses"], bits=vector["bits"])
    assert [read.get(index) for index in range(read.size)] == vector["statuses"]


@pytest.mark.parametrize("vector", VECTORS["lists"], ids=lambda vector: f"{vector['bits']} bits")
def test_the_published_lists_of_a_million_entries_are_read_and_packed_alike(vector):
    array = StatusArray(vector["size"], vector["bits"])
    array.update((int(index), value) for index, value in vector["entries"].items())
    assert decode_lst(vector["lst"], bits=vector["bits"]) == array


def published_example(**changes):
    example = VECTORS["token"]
    keys = {example["kid"]: public_key_from_jwk(example["public_jwk"])}
    return verify(example["jwt"], uri=example["uri"], keys=keys.__getitem__, instant=NOW, **changes)


def test_the_published_token_reads_once_its_high_s_is_accepted():
    with pytest.raises(NonCanonicalSignature):
        published_example()
    token = published_example(accept_high_s=True)
    assert [token.array.get(index) for index in range(token.array.size)] == VECTORS["examples"][0]["statuses"]
    assert (token.ttl, token.issuer) == (timedelta(seconds=43200), "https://example.com")


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


@given(st.sampled_from([1, 2, 4, 8]), st.data())
def test_an_array_made_at_once_is_the_array_made_entry_by_entry(bits, data):
    statuses = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=8, max_size=64).filter(lambda s: len(s) % 8 == 0))
    array = StatusArray(len(statuses), bits)
    array.update(enumerate(statuses))
    assert StatusArray.of(statuses, bits=bits) == array == array.copy()


@pytest.mark.parametrize("statuses", [[], [0, 1, 2], [0, 1, 2, 4], [0, 0, 0, 256], [0, 0, 0, -1]])
def test_statuses_that_do_not_fit_their_bits_or_fill_bytes_make_no_array(statuses):
    with pytest.raises(InvalidStatusArray):
        StatusArray.of(statuses)


def test_a_copy_is_an_array_of_its_own():
    array = StatusArray(8)
    array.copy().set(1, Status.INVALID)
    assert array.get(1) == Status.VALID


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


def published(array: StatusArray | None = None, **changes: Any) -> str:
    settings: dict[str, Any] = {
        "uri": STATUS_LIST,
        "issuer": ISSUER,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
        "ttl": timedelta(minutes=5),
        "signer": ISSUER_SIGNER,
    }
    return publish(array or filled(TWO_BITS["statuses"], 2), **{**settings, **changes})


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
        "status_list": {"bits": 2, "lst": TWO_BITS["lst"]},
    }


def test_a_published_list_reads_back():
    token = read(published())
    assert token.array == filled(TWO_BITS["statuses"], 2)
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
    "status_list": {"bits": 2, "lst": TWO_BITS["lst"]},
}


@pytest.mark.parametrize(
    "change",
    [
        {"status_list": None},
        {"status_list": {"bits": "2", "lst": TWO_BITS["lst"]}},
        {"status_list": {"bits": True, "lst": TWO_BITS["lst"]}},
        {"status_list": {"bits": 2}},
        {"iss": 5},
        {"ttl": -1},
        {"ttl": 0},
        {"status_list": {"bits": 2, "lst": TWO_BITS["lst"], "aggregation_uri": 7}},
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


def test_a_list_names_where_all_lists_of_its_publisher_are():
    uri = "https://issuer.example/status-lists"
    assert read(published(aggregation_uri=uri)).aggregation_uri == uri
    assert read(published()).aggregation_uri is None


@pytest.mark.parametrize("changes", [{"expires_at": NOW}, {"ttl": timedelta(milliseconds=999)}, {"ttl": timedelta(seconds=-1)}])
def test_a_list_that_does_not_last_is_not_published(changes):
    with pytest.raises(InvalidStatusLifetime):
        published(**changes)


def test_the_present_list_is_no_answer_about_another_time():
    past = NOW - timedelta(days=30)
    then = published(issued_at=past, expires_at=past + timedelta(hours=1))
    assert read(then, instant=past + timedelta(minutes=59)).issued_at == past
    with pytest.raises(jose.TokenNotYetValid):
        read(published(), instant=past)


def test_another_type_of_token_is_no_list():
    with pytest.raises(jose.WrongTokenType):
        read(jose.sign_compact("JWT", PAYLOAD, ISSUER_SIGNER))
