"""The search from a claim issuer up to the roots, shortest paths first, in polynomial time however dense the mesh.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> link = Accreditation(
...     id="acc_1", accreditor="did:web:root.example", claim_issuer="did:web:issuer.example", topics=frozenset({"INVESTOR"}),
...     may_accredit=False, path_length=0, validity=Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
>>> question = Question(topic="INVESTOR", jurisdiction=None, instant=datetime(2026, 6, 1, tzinfo=UTC))
>>> climb = Climb(question, frozenset({"did:web:root.example"}), mesh_of([link]))
>>> [[step.id for step in path] for path in climb.paths("did:web:issuer.example")]
[['acc_1']]
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from claim_issuers.trust.links import Accreditation, PathReason, Question, link_fault
from claim_issuers.trust.steps import Steps

Path = tuple[Accreditation, ...]
"""Links from the top down: the first one's accreditor is a root once the path is complete, the last one's is beside the issuer."""

Mesh = Mapping[str, Sequence[Accreditation]]
"""The accreditations of each claim issuer."""

State = tuple[str, frozenset[str], frozenset[str] | None]
"""All that a link further up can ask of the links so far, besides their number."""

# Whether one restriction lies within another is asked of each place that it names.
_PLACES_A_STEP = 16

_REASONS = tuple(PathReason)
_RANK = {reason: rank for rank, reason in enumerate(_REASONS)}


def mesh_of(accreditations: Iterable[Accreditation]) -> Mesh:
    """The accreditations by claim issuer, each list in the order of its ids."""
    mesh: defaultdict[str, list[Accreditation]] = defaultdict(list)
    for link in sorted(accreditations, key=lambda link: (link.id, link.accreditor)):
        mesh[link.claim_issuer].append(link)
    return mesh


def state_of(top: Accreditation) -> State:
    """The state of a path with this link on top."""
    return top.accreditor, top.topics, top.jurisdictions


def steps_above(below: Path) -> int:
    """What looking at one link above this path costs."""
    return 1 + len(below[0].jurisdictions or ()) // _PLACES_A_STEP if below else 1


@dataclass(slots=True)
class Climb:
    """One search, as far as ``steps`` allow.

    ``reason`` and ``edges`` tell, once ``paths`` has ended, why none was found and which pairs can serve one: ``edges`` holds
    (claim issuer, accreditor) of every link that some path can use as far as the links below it go.
    """

    question: Question
    roots: AbstractSet[str]
    mesh: Mesh
    edges: dict[tuple[str, str], None] = field(default_factory=dict)
    steps: Steps = field(default_factory=Steps)
    _furthest: tuple[int, int] = (0, _RANK[PathReason.NOT_ACCREDITED])

    @property
    def reason(self) -> PathReason:
        """Of all failures so far the one furthest up the mesh."""
        if self.steps.gave_up:
            return PathReason.SEARCH_LIMIT
        return _REASONS[self._furthest[1]]

    def paths(self, claim_issuer: str) -> Iterator[Path]:
        """Complete paths, shortest first; at least one for each root that a path reaches without passing another root.

        The empty path says that the issuer is a root. Where the same state is reached twice, the first time is at the lowest
        height, where a path length asks least: so no state is left twice, and what is tried is at most the number of links times
        the most links that one claim issuer has, and never more than ``steps``.
        """
        if claim_issuer in self.roots:
            yield ()
        level: list[Path] = [()]
        left: set[State] = set()
        while level:
            following: list[Path] = []
            for below in level:
                if self.steps.gave_up:
                    return
                for link in self._links_above(below, claim_issuer):
                    if link.accreditor in self.roots:
                        yield (link, *below)
                    elif state_of(link) not in left:
                        left.add(state_of(link))
                        following.append((link, *below))
            level = following

    def _links_above(self, below: Path, claim_issuer: str) -> Iterator[Accreditation]:
        cost = steps_above(below)
        for link in self.mesh.get(below[0].accreditor if below else claim_issuer, ()):
            if not self.steps.spend(cost):
                return
            fault = link_fault(link, below, self.question)
            self._furthest = max(self._furthest, (len(below), _RANK[fault or PathReason.NO_ROOT]))
            if fault is None:
                self.edges[link.claim_issuer, link.accreditor] = None
                yield link
