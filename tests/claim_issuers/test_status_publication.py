"""One array and its publications: what is read is always what was set, in every form."""

from datetime import timedelta

import pytest
from builders import ISSUER, ISSUER_SIGNER, NOW, STATUS_LIST
from hypothesis import given, settings
from hypothesis import strategies as st

from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import InvalidStatusArray, Status, StatusArray, StatusIndexOutOfRange, StatusIsFinal
from claim_issuers.status.bitstring import StatusPurpose, bitstring, decode_list
from claim_issuers.status.publication import StatusPublication
from claim_issuers.status.token_status_list import decode_lst

SIZE = 131072
READINGS = ["lst", *StatusPurpose]


def read(publication: StatusPublication, reading: str) -> bytes:
    if reading == "lst":
        return decode_lst(publication.lst(), bits=publication.bits).to_bytes()
    return decode_list(publication.encoded_list(StatusPurpose(reading)))


def expected(array: StatusArray, reading: str) -> bytes:
    return array.to_bytes() if reading == "lst" else bitstring(array, StatusPurpose(reading))


@settings(max_examples=40)
@given(
    st.lists(st.one_of(st.tuples(st.integers(0, SIZE - 1), st.sampled_from(list(Status))), st.sampled_from(READINGS)), max_size=25)
)
def test_every_sequence_of_changes_and_readings_publishes_the_array_as_it_stands(steps):
    array, publication = StatusArray(SIZE), StatusPublication(StatusArray(SIZE))
    for step in steps:
        if isinstance(step, str):
            assert read(publication, step) == expected(array, step)
            continue
        index, value = step
        if array.get(index) == Status.INVALID != value:
            with pytest.raises(StatusIsFinal):
                publication.set(index, value)
        else:
            array.set(index, value)
            publication.set(index, value)
    assert publication.array == array
    for reading in READINGS:
        assert read(publication, reading) == expected(array, reading)


def test_the_version_counts_changes_and_nothing_else():
    publication = StatusPublication(StatusArray(SIZE))
    publication.set(5, Status.SUSPENDED)
    first = publication.lst()
    publication.set(5, Status.SUSPENDED)
    assert (publication.version, publication.lst() is first) == (1, True)
    publication.set(5, Status.INVALID)
    with pytest.raises(StatusIsFinal):
        publication.set(5, Status.VALID)
    assert (publication.version, publication.get(5), publication.size) == (2, Status.INVALID, SIZE)


def test_a_suspended_claim_that_is_revoked_moves_from_one_bitstring_to_the_other():
    publication = StatusPublication(StatusArray(SIZE))
    marked = {purpose: publication.encoded_list(purpose) for purpose in StatusPurpose}
    publication.set(9, Status.SUSPENDED)
    assert publication.encoded_list(StatusPurpose.REVOCATION) == marked[StatusPurpose.REVOCATION]
    assert decode_list(publication.encoded_list(StatusPurpose.SUSPENSION))[1] == 0x40
    publication.set(9, Status.INVALID)
    assert publication.encoded_list(StatusPurpose.SUSPENSION) == marked[StatusPurpose.SUSPENSION]
    assert decode_list(publication.encoded_list(StatusPurpose.REVOCATION))[1] == 0x40


def test_the_array_that_was_handed_in_or_given_out_changes_nothing():
    array = StatusArray(SIZE)
    publication = StatusPublication(array)
    array.set(1, Status.INVALID)
    publication.array.set(2, Status.INVALID)
    assert (publication.get(1), publication.get(2)) == (Status.VALID, Status.VALID)


def test_an_index_outside_is_refused_and_a_short_list_has_no_bitstring():
    publication = StatusPublication(StatusArray(8))
    with pytest.raises(StatusIndexOutOfRange):
        publication.set(8, Status.INVALID)
    with pytest.raises(InvalidStatusArray):
        publication.encoded_list(StatusPurpose.REVOCATION)
    with pytest.raises(InvalidStatusArray):
        publication.set(0, 4)


def test_both_kinds_of_token_are_published_from_it():
    publication = StatusPublication(StatusArray(SIZE))
    publication.set(70000, Status.INVALID)
    later, ttl, keys = NOW + timedelta(hours=1), timedelta(minutes=5), lambda kid: ISSUER_SIGNER.public_key
    token = token_status_list.publish(
        publication, uri=STATUS_LIST, issuer=ISSUER, issued_at=NOW, expires_at=later, ttl=ttl, signer=ISSUER_SIGNER
    )
    assert token_status_list.verify(token, uri=STATUS_LIST, keys=keys, instant=NOW).array == publication.array
    purpose = StatusPurpose.REVOCATION
    uri = bitstring_status_list.purpose_uri(STATUS_LIST, purpose)
    credential = bitstring_status_list.publish(
        publication, uri=uri, purpose=purpose, issuer=ISSUER, valid_from=NOW, valid_until=later, ttl=ttl, signer=ISSUER_SIGNER
    )
    listed = bitstring_status_list.verify(credential, uri=uri, purpose=purpose, keys=keys, instant=NOW)
    assert [index for index in (69999, 70000, 70001) if listed.is_set(index)] == [70000]
