"""A chain that stands still, lies or is silent: the answer is a refusal in bounded time, and never "eligible"."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.identifiers.accounts import ChainId
from identity_service.bootstrap import World, open_service
from identity_service.chain.client import ChainClient
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import ChainUnavailable
from identity_service.chain.rpc import JsonRpc
from identity_service.egress.client import EgressClient
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk
from tests.support.faulty_node import (
    FaultyNode,
    Whim,
    cut_short,
    down,
    faulty_node,
    other_chain,
    rate_limited,
    silent,
    through,
)

ENGINES = ONE_ENGINE

CHAIN = ChainId(31337)


@pytest.fixture
def node(desk: Desk) -> Iterator[FaultyNode]:
    with faulty_node(desk.onchain.devchain.rpc_url) as node:
        yield node


def test_a_lying_node_gets_a_stable_refusal_and_a_node_that_is_well_again_the_truth(desk: Desk, node: FaultyNode) -> None:
    wallet, stand = desk.onchain.actors.alice, desk.stand
    desk.verified(wallet)
    path = f"/v1/tokens/{desk.token}/eligibility/{wallet.account}"
    headers = {"Authorization": f"Bearer {desk.agent.token()}"}

    def answers(*whims: Whim | None) -> list[tuple[int, str]]:
        """What one freshly started service says, one whim after the other."""
        world = World(stand.clock, SystemEntropy(), EgressClient(clock=stand.clock, allow_loopback=True))
        service = open_service(through(stand.settings, node.url), world)
        http, given = service.app().test_client(), []
        for node.whim in whims:
            answer = http.get(path, headers=headers).get_json()
            given.append((answer.get("status", 200), answer.get("code", str(answer.get("eligible")))))
        service.close()
        return given

    assert answers(None, rate_limited, cut_short, down, None) == [
        (200, "True"),
        (503, "chain_unavailable"),
        (502, "chain_answer_malformed"),
        (503, "chain_unavailable"),
        (200, "True"),
    ]
    assert answers(other_chain, other_chain, None) == [(503, "wrong_chain"), (503, "wrong_chain"), (200, "True")]


def test_a_node_that_never_answers_is_given_up_in_bounded_time(desk: Desk, node: FaultyNode) -> None:
    wallet = desk.onchain.actors.alice
    egress = EgressClient(clock=SystemClock(), allow_loopback=True)
    impatient = ChainClient(JsonRpc(node.url, egress=egress, chain=CHAIN, timeout=timedelta(seconds=0.5)))
    verification = replace(desk.stand.service.verification, chains=ChainDirectory({CHAIN: impatient}))
    node.whim = silent
    began = monotonic()

    with pytest.raises(ChainUnavailable) as caught:
        verification.eligibility(desk.token, wallet.account)

    assert caught.value.data["reason"] == "egress_timed_out"
    assert monotonic() - began < 3
    egress.close()


def test_a_head_that_stands_still_is_too_old_to_answer_from(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    desk.verified(wallet)
    assert desk.eligibility(wallet)["eligible"]
    oldest = desk.stand.settings.chain(CHAIN).oldest_head_seconds

    desk.stand.clock.advance(timedelta(seconds=oldest + 60))

    path = f"/v1/tokens/{desk.token}/eligibility/{wallet.account}"
    answer = desk.stand.request("GET", path, desk.agent)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "chain_stale")
    assert "eligible" not in answer.get_json()
