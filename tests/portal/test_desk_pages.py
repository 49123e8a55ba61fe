"""The officer's desk: what waits and how long, the evidence of an application, and the decision."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit, words
from tests.support.desk import DAY, SOMEBODY, Desk
from tests.support.queries import counted
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

HOSTILE = "Maya <script>alert(1)</script> Rosenthal"
OFFICER = 20


@pytest.fixture
def officer(desk: Desk) -> FlaskClient:
    """The browser of the claim issuer's officer."""
    wallet = desk.onchain.devchain.wallet(OFFICER)
    return seated(desk.stand, desk.administrator, wallet, "claim_issuer", desk.issuer["party"])


def place(application: str, act: str = "") -> str:
    return f"/desk/applications/{application}{act}"


def state(desk: Desk, application: str) -> dict[str, Any]:
    found = desk.session.get(f"/v1/applications/{application}")
    return {name: found[name] for name in ("state", "reason", "claim")}


def test_what_waits_longest_comes_first_without_a_name(desk: Desk, officer: FlaskClient) -> None:
    assert "Nothing waits for you" in words(officer.get("/desk").text)
    first = desk.apply(desk.onchain.actors.alice)
    desk.stand.clock.advance(timedelta(minutes=100))
    second = desk.apply(desk.onchain.actors.bob)
    page = officer.get("/desk").text
    assert page.index(first) < page.index(second)
    assert "2 applications wait for a decision." in words(page)
    assert "100 minutes" in words(page)
    assert "Rosenthal" not in page


def test_decided_applications_leave_the_queue_and_are_found_by_their_state(desk: Desk, officer: FlaskClient) -> None:
    application = desk.apply(desk.onchain.actors.alice)
    desk.approve(application)
    assert application not in officer.get("/desk").text
    assert application in officer.get("/desk?state=approved").text
    assert application not in officer.get("/desk?state=rejected").text
    assert officer.get("/desk?state=lost").status_code == 400


def test_a_long_queue_is_read_page_by_page(desk: Desk, officer: FlaskClient) -> None:
    service = desk.stand.service
    applications = [desk.apply(desk.onchain.devchain.wallet(number)) for number in range(40, 92)]
    first = officer.get("/desk").text
    following = next(link for link in elements(first).links if "after=" in link).replace("&amp;", "&")
    second = officer.get(following).text
    on_pages = [[one for one in applications if one in page] for page in (first, second)]
    assert [len(found) for found in on_pages] == [50, 2]
    assert sorted(on_pages[0] + on_pages[1]) == sorted(applications)
    with counted(service.db) as sent:
        officer.get("/desk")
    assert len(sent) < 12


