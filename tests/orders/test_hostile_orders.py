"""Orders, wallets and nodes that mean harm: each gets a typed refusal within bounded time, and none makes the service fail."""

import json
from dataclasses import replace
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claim_issuers import Account, order_typed_data
from claim_issuers.clock import SystemClock
from claim_issuers.identifiers.accounts import ChainId
from identity_service.chain.client import ChainClient
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import ChainUnavailable
from identity_service.chain.rpc import JsonRpc
from identity_service.chain.wallets import ChainWallets
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient
from tests.conftest import STRICTER_ENGINE
from tests.orders.floor import Floor
from tests.support.browser import key_of
from tests.support.contract_wallet import contract_wallet
from tests.support.faulty_node import FaultyNode, cut_short, down, faulty_node, rate_limited, silent

ENGINES = STRICTER_ENGINE

OFFICE = 5
PATIENCE = timedelta(seconds=2)
MOST_SECONDS = 10


def validly_signed(floor: Floor, **members: str) -> dict[str, Any]:
    """The office's signature on an order whose members our library would not write, made by another implementation."""
    typed = order_typed_data(floor.order())
    order = {**{name: text for name, text in typed["message"].items() if name != "document"}, **members}
    document = "0x" + keccak(json.dumps(order, sort_keys=True, separators=(",", ":")).encode()).hex()
    typed = {**typed, "message": {**order, "document": document}}
    signature = EthAccount.sign_message(encode_typed_data(full_message=typed), key_of(OFFICE)).signature
    return {"order": order, "domain": typed["domain"], "document": document, "signature": "0x" + bytes(signature).hex()}


def test_the_other_implementations_order_is_as_good_as_ours(floor: Floor) -> None:
    assert floor.post(validly_signed(floor)).status_code == 201


@pytest.mark.parametrize(
    ("member", "instant"),
    [
        ("issued_at", "0001-01-01T00:00:00Z"),
        ("issued_at", "1999-12-31T23:59:59Z"),
        ("expires_at", "9999-12-31T23:59:59Z"),
        ("expires_at", "2201-01-01T00:00:00Z"),
    ],
)
def test_a_validly_signed_order_from_the_edge_of_the_calendar_is_malformed(floor: Floor, member: str, instant: str) -> None:
    response = floor.post(validly_signed(floor, **{member: instant}))
    assert (response.status_code, response.json["code"]) == (422, "malformed_order")
    assert response.json["errors"][0]["pointer"] == f"/order/{member}"


def test_no_order_that_can_be_written_makes_the_service_fail(floor: Floor) -> None:
    good = floor.signed().as_json()
    elsewhere = [f"eip155:{number}:{floor.wallet.address}" for number in (0, 1, 2**63 - 1, 2**63)]
    accounts = st.sampled_from(
        [str(floor.wallet.account), str(floor.desk.token), str(floor.desk.onchain.actors.bob.account), *elsewhere, ""]
    )
    years = st.sampled_from(["0000", "0001", "1999", "2000", "2026", "2200", "2201", "9999"])
    instants = st.builds("{}-{:02}-{:02}T12:00:00Z".format, years, st.integers(1, 13), st.integers(1, 31))
    members = st.fixed_dictionaries(
        {},
        optional={
            "id": st.uuids(version=4).map(str) | st.text(max_size=40),
            "network": st.sampled_from([floor.network, floor.party, "pty_nobody", "\0", "\U0001f600"]),
            "token": accounts,
            "side": st.sampled_from(["buy", "sell", ""]),
            "quantity": st.integers(0, 2**256).map(str) | st.sampled_from(["9" * 4000, "1_0"]),
            "price": st.sampled_from(["0", "9" * 60 + "." + "9" * 18, "1e9"]),
            "currency": st.sampled_from(["CHF", "XXX", "chf"]),
            "intermediary": accounts,
            "signatory": accounts.map("did:pkh:{}".format),
            "issued_at": instants,
            "expires_at": instants,
            "client": st.just("C-1"),
        },
    )
    values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
    parts = st.fixed_dictionaries(
        {},
        optional={
            "domain": st.fixed_dictionaries(dict.fromkeys(good["domain"], values)) | values,
            "document": st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()) | values,
            "signature": st.binary(min_size=1, max_size=130).map(lambda raw: "0x" + raw.hex()) | values,
        },
    )

    @settings(deadline=timedelta(seconds=MOST_SECONDS), suppress_health_check=list(HealthCheck))
    @given(members, parts, st.sampled_from([floor.dx, floor.office]))
    def whatever_is_sent(order: dict[str, str], envelope: dict[str, Any], sender: Any) -> None:
        answer = floor.post({**good, "order": {**good["order"], **order}, **envelope}, sender)
        assert answer.status_code < 500 or answer.json["code"] == "order_not_verifiable", answer.json
        assert answer.status_code == 201 or answer.json["code"] not in ("internal_error", "domain_error")

    whatever_is_sent()
    assert floor.desk.stand.http.get("/readyz").status_code == 200


