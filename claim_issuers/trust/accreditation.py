"""Accreditation paths: may this claim issuer issue this topic now, and by whose word?

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> link = Accreditation(id="acc_1", accreditor="did:web:root.example", claim_issuer="did:web:issuer.example",
...                      topics=frozenset({"INVESTOR"}), may_accredit=False, path_length=0, validity=year)
>>> decision = decide_path("did:web:issuer.example", "INVESTOR", [Root("did:web:root.example")], [link],
...                        datetime(2026, 6, 1, tzinfo=UTC))
>>> decision.accredited, [step.id for step in decision.path]
(True, ['acc_1'])
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.trust.climb import Climb, Path, mesh_of
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.trust.links import ACCREDITATION_TOPIC, MAX_LINKS, Accreditation, PathReason, Question, Root

__all__ = [
    "ACCREDITATION_TOPIC",
    "MAX_LINKS",
    "Accreditation",
    "PathDecision",
    "PathReason",
    "Root",
    "decide_path",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDecision:
    """The answer for one issuer, topic and instant; ``path`` leads from a root down to the issuer, shortest first found.

    ``jurisdiction`` is the one asked about, None when none was demanded.
    """

    claim_issuer: str
    topic: str
    instant: datetime
    accredited: bool
    path: tuple[Accreditation, ...]
    reason: PathReason
    jurisdiction: ClaimJurisdiction | None = None

    @property
    def root(self) -> str | None:
        """The DID of the root by whose word it is accredited; None when it is not."""
        if not self.accredited:
            return None
        return self.path[0].accreditor if self.path else self.claim_issuer


def decide_path(
    claim_issuer: str,
    topic: str,
    roots: Iterable[Root],
    accreditations: Iterable[Accreditation],
    instant: datetime,
    *,
    jurisdiction: ClaimJurisdiction | None = None,
) -> PathDecision:
    """Whether a chain of accreditations, all live at ``instant``, leads from a root to ``claim_issuer`` for ``topic``.

    Every accreditor on it may accredit, its path length suffices, and neither topics nor jurisdictions widen on the way down.
    ``jurisdiction`` is the place the claim is about (``jurisdiction_of`` takes it from the attributes): a restricted
    accreditation then covers no claim outside it, and no claim without one; None leaves the claim's place unasked. For the topic
    CLAIM_ISSUER the last link must allow accrediting. At most eight links; cycles end the search. Of several failures the one
    furthest up the mesh is the reason; ``search_limit_reached`` when there was too much to try. Raises MalformedDid,
    UnknownClaimType, NaiveInstant.
    """
    question = Question(topic=topic, jurisdiction=jurisdiction, instant=instant)
    climb = Climb(question, {root.did for root in roots}, mesh_of(accreditations))
    path = next(climb.paths(canonical_did(claim_issuer)), None)
    return decision_of(claim_issuer, question, path, climb.reason)


def decision_of(claim_issuer: str, question: Question, path: Path | None, failure: PathReason) -> PathDecision:
    """The decision that a found path makes, the empty one for a root; ``failure`` is the reason where ``path`` is None."""
    found = PathReason.ACCREDITED if path else PathReason.IS_ROOT
    return PathDecision(
        claim_issuer=claim_issuer,
        topic=question.topic,
        instant=question.instant,
        accredited=path is not None,
        path=path or (),
        reason=failure if path is None else found,
        jurisdiction=question.jurisdiction,
    )
