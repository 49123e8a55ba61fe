"""Tokens whose own contracts fail, lie or make us work: their fault is told as theirs, and what is asked of them stays bounded."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from claim_issuers.clock import SystemEntropy
from claim_issuers.identifiers.accounts import Address
from identity_service.bootstrap import World, open_service
from identity_service.chain.contracts import Function
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed, NoContract
from identity_service.demo.trex import TrexSuite
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient
from identity_service.verification.contract_answers import first_items
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk
from tests.support.faulty_node import FaultyNode, Reply, Request, faulty_node, through
from tests.support.hostile_identity import halting, reverting, saying
from tests.support.second_token import registered

ENGINES = ONE_ENGINE

SET_REGISTRY = Function("setIdentityRegistry(address)")
SET_COMPLIANCE = Function("setCompliance(address)")
SET_TOPICS = Function("setClaimTopicsRegistry(address)")
SET_ISSUERS = Function("setTrustedIssuersRegistry(address)")
ADDRESSES = Function("listed()", "address[]")
EVERYTHING = 10_000  # more than any list here holds


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32) for number in numbers)


def array(length: int, first: int = 1) -> bytes:
    """An ABI array of so many numbers in a row, as the standard encodes the one answer of a function."""
    return words(32, length, *range(first, first + length))


def no_code(desk: Desk, wallet: Wallet) -> Address:
    return desk.onchain.actors.carol.address


def nonsense(desk: Desk, wallet: Wallet) -> Address:
    """Every answer is one word that is neither an address nor a truth value."""
    return saying(wallet, b"\xff" * 32)


def endless(desk: Desk, wallet: Wallet) -> Address:
    return saying(wallet, words(32, 1 << 200))


BROKEN: Sequence[Callable[[Desk, Wallet], Address]] = (
    no_code,
    lambda _, wallet: reverting(wallet),
    lambda _, wallet: halting(wallet),
    nonsense,
    endless,
)


def point(desk: Desk, contract: Address, function: Function, to: Address) -> None:
    """The token's owner points one of its contracts at another, as the standard lets an owner do."""
    desk.onchain.actors.token_owner.do(contract, function, to)


def explained(desk: Desk, wallet: Wallet, **more: str) -> dict[str, Any]:
    return dict(desk.agent.get(f"/v1/tokens/{desk.token}/explain", account=str(wallet.account), **more))


