"""Places in status lists, and the lists as they are served."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from claim_issuers.clock import SystemEntropy
from claim_issuers.formats.jose import read_unverified
from claim_issuers.status.array import DEFAULT_SIZE
from identity_service.issuance.model import StatusListUnknown
from identity_service.issuance.status_lists import StatusPlace
from tests.support.desk import Desk


class RepeatingEntropy:
    """Gives every draw of four bytes twice, so that each place is drawn a second time."""

    def __init__(self) -> None:
        self._real = SystemEntropy()
        self._pending: bytes | None = None
        self.repeated = 0

    def token_bytes(self, length: int) -> bytes:
        if length != 4:
            return self._real.token_bytes(length)
        drawn, self._pending = self._pending, None
        if drawn is None:
            drawn = self._pending = self._real.token_bytes(length)
        else:
            self.repeated += 1
        return drawn


def reserve(desk: Desk, names: list[str], entropy: RepeatingEntropy | None = None) -> list[StatusPlace]:
    service = desk.stand.service
    lists = service.status_lists if entropy is None else replace(service.status_lists, entropy=entropy)
    with service.db.write() as session:
        issuer = service.mesh.get(session, desk.issuer["id"])
        return [lists.reserve(session, issuer, name) for name in names]


def test_a_place_is_drawn_at_random_and_never_given_twice(desk: Desk) -> None:
    entropy = RepeatingEntropy()

    places = reserve(desk, [f"clm_{number}" for number in range(40)], entropy)

    assert entropy.repeated >= 39, "a place that was taken is drawn again"
    assert len({(one.status_list_id, one.index) for one in places}) == 40
    indexes = [one.index for one in places]
    assert indexes != sorted(indexes)
    assert all(0 <= index < DEFAULT_SIZE for index in indexes)


def test_a_full_list_opens_the_next_and_both_are_served(desk: Desk) -> None:
    service = desk.stand.service
    (first,) = reserve(desk, ["clm_first"])
    _fill(desk, first.status_list_id)

    second, third = reserve(desk, ["clm_second", "clm_third"])

    assert second.status_list_id == third.status_list_id != first.status_list_id
    with service.db.write() as session:
        assert service.status_lists.revoke(session, "clm_first") == first.status_list_id
    for place in (first, second):
        answer = desk.stand.http.get(f"/status-lists/{place.status_list_id}")
        assert answer.content_type == "application/statuslist+jwt"
        assert read_unverified(answer.text).payload["sub"] == place.uri


def _fill(desk: Desk, status_list_id: str) -> None:
    """Take places as if nine tenths of the list were given out, which would be 118 thousand claims."""
    with desk.stand.service.db.write() as session:
        session.execute(
            text("UPDATE issuance_status_lists SET used = :used WHERE id = :id"),
            {"used": DEFAULT_SIZE * 9 // 10, "id": status_list_id},
        )


def test_a_list_is_signed_anew_after_half_its_life_or_a_change_and_else_served_as_it_is(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    path = f"/status-lists/{desk.session.get(f'/v1/claims/{claim}')['status_list']}"
    clock = desk.stand.clock

    def served() -> str:
        answer = desk.stand.http.get(path)
        assert answer.status_code == 200
        return answer.text

    first = served()
    payload = read_unverified(first).payload
    life = payload["exp"] - payload["iat"]
    clock.advance(timedelta(seconds=life // 2 - 5))
    assert served() == first
    clock.advance(timedelta(seconds=10))
    renewed = served()
    assert renewed != first
    assert read_unverified(renewed).payload["status_list"] == payload["status_list"]
    assert read_unverified(renewed).payload["exp"] > payload["exp"]
    assert served() == renewed

    desk.revoke(claim)
    assert read_unverified(served()).payload["status_list"] != payload["status_list"]


def test_a_list_that_does_not_exist_is_refused(desk: Desk) -> None:
    answer = desk.stand.http.get("/status-lists/stl_nothing")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "status_list_unknown")
    service = desk.stand.service
    with service.db.write() as session, pytest.raises(StatusListUnknown):
        service.status_lists.published(session, "stl_nothing")
