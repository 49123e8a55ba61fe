"""Why a transfer may not happen: the explanation against what the real token does when the transfer is sent."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from claim_issuers.formats.erc735 import claim_id
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import trex
from identity_service.chain.contracts import Function
from identity_service.chain.errors import CallReverted
from identity_service.demo import actions
from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.desk import INVESTOR_TOPIC, Desk
from tests.support.devchain import PROJECT_ROOT
from tests.support.hostile_identity import halting, liar, reverting

ENGINES = ONE_ENGINE

OFF_CHAIN = {"account_known", "claim_held", "claim_live", "claim_issuer_accredited"}
ADD_MODULE = Function("addModule(address)")
REMOVE_TOPIC_ISSUER = Function("removeTrustedIssuer(address)")
MODULES = Path("node_modules/@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/modules")
INITIALIZE = Function("initialize()")


@dataclass(frozen=True)
class Market:
    """Alice holds a hundred tokens, Bob could hold some, and the office may move sixty of Alice's."""

    desk: Desk
    bob_identity: Address
    bob_claim: str
    bob_form: dict[str, Any]

    @property
    def alice(self) -> Wallet:
        return self.desk.onchain.actors.alice

    @property
    def bob(self) -> Wallet:
        return self.desk.onchain.actors.bob

    @property
    def office(self) -> Wallet:
        return self.desk.onchain.actors.office

    @property
    def agent(self) -> Wallet:
        return self.desk.onchain.actors.agent

    @property
    def token(self) -> Address:
        return self.desk.onchain.suite.token

    @property
    def registry(self) -> Address:
        return self.desk.onchain.suite.identity_registry

    @property
    def contract(self) -> Address:
        return self.desk.contract

    def explain(
        self, *, to: Wallet | None = None, quantity: int = 10, spender: Wallet | None = None, session: Session | None = None
    ) -> dict[str, Any]:
        """The service's explanation of a transfer from Alice."""
        asked = {"account": str((to or self.bob).account), "sender": str(self.alice.account), "quantity": str(quantity)}
        if spender is not None:
            asked["spender"] = str(spender.account)
        return dict((session or self.desk.agent).get(f"/v1/tokens/{self.desk.token}/explain", **asked))

    def send(self, *, to: Wallet | None = None, quantity: int = 10, spender: Wallet | None = None) -> bool:
        """Whether the real transfer succeeds; the chain forgets it again."""
        receiver = (to or self.bob).address
        with self.forgotten():
            try:
                if spender is None:
                    actions.transfer(self.alice, self.token, receiver, quantity)
                else:
                    actions.transfer_from(spender, self.token, self.alice.address, receiver, quantity)
            except CallReverted:
                return False
            return True

    @contextmanager
    def forgotten(self) -> Iterator[None]:
        """What is done on the chain meanwhile is undone at the end."""
        devchain = self.desk.onchain.devchain
        snapshot = devchain.snapshot()
        yield
        devchain.revert(snapshot)


@pytest.fixture
def market(desk: Desk) -> Market:
    actors, token = desk.onchain.actors, desk.onchain.suite.token
    desk.verified(actors.alice)
    claim, form = desk.verified(actors.bob)
    actions.mint(actors.agent, token, actors.alice.address, 100)
    actions.approve(actors.alice, token, actors.office.address, 60)
    return Market(desk, Address.parse(form["identity_contract"]), claim, form)


def failed(answer: dict[str, Any], **wanted: str) -> list[str]:
    """The codes of the checks that did not pass and look as wanted."""
    return [
        one["check"]
        for one in answer["checks"]
        if one["outcome"] != "passed" and all(one[name] == value for name, value in wanted.items())
    ]


def only(answer: dict[str, Any], code: str, subject: str | None = None) -> dict[str, Any]:
    (found,) = [one for one in answer["checks"] if one["check"] == code and subject in (None, one["subject"])]
    return dict(found)


