"""Before a claim is revoked the officer sees who is affected; afterwards, how far the revocation has got."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from claim_issuers.identifiers.accounts import Address
from identity_service.demo import actions
from identity_service.parties.tables import PartyKeyRow
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit, words
from tests.support.desk import SOMEBODY, Desk
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

OFFICER, ROOT_OFFICER = 20, 31
CONFIRMED = {"reason": "wallet_lost", "seen": "yes"}


@pytest.fixture
def officer(desk: Desk) -> FlaskClient:
    """The browser of the claim issuer's officer."""
    wallet = desk.onchain.devchain.wallet(OFFICER)
    return seated(desk.stand, desk.administrator, wallet, "claim_issuer", desk.issuer["party"])


def place(claim: str, more: str = "") -> str:
    return f"/desk/claims/{claim}{more}"


def state(desk: Desk, claim: str) -> str:
    return str(desk.session.get(f"/v1/claims/{claim}")["state"])


def root_officer(desk: Desk) -> FlaskClient:
    issuers = desk.administrator.get("/v1/claim-issuers")["items"]
    party = next(one["party"] for one in issuers if one["id"] == desk.root_id)
    return seated(desk.stand, desk.administrator, desk.onchain.devchain.wallet(ROOT_OFFICER), "claim_issuer", party)


def holding(desk: Desk) -> str:
    """Alice's claim; she holds 100 and may move 30 of Bob's 50."""
    actors, token = desk.onchain.actors, desk.token.address
    claim, _ = desk.verified(actors.alice)
    desk.verified(actors.bob)
    actions.mint(actors.agent, token, actors.alice.address, 100)
    actions.mint(actors.agent, token, actors.bob.address, 50)
    actions.approve(actors.bob, token, actors.alice.address, 30)
    desk.stand.work()
    return claim


def test_the_page_says_what_lies_there_and_whose_tokens_it_may_move(desk: Desk, officer: FlaskClient) -> None:
    said = words(officer.get(place(holding(desk), "/revoke")).text)
    assert "The wallet holds 100 GLA32 and may move tokens of 1 other wallet." in said
    assert "It can no longer receive this token. What it holds stays with it, and it can still send." in said
    bob = desk.onchain.actors.bob.account
    assert f"{str(bob.address)[:8]}…{str(bob.address)[-6:]} 30 30" in said
    assert said.index("Who is affected") < said.index("Revoke the claim now")


def test_a_register_that_was_never_read_is_no_empty_one(desk: Desk, officer: FlaskClient) -> None:
    said = words(officer.get(place(desk.claim(desk.onchain.actors.alice), "/revoke")).text)
    assert "The register of this token has not been read yet" in said
    assert "holds 0" not in said


def test_another_live_claim_keeps_the_wallet_eligible_while_its_claim_issuer_is_accredited(
    desk: Desk, officer: FlaskClient
) -> None:
    claim = holding(desk)
    desk.claim(desk.onchain.actors.alice)
    assert "Another live claim keeps it eligible" in words(officer.get(place(claim, "/revoke")).text)
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    assert "It can no longer receive" in words(officer.get(place(claim, "/revoke")).text)


def test_a_claim_that_the_token_does_not_accept_changes_nothing_there(desk: Desk, officer: FlaskClient) -> None:
    claim = holding(desk)
    service = desk.stand.service
    with service.db.write() as session:
        token = service.tokens.get(session, desk.token)
        service.tokens.update(session, replace(token, accepted_claim_types=("FAMILY_OFFICE",)))
    assert "This claim does not make it eligible here." in words(officer.get(place(claim, "/revoke")).text)


def test_every_wallet_of_the_same_identity_contract_is_affected(desk: Desk, officer: FlaskClient) -> None:
    claim = holding(desk)
    form = next(one for one in desk.session.get(f"/v1/claims/{claim}")["forms"] if one["format"] == "erc735")
    carol = desk.onchain.actors.carol
    identity = Address.parse(form["identity_contract"])
    actions.register(desk.onchain.actors.agent, desk.onchain.suite.identity_registry, carol.address, identity, 756)
    actions.mint(desk.onchain.actors.agent, desk.token.address, carol.address, 7)
    desk.stand.work()
    said = words(officer.get(place(claim, "/revoke")).text)
    assert re.search(r"The wallet 0x\w{6}…\w{6} , which shares the identity contract, holds 7 GLA32", said), said


