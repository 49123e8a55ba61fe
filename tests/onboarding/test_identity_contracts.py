"""An account's identity contract: found at a trusted factory or deployed through its gateway, once."""

from typing import Any

from claim_issuers.identifiers.accounts import Address
from identity_service.demo.setup import administrator
from tests.support.desk import Desk
from tests.support.stand import Stand


def test_an_identity_contract_is_deployed_once_and_linked(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    desk.claim(wallet)
    request = {"account": str(wallet.account)}
    first = desk.session.post("/v1/identity-contracts", request)["job"]
    assert desk.session.post("/v1/identity-contracts", request)["job"] == first

    deployed = desk.identity(wallet)

    head = desk.onchain.client.head()
    assert desk.onchain.identities.identity_of(desk.onchain.suite.id_factory, wallet.address, head) == deployed
    me = desk.stand.person(wallet).get("/v1/me")
    assert [one["identity_contract"] for one in me["accounts"]] == [str(deployed)]
    blocks = desk.onchain.client.head().number
    assert desk.session.post("/v1/identity-contracts", request)["job"] == first
    desk.work()
    assert desk.onchain.client.head().number == blocks, "nothing is sent a second time"


def test_an_identity_contract_that_exists_is_found_without_a_transaction(desk: Desk) -> None:
    wallet = desk.onchain.actors.bob
    desk.claim(wallet)
    existing = desk.onchain.platform.deploy_identity(wallet.address)
    blocks = desk.onchain.client.head().number

    assert desk.identity(wallet) == existing
    assert desk.onchain.client.head().number == blocks


def test_an_account_that_nobody_proved_gets_none(desk: Desk) -> None:
    content = {"account": str(desk.onchain.actors.stranger.account)}
    headers = {"Idempotency-Key": "k"}

    answer = desk.stand.request("POST", "/v1/identity-contracts", desk.session, json=content, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "account_unknown")


def test_without_a_trusted_factory_the_job_fails_and_is_done_when_asked_again_once_there_is_one(stand: Stand) -> None:
    onchain, wallet = stand.onchain, stand.onchain.actors.alice
    admin, _ = administrator(stand.settings.data_directory, stand.transport)
    party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Alpine Infrastructure SA"})["id"]
    desk = stand.machine("claim_issuer", party)
    stand.person(wallet).post("/v1/me", {"kind": "natural_person", "legal_name": "Maya Rosenthal"})

    def ask() -> dict[str, Any]:
        job = desk.post("/v1/identity-contracts", {"account": str(wallet.account)})["job"]
        stand.work(4)
        return dict(desk.get(f"/v1/jobs/{job}"))

    failed = ask()
    assert (failed["state"], failed["error"]) == ("failed", "identity_factory_missing")

    token = f"{onchain.devchain.chain}:{onchain.suite.token}"
    factories = [str(onchain.suite.id_factory)]
    admin.post(
        "/v1/tokens",
        {"token": token, "token_issuer": party, "accepted_claim_types": ["INVESTOR"], "trusted_factories": factories},
    )
    relayer = Address.parse(admin.get("/v1/chains")["items"][0]["relayer"])
    onchain.actors.deployer.send(relayer, value=10**18)
    again = ask()

    assert (again["id"], again["state"]) == (failed["id"], "done")
    assert onchain.identities.identity_of(onchain.suite.id_factory, wallet.address, onchain.client.head()) is not None
