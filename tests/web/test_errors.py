"""Every error becomes an answer that helps the caller and tells a stranger nothing."""

import pytest
from flask.testing import FlaskClient

from claim_issuers.errors import Conflict, DomainError
from identity_service.web.problems import PROBLEMS, problem_document
from tests.web.tiny_service import SECRET, World


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid", 400, "invalid_input"),
        ("unauthenticated", 401, "not_authenticated"),
        ("forbidden", 403, "not_permitted"),
        ("absent", 404, "not_found"),
        ("conflict", 409, "conflict"),
        ("refused", 422, "refused"),
        ("later", 503, "unavailable"),
        ("oauth", 400, "oauth_error"),
        ("crash", 500, "internal_error"),
        ("http401", 401, "not_authenticated"),
        ("http503", 503, "unavailable"),
        ("403", 403, "not_permitted"),
        ("404", 404, "route_unknown"),
        ("406", 406, "not_acceptable"),
        ("409", 409, "conflict"),
        ("412", 412, "precondition_failed"),
        ("413", 413, "body_too_large"),
        ("418", 400, "malformed_request"),
        ("429", 429, "too_many_requests"),
        ("502", 500, "internal_error"),
    ],
)
def test_each_error_has_its_status_and_code(client: FlaskClient, kind: str, status: int, code: str) -> None:
    answer = client.get(f"/v1/raise/{kind}")
    assert (answer.status_code, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.content_type == "application/problem+json"


def test_a_problem_document_holds_all_that_rfc_9457_and_we_promise(client: FlaskClient) -> None:
    answer = client.get("/v1/raise/conflict", headers={"X-Request-ID": "abcdef-12"})
    assert answer.json == {
        "type": "https://claims.example/problems/conflict",
        "title": PROBLEMS["conflict"].title,
        "status": 409,
        "detail": "already decided",
        "code": "conflict",
        "request_id": "abcdef-12",
        "errors": [],
        "advice": PROBLEMS["conflict"].advice,
    }


def test_the_field_an_error_points_to_is_listed(client: FlaskClient) -> None:
    assert client.get("/v1/raise/invalid").json["errors"] == [{"pointer": "/count", "detail": "bad"}]


def test_an_error_without_a_sentence_says_its_title() -> None:
    assert problem_document(Conflict(), "r")["detail"] == PROBLEMS["conflict"].title


def test_a_code_that_the_table_lacks_answers_in_the_words_of_its_branch(client: FlaskClient) -> None:
    answer = client.get("/v1/raise/unlisted")
    assert (answer.status_code, answer.json["code"]) == (422, "not_in_the_table")
    assert answer.json["title"] == PROBLEMS["refused"].title


def test_an_error_outside_every_branch_is_a_500() -> None:
    assert problem_document(DomainError(), "r")["status"] == 500


def test_a_401_brings_a_challenge(client: FlaskClient) -> None:
    assert client.get("/v1/raise/unauthenticated").headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/v1/raise/challenged").headers["WWW-Authenticate"] == 'DPoP algs="ES256"'


@pytest.mark.parametrize(("kind", "seconds"), [("later", "7"), ("http503", "9")])
def test_retry_after_reaches_the_caller(client: FlaskClient, kind: str, seconds: str) -> None:
    assert client.get(f"/v1/raise/{kind}").headers["Retry-After"] == seconds


def test_an_unknown_path_is_a_404_and_does_not_repeat_the_path(client: FlaskClient) -> None:
    answer = client.get("/v1/nowhere/Ada")
    assert (answer.status_code, answer.json["code"]) == (404, "route_unknown")
    assert "Ada" not in answer.text


def test_a_wrong_method_is_a_405_that_lists_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/v1/things")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/v1//things", "/v1/things/"])
def test_no_redirect_is_built_from_the_host_header(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 404


def test_a_crash_tells_the_caller_nothing_and_the_log_where(world: World) -> None:
    answer = world.client().get("/v1/raise/crash")
    assert SECRET not in answer.text
    assert "RuntimeError" not in answer.text
    entry = next(line for line in world.lines() if line["event"] == "unexpected error")
    assert entry["request_id"] == answer.json["request_id"]
    assert entry["exception"][-1] == "builtins.RuntimeError"
    assert any("tiny_service.py" in place for place in entry["exception"])
    assert SECRET not in world.log.getvalue()


def test_in_development_the_log_also_says_what_the_exception_said(world: World) -> None:
    world.client(development=True).get("/v1/raise/crash")
    assert SECRET in world.log.getvalue()


def test_a_crash_is_an_answer_in_testing_mode_too(world: World) -> None:
    app = world.app()
    app.testing = True
    assert app.test_client().get("/v1/raise/crash").status_code == 500


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("oauth", 400, "invalid_grant"),
        ("invalid", 400, "invalid_request"),
        ("unauthenticated", 401, "invalid_client"),
        ("forbidden", 403, "access_denied"),
        ("absent", 400, "invalid_request"),
        ("conflict", 400, "invalid_request"),
        ("refused", 400, "invalid_grant"),
        ("later", 503, "temporarily_unavailable"),
        ("crash", 500, "server_error"),
        ("404", 404, "invalid_request"),
        ("413", 413, "invalid_request"),
        ("429", 429, "temporarily_unavailable"),
    ],
)
def test_oauth_paths_answer_in_oauths_form(client: FlaskClient, kind: str, status: int, error: str) -> None:
    answer = client.get(f"/oauth/raise/{kind}")
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert set(answer.json) == {"error", "error_description"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_oauth_description_holds_only_the_characters_rfc_6749_allows(client: FlaskClient) -> None:
    answer = client.get("/oauth/raise/oauth")
    assert answer.json["error_description"] == "the ?code? was used"
    assert answer.headers["DPoP-Nonce"] == "n"


def test_an_unknown_oauth_path_and_method_answer_in_oauths_form(client: FlaskClient) -> None:
    assert client.get("/oauth/nowhere").json["error"] == "invalid_request"
    wrong = client.post("/oauth/raise/oauth")
    assert (wrong.status_code, wrong.json["error"]) == (405, "invalid_request")
    assert "GET" in wrong.headers["Allow"]


def test_a_protocol_can_have_a_form_of_its_own(client: FlaskClient) -> None:
    assert client.get("/ccip/raise/conflict").json == {"message": "conflict"}
