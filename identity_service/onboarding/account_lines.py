"""Which account a move ends, and which others go with it, from what was done with a party's accounts. No I/O.

Accounts form **lines**: an account that was moved away is followed by the one that took its place, and one that another account of
the party unlinked by that other account. Whoever names an account of a line as lost speaks of its last one, which is linked now: so
a holder whose account was taken over may name it, or the one that was put in its place.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from claim_issuers.identifiers.accounts import Account
from identity_service.onboarding.move_model import RECENTLY_LINKED, ActKind, Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``last`` is linked now and ends with the move; ``members`` are all accounts of the line.

    What was linked since ``recent_from`` by one of them is as doubtful as they are.
    """

    last: Account
    members: frozenset[Account]
    recent_from: datetime

    def recently_linked(self, deeds: Sequence[Deed], linked: Collection[Account]) -> frozenset[Account]:
        """Those of ``linked`` that the line's accounts linked lately, and those that these linked in turn."""
        doubtful, found = {str(one) for one in self.members}, set[Account]()
        links = [one for one in deeds if one.kind is ActKind.LINK and one.at >= self.recent_from]
        while fresh := {one.account for one in links if one.actor in doubtful and one.account is not None} - found:
            found |= fresh
            doubtful |= {str(one) for one in fresh}
        return frozenset(found & set(linked)) - {self.last}


def line_of(named: Account, deeds: Sequence[Deed], linked: Collection[Account], opened_at: datetime) -> Line | None:
    """The line of the account that a move opened at ``opened_at`` names; None when no account of it is linked."""
    last, passed, began = named, {named}, opened_at
    while last not in linked:
        taken = next((one for one in reversed(deeds) if one.ended == last and _follower(one) is not None), None)
        follower = None if taken is None else _follower(taken)
        if taken is None or follower is None or follower in passed:
            return None
        last, began = follower, min(began, taken.at)
        passed.add(last)
    return Line(last=last, members=_with_earlier(passed, deeds, linked), recent_from=began - RECENTLY_LINKED)


def _with_earlier(passed: set[Account], deeds: Sequence[Deed], linked: Collection[Account]) -> frozenset[Account]:
    members = set(passed)
    followers = [(one.ended, _follower(one)) for one in deeds if one.ended is not None and one.ended not in linked]
    while fresh := {ended for ended, follower in followers if follower in members} - members:
        members |= fresh
    return frozenset(members)


def _follower(deed: Deed) -> Account | None:
    """The account that stands where the ended one stood: the new one, or the one that unlinked it."""
    if deed.kind is ActKind.MOVE:
        return deed.account
    if deed.kind is not ActKind.UNLINK or deed.by == deed.ended:
        return None
    return deed.by
