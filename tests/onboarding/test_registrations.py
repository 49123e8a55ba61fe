"""Accounts enter a token's identity registry at its issuer's word, with the identity contract that a trusted factory names."""

from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import trex
from identity_service.chain.contracts import Function
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.support.desk import Desk
from tests.support.hostile_identity import liar

REMOVE_AGENT = Function("removeAgent(address)")


def request(desk: Desk, session: Session, wallet: Wallet, country: int | None = None) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"account": str(wallet.account), "country": country}
    answer = desk.stand.request("POST", path(desk), session, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", answer.get_json().get("job"))


def path(desk: Desk) -> str:
    return f"/v1/tokens/{desk.token}/registrations"


def registered(desk: Desk, wallet: Wallet) -> Address | None:
    return desk.onchain.token.identity_of(wallet.address, desk.onchain.client.head())


def queue(desk: Desk) -> dict[str, dict[str, Any]]:
    return {one["account"]: one for one in desk.agent.get(path(desk))["items"]}


def test_the_token_issuer_and_nobody_else_registers_and_reads_the_queue(desk: Desk) -> None:
    actors, stand = desk.onchain.actors, desk.stand
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Other Issuer SA"})["id"]
    stranger = stand.machine("token_issuer", party)
    desk.claim(actors.alice)
    assert request(desk, desk.agent, actors.stranger) == (404, "account_unknown")
    assert request(desk, desk.agent, actors.alice) == (409, "identity_contract_missing")
    identity = desk.identity(actors.alice)

    assert request(desk, stranger, actors.alice) == (403, "not_the_token_issuer")
    assert request(desk, desk.session, actors.alice) == (403, "scope_missing")
    assert stand.request("GET", path(desk), stranger).get_json()["code"] == "not_the_token_issuer"
    assert queue(desk) == {}

    status, job = request(desk, desk.agent, actors.alice, country=756)
    assert status == 202
    assert request(desk, desk.agent, actors.alice, country=756) == (202, job)
    assert desk.finished(desk.agent, job)["receipts"]
    assert registered(desk, actors.alice) == identity
    assert {name: one["state"] for name, one in queue(desk).items()} == {str(actors.alice.account): "done"}
    blocks = desk.onchain.client.head().number
    assert request(desk, desk.agent, actors.alice) == (202, job)
    desk.work()
    assert desk.onchain.client.head().number == blocks


def test_a_decoy_identity_contract_is_refused_before_it_is_registered(desk: Desk) -> None:
    wallet, service = desk.onchain.actors.alice, desk.stand.service
    desk.claim(wallet)
    decoy = liar(desk.onchain.actors.deployer, 1)
    with service.db.write() as session:
        service.parties.link_identity_contract(
            session, wallet.account, identity_contract=decoy, identity_factory=desk.onchain.suite.id_factory, actor="test"
        )

    _, job = request(desk, desk.agent, wallet)
    ended = desk.ended(desk.agent, job)

    assert (ended["state"], ended["error"]) == ("failed", "identity_contract_untrusted")
    assert registered(desk, wallet) is None

    genuine = desk.identity(wallet)
    assert request(desk, desk.agent, wallet) == (202, job)
    desk.finished(desk.agent, job)
    assert registered(desk, wallet) == genuine


def test_a_registration_that_the_registry_refused_is_done_when_asked_again_once_we_are_its_agent(desk: Desk) -> None:
    wallet, owner, registry = desk.onchain.actors.alice, desk.onchain.actors.token_owner, desk.onchain.suite.identity_registry
    agent = Address.parse(desk.agent.get(f"/v1/tokens/{desk.token}")["agent"])
    desk.claim(wallet)
    desk.identity(wallet)
    owner.do(registry, REMOVE_AGENT, agent)
    _, job = request(desk, desk.agent, wallet)
    ended = desk.ended(desk.agent, job)
    assert (ended["state"], ended["error"]) == ("failed", "transaction_reverted")

    owner.do(registry, trex.ADD_AGENT, agent)
    assert request(desk, desk.agent, wallet) == (202, job)

    desk.finished(desk.agent, job)
    assert registered(desk, wallet) is not None
