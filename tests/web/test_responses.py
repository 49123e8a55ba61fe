"""One shape of answer, and the headers that come with every one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from identity_service.web.responses import items, ok
from tests.web.tiny_service import Part, World

PATHS = [
    "/v1/things",
    "/v1/raise/crash",
    "/nowhere",
    "/oauth/nowhere",
    "/livez",
    "/metrics",
    "/problems",
    "/openapi.yaml",
    "/v1/%00",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["X-Request-ID"]
    assert headers["Cache-Control"]
    assert "Set-Cookie" not in headers


def test_strict_transport_is_promised_over_https_alone(world: World) -> None:
    assert "Strict-Transport-Security" not in world.client(public_url="http://127.0.0.1:8080").get("/livez").headers


def test_answers_are_compact_utf8_and_not_stored(client: FlaskClient) -> None:
    answer = client.post("/v1/jobs")
    assert answer.status_code == 202
    assert answer.headers["Location"] == "/v1/jobs/1"
    assert answer.data == '{"grüße":"ok"}'.encode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_list_has_items_and_a_link_to_the_next_page(client: FlaskClient) -> None:
    answer = client.get("/v1/things?limit=5&cursor=c1", headers={"Host": "evil.example"})
    assert answer.json["next"] == "c/2"
    assert answer.headers["Link"] == '</v1/things?limit=5&cursor=c%2F2>; rel="next"'
    followed = client.get(answer.headers["Link"].partition(">")[0].removeprefix("<"))
    assert followed.status_code == 200


def test_the_last_page_has_no_next_and_no_link(client: FlaskClient) -> None:
    answer = client.get("/v1/things?cursor=end")
    assert answer.json["next"] is None
    assert "Link" not in answer.headers


def test_models_are_rendered_inside_an_answer() -> None:
    with Flask("t").test_request_context("/"):
        assert items([Part(kind="a")], None).json == {"items": [{"kind": "a"}], "next": None}


@pytest.mark.parametrize("value", [{"at": object()}, {"at": b"bytes"}])
def test_what_has_no_json_form_is_not_guessed(value: object) -> None:
    with pytest.raises(TypeError):
        ok(value)


def test_a_number_that_json_cannot_say_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        ok({"percent": float("nan")})


def test_an_unchanged_thing_is_a_304(client: FlaskClient) -> None:
    first = client.get("/v1/things/gold")
    again = client.get("/v1/things/gold", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/v1/things/silver", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_change_needs_the_tag_of_the_present_state(client: FlaskClient) -> None:
    etag = client.get("/v1/things/gold").headers["ETag"]
    assert client.put("/v1/things/gold", headers={"If-Match": etag}).status_code == 204
    assert client.put("/v1/things/gold", headers={"If-Match": f'"other", {etag}'}).status_code == 204
    assert client.put("/v1/things/gold", headers={"If-Match": "*"}).status_code == 204


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [(None, 428, "precondition_missing"), ('"old"', 412, "precondition_failed"), ("", 412, "precondition_failed")],
)
def test_a_change_without_it_is_refused(client: FlaskClient, sent: str | None, status: int, code: str) -> None:
    answer = client.put("/v1/things/gold", headers={} if sent is None else {"If-Match": sent})
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_weak_tag_never_lets_a_change_pass(client: FlaskClient) -> None:
    etag = client.get("/v1/things/gold").headers["ETag"]
    assert client.put("/v1/things/gold", headers={"If-Match": f"W/{etag}"}).status_code == 412


def test_two_apps_live_in_one_process(world: World) -> None:
    first, second = world.client(), world.client()
    first.get("/v1/things/gold")
    assert 'route="/v1/things/<name>"' in first.get("/metrics").text
    assert 'route="/v1/things/<name>"' not in second.get("/metrics").text
