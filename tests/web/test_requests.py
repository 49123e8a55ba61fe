"""What we accept as input, and what we say about the rest."""

import json
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.encodings.strict_json import MalformedJson
from identity_service.web.field_messages import json_pointer
from identity_service.web.refusals import MalformedRequest, UnsupportedMediaType
from identity_service.web.requests import InvalidField, InvalidParameter, body, query
from identity_service.web.strict_json import MAX_DEPTH, read_object
from tests.web.tiny_service import SECRET, Filter, Thing

GOOD = {"name": "gold", "count": 3}


def post(client: FlaskClient, raw: bytes | str, content_type: str = "application/json", **headers: str) -> Any:
    return client.post("/v1/things", data=raw, content_type=content_type, headers=headers)


def errors_of(answer: Any) -> dict[str, str]:
    return {error["pointer"]: error["detail"] for error in answer.json["errors"]}


def test_a_good_body_becomes_a_value_and_the_answer_says_where_the_thing_is(client: FlaskClient) -> None:
    account = "eip155:1:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
    answer = post(client, json.dumps({**GOOD, "born": "2001-02-03", "account": account, "parts": [{"kind": "a"}], "even": 2}))
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/things/gold"
    assert answer.json["account"] == "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"name":"gold","count":3,}',
        b'{"name":"gold","count":3} x',
        b"[]",
        b'"gold"',
        b"null",
        b'{"name":"gold","name":"gold","count":3}',
        b'{"name":"gold","count":3,"parts":[{"kind":"a","kind":"b"}]}',
        b'{"name":"gold","count":NaN}',
        b'{"name":"gold","count":-Infinity}',
        b'{"name":"gold","count":1e999}',
        b'{"name":"gold","count":' + b"9" * 5000 + b"}",
        b'{"name":"go\\u0000","count":3}',
        b'{"name\\u0000":"gold","count":3}',
        b'{"name":"go\\ud800","count":3}',
        b'{"name":"g\xffld","count":3}',
        b'\xef\xbb\xbf{"name":"gold","count":3}',
        '{"name":"gold","count":3}'.encode("utf-16"),
        b'{"parts":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
        b'{"parts":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:32]),
)
def test_a_body_that_is_not_strict_json_is_a_400(client: FlaskClient, raw: bytes) -> None:
    answer = post(client, raw)
    assert (answer.status_code, answer.json["code"]) == (400, MalformedJson.code)


def test_broken_json_is_refused_with_its_place(client: FlaskClient) -> None:
    assert "line 2, column 1" in post(client, b'{"name":\n}').json["detail"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.text("ab\x00\ud800"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    )
)
def test_whatever_is_sent_is_read_as_json_says_or_refused_by_type(value: Any) -> None:
    raw = json.dumps({"value": value}).encode()
    try:
        assert read_object(raw) == {"value": value}
    except MalformedJson:
        assert "\\u0000" in raw.decode() or "\\ud800" in raw.decode()


@given(st.binary(max_size=40))
def test_no_bytes_make_the_reader_fail_in_another_way(raw: bytes) -> None:
    with suppress(MalformedJson):
        assert isinstance(read_object(raw), dict)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_another_content_type_is_a_415(client: FlaskClient, content_type: str) -> None:
    answer = post(client, json.dumps(GOOD), content_type)
    assert (answer.status_code, answer.json["code"]) == (415, UnsupportedMediaType.code)


def test_a_content_coding_is_a_415(client: FlaskClient) -> None:
    answer = post(client, json.dumps(GOOD), **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, UnsupportedMediaType.code)


def test_the_charset_may_be_named(client: FlaskClient) -> None:
    assert post(client, json.dumps(GOOD), 'application/json; charset="UTF-8"').status_code == 201


