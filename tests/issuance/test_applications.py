"""Applications and what a desk makes of them, over the API on both engines."""

from datetime import datetime
from typing import Any

from claim_issuers.claims.claim import Validity
from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.identifiers.accounts import Account
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.status.token_status_list import verify as verify_status_list
from claim_issuers.trust.accreditation import Accreditation, Root, decide_path
from claim_issuers.verifiers.credentials import verify_vc_jwt
from identity_service.demo.api import Session
from tests.support.desk import DAY, RETAIL, SOMEBODY, Desk
from tests.support.stand import BASE_URL


def refused(desk: Desk, session: Session, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """The problem document of a POST that must fail."""
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    answer = desk.stand.request("POST", path, session, json=content, headers=headers)
    assert answer.status_code >= 400, answer.text
    assert answer.content_type.startswith("application/problem+json")
    return dict(answer.get_json())


def application(desk: Desk, **changed: Any) -> dict[str, Any]:
    """An application as its form would send it, but for what is changed."""
    usual = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "attributes": RETAIL, "party": SOMEBODY}
    return {**usual, **changed}


def accreditations(desk: Desk) -> list[Accreditation]:
    """The accreditations that anybody can read."""
    return [
        Accreditation(
            id=one["id"],
            accreditor=one["accreditor"],
            claim_issuer=one["claim_issuer"],
            topics=frozenset(one["topics"]),
            jurisdictions=None if one["jurisdictions"] is None else frozenset(one["jurisdictions"]),
            may_accredit=one["may_accredit"],
            path_length=one["path_length"],
            validity=Validity(datetime.fromisoformat(one["valid_from"]), datetime.fromisoformat(one["valid_until"])),
        )
        for one in desk.stand.http.get("/v1/accreditations").get_json()["items"]
    ]


def test_what_is_wrong_with_an_application_is_said_with_a_code_and_a_place(desk: Desk) -> None:
    alice = desk.stand.person(desk.onchain.actors.alice)

    def said(**changed: Any) -> tuple[int, str, list[str]]:
        problem = refused(desk, alice, "/v1/applications", application(desk, **changed))
        return problem["status"], problem["code"], [one["pointer"] for one in problem["errors"]]

    assert said(claim_type="ASTRONAUT") == (400, "unknown_claim_type", ["/claim_type"])
    assert said(claim_type="BROKER_DEALER", attributes={"licence_id": "1", "regulator": "FINMA", "jurisdiction": "CH"}) == (
        403,
        "claim_type_not_in_profile",
        ["/claim_type"],
    )
    assert said(attributes={"classification": "whale"}) == (422, "invalid_claim_attributes", ["/attributes/classification"])
    assert said(attributes={}) == (422, "invalid_claim_attributes", ["/attributes/classification"])
    assert said(attributes={**RETAIL, "passport": "X1"}) == (422, "invalid_claim_attributes", ["/attributes/passport"])
    assert said(party=None) == (422, "applicant_data_missing", ["/party"])
    assert said(claim_issuer="cis_nobody")[:2] == (404, "claim_issuer_unknown")
    assert said(intermediary="pty_nobody")[:2] == (404, "party_unknown")
    assert said(capacity="owner")[:2] == (422, "invalid_field")
    assert desk.session.get("/v1/applications")["items"] == []


def test_an_application_is_decided_once_and_only_at_the_desk_it_went_to(desk: Desk) -> None:
    stand, actors = desk.stand, desk.onchain.actors
    other_party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Nordic Identity ASA"})["id"]
    other = {"party": other_party, "name": "Nordic Identity", "claim_types": ["INVESTOR"], "root": True, "chains": []}
    desk.administrator.post("/v1/claim-issuers", other)
    elsewhere = stand.machine("claim_issuer", other_party)
    approved, rejected = desk.apply(actors.alice), desk.apply(actors.bob)
    path = f"/v1/applications/{approved}/decision"

    assert refused(desk, elsewhere, path, {"outcome": "approve"})["code"] == "application_unknown"
    assert elsewhere.get("/v1/applications")["items"] == []
    assert refused(desk, stand.machine("claim_issuer"), path, {"outcome": "approve"})["code"] == "claim_issuer_unknown"
    too_long = refused(desk, desk.session, path, {"outcome": "approve", "valid_for_seconds": 3 * 366 * DAY})
    assert (too_long["status"], too_long["code"]) == (422, "validity_not_permitted")
    assert too_long["errors"][0]["pointer"] == "/valid_for_seconds"

    claim = desk.approve(approved)
    for outcome in ("approve", "reject"):
        again = refused(desk, desk.session, path, {"outcome": outcome})
        assert (again["status"], again["code"]) == (409, "application_already_decided")
    turned_down = desk.session.post(f"/v1/applications/{rejected}/decision", {"outcome": "reject", "reason": "no_evidence"})
    assert (turned_down["state"], turned_down["reason"], turned_down["claim"]) == ("rejected", "no_evidence", None)
    assert refused(desk, desk.session, f"/v1/applications/{rejected}/decision", {"outcome": "approve"})["status"] == 409

    assert [one["id"] for one in desk.session.get("/v1/claims")["items"]] == [claim]
    assert [one["id"] for one in desk.session.get("/v1/applications", state="rejected")["items"]] == [rejected]
    assert stand.person(actors.bob).get("/v1/me/claims")["items"] == []


