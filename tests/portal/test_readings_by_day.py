"""Readings told together by day: what is equal, what is not, and where the list was cut off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity_service.parties.disclosures import Disclosure
from identity_service.portal.my_claims import Reading, Readings
from identity_service.portal.readings import by_day, singly

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE = Disclosure(
    id="dis_1",
    party_id="pty_anna",
    viewer="clt_1",
    viewer_party_id="pty_office",
    basis_kind="grant",
    basis_id="grt_1",
    purpose="supervision",
    legal_basis="Statute, Art. 12",
    fields=("legal_name",),
    token="eip155:1:0x11",
    as_of_block=7,
    at=NOON,
    audit_seq=1,
)


def read(**more: Any) -> Reading:
    return Reading(disclosure=replace(ONE, **more), name="Office", token_name="Note")


def counts(*items: Reading, before: str | None = None) -> list[tuple[int, bool]]:
    return [(one.count, one.is_open) for one in by_day(Readings(items=items, before=before))]


def test_equal_readings_of_a_day_are_one_group_with_the_newest_in_front() -> None:
    items = (read(at=NOON + timedelta(hours=2)), read(purpose="tax"), read(as_of_block=6))
    groups = by_day(Readings(items=items, before=None))
    assert [(one.count, one.reading) for one in groups] == [(2, items[0]), (1, items[1])]


@pytest.mark.parametrize(
    "other",
    [
        {"at": NOON - timedelta(days=1)},
        {"viewer": "clt_2"},
        {"basis_id": "grt_2"},
        {"legal_basis": "Contract"},
        {"fields": ("legal_name", "email")},
        {"token": None},
    ],
)
def test_whatever_differs_stands_by_itself(other: dict[str, Any]) -> None:
    assert counts(read(), read(**other)) == [(1, False), (1, False)]


def test_only_the_day_in_which_the_list_was_cut_off_is_open() -> None:
    yesterday = NOON - timedelta(days=1)
    assert counts(read(), read(at=yesterday), read(at=yesterday), before="dis_9") == [(1, False), (2, True)]


def test_the_full_list_groups_nothing() -> None:
    assert [one.count for one in singly(Readings(items=(read(), read()), before=None))] == [1, 1]
