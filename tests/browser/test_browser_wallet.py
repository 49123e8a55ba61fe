"""The wallet that these tests put into the browser behaves as EIP-1193 and real wallets do; eth-account and the chain judge it."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from identity_service.demo.devchain import DevChain
from tests.support.browser import key_of, run_browser
from tests.support.http_server import Reply, serving

ALICE, BOB = 6, 7
PAGE = b"<!doctype html><html lang=en><title>Asking</title><link rel=icon href=data:,><h1>Asking</h1>"
CONNECT = {"method": "eth_requestAccounts"}
MAIL = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Mail": [{"name": "to", "type": "address"}, {"name": "contents", "type": "string"}],
    },
    "primaryType": "Mail",
    "domain": {"name": "Post", "chainId": 31337},
    "message": {"to": "0x" + "11" * 20, "contents": "Hello, Bob!"},
}


class Asked:
    """Asks Alice's wallet, on the development chain unless told otherwise."""

    def __init__(self, chain: DevChain) -> None:
        self.chain = chain
        self.alice = str(chain.wallet(ALICE).address)

    def __call__(self, *requests: dict[str, Any], **more: Any) -> list[Any]:
        usual = {"name": "Fox", "rdns": "example.fox", "chainId": 31337, "rpcUrl": self.chain.rpc_url, "key": key_of(ALICE)}
        with serving(lambda request: Reply(body=PAGE, headers={"Content-Type": "text/html"})) as server:
            told = run_browser("ask_wallet.mjs", base=server.url, wallets=[{**usual, **more}], requests=requests)
        return list(told["answers"])


@pytest.fixture
def ask(devchain: DevChain) -> Iterator[Asked]:
    snapshot = devchain.snapshot()
    yield Asked(devchain)
    devchain.revert(snapshot)


def test_no_account_is_shared_before_the_owner_connects(ask: Asked) -> None:
    before, _, after = ask({"method": "eth_accounts"}, CONNECT, {"method": "eth_accounts"})
    assert (before["result"], after["result"]) == ([], [ask.alice])


def test_a_message_is_signed_as_eip_191_says(ask: Asked) -> None:
    _, signed = ask(CONNECT, {"method": "personal_sign", "params": ["0x" + "Grüezi".encode().hex(), ask.alice]})
    assert Account.recover_message(encode_defunct(text="Grüezi"), signature=signed["result"]) == ask.alice


def test_typed_data_is_signed_as_eip_712_says(ask: Asked) -> None:
    _, signed = ask(CONNECT, {"method": "eth_signTypedData_v4", "params": [ask.alice, MAIL]})
    assert Account.recover_message(encode_typed_data(full_message=MAIL), signature=signed["result"]) == ask.alice


@pytest.mark.parametrize("owner", ["nobody", "somebody else"])
def test_nothing_is_signed_for_an_account_that_was_not_shared(ask: Asked, owner: str) -> None:
    asked = {"method": "personal_sign", "params": ["0x00", ask.alice if owner == "nobody" else str(ask.chain.wallet(BOB).address)]}
    answers = ask(asked) if owner == "nobody" else ask(CONNECT, asked)
    assert answers[-1]["code"] == 4100


def test_an_owner_who_says_no_is_told_by_the_code_of_eip_1193(ask: Asked) -> None:
    (refused,) = ask(CONNECT, rejects=["eth_requestAccounts"])
    assert refused["code"] == 4001


def test_the_chain_changes_when_the_page_asks_for_it(ask: Asked) -> None:
    switch = {"method": "wallet_switchEthereumChain", "params": [{"chainId": "0x7a69"}]}
    before, _, after = ask({"method": "eth_chainId"}, switch, {"method": "eth_chainId"}, chainId=1)
    assert (before["result"], after["result"]) == ("0x1", "0x7a69")


def test_a_transaction_reaches_the_chain_from_the_owner_s_account(ask: Asked) -> None:
    receiver = "0x" + "ab" * 20
    before = int(ask.chain.rpc.call("eth_getBalance", [receiver, "latest"]), 16)
    call = {"from": ask.alice, "to": receiver, "data": "0x", "value": "0x2a"}
    _, sent = ask(CONNECT, {"method": "eth_sendTransaction", "params": [call]})
    receipt = ask.chain.rpc.call("eth_getTransactionReceipt", [sent["result"]])
    assert (receipt["status"], receipt["from"]) == ("0x1", ask.alice.lower())
    assert int(ask.chain.rpc.call("eth_getBalance", [receiver, "latest"]), 16) == before + 42


def test_a_contract_s_refusal_comes_back_as_an_error(ask: Asked) -> None:
    everything = hex(10**30)
    call = {"from": ask.alice, "to": "0x" + "ab" * 20, "value": everything}
    _, refused = ask(CONNECT, {"method": "eth_sendTransaction", "params": [call]})
    assert refused["code"] < 0  # JSON-RPC's own codes, unlike those of EIP-1193


def test_questions_about_the_chain_go_to_the_node(ask: Asked) -> None:
    (count,) = ask({"method": "eth_getTransactionCount", "params": [ask.alice, "latest"]})
    assert count["result"] == ask.chain.rpc.call("eth_getTransactionCount", [ask.alice, "latest"])


def test_what_a_wallet_cannot_do_it_says_by_the_code_of_eip_1193(ask: Asked) -> None:
    (refused,) = ask({"method": "wallet_makeCoffee"})
    assert refused["code"] == 4200
