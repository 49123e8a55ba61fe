"""A quorum: enough accredited claim issuers, independent of each other, say something about one account.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> decide_quorum([], [], [], datetime(2026, 6, 1, tzinfo=UTC), at_least=2).reason
<ThresholdReason.TOO_FEW_CLAIM_ISSUERS: 'too_few_claim_issuers'>
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, islice
from typing import Final

from claim_issuers.claims.claim import Claim
from claim_issuers.clock import aware
from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.trust.accreditation import PathDecision, decision_of
from claim_issuers.trust.ascents import Ascent, look_up
from claim_issuers.trust.climb import Mesh, mesh_of
from claim_issuers.trust.independence import Choice, Selection
from claim_issuers.trust.jurisdictions import jurisdiction_of
from claim_issuers.trust.links import Accreditation, PathReason, Question, Root
from claim_issuers.trust.routes import Start
from claim_issuers.trust.steps import Steps
from claim_issuers.trust.thresholds import ThresholdReason, checked_threshold

MAX_CLAIMS: Final = 256
"""Claims that one decision looks at: more than a verifier has issuers to choose from, and a bound on what it costs."""


class TooManyClaims(InvalidInput):
    """A quorum is decided of at most 256 claims: leave those out that can add nothing."""

    code = "too_many_claims"


class ClaimsDiffer(InvalidInput):
    """The claims are of several types or about several accounts: no quorum can be formed of them."""

    code = "claims_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumDecision:
    """The answer at one instant: ``paths`` are ``at_least`` decisions about independent claim issuers, or none.

    ``accredited`` are the claim issuers that are accredited, looked at one by one, in the order of their DIDs.
    """

    instant: datetime
    at_least: int
    distinct_roots: bool
    held: bool
    paths: tuple[PathDecision, ...]
    accredited: tuple[str, ...]
    reason: ThresholdReason

    @property
    def claim_issuers(self) -> tuple[str, ...]:
        """The DIDs of the independent claim issuers, in the order of ``paths``."""
        return tuple(path.claim_issuer for path in self.paths)


def decide_quorum(
    claims: Iterable[Claim],
    roots: Iterable[Root],
    accreditations: Iterable[Accreditation],
    instant: datetime,
    *,
    at_least: int,
    distinct_roots: bool = False,
    demand_jurisdictions: bool = True,
) -> QuorumDecision:
    """Whether ``at_least`` of the claims' issuers are accredited at ``instant`` and independent of each other.

    Independent are issuers with paths on which no organisation stands twice, neither as claim issuer nor as accreditor. Roots
    at the top may be shared unless ``distinct_roots`` is on, but a root that is one of these issuers itself stands in its own
    path and so in no other: a root and the issuer that it alone accredited are one word, not two. Several claims by one issuer
    count once, and claims outside their validity not at all. An accreditation must reach the place that each claim is about
    unless ``demand_jurisdictions`` is off.

    Where the search gives up (``search_limit_reached``) the quorum is not held; the cost is bounded whatever the mesh and the
    claims, and nobody's part of the mesh takes the steps from another's. Leaves to the caller: signatures and status of the
    claims, and whether they say the same. Raises ClaimsDiffer, TooManyClaims, MalformedDid, InvalidThreshold, NaiveInstant.
    """
    now, needed, mesh, root_dids = aware(instant), checked_threshold(at_least), mesh_of(accreditations), {one.did for one in roots}
    starts, steps = _starts(_of_one_case(claims), now, demand_jurisdictions), Steps()
    ascents = [Ascent.begin(start, root_dids, mesh) for start in starts]
    looking = steps.share(of=3)
    look_up(ascents, looking)
    steps.take_back(looking)
    rooted = [ascent for ascent in ascents if ascent.first is not None]
    accredited = sorted({ascent.start.claim_issuer for ascent in rooted})
    choice = Choice(())
    reason = ThresholdReason.TOO_FEW_CLAIM_ISSUERS
    if len(accredited) >= needed:
        choice = _choice(rooted, needed, _Case(mesh, root_dids, distinct_roots, steps))
        reason = choice.reason
    if not choice.routes and any(ascent.gave_up for ascent in ascents):
        reason = ThresholdReason.SEARCH_LIMIT
    return QuorumDecision(
        instant=now,
        at_least=needed,
        distinct_roots=distinct_roots,
        held=reason is ThresholdReason.MET,
        paths=tuple(decision_of(one.start.claim_issuer, one.start.question, one.path, PathReason.NO_ROOT) for one in choice.routes),
        accredited=tuple(accredited),
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    mesh: Mesh
    roots: AbstractSet[str]
    distinct_roots: bool
    steps: Steps


def _choice(ascents: Sequence[Ascent], needed: int, case: _Case) -> Choice:
    """Independent routes: for each set of roots that are to issue, those count everywhere, and the other roots do not issue.

    There are few sets: as many roots as are ``needed`` make the quorum by themselves, and that is the set looked at first.
    """
    complete = True
    for issuing, counted in _roots_that_issue({ascent.start.claim_issuer for ascent in ascents}, needed, case):
        selection = Selection(mesh=case.mesh, roots=case.roots, issuers_count=True, counted_roots=counted, steps=case.steps)
        choice = selection.choose([one for one in ascents if one.start.claim_issuer not in case.roots - issuing], needed)
        if choice.routes or case.steps.gave_up:
            return choice
        complete = complete and choice.complete
    return Choice((), complete=complete)


def _roots_that_issue(issuers: AbstractSet[str], needed: int, case: _Case) -> Iterator[tuple[AbstractSet[str], AbstractSet[str]]]:
    """Each set of roots that may issue together, and the roots that count then; the largest set first."""
    if case.distinct_roots:
        yield case.roots, case.roots
        return
    issuing = sorted(issuers & case.roots)
    fewest = max(needed - len(issuers - case.roots), 0)
    for size in range(len(issuing), fewest - 1, -1):
        for some in combinations(issuing, size):
            yield frozenset(some), frozenset(some)


def _of_one_case(claims: Iterable[Claim]) -> Sequence[Claim]:
    given = list(islice(claims, MAX_CLAIMS + 1))
    if len(given) > MAX_CLAIMS:
        raise TooManyClaims(f"give at most {MAX_CLAIMS} claims")
    if len({(claim.claim_type.name, claim.account) for claim in given}) > 1:
        raise ClaimsDiffer("give claims of one type about one account")
    return given


def _starts(claims: Sequence[Claim], now: datetime, demand_jurisdictions: bool) -> list[Start]:
    starts = {_start(claim, now, demand_jurisdictions): None for claim in claims if claim.validity.contains(now)}
    return sorted(starts, key=lambda start: (start.claim_issuer, str(start.question.jurisdiction)))


def _start(claim: Claim, now: datetime, demand_jurisdictions: bool) -> Start:
    jurisdiction = jurisdiction_of(claim.attributes) if demand_jurisdictions else None
    question = Question(topic=claim.claim_type.name, jurisdiction=jurisdiction, instant=now)
    return Start(canonical_did(claim.claim_issuer), question)
