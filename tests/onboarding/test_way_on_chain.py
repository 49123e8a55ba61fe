"""From an account without identity contract to ``isVerified``, each transaction planned, tried, and sent by wallet or relayer."""

from typing import Any

from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Account
from identity_service.chain import onchainid
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE


class Way:
    """One person's way with one claim to the desk's token."""

    def __init__(self, desk: Desk, wallet: Wallet, claim: str) -> None:
        self.desk, self.wallet, self.claim = desk, wallet, claim
        self.person = desk.stand.person(wallet)
        self.path = f"/v1/me/claims/{claim}/on-chain"

    def plan(self, **more: str) -> dict[str, Any]:
        asked = "&".join(f"{name}={value}" for name, value in {"token": str(self.desk.token), **more}.items())
        return dict(self.person.get(f"{self.path}?{asked}"))

    def steps(self, **more: str) -> dict[str, dict[str, Any]]:
        return {one["step"]: one for one in self.plan(**more)["steps"]}

    def states(self) -> dict[str, str]:
        return {name: one["state"] for name, one in self.steps().items() if not one["optional"]}

    def send(self, step: str, **more: str) -> None:
        """Send a step's transaction from the wallet that it names, and find its dry run was right."""
        self.send_as(self.wallet, self.steps(**more)[step]["transaction"])

    def send_as(self, wallet: Wallet, transaction: dict[str, Any]) -> None:
        assert (transaction["sender"], transaction["value"]) == (str(wallet.account), "0")
        assert (transaction["would_succeed"], transaction["reason"]) == (True, None)
        receipt = wallet.send(Account.parse(transaction["to"]).address, bytes.fromhex(transaction["data"][2:]))
        assert 0.8 * transaction["gas"] <= receipt.gas_used <= transaction["gas"]

    def bring(self, *, relay: bool) -> dict[str, Any]:
        """Ask for the claim on chain; what became of it, once the job has ended."""
        wanted = {"token": str(self.desk.token), "relay": relay}
        job = self.person.post(self.path, wanted)["job"]
        for _ in range(60):
            self.desk.work(0.5, rounds=1)
            (found,) = [one for one in self.plan()["under_way"] if one["job"] == job]
            if found["state"] in ("done", "failed"):
                return dict(found)
        raise AssertionError("the job does not end")


def way(desk: Desk, wallet: Wallet) -> Way:
    return Way(desk, wallet, desk.claim(wallet))


def asks(desk: Desk, wallet: Wallet, token: Account | None = None, country: int = 0) -> tuple[int, str]:
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    content = {"token": str(token or desk.token), "country": country}
    person = desk.stand.person(wallet)
    answer = desk.stand.request("POST", "/v1/me/registrations", person, json=content, headers=headers)
    return answer.status_code, answer.get_json().get("code", answer.get_json().get("state"))


def test_a_wallet_that_sends_everything_itself_ends_verified(desk: Desk) -> None:
    mine = way(desk, desk.onchain.actors.alice)
    first = mine.steps()
    assert {name: one["state"] for name, one in first.items()} == {
        "identity_contract": "open",
        "recovery_key": "blocked",
        "recovery_wallet": "blocked",
        "relayer_key": "blocked",
        "claim_signed": "blocked",
        "claim_added": "blocked",
        "registered": "blocked",
    }
    assert first["identity_contract"]["sent_by"] == ["wallet", "relayer"]
    assert mine.bring(relay=False)["error"] == "identity_contract_missing"

    mine.send("identity_contract")
    assert mine.bring(relay=False)["state"] == "done"
    mine.send("claim_added")
    assert asks(desk, mine.wallet) == (201, "requested")
    desk.register(mine.wallet)

    found = mine.plan()
    assert set(mine.states().values()) == {"done"}
    assert found["verified"] is True
    assert desk.is_verified(mine.wallet)
    assert found["as_of"]["block_number"] == desk.onchain.client.head().number


