"""The mesh: which paths count, and what is said of those that do not."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from time import perf_counter

import pytest
from builders import ISSUER, NOW, ROOT, a_claim, year_from
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import MIDDLE, START, UPPER, all_paths, link, meshes

from claim_issuers import Accreditation, PathDecision, Root, Validity, decide_path
from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.clock import NaiveInstant
from claim_issuers.trust.accreditation import PathReason
from claim_issuers.trust.quorum import decide_quorum
from claim_issuers.trust.root_threshold import decide_root_threshold
from claim_issuers.trust.thresholds import ThresholdReason


def decide(*links: Accreditation, topic: str = "INVESTOR", instant: datetime = NOW) -> PathDecision:
    return decide_path(ISSUER, topic, [Root(ROOT)], links, instant)


def test_a_root_may_issue_everything():
    decision = decide_path(ROOT, "INVESTOR", [Root(ROOT)], [], NOW)
    assert (decision.accredited, decision.path, decision.reason) == (True, (), PathReason.IS_ROOT)


def test_an_issuer_that_a_root_accredited_may_issue_its_topics():
    direct = link(ROOT, ISSUER, may_accredit=False, path_length=0)
    decision = decide(direct)
    assert (decision.accredited, decision.path) == (True, (direct,))
    assert (decision.claim_issuer, decision.topic, decision.instant) == (ISSUER, "INVESTOR", NOW)
    assert decide(direct, topic="BROKER_DEALER").reason is PathReason.TOPIC_NOT_COVERED


def test_a_path_leads_from_the_root_down():
    links = [link(MIDDLE, ISSUER), link(UPPER, MIDDLE), link(ROOT, UPPER)]
    assert decide(*links).path == (links[2], links[1], links[0])


def test_the_shortest_path_is_given():
    direct = link(ROOT, ISSUER)
    assert decide(link(MIDDLE, ISSUER), link(ROOT, MIDDLE), direct).path == (direct,)


def test_the_order_of_the_accreditations_does_not_matter():
    links = [link(MIDDLE, ISSUER), link(UPPER, ISSUER), link(ROOT, UPPER), link(ROOT, MIDDLE)]
    assert decide(*links) == decide(*reversed(links))


def test_an_issuer_nobody_accredited_is_not_accredited():
    assert decide().reason is PathReason.NOT_ACCREDITED
    assert decide(link(ROOT, MIDDLE)).reason is PathReason.NOT_ACCREDITED


def test_accrediting_others_needs_the_right_to_accredit():
    chain = (link(MIDDLE, ISSUER), link(ROOT, MIDDLE, may_accredit=False, path_length=0))
    assert decide(*chain).reason is PathReason.ACCREDITOR_MAY_NOT


def test_accreditations_are_issued_only_by_who_may_accredit():
    assert decide(link(ROOT, ISSUER), topic="CLAIM_ISSUER").accredited
    decision = decide(link(ROOT, ISSUER, may_accredit=False, path_length=0), topic="CLAIM_ISSUER")
    assert decision.reason is PathReason.TOPIC_NOT_COVERED


@pytest.mark.parametrize(("path_length", "accredited"), [(0, False), (1, True)])
def test_the_path_length_counts_the_accreditors_between(path_length, accredited):
    links = (link(MIDDLE, ISSUER), link(UPPER, MIDDLE), link(ROOT, UPPER, path_length=path_length))
    decision = decide(*links)
    assert decision.accredited is accredited
    assert decision.reason is (PathReason.ACCREDITED if accredited else PathReason.TOO_LONG)


def test_a_path_length_of_nought_allows_issuers_that_accredit_nobody():
    leaf = link(MIDDLE, ISSUER, may_accredit=False, path_length=0)
    assert decide(leaf, link(ROOT, MIDDLE, path_length=0)).accredited


def test_topics_never_widen_on_the_way_down():
    wide = link(MIDDLE, ISSUER, topics=frozenset({"INVESTOR", "BROKER_DEALER"}))
    assert decide(wide, link(ROOT, MIDDLE)).reason is PathReason.TOPICS_WIDENED
    narrow = link(MIDDLE, ISSUER, topics=frozenset({"INVESTOR"}))
    assert decide(narrow, link(ROOT, MIDDLE)).accredited


def test_an_accreditor_without_the_topic_cannot_give_it():
    above = link(ROOT, MIDDLE, topics=frozenset({"CUSTODIAN"}))
    assert decide(link(MIDDLE, ISSUER), above).reason is PathReason.TOPIC_NOT_COVERED


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revoked_at": NOW}, PathReason.REVOKED),
        ({"validity": Validity(START, NOW)}, PathReason.EXPIRED),
        ({"validity": year_from(NOW + timedelta(seconds=1))}, PathReason.NOT_YET_VALID),
    ],
)
def test_one_link_out_of_its_time_breaks_the_path(which, change, reason):
    ends = [(MIDDLE, ISSUER), (ROOT, MIDDLE)]
    links = [link(*end, **(change if position == which else {})) for position, end in enumerate(ends)]
    decision = decide(*links)
    assert (decision.accredited, decision.path, decision.reason) == (False, (), reason)


def test_a_revocation_counts_from_its_instant_on():
    revoked = link(ROOT, ISSUER, revoked_at=NOW)
    assert decide(revoked, instant=NOW - timedelta(seconds=1)).accredited
    assert not decide(revoked).accredited


def test_a_live_path_counts_beside_a_dead_one():
    dead = link(ROOT, ISSUER, revoked_at=NOW)
    assert decide(dead, link(MIDDLE, ISSUER), link(ROOT, MIDDLE)).accredited


def test_a_circle_without_a_root_ends():
    circle = (link(MIDDLE, ISSUER), link(UPPER, MIDDLE), link(MIDDLE, UPPER), link(ISSUER, ISSUER))
    assert decide(*circle).reason is PathReason.NO_ROOT


def test_a_circle_beside_a_path_does_no_harm():
    assert decide(link(MIDDLE, ISSUER), link(ISSUER, MIDDLE), link(ROOT, MIDDLE)).accredited


@pytest.mark.parametrize(("links", "accredited"), [(8, True), (9, False)])
def test_a_path_has_at_most_eight_links(links, accredited):
    names = [ROOT, *(f"did:web:n{number}.example" for number in range(links - 1)), ISSUER]
    chain = [link(upper, lower, path_length=16) for upper, lower in pairwise(names)]
    decision = decide(*chain)
    assert (decision.accredited, len(decision.path)) == (accredited, links if accredited else 0)
    assert decision.reason is (PathReason.ACCREDITED if accredited else PathReason.TOO_LONG)


def test_a_dense_mesh_is_decided_without_trying_every_path():
    names = [f"did:web:n{number}.example" for number in range(40)] + [ISSUER]
    mesh = [link(upper, lower, path_length=16) for upper in names for lower in names]
    assert decide(*mesh).reason in (PathReason.NO_ROOT, PathReason.TOO_LONG)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(NaiveInstant):
        decide(instant=datetime(2026, 1, 1))


def test_thousands_of_links_between_the_same_few_are_decided():
    below = [link(MIDDLE, ISSUER, id=f"a{number}") for number in range(3000)]
    above = [link(UPPER, MIDDLE, id=f"b{number}") for number in range(3000)]
    assert decide(*below, *above).reason is PathReason.NO_ROOT


def test_a_mesh_made_to_be_slow_is_given_up_and_accredits_nobody():
    reaches = [frozenset(pair) for pair in combinations(sorted(COUNTRY_CODES), 2)][:1000]
    pairs = [(MIDDLE, ISSUER), (UPPER, MIDDLE), (ROOT, UPPER)]
    links = [link(*pair, id=f"{pair}{number}", jurisdictions=reach) for pair in pairs for number, reach in enumerate(reaches)]
    begun = perf_counter()
    assert decide(*links).reason is PathReason.SEARCH_LIMIT
    assert perf_counter() - begun < 5
    roots = decide_root_threshold(ISSUER, "INVESTOR", [Root(ROOT)], links, NOW, at_least=1)
    assert (roots.accredited, roots.reason) == (False, ThresholdReason.SEARCH_LIMIT)
    quorum = decide_quorum([a_claim()], [Root(ROOT)], links, NOW, at_least=1, demand_jurisdictions=False)
    assert (quorum.held, quorum.reason) == (False, ThresholdReason.SEARCH_LIMIT)


def test_accreditations_with_one_id_are_two_accreditations():
    useless = link(UPPER, ISSUER, id="same", topics=frozenset({"INVESTOR"}))
    assert decide(useless, link(MIDDLE, ISSUER, id="same"), link(ROOT, MIDDLE)).accredited


@given(meshes)
def test_the_search_finds_a_path_exactly_when_there_is_one(links):
    paths = all_paths(links, ISSUER, [ROOT], None)
    decision = decide(*links)
    assert decision.accredited is bool(paths)
    assert len(decision.path) == min(map(len, paths), default=0)


@given(meshes, st.data())
def test_taking_an_accreditation_away_accredits_nobody(links, data):
    less = [one for one in links if data.draw(st.booleans())]
    assert decide(*links).accredited or not decide(*less).accredited


@given(meshes, st.data())
def test_revoking_an_accreditation_accredits_nobody(links, data):
    revoked = [replace(one, revoked_at=NOW) if data.draw(st.booleans()) else one for one in links]
    assert decide(*links).accredited or not decide(*revoked).accredited


@given(meshes, st.data())
def test_taking_a_topic_away_accredits_nobody_for_it(links, data):
    narrower = [replace(one, topics=one.topics - {"INVESTOR"}) if data.draw(st.booleans()) else one for one in links]
    assert decide(*links).accredited or not decide(*narrower).accredited


@given(meshes, st.data())
def test_a_root_that_gives_fewer_topics_accredits_nobody_else(links, data):
    narrower = [
        replace(one, topics=one.topics & {"INVESTOR"}) if one.accreditor == ROOT and data.draw(st.booleans()) else one
        for one in links
    ]
    assert decide(*links).accredited or not decide(*narrower).accredited


@given(meshes)
def test_every_accreditation_on_a_path_covers_what_was_asked(links):
    assert all("INVESTOR" in one.topics for one in decide(*links).path)
