"""What the demo's test wallets answer to a page: their own account, their own signatures and transactions, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from werkzeug.test import TestResponse

from identity_service.chain import erc20
from identity_service.demo.roles import CLIENT, OFFICE_DESK, PLAYERS, STRANGER
from tests.support.browser import key_of
from tests.support.playhouse import Evening, Playhouse

IRIS = str(Account.from_key(key_of(CLIENT.index)).address)
MERIDIAN = str(Account.from_key(key_of(OFFICE_DESK.index)).address)
HELLO = "0x" + b"Hello".hex()
TYPED = {"types": {"EIP712Domain": [], "Mail": [{"name": "to", "type": "address"}]}, "primaryType": "Mail", "domain": {}}
UNKNOWN = (
    "eth_sendRawTransaction",
    "eth_sendRawTransactionSync",
    "eth_sign",
    "eth_signTransaction",
    "eth_call",
    "anvil_setBalance",
    "anvil_impersonateAccount",
    "anvil_dumpState",
    "evm_revert",
    "debug_traceTransaction",
    "wallet_addEthereumChain",
    "",
)
OF_OTHERS = (
    ("personal_sign", [HELLO, MERIDIAN]),
    ("personal_sign", [HELLO]),
    ("personal_sign", [IRIS, HELLO]),
    ("eth_signTypedData_v4", [MERIDIAN, {**TYPED, "message": {"to": IRIS}}]),
    ("eth_signTypedData_v4", []),
    ("eth_sendTransaction", [{"from": MERIDIAN, "to": IRIS, "value": "0x1"}]),
    ("eth_sendTransaction", [{"to": IRIS, "value": "0x1"}]),
    ("eth_sendTransaction", [IRIS]),
    ("eth_sendTransaction", [None]),
    ("eth_sendTransaction", []),
)


@pytest.fixture(scope="module")
def evening(playhouse: Playhouse) -> Iterator[Evening]:
    with playhouse.evening() as evening:
        yield evening


def ask(evening: Evening, method: str, params: list[Any] | None = None, wallet: str = "client") -> TestResponse:
    """A request of a page to a test wallet."""
    content = {"wallet": wallet, "method": method, "params": params or []}
    return evening.visitor().post("/demo/rpc", json=content, headers={"Accept": "application/json"})


def result(evening: Evening, method: str, params: list[Any] | None = None, wallet: str = "client") -> Any:
    answer = ask(evening, method, params, wallet)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return answer.json["result"]


def refusal(answer: TestResponse) -> tuple[int, str, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["code"], answer.json["detail"]


def test_there_is_one_wallet_for_each_player_and_it_shares_that_player_s_account(evening: Evening) -> None:
    listed = evening.visitor().get("/demo/wallets").json
    addresses = {one.key: Account.from_key(key_of(one.index)).address for one in PLAYERS}
    assert {one["wallet"]: one["address"] for one in listed} == addresses
    assert {one["wallet"]: result(evening, "eth_requestAccounts", wallet=one["wallet"]) for one in listed} == {
        key: [address] for key, address in addresses.items()
    }


def test_it_signs_messages_with_its_own_account(evening: Evening) -> None:
    signature = result(evening, "personal_sign", [HELLO, IRIS])
    assert Account.recover_message(encode_defunct(text="Hello"), signature=signature) == IRIS


def test_it_sends_transactions_from_its_own_account(evening: Evening) -> None:
    spender = evening.address(STRANGER)
    call = "0x" + erc20.APPROVE.encode(spender, 7).hex()
    sent = result(evening, "eth_sendTransaction", [{"from": IRIS, "to": str(evening.token.address), "data": call}])
    receipt = result(evening, "eth_getTransactionReceipt", [sent])
    assert (receipt["status"], receipt["from"]) == ("0x1", IRIS.lower())


def test_a_transaction_that_the_contract_refuses_comes_back_with_the_contract_s_words(evening: Evening) -> None:
    call = "0x" + erc20.TRANSFER.encode(evening.address(STRANGER), 1).hex()
    sent = {"from": MERIDIAN, "to": str(evening.token.address), "data": call}
    status, code, detail = refusal(ask(evening, "eth_sendTransaction", [sent], wallet="office"))
    assert (status, code) == (400, "wallet_request_invalid")
    assert detail.startswith("the contract refuses: ")
    assert len(detail) > len("the contract refuses: ")


@pytest.mark.parametrize("method", UNKNOWN)
def test_it_knows_no_other_method(evening: Evening, method: str) -> None:
    status, code, _ = refusal(ask(evening, method, [IRIS]))
    assert (status, code) == (400, "wallet_request_invalid")


@pytest.mark.parametrize(("method", "params"), OF_OTHERS, ids=str)
def test_it_signs_and_sends_for_no_other_account(evening: Evening, method: str, params: list[Any]) -> None:
    head = evening.chain.client.head().number
    status, code, _ = refusal(ask(evening, method, params))
    assert (status, code) == (400, "wallet_request_invalid")
    assert evening.chain.client.head().number == head


def test_there_is_no_wallet_of_anybody_else(evening: Evening) -> None:
    status, code, _ = refusal(ask(evening, "eth_accounts", wallet="administrator"))
    assert (status, code) == (400, "wallet_request_invalid")
