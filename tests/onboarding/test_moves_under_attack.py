"""A thief of one key takes no party over; and if one did, the holder gets it back through an officer."""

from datetime import UTC, datetime, timedelta

from claim_issuers.clock import SystemEntropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.model import AccountLost
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.account_lines import line_of
from identity_service.onboarding.move_model import (
    CONFIRMING_ACCOUNT_AGE,
    MOST_MOVES_A_DAY,
    RECENTLY_LINKED,
    ActKind,
    ConfirmingAccountTooNew,
    Deed,
    MoveInvalid,
    MoveLimitReached,
    MoveObjected,
    MoveUnknown,
    OwnMove,
)
from identity_service.onboarding.tables import MoveRow
from identity_service.storage import new_id
from tests.conftest import ONE_ENGINE
from tests.notices.test_notices_over_http import apply_with_email, subjects
from tests.onboarding.test_moves_after_loss import application_for, asked, confirmed, linked, moved, problem, refusal
from tests.support.desk import Desk, accredit
from tests.support.queries import counted

ENGINES = ONE_ENGINE
SECOND = timedelta(seconds=1)


def accounts(desk: Desk, wallet: Wallet) -> set[str]:
    return {one["account"] for one in desk.stand.person(wallet).get("/v1/me")["accounts"]}


def speaks(desk: Desk, wallet: Wallet) -> bool:
    return desk.stand.request("GET", "/v1/me", desk.stand.person(wallet)).status_code == 200


def refused_at_the_door(desk: Desk, wallet: Wallet) -> tuple[int, str]:
    made = desk.stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(wallet.account)}).get_json()
    content = {"message": made["message"], "signature": "0x" + wallet.sign_message(made["message"]).hex()}
    answer = desk.stand.request("POST", "/v1/account-proofs", json=content)
    return answer.status_code, str(answer.get_json().get("code"))


def others(desk: Desk, *numbers: int) -> list[Wallet]:
    return [desk.onchain.devchain.wallet(number) for number in numbers]


def test_an_account_linked_a_minute_ago_confirms_nothing(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    later, new = others(desk, 31, 32)
    claim = desk.claim(alice)
    linked(desk, alice, bob)
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE - SECOND * 10)
    early = moved(desk, alice, new)
    assert refusal(desk, desk.stand.person(bob), f"/v1/me/moves/{early}/confirm") == problem(ConfirmingAccountTooNew, 403)
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "live"
    desk.stand.clock.advance(SECOND * 20)
    assert refusal(desk, desk.stand.person(bob), f"/v1/me/moves/{early}/confirm") == problem(ConfirmingAccountTooNew, 403)
    late = moved(desk, alice, later)
    assert asked(desk, desk.stand.person(bob), f"/v1/me/moves/{late}/confirm").status_code == 200
    assert speaks(desk, bob), "who confirms stays"


def test_the_account_that_a_move_leads_to_does_not_confirm_it(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(alice)
    linked(desk, alice, bob)
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE + SECOND)
    move = moved(desk, alice, bob)
    assert refusal(desk, desk.stand.person(bob), f"/v1/me/moves/{move}/confirm") == problem(OwnMove, 403)


def test_once_the_lost_account_objects_only_an_officer_confirms_who_sees_it(desk: Desk) -> None:
    alice, bob, stranger = desk.onchain.actors.alice, desk.onchain.actors.bob, desk.onchain.actors.stranger
    (new,) = others(desk, 31)
    desk.claim(alice)
    linked(desk, alice, bob)
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE + SECOND)
    move = moved(desk, alice, new)
    for nobody in (stranger, bob, new):
        assert refusal(desk, desk.stand.person(nobody), f"/v1/me/moves/{move}/object") == problem(MoveUnknown, 404)
    first = asked(desk, desk.stand.person(alice), f"/v1/me/moves/{move}/object").get_json()
    desk.stand.clock.advance(SECOND)
    again = asked(desk, desk.stand.person(alice), f"/v1/me/moves/{move}/object").get_json()
    assert first["objected_at"] is not None
    assert first == again
    assert refusal(desk, desk.stand.person(bob), f"/v1/me/moves/{move}/confirm") == problem(MoveObjected, 409)
    (listed,) = desk.session.get("/v1/moves")["items"]
    assert listed["objected_at"] == desk.session.get(f"/v1/moves/{move}")["objected_at"] == first["objected_at"]
    assert asked(desk, desk.session, f"/v1/moves/{move}/confirm").status_code == 200
    assert refused_at_the_door(desk, alice) == problem(AccountLost, 422)


