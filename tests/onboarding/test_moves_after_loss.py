"""After a lost wallet the old account counts no more, the new one does, and the act is open until the chain shows each step."""

from typing import Any

from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.access.model import AccountLost
from identity_service.chain import trex
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.move_model import (
    CONFIRMING_ACCOUNT_AGE,
    MOVE_LIFETIME,
    WALLET_LOST,
    MoveAlreadyDecided,
    MoveInvalid,
    MovePending,
    MoveUnknown,
    OwnMove,
    RecoveryNotReady,
    RecoveryUnknown,
)
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE
OF_TOKENS = ("registry_entry_removed", "account_registered")


def asked(desk: Desk, session: Session, path: str, content: dict[str, Any] | None = None) -> Any:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    return desk.stand.request("POST", path, session, json=content or {}, headers=headers)


def refusal(desk: Desk, session: Session, path: str, content: dict[str, Any] | None = None) -> tuple[int, str]:
    answer = asked(desk, session, path, content)
    return answer.status_code, str(answer.get_json()["code"])


def problem(kind: type[DomainError], status: int) -> tuple[int, str]:
    return status, kind.code


def moved(desk: Desk, lost: Wallet, new: Wallet) -> str:
    return str(desk.stand.person(new).post("/v1/me/moves", {"lost": str(lost.account)})["id"])


def confirmed(desk: Desk, lost: Wallet, new: Wallet) -> str:
    move = moved(desk, lost, new)
    assert asked(desk, desk.session, f"/v1/moves/{move}/confirm").status_code == 200
    return move


def steps(desk: Desk, move: str, session: Session) -> dict[str, dict[str, Any]]:
    """The steps by kind; of those about tokens the ones about the desk's."""
    found = session.get(f"/v1/me/moves/{move}")["steps"]
    tokens = [one for one in found if one["step"] in OF_TOKENS and one["subject"] == str(desk.token)]
    return {one["step"]: one for one in (*(one for one in found if one["step"] not in OF_TOKENS), *tokens)}


def state(session: Session, move: str) -> str:
    return str(session.get(f"/v1/me/moves/{move}")["state"])


def send(wallet: Wallet, call: dict[str, str]) -> None:
    assert call["sender"] in (None, str(wallet.account))
    wallet.send(Account.parse(call["to"]).address, bytes.fromhex(call["data"][2:]))


def application_for(desk: Desk, wallet: Wallet) -> str:
    waiting = desk.session.get("/v1/applications?state=submitted")["items"]
    return next(str(one["id"]) for one in waiting if one["account"] == str(wallet.account))


def balance(desk: Desk, wallet: Wallet) -> int:
    return desk.onchain.token.balance(wallet.address, desk.onchain.client.head())


def agent_of(desk: Desk) -> Address:
    return Address.parse(desk.agent.get(f"/v1/tokens/{desk.token}")["agent"])


