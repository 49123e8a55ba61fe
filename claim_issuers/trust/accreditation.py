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

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claim_issuers.claims.claim import Validity
from claim_issuers.clock import aware

ACCREDITATION_TOPIC = "CLAIM_ISSUER"
MAX_LINKS = 8


class PathReason(StrEnum):
    """Why a path holds or does not; of two failures equally far from the issuer, the later one here is reported."""

    NOT_ACCREDITED = "not_accredited"
    TOPIC_NOT_COVERED = "topic_not_covered"
    REVOKED = "accreditation_revoked"
    EXPIRED = "accreditation_expired"
    NOT_YET_VALID = "accreditation_not_yet_valid"
    NO_ROOT = "no_path_to_root"
    ACCREDITOR_MAY_NOT = "accreditor_may_not_accredit"
    TOPICS_WIDENED = "topics_exceed_accreditor"
    TOO_LONG = "path_too_long"
    IS_ROOT = "is_root"
    ACCREDITED = "accredited"


_RANK = {reason: rank for rank, reason in enumerate(PathReason)}


@dataclass(frozen=True, slots=True)
class Root:
    """An organisation whose word is taken as given; it may issue and accredit every topic."""

    did: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation:
    """One link: ``accreditor`` lets ``claim_issuer`` issue ``topics``.

    ``may_accredit`` lets it pass on what it has, through at most ``path_length`` further accreditors (RFC 5280 §4.2.1.9).
    A revocation counts from ``revoked_at`` on.
    """

    id: str
    accreditor: str
    claim_issuer: str
    topics: frozenset[str]
    may_accredit: bool
    path_length: int
    validity: Validity
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDecision:
    """The answer for one issuer, topic and instant; ``path`` leads from a root down to the issuer, shortest first found."""

    claim_issuer: str
    topic: str
    instant: datetime
    accredited: bool
    path: tuple[Accreditation, ...]
    reason: PathReason


@dataclass(frozen=True, slots=True)
class _Step:
    """An accepted link with the accepted links below it, down to the issuer."""

    links: tuple[Accreditation, ...]

    @property
    def top(self) -> Accreditation:
        return self.links[0]


def decide_path(
    claim_issuer: str,
    topic: str,
    roots: Iterable[Root],
    accreditations: Iterable[Accreditation],
    instant: datetime,
) -> PathDecision:
    """Whether a chain of accreditations, all live at ``instant``, leads from a root to ``claim_issuer`` for ``topic``.

    Every accreditor on it may accredit, its path length suffices, and the topics never widen on the way down. For the topic
    CLAIM_ISSUER the last link must allow accrediting. At most eight links; cycles end the search. Of several failures the one
    furthest up the mesh is the reason. Raises NaiveInstant.
    """
    now = aware(instant)

    def decision(reason: PathReason, path: tuple[Accreditation, ...] = ()) -> PathDecision:
        accredited = reason in (PathReason.ACCREDITED, PathReason.IS_ROOT)
        return PathDecision(claim_issuer=claim_issuer, topic=topic, instant=now, accredited=accredited, path=path, reason=reason)

    root_dids = {root.did for root in roots}
    if claim_issuer in root_dids:
        return decision(PathReason.IS_ROOT)
    path, reason = _search(claim_issuer, topic, root_dids, _by_claim_issuer(accreditations), now)
    return decision(reason, path)


def _search(
    claim_issuer: str, topic: str, roots: set[str], mesh: Mapping[str, Sequence[Accreditation]], now: datetime
) -> tuple[tuple[Accreditation, ...], PathReason]:
    # Upwards, level by level: the first height at which a link is accepted is its lowest, where its path length asks least,
    # so an accepted link is never followed twice, however dense the mesh.
    nearest = (0, PathReason.NOT_ACCREDITED)
    level, accepted = [_Step(())], set[str]()
    while level:
        following: list[_Step] = []
        for step in level:
            for link in mesh.get(step.top.accreditor if step.links else claim_issuer, ()):
                fault = _fault(link, step, topic, now)
                if fault is None and link.accreditor in roots:
                    return (link, *step.links), PathReason.ACCREDITED
                nearest = max(nearest, (len(step.links), fault or PathReason.NO_ROOT), key=_nearness)
                if fault is None and link.id not in accepted:
                    accepted.add(link.id)
                    following.append(_Step((link, *step.links)))
        level = following
    return (), nearest[1]


def _fault(link: Accreditation, below: _Step, topic: str, now: datetime) -> PathReason | None:
    if not _covers(link, topic):
        return PathReason.TOPIC_NOT_COVERED
    return _time_fault(link, now) or _chain_fault(link, below)


def _time_fault(link: Accreditation, now: datetime) -> PathReason | None:
    if link.revoked_at is not None and aware(link.revoked_at) <= now:
        return PathReason.REVOKED
    if now >= link.validity.valid_until:
        return PathReason.EXPIRED
    return None if link.validity.contains(now) else PathReason.NOT_YET_VALID


def _chain_fault(link: Accreditation, below: _Step) -> PathReason | None:
    if not below.links:
        return None
    if not link.may_accredit:
        return PathReason.ACCREDITOR_MAY_NOT
    if not below.top.topics <= link.topics:
        return PathReason.TOPICS_WIDENED
    accreditors_between = len(below.links) - 1
    too_long = accreditors_between > link.path_length or len(below.links) >= MAX_LINKS
    return PathReason.TOO_LONG if too_long else None


def _covers(link: Accreditation, topic: str) -> bool:
    return link.may_accredit if topic == ACCREDITATION_TOPIC else topic in link.topics


def _nearness(failure: tuple[int, PathReason]) -> tuple[int, int]:
    height, reason = failure
    return height, _RANK[reason]


def _by_claim_issuer(accreditations: Iterable[Accreditation]) -> Mapping[str, Sequence[Accreditation]]:
    mesh: defaultdict[str, list[Accreditation]] = defaultdict(list)
    for link in sorted(accreditations, key=lambda link: link.id):
        mesh[link.claim_issuer].append(link)
    return mesh
