"""One undecided application for each party, claim issuer and claim type; and what an application says about an intermediary."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from tests.support.desk import LICENCES, RETAIL, SOMEBODY, Desk

RACERS = 3


def asked(desk: Desk, **changed: Any) -> tuple[int, str]:
    """What alice is answered when she applies."""
    content = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "attributes": RETAIL, **changed}
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    alice = desk.stand.person(desk.onchain.actors.alice)
    answer = desk.stand.request("POST", "/v1/applications", alice, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", "")


def waiting(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.session.get("/v1/applications", state="submitted")["items"])


@pytest.mark.parametrize("decision", [{"outcome": "approve"}, {"outcome": "reject", "reason": "no_evidence"}])
def test_a_second_application_waits_until_the_first_is_decided(desk: Desk, decision: dict[str, str]) -> None:
    first = desk.apply(desk.onchain.actors.alice)
    assert asked(desk) == (409, "application_pending")
    assert [one["id"] for one in waiting(desk)] == [first]
    desk.session.post(f"/v1/applications/{first}/decision", decision)
    assert asked(desk) == (201, "")
    assert asked(desk) == (409, "application_pending")


def test_another_claim_type_another_desk_and_another_person_do_not_wait(desk: Desk) -> None:
    desk.apply(desk.onchain.actors.alice)
    terms = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    assert asked(desk, claim_type="FAMILY_OFFICE", attributes=LICENCES["FAMILY_OFFICE"]) == (201, "")
    assert asked(desk, claim_issuer=desk.root_id, claim_type="CLAIM_ISSUER", attributes=terms) == (201, "")
    desk.apply(desk.onchain.actors.bob)
    assert len(waiting(desk)) == 3


def test_an_invitation_is_no_way_round_and_stays_open(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    first = desk.apply(alice)
    made = desk.session.post("/v1/invitations", {"claim_type": "INVESTOR"})
    path = f"/v1/invitation-codes/{made['url'].rpartition('/')[2]}/application"
    headers = {"Idempotency-Key": "the-invited-one"}
    answer = desk.stand.request("POST", path, desk.stand.person(alice), json={"attributes": RETAIL}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "application_pending")
    assert desk.session.get(f"/v1/invitations/{made['id']}")["state"] == "open"
    desk.approve(first)
    assert desk.stand.person(alice).post(path, {"attributes": RETAIL})["state"] == "submitted"


def test_of_those_who_race_one_waits_at_the_desk(desk: Desk) -> None:
    alice, barrier = desk.stand.person(desk.onchain.actors.alice), Barrier(RACERS)
    alice.post("/v1/me", SOMEBODY)
    ways = [replace(desk.stand, http=desk.stand.http.application.test_client()) for _ in range(RACERS)]
    content = {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR", "attributes": RETAIL}

    def race(number: int) -> tuple[int, str]:
        headers = {"Idempotency-Key": f"racer-{number}"}
        barrier.wait(20)
        answer = ways[number].request("POST", "/v1/applications", alice, json=content, headers=headers)
        return answer.status_code, answer.get_json().get("code", "")

    with ThreadPoolExecutor(RACERS) as pool:
        ended = sorted(pool.map(race, range(RACERS)))

    assert ended == [(201, ""), *[(409, "application_pending")] * (RACERS - 1)]
    assert len(waiting(desk)) == 1


def test_an_intermediary_that_is_merely_named_has_not_confirmed_it(desk: Desk) -> None:
    office = desk.licensed(30)
    assert asked(desk, party=SOMEBODY, intermediary=office.party) == (201, "")
    (application,) = waiting(desk)
    assert (application["intermediary"], application["intermediary_confirmed"]) == (office.party, False)
    alice = desk.stand.person(desk.onchain.actors.alice)
    for session, path in ((desk.session, "/v1/applications"), (alice, "/v1/me/applications")):
        assert session.get(f"{path}/{application['id']}")["intermediary_confirmed"] is False
    assert asked(desk, intermediary=office.party, intermediary_confirmed=True) == (422, "invalid_field")


def test_nobody_names_a_person_or_themselves_as_intermediary(desk: Desk) -> None:
    bob = desk.stand.person(desk.onchain.actors.bob).post("/v1/me", SOMEBODY)["party"]
    own = desk.stand.person(desk.onchain.actors.alice).post("/v1/me", {**SOMEBODY, "kind": "organisation"})["party"]
    for party in (bob, own):
        assert asked(desk, intermediary=party) == (422, "relation_invalid")
    assert waiting(desk) == []
