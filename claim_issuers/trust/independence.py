"""Chooses paths with no organisation in common: exact where it answers, and it says so where it gave up.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> from claim_issuers.trust.links import Accreditation, Question
>>> links = [Accreditation(id=name, accreditor="did:web:root.example", claim_issuer=f"did:web:{name}.example",
...                        topics=frozenset({"INVESTOR"}), may_accredit=False, path_length=0, validity=year) for name in "ab"]
>>> question = Question(topic="INVESTOR", jurisdiction=None, instant=datetime(2026, 6, 1, tzinfo=UTC))
>>> selection = Selection(mesh=mesh_of(links), roots=frozenset({"did:web:root.example"}), issuers_count=True, roots_count=False)
>>> starts = [Start("did:web:a.example", question), Start("did:web:b.example", question)]
>>> [route.start.claim_issuer for route in selection.choose(starts, 2).routes]
['did:web:a.example', 'did:web:b.example']
"""

from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from claim_issuers.trust.climb import Climb, Mesh, Path, mesh_of
from claim_issuers.trust.disjoint_paths import BOTTOM, TOP, Node, disjoint_paths
from claim_issuers.trust.routes import Route, Routes, Start, Steps, packed
from claim_issuers.trust.thresholds import ThresholdReason


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rule of independence over one mesh: accreditors between a root and an issuer always stand in one path only.

    ``issuers_count`` and ``roots_count`` say whether that also holds for the issuers at the bottom and the roots at the top.
    """

    mesh: Mesh
    roots: AbstractSet[str]
    issuers_count: bool
    roots_count: bool

    def choose(self, starts: Sequence[Start], count: int) -> Choice:
        """``count`` routes from ``starts`` that share no organisation.

        Paths of bounded length without a common node are NP-hard to find (Itai, Perl and Shiloach, 1982). So: (1) without path
        lengths and narrowing the question is Menger's, and fewer paths there are a certain "none"; (2) if those paths hold,
        they are the answer; (3) otherwise all paths worth trying are tried, shortest first, up to a fixed number of steps.
        """
        climbs = {start: self._climbed(start) for start in starts}
        edges = (edge for start, climb in climbs.items() for edge in self._edges(start.claim_issuer, climb))
        relaxed = disjoint_paths(edges, at_most=count)
        if len(relaxed) < count:
            return Choice((), complete=not any(climb.gave_up for climb in climbs.values()))
        routes = tuple(route for nodes in relaxed for route in self._within(frozenset(nodes), starts))
        if len(routes) == count and _are_disjoint(routes):
            return Choice(routes)
        return self._search(starts, count)

    def _climbed(self, start: Start) -> Climb:
        climb = Climb(start.question, self.roots, self.mesh)
        deque(climb.paths(start.claim_issuer), maxlen=0)
        return climb

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
            elif self.roots_count:
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
            roots = self.roots & nodes if self.roots_count else self.roots
            links = (link for did in allowed for link in self.mesh.get(did, ()) if link.accreditor in allowed | roots)
            path = next(Climb(start.question, roots, mesh_of(links)).paths(start.claim_issuer), None)
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
        if self.roots_count:
            organisations.add(root)
        return frozenset(organisations)

    def _search(self, starts: Sequence[Start], count: int) -> Choice:
        finding, packing = Steps(), Steps()
        routes = list(Routes(self.mesh, self.roots, self._organisations, finding).from_all(starts))
        chosen = packed(routes, count, packing)
        # What was found counts even where the steps ran out.
        return Choice(chosen, complete=bool(chosen) or (finding.left >= 0 and packing.left >= 0))


def _are_disjoint(routes: Sequence[Route]) -> bool:
    return len(frozenset().union(*(route.organisations for route in routes))) == sum(len(route.organisations) for route in routes)
