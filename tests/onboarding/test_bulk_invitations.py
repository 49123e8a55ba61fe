"""Invitations in bulk: tried out, sent in part, sent again, exported; and that nobody but the sender knows of them."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from identity_service.demo.api import Session
from identity_service.onboarding.batch_csv import LARGEST_FILE, read_rows, write_addresses, write_faults
from identity_service.onboarding.batch_model import (
    BatchTooLarge,
    BatchUnknown,
    BatchUnreadable,
    Draft,
    DraftRow,
    NoValidRows,
    RowCode,
    RowFault,
    faults_of_row,
)
from identity_service.onboarding.tables import InvitationBatchRow, InvitationRow
from tests.conftest import ONE_ENGINE
from tests.support.browsing import seated, visit, words
from tests.support.desk import RETAIL, SOMEBODY, Desk
from tests.support.stand import Stand
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE  # exactly once is tried on both, in test_bulk_exactly_once.py
OFFICE, OTHER = 30, 31
PATH = "/v1/invitations/batches"


@pytest.fixture
def office(desk: Desk) -> Session:
    """The machine client of a family office that has its licence claim."""
    return desk.stand.machine("family_office", desk.licensed(OFFICE).party)


def rows(*references: str, **more: Any) -> list[dict[str, Any]]:
    return [{"reference": one, **more} for one in references]


def send(desk: Desk, session: Session, sent: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return dict(session.post(PATH, {"claim_issuer": desk.issuer["id"], "rows": sent, **more}))


def post(stand: Stand, session: Session, key: str | None, *, path: str = PATH, **options: Any) -> tuple[int, Any]:
    headers = {**options.pop("headers", {}), **({} if key is None else {"Idempotency-Key": key})}
    answer = stand.request("POST", path, session, headers=headers, **options)
    return answer.status_code, answer.get_json() if answer.is_json else answer.get_data(as_text=True)


def stored(desk: Desk) -> tuple[int, int]:
    """How many batches and invitations there are."""
    with desk.stand.service.db.read() as session:
        counted = [session.scalar(select(func.count()).select_from(one)) for one in (InvitationBatchRow, InvitationRow)]
    return int(counted[0] or 0), int(counted[1] or 0)


def faults(answer: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(one["row"], one["field"], one["code"]) for one in answer["errors"]]


# Over the API


def test_good_rows_become_invitations_and_the_others_are_reported(desk: Desk, office: Session) -> None:
    sent = [*rows("c-1", "two words", "c-3", expires_in_days=14), {"reference": "c-4", "claim_issuer": "cis_none"}]
    tried = send(desk, office, sent, dry_run=True)
    assert (tried["valid"], tried["left_out"], stored(desk)) == (2, 2, (0, 0)), "a dry run writes nothing"
    assert faults(tried) == [(2, "reference", "reference_malformed"), (4, "claim_issuer", "claim_issuer_unknown")]
    assert "no spaces" in tried["errors"][0]["detail"]
    assert "two words" not in str(tried["errors"])

    made = send(desk, office, sent)
    assert (made["created"], made["unchanged"], made["invitations"], made["left_out"]) == (2, 0, 2, 2)
    assert made["counts"] == {"open": 2}
    assert [(one["row"], one["reference"], one["state"]) for one in made["rows"]] == [(1, "c-1", "open"), (3, "c-3", "open")]
    assert faults(made) == faults(tried)
    shown = office.get(f"{PATH}/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name not in ("created", "unchanged")}
    (listed,) = office.get(PATH)["items"]
    assert listed == {"id": made["id"], "created_at": made["created_at"], "invitations": 2, "left_out": 2}
    single = office.get(f"/v1/invitations/{made['rows'][0]['invitation']}")
    assert (single["batch"], single["reference"], single["intermediary"] is not None) == (made["id"], "c-1", True)


def test_what_a_client_does_shows_under_its_reference_and_says_nothing_of_the_client(desk: Desk, office: Session) -> None:
    made = send(desk, office, rows("c-1", "c-2"))
    alice, code = desk.onchain.actors.alice, urlsplit(made["rows"][0]["url"]).path.removeprefix("/i/")
    applied = desk.stand.person(alice).post(f"/v1/invitation-codes/{code}/application", {"attributes": RETAIL, "party": SOMEBODY})
    with desk.stand.service.db.write() as session:
        events = desk.stand.service.invitations.events
        events.record(session, subject=made["rows"][0]["invitation"], step="account", code="account_mismatch")
        events.record(session, subject=applied["id"], step="application", code="application_submitted")
    shown = office.get(f"{PATH}/{made['id']}")
    assert shown["counts"] == {"applied": 1, "open": 1}
    assert shown["rows"][0]["last_event"] in ("application_submitted", "account_mismatch")
    assert shown["rows"][1]["last_event"] is None
    desk.approve(applied["id"])
    shown = office.get(f"{PATH}/{made['id']}")
    assert shown["counts"] == {"issued": 1, "open": 1}
    for secret in (SOMEBODY["legal_name"], str(alice.address), str(alice.address).lower(), applied["id"], applied["party"]):
        assert secret not in str(shown)


def test_nobody_else_sees_or_goes_on_with_a_batch(desk: Desk, office: Session) -> None:
    made = send(desk, office, rows("c-1"))
    other = desk.stand.machine("family_office", desk.licensed(OTHER, "Harbour Office Ltd").party)
    for more in ("", "/addresses.csv", "/errors.csv"):
        answer = desk.stand.request("GET", f"{PATH}/{made['id']}{more}", other)
        assert (answer.status_code, answer.get_json()["code"]) == (404, BatchUnknown.code)
    assert other.get(PATH)["items"] == []
    sent = {"claim_issuer": desk.issuer["id"], "rows": rows("c-1"), "batch": made["id"]}
    assert post(desk.stand, other, "k", json=sent)[1]["code"] == "batch_unknown"
    own = send(desk, other, rows("c-1"))
    assert own["created"] == 1, "the other office's reference is nobody's business"
    tried = send(desk, other, rows("c-1", "c-2"), dry_run=True)
    assert [one["invited_before"] for one in tried["rows"]] == [True, False]


def test_every_fault_of_a_row_has_its_code(desk: Desk, office: Session) -> None:
    token, root = str(desk.token), desk.root_id
    other = "eip155:31337:0x" + "22" * 20
    bad: list[tuple[dict[str, Any], str]] = [
        ({}, "reference_missing"),
        ({"reference": "ok", "claim_type": "NOBLE"}, "claim_type_unknown"),
        ({"reference": "a", "claim_type": "CUSTODIAN"}, "claim_type_not_permitted"),
        ({"reference": "b", "claim_issuer": root}, "claim_type_not_issued"),
        ({"reference": "c", "expires_in_days": 31}, "expiry_malformed"),
        ({"reference": "d", "allowance": "5"}, "token_missing"),
        ({"reference": "e", "token": "0x11", "allowance": "5"}, "token_malformed"),
        ({"reference": "f", "token": other, "allowance": "5"}, "token_unknown"),
        ({"reference": "g", "token": token}, "allowance_missing"),
        ({"reference": "h", "token": token, "allowance": "1.5"}, "allowance_malformed"),
        ({"reference": "i", "token": token, "allowance": "5", "account": "x"}, "account_malformed"),
        ({"reference": "j", "token": token, "allowance": "5", "account": other}, "account_not_licensed"),
        ({"reference": "twice"}, ""),
        ({"reference": "twice"}, "reference_repeated"),
    ]
    found = send(desk, office, [row for row, _ in bad], dry_run=True)
    assert [(number, code) for number, (_, code) in enumerate(bad, 1) if code] == [(row, code) for row, _, code in faults(found)]
    nothing = {"claim_issuer": desk.issuer["id"], "rows": rows("no good")}
    assert post(desk.stand, office, "k", json=nothing)[1]["code"] == NoValidRows.code
    assert stored(desk) == (0, 0)
    no_issuer = dict(office.post(PATH, {"rows": rows("x"), "dry_run": True}))
    assert faults(no_issuer) == [(1, "claim_issuer", "claim_issuer_missing")]
    own = dict(desk.session.post(PATH, {"rows": [*rows("x"), *rows("y", claim_type="INVESTOR")], "dry_run": True}))
    assert (faults(own), own["valid"]) == ([(1, "claim_type", "claim_type_missing")], 1)
    foreign = dict(desk.session.post(PATH, {"rows": rows("y", claim_type="INVESTOR"), "claim_issuer": root, "dry_run": True}))
    assert faults(foreign) == [(1, "claim_issuer", "claim_issuer_not_permitted")]
    asking = rows("z", claim_type="INVESTOR", token=token, allowance="1")
    assert faults(dict(desk.session.post(PATH, {"rows": asking, "dry_run": True}))) == [(1, "allowance", "allowance_not_permitted")]


def test_other_terms_under_a_reference_that_the_batch_has_are_a_fault(desk: Desk, office: Session) -> None:
    made = send(desk, office, rows("c-1"))
    other = send(desk, office, rows("c-1", token=str(desk.token), allowance="5"), dry_run=True, batch=made["id"])
    assert faults(other) == [(1, "reference", "reference_taken")]


def test_an_office_without_its_licence_tries_and_sends_nothing(desk: Desk) -> None:
    firm = desk.licensed(OFFICE)
    session = desk.stand.machine("family_office", firm.party)
    desk.revoke(firm.claim)
    for dry in (True, False):
        sent = {"claim_issuer": desk.issuer["id"], "rows": rows("c-1"), "dry_run": dry}
        assert post(desk.stand, session, "k", json=sent)[1]["code"] == "inviter_not_licensed"


def test_a_csv_file_is_sent_tried_and_exported(desk: Desk, office: Session) -> None:
    table = "\ufeffReference;Expires in days\r\nc-1;14\r\n\r\n-2;\r\nbad one;5;6\r\n".encode()
    options = {"data": table, "content_type": "text/csv; charset=utf-8"}
    asked = f"{PATH}?claim_issuer={desk.issuer['id']}"
    status, told = post(desk.stand, office, None, path=f"{asked}&dry_run=true", headers={"Accept": "text/csv"}, **options)
    assert status == 200
    listed = list(csv.reader(io.StringIO(told)))
    assert [one[:3] for one in listed] == [
        ["row", "field", "code"],
        ["5", "", "cells_mismatched"],
        ["5", "reference", "reference_malformed"],
    ]
    status, made = post(desk.stand, office, "k", path=asked, **options)
    assert (status, [(one["row"], one["reference"]) for one in made["rows"]]) == (201, [(2, "c-1"), (4, "-2")])
    exported = desk.stand.request("GET", f"{PATH}/{made['id']}/addresses.csv", office)
    assert exported.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in exported.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(exported.get_data(as_text=True))))
    assert lines == [["reference", "address"], ["c-1", made["rows"][0]["url"]], ["'-2", made["rows"][1]["url"]]]
    errors = desk.stand.request("GET", f"{PATH}/{made['id']}/errors.csv", office).get_data(as_text=True)
    assert errors == told
    assert post(desk.stand, office, "k2", path=f"{asked}&dry_run=perhaps", **options)[1]["code"] == "invalid_parameter"


def test_a_thousand_rows_with_everything_in_them_fit(desk: Desk, office: Session) -> None:
    account = str(desk.onchain.devchain.wallet(OFFICE).account)
    full = [
        {
            "reference": f"{number:064}",
            "claim_type": "INVESTOR",
            "claim_issuer": desk.issuer["id"],
            "expires_in_days": 30,
            "token": str(desk.token),
            "allowance": str((1 << 256) - 1 - number),
            "account": account,
        }
        for number in range(1000)
    ]
    made = send(desk, office, full)
    assert (made["created"], made["counts"], made["allowance_counts"]) == (1000, {"open": 1000}, {"wanted": 1000})
    status, refused = post(
        desk.stand, office, "k", json={"batch": made["id"], "rows": rows("one-more"), "claim_issuer": desk.issuer["id"]}
    )
    assert (status, refused["code"]) == (422, BatchTooLarge.code)
    status, refused = post(desk.stand, office, "k", data=b"x" * (LARGEST_FILE + 1), content_type="text/csv")
    assert (status, refused["code"]) == (413, "body_too_large")


# As a file


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line must name the columns"),
        (b"reference\r\n", "no row below it"),
        (b"name,reference\r\nAnna,c-1\r\n", "column 1 is none of them"),
        (b"reference,reference\r\na,b\r\n", "twice"),
        ("reference\r\nz\u00fcrich\r\n".encode("latin-1"), "CSV UTF-8"),
        ("reference\r\nc-1\r\n".encode("utf-16"), "CSV UTF-8"),
        (b"PK\x03\x04\x14\x00", "spreadsheet's own file"),
        (b'reference\r\n"c-1\r\nc-2\r\n', "row 2 cannot be read"),
        (b'reference\r\n"' + b"c" * 9000 + b'"\r\n', "row 2 is very long"),
    ],
    ids=["empty", "header only", "unknown column", "column twice", "latin-1", "utf-16", "xlsx", "open quote", "very long"],
)
def test_a_file_that_is_no_list_is_refused_in_words_that_help(content: bytes, said: str) -> None:
    with pytest.raises(BatchUnreadable, match=re.escape(said)):
        read_rows(content)


def test_a_file_may_come_from_any_spreadsheet() -> None:
    for content in (
        b"reference,token\nc-1,t\n",
        b"\xef\xbb\xbfreference;token\r\nc-1;t\r\n",
        b'"reference"\t"token"\r\n"c-1"\t"t"\r\n\t\r\n',
        b" Reference , Token ,,\r\n c-1 , t ,,\r\n,,,\r\n",
    ):
        assert read_rows(content) == (DraftRow(number=2, cells={"reference": "c-1", "token": "t"}),)
    with pytest.raises(BatchTooLarge):
        read_rows(b"reference\n" + b"a\n" * 1001)
    with pytest.raises(BatchTooLarge):
        read_rows(b"reference\n" + b"\n" * LARGEST_FILE)
    with pytest.raises(BatchTooLarge):
        Draft(rows=(DraftRow(number=1, cells={}),) * 1001)


@given(st.binary(max_size=300) | st.text(alphabet="reference,token;\"\n\r\t'=+-@a1", max_size=120).map(str.encode))
@settings(deadline=None)
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    try:
        found = read_rows(content)
    except (BatchUnreadable, BatchTooLarge):
        return
    for row in found:
        assert all(isinstance(one.code, RowCode) for one in faults_of_row(row))


@given(st.lists(st.text(alphabet="AZaz09._-", min_size=1, max_size=64), min_size=1, max_size=20))
@settings(deadline=None)
def test_what_is_written_holds_no_formula_and_is_read_again(references: list[str]) -> None:
    written = write_addresses((one, "https://claims.example/i/x") for one in references)
    cells = [cell for line in csv.reader(io.StringIO(written)) for cell in line]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    again = read_rows(written.replace('"address"', '"token"').encode())
    assert [row.cell("reference") for row in again] == references


def test_the_words_of_a_fault_say_what_to_do() -> None:
    for code in RowCode:
        assert code.words.endswith(".")
        assert write_faults([RowFault(row=7, field="reference", code=code)]).count("\r\n") == 2


# As pages


@pytest.fixture
def browser(desk: Desk) -> FlaskClient:
    """The browser of the office's operator."""
    own = desk.licensed(OFFICE)
    return seated(desk.stand, desk.administrator, own.wallet, "family_office", own.party)


