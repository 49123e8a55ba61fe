"""A batch of invitations is made once, whoever sends it how often and however many at once, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from identity_service.access.model import Caller
from identity_service.demo.api import Session
from identity_service.onboarding.batch_model import Draft, DraftRow
from identity_service.onboarding.tables import InvitationBatchRow, InvitationRow
from tests.support.desk import Desk
from tests.support.stand import Stand

OFFICE = 30
PATH = "/v1/invitations/batches"


@pytest.fixture
def office(desk: Desk) -> Session:
    """The machine client of a family office that has its licence claim."""
    return desk.stand.machine("family_office", desk.licensed(OFFICE).party)


def rows(*references: str) -> list[dict[str, Any]]:
    return [{"reference": one} for one in references]


def post(stand: Stand, session: Session, key: str, content: dict[str, Any]) -> tuple[int, Any]:
    answer = stand.request("POST", PATH, session, headers={"Idempotency-Key": key}, json=content)
    return answer.status_code, answer.get_json()


def stored(desk: Desk) -> tuple[int, int]:
    """How many batches and invitations there are."""
    with desk.stand.service.db.read() as session:
        counted = [session.scalar(select(func.count()).select_from(one)) for one in (InvitationBatchRow, InvitationRow)]
    return int(counted[0] or 0), int(counted[1] or 0)


def test_the_same_batch_again_makes_nothing_twice_and_more_rows_go_on_with_it(desk: Desk, office: Session) -> None:
    content = {"claim_issuer": desk.issuer["id"], "rows": rows("c-1", "bad one")}
    first = post(desk.stand, office, "k-1", content)
    assert first[0] == 201
    assert post(desk.stand, office, "k-1", content) == first
    assert post(desk.stand, office, "k-1", {**content, "rows": rows("c-9")})[1]["code"] == "idempotency_key_reused"
    batch = first[1]["id"]
    corrected = {**content, "rows": rows("c-1", "c-2"), "batch": batch}
    status, went_on = post(desk.stand, office, "k-2", corrected)
    assert (status, went_on["id"], went_on["created"], went_on["unchanged"], went_on["left_out"]) == (201, batch, 1, 1, 0)
    assert went_on["rows"][0] == first[1]["rows"][0], "what was there stays as it was"
    changed = {**corrected, "rows": [{"reference": "c-1", "claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"}]}
    assert post(desk.stand, office, "k-3", changed)[1]["created"] == 0
    assert stored(desk) == (1, 2)


def test_the_same_key_finds_the_same_batch_even_when_its_answer_is_forgotten(desk: Desk, office: Session) -> None:
    service, caller = desk.stand.service, caller_of(desk, office)
    draft = Draft(rows=(DraftRow(number=1, cells={"reference": "c-1"}),), claim_issuer_id=desk.issuer["id"])
    made = []
    for _ in range(2):
        with service.db.write() as session:
            made.append(service.batches.send(session, draft, caller, key="k"))
    assert made[0].id == made[1].id
    assert [(one.created, one.unchanged) for one in made] == [(1, 0), (0, 1)]


def test_two_that_send_the_same_at_once_make_each_invitation_once(desk: Desk, office: Session) -> None:
    token, together = office.token(), Barrier(4)
    content = {"claim_issuer": desk.issuer["id"], "rows": rows(*(f"c-{number}" for number in range(20)))}
    first = post(desk.stand, office, "k-0", {**content, "rows": rows("c-0")})[1]

    def again(number: int) -> int:
        client = desk.stand.http.application.test_client()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "same" if number < 2 else f"other-{number}"}
        together.wait()
        sent = content if number < 2 else {**content, "batch": first["id"]}
        return int(client.post(PATH, json=sent, headers=headers).status_code)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(again, range(4))) == [201] * 4
    assert stored(desk) == (2, 40), "twenty in the batch of one key, twenty in the one that two others went on with"


def caller_of(desk: Desk, session: Session) -> Caller:
    service = desk.stand.service
    with service.db.read() as found:
        return service.access.caller(found, session.token())
