"""Places in status lists, and the lists as they are served."""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text

from claim_issuers.clock import SystemEntropy, from_unix_seconds, unix_seconds
from claim_issuers.formats.jose import KeyLookup, read_unverified
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import Signer
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import DEFAULT_SIZE, Status
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.status.bitstring_status_list import BitstringStatusList
from claim_issuers.status.token_status_list import StatusListToken
from identity_service.issuance.derived_lists import DerivedLists
from identity_service.issuance.model import StatusListUnknown
from identity_service.issuance.status_lists import Signers, StatusPlace
from tests.support.desk import Desk
from tests.support.stand import BASE_URL

STEPS = [timedelta(minutes=minutes) for minutes in (0, 5, 59, 60)]


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


def path_of(desk: Desk, claim: str) -> str:
    return f"/status-lists/{desk.session.get(f'/v1/claims/{claim}')['status_list']}"


def index_of(desk: Desk, claim: str) -> int:
    return int(desk.session.get(f"/v1/claims/{claim}")["status_list_index"])


def keys_of(desk: Desk) -> KeyLookup:
    """The keys in the claim issuer's DID document, as a verifier finds them."""
    document = desk.stand.http.get(f"/claim-issuers/{desk.issuer['id']}/did.json").get_json()
    keys = {method["publicKeyJwk"]["kid"]: method["publicKeyJwk"] for method in document["verificationMethod"]}
    return lambda kid: public_key_from_jwk(keys[kid])


def bits_of(desk: Desk, path: str, purpose: StatusPurpose, instant: datetime | None = None) -> BitstringStatusList:
    answer = desk.stand.http.get(f"{path}/{purpose}" + (f"?timestamp={quote(instant.isoformat())}" if instant else ""))
    assert (answer.status_code, answer.content_type) == (200, "application/vc+jwt")
    return bitstring_status_list.verify(
        answer.text,
        uri=f"{BASE_URL}{path}/{purpose}",
        purpose=purpose,
        keys=keys_of(desk),
        instant=instant or desk.stand.clock.now(),
    )


def statuses_at(desk: Desk, path: str, instant: datetime) -> StatusListToken:
    answer = desk.stand.http.get(f"{path}?time={unix_seconds(instant)}")
    assert (answer.status_code, answer.content_type) == (200, "application/statuslist+jwt")
    return token_status_list.verify(answer.text, uri=BASE_URL + path, keys=keys_of(desk), instant=instant)


