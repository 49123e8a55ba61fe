"""What operators watch."""

import pytest
from flask.testing import FlaskClient

from identity_service.web.metrics import Metrics
from tests.web.tiny_service import SECRET, World


def test_a_running_process_is_alive(client: FlaskClient) -> None:
    assert client.get("/livez").json == {"status": "alive"}


def test_ready_when_every_check_passes(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "checks": {"database": "ok", "chain": "ok"}})


def test_a_failed_check_is_named_to_the_caller_and_explained_in_the_log(world: World) -> None:
    world.broken.add("chain")
    answer = world.client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not_ready", "checks": {"database": "ok", "chain": "failed"}})
    assert SECRET not in answer.text
    warning = world.lines()[0]
    assert (warning["level"], warning["check"]) == ("warning", "chain")
    assert warning["exception"][-1] == "claim_issuers.errors.Unavailable"


def test_a_process_that_is_not_ready_is_still_alive(world: World) -> None:
    world.broken.add("database")
    assert world.client().get("/livez").status_code == 200


def test_requests_are_counted_by_rule_and_status_alone(client: FlaskClient) -> None:
    client.get("/v1/things/Ada?name=Lovelace")
    client.get("/v1/things/Grace")
    client.get("/people/Ada")
    text = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/v1/things/<name>",status="200"} 2.0' in text
    assert 'http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert not [name for name in ("Ada", "Grace", "Lovelace") if name in text]


def test_a_gauge_is_read_when_it_is_shown() -> None:
    metrics, level = Metrics(), [1.0]
    metrics.gauge("queue_length", "Jobs that wait.", lambda: level[0])
    level[0] = 5.0
    assert metrics.registry.get_sample_value("queue_length") == 5.0


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_health_is_not_rate_limited(world: World, path: str) -> None:
    client = world.client(rate_limit="1 per hour")
    assert {client.get(path).status_code for _ in range(3)} == {200}


def test_a_caller_over_its_limit_is_told_when_to_come_back(world: World) -> None:
    client = world.client(rate_limit="2 per minute")
    statuses = [client.get(path).status_code for path in ("/v1/things", "/v1/things/gold")]
    refused = client.get("/problems")
    assert statuses == [200, 200]
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("192.0.2.1", "192.0.2.1", 429),
        ("192.0.2.1", "192.0.2.2", 200),
        ("2001:db8::1", "2001:db8::ffff", 429),
        ("2001:db8::1", "2001:db8:0:1::1", 200),
    ],
)
def test_a_limit_is_for_one_caller(world: World, first: str, second: str, status: int) -> None:
    client = world.client(rate_limit="1 per minute")
    client.get("/v1/things", environ_base={"REMOTE_ADDR": first})
    assert client.get("/v1/things", environ_base={"REMOTE_ADDR": second}).status_code == status


def test_an_empty_limit_is_no_limit(world: World) -> None:
    client = world.client(rate_limit="")
    assert {client.get("/v1/things").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(("hops", "status"), [(0, 429), (1, 200)])
def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(world: World, hops: int, status: int) -> None:
    client = world.client(rate_limit="1 per minute", proxy_hops=hops)
    client.get("/v1/things", headers={"X-Forwarded-For": "192.0.2.1"})
    assert client.get("/v1/things", headers={"X-Forwarded-For": "192.0.2.2"}).status_code == status
