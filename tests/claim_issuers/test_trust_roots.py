"""Several roots: at least k of n must vouch, and what one corrupt organisation can do about it."""

import time
from datetime import datetime
from typing import Any

import pytest
from builders import ISSUER, NOW, ROOT
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import MIDDLE, OTHER, ROOTS, SECOND_ROOT, THIRD_ROOT, UPPER, chain, enough_roots, link, meshes

from claim_issuers import Accreditation, Root
from claim_issuers.clock import NaiveInstant
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.trust.root_threshold import RootThresholdDecision, decide_root_threshold
from claim_issuers.trust.thresholds import InvalidThreshold, ThresholdReason


def decide(*links: Accreditation, at_least: int = 2, **options: Any) -> RootThresholdDecision:
    return decide_root_threshold(ISSUER, "INVESTOR", ROOTS, links, options.pop("instant", NOW), at_least=at_least, **options)


def test_two_of_three_roots_suffice_where_two_are_demanded():
    links = [link(ROOT, ISSUER), link(THIRD_ROOT, ISSUER)]
    decision = decide(*links)
    assert (decision.accredited, decision.reason) == (True, ThresholdReason.MET)
    assert decision.roots == decision.roots_reached == (ROOT, THIRD_ROOT)
    assert [path.path for path in decision.paths] == [(links[0],), (links[1],)]
    assert all(path.accredited and path.claim_issuer == ISSUER and path.instant == NOW for path in decision.paths)
    assert not decide(*links, at_least=3).accredited


def test_one_root_by_two_paths_is_one_root():
    decision = decide(link(ROOT, ISSUER), *chain(ROOT, MIDDLE, ISSUER))
    assert (decision.accredited, decision.paths, decision.roots) == (False, (), ())
    assert (decision.reason, decision.roots_reached) == (ThresholdReason.TOO_FEW_ROOTS, (ROOT,))


def test_a_root_named_twice_is_one_root():
    decision = decide_root_threshold(ISSUER, "INVESTOR", [Root(ROOT), Root(ROOT)], [link(ROOT, ISSUER)], NOW, at_least=2)
    assert decision.reason is ThresholdReason.TOO_FEW_ROOTS


def test_a_root_does_not_vouch_through_another_root():
    decision = decide(link(ROOT, ISSUER), link(SECOND_ROOT, ROOT), link(THIRD_ROOT, ROOT))
    assert decision.roots_reached == (ROOT,)


def test_a_root_vouches_for_itself_once():
    decision = decide_root_threshold(ROOT, "INVESTOR", ROOTS, [], NOW, at_least=1)
    assert (decision.accredited, decision.roots, decision.paths[0].path) == (True, (ROOT,), ())
    assert not decide_root_threshold(ROOT, "INVESTOR", ROOTS, [link(ROOT, ROOT)], NOW, at_least=2).accredited
    seconded = decide_root_threshold(ROOT, "INVESTOR", ROOTS, [link(SECOND_ROOT, ROOT)], NOW, at_least=2)
    assert seconded.roots == (ROOT, SECOND_ROOT)


def test_one_accreditor_below_all_roots_does_not_meet_the_threshold():
    links = [link(ROOT, MIDDLE), link(SECOND_ROOT, MIDDLE), link(MIDDLE, ISSUER)]
    decision = decide(*links)
    assert (decision.accredited, decision.reason) == (False, ThresholdReason.NOT_INDEPENDENT)
    assert decision.roots_reached == (ROOT, SECOND_ROOT)


def test_paths_may_share_accreditors_where_the_caller_says_so():
    links = [link(ROOT, MIDDLE), link(SECOND_ROOT, MIDDLE), link(MIDDLE, ISSUER)]
    decision = decide(*links, disjoint=False)
    assert (decision.accredited, decision.disjoint, decision.roots) == (True, False, (ROOT, SECOND_ROOT))


def test_the_shortest_path_gives_way_to_a_disjoint_one():
    crossing = [link(ROOT, MIDDLE), link(SECOND_ROOT, MIDDLE), link(MIDDLE, ISSUER)]
    detour = chain(SECOND_ROOT, UPPER, OTHER, ISSUER)
    decision = decide(*crossing, *detour)
    assert decision.accredited
    assert {path.root: len(path.path) for path in decision.paths} == {ROOT: 2, SECOND_ROOT: 3}


def test_a_path_length_can_stand_in_the_way_of_disjoint_paths():
    # A graph has two disjoint paths here; the one through UPPER is too long for its root.
    crossing = [link(ROOT, MIDDLE), link(SECOND_ROOT, MIDDLE), link(MIDDLE, ISSUER)]
    detour = [link(SECOND_ROOT, UPPER, path_length=0), link(UPPER, OTHER), link(OTHER, ISSUER)]
    assert decide(*crossing, *detour).reason is ThresholdReason.NOT_INDEPENDENT