def at_contract(owner: Wallet, runtime: str) -> Wallet:
    """A wallet whose account is a contract with this code; ``owner`` holds the key that signs."""
    code = bytes.fromhex(runtime)
    wallet = contract_wallet(owner)
    wallet.address = owner.create(b"\x61" + len(code).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + code)
    wallet.account = Account(owner.client.chain, wallet.address)
    return wallet


@pytest.mark.parametrize(
    "runtime",
    [
        "5b600056",  # runs until the gas is gone
        "fe",  # an invalid instruction
        "60006000fd",  # reverts
        "00",  # answers nothing
        "7f" + "ff" * 32 + "60005260206000f3",  # answers with a word that is no selector
        "631626ba7e60005260206000f3",  # the magic value, but at the wrong end of the word
        "62100000" + "6000" + "f3",  # answers a megabyte
    ],
)
def test_a_wallet_contract_that_does_not_accept_is_a_refusal_within_bounded_time(floor: Floor, runtime: str) -> None:
    hostile = at_contract(floor.desk.onchain.actors.bob, runtime)
    signed = floor.signed(hostile, intermediary=hostile.account, signatory=hostile.account)
    began = perf_counter()
    assert floor.refused(signed) == "order_signed_by_another_account"
    assert perf_counter() - began < MOST_SECONDS


def test_the_token_that_an_order_names_is_not_asked_anything(floor: Floor) -> None:
    """A contract that burns all gas, named as token: it is not registered, and that is all we look at."""
    looping = at_contract(floor.desk.onchain.actors.bob, "5b600056").address
    token = Account(floor.desk.token.chain, looping)
    began = perf_counter()
    assert floor.refused(floor.signed(token=token)) == "token_unknown"
    assert perf_counter() - began < MOST_SECONDS


def wallets_behind(node: FaultyNode, floor: Floor) -> ChainWallets:
    chain = floor.desk.token.chain
    clock = SystemClock()
    rpc = JsonRpc(node.url, egress=EgressClient(clock=clock, allow_loopback=True), chain=chain, timeout=PATIENCE)
    return ChainWallets(ChainDirectory({chain: ChainClient(rpc)}))


@pytest.mark.parametrize("whim", [silent, down, cut_short, rate_limited])
def test_a_node_that_is_slow_or_talks_nonsense_leaves_the_order_unjudged_within_bounded_time(floor: Floor, whim: Any) -> None:
    safe = contract_wallet(floor.desk.onchain.actors.bob)
    signed = floor.signed(safe, intermediary=safe.account, signatory=safe.account)
    with faulty_node(floor.desk.onchain.devchain.rpc_url) as node:
        evidences = replace(floor.desk.stand.service.orders.evidences, wallets=wallets_behind(node, floor))
        assert evidences.ask_wallet(signed).accepts
        node.whim = whim
        began = perf_counter()
        with pytest.raises(ChainUnavailable):
            evidences.ask_wallet(signed)
        assert perf_counter() - began < MOST_SECONDS


def test_an_account_on_a_chain_that_we_do_not_follow_is_judged_without_asking_anybody(floor: Floor) -> None:
    elsewhere = replace(floor.wallet.account, chain=ChainId(10))
    assert floor.refused(floor.signed(intermediary=elsewhere, signatory=elsewhere)) == "order_wrong_chain"
