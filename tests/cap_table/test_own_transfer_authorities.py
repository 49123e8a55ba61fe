"""Who may move my tokens: read from the real chain, named where it is a firm, and cancelled from the holder's own wallet."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.demo import actions
from identity_service.demo.trex import TrexSuite
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk

ENGINES = ONE_ENGINE

PATH = "/v1/me/transfer-authorities"
OFFICE = "Linden Family Office AG"
LICENCE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}
UNLIMITED = (1 << 256) - 1
APPROVE = "0x095ea7b3"  # keccak256("approve(address,uint256)"), as ERC-20 has it


@dataclass(frozen=True)
class Clients:
    """Alice and Bob hold a hundred tokens each; the office has a claim, the stranger has nothing."""

    desk: Desk
    office_claim: str

    @property
    def token(self) -> Address:
        return self.desk.onchain.suite.token

    def wallet(self, name: str) -> Wallet:
        found: Wallet = getattr(self.desk.onchain.actors, name)
        return found

    def approve(self, owner: str, spender: str, quantity: int) -> None:
        actions.approve(self.wallet(owner), self.token, self.wallet(spender).address, quantity)

    def tokens_of(self, name: str) -> list[dict[str, Any]]:
        """What the service tells the person, once the register has followed the chain."""
        self.desk.stand.work(1)
        return list(self.desk.stand.person(self.wallet(name)).get(PATH)["items"])

    def given_by(self, name: str) -> dict[str, dict[str, Any]]:
        """The person's authorities over the desk's token, by the spender's account."""
        found = self.tokens_of(name)
        assert all(one["token"] == str(self.desk.token) and one["error"] is None for one in found)
        return {given["spender"]["account"]: given for one in found for given in one["transfer_authorities"]}

    def account(self, name: str) -> str:
        return str(self.wallet(name).account)


@pytest.fixture
def clients(desk: Desk) -> Clients:
    actors, token = desk.onchain.actors, desk.onchain.suite.token
    desk.stand.person(actors.office).post("/v1/me", {"kind": "organisation", "legal_name": OFFICE})
    desk.applicants.add(actors.office.account)
    claim = desk.claim(actors.office, claim_type="FAMILY_OFFICE", attributes=LICENCE)
    for wallet in (actors.alice, actors.bob):
        desk.verified(wallet)
        actions.mint(actors.agent, token, wallet.address, 100)
    return Clients(desk, claim)


def amounts(given: dict[str, Any]) -> tuple[str, str, str, bool]:
    return given["allowance"], given["effective"], given["balance"], given["unlimited"]


def test_an_allowance_is_shown_as_it_is_used_up_and_gone_once_it_is_used(clients: Clients) -> None:
    assert clients.tokens_of("alice") == [], "nobody may move anything yet"
    clients.approve("alice", "office", 60)
    office = clients.given_by("alice")[clients.account("office")]
    assert office["account"] == clients.account("alice")
    assert office["spender"]["legal_name"] == OFFICE
    assert office["standing"] == "custodian"
    assert amounts(office) == ("60", "60", "100", False)

    (told,) = clients.tokens_of("alice")
    assert (told["name"], told["symbol"], told["decimals"]) == ("Glacier Note 2032", "GLA32", 0)
    assert told["as_of"]["block_number"] == clients.desk.onchain.client.head().number

    alice, bob, office_wallet = (clients.wallet(name) for name in ("alice", "bob", "office"))
    actions.transfer_from(office_wallet, clients.token, alice.address, bob.address, 45)
    assert amounts(clients.given_by("alice")[clients.account("office")]) == ("15", "15", "55", False)
    actions.freeze(clients.wallet("agent"), clients.token, alice.address, 50)
    assert amounts(clients.given_by("alice")[clients.account("office")]) == ("15", "5", "55", False)
    actions.unfreeze(clients.wallet("agent"), clients.token, alice.address, 50)
    actions.transfer_from(office_wallet, clients.token, alice.address, bob.address, 15)
    assert clients.tokens_of("alice") == []