def test_the_party_gets_a_mail_when_a_move_is_opened_and_when_it_is_confirmed(desk: Desk) -> None:
    alice, bob, carol = desk.onchain.actors.alice, desk.onchain.actors.bob, desk.onchain.actors.carol
    application = apply_with_email(desk, desk.stand.person(alice))
    desk.approve(application)
    moved(desk, desk.onchain.actors.stranger, carol)
    desk.work()
    assert subjects(desk) == []
    move = moved(desk, alice, bob)
    desk.work()
    assert subjects(desk) == ["Was a wallet of yours lost?"]
    moved(desk, alice, others(desk, 31)[0])
    desk.work()
    assert len(subjects(desk)) == 1, "at most one an hour"
    assert asked(desk, desk.session, f"/v1/moves/{move}/confirm").status_code == 200
    desk.work()
    assert sorted(subjects(desk)) == ["An account of yours was replaced", "Was a wallet of yours lost?"]


def test_what_the_lost_account_linked_lately_goes_with_it_unless_the_officer_keeps_it(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    old, thief, second, kept, new = others(desk, 30, 31, 32, 33, 34)
    desk.claim(alice, valid_for=90 * 24 * 3600)
    linked(desk, alice, old)
    desk.stand.clock.advance(RECENTLY_LINKED + SECOND)
    linked(desk, alice, thief)
    linked(desk, thief, second)
    linked(desk, alice, kept)
    linked(desk, old, bob)
    move = moved(desk, alice, new)
    shown = desk.session.get(f"/v1/moves/{move}")
    assert shown["ends"] == str(alice.account)
    assert {one["account"]: one["ends"] for one in shown["other_accounts"]} == {
        str(old.account): False,
        str(bob.account): False,
        str(thief.account): True,
        str(second.account): True,
        str(kept.account): True,
    }
    assert {frozenset(one) for one in shown["other_accounts"]} == {frozenset({"account", "linked_at", "ends"})}
    assert "other_accounts" not in desk.stand.person(bob).get(f"/v1/me/moves/{move}")
    path = f"/v1/moves/{move}/confirm"
    assert refusal(desk, desk.session, path, {"keep": [str(old.account)]}) == problem(MoveInvalid, 422)
    assert asked(desk, desk.session, path, {"keep": [str(kept.account)]}).status_code == 200
    assert accounts(desk, new) == {str(one.account) for one in (old, bob, kept, new)}
    assert not speaks(desk, thief)
    assert desk.session.get(f"/v1/moves/{move}")["other_accounts"] == [], "the decision is over"


def hijacked(desk: Desk, alice: Wallet, thief: Wallet, put: Wallet) -> str:
    """The thief of alice's key links an account, waits, and confirms with it that another takes alice's place."""
    linked(desk, alice, thief)
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE + SECOND)
    move = moved(desk, alice, put)
    assert asked(desk, desk.stand.person(thief), f"/v1/me/moves/{move}/confirm").status_code == 200
    return move


