"""The W3C Bitstring Status List: derived from the array, published, and read strictly."""

import gzip
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
from claim_issuers.status.array import InvalidStatusArray, Status, StatusArray, StatusIndexOutOfRange
from claim_issuers.status.bitstring import StatusPurpose, bitstring, decode_list, encode_list
from claim_issuers.status.bitstring_status_list import (
    InvalidStatusListIndex,
    parse_index,
    publish,
    purpose_uri,
    status_entry,
    verify,
)
from claim_issuers.status.token_status_list import InvalidStatusLifetime, MalformedStatusList, StatusListMismatch

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bitstring_status_list.json").read_text())
REVOCATION, SUSPENSION = StatusPurpose.REVOCATION, StatusPurpose.SUSPENSION
URI = f"{STATUS_LIST}/revocation"
EMPTY = bytes(16384)


@pytest.mark.parametrize("vector", VECTORS["lists"], ids=lambda vector: vector["uri"])
def test_the_published_list_is_read(vector):
    bits = decode_list(vector["encodedList"])
    assert len(bits) * 8 == vector["entries"]
    assert [index for index in range(vector["entries"]) if bits[index >> 3] << (index & 7) & 0x80] == vector["set"]


@given(st.sampled_from([1, 2, 4, 8]), st.data())
def test_a_bitstring_has_the_bit_of_every_entry_with_the_status_of_its_purpose(bits, data):
    statuses = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=8, max_size=64).filter(lambda s: len(s) % 8 == 0))
    array = StatusArray.of(statuses, bits=bits)
    for purpose, marked in ((REVOCATION, Status.INVALID), (SUSPENSION, Status.SUSPENDED)):
        written = "".join(f"{byte:08b}" for byte in bitstring(array, purpose))
        assert written == "".join("1" if status == marked else "0" for status in statuses)


def test_entries_that_fill_no_whole_byte_make_no_bitstring():
    with pytest.raises(InvalidStatusArray):
        bitstring(StatusArray(4), REVOCATION)


@given(st.lists(st.integers(0, 131071), max_size=20))
def test_an_encoded_list_reads_back_and_is_plain_gzip(indexes):
    bits = bytearray(EMPTY)
    for index in indexes:
        bits[index >> 3] |= 0x80 >> (index & 7)
    encoded = encode_list(bytes(bits))
    assert decode_list(encoded) == bits
    assert encoded == encode_list(bytes(bits)), "no file time in it"


def test_a_list_below_the_smallest_herd_is_neither_published_nor_read():
    with pytest.raises(InvalidStatusArray):
        encode_list(bytes(16383))
    with pytest.raises(InvalidStatusArray):
        published(StatusArray(65536))
    with pytest.raises(MalformedStatusList):
        decode_list("u" + encode(gzip.compress(bytes(16383))))


GOOD = gzip.compress(EMPTY, mtime=0)
BOMB = gzip.compress(bytes(2**20 + 1))


@pytest.mark.parametrize(
    "encoded_list",
    [
        "",
        "u",
        encode(GOOD),
        "z" + encode(GOOD),
        "u" + encode(GOOD) + "=",
        "u" + encode(GOOD[:-1]),
        "u" + encode(GOOD + b"\x00"),
        "u" + encode(GOOD + GOOD),
        "u" + encode(GOOD[:-8] + bytes(8)),
        "u" + encode(zlib.compress(EMPTY)),
        "u" + encode(EMPTY),
        "u" + encode(BOMB),
    ],
    ids=["none", "nothing", "no base", "other base", "padded", "cut", "followed", "twice", "checksum", "zlib", "bare", "bomb"],
)
def test_a_list_that_is_cut_damaged_padded_or_a_bomb_is_refused(encoded_list):
    with pytest.raises(MalformedStatusList):
        decode_list(encoded_list)


def test_the_largest_list_is_still_read():
    assert len(decode_list("u" + encode(gzip.compress(bytes(2**20))))) == 2**20


def marked() -> StatusArray:
    array = StatusArray()
    array.set(94567, Status.INVALID)
    array.set(23452, Status.SUSPENDED)
    return array


def published(array: StatusArray | None = None, **changes: Any) -> str:
    settings: dict[str, Any] = {
        "uri": URI,
        "purpose": REVOCATION,
        "issuer": ISSUER,
        "valid_from": NOW,
        "valid_until": NOW + timedelta(hours=1),
        "ttl": timedelta(minutes=5),
        "signer": ISSUER_SIGNER,
    }
    return publish(array or marked(), **{**settings, **changes})


def read(token: str, **changes: Any):
    settings: dict[str, Any] = {
        "uri": URI,
        "purpose": REVOCATION,
        "keys": lambda kid: {ISSUER_SIGNER.kid: ISSUER_SIGNER.public_key}[kid],
        "instant": NOW,
    }
    return verify(token, **{**settings, **changes})


def test_a_published_list_has_the_members_of_the_recommendation():
    token = jose.read_unverified(published())
    assert (token.header["typ"], token.header["cty"]) == ("vc+jwt", "vc")
    subject = dict(token.payload["credentialSubject"])
    assert decode_list(subject.pop("encodedList")) == bitstring(marked(), REVOCATION)
    assert subject == {"id": f"{URI}#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "ttl": 300000}
    assert {name: value for name, value in token.payload.items() if name != "credentialSubject"} == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": URI,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": ISSUER,
        "validFrom": "2026-11-22T12:00:00Z",
        "validUntil": "2026-11-22T13:00:00Z",
        "iat": 1795348800,
        "exp": 1795352400,
    }


