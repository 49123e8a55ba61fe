"""One link of the mesh: what an accreditation says, and what keeps it from standing above the links below it.

>>> from datetime import UTC, datetime
>>> year = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
>>> swiss = Accreditation(id="acc_1", accreditor="did:web:root.example", claim_issuer="did:web:issuer.example",
...                       topics=frozenset({"INVESTOR"}), jurisdictions=frozenset({"CH"}),
...                       may_accredit=False, path_length=0, validity=year)
>>> summer = datetime(2026, 6, 1, tzinfo=UTC)
>>> str(link_fault(swiss, (), Question(topic="INVESTOR", jurisdiction=ClaimJurisdiction("DE"), instant=summer)))
'jurisdiction_not_covered'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claim_issuers.claims.claim import Validity
from claim_issuers.claims.vocabulary import claim_type
from claim_issuers.clock import aware
from claim_issuers.formats.words import checked_uint
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, checked_jurisdictions, covers, within

ACCREDITATION_TOPIC = "CLAIM_ISSUER"
MAX_LINKS = 8


class PathReason(StrEnum):
    """Why a path holds or does not; of two failures equally far from the issuer, the later one here is reported."""

    NOT_ACCREDITED = "not_accredited"
    TOPIC_NOT_COVERED = "topic_not_covered"
    JURISDICTION_MISSING = "claim_without_jurisdiction"
    JURISDICTION_NOT_COVERED = "jurisdiction_not_covered"
    REVOKED = "accreditation_revoked"
    EXPIRED = "accreditation_expired"
    NOT_YET_VALID = "accreditation_not_yet_valid"
    NO_ROOT = "no_path_to_root"
    ACCREDITOR_MAY_NOT = "accreditor_may_not_accredit"
    TOPICS_WIDENED = "topics_exceed_accreditor"
    JURISDICTIONS_WIDENED = "jurisdictions_exceed_accreditor"
    TOO_LONG = "path_too_long"
    SEARCH_LIMIT = "search_limit_reached"
    IS_ROOT = "is_root"
    ACCREDITED = "accredited"


@dataclass(frozen=True, slots=True)
class Root:
    """An organisation whose word is taken as given; it may issue and accredit every topic, everywhere. Raises MalformedDid."""

    did: str

    def __post_init__(self) -> None:
        canonical_did(self.did)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation:
    """One link: ``accreditor`` lets ``claim_issuer`` issue ``topics`` about ``jurisdictions`` (None: everywhere).

    ``may_accredit`` lets it pass on what it has, through at most ``path_length`` further accreditors (RFC 5280 §4.2.1.9).
    A revocation counts from ``revoked_at`` on. Both DIDs are in the one spelling of ``canonical_did``. Raises MalformedDid,
    InvalidJurisdiction, UnknownClaimType for an unknown topic, ValueOutOfRange for a negative path length, NaiveInstant.
    """

    id: str
    accreditor: str
    claim_issuer: str
    topics: frozenset[str]
    may_accredit: bool
    path_length: int
    validity: Validity
    revoked_at: datetime | None = None
    jurisdictions: frozenset[str] | None = None

    def __post_init__(self) -> None:
        canonical_did(self.accreditor)
        canonical_did(self.claim_issuer)
        for topic in self.topics:
            claim_type(topic)
        checked_uint(self.path_length, bits=31)
        if self.revoked_at is not None:
            object.__setattr__(self, "revoked_at", aware(self.revoked_at))
        if self.jurisdictions is not None:
            object.__setattr__(self, "jurisdictions", checked_jurisdictions(self.jurisdictions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a path is to carry at ``instant``: a topic and, where the caller demands one (not None), the claim's jurisdiction."""

    topic: str
    jurisdiction: ClaimJurisdiction | None
    instant: datetime

    def __post_init__(self) -> None:
        claim_type(self.topic)
        object.__setattr__(self, "instant", aware(self.instant))


def link_fault(link: Accreditation, below: Sequence[Accreditation], question: Question) -> PathReason | None:
    """What keeps ``link`` from standing on ``below``, the accepted links from its claim issuer down to the issuer asked about."""
    return _coverage_fault(link, question) or _time_fault(link, question.instant) or _chain_fault(link, below)


def _coverage_fault(link: Accreditation, question: Question) -> PathReason | None:
    if question.topic == ACCREDITATION_TOPIC:
        # An accreditation lies nowhere: where it reaches is compared link by link, once somebody issues under it.
        return None if link.may_accredit else PathReason.TOPIC_NOT_COVERED
    if question.topic not in link.topics:
        return PathReason.TOPIC_NOT_COVERED
    if link.jurisdictions is None or question.jurisdiction is None:
        return None
    if question.jurisdiction.code is None:
        return PathReason.JURISDICTION_MISSING
    return None if covers(link.jurisdictions, question.jurisdiction.code) else PathReason.JURISDICTION_NOT_COVERED


def _time_fault(link: Accreditation, now: datetime) -> PathReason | None:
    if link.revoked_at is not None and link.revoked_at <= now:
        return PathReason.REVOKED
    if now >= link.validity.valid_until:
        return PathReason.EXPIRED
    return None if now >= link.validity.valid_from else PathReason.NOT_YET_VALID


def _chain_fault(link: Accreditation, below: Sequence[Accreditation]) -> PathReason | None:
    if not below:
        return None
    if not link.may_accredit:
        return PathReason.ACCREDITOR_MAY_NOT
    if not below[0].topics <= link.topics:
        return PathReason.TOPICS_WIDENED
    if not within(below[0].jurisdictions, link.jurisdictions):
        return PathReason.JURISDICTIONS_WIDENED
    accreditors_between = len(below) - 1
    too_long = accreditors_between > link.path_length or len(below) >= MAX_LINKS
    return PathReason.TOO_LONG if too_long else None