def nothing(_: Market) -> None:
    """Everything is as it should be."""


def unregister(market: Market) -> None:
    actions.unregister(market.agent, market.registry, market.bob.address)


def revoke_on_chain(market: Market) -> None:
    # Straight at the contract, as an issuer without this service would: our records still say live.
    manager = market.desk.onchain.actors.claim_issuer_manager
    actions.revoke_signature(manager, market.contract, bytes.fromhex(market.bob_form["signature"][2:]))


def remove_claim(market: Market) -> None:
    actions.remove_claim(market.bob, market.bob_identity, claim_id(market.contract, INVESTOR_TOPIC))


def distrust(market: Market) -> None:
    owner = market.desk.onchain.actors.token_owner
    owner.do(market.desk.onchain.suite.trusted_issuers_registry, REMOVE_TOPIC_ISSUER, market.contract)


def freeze_bob(market: Market) -> None:
    actions.set_frozen(market.agent, market.token, market.bob.address, True)


def freeze_alice(market: Market) -> None:
    actions.set_frozen(market.agent, market.token, market.alice.address, True)


def freeze_most(market: Market) -> None:
    actions.freeze(market.agent, market.token, market.alice.address, 91)


def freeze_some(market: Market) -> None:
    actions.freeze(market.agent, market.token, market.alice.address, 90)


def pause(market: Market) -> None:
    actions.pause(market.agent, market.token)


def restrict(market: Market) -> None:
    """The stock module that lets nobody transfer whom the issuer has not allowed."""
    code = json.loads((PROJECT_ROOT / MODULES / "TransferRestrictModule.sol/TransferRestrictModule.json").read_text())["bytecode"]
    owner = market.desk.onchain.actors.token_owner
    module = owner.create(bytes.fromhex(code[2:]))
    owner.do(module, INITIALIZE)
    owner.do(market.desk.onchain.suite.compliance, ADD_MODULE, module)


def lie(market: Market) -> None:
    """The registry is given a contract that says yes to everything (fault 3)."""
    actions.update_registered(market.agent, market.registry, market.bob.address, liar(market.bob, INVESTOR_TOPIC))


def break_identity(market: Market) -> None:
    actions.update_registered(market.agent, market.registry, market.bob.address, reverting(market.bob))


def halt_identity(market: Market) -> None:
    actions.update_registered(market.agent, market.registry, market.bob.address, halting(market.bob))


def no_contract(market: Market) -> None:
    """The registry is given a plain account for an identity contract."""
    actions.update_registered(market.agent, market.registry, market.bob.address, market.desk.onchain.actors.carol.address)


def lapse_alice(market: Market) -> None:
    actions.unregister(market.agent, market.registry, market.alice.address)


def odd_uri(market: Market) -> None:
    """A claim whose URI is no UTF-8 is as good as any other."""
    form = market.bob_form
    add = Function("addClaim(uint256,uint256,address,bytes,bytes,bytes)", "bytes32")
    plain = Function("addClaim(uint256,uint256,address,bytes,bytes,string)", "bytes32")
    signature, data = (bytes.fromhex(form[name][2:]) for name in ("signature", "data"))
    payload = add.encode(INVESTOR_TOPIC, 1, market.contract, signature, data, b"\xff\xfe")
    market.bob.send(market.bob_identity, plain.selector + payload[4:])


