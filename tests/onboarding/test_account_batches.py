"""A custody desk proves many accounts together, each judged on its own, in as many parts as it likes."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from identity_service.demo.api import Session
from identity_service.demo.wallets import Wallet
from identity_service.onboarding.account_batch_model import (
    ATTEMPTS_EXHAUSTED,
    BATCH_EXPIRED,
    BATCH_LIFETIME,
    MOST_ATTEMPTS,
    NOT_IN_BATCH,
    REPEATED,
    AccountBatchInvalid,
    AccountBatchUnknown,
    Answer,
    AnswersMalformed,
    read_accounts,
    read_answers,
)
from identity_service.onboarding.tables import AccountBatchItemRow
from tests.conftest import ONE_ENGINE
from tests.support.browsing import seated, words
from tests.support.contract_wallet import planned_wallet
from tests.support.desk import Desk

ENGINES = ONE_ENGINE
BATCHES = "/v1/account-proofs/batches"


@dataclass(frozen=True)
class Custodian:
    """A custodian's machine client."""

    desk: Desk
    party: str
    session: Session

    def batch(self, *wallets: Any, capacity: str = "client") -> dict[str, Any]:
        content = {"accounts": [str(one.account) for one in wallets], "capacity": capacity}
        made = self.session.post(BATCHES, content)
        return dict(self.session.get(f"{BATCHES}/{made['id']}"))

    def answer(self, batch: str, *answers: dict[str, str]) -> list[tuple[str | None, str | None]]:
        content = {"answers": list(answers)}
        answer = self.desk.stand.request("POST", f"{BATCHES}/{batch}/answers", self.session, json=content)
        assert answer.status_code == 200, answer.get_json()
        return [(one["state"], one["code"]) for one in answer.get_json()["answers"]]

    def states(self, batch: str) -> list[str]:
        return [one["state"] for one in self.session.get(f"{BATCHES}/{batch}")["accounts"]]


@pytest.fixture
def custodian(desk: Desk) -> Custodian:
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Alpen Custody AG"})["id"]
    return Custodian(desk, party, desk.stand.machine("custodian", party))


def signed(batch: dict[str, Any], wallet: Any, signer: Any = None) -> dict[str, str]:
    message = next(one["message"] for one in batch["accounts"] if one["account"] == str(wallet.account))
    return {"account": str(wallet.account), "signature": "0x" + (signer or wallet).sign_message(message).hex()}


def statement(batch: dict[str, Any]) -> str:
    (said,) = {one["message"].split("\n")[3] for one in batch["accounts"]}
    return str(said)


def test_the_message_names_the_firm_that_asks_and_no_row_does(desk: Desk, custodian: Custodian) -> None:
    first, second = wallets(desk, 2)
    batch = custodian.batch(first, second)
    assert "bind it to the firm Alpen Custody AG, which asked" in statement(batch)
    with desk.stand.service.db.read() as session:
        kept = session.scalars(select(AccountBatchItemRow.message)).all()
    assert kept
    assert not any("Alpen" in one for one in kept)
    assert custodian.answer(batch["id"], signed(batch, first)) == [("proved", None)]

    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Zürcher Verwahrung AG"})["id"]
    other = Custodian(desk, party, desk.stand.machine("custodian", party))
    batch = other.batch(second)
    assert "Verwahrung" not in statement(batch)
    assert re.search(r"bind it to the firm of [a-z0-9:_]+, which asked", statement(batch))
    assert other.answer(batch["id"], signed(batch, second)) == [("proved", None)]


def wallets(desk: Desk, count: int) -> Iterator[Wallet]:
    return (desk.onchain.devchain.wallet(number) for number in range(30, 30 + count))


