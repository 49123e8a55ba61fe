"""The page behind an invitation's QR code, in a browser without scripts: each state of it, the form, and who sees what."""

import html
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from identity_service.demo.api import Session
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit, words
from tests.support.desk import RETAIL, Desk
from tests.support.queries import counted
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

OFFICE = "Linden <script>alert(1)</script> Family Office AG"
OFFICE_WALLET, OWN_WALLET = 30, 31
SAID = {
    "kind": "natural_person",
    "party.legal_name": "Ruth Zbinden",
    "party.country": "ch",
    "party.email": "",
    "capacity": "own",
    "attributes.classification": "professional",
    "attributes.country": "",
    "consent": "yes",
}


@dataclass(frozen=True)
class Hall:
    """A desk, and an office that invites its clients to it."""

    desk: Desk
    office: Session

    def invite(self, **more: Any) -> dict[str, Any]:
        return dict(self.office.post("/v1/invitations", {"claim_issuer": self.desk.issuer["id"], "claim_type": "INVESTOR", **more}))

    def state(self, invitation: dict[str, Any]) -> str:
        return str(self.office.get(f"/v1/invitations/{invitation['id']}")["state"])

    def waiting(self) -> list[dict[str, Any]]:
        return list(self.desk.session.get("/v1/applications", state="submitted")["items"])

    def stranger(self) -> FlaskClient:
        return visit(self.desk.stand)

    def browser(self, name: str) -> FlaskClient:
        return browse(self.desk.stand, getattr(self.desk.onchain.actors, name))

    def applied(self) -> tuple[dict[str, Any], FlaskClient]:
        """Alice has sent the form."""
        invitation, alice = self.invite(), self.browser("alice")
        assert alice.post(path(invitation), data=SAID).status_code == 303
        return invitation, alice


@pytest.fixture
def hall(desk: Desk) -> Hall:
    return Hall(desk, desk.stand.machine("family_office", desk.licensed(OFFICE_WALLET, OFFICE).party))


def path(invitation: dict[str, Any], more: str = "") -> str:
    return urlsplit(str(invitation["url"])).path + more


def shown(browser: FlaskClient, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200, answer.text
    assert "style" not in elements(answer.text).attributes
    return answer.text


def value(page: str, name: str) -> str:
    """What stands in a field of a form."""
    return html.unescape(page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0])


def test_the_page_says_who_asks_for_what_and_how_to_go_on_elsewhere(hall: Hall) -> None:
    invitation = hall.invite()
    assert hall.state(invitation) == "open"
    page = shown(hall.stranger(), path(invitation))
    assert f"{OFFICE} invites you to get an investor claim" in words(page)
    assert "Helvetia Claims" in words(page)
    assert "<script>alert" not in page
    assert f'data-next="{path(invitation)}/go-on#who"' in page
    assert f'value="{invitation["url"]}"' in page
    assert f'src="{path(invitation)}/qr.svg"' in page
    assert "/mesh" in elements(page).links
    assert hall.state(invitation) == "seen"


def test_its_qr_code_is_a_picture_that_the_page_may_show(hall: Hall) -> None:
    answer = hall.stranger().get(path(hall.invite(), "/qr.svg"))
    assert answer.content_type == "image/svg+xml"
    assert answer.data.startswith(b"<svg ")
    assert b"style" not in answer.data


@pytest.mark.parametrize("where", ["", "/state", "/qr.svg"])
def test_a_code_that_nobody_sent_leads_nowhere(hall: Hall, where: str) -> None:
    answer = hall.stranger().get(f"/i/aaaaaaaaaaaaaaaaaaaaaaaaaa{where}")
    assert answer.status_code == 404
    assert "invitation_unknown" in answer.text


def test_only_somebody_who_signed_in_goes_on_and_is_then_asked_who_they_are(hall: Hall) -> None:
    invitation = hall.invite()
    assert hall.stranger().get(path(invitation, "/go-on")).location == path(invitation, "#who")
    assert hall.state(invitation) == "open"
    alice = hall.browser("alice")
    assert "Go on with this wallet" in shown(alice, path(invitation))
    assert hall.state(invitation) == "seen"
    assert alice.get(path(invitation, "/go-on")).status_code == 303
    assert hall.state(invitation) == "proved"
    asked = words(shown(alice, path(invitation)))
    assert "Full legal name" in asked
    assert "What kind of investor are you?" in asked
    assert "Full legal name" not in words(shown(hall.stranger(), path(invitation)))