def test_jurisdictions_are_asked_of_every_path():
    links = [link(ROOT, ISSUER, jurisdictions=frozenset({"CH"})), link(SECOND_ROOT, ISSUER, jurisdictions=frozenset({"DE"}))]
    assert decide(*links).accredited
    decision = decide(*links, jurisdiction=ClaimJurisdiction("CH"))
    assert (decision.accredited, decision.roots_reached) == (False, (ROOT,))


@pytest.mark.parametrize("at_least", [0, -1, True, 1.0, None])
def test_a_threshold_is_a_whole_number_from_one_on(at_least):
    with pytest.raises(InvalidThreshold):
        decide(link(ROOT, ISSUER), at_least=at_least)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(NaiveInstant):
        decide(instant=datetime(2026, 1, 1))


def dense(*, layers: int, width: int, path_length: int = 16) -> list[Accreditation]:
    """Layers of accreditors, each accredited by everybody in the layer above; the three roots on top, the issuer below."""
    rows = [[one.did for one in ROOTS]]
    rows += [[f"did:web:n{layer}-{number}.example" for number in range(width)] for layer in range(layers)]
    pairs = [(upper, lower) for above, below in zip(rows, [*rows[1:], [ISSUER]], strict=True) for upper in above for lower in below]
    return [link(upper, lower, path_length=path_length) for upper, lower in pairs]


def seconds_of(action: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = action()
    return time.perf_counter() - begun, result


def test_a_dense_mesh_of_thousands_of_links_is_decided_quickly():
    mesh = dense(layers=7, width=20)
    seconds, decision = seconds_of(lambda: decide(*mesh, at_least=3))
    assert decision.accredited
    assert len({step.accreditor for path in decision.paths for step in path.path}) == 24
    assert seconds < 5


def test_a_bottleneck_in_a_dense_mesh_is_found_for_certain():
    narrow = [link(one.did, MIDDLE, path_length=16) for one in ROOTS]
    lower = [one for one in dense(layers=6, width=20) if one.accreditor not in {root.did for root in ROOTS}]
    opened = [link(MIDDLE, f"did:web:n0-{number}.example", path_length=16) for number in range(20)]
    seconds, decision = seconds_of(lambda: decide(*narrow, *opened, *lower))
    assert (decision.reason, len(decision.roots_reached)) == (ThresholdReason.NOT_INDEPENDENT, 3)
    assert seconds < 5


def test_a_search_that_gives_up_accredits_nobody():
    """The graph has two disjoint paths, but the second root allows only the short one, and that is the first root's only one."""
    short = [link(ROOT, MIDDLE), link(SECOND_ROOT, UPPER, path_length=1), link(UPPER, MIDDLE), link(MIDDLE, ISSUER)]
    layers = [one for one in dense(layers=6, width=20) if one.accreditor not in {root.did for root in ROOTS}]
    opened = [link(UPPER, f"did:web:n0-{number}.example", path_length=16) for number in range(20)]
    seconds, decision = seconds_of(lambda: decide(*short, *layers, *opened))
    assert (decision.accredited, decision.paths, decision.reason) == (False, (), ThresholdReason.SEARCH_LIMIT)
    assert seconds < 10


@given(meshes, st.integers(1, 3), st.booleans())
def test_the_threshold_is_met_exactly_when_paths_from_enough_roots_exist(links, count, disjoint):
    decision = decide(*links, at_least=count, disjoint=disjoint)
    assert decision.accredited is enough_roots(links, ISSUER, [one.did for one in ROOTS], count, disjoint=disjoint)
    assert len(set(decision.roots)) == len(decision.paths) == (count if decision.accredited else 0)


@given(meshes, st.integers(1, 3), st.booleans(), st.data())
def test_taking_an_accreditation_away_meets_no_threshold(links, count, disjoint, data):
    less = [one for one in links if data.draw(st.booleans())]
    assert (
        decide(*links, at_least=count, disjoint=disjoint).accredited
        or not decide(*less, at_least=count, disjoint=disjoint).accredited
    )


@given(meshes, st.integers(2, 3))
def test_fewer_corrupt_organisations_than_demanded_accredit_nobody(links, count):
    """Whoever takes away all that one organisation below the roots says takes one path at most."""
    decision = decide(*links, at_least=count)
    for corrupt in {step.accreditor for path in decision.paths for step in path.path}:
        honest = [one for one in links if one.accreditor != corrupt]
        assert not decision.accredited or decide(*honest, at_least=count - 1).accredited