Act = Callable[[Market], None]
SITUATIONS: tuple[tuple[Act, set[str], set[str]], ...] = (
    # what was done, the failed checks that the token enforces, those that only this service knows
    (nothing, set(), set()),
    (odd_uri, set(), set()),
    (freeze_some, set(), set()),
    (lapse_alice, set(), set()),
    (unregister, {"registry_entry", "registry_verified"}, set()),
    (revoke_on_chain, {"claim_on_chain", "registry_verified"}, set()),
    (remove_claim, {"claim_on_chain", "registry_verified"}, set()),
    (distrust, {"claim_on_chain", "registry_verified"}, set()),
    (freeze_bob, {"account_not_frozen"}, set()),
    (freeze_alice, {"account_not_frozen"}, set()),
    (freeze_most, {"balance_sufficient"}, set()),
    (pause, {"token_not_paused"}, set()),
    (restrict, {"compliance_allows"}, set()),
    (lie, set(), {"registry_entry", "claim_on_chain"}),
    (break_identity, {"claim_on_chain", "registry_verified"}, {"registry_entry"}),
    (halt_identity, {"claim_on_chain", "registry_verified"}, {"registry_entry"}),
    (no_contract, {"claim_on_chain", "registry_verified"}, {"registry_entry"}),
)


def test_the_explanation_agrees_with_the_real_transfer_in_every_situation_and_names_the_cause(market: Market) -> None:
    for act, by_token, by_service in SITUATIONS:
        with market.forgotten():
            act(market)
            for spender in (None, market.office):
                answer, really = market.explain(spender=spender), market.send(spender=spender)
                stopped = set(failed(answer, enforced_by="token"))
                assert stopped - {"token_says"} == by_token, act.__name__
                assert set(failed(answer, enforced_by="service")) == by_service, act.__name__
                assert (not stopped) == really, act.__name__
                assert answer["token_says"]["would_pass"] == really, act.__name__
                assert answer["passes"] == (really and not by_service), act.__name__


@pytest.mark.parametrize(
    ("quantity", "by_office", "cause"),
    [
        (100, False, set()),
        (101, False, {"balance_sufficient"}),
        (60, True, set()),
        (61, True, {"allowance_sufficient"}),
        (101, True, {"balance_sufficient", "allowance_sufficient"}),
        ((1 << 256) - 1, False, {"balance_sufficient"}),
    ],
)
def test_balance_and_allowance_are_named_to_the_unit(market: Market, quantity: int, by_office: bool, cause: set[str]) -> None:
    spender = market.office if by_office else None
    answer = market.explain(quantity=quantity, spender=spender)

    assert set(failed(answer)) - {"token_says"} == cause
    assert answer["passes"] == market.send(quantity=quantity, spender=spender) == (not cause)
    for one in answer["checks"]:
        if one["check"] in cause:
            assert one["mended_by"] == "sender"
            assert one["how"]


def test_a_stranger_is_told_what_to_do_first_and_every_failure_says_who_mends_it(market: Market) -> None:
    stranger = market.desk.onchain.actors.stranger
    answer = market.explain(to=stranger)

    assert failed(answer) == [
        *("account_known", "claim_held", "claim_live", "claim_issuer_accredited"),
        *("identity_contract_vouched", "registry_entry", "claim_on_chain", "registry_verified", "token_says"),
    ]
    assert failed(answer, outcome="not_checked") == ["claim_live", "claim_issuer_accredited", "claim_on_chain"]
    assert not answer["passes"]
    entry = only(answer, "registry_entry")
    assert (entry["reason"], entry["mended_by"]) == ("The token's registry does not know this wallet.", "token_agent")
    for one in answer["checks"]:
        passed = one["outcome"] == "passed"
        assert (one["mended_by"] is None, one["how"] is None) == (passed, passed), one
        assert one["reason"][0].isupper(), one
        assert one["reason"].endswith("."), one
        assert one["rests_on"] == ("off_chain" if one["check"] in OFF_CHAIN else "chain")
    assert answer["token_says"] == {
        "asked": "transfer",
        "caller": str(market.alice.address),
        "would_pass": False,
        "revert_reason": "Transfer not possible",
    }
    head = market.desk.onchain.client.head()
    assert (answer["as_of"]["block_number"], answer["as_of"]["block_hash"]) == (head.number, "0x" + head.hash.hex())