def test_each_account_is_judged_on_its_own_and_the_rest_may_follow(desk: Desk, custodian: Custodian) -> None:
    first, second, third, fourth = wallets(desk, 4)
    vault = planned_wallet(desk.onchain.actors.deployer)
    desk.claim(fourth)
    batch = custodian.batch(first, second, third, fourth, vault)
    assert batch["counts"] == {"waiting": 5, "refused": 0, "proved": 0, "exhausted": 0}
    for number, one in enumerate(batch["accounts"], start=1):
        assert (one["number"], one["state"]) == (number, "waiting")
        lines = one["message"].split("\n")
        assert lines[0] == "127.0.0.1:8765 wants you to sign in with your Ethereum account:"
        assert {line.split(":")[0] for line in lines if ": " in line} >= {"URI", "Version", "Chain ID", "Nonce", "Expiration Time"}

    stranger = desk.onchain.actors.stranger
    good, bad, theirs = signed(batch, first), signed(batch, second, stranger), signed(batch, fourth)
    elsewhere = {**good, "account": str(stranger.account)}
    broken = {**signed(batch, third), "signature": "nonsense"}
    assert custodian.answer(batch["id"], good, bad, theirs, elsewhere, broken, good, {**good, "account": "?"}) == [
        ("proved", None),
        ("refused", "account_signature_invalid"),
        ("refused", "account_already_bound"),
        (None, NOT_IN_BATCH),
        ("refused", "malformed_signature"),
        ("waiting", REPEATED),
        (None, NOT_IN_BATCH),
    ]
    assert custodian.answer(batch["id"], good) == [("proved", None)], "once more changes nothing"
    assert custodian.answer(batch["id"], signed(batch, second), signed(batch, vault)) == [("proved", None)] * 2
    assert custodian.states(batch["id"]) == ["proved", "proved", "refused", "refused", "proved"]
    with desk.stand.service.db.read() as session:
        bound = {str(one.account): one for one in desk.stand.service.parties.accounts_of(session, custodian.party)}
    assert set(bound) == {str(one.account) for one in (first, second, vault)}
    assert {one.capacity.value for one in bound.values()} == {"client"}


def test_a_row_is_given_up_after_a_few_bad_signatures_and_all_after_a_week(desk: Desk, custodian: Custodian) -> None:
    first, second = wallets(desk, 2)
    batch = custodian.batch(first, second, capacity="own")
    bad = signed(batch, first, second)
    for _ in range(MOST_ATTEMPTS - 1):
        assert custodian.answer(batch["id"], bad) == [("refused", "account_signature_invalid")]
    assert custodian.answer(batch["id"], bad) == [("exhausted", "account_signature_invalid")]
    assert custodian.answer(batch["id"], signed(batch, first)) == [("exhausted", ATTEMPTS_EXHAUSTED)]
    desk.stand.clock.advance(BATCH_LIFETIME)
    again = desk.stand.machine("custodian", custodian.party)
    late = Custodian(desk, custodian.party, again)
    assert late.answer(batch["id"], signed(batch, second)) == [("waiting", BATCH_EXPIRED)]


def test_a_message_of_a_batch_signs_nobody_in_and_answers_no_other_batch(desk: Desk, custodian: Custodian) -> None:
    first, *_ = wallets(desk, 1)
    batch, other = custodian.batch(first), custodian.batch(first)
    content = {"message": batch["accounts"][0]["message"], "signature": signed(batch, first)["signature"]}
    answer = desk.stand.request("POST", "/v1/account-proofs", json=content)
    assert answer.get_json()["code"] == "nonce_unknown"
    assert custodian.answer(other["id"], signed(batch, first)) == [("refused", "account_signature_invalid")]


def test_the_messages_come_as_a_file_and_go_back_as_one(desk: Desk, custodian: Custodian) -> None:
    first, second = wallets(desk, 2)
    batch = custodian.batch(first, second)
    answer = desk.stand.request("GET", f"{BATCHES}/{batch['id']}/messages.csv", custodian.session)
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert [row["message"] for row in rows] == [one["message"] for one in batch["accounts"]]
    filled = io.StringIO()
    written = csv.DictWriter(filled, [*rows[0], "signature"])
    written.writeheader()
    written.writerow({**rows[0], "signature": "0x" + first.sign_message(rows[0]["message"]).hex()})
    written.writerow({**rows[1], "signature": ""})
    (one,) = read_answers(filled.getvalue())
    assert custodian.answer(batch["id"], {"account": one.account, "signature": one.signature}) == [("proved", None)]


def test_a_batch_is_its_own_firm_s_and_only_intermediaries_make_one(desk: Desk, custodian: Custodian) -> None:
    first, second = wallets(desk, 2)
    batch = custodian.batch(first)["id"]
    elsewhere = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Other Custody AG"})["id"]
    other = desk.stand.machine("custodian", elsewhere)
    for method, path in (("GET", batch), ("GET", f"{batch}/messages.csv"), ("POST", f"{batch}/answers")):
        sent = {"json": {"answers": [{"account": "a", "signature": "0x"}]}} if method == "POST" else {}
        answer = desk.stand.request(method, f"{BATCHES}/{path}", other, **sent)
        assert (answer.status_code, answer.get_json()["code"]) == (404, AccountBatchUnknown.code)
    assert other.get(BATCHES)["items"] == []
    assert [one["id"] for one in custodian.session.get(BATCHES)["items"]] == [batch]
    desk.administrator.post("/v1/seats", {"account": str(second.account), "role": "custodian", "party": custodian.party})
    assert [one["id"] for one in desk.stand.person(second).get(BATCHES)["items"]] == [batch]


