"""The list as it stood at a past instant: replayed from its changes (draft-ietf-oauth-status-list-20 §8.4).

>>> from datetime import UTC
>>> from claim_issuers.status.array import Status
>>> opened = datetime(2026, 1, 1, tzinfo=UTC)
>>> revoked = StatusChange(instant=datetime(2026, 3, 1, tzinfo=UTC), index=7, status=Status.INVALID)
>>> history = StatusHistory(opened_at=opened, changes=[revoked], size=16)
>>> before = history.as_of(datetime(2026, 2, 1, tzinfo=UTC), now=datetime(2026, 4, 1, tzinfo=UTC))
>>> before.array.get(7), str(before.valid_from.date()), str(before.valid_until.date())
(0, '2026-01-01', '2026-03-01')
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from claim_issuers.clock import aware, from_unix_seconds, unix_seconds
from claim_issuers.errors import NotFound
from claim_issuers.status.array import DEFAULT_SIZE, StatusArray

_MINUTE: Final = 60


class StatusTimeNotCovered(NotFound):
    """The status list says nothing about this time: it was not opened yet, or the time has not come."""

    code = "status_time_not_covered"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """From ``instant`` on, the entry at ``index`` has ``status``. Raises NaiveInstant."""

    instant: datetime
    index: int
    status: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "instant", aware(self.instant))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStatuses:
    """What held from ``valid_from`` up to ``valid_until``, in whole seconds: the ``iat`` and ``exp`` of a token about it.

    ``changes`` counts those that led there, so it names the array among those of one history.
    """

    valid_from: datetime
    valid_until: datetime
    changes: int
    array: StatusArray


class StatusHistory:
    """All changes of one list since it was opened, with every entry VALID then; each change counts from the start of its second.

    Raises StatusIsFinal when a change takes a revocation back, and StatusIndexOutOfRange, InvalidStatusArray, NaiveInstant.
    """

    def __init__(self, *, opened_at: datetime, changes: Iterable[StatusChange], size: int = DEFAULT_SIZE, bits: int = 2) -> None:
        self._opened = unix_seconds(opened_at)
        self._changes = sorted(changes, key=attrgetter("instant"))
        self._seconds = [max(self._opened, unix_seconds(change.instant)) for change in self._changes]
        self._size, self._bits = size, bits
        self._replayed(len(self._changes))

    def as_of(self, instant: datetime, *, now: datetime) -> PastStatuses:
        """The list as it stood at ``instant``, and how long it stood so.

        The span reaches from the last change before ``instant`` to the first after it, so a list has no more past forms than
        changes; when there was no later change, to the end of the minute of ``now``. Raises StatusTimeNotCovered for an instant
        before the list was opened or after ``now``; NaiveInstant.
        """
        second, present = unix_seconds(instant), unix_seconds(now)
        if not self._opened <= second <= present:
            raise StatusTimeNotCovered("the list says nothing about this time", pointer="/time")
        count = bisect_right(self._seconds, second)
        begins = self._seconds[count - 1] if count else self._opened
        ends = self._seconds[count] if count < len(self._changes) else present - present % _MINUTE + _MINUTE
        return PastStatuses(
            valid_from=from_unix_seconds(begins),
            valid_until=from_unix_seconds(ends),
            changes=count,
            array=self._replayed(count),
        )

    def _replayed(self, count: int) -> StatusArray:
        array = StatusArray(self._size, self._bits)
        array.update((change.index, change.status) for change in self._changes[:count])
        return array
