"""Accreditation by several roots: at least k of n must vouch for a claim issuer.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> roots = [Root(f"did:web:{name}.example") for name in ("one", "two", "three")]
>>> links = [Accreditation(id=root.did, accreditor=root.did, claim_issuer="did:web:issuer.example", may_accredit=False,
...                        topics=frozenset({"INVESTOR"}), path_length=0, validity=year) for root in roots[:2]]
>>> decision = decide_root_threshold("did:web:issuer.example", "INVESTOR", roots, links, datetime(2026, 6, 1, tzinfo=UTC),
...                                  at_least=2)
>>> decision.accredited, decision.roots
(True, ('did:web:one.example', 'did:web:two.example'))
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.trust.accreditation import PathDecision, decision_of
from claim_issuers.trust.ascents import Ascent
from claim_issuers.trust.climb import Path, mesh_of
from claim_issuers.trust.independence import Selection
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.trust.links import Accreditation, PathReason, Question, Root
from claim_issuers.trust.routes import Start
from claim_issuers.trust.steps import Steps
from claim_issuers.trust.thresholds import ThresholdReason, checked_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class RootThresholdDecision:
    """The answer for one issuer, topic and instant: ``paths`` are ``at_least`` decisions, each by another root, or none.

    ``roots_reached`` are all roots from which some path holds, looked at one by one, in the order of their DIDs.
    """

    claim_issuer: str
    topic: str
    jurisdiction: ClaimJurisdiction | None
    instant: datetime
    at_least: int
    disjoint: bool
    accredited: bool
    paths: tuple[PathDecision, ...]
    roots_reached: tuple[str, ...]
    reason: ThresholdReason

    @property
    def roots(self) -> tuple[str, ...]:
        """The DIDs of the roots by whose words it is accredited, in the order of ``paths``."""
        return tuple(root for root in (path.root for path in self.paths) if root is not None)


def decide_root_threshold(
    claim_issuer: str,
    topic: str,
    roots: Iterable[Root],
    accreditations: Iterable[Accreditation],
    instant: datetime,
    *,
    at_least: int,
    jurisdiction: ClaimJurisdiction | None = None,
    disjoint: bool = True,
) -> RootThresholdDecision:
    """Whether from ``at_least`` distinct roots a path (``decide_path``) leads to ``claim_issuer``.

    No path passes another root on its way: else one root that accredits the others could stand for all of them. A root vouches
    for itself, once. The paths have no accreditor in common either, unless ``disjoint`` is off: only then can fewer than
    ``at_least`` corrupt organisations, wherever they stand, accredit nobody. When paths may share accreditors, one corrupt
    accreditor to whom enough roots gave the right to accredit does it alone; what is left is safety from corrupt roots.

    Where the search for disjoint paths gives up (``search_limit_reached``) the issuer is not accredited. The cost is bounded
    whatever the mesh. ``decide_path`` tells why no root is reached. Raises InvalidThreshold, MalformedDid, UnknownClaimType,
    NaiveInstant.
    """
    question = Question(topic=topic, jurisdiction=jurisdiction, instant=instant)
    mesh, root_dids, needed = mesh_of(accreditations), {root.did for root in roots}, checked_threshold(at_least)
    steps, ascent = Steps(), Ascent.begin(Start(canonical_did(claim_issuer), question), root_dids, mesh)
    by_root = _by_root(ascent, steps)
    chosen, reason = tuple(by_root[did] for did in list(by_root)[:needed]), ThresholdReason.MET
    if len(by_root) < needed:
        chosen, reason = (), ThresholdReason.SEARCH_LIMIT if ascent.gave_up else ThresholdReason.TOO_FEW_ROOTS
    elif disjoint:
        selection = Selection(mesh=mesh, roots=root_dids, issuers_count=False, counted_roots=root_dids, steps=steps)
        choice = selection.choose([ascent], needed)
        chosen = tuple(route.path for route in choice.routes)
        reason = choice.reason
    return RootThresholdDecision(
        claim_issuer=claim_issuer,
        topic=topic,
        jurisdiction=jurisdiction,
        instant=question.instant,
        at_least=needed,
        disjoint=disjoint,
        accredited=reason is ThresholdReason.MET,
        paths=tuple(decision_of(claim_issuer, question, path, PathReason.NO_ROOT) for path in chosen),
        roots_reached=tuple(sorted(by_root)),
        reason=reason,
    )


def _by_root(ascent: Ascent, steps: Steps) -> dict[str, Path]:
    """The shortest path from each root that reaches the issuer, shortest first, by half of the steps."""
    found: dict[str, Path] = {}
    ascent.climb.steps = steps.share(of=2)
    for path in ascent.paths:
        found.setdefault(path[0].accreditor if path else ascent.start.claim_issuer, path)
    steps.take_back(ascent.climb.steps)
    return found
