"""Seats: an account acts for a party in a role, from when an administrator says so until the seat ends."""

import threading
from typing import Any

import pytest

from identity_service.access.model import ROLE_SCOPES, Role
from identity_service.demo.api import ApiRefused, Session
from identity_service.demo.wallets import Wallet
from tests.support.stand import Stand


@pytest.fixture
def admin(stand: Stand) -> Session:
    return stand.machine("administrator")


@pytest.fixture
def regulator(admin: Session) -> str:
    return str(admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Market Supervision Office"})["id"])


def seat(wallet: Wallet, role: str, party: str) -> dict[str, Any]:
    return {"account": str(wallet.account), "role": role, "party": party}


def code_of(refused: pytest.ExceptionInfo[ApiRefused]) -> str:
    return str(refused.value.detail).partition('"code":"')[2].partition('"')[0]


def test_the_holder_of_a_seat_may_what_the_role_may_and_still_what_any_wallet_may(
    stand: Stand, admin: Session, regulator: str
) -> None:
    alice = stand.onchain.actors.alice
    given = admin.post("/v1/seats", seat(alice, "regulator", regulator))
    assert (given["role"], given["party"], given["ended_at"]) == ("regulator", regulator, None)
    token = stand.person(alice).token()
    with stand.service.db.read() as session:
        caller = stand.service.access.caller(session, token)
    assert (caller.role, caller.party_id, caller.account) == (Role.REGULATOR, regulator, alice.account)
    assert caller.scopes == ROLE_SCOPES[Role.REGULATOR] | {"me"}


def test_an_account_without_a_seat_has_no_role(stand: Stand, admin: Session, regulator: str) -> None:
    admin.post("/v1/seats", seat(stand.onchain.actors.alice, "regulator", regulator))
    token = stand.person(stand.onchain.actors.bob).token()
    with stand.service.db.read() as session:
        caller = stand.service.access.caller(session, token)
    assert (caller.role, caller.party_id, caller.scopes) == (None, None, {"me"})


def test_an_ended_seat_counts_no_more_not_even_for_a_token_that_was_given_before(
    stand: Stand, admin: Session, regulator: str
) -> None:
    alice = stand.onchain.actors.alice
    given = admin.post("/v1/seats", seat(alice, "regulator", regulator))
    person = stand.person(alice)
    assert person.get("/v1/grants") == {"items": [], "next": None}
    ended = admin.post(f"/v1/seats/{given['id']}/end")
    assert ended["ended_at"] is not None
    with pytest.raises(ApiRefused, match="scope_missing"):
        person.get("/v1/grants")
    with pytest.raises(ApiRefused) as again:
        admin.post(f"/v1/seats/{given['id']}/end")
    assert code_of(again) == "seat_already_ended"


def test_an_account_has_one_seat_at_a_time_and_may_get_another_afterwards(stand: Stand, admin: Session, regulator: str) -> None:
    alice = stand.onchain.actors.alice
    first = admin.post("/v1/seats", seat(alice, "regulator", regulator))
    with pytest.raises(ApiRefused) as refused:
        admin.post("/v1/seats", seat(alice, "transfer_agent", regulator))
    assert code_of(refused) == "seat_taken"
    admin.post(f"/v1/seats/{first['id']}/end")
    second = admin.post("/v1/seats", seat(alice, "transfer_agent", regulator))
    listed = admin.get("/v1/seats")["items"]
    assert {one["id"]: one["ended_at"] is None for one in listed} == {first["id"]: False, second["id"]: True}
    assert admin.get(f"/v1/seats/{second['id']}") == second


def test_two_administrators_at_once_give_an_account_one_seat(stand: Stand, regulator: str) -> None:
    alice, both = stand.onchain.actors.alice, [stand.machine("administrator"), stand.machine("administrator")]
    for one in both:
        one.token()
    outcomes: list[str] = []

    def give(admin: Session) -> None:
        try:
            admin.post("/v1/seats", seat(alice, "regulator", regulator))
            outcomes.append("given")
        except ApiRefused as error:
            outcomes.append(str(error.status if hasattr(error, "status") else error.data["status"]))

    threads = [threading.Thread(target=give, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["409", "given"]


@pytest.mark.parametrize(
    ("role", "party", "code"), [("administrator", None, "seat_invalid"), ("regulator", "pty_nobody", "party_unknown")]
)
def test_a_seat_is_for_a_known_party_and_never_for_an_administrator(
    stand: Stand, admin: Session, regulator: str, role: str, party: str | None, code: str
) -> None:
    with pytest.raises(ApiRefused) as refused:
        admin.post("/v1/seats", seat(stand.onchain.actors.alice, role, party or regulator))
    assert code_of(refused) == code
    assert admin.get("/v1/seats")["items"] == []


def test_an_unknown_seat_is_unknown(admin: Session) -> None:
    for act in (lambda: admin.get("/v1/seats/set_nothing"), lambda: admin.post("/v1/seats/set_nothing/end")):
        with pytest.raises(ApiRefused) as refused:
            act()
        assert code_of(refused) == "seat_unknown"


def test_giving_and_ending_a_seat_stand_in_the_audit_log(stand: Stand, admin: Session, regulator: str) -> None:
    given = admin.post("/v1/seats", seat(stand.onchain.actors.alice, "regulator", regulator))
    admin.post(f"/v1/seats/{given['id']}/end")
    actions = [one["action"] for one in admin.get("/v1/audit", limit=200)["items"] if one["subject"] == given["id"]]
    assert actions == ["seat.given", "seat.ended"]


def test_a_seat_holder_s_reading_of_a_credential_is_recorded_like_any_other_reader_s(stand: Stand, scene: Any) -> None:
    """An officer signs in with an account too; that must not pass for the holder's own reading."""
    from identity_service.demo import acts, cast

    acts.obtain_claim(
        scene,
        "claim_issuer",
        desk="root",
        claim_type="CLAIM_ISSUER",
        attributes={"topics": ["FAMILY_OFFICE"], "may_accredit": False, "path_length": 0},
        party=None,
    )
    claim = acts.obtain_intermediary_claim(scene, cast.INTERMEDIARIES[0])
    officer = stand.onchain.actors.bob
    given = scene.machines["administrator"].post("/v1/seats", seat(officer, "claim_issuer", scene.party["claim_issuer"]))
    before = scene.people["office-linden"].get("/v1/me/disclosures")["items"]
    stand.person(officer).text(f"/v1/claims/{claim}/forms/vc+jwt")
    after = scene.people["office-linden"].get("/v1/me/disclosures")["items"]
    assert len(after) == len(before) + 1
    assert (after[-1]["viewer"], after[-1]["purpose"]) == (given["id"], "claim_administration")
    assert str(officer.address) not in str(after), "the person read about learns of firm and seat, not of the officer's wallet"
    scene.people["office-linden"].text(f"/v1/me/claims/{claim}/forms/vc+jwt")
    assert len(scene.people["office-linden"].get("/v1/me/disclosures")["items"]) == len(after)
