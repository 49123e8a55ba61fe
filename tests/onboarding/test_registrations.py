"""Accounts enter a token's identity registry at its issuer's word, with the identity contract that a trusted factory names."""

from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import trex
from identity_service.chain.contracts import Function
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.model import CountryUnassigned, RegistrationChanged
from tests.support.desk import Desk
from tests.support.hostile_identity import liar

REMOVE_AGENT = Function("removeAgent(address)")


def request(
    desk: Desk, session: Session, wallet: Wallet, country: int | None = None, revision: int | None = None
) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"account": str(wallet.account), "country": country, "revision": revision}
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


def test_the_agent_registers_only_the_country_that_it_read(desk: Desk) -> None:
    wallet = person = desk.onchain.actors.alice
    desk.claim(wallet)
    desk.identity(wallet)
    assert asks(desk, person, 250)[0] == 201
    read = queue(desk)[str(wallet.account)]
    assert (read["country"], read["revision"], read["job"]) == (250, 0, None)
    assert asks(desk, person, 643)[0] == 201

    changed = (409, RegistrationChanged.code)
    assert request(desk, desk.agent, wallet) == changed, "it names nothing that it read"
    assert request(desk, desk.agent, wallet, country=250) == changed
    assert request(desk, desk.agent, wallet, revision=read["revision"]) == changed
    assert request(desk, desk.agent, wallet, country=643, revision=read["revision"]) == changed
    now = queue(desk)[str(wallet.account)]
    assert (now["country"], now["revision"], now["job"]) == (643, 1, None)

    status, job = request(desk, desk.agent, wallet, revision=now["revision"])
    assert status == 202
    desk.finished(desk.agent, job)
    assert desk.onchain.token.country(wallet.address, desk.onchain.client.head()) == 643
    assert request(desk, desk.agent, wallet, country=643) == (202, job)
    status, other = request(desk, desk.agent, wallet, country=0, revision=now["revision"])
    assert (status, other != job) == (202, True), "what it read, it may answer with another country"


def test_only_countries_that_there_are_count(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    desk.claim(wallet)
    desk.identity(wallet)
    unassigned = (422, CountryUnassigned.code)
    assert asks(desk, wallet, 999) == asks(desk, wallet, 1) == unassigned
    assert request(desk, desk.agent, wallet, country=999) == unassigned
    assert queue(desk) == {}


def test_the_agent_is_told_that_a_country_differs_from_the_one_on_record_and_not_which_that_is(desk: Desk) -> None:
    wallet, unsaid = desk.onchain.devchain.wallet(25), desk.onchain.actors.bob
    swiss = {"kind": "natural_person", "legal_name": "Vreni Amacher", "country": "CH"}
    desk.stand.person(wallet).post("/v1/me", swiss)
    desk.applicants.add(wallet.account)
    nowhere = {"kind": "natural_person", "legal_name": "Beat Niemand"}
    desk.stand.person(unsaid).post("/v1/me", nowhere)
    desk.applicants.add(unsaid.account)
    for one in (wallet, unsaid):
        desk.claim(one)
        desk.identity(one)

    def flagged(who: Wallet, country: int) -> bool | None:
        assert asks(desk, who, country)[0] == 201
        found = queue(desk)[str(who.account)]
        batch = desk.agent.get(f"/v1/tokens/{desk.token}/registration-batch?sender={desk.onchain.actors.agent.account}")
        (entry,) = (one for one in batch["items"] if one["account"] == str(who.account))
        assert entry["country_differs"] is found["country_differs"]
        assert entry["revision"] == found["revision"]
        assert not any(word in str((found, entry)) for word in ("Amacher", "Niemand", "CH"))
        differs: bool | None = found["country_differs"]
        return differs

    assert [flagged(wallet, country) for country in (250, 756, 0)] == [True, False, None]
    assert flagged(unsaid, 250) is None
    flagged(wallet, 250)
    read = queue(desk)[str(wallet.account)]
    request(desk, desk.agent, wallet, country=756, revision=read["revision"])
    assert queue(desk)[str(wallet.account)]["country_differs"] is None, "the agent's own word is compared with nothing"


def asks(desk: Desk, wallet: Wallet, country: int) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"token": str(desk.token), "country": country}
    answer = desk.stand.request("POST", "/v1/me/registrations", desk.stand.person(wallet), json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", answer.get_json().get("state"))
