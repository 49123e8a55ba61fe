"""The list as it stood: replayed from changes, told with the span in which it stood so."""

from datetime import datetime, timedelta

import pytest
from builders import ISSUER, ISSUER_SIGNER, NOW, STATUS_LIST
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.clock import NaiveInstant
from claim_issuers.formats.jose import TokenExpired, TokenNotYetValid
from claim_issuers.status.array import Status, StatusArray, StatusIsFinal
from claim_issuers.status.history import StatusChange, StatusHistory, StatusTimeNotCovered
from claim_issuers.status.token_status_list import publish, verify

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
OPENED = NOW - 100 * HOUR


def change(after: timedelta, index: int, status: int) -> StatusChange:
    return StatusChange(instant=OPENED + after, index=index, status=status)


HISTORY = StatusHistory(
    opened_at=OPENED,
    changes=[
        change(50 * HOUR, 1, Status.INVALID),
        change(10 * HOUR, 2, Status.SUSPENDED),
        change(20 * HOUR, 2, Status.VALID),
    ],
    size=8,
)


@pytest.mark.parametrize(
    ("after", "statuses", "span"),
    [
        (timedelta(), (0, 0), (0, 10)),
        (10 * HOUR - SECOND, (0, 0), (0, 10)),
        (10 * HOUR, (0, 2), (10, 20)),
        (20 * HOUR, (0, 0), (20, 50)),
        (50 * HOUR - SECOND, (0, 0), (20, 50)),
    ],
)
def test_a_past_time_gives_the_statuses_of_its_span(after, statuses, span):
    past = HISTORY.as_of(OPENED + after, now=NOW)
    assert (past.array.get(1), past.array.get(2)) == statuses
    assert (past.valid_from, past.valid_until) == (OPENED + span[0] * HOUR, OPENED + span[1] * HOUR)


@pytest.mark.parametrize("now", [NOW, NOW + timedelta(seconds=59)])
def test_the_span_since_the_last_change_ends_with_the_present_minute(now):
    past = HISTORY.as_of(OPENED + 51 * HOUR, now=now)
    assert (past.array.get(1), past.changes) == (Status.INVALID, 3)
    assert (past.valid_from, past.valid_until) == (OPENED + 50 * HOUR, NOW + timedelta(minutes=1))
    assert HISTORY.as_of(now, now=now).array == past.array


@pytest.mark.parametrize("instant", [OPENED - SECOND, NOW + SECOND, NOW + 1000 * HOUR])
def test_a_time_before_the_list_was_opened_or_in_the_future_is_refused(instant):
    with pytest.raises(StatusTimeNotCovered):
        HISTORY.as_of(instant, now=NOW)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(NaiveInstant):
        HISTORY.as_of(datetime(2026, 11, 20), now=NOW)
    with pytest.raises(NaiveInstant):
        StatusChange(instant=datetime(2026, 11, 20), index=1, status=1)


def test_a_history_that_takes_a_revocation_back_is_none():
    with pytest.raises(StatusIsFinal):
        StatusHistory(opened_at=OPENED, changes=[change(HOUR, 1, Status.INVALID), change(2 * HOUR, 1, Status.VALID)], size=8)


def test_a_change_counts_from_the_start_of_its_second_so_that_no_token_calls_a_revoked_claim_valid():
    late = timedelta(seconds=30, milliseconds=900)
    history = StatusHistory(opened_at=OPENED, changes=[change(late, 3, Status.INVALID)], size=8)
    assert history.as_of(OPENED + timedelta(seconds=30), now=NOW).array.get(3) == Status.INVALID
    assert history.as_of(OPENED + timedelta(seconds=29), now=NOW).array.get(3) == Status.VALID


def test_a_change_noted_before_the_opening_holds_from_the_opening_on():
    history = StatusHistory(opened_at=OPENED, changes=[change(-HOUR, 3, Status.INVALID)], size=8)
    assert history.as_of(OPENED, now=NOW).array.get(3) == Status.INVALID


def test_a_token_about_a_span_holds_in_it_and_nowhere_else():
    past = HISTORY.as_of(OPENED + 15 * HOUR, now=NOW)
    token = publish(
        past.array,
        uri=STATUS_LIST,
        issuer=ISSUER,
        issued_at=past.valid_from,
        expires_at=past.valid_until,
        ttl=SECOND,
        signer=ISSUER_SIGNER,
    )

    def statuses(instant: datetime) -> StatusArray:
        return verify(token, uri=STATUS_LIST, keys=lambda kid: ISSUER_SIGNER.public_key, instant=instant).array

    assert statuses(OPENED + 15 * HOUR) == statuses(OPENED + 20 * HOUR - SECOND) == past.array
    with pytest.raises(TokenNotYetValid):
        statuses(OPENED + 10 * HOUR - SECOND)
    for later in (OPENED + 20 * HOUR, NOW):
        with pytest.raises(TokenExpired):
            statuses(later)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 7), st.sampled_from([0, 2])), max_size=12), st.integers(0, 300))
def test_the_statuses_at_a_second_are_the_last_written_up_to_it(written, second):
    changes = [change(timedelta(seconds=at), index, status) for at, index, status in written]
    past = StatusHistory(opened_at=OPENED, changes=changes, size=8).as_of(OPENED + timedelta(seconds=second), now=NOW)
    expected = [0] * 8
    for at, index, status in sorted(written, key=lambda one: one[0]):
        if at <= second:
            expected[index] = status
    assert [past.array.get(index) for index in range(8)] == expected
    assert past.valid_from <= OPENED + timedelta(seconds=second) < past.valid_until
