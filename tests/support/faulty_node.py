"""A chain node with whims: a small server in front of a real node that passes everything on, until it is told to misbehave."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from identity_service.settings import Settings
from tests.support.http_server import LocalServer, Reply, Request, serving

Whim = Callable[["FaultyNode", Request], Reply]


class FaultyNode:
    """The node that a service believes it talks to; ``whim`` replaces its answers while it is set."""

    def __init__(self, real_url: str) -> None:
        self._real = urlsplit(real_url)
        self.whim: Whim | None = None
        self.server: LocalServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    def respond(self, request: Request) -> Reply:
        return self.truth(request) if self.whim is None else self.whim(self, request)

    def truth(self, request: Request) -> Reply:
        """What the real node says."""
        connection = HTTPConnection(self._real.hostname or "", self._real.port, timeout=20)
        try:
            connection.request("POST", "/", request.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Reply(status=answer.status, headers={"Content-Type": "application/json"}, body=answer.read())
        finally:
            connection.close()


@contextmanager
def faulty_node(real_url: str) -> Iterator[FaultyNode]:
    """A faulty node in front of ``real_url`` while the block runs."""
    node = FaultyNode(real_url)
    with serving(node.respond) as server:
        node.server = server
        yield node


def through(settings: Settings, url: str) -> Settings:
    """The same settings, but every chain's node is at ``url``."""
    chains = {chain: one.model_copy(update={"rpc_url": url}) for chain, one in settings.chains.items()}
    return settings.model_copy(update={"chains": chains})


def down(_node: FaultyNode, _request: Request) -> Reply:
    """Hang up without a word."""
    return Reply(raw=[])


def lost_after_sending(node: FaultyNode, request: Request) -> Reply:
    """Take a transaction, and hang up instead of saying so."""
    asked = json.loads(request.body)
    reply = node.truth(request)
    return Reply(raw=[]) if isinstance(asked, dict) and asked["method"] == "eth_sendRawTransaction" else reply


def rate_limited(_node: FaultyNode, _request: Request) -> Reply:
    """HTTP 429."""
    return Reply(status=429, headers={"Retry-After": "7"}, body=b"slow down")


def cut_short(node: FaultyNode, request: Request) -> Reply:
    """Half of the true answer, as if that were all."""
    body = node.truth(request).body
    return Reply(headers={"Content-Type": "application/json"}, body=body[: len(body) // 2])


def other_chain(node: FaultyNode, request: Request) -> Reply:
    """True answers, from a node that says it serves the main network."""
    asked = json.loads(request.body)
    if isinstance(asked, dict) and asked["method"] == "eth_chainId":
        return Reply(body=json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "0x1"}).encode())
    return node.truth(request)


def silent(node: FaultyNode, _request: Request) -> Reply:
    """Send a blank now and then, and never an answer."""
    assert node.server is not None
    return Reply(headers={"Content-Type": "application/json"}, chunks=node.server.drip(b" ", 0.2))
