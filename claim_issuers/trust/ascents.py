"""The climbs of one decision, each from another start: led as far as a share of the decision's steps allows, and led on later.

>>> from datetime import UTC, datetime
>>> from claim_issuers.trust.links import Question
>>> question = Question(topic="INVESTOR", jurisdiction=None, instant=datetime(2026, 6, 1, tzinfo=UTC))
>>> roots = frozenset({"did:web:root.example"})
>>> ascents = [Ascent.begin(Start("did:web:root.example", question), roots, {})]
>>> look_up(ascents, Steps())
>>> ascents[0].first
()
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from claim_issuers.trust.climb import Climb, Mesh, Path
from claim_issuers.trust.routes import Start
from claim_issuers.trust.steps import Steps


@dataclass(slots=True)
class Ascent:
    """The search from one start. ``first`` is the shortest path, None where none is found (yet)."""

    start: Start
    climb: Climb
    paths: Iterator[Path]
    first: Path | None = None

    @classmethod
    def begin(cls, start: Start, roots: AbstractSet[str], mesh: Mesh) -> "Ascent":
        """An ascent that has not looked at anything."""
        climb = Climb(start.question, roots, mesh, steps=Steps(0))
        return cls(start, climb, climb.paths(start.claim_issuer))

    @property
    def gave_up(self) -> bool:
        """Whether there may be paths that it did not find."""
        return self.climb.steps.gave_up

    def look(self) -> None:
        """Search up to the first path."""
        self.first = next(self.paths, None)

    def finish(self) -> None:
        """Search on to the end, for all that some path can use."""
        deque(self.paths, maxlen=0)


def look_up(ascents: Sequence[Ascent], steps: Steps) -> None:
    """The first path of each; nobody's mesh takes more than an equal share from the others."""
    _each(ascents, steps, Ascent.look)


def finish(ascents: Sequence[Ascent], steps: Steps) -> None:
    """All edges of each; nobody's mesh takes more than an equal share from the others."""
    _each(ascents, steps, Ascent.finish)


def _each(ascents: Sequence[Ascent], steps: Steps, go: Callable[[Ascent], None]) -> None:
    for position, ascent in enumerate(ascents):
        share = steps.share(of=len(ascents) - position)
        if not ascent.gave_up:
            ascent.climb.steps = share
            go(ascent)
        steps.take_back(share)