def test_the_evidence_is_shown_and_the_applicant_can_see_that_it_was(desk: Desk, officer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    office = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Linden Family Office AG"})["id"]
    content = {
        "claim_issuer": desk.issuer["id"],
        "claim_type": "INVESTOR",
        "attributes": {"classification": "retail", "country": "CH"},
        "party": {**SOMEBODY, "legal_name": HOSTILE},
        "intermediary": office,
    }
    application = desk.stand.person(alice).post("/v1/applications", content)["id"]
    page = officer.get(place(application)).text
    said = words(page)
    for sentence in (
        f"{HOSTILE} asks for an investor claim",
        "Classification Retail investor",
        "says that Linden Family Office AG is their intermediary. Linden Family Office AG has not confirmed this.",
        f"Wallet address {alice.account}",
        "Mesh Root accredits Helvetia Claims",
        "none yet; it is needed before a claim can stand on chain",
        "This reading is recorded",
        "No documents were sent with it.",
        "Holds for the applicant: it is their own account",
        "Country Switzerland (CH)",
    ):
        assert sentence in said, sentence
    assert "<script>alert" not in page
    assert "style" not in elements(page).attributes
    readings = desk.stand.person(alice).get("/v1/me/disclosures")["items"]
    assert [(one["basis"]["kind"], one["fields"]) for one in readings] == [("application", ["country", "email", "legal_name"])]


def test_the_desk_reads_whether_the_intermediary_itself_invited_the_applicant(desk: Desk, officer: FlaskClient) -> None:
    office = desk.licensed(30)
    made = desk.stand.machine("family_office", office.party).post(
        "/v1/invitations", {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"}
    )
    code, said = made["url"].rpartition("/")[2], {"attributes": {"classification": "retail"}, "party": SOMEBODY}
    alice, bob = (desk.stand.person(wallet) for wallet in (desk.onchain.actors.alice, desk.onchain.actors.bob))
    invited = alice.post(f"/v1/invitation-codes/{code}/application", said)["id"]
    assert "an intermediary that invited them The application says which." in words(officer.get("/desk").text)
    assert "as a client of Linden Family Office AG, invited by Linden Family Office AG" in words(officer.get(place(invited)).text)
    named = {**said, "claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "intermediary": office.party}
    bob.post("/v1/applications", named)
    assert "an intermediary, by their own word" in words(officer.get("/desk").text)


def test_earlier_claims_and_a_missing_accreditation_are_told(desk: Desk, officer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    earlier = desk.claim(alice)
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    page = officer.get(place(desk.apply(alice))).text
    assert f"/desk/claims/{earlier}" in elements(page).links
    assert "Not accredited" in words(page)


def test_an_approval_issues_the_claim_for_as_long_as_was_chosen(desk: Desk, officer: FlaskClient) -> None:
    for wallet, said, days in (
        (desk.onchain.actors.alice, {"validity": "quarter", "days": ""}, 90),
        (desk.onchain.actors.bob, {"validity": "custom", "days": "5"}, 5),
    ):
        application = desk.apply(wallet)
        answer = officer.post(place(application, "/approve"), data=said)
        assert (answer.status_code, answer.location) == (303, place(application))
        claim = desk.session.get(f"/v1/claims/{state(desk, application)['claim']}")
        assert claim["state"] == "live"
        assert claim["forms"][0]["state"] == "signed"
        begun = desk.stand.clock.now().replace(microsecond=0)
        assert claim["valid_until"] == (begun + timedelta(days=days)).isoformat()
        page = officer.get(place(application)).text
        assert "Approved on" in words(page)
        assert "asked for an investor claim: approved" in words(page)
        assert '<form method="post" action="/desk' not in page


@pytest.mark.parametrize(
    "said", [{"validity": "custom", "days": ""}, {"validity": "custom", "days": "x"}, {"validity": "custom", "days": "1800"}]
)
def test_a_validity_that_cannot_be_stands_beside_its_field(desk: Desk, officer: FlaskClient, said: dict[str, str]) -> None:
    application = desk.apply(desk.onchain.actors.alice)
    answer = officer.post(place(application, "/approve"), data=said)
    assert answer.status_code == 422
    assert 'id="days-fault"' in answer.text
    assert state(desk, application)["state"] == "submitted"


def test_a_rejection_needs_a_reason_and_keeps_its_code(desk: Desk, officer: FlaskClient) -> None:
    application = desk.apply(desk.onchain.actors.alice)
    for said in ({}, {"reason": "i_do_not_like_them"}):
        answer = officer.post(place(application, "/reject"), data=said)
        assert answer.status_code == 422
        assert 'id="reason-fault"' in answer.text
    assert "Choose one." in words(officer.post(place(application, "/reject"), data={}).text)
    assert officer.post(place(application, "/reject"), data={"reason": "licence_not_confirmed"}).status_code == 303
    assert state(desk, application) == {"state": "rejected", "reason": "licence_not_confirmed", "claim": None}
    assert "The supervisor does not confirm the licence." in words(officer.get(place(application)).text)


def test_whoever_decides_second_is_told_that_it_changed_nothing(desk: Desk, officer: FlaskClient) -> None:
    application = desk.apply(desk.onchain.actors.alice)
    desk.approve(application)
    for act, said in (("/reject", {"reason": "not_eligible"}), ("/approve", {"validity": "year"})):
        answer = officer.post(place(application, act), data=said)
        assert answer.status_code == 409
        assert "Somebody decided this application before you" in words(answer.text)
    assert state(desk, application)["state"] == "approved"


def test_the_desk_is_for_officers_of_this_claim_issuer(desk: Desk, officer: FlaskClient) -> None:
    application = desk.apply(desk.onchain.actors.alice)
    alice, stranger = browse(desk.stand, desk.onchain.actors.alice), visit(desk.stand)
    root = seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(31), "claim_issuer", _party_of_root(desk))
    for where in ("/desk", place(application)):
        assert alice.get(where).status_code == 403
        assert stranger.get(where).location.startswith("/sign-in?next=")
    assert application not in root.get("/desk").text
    assert root.get(place(application)).status_code == 404
    assert root.post(place(application, "/approve"), data={"validity": "year"}).status_code == 404
    assert alice.post(place(application, "/approve"), data={"validity": "year"}).status_code == 403
    foreign = officer.post(place(application, "/approve"), data={"validity": "year"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert state(desk, application)["state"] == "submitted"


def test_pages_and_api_decide_alike(desk: Desk, officer: FlaskClient) -> None:
    """The same act behind both: neither leaves an approval unsigned, even if the process dies (a job watches the intent)."""
    application = desk.apply(desk.onchain.actors.alice)
    officer.post(place(application, "/approve"), data={"validity": "year"})
    desk.approve(desk.apply(desk.onchain.actors.bob), 30 * DAY)
    service = desk.stand.service
    with service.db.read() as session:
        entries = [one.action for one in service.audit.entries(session, limit=1000)]
        claims = desk.session.get("/v1/claims")["items"]
        watched = [service.jobs.find(session, f"complete:{form['id']}") for one in claims for form in _forms(desk, one["id"])]
    assert entries.count("claim.intended") - 1 == entries.count("form.signed") - 1 == 2, "one more of each is the accreditation"
    assert len(watched) == 2
    assert None not in watched


def _forms(desk: Desk, claim: str) -> list[dict[str, Any]]:
    return list(desk.session.get(f"/v1/claims/{claim}")["forms"])


def _party_of_root(desk: Desk) -> str:
    found = desk.administrator.get("/v1/claim-issuers")["items"]
    return str(next(one["party"] for one in found if one["id"] == desk.root_id))
