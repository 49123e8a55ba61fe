"""An inviter's own pages: its invitations, a new one, and each with its code and how far it is."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit, words
from tests.support.desk import Desk
from tests.support.queries import counted

ENGINES = ONE_ENGINE

OFFICE_SEAT, OTHER_SEAT, OFFICER_SEAT, REGULATOR_SEAT = 30, 31, 20, 32


def firm(desk: Desk, index: int, legal_name: str) -> FlaskClient:
    """The browser of a family office that has its licence claim."""
    own = desk.licensed(index, legal_name)
    return seated(desk.stand, desk.administrator, own.wallet, "family_office", own.party)


@pytest.fixture
def office(desk: Desk) -> FlaskClient:
    """The browser of a family office."""
    return firm(desk, OFFICE_SEAT, "Linden Family Office AG")


def sent(desk: Desk, browser: FlaskClient, **more: str) -> str:
    """The path of a new invitation's page."""
    said = {"claim_type": "INVESTOR", "claim_issuer": desk.issuer["id"], "reference": "", "days": "7", **more}
    answer = browser.post("/invitations", data=said)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def code_of(page: str) -> str:
    return re.findall(r'src="(/i/[a-z2-7]{26})/qr.svg"', page)[0]


def test_an_office_makes_an_invitation_and_is_shown_its_code(desk: Desk, office: FlaskClient) -> None:
    page = office.get(sent(desk, office, reference="client-7")).text
    assert "Invitation client-7" in words(page)
    assert "Helvetia Claims" in words(page)
    landing = visit(desk.stand).get(code_of(page))
    assert "Linden Family Office AG invites you to get an investor claim" in words(landing.text)


def test_the_list_shows_the_newest_first_each_with_its_state(desk: Desk, office: FlaskClient) -> None:
    first = sent(desk, office, reference="older")
    desk.stand.clock.advance(timedelta(seconds=1))
    sent(desk, office, reference="newer")
    visit(desk.stand).get(code_of(office.get(first).text))
    said = words(office.get("/invitations").text)
    assert said.index("newer") < said.index("older")
    assert "newer Investor claim not opened yet" in said
    assert "older Investor claim opened" in said


def test_an_office_sees_its_own_invitations_only(desk: Desk, office: FlaskClient) -> None:
    mine = sent(desk, office, reference="mine")
    other = firm(desk, OTHER_SEAT, "Harbour Family Office")
    assert "mine" not in words(other.get("/invitations").text)
    assert other.get(mine).status_code == 404
    assert other.get(f"{mine}/state").status_code == 404
    assert other.post(f"{mine}/withdraw").status_code == 404
    assert "not opened yet" in words(office.get(mine).text)


def test_an_invitation_can_be_taken_back_while_nobody_has_used_it(desk: Desk, office: FlaskClient) -> None:
    mine = sent(desk, office)
    before = office.get(mine).text
    assert before.index("<details>") < before.index("This cannot be undone") < before.index("Take it back now</button>")
    assert office.post(f"{mine}/withdraw").status_code == 303
    page = office.get(mine).text
    assert "taken back" in words(page)
    assert "qr.svg" not in page
    again = office.post(f"{mine}/withdraw")
    assert again.status_code == 409
    assert "It could not be taken back" in words(again.text)


def test_what_is_wrong_with_an_invitation_stands_beside_its_field(desk: Desk, office: FlaskClient) -> None:
    def faults(**said: str) -> list[str]:
        answer = office.post(
            "/invitations", data={"claim_type": "INVESTOR", "claim_issuer": desk.issuer["id"], "days": "7", **said}
        )
        assert answer.status_code == 422
        return re.findall(r'class="fault" id="([a-z_]+)-fault"', answer.text)

    assert faults(reference="Anna Maria Feldkirch", days="90") == ["reference", "days"]
    spaced = {"claim_type": "INVESTOR", "claim_issuer": desk.issuer["id"], "days": "7", "reference": "two words"}
    assert "Letters, digits, dots, dashes and underscores, no spaces" in words(office.post("/invitations", data=spaced).text)
    assert faults(claim_type="FAMILY_OFFICE") == ["claim_type"]
    assert faults(claim_issuer="") == ["claim_issuer"]
    assert "None yet." in words(office.get("/invitations").text)


def test_a_claim_issuer_invites_for_each_of_its_claim_types_and_names_no_other(desk: Desk) -> None:
    wallet = desk.onchain.devchain.wallet(OFFICER_SEAT)
    officer = seated(desk.stand, desk.administrator, wallet, "claim_issuer", desk.issuer["party"])
    said = words(officer.get("/invitations").text)
    assert all(kind in said for kind in ("Investor claim", "Family office claim", "Custodian claim"))
    assert "Who is to decide" not in said
    made = officer.post("/invitations", data={"claim_type": "CUSTODIAN", "days": "1"})
    assert "Custodian claim" in words(officer.get(made.location).text)


def test_the_state_keeps_itself_up_to_date(desk: Desk, office: FlaskClient) -> None:
    mine = sent(desk, office)
    before = office.get(f"{mine}/state").text
    visit(desk.stand).get(code_of(office.get(mine).text))
    after = office.get(f"{mine}/state").text
    assert "opened" in words(after)
    assert re.findall(r'data-version="([^"]*)"', before) != re.findall(r'data-version="([^"]*)"', after)


def test_these_pages_are_for_those_who_may_invite(desk: Desk, office: FlaskClient) -> None:
    mine = sent(desk, office)
    for browser, status in ((browse(desk.stand, desk.onchain.actors.alice), 403), (visit(desk.stand), 303)):
        assert browser.get("/invitations").status_code == status
        assert browser.get(mine).status_code == status
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Market Supervision"})["id"]
    regulator = seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(REGULATOR_SEAT), "regulator", party)
    assert regulator.get("/invitations").status_code == 403
    foreign = office.post(f"{mine}/withdraw", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert "not opened yet" in words(office.get(mine).text)


def test_more_invitations_cost_no_more_queries(desk: Desk, office: FlaskClient) -> None:
    db = desk.stand.service.db
    sent(desk, office)
    with counted(db) as few:
        office.get("/invitations")
    for number in range(4):
        sent(desk, office, reference=f"client-{number}")
    with counted(db) as many:
        assert "client-3" in office.get("/invitations").text
    assert len(many) == len(few)