def test_the_claim_that_is_missing_is_named_with_its_claim_issuer_and_its_mender(market: Market) -> None:
    causes: dict[Act, tuple[str, str, str]] = {
        revoke_on_chain: ("was revoked by Helvetia Claims", "claim_issuer", "revoked"),
        remove_claim: ("has no investor claim", "holder", "missing"),
        lie: ("names somebody else as its issuer", "token_agent", "foreign"),
    }
    for act, (words, mended_by, state) in causes.items():
        with market.forgotten():
            act(market)
            claim = only(market.explain(), "claim_on_chain")
            assert words in claim["reason"]
            assert claim["mended_by"] == mended_by
            (trusted,) = claim["details"]["trusted_claim_issuers"]
            assert trusted == {"contract": str(market.contract), "name": "Helvetia Claims", "claim": state}
            assert claim["details"]["topic"] == str(INVESTOR_TOPIC)
    with market.forgotten():
        distrust(market)
        claim = only(market.explain(), "claim_on_chain")
        assert claim["mended_by"] == "token_issuer", "nobody is trusted for the topic any more"
        other = market.desk.onchain.claim_issuer
        owner, registry = market.desk.onchain.actors.token_owner, market.desk.onchain.suite.trusted_issuers_registry
        owner.do(registry, Function("addTrustedIssuer(address,uint256[])"), other, [INVESTOR_TOPIC])
        claim = only(market.explain(), "claim_on_chain")
        assert "from Helvetia Claims, whom this token does not trust" in claim["reason"]
        assert str(other) in claim["how"]
        untrusted = [{"contract": str(market.contract), "name": "Helvetia Claims"}]
        assert claim["details"]["untrusted_claim_issuers"] == untrusted


def test_a_compliance_module_that_refuses_is_named(market: Market) -> None:
    restrict(market)
    answer = market.explain()

    assert only(answer, "compliance_allows")["details"] == {"modules": ["TransferRestrictModule"], "not_asked": 0}
    assert "TransferRestrictModule" in only(answer, "compliance_allows")["reason"]
    assert answer["token_says"]["revert_reason"] == "Transfer not possible"


def test_a_lapsed_sender_can_still_send_and_the_note_is_no_cause(market: Market) -> None:
    assert "asks nothing about the sender" in only(market.explain(), "sender_may_send")["reason"]
    lapse_alice(market)
    answer = market.explain()

    note = only(answer, "sender_may_send")
    assert note["outcome"] == "passed"
    assert "can still send" in note["reason"]
    assert answer["passes"]
    assert market.send()


def test_a_claim_that_ends_in_our_records_is_a_cause_before_the_chain_knows(market: Market) -> None:
    market.desk.stand.clock.advance(timedelta(days=31))
    market.desk.onchain.devchain.increase_time(timedelta(days=31))
    answer = market.explain()

    assert failed(answer) == ["claim_live"]
    assert only(answer, "claim_live")["reason"] == "The claim is expired."
    assert not answer["passes"]
    assert answer["token_says"]["would_pass"], "the contract cannot know"
    assert "can still send" in only(answer, "sender_may_send")["reason"]


def test_without_a_sender_the_receipt_alone_is_judged(market: Market) -> None:
    path, asked = f"/v1/tokens/{market.desk.token}/explain", {"account": str(market.bob.account)}
    answer = market.desk.agent.get(path, **asked)
    codes = {one["check"] for one in answer["checks"]}
    assert answer["passes"]
    assert not codes & {"sender_may_send", "balance_sufficient", "allowance_sufficient", "token_says"}
    assert answer["token_says"] is None

    service_agent = Address.parse(market.desk.agent.get(f"/v1/tokens/{market.desk.token}")["agent"])
    market.desk.onchain.actors.token_owner.do(market.token, trex.ADD_AGENT, service_agent)
    answer = market.desk.agent.get(path, **asked)
    assert answer["token_says"] == {"asked": "mint", "caller": str(service_agent), "would_pass": True, "revert_reason": None}
    unregister(market)
    answer = market.desk.agent.get(path, **asked)
    assert answer["token_says"]["revert_reason"] == "Identity is not verified."
    assert not answer["passes"]