def test_a_form_with_faults_comes_back_with_each_beside_its_field_and_sends_nothing(hall: Hall) -> None:
    invitation, alice = hall.invite(), hall.browser("alice")
    alice.get(path(invitation, "/go-on"))
    name = 'Eve" onfocus="alert(1) <b>'
    answer = alice.post(path(invitation), data={"party.legal_name": name, "attributes.classification": "prince", "kind": "ghost"})
    assert answer.status_code == 422
    assert value(answer.text, "party.legal_name") == name
    assert not [one for one in elements(answer.text).attributes if one.startswith("on")]
    for place in ("party-country", "kind", "capacity", "consent"):
        assert f'id="{place}-fault"' in answer.text, place
    assert "answers need another look" in words(answer.text)
    assert answer.text.index('id="who"') < answer.text.index("need another look")
    assert f'action="{path(invitation)}#who"' in answer.text
    assert "Choose one." in words(answer.text)
    assert "Tick this to go on." in words(answer.text)
    assert hall.waiting() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("party.country", "Switzerland"),
        ("party.country", "zz"),
        ("party.email", "nobody"),
        ("party.legal_name", "\u2028"),
        ("attributes.classification", "prince"),
        ("attributes.country", "XX"),
    ],
)
def test_what_the_service_refuses_stands_beside_the_field_it_is_about(hall: Hall, name: str, text: str) -> None:
    invitation, alice = hall.invite(), hall.browser("alice")
    alice.get(path(invitation, "/go-on"))
    answer = alice.post(path(invitation), data={**SAID, name: text})
    assert answer.status_code == 422
    assert f'id="{name.replace(".", "-")}-fault"' in answer.text
    assert answer.text.count('class="fault"') == 1
    assert hall.waiting() == []


def test_the_sent_form_becomes_an_application_through_the_office(hall: Hall) -> None:
    invitation, alice = hall.applied()
    (application,) = hall.waiting()
    assert application["intermediary"] == invitation["intermediary"]
    seen = hall.desk.session.get(f"/v1/applications/{application['id']}")
    assert seen["applicant"] == {"legal_name": "Ruth Zbinden", "country": "CH"}
    assert seen["attributes"] == {"classification": "professional"}
    assert "The application has been sent" in words(shown(alice, path(invitation)))
    assert alice.post(path(invitation), data=SAID).status_code == 303
    assert len(hall.waiting()) == 1


def test_somebody_else_learns_that_it_was_used_and_not_by_whom(hall: Hall) -> None:
    invitation, _ = hall.applied()
    address = str(hall.desk.onchain.actors.alice.address)
    for browser in (hall.stranger(), hall.browser("bob")):
        page = shown(browser, path(invitation))
        assert "<title>This invitation has been used" in page
        assert "Zbinden" not in page
        assert address not in page
    refused = hall.browser("bob").post(path(invitation), data=SAID)
    assert (refused.status_code, refused.location) == (303, path(invitation))
    assert len(hall.waiting()) == 1


def test_a_party_that_is_known_is_not_asked_its_name_again(hall: Hall) -> None:
    hall.desk.claim(hall.desk.onchain.actors.alice)
    invitation, alice = hall.invite(), hall.browser("alice")
    alice.get(path(invitation, "/go-on"))
    assert "party.legal_name" not in shown(alice, path(invitation))
    assert alice.post(path(invitation), data={"attributes.classification": "retail", "consent": "yes"}).status_code == 303
    (application,) = hall.waiting()
    assert hall.desk.session.get(f"/v1/applications/{application['id']}")["attributes"] == RETAIL


def test_the_page_ends_with_the_claim(hall: Hall) -> None:
    invitation, alice = hall.applied()
    hall.desk.approve(hall.waiting()[0]["id"])
    page = shown(alice, path(invitation))
    assert "Your claim is there" in words(page)
    assert "/my-claims" in elements(page).links
    assert "Your claim is there" not in words(shown(hall.browser("bob"), path(invitation)))


