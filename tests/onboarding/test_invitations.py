"""Invitations over the API: who sends them, what they say to whom, how far they are, and that each is used once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import inspect, text

from claim_issuers.claims.vocabulary import json_schema
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.storage import Database
from tests.support.desk import DAY, RETAIL, SOMEBODY, Desk
from tests.support.stand import BASE_URL, Stand

Refusal = tuple[int, str]
OFFICE, OTHER = 30, 31


@pytest.fixture
def office(desk: Desk) -> Session:
    """The machine client of a family office that has its licence claim."""
    return desk.stand.machine("family_office", desk.licensed(OFFICE).party)


def firm(desk: Desk, role: str, legal_name: str) -> Session:
    """The machine client of a firm without any claim."""
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": legal_name})["id"]
    return desk.stand.machine(role, party)


def asked(stand: Stand, method: str, path: str, session: Session | None = None, **content: Any) -> Refusal:
    """Status and code of a request that must fail."""
    headers = {"Idempotency-Key": stand.transport.idempotency_key()}
    answer = stand.request(method, path, session, headers=headers, **({"json": content} if method == "POST" else {}))
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.get_json()["code"]


def invite(session: Session, desk: Desk, **more: Any) -> dict[str, Any]:
    return dict(session.post("/v1/invitations", {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", **more}))


def under(invitation: dict[str, Any], more: str = "") -> str:
    """The API's path of an invitation's code."""
    return f"/v1/invitation-codes/{urlsplit(invitation['url']).path.removeprefix('/i/')}{more}"


def landing(desk: Desk, invitation: dict[str, Any]) -> dict[str, Any]:
    return dict(desk.stand.http.get(under(invitation)).get_json())


def state(desk: Desk, invitation: dict[str, Any]) -> str:
    return str(desk.stand.http.get(under(invitation, "/state")).get_json()["state"])


def apply(desk: Desk, invitation: dict[str, Any], wallet: Wallet, **more: Any) -> dict[str, Any]:
    return dict(desk.stand.person(wallet).post(under(invitation, "/application"), {"attributes": RETAIL, **more}))


def everything_in(db: Database) -> Iterator[bytes]:
    for table in inspect(db.engine).get_table_names():
        with db.engine.connect() as connection:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 - a table's own name
                yield b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)


def test_an_invitation_goes_from_open_to_a_claim_and_each_step_shows(desk: Desk, office: Session) -> None:
    alice = desk.onchain.actors.alice
    made = invite(office, desk, reference="client-0042")
    path = f"/v1/invitations/{made['id']}"
    assert (made["state"], made["reference"], made["application"]) == ("open", "client-0042", None)
    assert state(desk, made) == "open", "to poll is not to open"

    assert landing(desk, made)["state"] == "seen"
    assert desk.stand.person(alice).post(under(made, "/proved"))["state"] == "proved"
    assert landing(desk, made)["state"] == "proved", "no step comes back"
    applied = apply(desk, made, alice, party=SOMEBODY)
    assert (office.get(path)["state"], office.get(path)["application"]) == ("applied", applied["id"])
    claim = desk.approve(applied["id"])
    assert (state(desk, made), office.get(path)["state"]) == ("issued", "issued")
    desk.revoke(claim)
    assert (state(desk, made), office.get(path)["state"]) == ("issued", "claim_revoked"), "the code tells no one what came later"
    assert office.get(path)["url"] == made["url"]
    assert desk.stand.http.get(under(made, "/state")).get_json()["seconds_left"] == 0


def test_a_rejection_shows_as_one(desk: Desk) -> None:
    made = desk.session.post("/v1/invitations", {"claim_type": "INVESTOR"})
    applied = apply(desk, made, desk.onchain.actors.alice, party=SOMEBODY)
    desk.session.post(f"/v1/applications/{applied['id']}/decision", {"outcome": "reject", "reason": "no_evidence"})
    assert (state(desk, made), desk.session.get(f"/v1/invitations/{made['id']}")["state"]) == ("rejected", "rejected")


def test_the_code_says_who_asks_for_what_and_nothing_else(desk: Desk, office: Session) -> None:
    said = landing(desk, invite(office, desk, reference="client-0042"))

    assert said["inviter"] == {"legal_name": "Linden Family Office AG"}
    assert said["as_client_of_inviter"] is True
    assert "pty_" not in str(said), "with its id anybody could name the office in an application without an invitation"
    assert said["claim_issuer"] == {"id": desk.issuer["id"], "name": desk.issuer["name"], "did": desk.issuer["did"]}
    assert (said["claim_type"], said["attributes"]) == ("INVESTOR", json_schema("INVESTOR"))
    assert 7 * DAY - 60 < said["seconds_left"] <= 7 * DAY
    assert "client-0042" not in str(said)
    polled = desk.stand.http.get(under(invite(office, desk), "/state")).get_json()
    assert set(polled) == {"state", "expires_at", "seconds_left"}
    for more in ("", "/state", "/qr.svg"):
        assert asked(desk.stand, "GET", f"/v1/invitation-codes/{'a' * 26}{more}") == (404, "invitation_unknown")
    alice = desk.stand.person(desk.onchain.actors.alice)
    assert asked(desk.stand, "POST", f"/v1/invitation-codes/{'a' * 26}/proved", alice) == (404, "invitation_unknown")
    unknown = f"/v1/invitation-codes/{'a' * 26}/application"
    assert asked(desk.stand, "POST", unknown, alice, attributes=RETAIL) == (404, "invitation_unknown")


def test_naming_the_inviter_leaves_no_disclosure_however_often_the_page_is_opened(desk: Desk) -> None:
    made = desk.session.post("/v1/invitations", {"claim_type": "INVESTOR"})
    for _ in range(3):
        assert landing(desk, made)["inviter"]["legal_name"] == "Helvetia Claims AG"
    service, party = desk.stand.service, desk.issuer["party"]
    with service.db.read() as session:
        assert service.disclosures.about(session, party) == []


def test_an_office_s_client_becomes_one_and_chooses_no_other_intermediary(desk: Desk, office: Session) -> None:
    other = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Harbour Office Ltd"})["id"]
    made = invite(office, desk)
    alice = desk.stand.person(desk.onchain.actors.alice)
    for name, value in (("intermediary", other), ("claim_issuer", desk.root_id), ("claim_type", "CUSTODIAN")):
        chosen = {"attributes": RETAIL, "party": SOMEBODY, name: value}
        assert asked(desk.stand, "POST", under(made, "/application"), alice, **chosen) == (422, "invalid_field")

    applied = apply(desk, made, desk.onchain.actors.alice, party=SOMEBODY)
    assert applied["intermediary"] == made["intermediary"]
    assert (applied["claim_issuer"], applied["claim_type"]) == (desk.issuer["id"], "INVESTOR")
    desk.approve(applied["id"])
    service = desk.stand.service
    with service.db.read() as session:
        assert service.parties.intermediaries_of(session, [applied["party"]])[applied["party"]] == {made["intermediary"]}


def test_an_intermediary_is_not_its_own_client(desk: Desk) -> None:
    own = desk.licensed(OFFICE)
    made = invite(desk.stand.machine("family_office", own.party), desk)
    refusal = asked(desk.stand, "POST", under(made, "/application"), desk.stand.person(own.wallet), attributes=RETAIL)
    assert refusal == (403, "invitation_not_permitted")
    assert state(desk, made) == "open"


def test_who_may_invite_for_what(desk: Desk, office: Session) -> None:
    def refusal(session: Session, **terms: Any) -> Refusal:
        return asked(desk.stand, "POST", "/v1/invitations", session, **terms)

    issuer = desk.issuer["id"]
    custodian = desk.stand.machine("custodian", desk.licensed(OTHER, "Fjord Custody AS", claim_type="CUSTODIAN").party)
    assert invite(custodian, desk)["intermediary"] == custodian.get("/v1/invitations")["items"][0]["intermediary"]
    assert desk.session.post("/v1/invitations", {"claim_type": "FAMILY_OFFICE"})["intermediary"] is None
    for session in (office, custodian):
        assert refusal(session, claim_issuer=issuer, claim_type="FAMILY_OFFICE") == (403, "invitation_not_permitted")
    assert refusal(office, claim_type="INVESTOR") == (422, "invitation_invalid")
    assert refusal(office, claim_issuer="cis_nobody", claim_type="INVESTOR") == (404, "claim_issuer_unknown")
    assert refusal(office, claim_issuer=desk.root_id, claim_type="INVESTOR") == (403, "claim_type_not_in_profile")
    assert refusal(desk.session, claim_type="BROKER_DEALER") == (403, "claim_type_not_in_profile")
    assert refusal(desk.session, claim_type="ASTRONAUT") == (403, "claim_type_not_in_profile")
    assert refusal(desk.session, claim_issuer=desk.root_id, claim_type="INVESTOR") == (403, "invitation_not_permitted")
    partyless = desk.stand.machine("family_office")
    assert refusal(partyless, claim_issuer=issuer, claim_type="INVESTOR") == (403, "invitation_not_permitted")
    assert partyless.get("/v1/invitations")["items"] == []
    for role in ("network", "token_issuer", "transfer_agent", "regulator"):
        assert refusal(firm(desk, role, "Somebody AG"), claim_issuer=issuer, claim_type="INVESTOR") == (403, "scope_missing")
    assert refusal(desk.stand.person(desk.onchain.actors.alice), claim_type="INVESTOR") == (403, "scope_missing")
    for wrong in (
        {"reference": "Anna Feldkirch"},
        {"reference": ""},
        {"expires_in_seconds": 30 * DAY + 1},
        {"expires_in_seconds": 0},
    ):
        assert refusal(desk.session, claim_type="INVESTOR", **wrong) == (422, "invalid_field")


def test_each_office_and_each_claim_issuer_sees_its_own_invitations_alone(desk: Desk, office: Session) -> None:
    other = desk.stand.machine("family_office", desk.licensed(OTHER, "Harbour Office Ltd").party)
    made = sorted(invite(office, desk, reference=f"client-{number}")["id"] for number in range(3))

    first = office.get("/v1/invitations", limit=2)
    rest = office.get("/v1/invitations", limit=2, cursor=first["next"])
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made
    assert rest["next"] is None
    for session in (other, desk.session):
        assert session.get("/v1/invitations")["items"] == []
        assert asked(desk.stand, "GET", f"/v1/invitations/{made[0]}", session) == (404, "invitation_unknown")
        assert asked(desk.stand, "POST", f"/v1/invitations/{made[0]}/withdraw", session) == (404, "invitation_unknown")
    network = firm(desk, "network", "DX Network Operations")
    for path in ("/v1/invitations", f"/v1/invitations/{made[0]}"):
        assert asked(desk.stand, "GET", path, network) == (403, "scope_missing")


def test_a_withdrawn_an_expired_and_a_used_invitation_open_nothing(desk: Desk, office: Session) -> None:
    alice, bob = (desk.stand.person(wallet) for wallet in (desk.onchain.actors.alice, desk.onchain.actors.bob))
    withdrawn, expired, used = (invite(office, desk, expires_in_seconds=lives) for lives in (DAY, 60, DAY))
    office.post(f"/v1/invitations/{withdrawn['id']}/withdraw")
    apply(desk, used, desk.onchain.actors.alice, party=SOMEBODY)
    desk.stand.clock.advance(timedelta(seconds=59))
    assert desk.stand.http.get(under(expired, "/state")).get_json()["seconds_left"] == 1
    desk.stand.clock.advance(timedelta(seconds=1))

    for made, session, code in (
        (withdrawn, bob, "withdrawn"),
        (expired, bob, "expired"),
        (used, bob, "used"),
        (used, alice, "used"),
    ):
        refusal = (409, f"invitation_{code}")
        content = {"attributes": RETAIL, "party": SOMEBODY}
        assert asked(desk.stand, "POST", under(made, "/application"), session, **content) == refusal
        assert asked(desk.stand, "POST", f"/v1/invitations/{made['id']}/withdraw", office) == refusal
        session.post(under(made, "/proved"))
        landing(desk, made)
    assert [state(desk, made) for made in (withdrawn, expired, used)] == ["withdrawn", "expired", "applied"]
    assert len(desk.session.get("/v1/applications", state="submitted")["items"]) == 1


def test_an_application_that_fails_leaves_the_invitation_open(desk: Desk, office: Session) -> None:
    made = invite(office, desk)
    alice = desk.stand.person(desk.onchain.actors.alice)
    for wrong, refusal in (
        ({"attributes": {"classification": "whale"}, "party": SOMEBODY}, (422, "invalid_claim_attributes")),
        ({"attributes": RETAIL}, (422, "applicant_data_missing")),
    ):
        assert asked(desk.stand, "POST", under(made, "/application"), alice, **wrong) == refusal
    assert asked(desk.stand, "POST", under(made, "/application"), office, attributes=RETAIL) == (403, "scope_missing")
    assert state(desk, made) == "open"
    assert apply(desk, made, desk.onchain.actors.alice, party=SOMEBODY)["state"] == "submitted"


def test_of_two_who_race_one_applies(desk: Desk, office: Session) -> None:
    made, barrier = invite(office, desk), Barrier(2)
    people = [desk.stand.person(wallet) for wallet in (desk.onchain.actors.alice, desk.onchain.actors.bob)]
    ways = [replace(desk.stand, http=desk.stand.http.application.test_client()) for _ in people]
    for session in people:
        session.post(under(made, "/proved"))

    def race(number: int) -> tuple[int, str | None]:
        headers = {"Idempotency-Key": f"racer-{number}"}
        content = {"attributes": RETAIL, "party": SOMEBODY}
        barrier.wait(20)
        answer = ways[number].request("POST", under(made, "/application"), people[number], json=content, headers=headers)
        return answer.status_code, answer.get_json().get("code")

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(race, range(2)))

    assert ended == [(201, None), (409, "invitation_used")]
    assert len(desk.session.get("/v1/applications", state="submitted")["items"]) == 1


def test_a_request_sent_twice_makes_one_invitation_and_one_application(desk: Desk, office: Session) -> None:
    headers = {"Idempotency-Key": "the-same-for-both"}
    terms = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"}
    first, again = (desk.stand.request("POST", "/v1/invitations", office, json=terms, headers=headers) for _ in range(2))
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())
    assert first.headers["Location"] == again.headers["Location"] == f"/v1/invitations/{first.get_json()['id']}"

    alice, content = desk.stand.person(desk.onchain.actors.alice), {"attributes": RETAIL, "party": SOMEBODY}
    path = under(first.get_json(), "/application")
    one, two = (desk.stand.request("POST", path, alice, json=content, headers=headers) for _ in range(2))
    assert one.status_code == two.status_code == 201
    assert one.get_json() == two.get_json()


def test_the_code_lies_nowhere_in_the_database_and_the_log_tells_of_every_act(desk: Desk, office: Session) -> None:
    made, taken_back = invite(office, desk, reference="client-7"), invite(office, desk)
    landing(desk, made)
    apply(desk, made, desk.onchain.actors.alice, party=SOMEBODY)
    office.post(f"/v1/invitations/{taken_back['id']}/withdraw")

    assert made["url"].startswith(f"{BASE_URL}/i/")
    codes = [one["url"].rpartition("/")[2] for one in (made, taken_back)]
    assert all(len(code) == 26 and code == code.lower() and code.isalnum() for code in codes)
    for content in everything_in(desk.stand.service.db):
        assert not any(code.encode() in content for code in codes)
    entries = [one for one in desk.administrator.get("/v1/audit", limit=200)["items"] if one["action"].startswith("invitation.")]
    assert sorted((one["action"], one["subject"]) for one in entries) == sorted(
        [
            ("invitation.created", made["id"]),
            ("invitation.created", taken_back["id"]),
            ("invitation.applied", made["id"]),
            ("invitation.withdrawn", taken_back["id"]),
        ]
    )
    assert "client-7" not in str(entries)
