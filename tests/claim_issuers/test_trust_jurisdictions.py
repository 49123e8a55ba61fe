"""Jurisdictions: where an accreditation reaches, and that it never reaches further on the way down."""

from dataclasses import replace

import pytest
from builders import EXCLUDED, ISSUER, LICENCE, NOW, OFFICE, ROOT
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import MIDDLE, REGIONS, UPPER, all_paths, link, meshes, places

from claim_issuers import Accreditation, PathDecision, Root, claim_type, decide_path, validate_attributes
from claim_issuers.trust.accreditation import PathReason
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, InvalidJurisdiction, covers, jurisdiction_of, within

SWITZERLAND = frozenset({"CH"})
UNITED_STATES = frozenset({"US"})
NEW_YORK = frozenset({"US-NY"})


def decide(*links: Accreditation, place: str | None, demanded: bool = True) -> PathDecision:
    jurisdiction = ClaimJurisdiction(place) if demanded else None
    return decide_path(ISSUER, "INVESTOR", [Root(ROOT)], links, NOW, jurisdiction=jurisdiction)


@pytest.mark.parametrize(
    ("reach", "place", "covered"),
    [
        (None, "CH", True),
        (SWITZERLAND, "CH", True),
        (SWITZERLAND, "DE", False),
        (UNITED_STATES, "US-NY", True),
        (NEW_YORK, "US-NY", True),
        (NEW_YORK, "US-CA", False),
        (NEW_YORK, "US", False),
        (SWITZERLAND | NEW_YORK, "CH", True),
    ],
)
def test_an_accreditation_covers_its_jurisdictions_and_their_parts(reach, place, covered):
    decision = decide(link(ROOT, ISSUER, jurisdictions=reach), place=place)
    assert decision.accredited is covered
    assert decision.reason is (PathReason.ACCREDITED if covered else PathReason.JURISDICTION_NOT_COVERED)
    assert decision.jurisdiction == ClaimJurisdiction(place)


def test_a_claim_without_a_jurisdiction_is_covered_only_by_accreditations_for_everywhere():
    decision = decide(link(ROOT, ISSUER, jurisdictions=SWITZERLAND), place=None)
    assert (decision.accredited, decision.reason) == (False, PathReason.JURISDICTION_MISSING)
    assert decide(link(ROOT, ISSUER), place=None).accredited


def test_a_claims_jurisdiction_is_asked_about_only_on_demand():
    decision = decide(link(ROOT, ISSUER, jurisdictions=SWITZERLAND), place=None, demanded=False)
    assert (decision.accredited, decision.jurisdiction) == (True, None)


def test_a_root_issues_everywhere():
    assert decide_path(ROOT, "INVESTOR", [Root(ROOT)], [], NOW, jurisdiction=ClaimJurisdiction(None)).accredited


@pytest.mark.parametrize("demanded", [True, False])
@pytest.mark.parametrize(
    ("above", "below", "accredited"),
    [
        (SWITZERLAND, SWITZERLAND, True),
        (None, SWITZERLAND, True),
        (SWITZERLAND, None, False),
        (SWITZERLAND, SWITZERLAND | NEW_YORK, False),
        (UNITED_STATES | SWITZERLAND, NEW_YORK | SWITZERLAND, True),
        (NEW_YORK | SWITZERLAND, UNITED_STATES | SWITZERLAND, False),
    ],
)
def test_jurisdictions_never_widen_on_the_way_down(above, below, accredited, demanded):
    links = link(ROOT, MIDDLE, jurisdictions=above), link(MIDDLE, ISSUER, jurisdictions=below)
    decision = decide(*links, place="CH", demanded=demanded)
    assert decision.accredited is accredited
    assert decision.reason is (PathReason.ACCREDITED if accredited else PathReason.JURISDICTIONS_WIDENED)


def test_everywhere_below_a_restriction_further_up_is_widening():
    links = link(ROOT, UPPER, jurisdictions=SWITZERLAND), link(UPPER, MIDDLE), link(MIDDLE, ISSUER)
    assert decide(*links, place="CH").reason is PathReason.JURISDICTIONS_WIDENED


@pytest.mark.parametrize(
    ("kind", "attributes", "code"),
    [
        ("INVESTOR", {"classification": "retail", "country": "DE"}, "DE"),
        ("INVESTOR", {"classification": "retail"}, None),
        ("FAMILY_OFFICE", OFFICE, "CH"),
        ("FAMILY_OFFICE", EXCLUDED, "US-NY"),
        ("CUSTODIAN", LICENCE, "CH"),
        ("BROKER_DEALER", LICENCE, "CH"),
        ("INVESTMENT_MANAGER", LICENCE, "CH"),
        ("CLAIM_ISSUER", {"topics": ["INVESTOR"], "jurisdictions": ["CH"]}, None),
    ],
)
def test_a_claims_jurisdiction_is_in_its_attributes(kind, attributes, code):
    assert jurisdiction_of(validate_attributes(claim_type(kind), attributes)) == ClaimJurisdiction(code)


@pytest.mark.parametrize("code", ["", "ch", "CHE", "UK", "US-", "US-NYNY", "US-ny", "CH ", "CH\n"])
def test_a_jurisdiction_is_an_iso_3166_code(code):
    with pytest.raises(InvalidJurisdiction):
        ClaimJurisdiction(code)
    with pytest.raises(InvalidJurisdiction):
        link(ROOT, ISSUER, jurisdictions=frozenset({"CH", code}))


def test_a_restriction_names_a_jurisdiction():
    with pytest.raises(InvalidJurisdiction):
        link(ROOT, ISSUER, jurisdictions=frozenset())


@given(st.frozensets(places, min_size=1), st.frozensets(places, min_size=1), places)
def test_what_lies_within_covers_no_more(narrower, wider, place):
    assert not (within(narrower, wider) and covers(narrower, place)) or covers(wider, place)


@given(meshes, places)
def test_the_search_knows_every_place_that_a_path_reaches(links, place):
    decision = decide(*links, place=place)
    assert decision.accredited is bool(all_paths(links, ISSUER, [ROOT], place))
    assert all(covers(one.jurisdictions, place) for one in decision.path)


@given(meshes, places, st.data())
def test_taking_a_place_away_accredits_nobody_for_it(links, place, data):
    elsewhere = frozenset(code for code in REGIONS if not REGIONS[code] & REGIONS[place])
    narrower = [
        replace(one, jurisdictions=(one.jurisdictions or frozenset(REGIONS)) & elsewhere or elsewhere)
        if data.draw(st.booleans())
        else one
        for one in links
    ]
    assert decide(*links, place=place).accredited or not decide(*narrower, place=place).accredited
