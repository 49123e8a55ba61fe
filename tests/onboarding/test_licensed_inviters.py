"""An intermediary invites while it is licensed: neither a revoked or expired claim nor an unaccredited claim issuer's will do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from identity_service.demo.api import Session
from tests.conftest import ONE_ENGINE
from tests.support.browsing import seated, visit, words
from tests.support.desk import DAY, LICENCES, RETAIL, SOMEBODY, Desk, Licensed, accredit

ENGINES = ONE_ENGINE

OFFICE, SEAT, FIRM = 30, 31, 20
LIVES = 5 * DAY


def revoked(desk: Desk, office: Licensed) -> None:
    desk.revoke(office.claim)


def expired(desk: Desk, _office: Licensed) -> None:
    desk.stand.clock.advance(timedelta(seconds=LIVES))


def disowned(desk: Desk, _office: Licensed) -> None:
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})


LAPSES: tuple[Callable[[Desk, Licensed], None], ...] = (revoked, expired, disowned)


@pytest.fixture
def office(desk: Desk) -> Licensed:
    return desk.licensed(OFFICE, valid_for=LIVES)


def terms(desk: Desk) -> dict[str, Any]:
    return {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"}


def code_of(made: dict[str, Any]) -> str:
    return str(made["url"]).rpartition("/")[2]


def refusal(desk: Desk, session: Session, path: str, content: dict[str, Any]) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    answer = desk.stand.request("POST", path, session, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", "")


@pytest.mark.parametrize("lapses", LAPSES)
def test_an_office_that_lapsed_neither_invites_nor_is_any_invitation_of_it_used(
    desk: Desk, office: Licensed, lapses: Callable[[Desk, Licensed], None]
) -> None:
    session, alice = desk.stand.machine("family_office", office.party), desk.stand.person(desk.onchain.actors.alice)
    made = session.post("/v1/invitations", {**terms(desk), "expires_in_seconds": 10 * DAY})
    code = f"/v1/invitation-codes/{code_of(made)}"
    lapses(desk, office)

    expected = (403, "claim_issuer_not_accredited") if lapses is disowned else (409, "inviter_not_licensed")
    assert refusal(desk, session, "/v1/invitations", terms(desk)) == expected
    said = {"attributes": RETAIL, "party": SOMEBODY}
    assert refusal(desk, alice, f"{code}/application", said) == (409, "inviter_not_licensed")
    assert alice.post(f"{code}/proved")["state"] == "lapsed"
    opened = desk.stand.http.get(code).get_json()
    assert (opened["state"], opened["seconds_left"]) == ("lapsed", 0)
    for seen in (session.get(f"/v1/invitations/{made['id']}"), *session.get("/v1/invitations")["items"]):
        assert seen["state"] == "lapsed"
    assert desk.session.get("/v1/applications", state="submitted")["items"] == []
    assert session.post(f"/v1/invitations/{made['id']}/withdraw")["state"] == "withdrawn"


def test_with_a_new_claim_the_invitation_is_open_again(desk: Desk, office: Licensed) -> None:
    session = desk.stand.machine("family_office", office.party)
    made = session.post("/v1/invitations", terms(desk))
    desk.revoke(office.claim)
    assert session.get(f"/v1/invitations/{made['id']}")["state"] == "lapsed"
    desk.claim(office.wallet, claim_type="FAMILY_OFFICE", attributes=LICENCES["FAMILY_OFFICE"])
    assert session.get(f"/v1/invitations/{made['id']}")["state"] == "open"
    alice = desk.stand.person(desk.onchain.actors.alice)
    applied = alice.post(f"/v1/invitation-codes/{code_of(made)}/application", {"attributes": RETAIL, "party": SOMEBODY})
    assert (applied["intermediary"], applied["intermediary_confirmed"]) == (office.party, True)


def test_what_was_applied_for_in_time_goes_on_whatever_becomes_of_the_licence(desk: Desk, office: Licensed) -> None:
    session = desk.stand.machine("family_office", office.party)
    made = session.post("/v1/invitations", terms(desk))
    alice = desk.stand.person(desk.onchain.actors.alice)
    applied = alice.post(f"/v1/invitation-codes/{code_of(made)}/application", {"attributes": RETAIL, "party": SOMEBODY})
    desk.revoke(office.claim)
    assert session.get(f"/v1/invitations/{made['id']}")["state"] == "applied"
    desk.approve(applied["id"])
    assert desk.stand.http.get(f"/v1/invitation-codes/{code_of(made)}/state").get_json()["state"] == "issued"


def test_a_role_without_a_claim_and_a_claim_of_another_kind_are_no_licence(desk: Desk) -> None:
    bare = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Harbour Office Ltd"})["id"]
    assert refusal(desk, desk.stand.machine("family_office", bare), "/v1/invitations", terms(desk)) == (409, "inviter_not_licensed")
    claim = desk.claim(desk.onchain.actors.bob)
    investor = desk.session.get(f"/v1/claims/{claim}")["party"]
    for role in ("family_office", "custodian"):
        session = desk.stand.machine(role, investor)
        assert refusal(desk, session, "/v1/invitations", terms(desk)) == (409, "inviter_not_licensed")


def test_a_claim_issuer_invites_for_what_it_may_issue_now(desk: Desk) -> None:
    firm = desk.stand.person(desk.onchain.devchain.wallet(FIRM))
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    accredit(desk.root, desk.root_id, firm, topics=["CUSTODIAN"])
    for kind, expected in (("INVESTOR", (403, "claim_issuer_not_accredited")), ("CUSTODIAN", (201, ""))):
        assert refusal(desk, desk.session, "/v1/invitations", {"claim_type": kind}) == expected


def test_the_pages_say_why_nothing_goes_on(desk: Desk, office: Licensed) -> None:
    wallet = desk.onchain.devchain.wallet(SEAT)
    browser = seated(desk.stand, desk.administrator, wallet, "family_office", office.party)
    said = {"claim_type": "INVESTOR", "claim_issuer": desk.issuer["id"], "reference": "client-7", "days": "7"}
    mine = browser.post("/invitations", data=said).location
    (sent,) = desk.stand.machine("family_office", office.party).get("/v1/invitations")["items"]
    desk.revoke(office.claim)

    landing = visit(desk.stand).get(f"/i/{code_of(sent)}")
    assert landing.status_code == 200
    assert "The licence of Linden Family Office AG has lapsed, so this invitation cannot be used now." in words(landing.text)
    assert "data-wallet-list" not in landing.text
    page = browser.get(mine).text
    assert "Nobody can use this invitation now: your firm holds no live licence claim" in words(page)
    assert "qr.svg" not in page
    overview = browser.get("/invitations")
    assert "You cannot invite anybody now: your firm holds no live licence claim" in words(overview.text)
    assert "client-7 Investor claim on hold, your licence has lapsed" in words(overview.text)
    assert 'name="days"' not in overview.text
    again = browser.post("/invitations", data=said)
    assert again.status_code == 409
    assert "You cannot invite anybody now" in words(again.text)
    assert browser.post(f"{mine}/withdraw").status_code == 303


def test_whoever_sends_the_form_too_late_finds_out_why(desk: Desk, office: Licensed) -> None:
    made = desk.stand.machine("family_office", office.party).post("/v1/invitations", terms(desk))
    browser = visit(desk.stand)
    alice = desk.onchain.actors.alice
    challenge = browser.post("/v1/account-proofs/challenges", json={"account": str(alice.account)}).get_json()
    proof = {"message": challenge["message"], "signature": "0x" + alice.sign_message(challenge["message"]).hex()}
    assert browser.post("/session", json=proof).status_code == 201
    desk.revoke(office.claim)
    form = {
        "kind": "natural_person",
        "party.legal_name": "Ruth Zbinden",
        "party.country": "CH",
        "capacity": "own",
        "attributes.classification": "retail",
        "consent": "yes",
    }
    assert browser.post(f"/i/{code_of(made)}", data=form).location == f"/i/{code_of(made)}"
    assert "cannot be used now" in words(browser.get(f"/i/{code_of(made)}").text)
