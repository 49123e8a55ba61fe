"""A quorum: enough accredited claim issuers that are independent of each other."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import ACCOUNT, ISSUER, LICENCE, NOW, ROOT, a_claim, year_from
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import MIDDLE, OTHER, PARTIES, ROOTS, SECOND_ROOT, UPPER, chain, enough_issuers, link, meshes

from claim_issuers import Account, Accreditation, Claim, Validity
from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.clock import NaiveInstant
from claim_issuers.trust.quorum import MAX_CLAIMS, ClaimsDiffer, QuorumDecision, TooManyClaims, decide_quorum
from claim_issuers.trust.thresholds import InvalidThreshold, ThresholdReason

OTHERS_ACCOUNT = Account.parse("eip155:31337:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")


def claims_by(*issuers: str, **changes: Any) -> list[Claim]:
    return [a_claim(**{"claim_issuer": did, "id": f"urn:example:{number}", **changes}) for number, did in enumerate(issuers)]


def decide(claims: list[Claim], *links: Accreditation, at_least: int = 2, **options: Any) -> QuorumDecision:
    return decide_quorum(claims, ROOTS, links, options.pop("instant", NOW), at_least=at_least, **options)


def test_two_issuers_that_roots_accredited_are_a_quorum_of_two():
    links = [link(ROOT, ISSUER), link(ROOT, OTHER)]
    decision = decide(claims_by(ISSUER, OTHER), *links)
    assert (decision.held, decision.reason) == (True, ThresholdReason.MET)
    assert sorted(decision.claim_issuers) == list(decision.accredited) == sorted([ISSUER, OTHER])
    assert {path.claim_issuer: path.path for path in decision.paths} == {ISSUER: (links[0],), OTHER: (links[1],)}
    assert all(path.accredited and path.topic == "INVESTOR" and path.instant == NOW for path in decision.paths)


def test_several_claims_by_one_issuer_count_once():
    decision = decide(claims_by(ISSUER, ISSUER, ISSUER), link(ROOT, ISSUER))
    assert (decision.held, decision.paths, decision.accredited) == (False, (), (ISSUER,))
    assert decision.reason is ThresholdReason.TOO_FEW_CLAIM_ISSUERS


def test_an_issuer_counts_once_wherever_its_claims_place_the_investor():
    claims = [a_claim(claim_issuer=ISSUER, attributes={"classification": "retail", "country": country}) for country in ("CH", "DE")]
    assert decide(claims, *chain(ROOT, MIDDLE, ISSUER), *chain(SECOND_ROOT, UPPER, ISSUER)).accredited == (ISSUER,)


def test_issuers_below_one_accreditor_are_not_independent():
    decision = decide(claims_by(ISSUER, OTHER), link(ROOT, MIDDLE), link(MIDDLE, ISSUER), link(MIDDLE, OTHER))
    assert (decision.held, decision.reason) == (False, ThresholdReason.NOT_INDEPENDENT)
    assert decision.accredited == tuple(sorted([ISSUER, OTHER]))


def test_an_issuer_is_not_independent_of_whom_it_accredited():
    assert decide(claims_by(ISSUER, OTHER), link(ROOT, ISSUER), link(ISSUER, OTHER)).reason is ThresholdReason.NOT_INDEPENDENT


def test_a_detour_makes_issuers_independent():
    shared = [link(ROOT, MIDDLE), link(MIDDLE, ISSUER), link(MIDDLE, OTHER)]
    decision = decide(claims_by(ISSUER, OTHER), *shared, *chain(ROOT, UPPER, OTHER))
    assert {path.claim_issuer: path.path[-1].accreditor for path in decision.paths} == {ISSUER: MIDDLE, OTHER: UPPER}


def test_roots_are_shared_unless_the_caller_demands_otherwise():
    links = [link(ROOT, ISSUER), link(ROOT, OTHER)]
    assert decide(claims_by(ISSUER, OTHER), *links, distinct_roots=True).reason is ThresholdReason.NOT_INDEPENDENT
    decision = decide(claims_by(ISSUER, OTHER), *links, link(SECOND_ROOT, OTHER), distinct_roots=True)
    assert {path.root for path in decision.paths} == {ROOT, SECOND_ROOT}


@pytest.mark.parametrize("distinct_roots", [False, True])
def test_a_root_that_issues_is_not_independent_of_those_it_alone_accredited(distinct_roots):
    below = decide(claims_by(ROOT, ISSUER), link(ROOT, ISSUER), distinct_roots=distinct_roots)
    assert (below.held, below.reason) == (False, ThresholdReason.NOT_INDEPENDENT)
    assert below.accredited == tuple(sorted([ROOT, ISSUER]))
    far_below = decide(claims_by(ROOT, ISSUER), *chain(ROOT, MIDDLE, ISSUER), distinct_roots=distinct_roots)
    assert not far_below.held
    seconded = decide(claims_by(ROOT, ISSUER), link(ROOT, ISSUER), link(SECOND_ROOT, ISSUER), distinct_roots=distinct_roots)
    assert {path.claim_issuer: path.root for path in seconded.paths} == {ROOT: ROOT, ISSUER: SECOND_ROOT}


def test_a_claim_by_the_root_of_two_issuers_takes_nothing_from_their_quorum():
    links = [link(ROOT, ISSUER), link(ROOT, OTHER)]
    decision = decide(claims_by(ROOT, ISSUER, OTHER), *links)
    assert sorted(decision.claim_issuers) == sorted([ISSUER, OTHER])
    assert not decide(claims_by(ROOT, ISSUER, OTHER), *links, at_least=3).held


def test_roots_that_issue_are_independent_of_each_other():
    dids = [root.did for root in ROOTS]
    assert decide(claims_by(*dids), at_least=3, distinct_roots=True).held
    assert decide(claims_by(*dids, ISSUER), *(link(did, ISSUER) for did in dids), at_least=3).held
    assert not decide(claims_by(*dids, ISSUER), *(link(did, ISSUER) for did in dids), at_least=4).held


def test_an_issuer_without_accreditation_does_not_count():
    decision = decide(claims_by(ISSUER, OTHER), link(ROOT, ISSUER))
    assert (decision.accredited, decision.reason) == ((ISSUER,), ThresholdReason.TOO_FEW_CLAIM_ISSUERS)


@pytest.mark.parametrize("validity", [Validity(NOW - timedelta(days=1), NOW), year_from(NOW + timedelta(seconds=1))])
def test_a_claim_outside_its_validity_does_not_count(validity):
    claims = [*claims_by(ISSUER), a_claim(claim_issuer=OTHER, validity=validity)]
    assert decide(claims, link(ROOT, ISSUER), link(ROOT, OTHER)).accredited == (ISSUER,)


def test_an_accreditation_reaches_the_place_that_the_claim_is_about():
    links = [link(ROOT, ISSUER), link(ROOT, OTHER, jurisdictions=frozenset({"DE"}))]
    claims = claims_by(ISSUER, OTHER, attributes={"classification": "retail", "country": "CH"})
    assert decide(claims, *links).accredited == (ISSUER,)
    assert decide(claims, *links, demand_jurisdictions=False).held
    nowhere = claims_by(ISSUER, OTHER, attributes={"classification": "retail"})
    assert decide(nowhere, *links).accredited == (ISSUER,)


@pytest.mark.parametrize("changes", [{"account": OTHERS_ACCOUNT}, {"kind": "CUSTODIAN", "attributes": LICENCE}])
def test_claims_about_different_matters_make_no_quorum(changes):
    assert ACCOUNT != OTHERS_ACCOUNT
    with pytest.raises(ClaimsDiffer):
        decide([a_claim(), a_claim(claim_issuer=OTHER, **changes)])


@pytest.mark.parametrize("at_least", [0, -1, True, 1.5])
def test_a_quorum_is_a_whole_number_from_one_on(at_least):
    with pytest.raises(InvalidThreshold):
        decide([], at_least=at_least)


def test_no_claims_are_no_quorum():
    assert decide([], at_least=1).reason is ThresholdReason.TOO_FEW_CLAIM_ISSUERS


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(NaiveInstant):
        decide([], instant=datetime(2026, 1, 1))


def issuers_below(accreditors: list[str], count: int, **changes: Any) -> tuple[list[str], list[Accreditation]]:
    issuers = [f"did:web:issuer-{number}.example" for number in range(count)]
    return issuers, [link(upper, lower, **changes) for upper in accreditors for lower in issuers]


def test_a_dense_mesh_of_thousands_of_links_ends_quickly_whether_the_quorum_is_held_or_not():
    names = [f"did:web:n{number}.example" for number in range(50)]
    issuers, lowest = issuers_below(names, 20)
    mesh = [link(upper, lower, path_length=16) for upper in names for lower in names if upper != lower]
    doors = [link(ROOT, name, path_length=16) for name in names[:10]]
    begun = time.perf_counter()
    held = decide(claims_by(*issuers), *mesh, *lowest, *doors, at_least=10)
    short = decide(claims_by(*issuers), *mesh, *lowest, *doors, at_least=11)
    assert (held.held, short.held, short.reason) == (True, False, ThresholdReason.NOT_INDEPENDENT)
    assert time.perf_counter() - begun < 20


def hostile_mesh(*issuers: str, width: int = 600) -> list[Accreditation]:
    """Accreditations that lead nowhere, by many keys that one attacker made up; no two alike, so nothing can be left out."""
    names = [f"did:web:n{number}.example" for number in range(width)]
    above = [link(names[(number * 7 + step) % width], names[number]) for number in range(width) for step in range(30)]
    return above + [link(name, issuer) for issuer in issuers for name in names]


def test_a_claim_for_each_country_costs_no_more_than_one():
    codes = sorted(COUNTRY_CODES)[:249]
    claims = [a_claim(claim_issuer=OTHER, attributes={"classification": "retail", "country": code}) for code in codes]
    mesh = hostile_mesh(OTHER)
    begun = time.perf_counter()
    decision = decide(claims, *mesh)
    assert (len(claims), decision.held, decision.reason) == (249, False, ThresholdReason.SEARCH_LIMIT)
    assert time.perf_counter() - begun < 2


def test_hostile_issuers_take_no_steps_from_honest_ones():
    hostile = [f"did:web:a{number}.example" for number in range(40)]
    mesh = hostile_mesh(*hostile, width=120)
    begun = time.perf_counter()
    assert decide(claims_by(*hostile), *mesh).reason is ThresholdReason.SEARCH_LIMIT
    decision = decide(claims_by(*hostile, ISSUER, OTHER), *mesh, *chain(ROOT, MIDDLE, ISSUER), *chain(ROOT, UPPER, OTHER))
    assert (decision.held, sorted(decision.claim_issuers)) == (True, sorted([ISSUER, OTHER]))
    assert time.perf_counter() - begun < 4


def test_more_claims_than_a_decision_looks_at_are_refused():
    assert decide([a_claim()] * MAX_CLAIMS, link(ROOT, ISSUER), at_least=1).held
    with pytest.raises(TooManyClaims):
        decide([a_claim()] * (MAX_CLAIMS + 1), link(ROOT, ISSUER), at_least=1)


@given(
    meshes,
    st.lists(st.sampled_from(PARTIES), min_size=1, max_size=5),
    st.integers(1, 3),
    st.booleans(),
)
def test_a_quorum_is_held_exactly_when_enough_paths_without_a_common_organisation_exist(links, issuers, count, distinct_roots):
    decision = decide(claims_by(*issuers), *links, at_least=count, distinct_roots=distinct_roots, demand_jurisdictions=False)
    expected = enough_issuers(links, issuers, [one.did for one in ROOTS], count, distinct_roots=distinct_roots)
    assert decision.held is expected
    assert len(set(decision.claim_issuers)) == (count if expected else 0)


@given(meshes, st.integers(1, 3), st.data())
def test_taking_claims_and_accreditations_away_makes_no_quorum(links, count, data):
    claims = claims_by(*PARTIES)
    fewer_links = [one for one in links if data.draw(st.booleans())]
    fewer_claims = [one for one in claims if data.draw(st.booleans())]
    assert decide(claims, *links, at_least=count).held or not decide(fewer_claims, *fewer_links, at_least=count).held
