"""Meshes for the tests of trust: links, random meshes, and an oracle that lists every path without regard to speed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations, pairwise
from typing import Any

from builders import ISSUER, NOW, ROOT, year_from
from hypothesis import strategies as st

from claim_issuers import Accreditation, Root, Validity

START = NOW - timedelta(days=30)
SECOND_ROOT = "did:web:second-root.example"
THIRD_ROOT = "did:web:third-root.example"
MIDDLE = "did:web:middle.example"
UPPER = "did:web:upper.example"
OTHER = "did:web:other.example"
ROOTS = [Root(ROOT), Root(SECOND_ROOT), Root(THIRD_ROOT)]
PARTIES = [ROOT, SECOND_ROOT, THIRD_ROOT, ISSUER, MIDDLE, UPPER, OTHER]

# Places as sets of places with no part in common: the oracle compares sets and knows nothing of codes.
REGIONS = {
    "CH": {"Switzerland"},
    "DE": {"Germany"},
    "US-NY": {"New York"},
    "US-CA": {"California"},
    "US": {"New York", "California", "the rest of the US"},
}
EVERYWHERE = {*set().union(*REGIONS.values()), "elsewhere"}


def link(accreditor: str, claim_issuer: str, **changes: Any) -> Accreditation:
    parts: dict[str, Any] = {
        "id": f"{accreditor}>{claim_issuer}",
        "accreditor": accreditor,
        "claim_issuer": claim_issuer,
        "topics": frozenset({"INVESTOR", "CUSTODIAN"}),
        "may_accredit": True,
        "path_length": 3,
        "validity": year_from(START),
    }
    return Accreditation(**{**parts, **changes})


def chain(*names: str, **changes: Any) -> list[Accreditation]:
    """Links from the first, a root, down to the last."""
    return [link(upper, lower, **changes) for upper, lower in pairwise(names)]


places = st.sampled_from(sorted(REGIONS))
links_between = st.builds(
    lambda accreditor, issuer, topics, may, length, revoked, late, reach, number: link(
        accreditor,
        issuer,
        id=str(number),
        topics=topics,
        may_accredit=may,
        path_length=length if may else 0,
        revoked_at=START if revoked else None,
        validity=Validity(NOW + timedelta(days=1), NOW + timedelta(days=2)) if late else year_from(START),
        jurisdictions=reach,
    ),
    st.sampled_from(PARTIES),
    st.sampled_from(PARTIES),
    st.sampled_from([frozenset({"INVESTOR"}), frozenset({"INVESTOR", "CUSTODIAN"}), frozenset({"CUSTODIAN"})]),
    st.sampled_from([True, True, True, False]),
    st.integers(0, 2),
    st.sampled_from([False] * 6 + [True]),
    st.sampled_from([False] * 9 + [True]),
    st.one_of(st.none(), st.none(), st.frozensets(places, min_size=1, max_size=3)),
    st.uuids(),
)
meshes = st.lists(links_between, max_size=12)


def region(link: Accreditation) -> set[str]:
    return EVERYWHERE if link.jurisdictions is None else set().union(*(REGIONS[code] for code in link.jurisdictions))


def all_paths(
    links: Sequence[Accreditation], issuer: str, roots: Sequence[str], place: str | None
) -> list[tuple[Accreditation, ...]]:
    """Every path for INVESTOR at NOW, top first, that visits nobody twice and passes no root."""
    own = [()] if issuer in roots else []
    return own + [path for path in _simple(links, roots, issuer, ()) if _holds(path, place)]


def _simple(
    links: Sequence[Accreditation], roots: Sequence[str], issuer: str, below: tuple[Accreditation, ...]
) -> Iterator[tuple[Accreditation, ...]]:
    lowest = below[0].accreditor if below else issuer
    visited = {issuer, *(step.accreditor for step in below)}
    for step in links:
        if step.claim_issuer == lowest and step.accreditor not in visited:
            if step.accreditor in roots:
                yield (step, *below)
            else:
                yield from _simple(links, roots, issuer, (step, *below))


def _holds(path: tuple[Accreditation, ...], place: str | None) -> bool:
    for position, step in enumerate(path):
        under = path[position + 1 :]
        live = step.validity.valid_from <= NOW < step.validity.valid_until and step.revoked_at is None
        covered = "INVESTOR" in step.topics and (place is None or REGIONS[place] <= region(step))
        passes_on = not under or (
            step.may_accredit
            and under[0].topics <= step.topics
            and region(under[0]) <= region(step)
            and len(under) - 1 <= step.path_length
        )
        if not (live and covered and passes_on):
            return False
    return len(path) <= 8


def top_of(path: tuple[Accreditation, ...], issuer: str) -> str:
    return path[0].accreditor if path else issuer


def enough_roots(links: Sequence[Accreditation], issuer: str, roots: Sequence[str], count: int, *, disjoint: bool) -> bool:
    """Whether some ``count`` of all paths lead from as many roots and, if ``disjoint``, share no accreditor."""
    return any(
        len({top_of(path, issuer) for path in some}) == count
        and (not disjoint or _none_twice([{step.accreditor for step in path[1:]} for path in some]))
        for some in combinations(all_paths(links, issuer, roots, None), count)
    )


def enough_issuers(
    links: Sequence[Accreditation], issuers: Sequence[str], roots: Sequence[str], count: int, *, distinct_roots: bool
) -> bool:
    """Whether ``count`` issuers have paths on which nobody stands twice; two may end at one root that is neither of them."""
    paths = [(issuer, path) for issuer in sorted(set(issuers)) for path in all_paths(links, issuer, roots, None)]
    return any(
        all(_independent(*first, *second, distinct_roots=distinct_roots) for first, second in combinations(some, 2))
        for some in combinations(paths, count)
    )


def _independent(
    issuer: str, path: Sequence[Accreditation], other: str, others_path: Sequence[Accreditation], *, distinct_roots: bool
) -> bool:
    named = {issuer, *(step.accreditor for step in path)}
    others = {other, *(step.accreditor for step in others_path)}
    shared_root = top_of(tuple(path), issuer) if top_of(tuple(path), issuer) == top_of(tuple(others_path), other) else None
    may_share = set() if distinct_roots or shared_root in (issuer, other) else {shared_root}
    return not (named & others) - may_share


def _none_twice(sets: Sequence[set[str]]) -> bool:
    return all(first.isdisjoint(second) for first, second in combinations(sets, 2))
