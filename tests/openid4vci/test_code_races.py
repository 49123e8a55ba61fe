"""Many show one authorization code at once, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.openid4vci.code_wallet import CodeWallet, approved, open_code_wallet, refused
from tests.support.desk import Desk


def test_of_many_who_show_a_code_at_once_one_gets_a_token_and_the_replay_ends_it(desk: Desk) -> None:
    wallet, browser = open_code_wallet(desk), approved(desk)
    code = wallet.code(browser)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: token_of(desk, code), range(16)))
    given = [answer["access_token"] for answer in answers if "access_token" in answer]
    assert len(given) == 1
    assert all(answer["error"] == "invalid_grant" for answer in answers if "error" in answer)
    refused(wallet.credential(given[0]), "invalid_token", 401)


def test_of_many_who_open_a_request_at_once_one_sees_the_page(desk: Desk) -> None:
    wallet, browser = open_code_wallet(desk), approved(desk)
    request_uri = wallet.push()
    named = {"client_id": "https://wallet.example", "request_uri": request_uri}

    def status(_: int) -> int:
        return desk.stand.http.application.test_client().get(f"{wallet.tenant}/authorize", query_string=named).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(status, range(8))) == [303] + [404] * 7
    assert browser.get("/my-claims").status_code == 200


def token_of(desk: Desk, code: str) -> dict[str, Any]:
    wallet: CodeWallet = open_code_wallet(desk)
    return dict(wallet.token(code).json)
