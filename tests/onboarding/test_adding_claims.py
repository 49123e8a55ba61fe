"""Signed claims reach the identity contract by our relayer, where the holder let it, or from the holder's own wallet."""

from typing import Any

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE


def relay(desk: Desk, claim: str, form: str) -> dict[str, Any]:
    """Ask the relayer to add the form; the job when it has ended."""
    return desk.ended(desk.session, desk.session.post(f"/v1/claims/{claim}/forms/{form}/relay")["job"])


def refused(desk: Desk, path: str, session: Any = None) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    method = "POST" if session is None else "GET"
    answer = desk.stand.request(method, path, session or desk.session, headers=headers)
    return answer.status_code, answer.get_json()["code"]


def let_relayer_in(desk: Desk, wallet: Wallet, form: dict[str, Any]) -> None:
    relayer = Address.parse(desk.session.get("/v1/chains")["items"][0]["relayer"])
    actions.add_key(wallet, Address.parse(form["identity_contract"]), relayer, onchainid.CLAIM)


def test_without_a_claim_key_the_relayer_steps_back_and_the_holders_wallet_sends_the_call_data(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)
    desk.identity(wallet)
    form = desk.form(claim)
    desk.register(wallet)

    refusal = relay(desk, claim, form["id"])
    assert (refusal["state"], refusal["error"]) == ("failed", "relayer_not_permitted")
    assert not desk.is_verified(wallet)

    call = desk.stand.person(wallet).get(f"/v1/me/claims/{claim}/forms/{form['id']}/call-data")
    assert (call["sender"], call["value"]) == (str(wallet.account), "0")
    wallet.send(Account.parse(call["to"]).address, bytes.fromhex(call["data"][2:]))
    assert desk.is_verified(wallet)

    blocks = desk.onchain.client.head().number
    assert relay(desk, claim, form["id"])["state"] == "done", "it stands already"
    assert desk.onchain.client.head().number == blocks


def test_once_the_holder_lets_the_relayer_in_asking_again_adds_the_claim(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)
    desk.identity(wallet)
    form = desk.form(claim)
    desk.register(wallet)
    assert relay(desk, claim, form["id"])["state"] == "failed"

    let_relayer_in(desk, wallet, form)
    added = relay(desk, claim, form["id"])

    assert added["state"] == "done"
    assert desk.is_verified(wallet)
    assert relay(desk, claim, form["id"])["id"] == added["id"]


def test_what_is_not_a_live_form_for_the_chain_is_not_added(desk: Desk) -> None:
    actors = desk.onchain.actors
    claim, other = desk.claim(actors.alice), desk.claim(actors.bob)
    desk.identity(actors.alice)
    form = desk.form(claim)
    let_relayer_in(desk, actors.alice, form)
    credential = desk.session.get(f"/v1/claims/{claim}")["forms"][0]["id"]
    alice, bob = desk.stand.person(actors.alice), desk.stand.person(actors.bob)

    assert refused(desk, f"/v1/claims/{claim}/forms/{credential}/relay") == (404, "form_unknown")
    assert refused(desk, f"/v1/claims/{claim}/forms/frm_nothing/relay") == (404, "form_unknown")
    assert refused(desk, f"/v1/claims/{other}/forms/{form['id']}/relay") == (404, "form_unknown")
    assert refused(desk, f"/v1/me/claims/{claim}/forms/{credential}/call-data", alice) == (404, "form_unknown")
    assert refused(desk, f"/v1/me/claims/{other}/forms/{form['id']}/call-data", bob) == (404, "form_unknown")
    assert refused(desk, f"/v1/me/claims/{claim}/forms/{form['id']}/call-data", bob) == (404, "claim_unknown")

    desk.revoke(claim)
    ended = relay(desk, claim, form["id"])
    assert (ended["state"], ended["error"]) == ("failed", "claim_not_live")
    assert not desk.is_verified(actors.alice)