def test_a_lost_wallet_s_account_is_verified_no_more_and_the_new_one_is(desk: Desk) -> None:
    actors = desk.onchain.actors
    lost, new = actors.alice, actors.bob
    claim, form = desk.verified(lost)
    thief = desk.stand.person(lost)
    thief.get("/v1/me")
    holder = desk.stand.person(new)

    move = moved(desk, lost, new)
    assert state(holder, move) == "open"
    assert holder.get(f"/v1/me/moves/{move}")["steps"] == []
    assert [one["id"] for one in desk.session.get("/v1/moves")["items"]] == [move]
    assert desk.is_verified(lost), "nothing happens before the confirmation"

    shown = asked(desk, desk.session, f"/v1/moves/{move}/confirm").get_json()
    assert (shown["state"], shown["lost"], shown["new"]) == ("confirmed", str(lost.account), str(new.account))

    # Our own answers turn at once.
    assert desk.checks(lost)["account_known"] == "failed"
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "revoked"
    assert desk.stand.request("GET", "/v1/me", thief).status_code == 401, "the thief's token is gone"
    accounts = holder.get("/v1/me")["accounts"]
    assert [one["account"] for one in accounts] == [str(new.account)]
    assert not desk.eligibility(lost)["eligible"]
    assert not desk.eligibility(new)["eligible"]

    # The chain takes its time: each step is open until it shows it.
    assert desk.is_verified(lost)
    assert {one["state"] for one in steps(desk, move, holder).values()} == {"open"}
    desk.work()
    assert not desk.is_verified(lost)
    found = steps(desk, move, holder)
    revoked, removed = found["claim_revoked_on_chain"], found["registry_entry_removed"]
    assert (revoked["state"], revoked["subject"]) == ("done", form["id"])
    assert (removed["state"], removed["subject"]) == ("done", str(desk.token))
    for one in (revoked, removed):
        receipt = desk.onchain.client.receipt(bytes.fromhex(one["transaction"][2:]))
        assert receipt is not None
        assert receipt.succeeded
        assert one["block"]["hash"] == "0x" + desk.onchain.client.block(one["block"]["number"]).hash.hex()
    assert registered(desk, lost) is None
    waiting = {name: one["waits_for"] for name, one in found.items() if one["state"] == "open"}
    assert waiting == {
        "identity_contract": "holder",
        "claim_decided": "claim_issuer",
        "claim_on_identity": "new_claim",
        "account_registered": "identity_contract",
    }
    assert "wallet_unlinked" not in found, "the old contract has no other wallet, and nobody else can unlink this one"

    # The new account: identity contract through the gateway, the claim decided anew, on the contract, and the registration.
    send(new, found["identity_contract"]["call"])
    desk.approve(application_for(desk, new))
    desk.work()
    found = steps(desk, move, holder)
    assert found["identity_contract"]["state"] == found["claim_decided"]["state"] == "done"
    assert found["account_registered"]["waits_for"] == "token_agent"
    new_claim = desk.session.get(f"/v1/applications/{found['claim_decided']['subject']}")["claim"]
    desk.add(new, desk.form(new_claim))
    assert state(holder, move) == "confirmed"
    desk.register(new)
    assert desk.is_verified(new)
    desk.work()
    found = steps(desk, move, holder)
    assert {one["state"] for one in found.values()} == {"done"}
    assert state(holder, move) == "closed"
    assert desk.eligibility(new)["eligible"]
    officer = desk.session.get(f"/v1/moves/{move}")
    assert (officer["state"], len(officer["steps"])) == ("closed", len(found))


def registered(desk: Desk, wallet: Wallet) -> Address | None:
    return desk.onchain.token.identity_of(wallet.address, desk.onchain.client.head())


def test_what_a_lost_account_holds_is_recovered_at_the_token_issuer_s_word_alone(desk: Desk) -> None:
    actors = desk.onchain.actors
    lost, new = actors.alice, actors.bob
    desk.verified(lost)
    actors.token_owner.do(desk.token.address, trex.ADD_AGENT, agent_of(desk))
    actors.token_owner.do(desk.token.address, trex.ADD_AGENT, actors.token_owner.address)
    actors.token_owner.do(desk.token.address, trex.MINT, lost.address, 500)
    recoveries = f"/v1/tokens/{desk.token}/recoveries"
    assert refusal(desk, desk.agent, recoveries, {"lost": str(lost.account)}) == problem(RecoveryUnknown, 404)
    move = confirmed(desk, lost, new)
    holder = desk.stand.person(new)
    desk.work()
    removed = steps(desk, move, holder)["registry_entry_removed"]
    assert (removed["state"], removed["waits_for"]) == ("open", "identity_contract")
    assert refusal(desk, desk.agent, recoveries, {"lost": str(lost.account)}) == problem(RecoveryNotReady, 409)

    send(new, steps(desk, move, holder)["identity_contract"]["call"])
    application = application_for(desk, new)
    desk.add(new, desk_form(desk, application))
    desk.work()
    assert balance(desk, lost) == 500, "the job itself moves nothing"
    (waiting,) = desk.agent.get(recoveries)["items"]
    assert (waiting["lost"], waiting["new"]) == (str(lost.account), str(new.account))
    assert {one["waits_for"] for one in waiting["steps"]} == {"recovery", "registry_entry_removed"}
    stranger = desk.stand.machine("token_issuer", desk.administrator.post("/v1/parties", SOMEBODY_ELSE)["id"])
    assert refusal(desk, stranger, recoveries, {"lost": str(lost.account)}) == (403, "not_the_token_issuer")

    job = asked(desk, desk.agent, recoveries, {"lost": str(lost.account)}).get_json()["job"]
    desk.finished(desk.agent, job)
    desk.work()
    assert (balance(desk, lost), balance(desk, new)) == (0, 500)
    assert (desk.is_verified(lost), desk.is_verified(new)) == (False, True)
    assert state(holder, move) == "closed"
    assert steps(desk, move, holder)["registry_entry_removed"]["transaction"].startswith("0x")
    assert desk.agent.get(recoveries)["items"] == []


