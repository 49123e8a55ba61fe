"""Two doors to a claim: the holder's goes by the account alone, the claim issuer's by the claim issuer alone, whatever the seat."""

from dataclasses import dataclass

import pytest

from identity_service.access.model import SEAT_ROLES, Role
from identity_service.demo.api import Session
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE

HOLDER_DOOR, ISSUER_DOOR = "/v1/me/claims", "/v1/claims"
UNKNOWN, NO_SCOPE = (404, "claim_unknown"), (403, "scope_missing")
FIRST_SEAT = 40


@dataclass(frozen=True)
class Case:
    """Alice's claim, which the desk's claim issuer issued, with a form for the chain."""

    desk: Desk
    claim: str
    form: str

    def below(self, door: str) -> tuple[str, ...]:
        """Everything that can be read of the claim through a door."""
        own = (f"{door}/{self.claim}", f"{door}/{self.claim}/forms/vc+jwt", f"{door}/{self.claim}/forms/{self.form}")
        return (*own, f"{door}/{self.claim}/forms/{self.form}/call-data") if door == HOLDER_DOOR else own

    def seen(self, session: Session, door: str) -> set[tuple[int, str]]:
        """How the service answers a reader at each address behind a door."""
        answers = [self.desk.stand.request("GET", path, session) for path in self.below(door)]
        return {(one.status_code, "" if one.status_code == 200 else one.get_json()["code"]) for one in answers}

    def seated(self, index: int, role: Role, party: str) -> Session:
        """Somebody with a wallet and a seat."""
        wallet = self.desk.onchain.devchain.wallet(index)
        self.desk.administrator.post("/v1/seats", {"account": str(wallet.account), "role": role, "party": party})
        return self.desk.stand.person(wallet)


@pytest.fixture
def case(desk: Desk) -> Case:
    alice = desk.onchain.actors.alice
    claim = desk.claim(alice)
    desk.identity(alice)
    return Case(desk, claim, desk.form(claim)["id"])


def test_a_seat_for_the_claim_issuer_opens_no_client_s_claim_as_if_it_were_one_s_own(case: Case) -> None:
    for number, role in enumerate(sorted(SEAT_ROLES)):
        person = case.seated(FIRST_SEAT + number, role, case.desk.issuer["party"])
        assert case.seen(person, HOLDER_DOOR) == {UNKNOWN}, role
        assert case.seen(person, ISSUER_DOOR) == ({(200, "")} if role is Role.CLAIM_ISSUER else {NO_SCOPE}), role


def test_a_seat_for_somebody_else_opens_neither_door(case: Case) -> None:
    party = case.desk.administrator.get("/v1/claim-issuers")["items"]
    root = next(one["party"] for one in party if one["id"] == case.desk.root_id)
    for number, role in enumerate(sorted(SEAT_ROLES)):
        person = case.seated(FIRST_SEAT + number, role, root)
        assert case.seen(person, HOLDER_DOOR) == {UNKNOWN}, role
        assert case.seen(person, ISSUER_DOOR) == ({UNKNOWN} if role is Role.CLAIM_ISSUER else {NO_SCOPE}), role


def test_whoever_has_a_seat_still_reads_the_own_claim_as_a_person(case: Case) -> None:
    alice = case.desk.onchain.actors.alice
    for role in sorted(SEAT_ROLES):
        seat = {"account": str(alice.account), "role": role, "party": case.desk.issuer["party"]}
        given = case.desk.administrator.post("/v1/seats", seat)["id"]
        assert case.seen(case.desk.stand.person(alice), HOLDER_DOOR) == {(200, "")}, role
        case.desk.administrator.post(f"/v1/seats/{given}/end")


def test_the_claim_issuer_s_reading_of_a_credential_is_on_record_and_the_holder_s_is_not(case: Case) -> None:
    alice = case.desk.stand.person(case.desk.onchain.actors.alice)
    alice.text(f"{HOLDER_DOOR}/{case.claim}/forms/vc+jwt")
    assert alice.get("/v1/me/disclosures")["items"] == []
    officer = case.seated(FIRST_SEAT, Role.CLAIM_ISSUER, case.desk.issuer["party"])
    officer.text(f"{ISSUER_DOOR}/{case.claim}/forms/vc+jwt")
    (read,) = alice.get("/v1/me/disclosures")["items"]
    assert (read["basis"]["kind"], read["fields"]) == ("claim", ["claim_attributes"])