def test_a_decision_sent_twice_with_one_key_makes_one_claim(desk: Desk) -> None:
    path = f"/v1/applications/{desk.apply(desk.onchain.actors.alice)}/decision"
    headers = {"Idempotency-Key": "the-same-for-both"}

    first, second = (desk.stand.request("POST", path, desk.session, json={"outcome": "approve"}, headers=headers) for _ in range(2))

    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    assert len(desk.session.get("/v1/claims")["items"]) == 1


def test_the_credential_passes_every_check_of_a_stranger_with_the_published_keys_and_lists(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)
    person = desk.stand.person(wallet)
    token = person.text(f"/v1/me/claims/{claim}/forms/vc+jwt")
    now = desk.stand.clock.now()

    def key(issuer: str, kid: str) -> PublicKey:
        assert issuer == desk.issuer["did"]
        document = desk.stand.http.get(f"/claim-issuers/{desk.issuer['id']}/did.json").get_json()
        method = next(one for one in document["verificationMethod"] if one["id"] == f"{issuer}#{kid}")
        return public_key_from_jwk(method["publicKeyJwk"])

    def status(uri: str, index: int) -> int:
        listed = desk.stand.http.get(uri.removeprefix(BASE_URL)).text
        return verify_status_list(listed, uri=uri, keys=lambda kid: key(desk.issuer["did"], kid), instant=now).array.get(index)

    checked = verify_vc_jwt(
        token,
        keys=key,
        instant=now,
        status=status,
        accreditation=lambda did, topic, place: decide_path(
            did, topic, [Root(desk.root_did)], accreditations(desk), now, jurisdiction=place
        ),
        account=Account.parse(str(wallet.account)),
    )

    assert checked.ok, checked.checks
    assert checked.claim is not None
    assert checked.claim.claim_type is CLAIM_TYPES["INVESTOR"]
    assert checked.claim.attributes_json() == RETAIL
    shown = person.get(f"/v1/me/claims/{claim}")
    assert (checked.claim.status_list_uri, checked.claim.status_list_index) == (
        f"{BASE_URL}/status-lists/{shown['status_list']}",
        shown["status_list_index"],
    )


def test_a_claim_is_shown_to_its_issuer_and_its_holder_and_to_nobody_else(desk: Desk) -> None:
    actors = desk.onchain.actors
    claim = desk.claim(actors.alice)
    desk.claim(actors.bob)

    assert desk.stand.person(actors.alice).get(f"/v1/me/claims/{claim}")["state"] == "live"
    for path in (f"/v1/me/claims/{claim}", f"/v1/me/claims/{claim}/forms/vc+jwt"):
        answer = desk.stand.request("GET", path, desk.stand.person(actors.bob))
        assert (answer.status_code, answer.get_json()["code"]) == (404, "claim_unknown")
    stranger = desk.stand.machine("claim_issuer", desk.administrator.post("/v1/parties", SOMEBODY)["id"])
    assert desk.stand.request("GET", f"/v1/claims/{claim}", stranger).get_json()["code"] == "claim_unknown"
    assert refused(desk, stranger, f"/v1/claims/{claim}/revoke", {"reason": "spite"})["code"] == "claim_unknown"


def test_approving_the_client_of_an_office_makes_the_relation(desk: Desk) -> None:
    actors, service = desk.onchain.actors, desk.stand.service
    office = desk.stand.person(actors.office).post("/v1/me", {"kind": "organisation", "legal_name": "Linden Family Office"})
    sent = application(desk, intermediary=office["party"])
    applied = desk.stand.person(actors.alice).post("/v1/applications", sent)

    def offices() -> frozenset[str]:
        with service.db.read() as session:
            return service.parties.intermediaries_of(session, [applied["party"]])[applied["party"]]

    assert offices() == frozenset()
    desk.approve(applied["id"])
    assert offices() == {office["party"]}