SOMEBODY_ELSE = {"kind": "organisation", "legal_name": "Other Issuer SA"}


def desk_form(desk: Desk, application: str) -> dict[str, Any]:
    """The approved claim's form, once the identity contract is noted."""
    claim = desk.approve(application)
    desk.work()
    return desk.form(claim)


def test_another_account_of_the_party_confirms_and_the_new_one_joins_its_identity_contract(desk: Desk) -> None:
    actors = desk.onchain.actors
    keeper, lost, new = actors.alice, actors.carol, actors.bob
    desk.claim(keeper)
    identity = desk.identity(keeper)
    act = linked(desk, keeper, lost)
    desk.work()
    send(keeper, desk.stand.person(keeper).get(f"/v1/me/account-acts/{act}")["steps"][0]["call"])
    desk.work()
    desk.stand.clock.advance(CONFIRMING_ACCOUNT_AGE)
    holder, owner = desk.stand.person(new), desk.stand.person(keeper)

    move = moved(desk, lost, new)
    stranger = desk.stand.person(actors.stranger)
    assert refusal(desk, stranger, f"/v1/me/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert refusal(desk, desk.stand.person(lost), f"/v1/me/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert refusal(desk, holder, f"/v1/me/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert [one["id"] for one in owner.get("/v1/me/moves")["items"]] == [move]
    assert stranger.get("/v1/me/moves")["items"] == []
    assert asked(desk, owner, f"/v1/me/moves/{move}/confirm").status_code == 200
    assert refusal(desk, owner, f"/v1/me/moves/{move}/confirm") == problem(MoveAlreadyDecided, 409)
    desk.work()
    found = steps(desk, move, holder)
    assert {name: one["waits_for"] for name, one in found.items()} == {"wallet_unlinked": "holder", "wallet_linked": "holder"}
    for one in found.values():
        send(keeper, one["call"])
    desk.work()
    assert state(holder, move) == "closed"
    head, factory = desk.onchain.client.head(), desk.onchain.suite.id_factory
    assert desk.onchain.identities.identity_of(factory, lost.address, head) is None
    assert desk.onchain.identities.identity_of(factory, new.address, head) == identity
    contracts = {one["account"]: one["identity_contract"] for one in owner.get("/v1/me")["accounts"]}
    assert contracts == {str(keeper.account): str(identity), str(new.account): str(identity)}


def linked(desk: Desk, by: Wallet, wallet: Wallet) -> str:
    person = desk.stand.person(by)
    message = person.post("/v1/me/accounts/challenges", {"account": str(wallet.account)})["message"]
    content = {"message": message, "signature": "0x" + wallet.sign_message(message).hex()}
    return str(asked(desk, person, "/v1/me/accounts", content).get_json()["id"])


def test_what_waited_at_a_desk_waits_there_again_for_the_new_account(desk: Desk) -> None:
    actors = desk.onchain.actors
    lost, new = actors.alice, actors.bob
    desk.claim(lost)
    pending = desk.apply(lost, "CUSTODIAN", {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"})
    confirmed(desk, lost, new)
    assert desk.session.get(f"/v1/applications/{pending}")["state"] == "rejected"
    waiting = desk.session.get("/v1/applications?state=submitted")["items"]
    assert {(one["claim_type"], one["account"]) for one in waiting} == {
        ("INVESTOR", str(new.account)),
        ("CUSTODIAN", str(new.account)),
    }
    investor = next(one for one in waiting if one["claim_type"] == "INVESTOR")
    shown = desk.session.get(f"/v1/applications/{investor['id']}")
    assert shown["attributes"] == {"classification": "retail"}


def test_nobody_confirms_their_own_move_and_only_a_desk_with_a_claim_there_may(desk: Desk) -> None:
    actors = desk.onchain.actors
    lost, new = actors.alice, actors.bob
    claim = desk.claim(lost)
    party = desk.session.get(f"/v1/claims/{claim}")["party"]
    with desk.stand.service.db.read() as session:
        claim_issuer = desk.stand.service.mesh.get(session, desk.issuer["id"])
    move = moved(desk, lost, new)
    desk.administrator.post("/v1/seats", {"account": str(new.account), "role": "claim_issuer", "party": claim_issuer.party_id})
    own = desk.stand.person(new)
    assert refusal(desk, own, f"/v1/moves/{move}/confirm") == problem(OwnMove, 403)
    assert refusal(desk, own, f"/v1/moves/{move}/reject") == problem(OwnMove, 403)
    assert party != claim_issuer.party_id
    elsewhere = moved(desk, actors.stranger, actors.carol)
    assert refusal(desk, desk.session, f"/v1/moves/{elsewhere}/confirm") == problem(MoveUnknown, 404)
    assert refusal(desk, desk.root, f"/v1/moves/{move}/confirm") == problem(MoveUnknown, 404)
    assert desk.root.get("/v1/moves")["items"] == []
    assert asked(desk, desk.session, f"/v1/moves/{move}/reject").get_json()["state"] == "rejected"
    assert refusal(desk, desk.session, f"/v1/moves/{move}/confirm") == problem(MoveAlreadyDecided, 409)
    assert desk.checks(lost)["account_known"] == "passed"


def test_a_move_is_opened_once_and_ends_by_itself(desk: Desk) -> None:
    actors = desk.onchain.actors
    lost, new = actors.alice, actors.bob
    holder = desk.stand.person(new)
    nobody = Secp256k1Signer(bytes([7]) * 32).address
    move = moved(desk, lost, new)
    content = {"lost": str(Account(lost.account.chain, nobody))}
    assert refusal(desk, holder, "/v1/me/moves", content) == problem(MovePending, 409)
    assert refusal(desk, holder, "/v1/me/moves", {"lost": str(new.account)}) == problem(MoveInvalid, 422)
    assert refusal(desk, holder, "/v1/me/moves", {"lost": f"eip155:1:{lost.address}"}) == problem(MoveInvalid, 422)
    other = desk.stand.person(actors.carol)
    assert desk.stand.request("POST", f"/v1/me/moves/{move}/withdraw", other).get_json()["code"] == MoveUnknown.code
    assert desk.stand.request("GET", f"/v1/me/moves/{move}", other).get_json()["code"] == MoveUnknown.code
    assert desk.stand.request("POST", f"/v1/me/moves/{move}/withdraw", holder).get_json()["state"] == "withdrawn"
    unknown = asked(desk, holder, "/v1/me/moves", content)
    assert unknown.status_code == 201, "whether anybody has the account here is not told"
    desk.stand.clock.advance(MOVE_LIFETIME)
    holder = desk.stand.person(new)
    assert state(holder, unknown.get_json()["id"]) == "expired"
    assert asked(desk, holder, "/v1/me/moves", content).status_code == 201


def test_a_lost_account_proves_nothing_any_more(desk: Desk) -> None:
    actors = desk.onchain.actors
    desk.claim(actors.alice)
    confirmed(desk, actors.alice, actors.bob)
    challenge = desk.stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(actors.alice.account)})
    message = challenge.get_json()["message"]
    content = {"message": message, "signature": "0x" + actors.alice.sign_message(message).hex()}
    answer = desk.stand.request("POST", "/v1/account-proofs", json=content)
    assert (answer.status_code, answer.get_json()["code"]) == (422, AccountLost.code)


def test_an_accreditation_is_left_to_the_accreditor(desk: Desk) -> None:
    """With it every claim of the firm would end, and that is not for one person to do."""
    officer = desk.onchain.devchain.wallet(20)
    move = moved(desk, officer, desk.onchain.actors.bob)
    assert asked(desk, desk.root, f"/v1/moves/{move}/confirm").status_code == 200
    desk.work()
    found = steps(desk, move, desk.stand.person(desk.onchain.actors.bob))
    assert (found["claim_revoked"]["subject"], found["claim_revoked"]["waits_for"]) == (desk.accreditation, "claim_issuer")
    claim = desk.claim(desk.onchain.actors.alice)
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "live"
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": WALLET_LOST})
    desk.work()
    found = steps(desk, move, desk.stand.person(desk.onchain.actors.bob))
    assert found["claim_revoked"]["state"] == "done"