def test_a_body_over_256_kib_is_a_413(client: FlaskClient) -> None:
    answer = post(client, json.dumps({**GOOD, "careless": "x" * 256 * 1024}))
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_every_wrong_field_is_named_with_its_pointer(client: FlaskClient) -> None:
    wrong = {
        "name": "g",
        "count": 0,
        "born": "yesterday",
        "account": "0x",
        "parts": [{"kind": "a"}, {"kind": "z"}],
        "even": 3,
        "a/b~c": 1,
    }
    answer = post(client, json.dumps(wrong))
    assert (answer.status_code, answer.json["code"]) == (422, InvalidField.code)
    assert errors_of(answer) == {
        "/name": "must have at least 2 characters",
        "/count": "must be at least 1",
        "/born": "must be a date, YYYY-MM-DD",
        "/account": errors_of(answer)["/account"],
        "/parts/1/kind": "must be 'a' or 'b'",
        "/even": "must be even",
        "/a~1b~0c": "is not known here",
    }
    assert answer.json["detail"] == "7 fields are wrong"


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"count": "3"}, "/count", "must be a whole number"),
        ({"count": 3.0}, "/count", "must be a whole number"),
        ({"count": True}, "/count", "must be a whole number"),
        ({"name": 5}, "/name", "must be a string"),
        ({"account": 5}, "/account", "must be a string"),
        ({"parts": {}}, "/parts", "must be an array"),
        ({"parts": [5]}, "/parts/0", "must be an object"),
        ({"parts": [{}]}, "/parts/0/kind", "is required"),
    ],
)
def test_types_are_not_bent(client: FlaskClient, change: dict[str, Any], pointer: str, detail: str) -> None:
    answer = post(client, json.dumps({**GOOD, **change}))
    assert answer.status_code == 422
    assert errors_of(answer) == {pointer: detail}


@pytest.mark.parametrize("field", ["name", "count", "born", "account", "parts", "even", "careless"])
def test_the_answer_never_repeats_the_value(client: FlaskClient, field: str) -> None:
    answer = post(client, json.dumps({**GOOD, field: SECRET}))
    assert answer.status_code == 422
    assert field in answer.text
    assert SECRET not in answer.text


def test_a_flood_of_errors_is_cut(client: FlaskClient) -> None:
    answer = post(client, json.dumps({f"member{number}": 1 for number in range(500)}))
    assert len(answer.json["errors"]) == 50


def test_errors_carry_their_fields_as_data() -> None:
    with Flask("t").test_request_context(data=b"{}", content_type="application/json"), pytest.raises(InvalidField) as caught:
        body(Thing)
    assert [error.pointer for error in caught.value.errors] == ["/name", "/count"]


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    assert json_pointer(("a/b", "m~n", 0)) == "/a~1b/m~0n/0"


def test_a_query_becomes_a_value(client: FlaskClient) -> None:
    answer = client.get("/v1/things?limit=5&fields=name,born")
    assert answer.json["items"] == [{"limit": 5, "fields": ["name", "born"]}]


@pytest.mark.parametrize(
    ("query_string", "pointer", "detail"),
    [
        ("limit=0", "/limit", "must be at least 1"),
        ("limit=ten", "/limit", "must be a whole number"),
        ("limit=", "/limit", "must be a whole number"),
        ("limit=1&limit=2", "/limit", "is given more than once"),
        ("fields=a,,b", "/fields", "must be names separated by commas, each once"),
        ("fields=a,a", "/fields", "must be names separated by commas, each once"),
        ("colour=red", "/colour", "is not known here"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(client: FlaskClient, query_string: str, pointer: str, detail: str) -> None:
    answer = client.get(f"/v1/things?{query_string}")
    assert (answer.status_code, answer.json["code"]) == (400, InvalidParameter.code)
    assert errors_of(answer) == {pointer: detail}


@pytest.mark.parametrize("raw", ["cursor=%00", "cursor=%ff", "%00=1", "cursor=%ed%a0%80", "&".join(f"p{n}=1" for n in range(60))])
def test_a_query_that_cannot_be_read_is_refused(raw: str) -> None:
    with Flask("t").test_request_context(f"/?{raw}"), pytest.raises(MalformedRequest):
        query(Filter)


@pytest.mark.parametrize("path", ["/v1/things/a%00b", "/v1/things/%ff", "/v1/things/a%0ab", "/v1/%00"])
def test_a_path_that_cannot_be_read_is_a_400(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (400, MalformedRequest.code)
