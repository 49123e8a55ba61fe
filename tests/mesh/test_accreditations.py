"""Accreditation as the service lives it: who may issue, from when to when, and what happens when it ends."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from claim_issuers.identifiers.accounts import Account
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.support.desk import DAY, SOMEBODY, Desk, accredit


class Branch:
    """A claim issuer with a wallet of its own, that nobody has accredited yet."""

    def __init__(self, desk: Desk, wallet: int, claim_types: Sequence[str] = ("INVESTOR",)) -> None:
        self.desk = desk
        self.person = desk.stand.person(desk.onchain.devchain.wallet(wallet))
        party = self.person.post("/v1/me", {"kind": "organisation", "legal_name": f"Branch {wallet}"})["party"]
        wanted = {"party": party, "name": f"Branch {wallet}", "claim_types": [*claim_types], "chains": []}
        self.id = str(desk.administrator.post("/v1/claim-issuers", wanted)["id"])
        self.session = desk.stand.machine("claim_issuer", party)
        self.waiting: dict[Account, str] = {}

    def approve(self, applicant: Wallet, valid_for: int = DAY) -> tuple[int, str]:
        """The applicant's INVESTOR application that waits, or a new one, is approved: the status, and the problem's code if any."""
        application = self.waiting.pop(applicant.account, None) or self.desk.apply_to(self.id, applicant)
        status, code = decide(self.desk, self.session, application, valid_for)
        if status != 201:
            self.waiting[applicant.account] = application
        return status, code


def decide(desk: Desk, session: Session, application: str, valid_for: int = DAY) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"outcome": "approve", "valid_for_seconds": valid_for}
    answer = desk.stand.request("POST", f"/v1/applications/{application}/decision", session, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", "")


def recorded(desk: Desk) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in desk.stand.http.get("/v1/accreditations").get_json()["items"]}


NOT_ACCREDITED = (403, "claim_issuer_not_accredited")


def test_a_path_of_accreditations_lets_a_branch_issue_until_any_link_is_revoked(desk: Desk) -> None:
    middle, leaf = Branch(desk, 21, ("INVESTOR", "CLAIM_ISSUER")), Branch(desk, 22)
    alice = desk.onchain.actors.alice
    assert leaf.approve(alice) == NOT_ACCREDITED

    upper = accredit(desk.root, desk.root_id, middle.person, topics=["INVESTOR"], may_accredit=True, path_length=0)
    lower = accredit(middle.session, middle.id, leaf.person, topics=["INVESTOR"])
    assert leaf.approve(alice)[0] == 201
    found = recorded(desk)
    assert (found[upper]["accreditor"], found[lower]["accreditor"]) == (desk.root_did, found[upper]["claim_issuer"])

    desk.root.post(f"/v1/claims/{upper}/revoke", {"reason": "audit_failed"})
    assert leaf.approve(alice) == NOT_ACCREDITED
    assert middle.approve(alice) == NOT_ACCREDITED
    assert recorded(desk)[upper]["revoked_at"] == desk.stand.clock.now().isoformat()
    assert recorded(desk)[lower]["revoked_at"] is None


def test_an_accreditation_covers_its_topics_and_its_time_and_no_accrediting_unless_it_says_so(desk: Desk) -> None:
    narrow, leaf = Branch(desk, 21, ("INVESTOR", "CLAIM_ISSUER")), Branch(desk, 22)
    alice = desk.onchain.actors.alice
    accredit(desk.root, desk.root_id, narrow.person, topics=["CUSTODIAN"])
    assert narrow.approve(alice) == NOT_ACCREDITED

    accredit(desk.root, desk.root_id, narrow.person, topics=["INVESTOR"], valid_for=DAY)
    assert narrow.approve(alice)[0] == 201
    terms = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    wanted = {"claim_issuer": narrow.id, "claim_type": "CLAIM_ISSUER", "attributes": terms}
    application = leaf.person.post("/v1/applications", wanted)["id"]
    assert decide(desk, narrow.session, application) == NOT_ACCREDITED

    desk.stand.clock.advance(timedelta(days=1))
    assert narrow.approve(alice) == NOT_ACCREDITED


def test_what_an_issuer_said_no_longer_counts_once_its_accreditation_is_gone(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    desk.verified(wallet)
    assert desk.eligibility(wallet)["eligible"]

    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "audit_failed"})

    answer = desk.eligibility(wallet)
    assert not answer["eligible"]
    failed = {one["check"]: one["reason"] for one in answer["reasons"] if one["outcome"] == "failed"}
    assert failed == {"claim_issuer_accredited": "accreditation_revoked"}
    assert desk.is_verified(wallet), "the chain knows nothing of accreditation"


def test_only_a_party_that_is_a_claim_issuer_is_accredited(desk: Desk) -> None:
    alice = desk.stand.person(desk.onchain.actors.alice)
    terms = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    wanted = {"claim_issuer": desk.root_id, "claim_type": "CLAIM_ISSUER", "attributes": terms, "party": SOMEBODY}
    application = alice.post("/v1/applications", wanted)["id"]

    assert decide(desk, desk.root, application) == (404, "claim_issuer_unknown")

    assert desk.root.get(f"/v1/applications/{application}")["state"] == "submitted"
    assert desk.stand.service.forms.reconcile() == 0, "no intent is left that could never be finished"
    assert set(recorded(desk)) == {desk.accreditation}


def test_topics_of_an_accreditation_are_claim_types(desk: Desk) -> None:
    branch = Branch(desk, 21)
    for topics, pointer in ((["ASTRONAUT"], "/attributes/topics/0"), (["INVESTOR", "CLAIM_ISSUER"], "/attributes/topics/1")):
        terms = {"topics": topics, "may_accredit": False, "path_length": 0}
        wanted = {"claim_issuer": desk.root_id, "claim_type": "CLAIM_ISSUER", "attributes": terms}
        headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
        answer = desk.stand.request("POST", "/v1/applications", branch.person, json=wanted, headers=headers)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_claim_attributes")
        assert answer.get_json()["errors"][0]["pointer"] == pointer
