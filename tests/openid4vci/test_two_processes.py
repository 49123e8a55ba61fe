"""Two ``serve`` processes on one PostgreSQL: fifty at once, half of them at each, and each step is answered by either, once."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from identity_service.demo.setup import free_port
from identity_service.openid4vci.model import PRE_AUTHORIZED_CODE
from tests.cli.commands import transport
from tests.cli.test_processes import ready, running, until
from tests.openid4vci.phone import apply_with_email, make_offer, phone_of, tx_code_of
from tests.openid4vci.test_core_many_at_once import credentials_of
from tests.support.desk import Desk

ENGINES = ("postgresql",)
MANY = 50
FORM = "application/x-www-form-urlencoded"

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Processes:
    """Where each process answers."""

    doors: Sequence[str]
    pool: urllib3.PoolManager

    def post(self, turn: int, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        """One POST to the process whose turn it is; status and JSON."""
        answer = self.pool.request("POST", self.doors[turn % len(self.doors)] + path, body=body, headers=dict(headers))
        return answer.status, answer.json()

    def fifty(self, path: str, body: str, headers: Mapping[str, str]) -> list[Answer]:
        """The answers to fifty equal requests that start together, every other one at the other process."""
        start = Barrier(MANY)

        def one(turn: int) -> Answer:
            start.wait()
            return self.post(turn, path, body, headers)

        with ThreadPoolExecutor(MANY) as threads:
            return list(threads.map(one, range(MANY)))


@pytest.fixture
def processes(desk: Desk) -> Iterator[Processes]:
    """Two of them, on the desk's data and database; each answers at a port of its own."""
    data = desk.stand.settings.data_directory
    with ExitStack() as started:
        doors = []
        for name in ("first", "second"):
            port, directory = free_port(), data.parent / name
            directory.mkdir()
            started.enter_context(running("serve", "--data", data, "--port", port, cwd=directory))
            doors.append(f"http://127.0.0.1:{port}")
        for door in doors:
            until(lambda door=door: ready(transport(door)))  # type: ignore[misc]
        yield Processes(doors, started.enter_context(urllib3.PoolManager(maxsize=MANY, timeout=60, retries=False)))


def outcomes(answers: Sequence[Answer]) -> Counter[str]:
    """How often each error came, and "ok"."""
    return Counter("ok" if status < 400 else str(said["error"]) for status, said in answers)


def test_two_processes_answer_each_step_of_one_flow_and_of_fifty_at_each_step_one_gets_it(desk: Desk, processes: Processes) -> None:
    alice, phone = desk.onchain.actors.alice, phone_of(desk)
    application = apply_with_email(desk, alice)
    offer = make_offer(desk, alice, application)
    code = phone.fetched(offer)["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"]
    form = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code, "tx_code": tx_code_of(desk, offer["id"])}

    redeemed = processes.fifty(f"{phone.tenant}/token", urlencode(form), {"Content-Type": FORM})
    assert outcomes(redeemed) == {"ok": 1, "invalid_grant": MANY - 1}
    (token,) = [said["access_token"] for status, said in redeemed if status == 200]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    _, given = processes.post(0, f"{phone.tenant}/nonce", "", {})
    wanted = {"credential_configuration_id": "INVESTOR", "proofs": {"jwt": [phone.proof(given["c_nonce"])]}}
    asked = processes.fifty(f"{phone.tenant}/credential", json.dumps(wanted), headers)
    found = outcomes(asked)
    assert found.pop("ok") == 1
    assert set(found) <= {"invalid_nonce", "credential_request_denied"}
    (transaction,) = [said["transaction_id"] for status, said in asked if status == 202]

    desk.approve(application)
    fetch = json.dumps({"transaction_id": transaction})
    fetched = processes.fifty(f"{phone.tenant}/deferred-credential", fetch, headers)
    assert outcomes(fetched) == {"ok": 1, "invalid_transaction_id": MANY - 1}
    for turn in range(len(processes.doors)):
        assert processes.post(turn, f"{phone.tenant}/deferred-credential", fetch, headers)[1]["error"] == "invalid_transaction_id"
        assert processes.post(turn, f"{phone.tenant}/token", urlencode(form), {"Content-Type": FORM})[1]["error"] == "invalid_grant"
    assert credentials_of(desk) == 1
