"""A party links further accounts and unlinks those it uses no more; from then on nothing of ours counts them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session as Transaction

from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import AccountMismatch, NonceReplayed, NonceUnknown
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.move_model import AccountActUnknown
from identity_service.parties.model import AccountAlreadyBound, AccountUnknown, AccountUnlinked, LastAccount
from tests.conftest import ONE_ENGINE
from tests.support.desk import SOMEBODY, Desk

ENGINES = ONE_ENGINE
LINKS = "/v1/me/accounts"
_LICENCE = {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"}
_keys: Iterator[int] = iter(range(1000))


def asked(desk: Desk, session: Session, path: str, content: dict[str, Any] | None = None, key: str = "") -> Any:
    headers = {"Idempotency-Key": key or f"link-key-{next(_keys)}"}
    return desk.stand.request("POST", path, session, json=content or {}, headers=headers)


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, str(answer.get_json().get("code", "ok"))


def proof(desk: Desk, by: Wallet, wallet: Wallet, signer: Wallet | None = None) -> dict[str, str]:
    challenge = desk.stand.person(by).post(f"{LINKS}/challenges", {"account": str(wallet.account)})
    message = str(challenge["message"])
    return {"message": message, "signature": "0x" + (signer or wallet).sign_message(message).hex()}


def linked(desk: Desk, by: Wallet, wallet: Wallet, capacity: str = "own") -> dict[str, Any]:
    content = {**proof(desk, by, wallet), "capacity": capacity}
    answer = asked(desk, desk.stand.person(by), LINKS, content)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def unlink(desk: Desk, by: Wallet, wallet: Wallet) -> Any:
    return asked(desk, desk.stand.person(by), f"{LINKS}/{wallet.account}/unlink")


def accounts(desk: Desk, wallet: Wallet) -> dict[str, str]:
    return {one["account"]: one["capacity"] for one in desk.stand.person(wallet).get("/v1/me")["accounts"]}


def test_a_person_links_another_account_which_then_speaks_for_the_same_party(desk: Desk) -> None:
    actors = desk.onchain.actors
    old, new = actors.alice, actors.bob
    desk.claim(old)
    content = proof(desk, old, new)
    person = desk.stand.person(old)
    first = asked(desk, person, LINKS, content, key="the-same-key")
    assert first.status_code == 201
    assert (first.get_json()["kind"], first.get_json()["steps"]) == ("link", [])
    assert asked(desk, person, LINKS, content, key="the-same-key").get_json() == first.get_json()
    assert said(asked(desk, person, LINKS, content)) == (422, NonceReplayed.code)
    assert accounts(desk, new) == {str(old.account): "own", str(new.account): "own"}
    desk.work()
    act = desk.stand.person(new).get(f"/v1/me/account-acts/{first.get_json()['id']}")
    assert act["closed_at"] is not None
    stranger = desk.stand.person(actors.stranger)
    stranger.post("/v1/me", SOMEBODY)
    found = desk.stand.request("GET", f"/v1/me/account-acts/{act['id']}", stranger)
    assert said(found) == (404, AccountActUnknown.code)


def test_a_message_for_linking_names_the_account_that_asks_and_no_other_text_counts(desk: Desk) -> None:
    old, new = desk.onchain.actors.alice, desk.onchain.actors.bob
    desk.claim(old)
    message = proof(desk, old, new)["message"]
    assert f"link it to the party of the account {old.account}, which asked" in message.split("\n")[3]
    harmless = message.replace(message.split("\n")[3], "I sign in.")
    content = {"message": harmless, "signature": "0x" + new.sign_message(harmless).hex()}
    assert said(asked(desk, desk.stand.person(old), LINKS, content)) == (422, AccountMismatch.code)


def test_a_message_for_linking_is_for_that_and_for_who_asked(desk: Desk) -> None:
    actors = desk.onchain.actors
    old, new, thief = actors.alice, actors.bob, actors.carol
    desk.claim(old)
    desk.claim(thief)
    content = proof(desk, old, new)
    assert said(asked(desk, desk.stand.person(thief), LINKS, content)) == (422, AccountMismatch.code)
    sign_in = desk.stand.request("POST", "/v1/account-proofs", json=content)
    assert said(sign_in) == (422, NonceUnknown.code), "it is no sign-in"
    challenge = desk.stand.request("POST", "/v1/account-proofs/challenges", json={"account": str(new.account)}).get_json()
    signed = {"message": challenge["message"], "signature": "0x" + new.sign_message(challenge["message"]).hex()}
    assert said(asked(desk, desk.stand.person(old), LINKS, signed)) == (422, NonceUnknown.code), "nor is a sign-in a link"
    bad = proof(desk, old, new, signer=thief)
    assert said(asked(desk, desk.stand.person(old), LINKS, bad)) == (422, "account_signature_invalid")
    theirs = proof(desk, old, thief)
    assert said(asked(desk, desk.stand.person(old), LINKS, theirs)) == (409, AccountAlreadyBound.code)
    nobody = desk.stand.person(actors.stranger)
    assert said(asked(desk, nobody, f"{LINKS}/challenges", {"account": str(new.account)})) == (404, AccountUnknown.code)


def test_a_linked_account_joins_the_identity_contract_once_its_wallet_is_linked_there(desk: Desk) -> None:
    actors = desk.onchain.actors
    old, new = actors.alice, actors.bob
    desk.claim(old)
    identity = desk.identity(old)
    act = linked(desk, old, new)["id"]
    desk.work()
    person = desk.stand.person(old)
    (step,) = person.get(f"/v1/me/account-acts/{act}")["steps"]
    assert (step["step"], step["state"], step["waits_for"]) == ("wallet_linked", "open", "holder")
    assert (step["call"]["sender"], step["call"]["to"]) == (
        str(old.account),
        str(Account(old.account.chain, desk.onchain.suite.id_factory)),
    )
    old.send(desk.onchain.suite.id_factory, bytes.fromhex(step["call"]["data"][2:]))
    desk.work()
    (step,) = person.get(f"/v1/me/account-acts/{act}")["steps"]
    assert (step["state"], step["call"]) == ("done", None)
    assert step["block"]["hash"] == "0x" + desk.onchain.client.block(step["block"]["number"]).hash.hex()
    contracts = {one["account"]: one["identity_contract"] for one in person.get("/v1/me")["accounts"]}
    assert contracts == {str(old.account): str(identity), str(new.account): str(identity)}


def test_an_unlinked_account_counts_no_more_from_that_moment(desk: Desk) -> None:
    actors = desk.onchain.actors
    keeper, leaving = actors.bob, actors.alice
    claim, _ = desk.verified(leaving)
    linked(desk, leaving, keeper)
    before = desk.stand.clock.now()
    desk.stand.clock.advance(timedelta(seconds=2))
    assert desk.eligibility(leaving)["eligible"]
    pending = desk.apply(leaving, "CUSTODIAN", _LICENCE)

    answer = unlink(desk, keeper, leaving)
    assert answer.status_code == 200
    assert [one["claim"] for one in answer.get_json()["claims"]] == [claim]
    assert not desk.eligibility(leaving)["eligible"]
    assert desk.checks(leaving)["account_known"] == desk.checks(leaving)["claim_live"] == "failed"
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "account_unlinked"
    assert desk.session.get(f"/v1/applications/{pending}")["state"] == "rejected"
    assert accounts(desk, keeper) == {str(keeper.account): "own"}
    assert said(desk.stand.request("GET", "/v1/me", desk.stand.person(leaving))) == (404, AccountUnknown.code)
    _remembers(desk, leaving, before)

    desk.work()
    person = desk.stand.person(keeper)
    found = _steps(desk, person, answer.get_json()["id"])
    assert {name: (one["state"], one["waits_for"]) for name, one in found.items()} == {
        "claim_revoked": ("open", "claim_issuer"),
        "registry_entry_removed": ("done", None),
    }
    assert not desk.is_verified(leaving)
    desk.revoke(claim)
    desk.work()
    assert {one["state"] for one in _steps(desk, person, answer.get_json()["id"]).values()} == {"done"}


def _steps(desk: Desk, person: Session, act: str) -> dict[str, dict[str, Any]]:
    found = person.get(f"/v1/me/account-acts/{act}")["steps"]
    return {one["step"]: one for one in found}


def _remembers(desk: Desk, wallet: Wallet, before: Any) -> None:
    """An answer about an earlier instant still knows whose the account was."""
    service = desk.stand.service
    with service.db.read() as session:
        assert service.parties.bound_accounts(session, [wallet.account]) == {}
        assert wallet.account in service.parties.bound_accounts(session, [wallet.account], at=before)
        (record,) = service.issuance.claims_on(session, [wallet.account])[wallet.account]
        assert record.liveness(before).value == "live"
        assert replace(record, account_unlinked_at=None).liveness(service.world.clock.now()).value == "live"


def test_the_last_account_and_those_of_others_are_not_unlinked(desk: Desk) -> None:
    actors = desk.onchain.actors
    desk.claim(actors.alice)
    desk.claim(actors.bob)
    assert said(unlink(desk, actors.alice, actors.alice)) == (409, LastAccount.code)
    assert said(unlink(desk, actors.alice, actors.bob)) == (404, AccountUnknown.code)
    assert said(unlink(desk, actors.alice, actors.stranger)) == (404, AccountUnknown.code)
    assert said(asked(desk, desk.stand.person(actors.alice), f"{LINKS}/nonsense/unlink"))[0] == 400


def test_an_unlinked_account_comes_back_to_its_own_party_and_to_no_other(desk: Desk) -> None:
    actors = desk.onchain.actors
    keeper, away = actors.alice, actors.bob
    claim = desk.claim(keeper)
    linked(desk, keeper, away)
    old_claim = desk.claim(_known(desk, away), claim_type="CUSTODIAN", attributes=_LICENCE)
    unlink(desk, keeper, away)
    assert said(asked(desk, desk.stand.person(away), "/v1/me", SOMEBODY)) == (409, AccountUnlinked.code)
    desk.claim(actors.carol)
    theirs = proof(desk, actors.carol, away)
    assert said(asked(desk, desk.stand.person(actors.carol), LINKS, theirs)) == (409, AccountAlreadyBound.code)
    linked(desk, keeper, away, capacity="client")
    assert accounts(desk, away) == {str(keeper.account): "own", str(away.account): "client"}
    assert desk.session.get(f"/v1/claims/{old_claim}")["state"] == "account_unlinked", "what ended with it does not come back"
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "live"


def test_an_intent_for_an_account_that_was_unlinked_meanwhile_is_withdrawn(desk: Desk) -> None:
    actors = desk.onchain.actors
    keeper, away = actors.alice, actors.bob
    desk.claim(keeper)
    linked(desk, keeper, away)
    application = desk.apply_to(desk.issuer["id"], _known(desk, away), "CUSTODIAN", _LICENCE)
    service = desk.stand.service
    with service.db.write() as session:
        form = _approved(desk, session, application)
    unlink(desk, keeper, away)
    service.forms.complete(form, actor="test")
    with service.db.read() as session:
        found = service.issuance.application_named(session, application)
        record = service.issuance.claim(session, found.claim_id or "")
    assert (record.liveness(service.world.clock.now()).value, record.issued_at) == ("revoked", None)


def _known(desk: Desk, wallet: Wallet) -> Wallet:
    desk.applicants.add(wallet.account)
    return wallet


def _approved(desk: Desk, session: Transaction, application: str) -> str:
    """Approved, and not signed yet: as after a crash."""
    service = desk.stand.service
    claim_issuer = service.mesh.get(session, desk.issuer["id"])
    token = desk.session.token()
    caller = service.access.caller(session, token)
    made = service.issuance.approve(session, application, claim_issuer, valid_for=timedelta(days=30), caller=caller)
    assert made.form_id is not None
    return made.form_id
