"""The node is gone, slow to come back, or no longer the one we knew: nothing is lost and nothing is believed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import urllib3

from claim_issuers.identifiers.accounts import Account
from identity_service.demo import acts
from identity_service.demo.story import accredit
from tests.api.asking import kept, problem, refused, sign_in
from tests.conftest import ONE_ENGINE
from tests.support.devchain import Onchain
from tests.support.http_server import LocalServer, Reply, Request, serving
from tests.support.stand import Stand, stage_on, standing

ENGINES = ONE_ENGINE


@dataclass(slots=True)
class Node:
    """A node that passes everything on to the real one, until ``instead`` says what to answer in its place."""

    rpc_url: str
    instead: Reply | None = None
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def __call__(self, request: Request) -> Reply:
        if self.instead is not None:
            return self.instead
        headers = {"Content-Type": "application/json"}
        answer = self.pool.request("POST", self.rpc_url, body=request.body, headers=headers, retries=False, timeout=30)
        return Reply(status=answer.status, headers=headers, body=answer.data)


GONE = Reply(raw=[])
FAULTS = {
    "gone": GONE,
    "overloaded": Reply(status=503, headers={"Retry-After": "7"}),
    "asking for a password": Reply(status=401, body=b"no"),
    "a web page": Reply(headers={"Content-Type": "text/html"}, body=b"<html>welcome</html>"),
    "half an answer": Reply(raw=[b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"]),
    "no JSON-RPC": Reply(body=b"{}"),
    "nothing but null": Reply(body=b'{"jsonrpc":"2.0","id":1,"result":null}'),
    "deep": Reply(body=b"[" * 100_000),
    "an error": Reply(body=b'{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"out of service"}}'),
}
UNAVAILABLE = {"chain_unavailable", "chain_answer_malformed", "wrong_chain"}


@pytest.fixture
def node(onchain: Onchain) -> Node:
    """The node that the service knows."""
    return Node(onchain.devchain.rpc_url)


@pytest.fixture
def proxy(node: Node) -> Iterator[LocalServer]:
    """Where it listens."""
    with serving(node) as server:
        yield server


@pytest.fixture
def stand(database_url: str, onchain: Onchain, tmp_path: Path, proxy: LocalServer) -> Iterator[Stand]:
    """A service behind that node."""
    with standing(tmp_path / "data", database_url, onchain, proxy.url) as stand:
        yield stand


def test_without_its_node_the_service_says_so_keeps_what_it_has_and_goes_on_when_it_is_back(stand: Stand, node: Node) -> None:
    scene = stage_on(stand)
    accredit(scene)
    office = next(one for one in acts.cast.INTERMEDIARIES if one.name == "office-linden")
    claim = acts.obtain_intermediary_claim(scene, office)
    acts.deploy_identities(scene, ["office-linden"])
    admin, desk, issuer = (scene.machines[role] for role in ("administrator", "claim_issuer", "token_issuer"))
    wallet = stand.onchain.devchain.wallet(25)
    proof = {"account": str(wallet.account)}
    message = stand.request("POST", "/v1/account-proofs/challenges", json=proof).json["message"]
    signed = {"message": message, "signature": "0x" + wallet.sign_message(message).hex()}
    token = {
        "token": str(Account(scene.token.chain, scene.suite.token)),
        "token_issuer": scene.party["token_issuer"],
        "accepted_claim_types": ["INVESTOR"],
        "trusted_factories": [str(scene.suite.id_factory)],
    }
    contract = {"chain": str(scene.token.chain), "contract": "0x" + "11" * 20}
    account = scene.wallet["office-linden"].account
    wanted = (
        ("POST", "/v1/account-proofs", None, signed),
        ("POST", "/v1/tokens", admin, token),
        ("POST", f"/v1/claims/{claim}/forms", desk, {"format": "erc735"}),
        ("POST", f"/v1/claim-issuers/{scene.claim_issuers['claim_issuer']['id']}/contracts", admin, contract),
        ("GET", f"/v1/tokens/{scene.token}/eligibility/{account}", issuer, None),
    )
    stand.work()
    for session in (admin, desk, issuer):
        session.token()
    before = kept(stand)
    for name, reply in FAULTS.items():
        node.instead = reply
        for method, path, session, content in wanted:
            answer = problem(stand.request(method, path, session, json=content, headers={"Idempotency-Key": "k"}))
            assert answer["code"] in UNAVAILABLE, (name, path, answer)
        assert kept(stand) == before, name
    node.instead = FAULTS["overloaded"]
    table = stand.request("GET", f"/v1/tokens/{scene.token}/cap-table?purpose=supervision", scene.machines["regulator"])
    assert table.status_code == 200  # as of the block that the register holds
    node.instead = None
    assert stand.request("POST", "/v1/account-proofs", json=signed).status_code == 201
    form = stand.request("POST", f"/v1/claims/{claim}/forms", desk, json={"format": "erc735"}, headers={"Idempotency-Key": "k"})
    assert form.status_code == 201
    assert stand.request("GET", f"/v1/tokens/{scene.token}/eligibility/{account}", issuer).status_code == 200


def test_work_waits_for_the_node_and_answers_come_from_the_right_and_living_chain_alone(stand: Stand, node: Node) -> None:
    scene = stage_on(stand)
    desk, reader = scene.machines["claim_issuer"], scene.machines["regulator"]
    account = scene.wallet["office-linden"].account
    node.instead = GONE
    job = desk.post("/v1/identity-contracts", {"account": str(account)})["job"]
    stand.work(3)
    seen = desk.get(f"/v1/jobs/{job}")
    assert seen["state"] in ("queued", "running", "waiting")
    assert seen["error"] == "chain_unavailable"
    node.instead = None
    receipt = scene.finished(desk, job)["receipts"][0]
    identity_contract = Account.parse(receipt["reference"]).address
    assert scene.identities.identity_of(scene.suite.id_factory, account.address, scene.head) == identity_contract
    path = f"/v1/tokens/{scene.token}/eligibility/{account}"
    stand.service.world.egress.close()
    node.instead = Reply(body=b'{"jsonrpc":"2.0","id":1,"result":"0x1"}', close=True)
    sign_in(reader)
    assert problem(stand.request("GET", path, reader))["code"] in UNAVAILABLE
    node.instead = None
    assert stand.request("GET", path, reader).status_code == 200
    stand.clock.advance(2 * stand.service.verification.oldest_heads[scene.token.chain])
    assert refused(stand, "GET", path, "chain_stale", reader)["status"] == 503