def test_a_revoked_office_is_lapsed_can_still_move_the_tokens_and_is_stopped_by_the_call_data(clients: Clients) -> None:
    clients.approve("alice", "office", UNLIMITED)
    clients.desk.revoke(clients.office_claim)
    office = clients.given_by("alice")[clients.account("office")]
    assert (office["standing"], office["spender"]["legal_name"]) == ("lapsed", OFFICE)
    assert amounts(office) == (str(UNLIMITED), "100", "100", True)
    alice, bob, spender = (clients.wallet(name) for name in ("alice", "bob", "office"))
    actions.transfer_from(spender, clients.token, alice.address, bob.address, 1)  # it can, and that is why the page says so

    cancel = office["cancel"]
    assert (cancel["to"], cancel["sender"], cancel["value"]) == (str(clients.desk.token), str(alice.account), "0")
    assert cancel["data"] == APPROVE + bytes(12).hex() + spender.address.value.hex() + bytes(32).hex()
    alice.send(Account.parse(cancel["to"]).address, bytes.fromhex(cancel["data"][2:]))

    head = clients.desk.onchain.client.head()
    assert clients.desk.onchain.token.allowance(alice.address, spender.address, head) == 0
    assert clients.tokens_of("alice") == []


def test_the_claim_issuer_s_own_accreditation_counts_for_a_custodian(clients: Clients) -> None:
    clients.approve("alice", "office", 10)
    assert clients.given_by("alice")[clients.account("office")]["standing"] == "custodian"
    clients.desk.root.post(f"/v1/claims/{clients.desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    assert clients.given_by("alice")[clients.account("office")]["standing"] == "lapsed"


def test_a_person_sees_nobody_else_s_authorities_and_an_allowance_buys_no_investor_s_name(clients: Clients) -> None:
    clients.approve("alice", "office", 10)
    clients.approve("bob", "stranger", 20)
    clients.approve("bob", "alice", 30)

    assert set(clients.given_by("alice")) == {clients.account("office")}
    given = clients.given_by("bob")
    assert {spender: one["allowance"] for spender, one in given.items()} == {
        clients.account("stranger"): "20",
        clients.account("alice"): "30",
    }
    for one in given.values():
        assert (one["standing"], one["spender"]["legal_name"]) == ("unknown", None)
    disclosures = clients.desk.stand.person(clients.wallet("office")).get("/v1/me/disclosures")["items"]
    assert not any(one["basis"]["kind"] == "authorities" for one in disclosures), "the firm is not told that its client looks"

    stranger = clients.desk.stand.request("GET", PATH, clients.desk.stand.person(clients.wallet("stranger")))
    assert (stranger.status_code, stranger.get_json()["code"]) == (404, "account_unknown")
    machine = clients.desk.stand.request("GET", PATH, clients.desk.agent)
    assert (machine.status_code, machine.get_json()["code"]) == (403, "scope_missing")
    assert clients.desk.stand.request("GET", PATH).status_code == 401


def test_a_register_that_stands_still_is_named_and_hides_no_other_token(clients: Clients, suite: TrexSuite) -> None:
    clients.approve("alice", "office", 10)
    clients.desk.stand.work(1)
    chain = clients.desk.token.chain
    other = {
        "token": f"{chain}:{suite.token}",
        "token_issuer": clients.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Other SA"})["id"],
        "accepted_claim_types": ["INVESTOR"],
        "trusted_factories": [str(suite.id_factory)],
    }
    clients.desk.administrator.post("/v1/tokens", other)  # nobody has followed it yet
    alice = clients.desk.stand.person(clients.wallet("alice"))

    found = {one["token"]: one for one in alice.get(PATH)["items"]}
    assert len(found[str(clients.desk.token)]["transfer_authorities"]) == 1
    untold = found[other["token"]]
    assert (untold["error"]["code"], untold["as_of"], untold["transfer_authorities"]) == ("register_behind", None, [])

    clients.desk.stand.clock.advance(timedelta(minutes=11))
    for one in alice.get(PATH)["items"]:
        assert (one["error"]["code"], one["transfer_authorities"]) == ("register_behind", [])
    assert len(clients.tokens_of("alice")) == 1, "both are followed again, and the other token has no authority to show"
