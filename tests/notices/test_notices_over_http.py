"""Notices in the whole service: mail that a desk's work causes, what the person concerned sees, and what inviters see."""

from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

from identity_service.demo.api import Session
from tests.conftest import ONE_ENGINE
from tests.support.desk import DAY, RETAIL, SOMEBODY, Desk

ENGINES = ONE_ENGINE
HTML = {"Accept": "text/html"}


def apply_with_email(desk: Desk, person: Session) -> str:
    wanted = {
        "claim_issuer": desk.issuer["id"],
        "claim_type": "INVESTOR",
        "attributes": dict(RETAIL),
        "party": {**SOMEBODY, "email": "anna@example.org"},
    }
    return str(person.post("/v1/applications", wanted)["id"])


def subjects(desk: Desk) -> list[str]:
    files = sorted((desk.stand.settings.data_directory / "outbox").glob("*.eml"))
    return [str(message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"]) for file in files]


def told(person: Session) -> list[tuple[str, str]]:
    return [(one["kind"], one["state"]) for one in person.get("/v1/me/notices")["items"]]


def invited(desk: Desk) -> dict[str, Any]:
    return dict(desk.session.post("/v1/invitations", {"claim_type": "INVESTOR"}))


def test_a_reading_at_the_desk_and_the_end_of_a_claim_reach_the_applicant(desk: Desk) -> None:
    anna, other = (desk.stand.person(wallet) for wallet in (desk.onchain.actors.alice, desk.onchain.actors.bob))
    application = apply_with_email(desk, anna)
    desk.apply(desk.onchain.actors.bob)
    desk.session.get(f"/v1/applications/{application}")
    desk.work()
    assert (subjects(desk), told(anna), told(other)) == (["Your data was read"], [("data_read", "sent")], [])
    claim = desk.approve(application, valid_for=45 * DAY)
    (first, second, _) = anna.get("/v1/me/notices")["items"]
    assert {(one["kind"], one["reference"], one["state"]) for one in (first, second)} == {("claim_expiring", claim, "requested")}
    page = anna.get("/v1/me/notices", limit=2)
    assert [one["id"] for one in anna.get("/v1/me/notices", cursor=page["next"])["items"]] == [
        one["id"] for one in anna.get("/v1/me/notices")["items"][2:]
    ]
    assert [one["id"] for one in other.get("/v1/me/notices", cursor=page["next"])["items"]] == []
    desk.work(16 * DAY, rounds=1)
    assert subjects(desk) == ["Your data was read", "A claim of yours ends soon"]
    desk.session.post(f"/v1/claims/{claim}/revoke", {"reason": "requested_by_holder"})
    desk.work(27 * DAY, rounds=1)
    assert subjects(desk)[2:] == []
    assert sorted(told(anna)) == [("claim_expiring", "not_sent"), ("claim_expiring", "sent"), ("data_read", "sent")]


def test_a_claim_that_was_renewed_ends_without_a_mail(desk: Desk) -> None:
    anna = desk.stand.person(desk.onchain.actors.alice)
    desk.approve(apply_with_email(desk, anna), valid_for=20 * DAY)
    desk.applicants.add(desk.onchain.actors.alice.account)
    desk.claim(desk.onchain.actors.alice, valid_for=50 * DAY)
    desk.work(18 * DAY, rounds=1)
    assert [subject for subject in subjects(desk) if "ends" in subject] == []


def test_inviters_see_what_happened_to_their_invitations_in_codes_and_nobody_else_does(desk: Desk) -> None:
    invitation = invited(desk)
    stand, path = desk.stand, f"/v1/invitations/{invitation['id']}/events"
    assert desk.session.get(path) == {"items": [], "next": None}
    with stand.service.db.write() as session:
        stand.service.onboarding_events.record(session, subject=invitation["id"], step="mail", code="mail_refused")
    (event,) = desk.session.get(path)["items"]
    assert (event["step"], event["code"], event["mended_by"]) == ("mail", "mail_refused", "holder")
    stranger = stand.machine("claim_issuer", desk.administrator.get(f"/v1/parties/{_root_party(desk)}")["id"])
    answer = stand.request("GET", path, stranger)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "invitation_unknown")


def _root_party(desk: Desk) -> str:
    with desk.stand.service.db.read() as session:
        return desk.stand.service.mesh.get(session, desk.root_id).party_id


def test_the_invitation_s_page_says_when_no_phone_can_open_its_address(desk: Desk) -> None:
    page = urlsplit(invited(desk)["url"]).path
    shown = desk.stand.http.get(page, headers=HTML).text
    assert "This address works on this computer only. A phone cannot open it." in shown
    assert "Wallet apps open https only." in shown
    german = desk.stand.http.get(page, headers={**HTML, "Accept-Language": "de"}).text
    assert "Diese Adresse gilt nur auf diesem Computer." in german