def checks(answer: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [one for one in answer["checks"] if one["check"] == code]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_token_whose_registry_fails_in_any_way_is_unreadable_and_nobody_is_eligible(
    desk: Desk, broken: Callable[[Desk, Wallet], Address]
) -> None:
    wallet = desk.onchain.actors.alice
    desk.claim(wallet)
    point(desk, desk.token.address, SET_REGISTRY, broken(desk, desk.onchain.actors.token_owner))
    asked = {"account": str(wallet.account)}
    person = desk.stand.person(wallet)

    for session, path, query in (
        (desk.agent, f"/v1/tokens/{desk.token}/eligibility/{wallet.account}", {}),
        (desk.agent, f"/v1/tokens/{desk.token}/explain", asked),
        (person, f"/v1/me/tokens/{desk.token}/explain", asked),
    ):
        answer = desk.stand.request("GET", path, session, query_string=query)
        problem = answer.get_json()
        assert (answer.status_code, problem["code"]) == (503, "token_unreadable"), path
        assert not {"eligible", "passes"} & set(problem)


@pytest.mark.parametrize("function", [SET_TOPICS, SET_ISSUERS])
@pytest.mark.parametrize("answer", [b"", b"\x00" * 31, words(32, 3, 1), words(1 << 255, 1, 1)])
def test_a_registry_behind_the_registry_that_answers_nonsense_is_the_token_s_fault_too(
    desk: Desk, function: Function, answer: bytes
) -> None:
    point(desk, desk.onchain.suite.identity_registry, function, saying(desk.onchain.actors.token_owner, answer))
    path, asked = f"/v1/tokens/{desk.token}/explain", {"account": str(desk.onchain.actors.alice.account)}
    found = desk.stand.request("GET", path, desk.agent, query_string=asked)
    assert (found.status_code, found.get_json()["code"]) == (503, "token_unreadable")


def test_more_topics_than_the_standard_allows_are_not_looked_for_and_never_passed(desk: Desk) -> None:
    wallet, owner = desk.onchain.actors.alice, desk.onchain.actors.token_owner
    desk.verified(wallet)
    point(desk, desk.onchain.suite.identity_registry, SET_TOPICS, saying(owner, array(20)))

    claims = checks(explained(desk, wallet), "claim_on_chain")

    assert [one["details"]["topic"] for one in claims[:15]] == [str(topic) for topic in range(1, 16)]
    (left_out,) = claims[15:]
    assert (left_out["outcome"], left_out["mended_by"]) == ("not_checked", "token_issuer")
    assert "5 more" in left_out["reason"]


def test_more_claim_issuers_than_the_standard_allows_are_not_asked_and_the_claim_is_not_checked(desk: Desk) -> None:
    wallet, owner = desk.onchain.actors.alice, desk.onchain.actors.token_owner
    desk.verified(wallet)
    point(desk, desk.onchain.suite.identity_registry, SET_ISSUERS, saying(owner, array(60, first=1000)))

    (claim,) = checks(explained(desk, wallet), "claim_on_chain")

    assert claim["outcome"] == "not_checked"
    assert "10 more were not asked" in claim["reason"]
    assert (len(claim["details"]["trusted_claim_issuers"]), claim["details"]["not_asked"]) == (50, 10)
    assert claim["details"]["untrusted_claim_issuers"] == [], "the one who signed may be among those that were not asked"


def test_more_compliance_modules_than_the_standard_allows_are_not_asked(desk: Desk) -> None:
    wallet, owner = desk.onchain.actors.alice, desk.onchain.actors.token_owner
    desk.verified(wallet)
    point(desk, desk.token.address, SET_COMPLIANCE, saying(owner, array(30)))

    (rules,) = checks(explained(desk, wallet), "compliance_allows")

    assert rules["outcome"] == "failed"
    assert (len(rules["details"]["modules"]), rules["details"]["not_asked"]) == (25, 5)
    assert "5 more rules that were not asked" in rules["reason"]


def test_however_long_the_lists_are_the_node_is_asked_so_many_questions_at_most(desk: Desk) -> None:
    wallet, owner, registry = desk.onchain.actors.alice, desk.onchain.actors.token_owner, desk.onchain.suite.identity_registry
    desk.verified(wallet)
    point(desk, registry, SET_TOPICS, saying(owner, array(600)))
    point(desk, registry, SET_ISSUERS, saying(owner, array(600)))
    point(desk, desk.token.address, SET_COMPLIANCE, saying(owner, array(600)))
    asked: list[str] = []

    def counting(node: FaultyNode, request: Request) -> Reply:
        calls = json.loads(request.body)
        asked.extend(call["method"] for call in (calls if isinstance(calls, list) else [calls]))
        return node.truth(request)

    with faulty_node(desk.onchain.devchain.rpc_url) as node:
        node.whim = counting
        world = World(desk.stand.clock, SystemEntropy(), EgressClient(clock=desk.stand.clock, allow_loopback=True))
        service = open_service(through(desk.stand.settings, node.url), world)
        headers = {"Authorization": f"Bearer {desk.agent.token()}"}
        query = {"account": str(wallet.account)}
        answer = service.app().test_client().get(f"/v1/tokens/{desk.token}/explain", headers=headers, query_string=query)
        service.close()

    assert answer.status_code == 200
    assert len(checks(answer.get_json(), "claim_on_chain")) == 16
    # 15 topics of 50 claim issuers each, every place asked once; 25 modules asked and named; 15 lists; and what is always asked.
    assert len(asked) <= 15 * 50 + 2 * 25 + 15 + 40
    assert asked.count("eth_call") > 15 * 50


@pytest.mark.parametrize(("length", "kept", "left_out"), [(0, 0, 0), (1, 1, 0), (25, 25, 0), (26, 25, 1), (100, 25, 75)])
def test_a_list_is_cut_before_it_is_read(length: int, kept: int, left_out: int) -> None:
    listed = first_items(ADDRESSES, array(length), 25)
    assert [int.from_bytes(one.value) for one in listed.items] == list(range(1, kept + 1))
    assert listed.left_out == left_out


@pytest.mark.parametrize("elsewhere", [0, 7])
def test_a_list_may_stand_anywhere_in_the_answer(elsewhere: int) -> None:
    answer = words(32 * (1 + elsewhere)) + bytes(32 * elsewhere) + words(2, 5, 6)
    assert first_items(ADDRESSES, answer, 1).items == (Address((5).to_bytes(20)),)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", NoContract),
        (CallReverted("no", kind="empty", reason="", selector=b"", revert_data=b""), CallReverted),
        (b"\x01", ChainAnswerMalformed),
        (words(32), ChainAnswerMalformed),
        (words(32, 2, 1), ChainAnswerMalformed),
        (words(32, 1 << 255), ChainAnswerMalformed),
        (words(1 << 255, 1, 1), ChainAnswerMalformed),
        (words(32, 1, 1 << 160), ChainAnswerMalformed),
    ],
)
def test_what_is_no_list_is_refused_by_its_kind(answer: bytes | CallReverted, error: type[Exception]) -> None:
    with pytest.raises(error):
        first_items(ADDRESSES, answer, EVERYTHING)


def test_an_unreadable_token_takes_nothing_from_another(desk: Desk, suite: TrexSuite) -> None:
    wallet, owner = desk.onchain.actors.alice, desk.onchain.actors.token_owner
    desk.verified(wallet)
    other = registered(desk, suite)
    point(desk, other.address, SET_REGISTRY, reverting(owner))
    path = f"/v1/tokens/{other}/eligibility/{wallet.account}"
    assert desk.stand.request("GET", path, desk.agent).get_json()["code"] == "token_unreadable"
    assert desk.eligibility(wallet)["eligible"]
