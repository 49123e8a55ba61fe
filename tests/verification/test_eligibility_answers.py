"""Eligibility as the API answers it, against the real contracts."""

from dataclasses import replace
from datetime import timedelta

from claim_issuers.identifiers.accounts import Address
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import INVESTOR_TOPIC, Desk
from tests.support.hostile_identity import factory_naming, liar, reverting

ENGINES = ONE_ENGINE

PUBLIC = {"identity_contract_vouched", "registry_entry", "registry_verified", "account_not_frozen", "token_not_paused"}


def failed(desk: Desk, wallet: Wallet) -> set[str]:
    """The checks that did not pass; the answer must be a plain no with no attestation."""
    answer = desk.eligibility(wallet)
    assert not answer["eligible"]
    assert answer["attestation"] is None
    assert answer["categories"] == []
    return {one["check"] for one in answer["reasons"] if one["outcome"] != "passed"}


def test_an_account_becomes_eligible_step_by_step_and_every_answer_says_as_of_when(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    everything_on_chain = {"identity_contract_vouched", "registry_entry", "registry_verified"}
    unknown = everything_on_chain | {"account_known", "claim_held", "claim_live", "claim_issuer_accredited"}
    assert failed(desk, wallet) == unknown
    claim = desk.claim(wallet)
    assert failed(desk, wallet) == everything_on_chain
    desk.identity(wallet)
    assert failed(desk, wallet) == {"registry_entry", "registry_verified"}
    desk.register(wallet)
    assert failed(desk, wallet) == {"registry_verified"}
    desk.add(wallet, desk.form(claim))

    answer = desk.eligibility(wallet)
    assert answer["eligible"]
    assert answer["categories"] == ["INVESTOR"]
    head = desk.onchain.client.head()
    as_of = answer["as_of"]
    assert (as_of["chain_id"], as_of["block_number"]) == (31337, head.number)
    assert as_of["block_hash"] == "0x" + head.hash.hex()
    assert as_of["instant"] == desk.stand.clock.now().isoformat()


def test_what_agent_issuer_and_time_undo_is_named(desk: Desk) -> None:
    wallet, agent, token = desk.onchain.actors.alice, desk.onchain.actors.agent, desk.onchain.suite.token
    claim, _ = desk.verified(wallet, valid_for=3600)
    assert desk.eligibility(wallet)["eligible"]

    actions.set_frozen(agent, token, wallet.address, True)
    assert failed(desk, wallet) == {"account_not_frozen"}
    actions.set_frozen(agent, token, wallet.address, False)
    actions.pause(agent, token)
    assert failed(desk, wallet) == {"token_not_paused"}
    actions.unpause(agent, token)
    actions.unregister(agent, desk.onchain.suite.identity_registry, wallet.address)
    assert failed(desk, wallet) == {"registry_entry", "registry_verified"}
    actions.register(agent, desk.onchain.suite.identity_registry, wallet.address, desk.identity(wallet), 756)
    assert desk.eligibility(wallet)["eligible"]

    desk.stand.clock.advance(timedelta(hours=2))
    assert failed(desk, wallet) == {"claim_live"}, "expired, before the chain was told"
    desk.revoke(claim)
    assert failed(desk, wallet) == {"claim_live"}


def test_a_liar_in_the_registry_passes_isverified_and_is_not_eligible(desk: Desk) -> None:
    actors, registry = desk.onchain.actors, desk.onchain.suite.identity_registry
    desk.claim(actors.alice)
    desk.identity(actors.alice)
    fake = liar(actors.alice, INVESTOR_TOPIC)
    actions.register(actors.agent, registry, actors.alice.address, fake, 756)
    assert desk.is_verified(actors.alice), "fault 3 of the deployed contracts"

    assert failed(desk, actors.alice) == {"registry_entry"}
    reasons = {one["check"]: one["reason"] for one in desk.eligibility(actors.alice)["reasons"]}
    assert "decoy" in reasons["registry_entry"]


def test_an_identity_contract_that_reverts_gets_a_no_and_not_an_error(desk: Desk) -> None:
    actors, registry = desk.onchain.actors, desk.onchain.suite.identity_registry
    desk.verified(actors.alice)
    actions.update_registered(actors.agent, registry, actors.alice.address, reverting(actors.alice))

    assert failed(desk, actors.alice) == {"registry_entry", "registry_verified"}


def test_the_network_is_told_what_the_chain_shows_and_nothing_else(desk: Desk) -> None:
    actors = desk.onchain.actors
    desk.verified(actors.alice)
    desk.claim(actors.bob)
    network = desk.stand.machine("network", desk.administrator.post("/v1/parties", _dx())["id"])

    for wallet in (actors.alice, actors.bob, actors.stranger):
        seen, known = desk.eligibility(wallet, network), desk.eligibility(wallet)
        assert {one["check"] for one in seen["reasons"]} == PUBLIC
        assert seen["eligible"] == known["eligible"]
        assert [one for one in known["reasons"] if one["check"] in PUBLIC] == seen["reasons"]
    # Whether we know Bob at all must not show: his answer is the stranger's, but for nothing.
    bob, stranger = (desk.eligibility(wallet, network) for wallet in (actors.bob, actors.stranger))
    assert bob == stranger


def _dx() -> dict[str, str]:
    return {"kind": "organisation", "legal_name": "DX Network Operations"}


def test_questions_that_make_no_sense_are_refused(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice

    def ask(token: str, account: str) -> tuple[int, str]:
        answer = desk.stand.request("GET", f"/v1/tokens/{token}/eligibility/{account}", desk.agent)
        return answer.status_code, answer.get_json()["code"]

    other_chain = str(wallet.account).replace("31337", "1")
    assert ask(str(desk.token), other_chain) == (400, "wrong_chain_for_token")
    assert ask(str(wallet.account), str(wallet.account)) == (404, "token_unknown")
    assert ask(str(desk.token), "eip155:31337:0x12") == (400, "malformed_account")
    assert ask(str(desk.token), str(wallet.account)[:-1] + "é") == (400, "malformed_account")
    unauthenticated = desk.stand.request("GET", f"/v1/tokens/{desk.token}/eligibility/{wallet.account}")
    assert unauthenticated.status_code == 401


def test_when_two_trusted_factories_disagree_neither_is_believed(desk: Desk) -> None:
    wallet, service = desk.onchain.actors.alice, desk.stand.service
    claim, _ = desk.verified(wallet)
    elsewhere = factory_naming(desk.onchain.actors.deployer, Address(b"\x01" * 20))
    with service.db.write() as session:
        token = service.tokens.get(session, desk.token)
        service.tokens.update(session, replace(token, trusted_factories=(*token.trusted_factories, elsewhere)))

    assert failed(desk, wallet) == {"identity_contract_vouched", "registry_entry"}
    headers = {"Idempotency-Key": "k"}
    answer = desk.stand.request("POST", f"/v1/claims/{claim}/forms", desk.session, json={"format": "erc735"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "identity_contract_untrusted")
