"""A node that lies, breaks off, is busy, or is another chain's."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from claim_issuers.clock import SystemClock
from claim_issuers.identifiers.accounts import Address, ChainId
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import (
    BlockNotFound,
    CallReverted,
    ChainAnswerMalformed,
    ChainUnavailable,
    TransactionRejected,
    WrongChain,
)
from identity_service.chain.rpc import Call, JsonRpc
from identity_service.egress.client import EgressClient
from identity_service.egress.errors import EgressRefused
from tests.support.http_server import LocalServer, Reply, Request, serving

CHAIN = ChainId(31337)


class Node:
    """A node of which every answer can be bent: ``results`` by method, then ``bend`` over the encoded whole."""

    def __init__(self) -> None:
        self.results: dict[str, Any] = {"eth_chainId": hex(CHAIN.number), "eth_blockNumber": "0x10"}
        self.bend: Callable[[bytes], bytes | Reply] = lambda body: body
        self.close = False
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Reply:
        sent = json.loads(request.body)
        calls = sent if isinstance(sent, list) else [sent]
        self.asked += [call["method"] for call in calls]
        answers = [self._answer(call) for call in calls]
        body = json.dumps(answers if isinstance(sent, list) else answers[0]).encode()
        if calls[0]["method"] == "eth_chainId":
            return Reply(body=body, close=self.close)
        bent = self.bend(body)
        return bent if isinstance(bent, Reply) else Reply(body=bent, close=self.close)

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        result = self.results[call["method"]]
        outcome = {"error": result} if isinstance(result, dict) and "code" in result else {"result": result}
        return {"jsonrpc": "2.0", "id": call["id"], **outcome}


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def server(node: Node) -> Iterator[LocalServer]:
    with serving(node) as server:
        yield server


@pytest.fixture
def rpc(server: LocalServer) -> Iterator[JsonRpc]:
    egress = EgressClient(clock=SystemClock(), allow_loopback=True)
    yield JsonRpc(server.url, egress=egress, chain=CHAIN, timeout=timedelta(milliseconds=300))
    egress.close()


def test_an_honest_answer_is_given(rpc: JsonRpc) -> None:
    assert rpc.call("eth_blockNumber") == "0x10"


def test_the_chain_is_asked_for_once_on_each_connection(rpc: JsonRpc, node: Node) -> None:
    rpc.call("eth_blockNumber")
    rpc.call("eth_blockNumber")

    assert node.asked == ["eth_chainId", "eth_blockNumber", "eth_blockNumber"]


def test_another_chain_is_refused_at_first_use(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_chainId"] = "0x1"

    with pytest.raises(WrongChain) as caught:
        rpc.call("eth_blockNumber")
    assert caught.value.data == {"expected": 31337, "actual": 1}
    assert node.asked == ["eth_chainId"]


def test_a_node_replaced_by_another_chains_is_noticed_at_the_next_connection(rpc: JsonRpc, node: Node) -> None:
    node.close = True
    rpc.call("eth_blockNumber")
    node.results["eth_chainId"] = "0x1"

    with pytest.raises(WrongChain):
        rpc.call("eth_blockNumber")


def test_a_refused_batch_of_another_chain_is_not_believed_either(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_chainId"] = "0x1"

    with pytest.raises(WrongChain):
        rpc.batch([Call("eth_blockNumber")])


@pytest.mark.parametrize(
    "bend",
    [
        lambda body: body[:-3],
        lambda body: b"",
        lambda body: b"[]",
        lambda body: b"null",
        lambda body: b"\xff\xfe",
        lambda body: b"NaN",
        lambda body: b"[" * 100_000,
        lambda body: b'[{"a":' * 100_000,
        lambda body: b'["]",' * 100_000,
        lambda body: b'["\\"]",' * 100_000,
        lambda body: body.replace(b'"2.0"', b'"1.0"'),
        lambda body: body.replace(b'"id"', b'"ident"'),
        lambda body: body.replace(b'"result"', b'"outcome"'),
        lambda body: body.replace(b'"result": "0x10"', b'"result": "0x10", "result": "0x11"'),
        lambda body: json.dumps({**json.loads(body), "id": 999}).encode(),
        lambda body: json.dumps({**json.loads(body), "error": "no"}).encode(),
    ],
)
def test_a_malformed_answer_is_not_believed(rpc: JsonRpc, node: Node, bend: Callable[[bytes], bytes]) -> None:
    node.bend = bend

    with pytest.raises(ChainAnswerMalformed):
        rpc.call("eth_blockNumber")


@pytest.mark.parametrize(
    "bend",
    [
        lambda answers: answers[:1],
        lambda answers: [*answers, answers[0]],
        lambda answers: [answers[0], answers[0]],
        lambda answers: [{**answer, "id": answer["id"] + 100} for answer in answers],
        lambda answers: [answers[0], None],
        lambda answers: answers[0],
    ],
)
def test_a_malformed_batch_is_not_believed(rpc: JsonRpc, node: Node, bend: Callable[[Any], Any]) -> None:
    node.bend = lambda body: json.dumps(bend(json.loads(body))).encode()

    with pytest.raises(ChainAnswerMalformed):
        [answer.value() for answer in rpc.batch([Call("eth_blockNumber"), Call("eth_blockNumber")])]


def test_a_batch_keeps_the_order_of_its_calls_whatever_the_nodes_order(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_gasPrice"] = "0x5"
    node.bend = lambda body: json.dumps(json.loads(body)[::-1]).encode()

    answers = rpc.batch([Call("eth_blockNumber"), Call("eth_gasPrice")])

    assert [answer.value() for answer in answers] == ["0x10", "0x5"]


def test_a_long_batch_is_sent_in_parts(rpc: JsonRpc, server: LocalServer) -> None:
    answers = rpc.batch([Call("eth_blockNumber")] * 250)

    assert [answer.value() for answer in answers] == ["0x10"] * 250
    assert [request.body.count(b"eth_blockNumber") for request in server.requests if b"chainId" not in request.body] == [
        100,
        100,
        50,
    ]


def test_one_refused_call_does_not_spoil_its_batch(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_call"] = {"code": 3, "message": "execution reverted", "data": "0x"}

    good, bad = rpc.batch([Call("eth_blockNumber"), Call("eth_call")])

    assert good.value() == "0x10"
    with pytest.raises(CallReverted):
        bad.value()


def test_a_batch_refused_as_a_whole_is_told_so(rpc: JsonRpc, node: Node) -> None:
    node.bend = lambda body: b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"batch too large"}}'

    with pytest.raises(ChainUnavailable) as caught:
        rpc.batch([Call("eth_blockNumber")] * 2)
    assert caught.value.data["rpc_code"] == -32005


def test_a_busy_node_says_when_to_come_back(rpc: JsonRpc, node: Node) -> None:
    node.bend = lambda body: Reply(status=429, headers={"Retry-After": "7"}, body=b"slow down")

    with pytest.raises(ChainUnavailable) as caught:
        rpc.call("eth_blockNumber")
    assert caught.value.data == {"status": 429, "retry_after": 7}


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
def test_an_http_error_makes_the_chain_unavailable(rpc: JsonRpc, node: Node, status: int) -> None:
    node.bend = lambda body: Reply(status=status, body=b"<html>no</html>")

    with pytest.raises(ChainUnavailable):
        rpc.call("eth_blockNumber")


def test_a_json_rpc_error_with_an_http_error_status_is_read(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_call"] = {"code": 3, "message": "execution reverted: no"}
    node.bend = lambda body: Reply(status=400, body=body)

    with pytest.raises(CallReverted):
        rpc.call("eth_call")


def test_a_redirect_makes_the_chain_unavailable(rpc: JsonRpc, node: Node, server: LocalServer) -> None:
    node.bend = lambda body: Reply(status=307, headers={"Location": server.url})

    with pytest.raises(ChainUnavailable):
        rpc.call("eth_blockNumber")


def test_a_silent_node_makes_the_chain_unavailable(rpc: JsonRpc, node: Node, server: LocalServer) -> None:
    node.bend = lambda body: Reply(chunks=server.drip(b" ", 0.05))

    with pytest.raises(ChainUnavailable) as caught:
        rpc.call("eth_blockNumber")
    assert caught.value.data["reason"] == "egress_timed_out"


def test_a_node_that_is_not_there_makes_the_chain_unavailable() -> None:
    with serving(Node()) as gone:
        pass
    rpc = JsonRpc(gone.url, egress=EgressClient(clock=SystemClock(), allow_loopback=True), chain=CHAIN)

    with pytest.raises(ChainUnavailable):
        rpc.call("eth_blockNumber")


def test_a_node_on_loopback_needs_the_development_switch(server: LocalServer) -> None:
    rpc = JsonRpc(server.url, egress=EgressClient(clock=SystemClock()), chain=CHAIN)

    with pytest.raises(EgressRefused):
        rpc.call("eth_blockNumber")


# What the client makes of answers that are well-formed JSON-RPC

BLOCK = {"number": "0x10", "hash": "0x" + "aa" * 32, "parentHash": "0x" + "bb" * 32, "timestamp": "0x65"}


def test_a_block_is_read(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_getBlockByNumber"] = BLOCK

    block = ChainClient(rpc).head()

    assert (block.chain, block.number, block.hash, block.timestamp) == (CHAIN, 16, b"\xaa" * 32, 101)


@pytest.mark.parametrize(
    "change",
    [{"number": "16"}, {"number": 16}, {"number": "0x010"}, {"hash": "0xaa"}, {"hash": None}, {"timestamp": "0x" + "f" * 64}],
)
def test_a_malformed_block_is_not_believed(rpc: JsonRpc, node: Node, change: dict[str, Any]) -> None:
    node.results["eth_getBlockByNumber"] = {**BLOCK, **change}

    with pytest.raises(ChainAnswerMalformed):
        ChainClient(rpc).head()


def test_another_block_than_the_one_asked_for_is_not_believed(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_getBlockByNumber"] = node.results["eth_getBlockByHash"] = BLOCK
    client = ChainClient(rpc)

    with pytest.raises(ChainAnswerMalformed):
        client.block(15)
    with pytest.raises(ChainAnswerMalformed):
        client.blocks([16, 15])
    with pytest.raises(ChainAnswerMalformed):
        client.block_by_hash(bytes(32))


def test_a_block_that_is_not_there_is_not_found(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_getBlockByNumber"] = None

    with pytest.raises(BlockNotFound):
        ChainClient(rpc).block(99)


def test_a_transaction_the_node_has_already_counts_as_sent(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_sendRawTransaction"] = {"code": -32000, "message": "already known"}

    # Keccak-256 of the empty string, as published
    assert ChainClient(rpc).send_raw(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_a_node_that_took_another_transaction_is_not_believed(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_sendRawTransaction"] = "0x" + "00" * 32

    with pytest.raises(ChainAnswerMalformed):
        ChainClient(rpc).send_raw(b"")


def test_a_rejected_transaction_is_told_so(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_sendRawTransaction"] = {"code": -32000, "message": "nonce too low"}

    with pytest.raises(TransactionRejected):
        ChainClient(rpc).send_raw(b"")


def test_a_receipt_of_another_transaction_is_not_believed(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_getTransactionReceipt"] = {
        "transactionHash": "0x" + "11" * 32,
        "blockNumber": "0x1",
        "blockHash": "0x" + "22" * 32,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x1",
        "contractAddress": None,
        "logs": [],
    }

    assert ChainClient(rpc).receipt(b"\x11" * 32) is not None
    with pytest.raises(ChainAnswerMalformed):
        ChainClient(rpc).receipt(b"\x33" * 32)


def test_logs_are_asked_for_by_addresses_topics_and_range(rpc: JsonRpc, node: Node, server: LocalServer) -> None:
    node.results["eth_getLogs"] = []

    ChainClient(rpc).get_logs([Address(b"\x11" * 20)], [b"\x22" * 32, None, [b"\x33" * 32, b"\x44" * 32]], 5, 16)

    assert json.loads(server.requests[-1].body)["params"] == [
        {
            "address": ["0x" + "11" * 20],
            "topics": ["0x" + "22" * 32, None, ["0x" + "33" * 32, "0x" + "44" * 32]],
            "fromBlock": "0x5",
            "toBlock": "0x10",
        }
    ]


def test_a_deep_but_ordinary_answer_is_read(rpc: JsonRpc, node: Node) -> None:
    node.results["eth_blockNumber"] = [[[[{"a": '[[[[\\"]', "b": [{}]}]]]]

    assert rpc.call("eth_blockNumber") == node.results["eth_blockNumber"]