def test_a_relayer_with_a_claim_key_brings_the_claim_onto_the_chain(desk: Desk) -> None:
    mine = way(desk, desk.onchain.actors.bob)
    assert mine.bring(relay=True)["error"] == "relayer_not_permitted", "the identity contract is there, the key is not"
    assert mine.states()["identity_contract"] == "done"
    assert mine.steps()["claim_added"]["sent_by"] == ["wallet"]

    mine.send("relayer_key")
    assert mine.steps()["claim_added"]["sent_by"] == ["wallet", "relayer"]
    assert mine.bring(relay=True) == {"job": mine.plan()["under_way"][0]["job"], "relay": True, "state": "done", "error": None}
    desk.register(mine.wallet)

    assert set(mine.states().values()) == {"done"}
    assert desk.is_verified(mine.wallet)


def test_a_recovery_account_can_take_the_lost_wallets_key_away_and_its_link(desk: Desk) -> None:
    mine, recovery = way(desk, desk.onchain.actors.alice), desk.onchain.devchain.wallet(25)
    mine.send("identity_contract")
    named = {"recovery": str(recovery.account)}
    assert mine.steps()["recovery_key"]["state"] == "open", "it is offered before an account is named"
    mine.send("recovery_key", **named)
    assert mine.steps(**named)["recovery_wallet"]["state"] == "blocked"
    assert mine.bring(relay=False)["state"] == "done"
    mine.send("recovery_wallet", **named)
    assert {mine.steps(**named)[step]["state"] for step in ("recovery_key", "recovery_wallet")} == {"done"}
    other = mine.steps(recovery=str(desk.onchain.actors.bob.account))
    assert {other[step]["state"] for step in ("recovery_key", "recovery_wallet")} == {"open"}
    assert mine.steps(recovery=str(mine.wallet.account))["recovery_key"]["state"] == "blocked"

    factory, lost, reads = desk.onchain.suite.id_factory, mine.wallet, desk.onchain.identities
    identity = reads.identity_of(factory, lost.address, desk.onchain.client.head())
    assert identity is not None
    recovery.send(identity, onchainid.remove_key(lost.address, onchainid.MANAGEMENT))
    recovery.send(factory, onchainid.unlink_wallet(lost.address))

    head = desk.onchain.client.head()
    assert reads.keys(identity, onchainid.MANAGEMENT, head) == (key_hash(recovery.address),)
    assert reads.identity_of(factory, lost.address, head) is None
    assert reads.wallets_of(factory, identity, head) == (recovery.address,)


def test_somebody_elses_identity_contract_behind_the_wallet_is_not_believed(desk: Desk) -> None:
    actors = desk.onchain.actors
    mine, thief = way(desk, actors.alice), actors.stranger
    desk.onchain.platform.deploy_identity(thief.address)
    thief.send(desk.onchain.suite.id_factory, onchainid.link_wallet(mine.wallet.address))

    step = mine.steps()["identity_contract"]
    assert (step["state"], step["transaction"]) == ("blocked", None)
    assert mine.bring(relay=True)["error"] == "identity_contract_shared"
    asked = desk.session.post("/v1/identity-contracts", {"account": str(mine.wallet.account)})["job"]
    assert desk.ended(desk.session, asked)["error"] == "identity_contract_shared"
    (account,) = desk.stand.person(mine.wallet).get("/v1/me")["accounts"]
    assert account["identity_contract"] is None


def test_the_plan_is_its_holders_alone_and_about_one_chain(desk: Desk) -> None:
    mine = way(desk, desk.onchain.actors.alice)
    other = desk.stand.person(desk.onchain.actors.bob)

    def refused(method: str, path: str, session: Any, **more: Any) -> tuple[int, str]:
        headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
        answer = desk.stand.request(method, path, session, headers=headers, **more)
        return answer.status_code, answer.get_json()["code"]

    asked = f"{mine.path}?token={desk.token}"
    elsewhere = Account.parse(f"eip155:1:{desk.token.address}")
    assert refused("GET", asked, other) == (404, "claim_unknown")
    assert refused("POST", mine.path, other, json={"token": str(desk.token)}) == (404, "claim_unknown")
    assert refused("GET", f"{asked}&recovery={elsewhere}", mine.person) == (422, "mixed_chains")
    assert refused("POST", mine.path, mine.person, json={"token": str(elsewhere)}) == (404, "token_unknown")
    desk.revoke(mine.claim)
    assert refused("POST", mine.path, mine.person, json={"token": str(desk.token)}) == (409, "claim_not_live")
    ended = mine.steps()
    assert [ended[name]["why"] for name in ("claim_signed", "claim_added")] == ["The claim is revoked."] * 2
