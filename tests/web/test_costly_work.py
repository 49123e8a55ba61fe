"""Routes that are cheap to call and dear to answer: a limit of their own for each caller, shared between them."""

from dataclasses import dataclass

import pytest
from flask import Blueprint, g, request
from flask.testing import FlaskClient

from identity_service.web.app import WebConfig, build_web
from identity_service.web.limits import CostlyWork
from tests.web.tiny_service import CountingEntropy, World


@dataclass(frozen=True)
class Somebody:
    """A caller whom a gate let in."""

    subject: str
    party_id: str | None = None
    role: str | None = None


def client(world: World, limit: str) -> FlaskClient:
    """Two routes that cost one each and one that costs what is asked for; the header says whom the gate let in."""
    routes, costly = Blueprint("dear_things", __name__), CostlyWork(limit)

    @routes.before_request
    def gate() -> None:
        name = request.headers.get("X-Caller")
        g.caller = None if name is None else Somebody(name)

    @routes.get("/one")
    @costly
    def one() -> str:
        return "one"

    @routes.get("/other")
    @costly
    def other() -> str:
        return "other"

    @routes.get("/dear/<int:cost>")
    def dear(cost: int) -> str:
        costly.spend(cost)
        return "dear"

    config = WebConfig(public_url="https://claims.example")
    app = build_web(config, clock=world.clock, entropy=CountingEntropy(), blueprints=[routes], log_stream=world.log)
    return app.test_client()


def statuses(client: FlaskClient, *paths: str, caller: str | None = None, address: str = "192.0.2.1") -> list[int]:
    headers = {} if caller is None else {"X-Caller": caller}
    return [client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code for path in paths]


def test_the_routes_share_one_limit_and_the_refusal_says_when_to_come_back(world: World) -> None:
    there = client(world, "3 per minute")
    assert statuses(there, "/one", "/other", "/one", "/other", caller="cli_a") == [200, 200, 200, 429]
    refused = there.get("/one", headers={"X-Caller": "cli_a"})
    assert refused.json is not None
    assert (refused.json["code"], refused.headers["Retry-After"]) == ("too_many_requests", "60")


def test_a_caller_is_who_the_gate_let_in_and_otherwise_the_address(world: World) -> None:
    there = client(world, "1 per minute")
    assert statuses(there, "/one", caller="cli_a") == [200]
    assert statuses(there, "/one", caller="cli_a", address="192.0.2.2") == [429], "from wherever it calls"
    assert statuses(there, "/one", caller="cli_b") == [200], "its neighbour behind the same address"
    assert statuses(there, "/one", "/one") == [200, 429]
    assert statuses(there, "/one", address="192.0.2.3") == [200]


@pytest.mark.parametrize(("costs", "expected"), [((2, 3), [200, 200]), ((2, 4), [200, 429]), ((9,), [200]), ((9, 1), [200, 429])])
def test_work_costs_what_it_is_and_never_more_than_all_there_is(world: World, costs: tuple[int, ...], expected: list[int]) -> None:
    there = client(world, "5 per minute")
    assert statuses(there, *(f"/dear/{cost}" for cost in costs), caller="cli_a") == expected


def test_an_empty_limit_is_none(world: World) -> None:
    assert set(statuses(client(world, ""), *["/one"] * 50, "/dear/1000", caller="cli_a")) == {200}


def test_of_several_limits_each_holds(world: World) -> None:
    assert statuses(client(world, "2 per second; 3 per hour"), "/dear/2", "/one", caller="cli_a")[1] == 429
    assert statuses(client(world, "9 per second; 3 per hour"), "/dear/3", "/one", caller="cli_a")[1] == 429
