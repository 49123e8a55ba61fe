"""Who vouches, for everybody: claim issuers, who accredited them, for which claims, and whether that holds now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.trust.accreditation import ACCREDITATION_TOPIC, Accreditation
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from identity_service.issuance.wording import claim_words
from identity_service.mesh.model import ClaimIssuer
from identity_service.mesh.service import Decisions, Mesh
from identity_service.portal.mesh_picture import Line, Picture, Point, draw, levels
from identity_service.web.countries import country_in_words

_STATES: Mapping[str, tuple[str, str]] = {
    "live": ("in force", "good"),
    "revoked": ("revoked", "bad"),
    "expired": ("expired", "bad"),
    "not_yet_valid": ("not in force yet", "warn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIssuer:
    """A claim issuer; ``may_issue`` are the claims that it may issue now, in words, because a path leads to a root.

    A claim that it may issue about some places alone says so.
    """

    issuer: ClaimIssuer
    may_issue: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAccreditation:
    """One accreditation in words; ``state`` and ``badge`` say whether it is in force by itself; no ``jurisdictions`` are all."""

    accreditor: str
    claim_issuer: str
    topics: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    may_accredit: bool
    until: datetime
    state: str
    badge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMesh:
    """The picture and the tables beside it."""

    issuers: tuple[ShownIssuer, ...]
    accreditations: tuple[ShownAccreditation, ...]
    picture: Picture


def shown_mesh(session: Session, mesh: Mesh, *, instant: datetime) -> ShownMesh:
    """The mesh as it stands at ``instant``."""
    issuers, accreditations = mesh.all(session), mesh.accreditations(session)
    decided = mesh.decisions_at(session, instant)
    may_issue = {one.did: _may_issue(one, decided, None) for one in issuers}
    everywhere = {one.did: _may_issue(one, decided, ClaimJurisdiction(None)) for one in issuers}
    names = {one.did: one.name for one in issuers}
    return ShownMesh(
        issuers=tuple(
            ShownIssuer(issuer=one, may_issue=tuple(_reach_in_words(may_issue[one.did], everywhere[one.did]))) for one in issuers
        ),
        accreditations=tuple(_shown(one, names, instant) for one in accreditations),
        picture=draw(*_graph(issuers, accreditations, may_issue, instant)),
    )


def _may_issue(issuer: ClaimIssuer, decided: Decisions, jurisdiction: ClaimJurisdiction | None) -> tuple[str, ...]:
    return tuple(topic for topic in sorted(issuer.claim_types) if decided(issuer.did, topic, jurisdiction).accredited)


def _graph(
    issuers: Sequence[ClaimIssuer],
    accreditations: Sequence[Accreditation],
    may_issue: Mapping[str, Sequence[str]],
    instant: datetime,
) -> tuple[list[Point], list[Line]]:
    roots = [one.did for one in issuers if one.is_root]
    found = levels(roots, [(one.accreditor, one.claim_issuer) for one in accreditations], [one.did for one in issuers])
    last = max(found.values(), default=0) + 1
    topics = [topic for topic in CLAIM_TYPES if any(topic in held for held in may_issue.values()) and topic != ACCREDITATION_TOPIC]
    points = [Point(id=one.did, label=one.name, note=_note(one, may_issue[one.did]), column=found[one.did]) for one in issuers]
    points += [Point(id=topic, label=claim_words(topic).title, note=_from(topic, may_issue), column=last) for topic in topics]
    lines = [*_links(accreditations, instant)]
    lines += [Line(source=one.did, target=topic) for one in issuers for topic in may_issue[one.did] if topic in topics]
    return points, lines


def _links(accreditations: Sequence[Accreditation], instant: datetime) -> Iterator[Line]:
    """One line for each pair: it holds when any accreditation between the two does."""
    pairs: dict[tuple[str, str], bool] = {}
    for one in accreditations:
        pair = one.accreditor, one.claim_issuer
        pairs[pair] = pairs.get(pair, False) or _state(one, instant) == "live"
    for (accreditor, claim_issuer), holds in pairs.items():
        yield Line(source=accreditor, target=claim_issuer, holds=holds)


def _note(issuer: ClaimIssuer, may_issue: Sequence[str]) -> str:
    if issuer.is_root:
        return "root: its word is taken as given"
    return "claim issuer" if may_issue else "may issue nothing now"


def _from(topic: str, may_issue: Mapping[str, Sequence[str]]) -> str:
    count = sum(topic in held for held in may_issue.values())
    return f"from {count} claim issuer{'s' if count > 1 else ''}"


def _shown(one: Accreditation, names: Mapping[str, str], instant: datetime) -> ShownAccreditation:
    state, badge = _STATES[_state(one, instant)]
    return ShownAccreditation(
        accreditor=names[one.accreditor],
        claim_issuer=names[one.claim_issuer],
        topics=tuple(_in_words(sorted(one.topics))),
        jurisdictions=tuple(map(country_in_words, sorted(one.jurisdictions or ()))),
        may_accredit=one.may_accredit,
        until=one.validity.valid_until,
        state=state,
        badge=badge,
    )


def _state(one: Accreditation, instant: datetime) -> str:
    if one.revoked_at is not None and one.revoked_at <= instant:
        return "revoked"
    if instant >= one.validity.valid_until:
        return "expired"
    return "live" if instant >= one.validity.valid_from else "not_yet_valid"


def _in_words(topics: Sequence[str]) -> Iterator[str]:
    for topic in topics:
        yield claim_words(topic).name


def _reach_in_words(topics: Sequence[str], everywhere: Sequence[str]) -> Iterator[str]:
    for topic, name in zip(topics, _in_words(topics), strict=True):
        yield name if topic in everywhere else f"{name} (for some countries only)"
