"""Personal data at rest and in passing: no file, row, log line, metric or audit export holds a name or an e-mail in clear."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import LargeBinary, inspect, text

from identity_service.demo.api import ApiRefused, person
from identity_service.storage import Database
from tests.support.stand import BASE_URL, Stand

# Long and odd enough that no key, hash or address holds one by chance.
NAMES = ("Wilhelmina Quastenberg", "Þórólfur Øxnadalsheiði", "Quastenberg Treuhand AG")
EMAILS = ("wilhelmina.quastenberg@mail.example", "thorolfur@heidi.example")
WORDS = ("Quastenberg", "Øxnadals", "wilhelmina", "thorolfur")


def spellings(word: str) -> Iterator[bytes]:
    """How a text may lie in a file: in either case, as UTF-8, UTF-16 or escaped in JSON."""
    for form in {word, word.lower(), word.upper(), word.casefold()}:
        yield from (form.encode(), form.encode("utf-16-le"), form.encode("unicode_escape"))


NEEDLES = {needle for word in (*NAMES, *EMAILS, *WORDS) for needle in spellings(word)}


def found_in(content: bytes) -> set[bytes]:
    return {needle for needle in NEEDLES if needle in content}


def everything_in(db: Database) -> Iterator[tuple[str, bytes]]:
    """Each table whole, every column as bytes."""
    for table in inspect(db.engine).get_table_names():
        with db.engine.connect() as connection:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 - a table's own name
                yield table, b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)


def test_the_needles_are_found_where_there_are_any(tmp_path: Path) -> None:
    for hay in (b"x WILHELMINA x", "Øxnadals".encode("utf-16-le"), b'{"legal_name": "\\xd8xnadals"}'):
        assert found_in(hay)
    assert not found_in(b"nothing of the kind")


def test_no_party_s_name_lies_anywhere_in_clear(stand: Stand) -> None:
    logs = io.StringIO()
    with contextlib.redirect_stdout(logs):
        http = stand.service.app().test_client()
    transport = replace(stand.transport, client=http)
    alice, bob = (person(transport, wallet) for wallet in (stand.onchain.actors.alice, stand.onchain.actors.bob))
    me = {"kind": "natural_person", "legal_name": NAMES[0], "country": "CH", "email": EMAILS[0]}
    alice.post("/v1/me", me)
    bob.post("/v1/me", {"kind": "natural_person", "legal_name": NAMES[1], "email": EMAILS[1]})
    admin = stand.machine("administrator")
    party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": NAMES[2]})["id"]
    issuer = {"party": party, "name": "A Claim Desk", "claim_types": ["INVESTOR"]}
    desk = admin.post("/v1/claim-issuers", issuer)["id"]
    application = {"claim_issuer": desk, "claim_type": "INVESTOR", "attributes": {"classification": "retail"}}
    applied = alice.post("/v1/applications", application)["id"]
    shown = stand.machine("claim_issuer", party).get(f"/v1/applications/{applied}")
    assert shown["applicant"] == {"legal_name": NAMES[0], "country": "CH", "email": EMAILS[0]}
    assert alice.get("/v1/me")["legal_name"] == NAMES[0]
    assert alice.get("/v1/me/disclosures")["items"][0]["viewer_name"] == NAMES[2]
    for content in ({**me, "country": NAMES[0]}, {**me, "email": NAMES[0]}, {**me, NAMES[0]: 1}, {"legal_name": 7, **me}):
        with contextlib.suppress(ApiRefused):
            person(transport, stand.onchain.actors.carol).post("/v1/me", content)
    http.get(f"/v1/{NAMES[0]}?q={EMAILS[0]}", headers={"User-Agent": NAMES[0], "X-Request-ID": NAMES[0]})

    for table, content in everything_in(stand.service.db):
        assert not found_in(content), table
    data = stand.settings.data_directory
    files = [path for path in (*data.rglob("*"), *data.parent.glob("service.db*")) if path.is_file()]
    for path in files:
        assert not found_in(path.read_bytes()), path.name
    if stand.service.db.is_sqlite:
        assert {"service.db", "service.db-wal"} <= {path.name for path in files}
    written = logs.getvalue()
    assert written.count('"route": "/v1/me"') >= 3
    assert not found_in(written.encode())
    export = stand.request("GET", "/v1/audit/export", admin)
    assert export.status_code == 200
    assert not found_in(export.data)
    assert not found_in(http.get("/metrics").data)


def test_refusals_do_not_quote_what_was_sent(stand: Stand) -> None:
    alice = stand.person(stand.onchain.actors.alice)
    me = {"kind": "natural_person", "legal_name": NAMES[0], "email": EMAILS[0]}
    for content in (
        {**me, "legal_name": NAMES[0] + "\n"},
        {**me, "email": NAMES[0]},
        {**me, "country": "Quastenberg"},
        {**me, "country": "øx"},
        {**me, "kind": NAMES[0]},
        {**me, "capacity": NAMES[0]},
        {**me, NAMES[0]: "x"},
    ):
        answer = stand.request("POST", "/v1/me", alice, json=content, headers={"Idempotency-Key": "a-key-for-refusals"})
        assert 400 <= answer.status_code < 500
        if NAMES[0] not in content:
            assert not found_in(answer.data), content
    assert BASE_URL in answer.json["type"]


def test_a_column_of_every_table_is_looked_at(stand: Stand) -> None:
    """The search above would be worth little if it could not see bytes: party_data holds the sealed fields as such."""
    columns = {one["name"]: one["type"] for one in inspect(stand.service.db.engine).get_columns("party_data")}
    assert isinstance(columns["sealed"], LargeBinary)
