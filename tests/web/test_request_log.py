"""What is written down about a request, and what never is."""

import pytest

from identity_service.web.logging import build_logger, describe
from tests.web.tiny_service import World


def test_one_line_a_request_with_the_rule_instead_of_the_address(world: World) -> None:
    answer = world.client().get("/v1/things/Ada?born=1815-12-10", headers={"Authorization": "Bearer s3cret"})
    assert world.lines() == [
        {
            "event": "request",
            "level": "info",
            "timestamp": "2026-03-01T12:00:00.012+00:00",
            "request_id": answer.headers["X-Request-ID"],
            "method": "GET",
            "route": "/v1/things/<name>",
            "status": 200,
            "duration_ms": 12.0,
            "client_id": "cli_one",
        }
    ]
    assert not [word for word in ("Ada", "1815", "s3cret", "127.0.0.1") if word in world.log.getvalue()]


def test_neither_body_nor_unknown_path_nor_invented_method_is_logged(world: World) -> None:
    client = world.client()
    client.post("/v1/things", json={"name": "Lovelace"})
    client.get("/v1/people/Lovelace")
    client.open("/v1/things", method="LOVELACE")
    assert "lovelace" not in world.log.getvalue().lower()
    assert [(line["route"], line["method"], line["code"]) for line in world.lines()] == [
        ("/v1/things", "POST", "invalid_field"),
        ("unmatched", "GET", "route_unknown"),
        ("unmatched", "OTHER", "method_not_allowed"),
    ]


def test_a_good_request_id_is_kept(world: World) -> None:
    assert world.client().get("/livez", headers={"X-Request-ID": "trace-1.2_3"}).headers["X-Request-ID"] == "trace-1.2_3"


@pytest.mark.parametrize("sent", ["short", "x" * 65, "has space 1", "semi;colon1", "brief\u00e9ee1", ""])
def test_a_strange_request_id_is_replaced(world: World, sent: str) -> None:
    given = world.client().get("/livez", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 26


def test_each_request_gets_an_id_of_its_own(world: World) -> None:
    client = world.client()
    assert client.get("/livez").headers["X-Request-ID"] != client.get("/livez").headers["X-Request-ID"]


def test_a_key_that_is_not_on_the_list_does_not_get_out(world: World) -> None:
    logger = build_logger(clock=world.clock, stream=world.log)
    logger.info("paid", name="Ada", job_id="job_1")
    assert world.lines() == [{"event": "paid", "level": "info", "timestamp": "2026-03-01T12:00:00.000+00:00", "job_id": "job_1"}]


def test_the_list_can_be_made_longer(world: World) -> None:
    build_logger(clock=world.clock, stream=world.log, extra_keys=["index_height"]).info("indexed", index_height=7)
    assert world.lines()[0]["index_height"] == 7


def test_lines_below_the_level_are_not_written(world: World) -> None:
    build_logger(clock=world.clock, stream=world.log, level="error").warning("careful")
    assert world.log.getvalue() == ""


def test_a_traceback_names_causes_and_places_but_repeats_no_text() -> None:
    try:
        try:
            int("Ada")
        except ValueError as cause:
            raise LookupError("Ada") from cause
    except LookupError as error:
        lines = describe(error)
    assert [line for line in lines if line.startswith("builtins")] == ["builtins.ValueError", "builtins.LookupError"]
    assert "Ada" not in "".join(lines)
