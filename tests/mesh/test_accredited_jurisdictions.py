"""Accreditations for some places only: which claims they cover, below whom, and how a refusal reads."""

from collections.abc import Mapping
from typing import Any

from claim_issuers.formats import jose
from claim_issuers.verifiers.checks import Check, Outcome
from identity_service.demo.verifying import Verifier
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.mesh.test_accreditations import Branch, decide, recorded
from tests.support.browsing import seated, visit, words
from tests.support.desk import RETAIL, SOMEBODY, Desk, accredit

ENGINES = ONE_ENGINE

SWISS, GERMAN = {**RETAIL, "country": "CH"}, {**RETAIL, "country": "DE"}
OFFICER = 20


def refusal(desk: Desk, branch: Branch, wallet: Wallet, attributes: Mapping[str, Any]) -> str:
    """Why the branch's approval of such an application is refused, in words."""
    application = desk.apply_to(branch.id, wallet, attributes=attributes)
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    path = f"/v1/applications/{application}/decision"
    answer = desk.stand.request("POST", path, branch.session, json={"outcome": "approve"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "claim_issuer_not_accredited")
    return str(answer.get_json()["detail"]).removeprefix("the claim issuer is not accredited for this: ")


def test_a_claim_is_issued_only_about_a_place_that_the_accreditation_names(desk: Desk) -> None:
    branch, actors = Branch(desk, 21), desk.onchain.actors
    link = accredit(desk.root, desk.root_id, branch.person, topics=["INVESTOR"], jurisdictions=["CH", "US-NY"])
    assert recorded(desk)[link]["jurisdictions"] == ["CH", "US-NY"]
    assert recorded(desk)[desk.accreditation]["jurisdictions"] is None

    assert decide(desk, branch.session, desk.apply_to(branch.id, actors.alice, attributes=SWISS))[0] == 201
    assert "does not reach the country" in refusal(desk, branch, actors.bob, GERMAN)
    assert "the claim names none" in refusal(desk, branch, actors.carol, RETAIL)


def test_nobody_passes_on_more_places_than_were_given(desk: Desk) -> None:
    middle, leaf = Branch(desk, 21, ("INVESTOR", "CLAIM_ISSUER")), Branch(desk, 22)
    upper: dict[str, Any] = {"topics": ["INVESTOR"], "may_accredit": True, "jurisdictions": ["CH"]}
    accredit(desk.root, desk.root_id, middle.person, **upper)
    accredit(middle.session, middle.id, leaf.person, topics=["INVESTOR"], jurisdictions=["CH", "DE"])
    assert "its accreditor's own does not reach" in refusal(desk, leaf, desk.onchain.actors.alice, SWISS)

    accredit(middle.session, middle.id, leaf.person, topics=["INVESTOR"], jurisdictions=["CH"])
    assert decide(desk, leaf.session, desk.apply_to(leaf.id, desk.onchain.actors.carol, attributes=SWISS))[0] == 201


def test_an_eligibility_answer_asks_about_the_place_of_each_claim(desk: Desk) -> None:
    actors = desk.onchain.actors
    for wallet, attributes in ((actors.alice, RETAIL), (actors.bob, SWISS), (actors.carol, GERMAN)):
        desk.claim(wallet, attributes=attributes)
        assert desk.checks(wallet)["claim_issuer_accredited"] == "passed", "no restriction, no question"
    desk.accredited_only_in("CH")

    def reason(wallet: Wallet) -> tuple[str, str]:
        found = next(one for one in desk.eligibility(wallet)["reasons"] if one["check"] == "claim_issuer_accredited")
        return found["outcome"], found["reason"]

    assert reason(actors.bob)[0] == "passed"
    for wallet in (actors.alice, actors.carol):
        assert reason(wallet) == ("failed", "accreditation_revoked"), "the one that covered its claim"


def test_a_stranger_finds_the_same_in_what_is_published(desk: Desk) -> None:
    actors = desk.onchain.actors

    def accreditation(wallet: Wallet, claim: str) -> Check:
        credential = desk.stand.person(wallet).text(f"/v1/me/claims/{claim}/forms/vc+jwt")
        return Verifier(desk.stand.transport).verify(credential, wallet.account).check("accreditation")

    swiss, german = desk.claim(actors.alice, attributes=SWISS), desk.claim(actors.bob, attributes=GERMAN)
    desk.accredited_only_in("CH")
    assert accreditation(actors.alice, swiss).outcome is Outcome.PASSED
    assert accreditation(actors.bob, german) == Check("accreditation", Outcome.FAILED, "accreditation_revoked")


def test_the_pages_say_where_an_accreditation_reaches(desk: Desk) -> None:
    branch = Branch(desk, 21)
    accredit(desk.root, desk.root_id, branch.person, topics=["INVESTOR"], jurisdictions=["CH"])
    page = words(visit(desk.stand).get("/mesh").text)
    assert "Mesh Root accredits Branch 21 for investor claim in Switzerland (CH) (in force)" in page
    assert "only in Switzerland (CH)" in page
    assert "Branch 21 investor claim (for some countries only)" in page
    application = desk.apply_to(branch.id, desk.onchain.actors.alice, attributes=GERMAN)
    party = desk.stand.http.get(f"/v1/claim-issuers/{branch.id}").get_json()["party"]
    officer = seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(OFFICER), "claim_issuer", party)
    case = words(officer.get(f"/desk/applications/{application}").text)
    assert "Not accredited Its accreditation does not reach the country that the claim is about." in case


def test_an_accreditation_names_the_organisation_that_it_accredits(desk: Desk) -> None:
    branch, root = Branch(desk, 21), desk.root
    for link in (
        accredit(root, desk.root_id, branch.person, topics=["INVESTOR"]),
        accredit(root, desk.root_id, branch.person, topics=["INVESTOR"], claim_issuer=_did(desk, branch.id)),
    ):
        credential = branch.person.text(f"/v1/me/claims/{link}/forms/vc+jwt")
        said = jose.read_unverified(credential).payload["credentialSubject"]["attributes"]
        assert said["claim_issuer"] == recorded(desk)[link]["claim_issuer"] == _did(desk, branch.id)


def test_nobody_applies_for_the_accreditation_of_somebody_else(desk: Desk) -> None:
    branch = Branch(desk, 21)
    nobody = desk.stand.person(desk.onchain.actors.alice)
    for person, party in ((branch.person, None), (nobody, SOMEBODY)):
        terms = {"topics": ["INVESTOR"], "claim_issuer": desk.issuer["did"]}
        wanted = {"claim_issuer": desk.root_id, "claim_type": "CLAIM_ISSUER", "attributes": terms, "party": party}
        headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
        answer = desk.stand.request("POST", "/v1/applications", person, json=wanted, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "accredited_not_applicant")
        assert answer.get_json()["errors"][0]["pointer"] == "/attributes/claim_issuer"


def _did(desk: Desk, claim_issuer: str) -> str:
    return str(desk.stand.http.get(f"/v1/claim-issuers/{claim_issuer}").get_json()["did"])
