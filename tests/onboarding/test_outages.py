"""While the node is down jobs wait; when it is back they finish, and nothing is done twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from claim_issuers.clock import SystemEntropy
from identity_service.bootstrap import Service, World, open_service
from identity_service.egress.client import EgressClient
from identity_service.jobs.worker import Worker
from tests.support.desk import Desk
from tests.support.faulty_node import FaultyNode, down, faulty_node, lost_after_sending, through


@dataclass(frozen=True, slots=True)
class Remote:
    """A worker process that reaches the chain through a node with whims; the stand's own worker rests."""

    service: Service
    node: FaultyNode
    desk: Desk

    def work(self, seconds: int, rounds: int = 12) -> None:
        """Let time pass in so many strides, and the worker look for work after each."""
        clock = self.desk.stand.clock
        worker = Worker(self.service.db, self.service.jobs, clock, "remote")
        for _ in range(rounds):
            clock.advance(timedelta(seconds=seconds / rounds))
            worker.drain()

    def state(self, job: str) -> tuple[str, str | None]:
        found = self.desk.administrator.get(f"/v1/jobs/{job}")
        return found["state"], found["error"]


@pytest.fixture
def remote(desk: Desk) -> Iterator[Remote]:
    stand = desk.stand
    stand.clock.service = None
    with faulty_node(stand.onchain.devchain.rpc_url) as node:
        egress = EgressClient(clock=stand.clock, allow_loopback=True)
        service = open_service(through(stand.settings, node.url), World(stand.clock, SystemEntropy(), egress))
        yield Remote(service, node, desk)
        service.close()


def test_from_identity_to_revocation_every_job_outlives_an_outage(desk: Desk, remote: Remote) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)

    _through_an_outage(remote, desk.session.post("/v1/identity-contracts", {"account": str(wallet.account)})["job"])
    desk.add(wallet, desk.form(claim))
    registration = desk.agent.post(f"/v1/tokens/{desk.token}/registrations", {"account": str(wallet.account)})["job"]
    _through_an_outage(remote, registration)
    assert desk.is_verified(wallet)

    remote.node.whim = down
    desk.revoke(claim)
    remote.work(3600)
    places = desk.session.get(f"/v1/claims/{claim}")["revocation_places"]
    assert sorted(place["state"] for place in places) == ["done", "queued"]
    assert desk.is_verified(wallet)
    remote.node.whim = None
    remote.work(300)
    assert not desk.is_verified(wallet)
    places = desk.session.get(f"/v1/claims/{claim}")["revocation_places"]
    assert sorted(len(place["receipts"]) for place in places) == [1, 4]


def _through_an_outage(remote: Remote, job: str) -> None:
    """The node is away when the job starts, and when it is back it takes the transaction without a word."""
    blocks = remote.desk.onchain.client.head().number
    remote.node.whim = down
    remote.work(30, rounds=4)
    assert remote.state(job) == ("queued", "chain_unavailable")
    remote.node.whim = lost_after_sending
    remote.work(300)
    assert remote.state(job)[0] == "done"
    remote.node.whim = None
    assert remote.desk.onchain.client.head().number == blocks + 1, "one transaction, once"
