"""Asks a stand for what it must refuse, and looks at everything it keeps before and after."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from identity_service.demo.api import Session
from identity_service.storage import Base
from identity_service.web.problems import PROBLEMS
from tests.support.stand import BASE_URL, Stand

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors", "advice"}
KEY = {"Idempotency-Key": "a key of the tests".replace(" ", "-")}


def kept(stand: Stand) -> dict[str, list[str]]:
    """Every row of every table, and the names of the vault's files."""
    vault = stand.settings.data_directory / "vault"
    found = {"vault": sorted(str(path.relative_to(vault)) for path in vault.rglob("*"))}
    with stand.service.db.read() as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = sorted(repr(tuple(row)) for row in session.execute(select(table)))
    return found


def count(stand: Stand, table: str) -> int:
    """How many rows a table has."""
    return len(kept(stand)[table])


def problem(answer: TestResponse, *, status: int | None = None) -> Mapping[str, Any]:
    """The problem document of an answer, once it is all that RFC 9457 and we promise."""
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)[:300]
    document: Mapping[str, Any] = json.loads(answer.get_data())
    assert set(document) == MEMBERS
    assert document["status"] == answer.status_code == PROBLEMS[document["code"]].status
    assert status in (None, answer.status_code), document
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert document["type"] == f"{BASE_URL}/problems/{document['code']}"
    return document


def sign_in(*sessions: Session | None) -> None:
    """Get their tokens now, so that none is given out while nothing may change."""
    for session in sessions:
        if session is not None:
            session.token()


@contextmanager
def unchanged(stand: Stand) -> Iterator[None]:
    """Whatever the service keeps is at the end of the block as it was at its start."""
    before = kept(stand)
    yield
    after = kept(stand)
    assert after == before, {name: (before.get(name), after[name]) for name in after if after[name] != before.get(name)}


def refusal(stand: Stand, method: str, path: str, code: str, session: Session | None = None, **options: Any) -> Mapping[str, Any]:
    """The problem with this code that a request gets, whose type leads to a page."""
    headers = {**KEY, **options.pop("headers", {})}
    document = problem(stand.request(method, path, session, headers=headers, **options))
    assert document["code"] == code, (method, path, document)
    assert document["status"] < 500 or document["status"] in (502, 503, 504), document
    page = stand.http.get(document["type"].removeprefix(BASE_URL))
    assert (page.status_code, page.mimetype) == (200, "text/html")
    return document


def refused(stand: Stand, method: str, path: str, code: str, session: Session | None = None, **options: Any) -> Mapping[str, Any]:
    """The same, and whatever the service keeps is as before."""
    sign_in(session)
    with unchanged(stand):
        return refusal(stand, method, path, code, session, **options)


def pointers(document: Mapping[str, Any]) -> list[str]:
    """The fields at fault."""
    return [error["pointer"] for error in document["errors"]]
