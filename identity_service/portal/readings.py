"""Readings told together: who looks at the same thing many times on one day is one row with a number. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from identity_service.parties.disclosures import Disclosure
from identity_service.portal.my_claims import Reading, Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingGroup:
    """Equal readings of one day (UTC): the newest of them, and how many; ``is_open``: earlier ones may belong to it too."""

    reading: Reading
    count: int = 1
    is_open: bool = False


def singly(readings: Readings) -> tuple[ReadingGroup, ...]:
    """Each reading by itself."""
    return tuple(ReadingGroup(reading=one) for one in readings.items)


def by_day(readings: Readings) -> tuple[ReadingGroup, ...]:
    """Readings of the same data by the same reader, on the same basis and about the same token, by day, newest first."""
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for one in readings.items:
        groups.setdefault(_sameness(one.disclosure), []).append(one)
    return tuple(ReadingGroup(reading=group[0], count=len(group), is_open=_goes_on(group, readings)) for group in groups.values())


def _sameness(one: Disclosure) -> tuple[object, ...]:
    return one.at.date(), one.viewer, one.basis_kind, one.basis_id, one.purpose, one.legal_basis, one.fields, one.token


def _goes_on(group: Sequence[Reading], readings: Readings) -> bool:
    """Whether the list was cut off within this group's day."""
    return readings.before is not None and group[0].disclosure.at.date() == readings.items[-1].disclosure.at.date()