def test_the_officer_sees_whose_claim_it_is_and_the_holder_sees_that(desk: Desk, officer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    application = desk.apply(alice)
    claim = desk.approve(application)
    for where in ("", "/revoke"):
        page = officer.get(place(claim, where)).text
        assert SOMEBODY["legal_name"] in words(page)
        assert "This reading is recorded" in words(page)
        assert f"/desk/applications/{application}" in elements(page).links
    assert SOMEBODY["legal_name"] not in officer.get(place(claim, "/places")).text
    readings = desk.stand.person(alice).get("/v1/me/disclosures")["items"]
    read = [(one["basis"]["id"], one["purpose"], one["fields"]) for one in readings if one["basis"]["kind"] == "claim"]
    assert read == [(claim, "claim_administration", ["legal_name"])] * 2


def test_a_claim_whose_holder_was_erased_can_still_be_ended(desk: Desk, officer: FlaskClient) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    with desk.stand.service.db.write() as session:
        party_id = desk.stand.service.issuance.claim(session, claim).party_id
        session.execute(update(PartyKeyRow).where(PartyKeyRow.party_id == party_id).values(wrapped_key=None))
    assert "Holder erased" in words(officer.get(place(claim)).text)
    assert officer.get(place(claim, "/revoke")).status_code == 200
    assert officer.post(place(claim, "/revoke"), data=CONFIRMED).status_code == 303
    assert state(desk, claim) == "revoked"


def test_nothing_is_revoked_without_a_reason_and_the_confirmation(desk: Desk, officer: FlaskClient) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    for said, fault in (
        ({"seen": "yes"}, "reason"),
        ({"reason": "wallet_lost"}, "seen"),
        ({"reason": "spite", "seen": "yes"}, "reason"),
    ):
        answer = officer.post(place(claim, "/revoke"), data=said)
        assert answer.status_code == 422
        assert f'id="{fault}-fault"' in answer.text
    assert state(desk, claim) == "live"


def test_a_revocation_is_followed_until_every_place_has_it(desk: Desk, officer: FlaskClient) -> None:
    alice = desk.onchain.actors.alice
    claim, _ = desk.verified(alice)
    answer = officer.post(place(claim, "/revoke"), data=CONFIRMED)
    assert (answer.status_code, answer.location) == (303, place(claim))
    assert state(desk, claim) == "revoked"
    page = officer.get(place(claim)).text
    assert "This service: every answer says no since" in words(page)
    assert "under way" in words(page)
    assert 'data-every="2000"' in page
    desk.work(60, rounds=30)
    fragment = officer.get(place(claim, "/places")).text
    assert "under way" not in words(fragment)
    assert "4 receipts" in words(fragment)
    assert "data-every" not in fragment
    assert not desk.is_verified(alice)
    again = officer.post(place(claim, "/revoke"), data=CONFIRMED)
    assert again.status_code == 303


def test_the_claims_are_listed_with_their_state(desk: Desk, officer: FlaskClient) -> None:
    assert "None yet" in words(officer.get("/desk/claims").text)
    revoked, live = desk.claim(desk.onchain.actors.alice), desk.claim(desk.onchain.actors.bob)
    desk.revoke(revoked)
    page = officer.get("/desk/claims").text
    assert page.count(">revoked</span>") == 1
    assert page.count(">live</span>") == 1
    assert all(place(claim) in page for claim in (revoked, live))
    assert "Rosenthal" not in page


def test_an_accreditation_tells_how_many_claims_rest_on_it(desk: Desk) -> None:
    for wallet in (desk.onchain.actors.alice, desk.onchain.actors.bob):
        desk.claim(wallet)
    said = words(root_officer(desk).get(place(desk.accreditation, "/revoke")).text)
    assert "2 of them are live" in said


def test_only_the_claim_issuers_own_officers_see_and_revoke(desk: Desk, officer: FlaskClient) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    alice, root, stranger = browse(desk.stand, desk.onchain.actors.alice), root_officer(desk), visit(desk.stand)
    for browser, status in ((alice, 403), (root, 404), (stranger, 303)):
        for where in ("", "/places", "/revoke"):
            assert browser.get(place(claim, where)).status_code == status
    for browser, status in ((alice, 403), (root, 404), (stranger, 401)):
        assert browser.post(place(claim, "/revoke"), data=CONFIRMED).status_code == status
    foreign = officer.post(place(claim, "/revoke"), data=CONFIRMED, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert state(desk, claim) == "live"


def test_an_officer_who_holds_a_claim_of_another_claim_issuer_cannot_revoke_it(desk: Desk) -> None:
    """Holding a claim lets one see it; only who issued it may end it, over pages and API alike."""
    root = root_officer(desk)
    wallet = desk.onchain.devchain.wallet(ROOT_OFFICER)
    claim = desk.claim(wallet)
    assert root.get(place(claim)).status_code == 404
    assert root.post(place(claim, "/revoke"), data=CONFIRMED).status_code == 404
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    person = desk.stand.person(wallet)
    answer = desk.stand.request("POST", f"/v1/claims/{claim}/revoke", person, json={"reason": "wallet_lost"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "claim_unknown")
    assert state(desk, claim) == "live"