def hidden(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def filled(desk: Desk, browser: FlaskClient, content: str) -> dict[str, str]:
    page = browser.get("/invitations/batches/new").text
    return {"key": hidden(page, "key"), "batch": "", "claim_issuer": desk.issuer["id"], "csv": content}


def test_an_operator_checks_corrects_sends_and_follows_a_list(desk: Desk, browser: FlaskClient) -> None:
    said = filled(desk, browser, f"reference,token,allowance\nc-1,{desk.token},1500\nbad one,,\n")
    checked = browser.post("/invitations/batches/check", data=said)
    assert checked.status_code == 200
    assert "style" not in elements(checked.text).attributes
    told = words(checked.text)
    assert "1 row can be sent, 1 cannot" in told
    assert "Row 3 reference Use letters, digits" in told
    assert "1 500 GLA32" in told
    assert stored(desk) == (0, 0)
    listed = browser.post("/invitations/batches/errors.csv", data=said)
    assert '"3","reference","reference_malformed"' in listed.text

    sent = browser.post("/invitations/batches", data=said)
    again = browser.post("/invitations/batches", data=said)
    assert (sent.status_code, again.location) == (303, sent.location), "a form that is sent twice is done once"
    assert stored(desk) == (1, 1)
    page = browser.get(sent.location).text
    assert "1 row was left out" in words(page)
    assert "not given yet" in words(page)
    assert f'data-live="{sent.location}/state"' in page
    before = browser.get(f"{sent.location}/state").text
    visit(desk.stand).get(re.findall(r"/i/[a-z2-7]{26}", browser.get(f"{sent.location}/addresses.csv").text)[0])
    after = browser.get(f"{sent.location}/state").text
    assert re.findall(r'data-version="([^"]*)"', before) != re.findall(r'data-version="([^"]*)"', after)

    more = browser.get(f"/invitations/batches/new?batch={sent.location.rpartition('/')[2]}").text
    went_on = {**said, "key": hidden(more, "key"), "batch": hidden(more, "batch"), "csv": "reference\nc-2\n"}
    assert browser.post("/invitations/batches", data=went_on).location == sent.location
    assert "c-2" in words(browser.get(sent.location).text)
    assert words(browser.get("/invitations/batches").text).count("Invitations") >= 1


def test_a_file_is_uploaded_and_stands_in_the_field_to_be_corrected(desk: Desk, browser: FlaskClient) -> None:
    said: dict[str, Any] = filled(desk, browser, "")
    upload = {**said, "file": (io.BytesIO(b"\xef\xbb\xbfreference\r\nc-1\r\nno good\r\n"), "clients.csv")}
    checked = browser.post("/invitations/batches/check", data=upload, content_type="multipart/form-data")
    assert "reference\nc-1\nno good</textarea>" in checked.text
    wrong = {**said, "file": (io.BytesIO(b"PK\x03\x04"), "clients.xlsx")}
    refused = browser.post("/invitations/batches/check", data=wrong, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "spreadsheet's own file" in words(refused.text)
    nothing = browser.post("/invitations/batches/check", data=said)
    assert (nothing.status_code, "Choose a file" in words(nothing.text)) == (422, True)
    bad = browser.post("/invitations/batches", data={**said, "csv": "reference\nno good"})
    assert (bad.status_code, "1 cannot" in words(bad.text), stored(desk)) == (409, True, (0, 0))


def test_the_codes_are_printed_one_on_each_card_for_those_still_open(desk: Desk, browser: FlaskClient) -> None:
    lines = "reference\n" + "".join(f"c-{number}\n" for number in range(50))
    batch = browser.post("/invitations/batches", data=filled(desk, browser, lines)).location
    first, second = browser.get(f"{batch}/cards").text, browser.get(f"{batch}/cards?page=2").text
    assert (first.count("<svg"), second.count("<svg")) == (48, 2)
    assert "style" not in elements(first).attributes
    assert "<p>c-49</p>" in second
    assert browser.get(f"{batch}/cards?page=0").status_code == 400


def test_the_pages_are_the_sender_s_alone(desk: Desk, browser: FlaskClient) -> None:
    batch = browser.post("/invitations/batches", data=filled(desk, browser, "reference\nc-1")).location
    own = desk.licensed(OTHER, "Harbour Office Ltd")
    other = seated(desk.stand, desk.administrator, own.wallet, "family_office", own.party)
    for more in ("", "/state", "/cards", "/addresses.csv", "/errors.csv"):
        assert other.get(batch + more).status_code == 404
        assert visit(desk.stand).get(batch + more).status_code == 303
    assert "None yet." in words(other.get("/invitations/batches").text)
    foreign = browser.post(
        "/invitations/batches", data=filled(desk, browser, "reference\nc-1"), headers={"Origin": "https://e.example"}
    )
    assert foreign.status_code == 403
