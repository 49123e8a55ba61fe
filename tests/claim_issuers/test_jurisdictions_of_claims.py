"""The place that a claim is about, from its attributes to every decision: issued, shown in any form, and behind an order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from accrediting import under
from builders import ACCOUNT, ISSUER, ISSUER_SIGNER, NOW, ROOT, STATUS_LIST, VALID, a_claim, year_from
from onchain_claims import FORMS, IDENTITY_CONTRACT, INSTANT, ISSUER_CONTRACT, verified
from onchain_claims import accredited as accredited_on_chain
from onchain_claims import signed as signed_on_chain
from trust_meshes import MIDDLE, link

from claim_issuers import (
    Accreditation,
    BearerAccepted,
    Check,
    ClaimRequest,
    CredentialTypes,
    OnChainTarget,
    Outcome,
    Profile,
    SdJwt,
    SdJwtVc,
    StatusEntry,
    claim_type,
    validate_attributes,
    verify_order,
    verify_sd_jwt_vc,
    verify_vc_jwt,
)
from claim_issuers.formats import vc_jwt
from claim_issuers.issuers.profile import ClaimIssuerNotAccredited
from claim_issuers.orders.errors import OrderClaimIssuerNotAccredited
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, jurisdiction_of
from claim_issuers.verifiers.claim_checks import jurisdiction_shown
from tests.claim_issuers.ordering import NETWORK, Network, accreditation, signed

EVERYWHERE, SWISS, AMERICAN = (link(ROOT, ISSUER, jurisdictions=reach) for reach in (None, frozenset({"CH"}), frozenset({"US-NY"})))
WIDENED = (link(ROOT, MIDDLE, jurisdictions=frozenset({"CH"})), link(MIDDLE, ISSUER, jurisdictions=frozenset({"CH", "DE"})))
PROFILE = Profile(claim_issuer=ISSUER, claim_types=frozenset({"INVESTOR"}), max_validity=timedelta(days=366))
TYPES = CredentialTypes("https://issuer.example/credential-types")
SOMEWHERE, NOWHERE = {"classification": "retail", "country": "CH"}, {"classification": "retail"}
each_refusal = pytest.mark.parametrize(
    ("links", "attributes", "reason"),
    [
        ([AMERICAN], SOMEWHERE, "jurisdiction_not_covered"),
        ([SWISS], NOWHERE, "claim_without_jurisdiction"),
        (WIDENED, SOMEWHERE, "jurisdictions_exceed_accreditor"),
    ],
)


def prepared(links: Any, attributes: dict[str, str]) -> Any:
    place = jurisdiction_of(validate_attributes(claim_type("INVESTOR"), attributes))
    request = ClaimRequest(
        id="urn:example:claim:1",
        claim_type="INVESTOR",
        account=ACCOUNT,
        holder_jwk=None,
        attributes=attributes,
        validity=year_from(),
    )
    decision = under(*links)(ISSUER, "INVESTOR", place)
    return PROFILE.prepare(request, accreditation=decision, status=StatusEntry(STATUS_LIST, 7), instant=NOW)


@each_refusal
def test_a_claim_is_not_made_where_its_issuers_path_does_not_reach(links, attributes, reason):
    with pytest.raises(ClaimIssuerNotAccredited) as refused:
        prepared(links, attributes)
    assert refused.value.data["reason"] == reason


@pytest.mark.parametrize(("links", "attributes"), [([SWISS], SOMEWHERE), ([EVERYWHERE], SOMEWHERE), ([EVERYWHERE], NOWHERE)])
def test_a_claim_is_made_where_its_issuers_path_reaches(links, attributes):
    assert prepared(links, attributes).claim.attributes_json() == attributes


def test_an_on_chain_form_is_not_made_where_its_issuers_path_does_not_reach():
    target = OnChainTarget(
        chain_id=1, issuer_contract=ISSUER_CONTRACT, identity_contract=IDENTITY_CONTRACT, status_index=9, salt16=bytes(16)
    )
    decision = under(AMERICAN)(ISSUER, "INVESTOR", ClaimJurisdiction("CH"))
    with pytest.raises(ClaimIssuerNotAccredited) as refused:
        PROFILE.prepare_on_chain(a_claim(), target=target, accreditation=decision, instant=NOW)
    assert refused.value.data["reason"] == "jurisdiction_not_covered"


def accreditation_of_vc_jwt(links: Any, attributes: dict[str, str]) -> Check:
    token = vc_jwt.encode(a_claim(attributes=attributes), ISSUER_SIGNER)
    report = verify_vc_jwt(token, keys=lambda did, kid: ISSUER_SIGNER.public_key, instant=NOW, accreditation=under(*links))
    return report.check("accreditation")


def accreditation_of_sd_jwt_vc(links: Any, attributes: dict[str, str], shown: tuple[str, ...]) -> Check:
    issued = SdJwtVc(TYPES, bytes(32)).encode(a_claim(attributes=attributes), ISSUER_SIGNER)
    report = verify_sd_jwt_vc(
        str(SdJwt.parse(issued).disclosing(shown)),
        keys=lambda did, kid: ISSUER_SIGNER.public_key,
        types=TYPES,
        instant=NOW,
        binding=BearerAccepted(),
        accreditation=under(*links),
    )
    return report.check("accreditation")


@each_refusal
def test_a_credential_fails_where_its_issuers_path_does_not_reach(links, attributes, reason):
    failed = Check("accreditation", Outcome.FAILED, reason)
    assert accreditation_of_vc_jwt(links, attributes) == failed
    assert accreditation_of_sd_jwt_vc(links, attributes, tuple(attributes)) == failed


def test_a_credential_passes_where_its_issuers_path_reaches():
    assert accreditation_of_vc_jwt([SWISS], SOMEWHERE).outcome is Outcome.PASSED
    assert accreditation_of_sd_jwt_vc([SWISS], SOMEWHERE, ("country",)).outcome is Outcome.PASSED


def test_an_accreditor_for_some_places_passes_on_what_it_has():
    claim = a_claim(kind="CLAIM_ISSUER", attributes={"topics": ["INVESTOR"], "jurisdictions": ["CH"]})
    token = vc_jwt.encode(claim, ISSUER_SIGNER)
    report = verify_vc_jwt(token, keys=lambda did, kid: ISSUER_SIGNER.public_key, instant=NOW, accreditation=under(SWISS))
    assert report.check("accreditation").outcome is Outcome.PASSED


def test_a_withheld_country_is_no_country():
    withheld = accreditation_of_sd_jwt_vc([SWISS], SOMEWHERE, ("classification",))
    assert withheld == Check("accreditation", Outcome.FAILED, "claim_without_jurisdiction")
    assert accreditation_of_sd_jwt_vc([EVERYWHERE], SOMEWHERE, ()).outcome is Outcome.PASSED


@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_what_is_shown_in_full_lies_where_the_claim_lies(kind, attributes):
    claim = a_claim(kind=kind, attributes=attributes)
    issued = SdJwtVc(TYPES, bytes(32)).encode(claim, ISSUER_SIGNER)
    shown = SdJwtVc(TYPES, bytes(32)).read(SdJwt.parse(issued), keys=lambda did, kid: ISSUER_SIGNER.public_key)
    assert jurisdiction_shown(shown) == jurisdiction_shown(claim) == jurisdiction_of(claim.attributes)


@pytest.mark.parametrize("kind", ["FAMILY_OFFICE", "CUSTODIAN"])
def test_an_intermediary_that_shows_nothing_lies_nowhere(kind):
    claim = a_claim(kind=kind, attributes=dict(VALID)[kind])
    issued = SdJwt.parse(SdJwtVc(TYPES, bytes(32)).encode(claim, ISSUER_SIGNER)).disclosing(())
    shown = SdJwtVc(TYPES, bytes(32)).read(issued, keys=lambda did, kid: ISSUER_SIGNER.public_key)
    assert jurisdiction_shown(shown) == ClaimJurisdiction(None)


def test_a_claim_on_chain_fails_where_its_issuers_path_does_not_reach():
    form = FORMS["erc735"]
    swiss = replace(accredited_on_chain(), lookup=under(replace(SWISS, validity=year_from(INSTANT)), instant=INSTANT))
    assert verified(signed_on_chain(form), form, accreditation=swiss).ok
    report = verified(signed_on_chain(form), form, accreditation=replace(swiss, jurisdiction=ClaimJurisdiction("DE")))
    assert report.check("accreditation") == Check("accreditation", Outcome.FAILED, "jurisdiction_not_covered")


def reached(*codes: str) -> list[Accreditation]:
    return [accreditation(jurisdictions=frozenset(codes))]


def test_an_order_rests_on_a_licence_of_a_place_that_the_path_reaches():
    assert Network(accreditations=reached("CH", "DE")).verify(signed()).ok
    verification = Network(accreditations=reached("US")).verify(signed())
    assert {check.code for check in verification.checks if check.outcome is not Outcome.PASSED} == {"accreditation"}
    with pytest.raises(OrderClaimIssuerNotAccredited):
        verification.require()


def test_a_decision_about_another_place_says_nothing_about_an_order():
    network = Network(accreditations=reached("CH"))
    evidence = network.evidence()
    elsewhere = replace(evidence, claims=tuple(replace(one, jurisdiction=ClaimJurisdiction("DE")) for one in evidence.claims or ()))
    verification = verify_order(signed(), network=NETWORK, evidence=elsewhere, instant=network.now)
    assert {check.reason for check in verification.checks} == {None, "decision_about_another_case"}