def test_each_purpose_reads_back_as_its_own_list():
    listed = read(published())
    assert (listed.is_set(94567), listed.is_set(23452), listed.status(94567)) == (True, False, Status.INVALID)
    assert (listed.uri, listed.issuer, listed.ttl) == (URI, ISSUER, timedelta(minutes=5))
    assert (listed.valid_from, listed.valid_until) == (NOW, NOW + timedelta(hours=1))
    uri = purpose_uri(STATUS_LIST, SUSPENSION)
    suspended = read(published(purpose=SUSPENSION, uri=uri), purpose=SUSPENSION, uri=uri)
    assert (suspended.status(94567), suspended.status(23452)) == (Status.VALID, Status.SUSPENDED)


@pytest.mark.parametrize("index", [-1, 131072, 2**64])
def test_an_index_outside_the_list_is_refused(index):
    with pytest.raises(StatusIndexOutOfRange):
        read(published()).is_set(index)


def test_an_entry_names_the_list_and_its_index_as_a_string():
    assert status_entry("https://example.com/credentials/status/3", 94567, REVOCATION) == {
        "id": "https://example.com/credentials/status/3/revocation#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://example.com/credentials/status/3/revocation",
    }
    assert parse_index("94567") == 94567
    assert parse_index("0") == 0


@pytest.mark.parametrize("text", ["", "-1", "+1", "01", " 1", "1 ", "1.0", "0x1", "1e3", "٣", "9" * 20, 94567, None, True])
def test_an_index_that_is_no_decimal_string_is_refused(text):
    with pytest.raises(InvalidStatusListIndex):
        parse_index(text)


@pytest.mark.parametrize("changes", [{"valid_until": NOW}, {"ttl": timedelta(milliseconds=999)}])
def test_a_list_that_does_not_last_is_not_published(changes):
    with pytest.raises(InvalidStatusLifetime):
        published(**changes)


def test_a_list_is_refused_after_its_time_and_before_it():
    with pytest.raises(jose.TokenExpired):
        read(published(), instant=NOW + timedelta(hours=1))
    with pytest.raises(jose.TokenNotYetValid):
        read(published(), instant=NOW - timedelta(seconds=1))


def test_a_list_of_another_address_or_purpose_is_refused():
    with pytest.raises(StatusListMismatch):
        read(published(), uri=STATUS_LIST)
    with pytest.raises(StatusListMismatch):
        read(published(purpose=SUSPENSION))


def payload(**changes: Any) -> dict[str, Any]:
    credential = dict(jose.read_unverified(published()).payload)
    subject = {**credential["credentialSubject"], **changes.pop("subject", {})}
    return {**credential, "credentialSubject": subject, **changes}


def signed(credential: dict[str, Any], typ: str = "vc+jwt", **headers: Any) -> str:
    return jose.sign_compact(typ, credential, ISSUER_SIGNER, headers)


@pytest.mark.parametrize(
    "change",
    [
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"type": ["VerifiableCredential"]},
        {"type": ["BitstringStatusListCredential"]},
        {"type": 5},
        {"issuer": {"id": ISSUER}},
        {"vc": {}},
        {"credentialSubject": None},
        {"credentialSubject": []},
        {"subject": {"type": "StatusList2021"}},
        {"subject": {"encodedList": None}},
        {"subject": {"encodedList": "u"}},
        {"subject": {"statusSize": 2}},
        {"subject": {"ttl": -1}},
        {"subject": {"ttl": "300000"}},
        {"subject": {"ttl": True}},
        {"subject": {"ttl": 1.5}},
        {"validFrom": "2026-11-22"},
        {"validFrom": "2026-11-22T12:00:00"},
        {"validFrom": "2026-02-30T12:00:00Z"},
        {"validFrom": "0001-01-01T00:00:00+23:59"},
        {"validUntil": None},
        {"validUntil": 1795352400},
    ],
)
def test_a_credential_of_another_form_is_refused(change):
    with pytest.raises(MalformedStatusList):
        read(signed(payload(**change)))


def test_a_ttl_beyond_all_time_is_refused():
    header = {"alg": "EdDSA", "kid": ISSUER_SIGNER.kid, "typ": "vc+jwt"}
    parts = (json.dumps(part).encode() for part in (header, payload(subject={"ttl": 10**30})))
    signing_input = ".".join(encode(part) for part in parts)
    with pytest.raises(MalformedStatusList):
        read(f"{signing_input}.{encode(ISSUER_SIGNER.sign(signing_input.encode()))}")


def test_validity_counts_without_exp_and_exp_counts_beside_it():
    credential = payload(validFrom="2026-11-22T13:00:00.5+01:00", validUntil="2026-11-22T12:30:00Z")
    del credential["exp"]
    token = signed(credential)
    assert read(token, instant=NOW + timedelta(minutes=29)).is_set(94567)
    with pytest.raises(jose.TokenNotYetValid):
        read(token)
    with pytest.raises(jose.TokenExpired):
        read(token, instant=NOW + timedelta(minutes=30))
    with pytest.raises(jose.TokenExpired):
        read(signed(payload(validUntil="2027-11-22T12:00:00Z")), instant=NOW + timedelta(hours=1))


def test_several_purposes_and_types_in_one_list_are_read():
    subject = {"statusPurpose": ["suspension", "revocation"], "type": ["BitstringStatusList"]}
    credential = payload(subject=subject, type=["Other", "VerifiableCredential", "BitstringStatusListCredential"])
    assert read(signed(credential)).is_set(94567)


def test_another_type_of_token_or_content_is_no_list():
    with pytest.raises(jose.WrongTokenType):
        read(signed(payload(), typ="JWT"))
    with pytest.raises(MalformedStatusList):
        read(signed(payload(), cty="vp"))
    with pytest.raises(jose.UnknownKey):
        read(published(), keys={}.__getitem__)
