"""Nobody decides about themselves, nor about the firm for which they act; taking one's own claim away is allowed."""

from collections.abc import Mapping
from typing import Any

import pytest

from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, words
from tests.support.desk import RETAIL, Desk

ENGINES = ONE_ENGINE

OFFICER, COLLEAGUE, FIRM = 40, 41, 20
DECISIONS = ({"outcome": "approve"}, {"outcome": "reject", "reason": "no_evidence"})


def seat(desk: Desk, index: int) -> Wallet:
    """An officer of the desk."""
    wallet = desk.onchain.devchain.wallet(index)
    given = {"account": str(wallet.account), "role": "claim_issuer", "party": desk.issuer["party"]}
    desk.administrator.post("/v1/seats", given)
    return wallet


def refused(desk: Desk, session: Session, path: str, content: Mapping[str, Any]) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    answer = desk.stand.request("POST", path, session, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", "")


def state(desk: Desk, application: str) -> str:
    return str(desk.session.get(f"/v1/applications/{application}")["state"])


@pytest.mark.parametrize("decision", DECISIONS)
def test_an_officer_does_not_decide_the_own_application_and_a_colleague_does(desk: Desk, decision: dict[str, str]) -> None:
    officer, colleague = seat(desk, OFFICER), seat(desk, COLLEAGUE)
    application = desk.apply(officer)
    path = f"/v1/applications/{application}/decision"
    assert refused(desk, desk.stand.person(officer), path, decision) == (403, "own_application")
    assert state(desk, application) == "submitted"
    assert desk.stand.person(colleague).post(path, decision)["state"] in ("approved", "rejected")


def test_the_page_says_so_and_takes_no_decision(desk: Desk) -> None:
    officer = seat(desk, OFFICER)
    application, browser = desk.apply(officer), browse(desk.stand, officer)
    page = browser.get(f"/desk/applications/{application}").text
    assert "Another officer has to decide it." in words(page)
    assert f'action="/desk/applications/{application}' not in page
    for act, said in (("approve", {"validity": "year"}), ("reject", {"reason": "not_eligible"})):
        answer = browser.post(f"/desk/applications/{application}/{act}", data=said)
        assert answer.status_code == 403
        assert "Another officer has to decide it." in words(answer.text)
    assert state(desk, application) == "submitted"
    colleague = browse(desk.stand, seat(desk, COLLEAGUE))
    assert colleague.post(f"/desk/applications/{application}/approve", data={"validity": "year"}).status_code == 303
    assert state(desk, application) == "approved"


def test_a_claim_issuer_does_not_certify_itself(desk: Desk) -> None:
    firm = desk.onchain.devchain.wallet(FIRM)
    content = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "attributes": RETAIL}
    applied = desk.stand.person(firm).post("/v1/applications", content)
    assert applied["party"] == desk.issuer["party"]
    path = f"/v1/applications/{applied['id']}/decision"
    for session in (desk.session, desk.stand.person(seat(desk, OFFICER))):
        for decision in DECISIONS:
            assert refused(desk, session, path, decision) == (403, "own_application")
    assert state(desk, applied["id"]) == "submitted"


def test_whoever_is_told_that_it_is_their_own_must_be_of_the_desk_it_went_to(desk: Desk) -> None:
    officer = seat(desk, OFFICER)
    desk.apply(officer)
    elsewhere = desk.apply_to(
        desk.root_id, officer, "CLAIM_ISSUER", {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    )
    path = f"/v1/applications/{elsewhere}/decision"
    assert refused(desk, desk.stand.person(officer), path, {"outcome": "approve"}) == (404, "application_unknown")


def test_an_officer_brings_no_own_claim_onto_a_chain_but_may_revoke_it(desk: Desk) -> None:
    wallet = seat(desk, OFFICER)
    officer, claim = desk.stand.person(wallet), desk.claim(wallet)
    desk.identity(wallet)
    path = f"/v1/claims/{claim}"
    assert refused(desk, officer, f"{path}/forms", {"format": "erc735"}) == (403, "own_claim")
    form = desk.form(claim)["id"]
    assert refused(desk, officer, f"{path}/forms/{form}/relay", {}) == (403, "own_claim")
    assert officer.post(f"{path}/revoke", {"reason": "wallet_lost"})["state"] == "revoked"