def test_accounts_that_cannot_be_one_batch_are_refused(desk: Desk, custodian: Custodian) -> None:
    (first,) = wallets(desk, 1)

    def refused(*accounts: str) -> tuple[int, str]:
        headers = {"Idempotency-Key": "-".join(["batch", str(len(accounts)), *accounts])[:100]}
        content = {"accounts": list(accounts), "capacity": "own"}
        answer = desk.stand.request("POST", BATCHES, custodian.session, json=content, headers=headers)
        return answer.status_code, answer.get_json()["code"]

    account = str(first.account)
    invalid = (422, AccountBatchInvalid.code)
    assert refused(account, account) == invalid
    assert refused(f"eip155:1:{first.address}") == invalid
    assert refused() == refused("nonsense") == (422, "invalid_field")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "account\neip155:1:0x00",
        "account,account,signature\n",
        "account,signature\na",
        "account,signature\na,b,c",
        'account,signature\n"a,b',
        "account,signature\n" + "a,b\n" * 501,
        "account,signature\n" + "a," + "b" * 1_100_000,
    ],
    ids=["empty", "no-signature", "twice", "short", "long", "open-quote", "many", "huge"],
)
def test_a_file_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(AnswersMalformed):
        read_answers(text)


NEARLY = st.text(st.sampled_from('account,signature\r\n"0x;'), max_size=80).map("account,signature\n{}".format)


@given(st.text(max_size=200) | NEARLY)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(AnswersMalformed):
        assert all(isinstance(one, Answer) and one.signature for one in read_answers(text))


def test_a_person_at_the_desk_makes_a_batch_and_brings_signatures_back_by_file_and_by_paste(
    desk: Desk, custodian: Custodian
) -> None:
    officer, first, second = wallets(desk, 3)
    browser = seated(desk.stand, desk.administrator, officer, "custodian", custodian.party)
    pasted = f"{first.account}\n{second.account}"
    assert "Choose one" in words(browser.post("/account-batches", data={"accounts": pasted}).text)
    for wrong, said in (
        ("nonsense", "account 1 cannot be read"),
        ("", "between 1 and 500"),
        (f"{pasted}\n{first.account}", "once"),
    ):
        answer = browser.post("/account-batches", data={"accounts": wrong, "capacity": "client"})
        assert (answer.status_code, said in words(answer.text).replace("Account 1", "account 1").replace("Give", "give")) == (
            422,
            True,
        )
    made = browser.post("/account-batches", data={"accounts": pasted, "capacity": "client"})
    assert made.status_code == 303
    page = str(made.location)
    batch = browser.get(f"{page}/messages.json").get_json()
    assert "waits for its signature" in words(browser.get(page).text)
    assert browser.get(f"{page}/messages.csv").content_type == "text/csv; charset=utf-8"

    good, bad = signed(batch, first), signed(batch, second, first)
    lines = "".join(f"{one['account']};{one['signature']}\r\n" for one in (good, bad))
    file = (io.BytesIO(b"\xef\xbb\xbfaccount;signature\r\n" + lines.encode()), "signatures.csv")
    said = words(browser.post(page, data={"file": file}, content_type="multipart/form-data").text)
    assert "1 account is proved, 1 row was not taken" in said
    assert "The account did not make this signature" in said
    one = signed(batch, second)
    said = words(browser.post(page, data={"csv": f"account,signature\n{one['account']},{one['signature']}"}).text)
    assert "2 proved, 0 open" in said
    faulty = browser.post(page, data={"csv": "hello"})
    assert (faulty.status_code, "name one column account" in words(faulty.text).replace("Name", "name")) == (422, True)
    assert "Prove many accounts" in words(browser.get("/account-batches").text)


def test_a_pasted_list_has_one_account_a_line() -> None:
    assert read_accounts(" a \n\nb\r\n") == ("a", "b")
    with pytest.raises(AccountBatchInvalid):
        read_accounts("a\n" * 501)
