"""A quorum: enough accredited claim issuers, independent of each other, say something about one account.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> decide_quorum([], [], [], datetime(2026, 6, 1, tzinfo=UTC), at_least=2).reason
<ThresholdReason.TOO_FEW_CLAIM_ISSUERS: 'too_few_claim_issuers'>
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from claim_issuers.claims.claim import Claim
from claim_issuers.clock import aware
from claim_issuers.errors import InvalidInput
from claim_issuers.trust.accreditation import PathDecision, decision_of
from claim_issuers.trust.climb import Climb, Mesh, mesh_of
from claim_issuers.trust.independence import Selection
from claim_issuers.trust.jurisdictions import jurisdiction_of
from claim_issuers.trust.links import Accreditation, PathReason, Question, Root
from claim_issuers.trust.routes import Start
from claim_issuers.trust.thresholds import ThresholdReason, checked_threshold


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

    Independent are issuers with paths on which no organisation stands twice, neither as claim issuer nor as accreditor; they
    may rest on the same root unless ``distinct_roots`` is on. Several claims by one issuer count once, and claims outside their
    validity not at all. An accreditation must reach the place that each claim is about unless ``demand_jurisdictions`` is off.

    Where the search gives up (``search_limit_reached``) the quorum is not held; the cost is bounded whatever the mesh. Leaves to
    the caller: signatures and status of the claims, and whether they say the same. Raises ClaimsDiffer, InvalidThreshold,
    NaiveInstant.
    """
    now, needed, mesh, root_dids = aware(instant), checked_threshold(at_least), mesh_of(accreditations), {one.did for one in roots}
    found = [_found(start, mesh, root_dids) for start in _starts(_of_one_case(claims), now, demand_jurisdictions)]
    starts = [start for start, reason in found if reason is None]
    accredited = sorted({start.claim_issuer for start in starts})
    chosen: tuple[PathDecision, ...] = ()
    gave_up = any(reason is PathReason.SEARCH_LIMIT for _, reason in found)
    reason = ThresholdReason.SEARCH_LIMIT if gave_up else ThresholdReason.TOO_FEW_CLAIM_ISSUERS
    if len(accredited) >= needed:
        selection = Selection(mesh=mesh, roots=root_dids, issuers_count=True, roots_count=distinct_roots)
        choice = selection.choose(starts, needed)
        reason = choice.reason
        chosen = tuple(
            decision_of(one.start.claim_issuer, one.start.question, one.path, PathReason.NO_ROOT) for one in choice.routes
        )
    return QuorumDecision(
        instant=now,
        at_least=needed,
        distinct_roots=distinct_roots,
        held=reason is ThresholdReason.MET,
        paths=chosen,
        accredited=tuple(accredited),
        reason=reason,
    )


def _of_one_case(claims: Iterable[Claim]) -> Sequence[Claim]:
    given = list(claims)
    if len({(claim.claim_type.name, claim.account) for claim in given}) > 1:
        raise ClaimsDiffer("give claims of one type about one account")
    return given


def _starts(claims: Sequence[Claim], now: datetime, demand_jurisdictions: bool) -> list[Start]:
    starts = {_start(claim, now, demand_jurisdictions): None for claim in claims if claim.validity.contains(now)}
    return sorted(starts, key=lambda start: (start.claim_issuer, str(start.question.jurisdiction)))


def _found(start: Start, mesh: Mesh, roots: AbstractSet[str]) -> tuple[Start, PathReason | None]:
    """The start, and why no path leads up from it; None when one does."""
    climb = Climb(start.question, roots, mesh)
    return start, climb.reason if next(climb.paths(start.claim_issuer), None) is None else None


def _start(claim: Claim, now: datetime, demand_jurisdictions: bool) -> Start:
    jurisdiction = jurisdiction_of(claim.attributes) if demand_jurisdictions else None
    return Start(claim.claim_issuer, Question(topic=claim.claim_type.name, jurisdiction=jurisdiction, instant=now))