def test_the_network_is_told_what_the_chain_shows_whatever_our_records_say(market: Market) -> None:
    party = market.desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "DX Network Operations"})["id"]
    network = market.desk.stand.machine("network", party)
    before = market.explain(session=network)
    assert not OFF_CHAIN & {one["check"] for one in before["checks"]}
    assert (before["passes"], before["judged_on"]) == (True, ["chain"])
    assert market.explain()["judged_on"] == ["off_chain", "chain"]

    market.desk.revoke(market.bob_claim)  # the worker rests: the chain has not heard of it
    assert failed(market.explain()) == ["claim_live"]
    assert market.explain(session=network) == before


def test_a_person_may_ask_about_a_transfer_of_their_own_and_learns_nothing_about_others(market: Market) -> None:
    path = f"/v1/me/tokens/{market.desk.token}/explain"
    asked = {"account": str(market.bob.account), "sender": str(market.alice.account), "spender": str(market.office.account)}
    person = market.desk.stand.person

    as_receiver = person(market.bob).get(path, **asked)
    assert {one["check"] for one in as_receiver["checks"]} >= OFF_CHAIN
    assert as_receiver["passes"]
    for wallet in (market.alice, market.office):
        answer = person(wallet).get(path, **asked)
        assert not OFF_CHAIN & {one["check"] for one in answer["checks"]}
        assert answer["judged_on"] == ["chain"]
    before = person(market.alice).get(path, **asked)
    market.desk.revoke(market.bob_claim)
    assert person(market.alice).get(path, **asked) == before, "the sender does not learn what we know of the receiver"
    assert failed(person(market.bob).get(path, **asked)) == ["claim_live"]

    stranger = market.desk.stand.person(market.desk.onchain.actors.stranger)
    refused = market.desk.stand.request("GET", path, stranger, query_string=asked)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "not_your_transfer")
    closed = market.desk.stand.request("GET", path.replace("/me/tokens", "/tokens"), stranger, query_string=asked)
    assert (closed.status_code, closed.get_json()["code"]) == (403, "scope_missing")


def test_questions_that_make_no_sense_are_refused(market: Market) -> None:
    bob, alice = str(market.bob.account), str(market.alice.account)

    def ask(token: str = str(market.desk.token), **query: str) -> tuple[int, str]:
        answer = market.desk.stand.request("GET", f"/v1/tokens/{token}/explain", market.desk.agent, query_string=query)
        return answer.status_code, answer.get_json()["code"]

    assert ask() == (400, "invalid_parameter")
    assert ask(account="eip155:31337:0x12") == (400, "invalid_parameter")
    assert ask(account=bob, spender=alice) == (400, "transfer_incomplete")
    assert ask(account=bob.replace("31337", "1")) == (400, "wrong_chain_for_token")
    assert ask(account=bob, sender=alice.replace("31337", "1")) == (400, "wrong_chain_for_token")
    assert ask(token=bob, account=bob) == (404, "token_unknown")
    assert ask(token="x", account=bob) == (400, "malformed_account")
    for quantity in ("0", "-1", "1.5", "01", "", "٣", str(1 << 256), "9" * 4301):
        assert ask(account=bob, quantity=quantity) == (400, "invalid_parameter"), quantity


def test_a_head_that_stands_still_is_too_old_to_explain_from(market: Market) -> None:
    oldest = market.desk.stand.settings.chain(market.desk.token.chain).oldest_head_seconds
    market.desk.stand.clock.advance(timedelta(seconds=oldest + 60))
    query = {"account": str(market.bob.account)}
    answer = market.desk.stand.request("GET", f"/v1/tokens/{market.desk.token}/explain", market.desk.agent, query_string=query)

    assert (answer.status_code, answer.get_json()["code"]) == (503, "chain_stale")
    assert "passes" not in answer.get_json()
