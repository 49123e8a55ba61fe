"""Chooses paths with no organisation in common: exact where it answers, and it says so where it gave up.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> from claim_issuers.trust.links import Accreditation, Question
>>> links = [Accreditation(id=name, accreditor="did:web:root.example", claim_issuer=f"did:web:{name}.example",
...                        topics=frozenset({"INVESTOR"}), may_accredit=False, path_length=0, validity=year) for name in "ab"]
>>> question = Question(topic="INVESTOR", jurisdiction=None, instant=datetime(2026, 6, 1, tzinfo=UTC))
>>> mesh, roots = mesh_of(links), frozenset({"did:web:root.example"})
>>> ascents = [Ascent.begin(Start(f"did:web:{name}.example", question), roots, mesh) for name in "ab"]
>>> selection = Selection(mesh=mesh, roots=roots, issuers_count=True, counted_roots=frozenset(), steps=Steps())
>>> [route.start.claim_issuer for route in selection.choose(ascents, 2).routes]
['did:web:a.example', 'did:web:b.example']
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from claim_issuers.trust.ascents import Ascent, finish
from claim_issuers.trust.climb import Climb, Mesh, Path, mesh_of
from claim_issuers.trust.disjoint_paths import BOTTOM, TOP, Node, disjoint_paths
from claim_issuers.trust.routes import Route, Routes, Start, packed
from claim_issuers.trust.steps import Steps
from claim_issuers.trust.thresholds import ThresholdReason

# To walk over an edge of a graph is quicker than to look at a link.
_EDGES_A_STEP = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen routes, or none; ``complete`` says whether "none" is the truth or only where the search stopped."""

    routes: tuple[Route, ...]
    complete: bool = True

    @property
    def reason(self) -> ThresholdReason:
        """What this choice makes of a threshold."""
        if self.routes:
            return ThresholdReason.MET
        return ThresholdReason.NOT_INDEPENDENT if self.complete else ThresholdReason.SEARCH_LIMIT


_GAVE_UP = Choice((), complete=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rule of independence over one mesh: accreditors between a root and an issuer always stand in one path only.

    ``issuers_count`` says whether that also holds for the issuers at the bottom; ``counted_roots`` are the roots at the top for
    which it does. ``steps`` is what all of ``choose`` may look at.
    """

    mesh: Mesh
    roots: AbstractSet[str]
    issuers_count: bool
    counted_roots: AbstractSet[str]
    steps: Steps

    def choose(self, ascents: Sequence[Ascent], count: int) -> Choice:
        """``count`` routes from the starts of ``ascents`` that share no organisation.

        Paths of bounded length without a common node are NP-hard to find (Itai, Perl and Shiloach, 1982). So: (1) without path
        lengths and narrowing the question is Menger's, and fewer paths there are a certain "none"; (2) if those paths hold,
        they are the answer; (3) otherwise all paths worth trying are tried, shortest first, up to a fixed number of steps.
        """
        climbing = self.steps.share(of=2)
        finish(ascents, climbing)
        self.steps.take_back(climbing)
        edges = dict.fromkeys(edge for ascent in ascents for edge in self._edges(ascent.start.claim_issuer, ascent.climb))
        if not self.steps.spend(len(edges) * (count + 1) // _EDGES_A_STEP):
            return _GAVE_UP
        relaxed = disjoint_paths(edges, at_most=count)
        if len(relaxed) < count:
            return Choice((), complete=not any(ascent.gave_up for ascent in ascents))
        starts = [ascent.start for ascent in ascents]
        routes = tuple(route for nodes in relaxed for route in self._within(frozenset(nodes), starts))
        if len(routes) == count and _are_disjoint(routes):
            return Choice(routes)
        return self._search(starts, count)

    def _edges(self, claim_issuer: str, climb: Climb) -> Iterator[tuple[Node, Node]]:
        bottom: Node = BOTTOM
        if self.issuers_count:
            bottom = claim_issuer
            yield BOTTOM, bottom
        if claim_issuer in self.roots:
            yield claim_issuer, TOP
            yield BOTTOM, claim_issuer
        for lower, upper in climb.edges:
            node: Node = bottom if lower == claim_issuer else lower
            if upper not in self.roots:
                yield node, upper
            elif upper in self.counted_roots:
                yield node, upper
                yield upper, TOP
            else:
                yield node, TOP

    def _within(self, nodes: frozenset[str], starts: Sequence[Start]) -> Iterator[Route]:
        """The first route, if any, that needs no organisation besides ``nodes`` and what paths may share."""
        for start in starts:
            if self.issuers_count and start.claim_issuer not in nodes:
                continue
            allowed = nodes | {start.claim_issuer}
            if not self.steps.spend(sum(len(self.mesh.get(did, ())) for did in allowed)):
                return
            roots = self.roots - (self.counted_roots - nodes)
            links = (link for did in allowed for link in self.mesh.get(did, ()) if link.accreditor in allowed | roots)
            path = next(Climb(start.question, roots, mesh_of(links), steps=self.steps).paths(start.claim_issuer), None)
            if path is not None:
                yield self._route(start, path)
                return

    def _route(self, start: Start, path: Path) -> Route:
        return Route(start, path, self._organisations(start, path))

    def _organisations(self, start: Start, path: Path) -> frozenset[str]:
        root = path[0].accreditor if path else start.claim_issuer
        organisations = {link.accreditor for link in path[1:]}
        if self.issuers_count:
            organisations.add(start.claim_issuer)
        if root in self.counted_roots:
            organisations.add(root)
        return frozenset(organisations)

    def _search(self, starts: Sequence[Start], count: int) -> Choice:
        finding = self.steps.share(of=2)
        routes = list(Routes(self.mesh, self.roots, self._organisations, finding).from_all(starts))
        self.steps.take_back(finding)
        chosen = packed(routes, count, self.steps)
        # What was found counts even where the steps ran out.
        return Choice(chosen, complete=bool(chosen) or not (finding.gave_up or self.steps.gave_up))


def _are_disjoint(routes: Sequence[Route]) -> bool:
    return len(frozenset().union(*(route.organisations for route in routes))) == sum(len(route.organisations) for route in routes)
