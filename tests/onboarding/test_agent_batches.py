"""Holders ask to be registered; the token's agent finds them by account alone, with what its own wallet has to send for them."""

import json
from pathlib import Path
from typing import Any

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import trex
from identity_service.chain.contracts import Function, encode_values
from identity_service.demo import actions
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE
ADD_MODULE = Function("addModule(address)")
CALL_MODULE = Function("callModuleFunction(bytes,address)")
ALLOW_COUNTRY = Function("addAllowedCountry(uint16)")
INITIALIZE = Function("initialize()")
MODULES = Path(__file__).parents[2] / "node_modules/@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/modules"


def country_allow_module(desk: Desk, country: int) -> None:
    """Bind T-REX's own module to the token's compliance: from now on it takes holders of this country alone."""
    onchain = desk.onchain
    logic = _created(onchain.actors.deployer, "CountryAllowModule")
    module = _created(onchain.actors.deployer, "ModuleProxy", encode_values(("address", "bytes"), (logic, INITIALIZE.encode())))
    onchain.actors.token_owner.do(onchain.suite.compliance, ADD_MODULE, module)
    onchain.actors.token_owner.do(onchain.suite.compliance, CALL_MODULE, ALLOW_COUNTRY.encode(country), module)


def _created(wallet: Wallet, name: str, arguments: bytes = b"") -> Address:
    artifact = json.loads((MODULES / f"{name}.sol/{name}.json").read_bytes())
    return wallet.create(bytes.fromhex(artifact["bytecode"][2:]) + arguments)