def test_a_revocation_shows_in_the_bitstring_of_its_purpose_and_in_no_other(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    path, index = path_of(desk, claim), index_of(desk, claim)
    assert not bits_of(desk, path, StatusPurpose.REVOCATION).is_set(index)

    desk.revoke(claim)

    assert bits_of(desk, path, StatusPurpose.REVOCATION).is_set(index)
    assert not bits_of(desk, path, StatusPurpose.SUSPENSION).is_set(index)


class CountingSigners:
    """The vault, counting signatures."""

    def __init__(self, vault: Signers) -> None:
        self._vault = vault
        self.signatures = 0

    def signer(self, name: str) -> Signer:
        self.signatures += 1
        return self._vault.signer(name)


def test_a_list_is_signed_once_for_each_form_and_state_however_often_it_is_asked_for(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    lists, clock = desk.stand.service.status_lists, desk.stand.clock
    counting = CountingSigners(lists.vault)
    derived = DerivedLists(lists=replace(lists, vault=counting))
    status_list_id = desk.session.get(f"/v1/claims/{claim}")["status_list"]
    before = clock.now()
    clock.advance(timedelta(hours=1))
    desk.revoke(claim)

    with desk.stand.service.db.write() as session:
        token = lists.published(session, status_list_id)
        asked = [(purpose, derived.bitstring(session, status_list_id, purpose, token=token)) for purpose in [*StatusPurpose] * 5]
        past = {derived.as_of(session, status_list_id, before + step, before_signing=lambda: None) for step in STEPS}

    assert len(set(asked)) == 2
    assert len(past) == 2, "one list before the revocation and one after it"
    assert counting.signatures == 4
    with desk.stand.service.db.read() as session:
        elsewhere = DerivedLists(lists=lists).bitstring(session, status_list_id, "revocation", token=token)
    assert elsewhere == dict(asked)[StatusPurpose.REVOCATION], "another process makes the same credential"


def test_a_past_time_is_answered_with_the_list_as_it_stood(desk: Desk) -> None:
    clock = desk.stand.clock
    claim = desk.claim(desk.onchain.actors.alice)
    path, index, issued = path_of(desk, claim), index_of(desk, claim), clock.now()
    clock.advance(timedelta(days=3))
    revoked = clock.now()
    desk.revoke(claim)
    clock.advance(timedelta(days=2))

    for instant, status in [
        (issued, Status.VALID),
        (revoked - timedelta(seconds=1), Status.VALID),
        (revoked, Status.INVALID),
        (clock.now(), Status.INVALID),
    ]:
        token = statuses_at(desk, path, instant)
        assert token.array.get(index) == status
        assert token.issued_at <= instant < token.expires_at
        assert bits_of(desk, path, StatusPurpose.REVOCATION, instant).status(index) == status
    assert statuses_at(desk, path, issued).expires_at == from_unix_seconds(unix_seconds(revoked))


def test_a_place_that_was_marked_at_an_instant_we_do_not_know_was_never_valid(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    path, issued = path_of(desk, claim), desk.stand.clock.now()
    (place,) = reserve(desk, ["clm_without_a_claim"])
    with desk.stand.service.db.write() as session:
        desk.stand.service.status_lists.revoke(session, "clm_without_a_claim")

    assert statuses_at(desk, path, issued).array.get(place.index) == Status.INVALID


def test_a_time_before_the_list_was_opened_or_in_the_future_is_refused(desk: Desk) -> None:
    path = path_of(desk, desk.claim(desk.onchain.actors.alice))
    now = desk.stand.clock.now()
    for instant in (now - timedelta(days=1), now + timedelta(seconds=1), from_unix_seconds(0)):
        for asked in (f"{path}?time={unix_seconds(instant)}", f"{path}/revocation?timestamp={quote(instant.isoformat())}"):
            answer = desk.stand.http.get(asked)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "status_time_not_covered")


@pytest.mark.parametrize(
    "asked",
    [
        *("?time=", "?time=now", "?time=1.5", "?time=-1", "?time=253402300800", "?time=1&time=2", "?times=1"),
        *("/revocation?timestamp=", "/revocation?timestamp=1795348800", "/revocation?timestamp=2026-11-22T12:00:00"),
        *("/revocation?timestamp=2026-11-22T12:00:00+00:00", "/revocation?time=1795348800"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(desk: Desk, asked: str) -> None:
    answer = desk.stand.http.get(path_of(desk, desk.claim(desk.onchain.actors.alice)) + asked)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("asked", ["?time=1795348800", "/revocation", "/suspension?timestamp=2026-11-22T12:00:00Z"])
def test_no_form_of_a_list_that_does_not_exist_is_served(desk: Desk, asked: str) -> None:
    answer = desk.stand.http.get("/status-lists/stl_nothing" + asked)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "status_list_unknown")


def test_a_list_has_no_other_purposes(desk: Desk) -> None:
    answer = desk.stand.http.get(path_of(desk, desk.claim(desk.onchain.actors.alice)) + "/refresh")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "status_purpose_unknown")


@pytest.mark.parametrize("form", ["", "/revocation", "/suspension"])
def test_who_has_a_list_already_is_told_so_until_it_changes(desk: Desk, form: str) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    path = path_of(desk, claim) + form
    first = desk.stand.http.get(path)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-cache")
    assert first.headers["Access-Control-Allow-Origin"] == "*"

    again = desk.stand.http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])

    desk.stand.clock.advance(timedelta(minutes=1))
    desk.revoke(claim)
    changed = desk.stand.http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_past_lists_that_must_be_signed_are_held_to_a_limit_and_those_at_hand_are_not(desk: Desk) -> None:
    clock = desk.stand.clock
    path = path_of(desk, desk.claim(desk.onchain.actors.alice))

    def asked() -> int:
        return desk.stand.http.get(f"{path}?time={unix_seconds(clock.now())}").status_code

    answers = []
    for _ in range(31):  # every minute the span since the last change ends anew, which makes another token
        clock.advance(timedelta(minutes=1))
        answers.append(asked())
    assert answers == [200] * 30 + [429]
    clock.advance(timedelta(minutes=-1))
    assert [asked() for _ in range(40)] == [200] * 40