def test_the_page_says_why_an_application_was_rejected(hall: Hall) -> None:
    invitation, alice = hall.applied()
    decision = {"outcome": "reject", "reason": "identity_not_verified"}
    hall.desk.session.post(f"/v1/applications/{hall.waiting()[0]['id']}/decision", decision)
    assert "It could not be verified who the applicant is." in words(shown(alice, path(invitation)))
    assert "could not be verified" not in words(shown(hall.stranger(), path(invitation)))


def test_an_invitation_that_is_over_has_a_page_of_its_own_and_takes_nothing(hall: Hall) -> None:
    withdrawn, expired, alice = hall.invite(), hall.invite(expires_in_seconds=60), hall.browser("alice")
    hall.office.post(f"/v1/invitations/{withdrawn['id']}/withdraw")
    hall.desk.stand.clock.advance(timedelta(seconds=61))
    for invitation, sentence in ((withdrawn, "took this invitation back"), (expired, "This invitation expired on")):
        page = shown(alice, path(invitation))
        assert sentence in words(page)
        assert "<title>This invitation" in page
        assert "data-wallet-list" not in page
        assert alice.post(path(invitation), data=SAID).status_code == 303
    assert hall.waiting() == []


def test_nobody_becomes_a_client_of_their_own(hall: Hall, desk: Desk) -> None:
    licensed = desk.licensed(OWN_WALLET, "Own Office")
    own = Hall(desk, desk.stand.machine("family_office", licensed.party))
    invitation, office = own.invite(), browse(desk.stand, licensed.wallet)
    office.get(path(invitation, "/go-on"))
    answer = office.post(path(invitation), data={"attributes.classification": "retail", "consent": "yes"})
    assert answer.status_code == 422
    assert "Nobody is a client of their own" in words(answer.text)


def test_forms_of_other_sites_and_of_nobody_are_refused(hall: Hall) -> None:
    invitation, alice = hall.invite(), hall.browser("alice")

    def code(answer: TestResponse) -> tuple[int, bool]:
        return answer.status_code, hall.waiting() == []

    assert code(alice.post(path(invitation), data=SAID, headers={"Origin": "https://evil.example"})) == (403, True)
    assert code(hall.stranger().post(path(invitation), data=SAID)) == (401, True)


def test_the_state_keeps_itself_up_to_date_at_the_cost_of_two_queries(hall: Hall) -> None:
    invitation, _ = hall.applied()
    with counted(hall.desk.stand.service.db) as sent:
        fragment = shown(hall.stranger(), path(invitation, "/state?shown=applied"))
    assert len([one for one in sent if one.startswith("SELECT")]) == 2
    assert "data-every" in fragment
    assert "data-reload" not in fragment
    hall.desk.approve(hall.waiting()[0]["id"])
    ended = shown(hall.stranger(), path(invitation, "/state?shown=applied"))
    assert "data-every" not in ended
    assert 'data-reload="true"' in ended


def test_a_claim_issuer_invites_for_every_claim_type_and_each_has_its_form(desk: Desk) -> None:
    invitation = desk.session.post("/v1/invitations", {"claim_type": "FAMILY_OFFICE"})
    office = browse(desk.stand, desk.onchain.actors.office)
    office.get(path(invitation, "/go-on"))
    said = {
        "kind": "organisation",
        "party.legal_name": "Harbour Office",
        "party.country": "SG",
        "capacity": "own",
        "attributes.kind": "single",
        "attributes.basis": "excluded",
        "attributes.licence_id": "",
        "attributes.jurisdiction": "SG",
        "attributes.authorised_signatories": str(desk.onchain.actors.alice.account) + "\r\n",
        "consent": "yes",
    }
    without = office.post(path(invitation), data={**said, "attributes.basis": "licensed"})
    assert without.status_code == 422
    assert 'id="attributes-licence_id-fault"' in without.text
    assert office.post(path(invitation), data=said).status_code == 303
    (application,) = desk.session.get("/v1/applications", state="submitted")["items"]
    assert desk.session.get(f"/v1/applications/{application['id']}")["attributes"] == {
        "kind": "single",
        "basis": "excluded",
        "jurisdiction": "SG",
        "authorised_signatories": [desk.onchain.actors.alice.account.did],
    }