def asks(desk: Desk, wallet: Wallet, country: int = 0) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"token": str(desk.token), "country": country}
    answer = desk.stand.request("POST", "/v1/me/registrations", desk.stand.person(wallet), json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", answer.get_json().get("state"))


def batch(desk: Desk, sender: Wallet | None = None, **more: Any) -> dict[str, Any]:
    asked = {"sender": str((sender or agent(desk)).account), **more}
    found = desk.agent.get(
        f"/v1/tokens/{desk.token}/registration-batch?" + "&".join(f"{name}={value}" for name, value in asked.items())
    )
    return dict(found)


def agent(desk: Desk) -> Wallet:
    """The wallet of an agent of the registry who sends for itself."""
    return desk.onchain.devchain.wallet(24)


def appoint(desk: Desk) -> Wallet:
    desk.onchain.actors.token_owner.do(desk.onchain.suite.identity_registry, trex.ADD_AGENT, agent(desk).address)
    return agent(desk)


def send(wallet: Wallet, transaction: dict[str, Any]) -> None:
    assert (transaction["sender"], transaction["would_succeed"], transaction["reason"]) == (str(wallet.account), True, None)
    wallet.send(Account.parse(transaction["to"]).address, bytes.fromhex(transaction["data"][2:]))


def states(found: dict[str, Any]) -> dict[str, str]:
    return {one["account"]: one["state"] for one in found["items"]}


def test_one_transaction_of_the_agents_own_wallet_registers_three(desk: Desk) -> None:
    actors = desk.onchain.actors
    three, later = [actors.alice, actors.bob, actors.carol], desk.onchain.devchain.wallet(23)
    for wallet in (*three, later):
        desk.claim(wallet)
        assert asks(desk, wallet) == (201, "requested")
    for wallet in three:
        desk.identity(wallet)

    without_right = batch(desk, actors.stranger)["batch"]["transaction"]
    assert (without_right["would_succeed"], without_right["gas"]) == (False, None)
    assert without_right["reason"] == "The sender is not an agent of the token's identity registry."

    sender, found = appoint(desk), batch(desk)
    assert sorted(found["batch"]["accounts"]) == sorted(str(wallet.account) for wallet in three)
    assert states(found)[str(later.account)] == "not_ready"
    assert found["country"] == {"needed": False, "modules": [], "other_modules": []}
    assert "Rosenthal" not in json.dumps(found), "an account says nothing of its holder's name"
    send(sender, found["batch"]["transaction"])

    again = batch(desk)
    assert again["batch"] is None
    assert sorted(states(again).values()) == ["not_ready", "registered", "registered", "registered"]
    head = desk.onchain.client.head()
    assert all(desk.onchain.token.is_registered(wallet.address, head) for wallet in three)


def test_what_the_chain_has_already_is_found_and_a_part_of_the_queue_is_a_part_of_the_batch(desk: Desk) -> None:
    actors, sender = desk.onchain.actors, appoint(desk)
    for wallet in (actors.alice, actors.bob):
        desk.claim(wallet)
        asks(desk, wallet)
    identities = {wallet: desk.identity(wallet) for wallet in (actors.alice, actors.bob)}
    first, second = sorted(identities, key=lambda wallet: wallet.address.value)
    actions.register(sender, desk.onchain.suite.identity_registry, first.address, identities[first], 0)

    page = batch(desk, limit=1)
    assert states(page) == {str(first.account): "registered"}
    assert (page["batch"], page["next"]) == (None, first.address.value.hex())
    following = batch(desk, cursor=page["next"])
    assert (following["batch"]["accounts"], following["next"]) == ([str(second.account)], None)

    actions.register(sender, desk.onchain.suite.identity_registry, second.address, identities[first], 0)
    assert states(batch(desk))[str(second.account)] == "identity_differs"


def test_a_country_that_changed_is_updated_by_the_agents_wallet_or_by_ours(desk: Desk) -> None:
    wallet, sender = desk.onchain.actors.alice, appoint(desk)
    desk.claim(wallet)
    desk.identity(wallet)
    asks(desk, wallet, 756)
    send(sender, batch(desk)["batch"]["transaction"])
    assert country(desk, wallet) == 756

    assert asks(desk, wallet, 276) == (201, "requested")
    (entry,) = batch(desk)["items"]
    assert (entry["state"], entry["country"], entry["registered_country"]) == ("country_differs", 276, 756)
    assert entry["requested_by"] == "holder"
    send(sender, entry["update"])
    assert country(desk, wallet) == 276
    assert states(batch(desk)) == {str(wallet.account): "registered"}

    asks(desk, wallet, 756)
    made = desk.agent.post(f"/v1/tokens/{desk.token}/registrations", {"account": str(wallet.account), "country": 756})
    desk.finished(desk.agent, made["job"])
    assert (made["country"], country(desk, wallet)) == (756, 756)
    changed = desk.agent.post(f"/v1/tokens/{desk.token}/registrations", {"account": str(wallet.account), "country": 0})
    assert changed["job"] != made["job"]
    desk.finished(desk.agent, changed["job"])
    assert country(desk, wallet) == 0
    own = desk.stand.person(wallet).get("/v1/me/registrations")["items"]
    assert own == [{"token": str(desk.token), "account": str(wallet.account), "country": 0, "state": "done"}]


def country(desk: Desk, wallet: Wallet) -> int:
    return desk.onchain.token.country(wallet.address, desk.onchain.client.head())


def test_where_the_tokens_modules_ask_for_a_country_the_holder_is_asked_for_one(desk: Desk) -> None:
    wallet, sender = desk.onchain.actors.alice, appoint(desk)
    claim = desk.claim(wallet)
    desk.identity(wallet)
    assert asks(desk, wallet) == (201, "requested")
    country_allow_module(desk, 756)

    found = batch(desk)
    assert found["country"] == {"needed": True, "modules": ["CountryAllowModule"], "other_modules": []}
    assert (states(found), found["batch"]) == ({str(wallet.account): "not_ready"}, None)
    plan = desk.stand.person(wallet).get(f"/v1/me/claims/{claim}/on-chain?token={desk.token}")
    assert "CountryAllowModule" in plan["steps"][-1]["why"]
    assert asks(desk, wallet) == (409, "country_not_taken")
    assert asks(desk, wallet, 276) == (409, "country_not_taken")

    assert asks(desk, wallet, 756) == (201, "requested")
    send(sender, batch(desk)["batch"]["transaction"])
    assert country(desk, wallet) == 756


def test_only_who_holds_a_claim_that_the_token_accepts_may_ask(desk: Desk) -> None:
    actors = desk.onchain.actors
    assert asks(desk, actors.stranger) == (404, "account_unknown")
    claim = desk.claim(actors.alice)
    desk.revoke(claim)
    assert asks(desk, actors.alice) == (409, "no_claim_for_token")
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Other Issuer SA"})["id"]
    path = f"/v1/tokens/{desk.token}/registration-batch?sender={actors.agent.account}"
    refused = desk.stand.request("GET", path, desk.stand.machine("token_issuer", party))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_the_token_issuer")
    elsewhere = f"/v1/tokens/{desk.token}/registration-batch?sender=eip155:1:{actors.agent.address}"
    assert desk.stand.request("GET", elsewhere, desk.agent).get_json()["code"] == "mixed_chains"
