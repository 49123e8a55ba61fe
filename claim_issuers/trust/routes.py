"""Complete paths as routes that exclude each other: every one worth having, and a choice among them, in bounded time.

>>> from datetime import UTC, datetime
>>> question = Question(topic="INVESTOR", jurisdiction=None, instant=datetime(2026, 6, 1, tzinfo=UTC))
>>> routes = [Route(Start("did:web:issuer.example", question), (), frozenset(names)) for names in ("ab", "ac", "bd")]
>>> [sorted(route.organisations) for route in packed(routes, 2, Steps())]
[['a', 'c'], ['b', 'd']]
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from claim_issuers.trust.climb import Mesh, Path, state_of, steps_above
from claim_issuers.trust.links import Question, link_fault
from claim_issuers.trust.steps import Steps

__all__ = ["Route", "Routes", "Start", "Steps", "packed"]


@dataclass(frozen=True, slots=True)
class Start:
    """A claim issuer from which a path is to lead up, and what the path is to carry."""

    claim_issuer: str
    question: Question


@dataclass(frozen=True, slots=True)
class Route:
    """A complete path, and the organisations on it that no other chosen path may have."""

    start: Start
    path: Path
    organisations: frozenset[str]


@dataclass(slots=True)
class _Antichains:
    """Sets by key, none of which holds another of its key: what a smaller set can do, the larger one need not try."""

    sets: dict[object, list[frozenset[str]]] = field(default_factory=dict)

    def beaten(self, key: object, one: frozenset[str], steps: Steps) -> bool:
        """Whether a set that is there lies within ``one``."""
        known = self.sets.get(key, ())
        steps.spend(len(known))
        return any(smaller <= one for smaller in known)

    def admit(self, key: object, one: frozenset[str], steps: Steps) -> bool:
        """Keeps ``one`` unless it is beaten."""
        if self.beaten(key, one, steps):
            return False
        self.sets.setdefault(key, []).append(one)
        return True


@dataclass(slots=True)
class Routes:
    """Every route from which no organisation can be left out, shortest first, until the steps run out.

    ``organisations`` gives those of a complete path that no other route may have.
    """

    mesh: Mesh
    roots: AbstractSet[str]
    organisations: Callable[[Start, Path], frozenset[str]]
    steps: Steps
    _complete: _Antichains = field(default_factory=_Antichains)
    _partial: _Antichains = field(default_factory=_Antichains)

    def from_all(self, starts: Sequence[Start]) -> Iterator[Route]:
        """The routes from all of ``starts``."""
        waiting: deque[tuple[Start, Path]] = deque((start, ()) for start in dict.fromkeys(starts))
        for start, _ in waiting:
            if start.claim_issuer in self.roots:
                yield from self._completed(start, ())
        while waiting and not self.steps.gave_up:
            start, below = waiting.popleft()
            for path in self._above(start, below):
                if path[0].accreditor in self.roots:
                    yield from self._completed(start, path)
                elif self._worth_following(start, path):
                    waiting.append((start, path))

    def _above(self, start: Start, below: Path) -> Iterator[Path]:
        passed, cost = _passed(start, below), steps_above(below)
        for link in self.mesh.get(below[0].accreditor if below else start.claim_issuer, ()):
            if not self.steps.spend(cost):
                return
            if link.accreditor not in passed and link_fault(link, below, start.question) is None:
                yield (link, *below)

    def _completed(self, start: Start, path: Path) -> Iterator[Route]:
        route = Route(start, path, self.organisations(start, path))
        if self._complete.admit(start.claim_issuer, route.organisations, self.steps):
            yield route

    def _worth_following(self, start: Start, path: Path) -> bool:
        """Whether no path that is there, by fewer organisations and no higher, can do all that this one can."""
        passed = _passed(start, path)
        if self._complete.beaten(start.claim_issuer, passed, self.steps):
            return False
        return self._partial.admit((start, state_of(path[0])), passed, self.steps)


def _passed(start: Start, path: Path) -> frozenset[str]:
    return frozenset({start.claim_issuer, *(link.accreditor for link in path)})


def packed(routes: Sequence[Route], count: int, steps: Steps) -> tuple[Route, ...]:
    """The first ``count`` routes, in the order of their positions, without a common organisation; none when steps run out."""
    chosen: list[int] = []
    position = 0
    while steps.spend(1 + len(chosen)):
        if len(chosen) == count:
            return tuple(routes[one] for one in chosen)
        if len(routes) - position < count - len(chosen):
            if not chosen:
                return ()
            position = chosen.pop() + 1
            continue
        if all(routes[position].organisations.isdisjoint(routes[one].organisations) for one in chosen):
            chosen.append(position)
        position += 1
    return ()