def test_the_true_holder_gets_the_party_back_through_an_officer(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    thief, put, true = others(desk, 31, 32, 30)
    desk.verified(alice)
    party = desk.stand.person(alice).get("/v1/me")["party"]
    first = hijacked(desk, alice, thief, put)
    desk.work()
    # The holder names the account that was lost, with a third one; the thief cannot stop it.
    move = moved(desk, alice, true)
    assert [one["id"] for one in desk.session.get("/v1/moves")["items"]] == [move]
    shown = desk.session.get(f"/v1/moves/{move}")
    assert (shown["lost"], shown["ends"]) == (str(alice.account), str(put.account))
    assert [(one["account"], one["ends"]) for one in shown["other_accounts"]] == [(str(thief.account), True)]
    assert refusal(desk, desk.stand.person(thief), f"/v1/me/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert asked(desk, desk.session, f"/v1/moves/{move}/confirm").status_code == 200
    assert desk.stand.person(true).get("/v1/me")["party"] == party
    assert accounts(desk, true) == {str(true.account)}
    assert not speaks(desk, thief)
    assert refused_at_the_door(desk, put) == problem(AccountLost, 422)
    waiting = [one["account"] for one in desk.session.get("/v1/applications?state=submitted")["items"]]
    assert waiting == [str(true.account)]
    desk.approve(application_for(desk, true))
    # What the chain still has to see of the thief's move leads to the true account now.
    desk.work()
    with desk.stand.service.db.read() as session:
        act = desk.stand.service.accounts.moves.acts.act(session, first)
    assert (act.ended, act.account) == (alice.account, true.account)
    calls = [one.call["data"] for one in act.steps if one.call is not None]
    assert calls
    assert not [data for data in calls if put.address.value.hex() in data]


def test_naming_the_account_that_the_thief_put_in_place_does_as_well(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    thief, put, true = others(desk, 31, 32, 30)
    desk.claim(alice)
    hijacked(desk, alice, thief, put)
    confirmed(desk, put, true)
    assert accounts(desk, true) == {str(true.account)}


def test_an_account_that_a_linked_one_threw_out_comes_back_the_same_way(desk: Desk) -> None:
    alice = desk.onchain.actors.alice
    thief, true = others(desk, 31, 30)
    desk.claim(alice)
    linked(desk, alice, thief)
    assert asked(desk, desk.stand.person(thief), f"/v1/me/accounts/{alice.account}/unlink").status_code == 200
    move = confirmed(desk, alice, true)
    assert accounts(desk, true) == {str(true.account)}
    assert desk.session.get(f"/v1/moves/{move}")["state"] == "confirmed"


def test_a_claim_issuer_whose_accreditation_ended_decides_no_move(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(alice)
    move = moved(desk, alice, bob)
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    assert desk.session.get("/v1/moves")["items"] == []
    assert desk.session.get(f"/v1/moves/{move}")["other_accounts"] == []
    assert refusal(desk, desk.session, f"/v1/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert refusal(desk, desk.session, f"/v1/moves/{move}/reject") == problem(MoveUnknown, 404)


def test_claims_of_others_than_the_officer_s_are_left_to_them(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    claim = desk.claim(alice)
    party = desk.stand.person(alice).get("/v1/me")["party"]
    desk.administrator.post("/v1/claim-issuers", {"party": party, "name": "Maya", "claim_types": ["INVESTOR"], "chains": []})
    accredit(desk.root, desk.root_id, desk.stand.person(alice))
    move = moved(desk, alice, bob)
    assert asked(desk, desk.root, f"/v1/moves/{move}/confirm").status_code == 200
    found = desk.stand.person(bob).get(f"/v1/me/moves/{move}")["steps"]
    assert claim in [one["subject"] for one in found if one["step"] == "claim_revoked"]
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "account_unlinked"
    assert desk.checks(alice)["claim_live"] == "failed"


def test_a_person_revokes_nobody_s_claims(desk: Desk) -> None:
    """A person's confirmation is no claim issuer's: every claim is listed as due, and counts no more at once."""
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    (new,) = others(desk, 31)
    claim = desk.claim(alice)
    linked(desk, alice, bob)
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE + SECOND)
    move = moved(desk, alice, new)
    made = asked(desk, desk.stand.person(bob), f"/v1/me/moves/{move}/confirm").get_json()
    due = [one["subject"] for one in made["steps"] if one["step"] == "claim_revoked"]
    assert due == [claim]
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "account_unlinked"


def test_moves_of_strangers_cost_the_desk_s_list_nothing(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(alice)
    move = moved(desk, alice, bob)
    db, now = desk.stand.service.db, desk.stand.clock.now()
    with counted(db) as before:
        desk.session.get("/v1/moves")
    with db.write() as session:
        for _ in range(40):
            address = SystemEntropy().token_bytes(20)
            session.add(
                MoveRow(
                    id=new_id("mov", SystemEntropy()),
                    chain=desk.token.chain.number,
                    lost_address=address,
                    new_address=address[::-1],
                    account_proof_id="acp_x",
                    state="open",
                    opened_at=now,
                    expires_at=now + timedelta(days=7),
                )
            )
    with counted(db) as after:
        assert [one["id"] for one in desk.session.get("/v1/moves")["items"]] == [move]
    assert len(after) == len(before)


def test_an_account_opens_five_moves_a_day(desk: Desk) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    holder = desk.stand.person(bob)
    for _ in range(MOST_MOVES_A_DAY):
        asked(desk, holder, f"/v1/me/moves/{moved(desk, alice, bob)}/withdraw")
    content = {"lost": str(alice.account)}
    assert refusal(desk, holder, "/v1/me/moves", content) == problem(MoveLimitReached, 409)
    desk.stand.clock.advance(timedelta(days=1, seconds=1))
    assert asked(desk, desk.stand.person(bob), "/v1/me/moves", content).status_code == 201


def test_lines_follow_moves_and_throwing_out_and_end_where_nobody_follows() -> None:
    first, second, third, other = (Account(ChainId(1), Address(bytes([number]) * 20)) for number in range(1, 5))
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def deed(kind: ActKind, account: Account | None, ended: Account | None, by: Account | None, day: int) -> Deed:
        return Deed(kind=kind, account=account, ended=ended, actor=str(by), by=by, at=start + timedelta(days=day))

    deeds = [
        deed(ActKind.MOVE, second, first, other, 0),
        deed(ActKind.LINK, other, None, second, 1),
        deed(ActKind.UNLINK, None, second, third, 2),
    ]
    opened = start + timedelta(days=40)
    line = line_of(first, deeds, {third, other}, opened)
    assert line is not None
    assert (line.last, line.members) == (third, frozenset({first, second, third}))
    assert line.recent_from == start - RECENTLY_LINKED
    assert line.recently_linked(deeds, {third, other}) == {other}
    assert line_of(third, deeds, {third}, opened) == line_of(third, deeds, {third, other}, opened)
    assert line_of(first, deeds, {other}, opened) is None, "nobody follows the last one, which is linked no more"
    himself = [deed(ActKind.UNLINK, None, first, first, 0)]
    assert line_of(first, himself, {second}, opened) is None
