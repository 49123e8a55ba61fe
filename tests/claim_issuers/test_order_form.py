"""The order's form: canonical JSON, typed data as eth-account hashes it, and strictness about every member."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Account, Address, ChainId, Order, Side, SignedOrder, order_typed_data, sign_order
from claim_issuers.orders import typed_data
from claim_issuers.orders.currencies import CURRENCY_CODES
from claim_issuers.orders.errors import MalformedOrder
from claim_issuers.orders.reference import marked, reference
from tests.claim_issuers.builders import WALLET, addresses
from tests.claim_issuers.ordering import ORDER_ID, TOKEN, an_order, signed

accounts = st.builds(Account, st.integers(0, 2**53 - 1).map(ChainId), addresses)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)).map(lambda naive: naive.replace(microsecond=0, tzinfo=UTC))
prices = st.from_regex(r"(?:0|[1-9][0-9]{0,59})(?:\.[0-9]{1,18})?", fullmatch=True).filter(str.isascii)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    issued_at = draw(instants)
    return Order(
        id=str(draw(st.uuids(version=4))),
        network=draw(st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=64)),
        token=draw(accounts),
        side=draw(st.sampled_from(Side)),
        quantity=draw(st.integers(1, 2**256 - 1)),
        price=draw(prices),
        currency=draw(st.sampled_from(sorted(CURRENCY_CODES))),
        intermediary=draw(accounts),
        signatory=draw(accounts),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=draw(st.integers(1, 40 * 24 * 3600))),
    )


@given(orders())
def test_an_order_reads_back_from_its_canonical_json(order: Order) -> None:
    text = order.canonical().decode()
    assert Order.from_json(json.loads(text)) == order
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert order.document() == keccak(text.encode())


@given(orders())
def test_the_digest_is_what_eth_account_makes_of_the_typed_data_after_it_travelled_as_json(order: Order) -> None:
    received = json.loads(json.dumps(order_typed_data(order)))
    message = encode_typed_data(full_message=received)
    assert keccak(b"\x19\x01" + message.header + message.body) == typed_data.digest(order)


def test_a_wallet_that_signs_the_typed_data_makes_the_signature_that_we_make() -> None:
    order = an_order()
    theirs = EthAccount.sign_typed_data(bytes([0x11]) * 32, full_message=order_typed_data(order)).signature
    assert sign_order(order, WALLET).signature == bytes(theirs)


def test_the_wallet_shows_every_member_of_the_order() -> None:
    order = an_order()
    message = order_typed_data(order)["message"]
    assert {name: message[name] for name in order.as_json()} == order.as_json()
    assert message["document"] == "0x" + order.document().hex()


@given(orders())
def test_a_signed_order_reads_back_from_its_bytes(order: Order) -> None:
    made = sign_order(order, WALLET)
    assert SignedOrder.parse(made.to_bytes()) == made


BAD_MEMBERS = [
    ("id", "0B0F2D6E-3C1A-4F5E-9A57-1F2E3D4C5B6A"),
    ("id", "0b0f2d6e-3c1a-1f5e-9a57-1f2e3d4c5b6a"),
    ("id", "0b0f2d6e-3c1a-4f5e-ca57-1f2e3d4c5b6a"),
    ("id", "client Maya Rosenthal"),
    ("network", ""),
    ("network", "pty dx"),
    ("network", "x" * 65),
    ("token", "eip155:31337:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("token", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("side", "hold"),
    ("side", "BUY"),
    ("quantity", "0"),
    ("quantity", "010"),
    ("quantity", "1e3"),
    ("quantity", "-1"),
    ("quantity", "１"),
    ("quantity", str(2**256)),
    ("quantity", 1000),
    ("price", "1,5"),
    ("price", ".5"),
    ("price", "00.5"),
    ("price", "1."),
    ("price", "-1"),
    ("price", "0." + "1" * 19),
    ("price", "1" * 61),
    ("currency", "chf"),
    ("currency", "XXX"),
    ("currency", "EURO"),
    ("intermediary", "eip155:31337:0x00"),
    ("intermediary", None),
    ("signatory", "eip155:31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("signatory", "did:web:office.example"),
    ("signatory", "did:pkh:eip155:31337:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ("issued_at", "2026-11-22T12:00:00.5Z"),
    ("issued_at", "2026-11-22T12:00:00+00:00"),
    ("issued_at", "2026-02-30T12:00:00Z"),
    ("issued_at", "2026-11-22 12:00:00Z"),
    ("issued_at", "0000-01-01T00:00:00Z"),
    ("issued_at", "0001-01-01T00:00:00Z"),
    ("issued_at", "1999-12-31T23:59:59Z"),
    ("expires_at", "2201-01-01T00:00:00Z"),
    ("expires_at", "9999-12-31T23:59:59Z"),
    ("expires_at", "2026-11-22T12:00:00Z"),
    ("expires_at", "2026-11-22T12:00:00Z\n"),
]


@pytest.mark.parametrize(("name", "value"), BAD_MEMBERS)
def test_a_member_in_another_form_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(MalformedOrder) as refused:
        Order.from_json({**an_order().as_json(), name: value})
    assert refused.value.pointer == f"/order/{name}"


@pytest.mark.parametrize("name", an_order().as_json())
def test_no_member_may_be_missing(name: str) -> None:
    members = an_order().as_json()
    del members[name]
    with pytest.raises(MalformedOrder) as refused:
        Order.from_json(members)
    assert refused.value.pointer == f"/order/{name}"


@pytest.mark.parametrize("name", ["client", "client_reference", "note", "Id"])
def test_there_is_no_place_for_anything_about_a_client(name: str) -> None:
    with pytest.raises(MalformedOrder):
        Order.from_json({**an_order().as_json(), name: "C-1207"})


def test_fractions_of_a_second_and_quantities_out_of_range_have_no_order() -> None:
    for changes in ({"issued_at": datetime(2026, 11, 22, 12, 0, 0, 5, tzinfo=UTC)}, {"quantity": 0}, {"quantity": 2**256}):
        with pytest.raises(MalformedOrder):
            an_order(**changes)


BAD_ENVELOPES: list[tuple[dict[str, Any], str]] = [
    ({"domain": None}, "/domain"),
    ({"order": []}, "/order"),
    ({"document": "0x12"}, "/document"),
    ({"document": "0x" + "AB" * 32}, "/document"),
    ({"signature": "0x"}, "/signature"),
    ({"signature": "12" * 65}, "/signature"),
    ({"signature": "0x" + "12" * 2049}, "/signature"),
    ({"extra": 1}, ""),
]


@pytest.mark.parametrize(("changes", "pointer"), BAD_ENVELOPES)
def test_an_envelope_in_another_form_is_refused_by_name(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(MalformedOrder) as refused:
        SignedOrder.from_json({**signed().as_json(), **changes})
    assert refused.value.pointer == pointer


BAD_DOMAINS: list[tuple[dict[str, Any], str]] = [
    ({"name": "Permit2"}, "/domain/name"),
    ({"version": "2"}, "/domain/version"),
    ({"chainId": "31337"}, "/domain/chainId"),
    ({"chainId": True}, "/domain/chainId"),
    ({"chainId": -1}, "/domain/chainId"),
    ({"chainId": 2**63}, "/domain/chainId"),
    ({"verifyingContract": "0x12"}, "/domain/verifyingContract"),
    ({"verifyingContract": 7}, "/domain/verifyingContract"),
    ({"salt": "0x"}, "/domain"),
]


@pytest.mark.parametrize(("changes", "pointer"), BAD_DOMAINS)
def test_a_domain_in_another_form_is_refused_by_name(changes: dict[str, Any], pointer: str) -> None:
    envelope = signed().as_json()
    with pytest.raises(MalformedOrder) as refused:
        SignedOrder.from_json({**envelope, "domain": {**envelope["domain"], **changes}})
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"order": {}, "order": {}}', b" " * 16_385])
def test_bytes_that_are_no_strict_json_object_are_refused(text: bytes) -> None:
    with pytest.raises(MalformedOrder):
        SignedOrder.parse(text)


def test_the_reference_is_the_marker_and_the_uuid_directly_behind_the_call() -> None:
    mark = keccak(b"OrderId(bytes16)")[:4] + bytes.fromhex(ORDER_ID.replace("-", ""))
    assert reference(ORDER_ID) == mark
    assert marked(b"a call", ORDER_ID) == b"a call" + mark


def test_an_address_alone_differs_from_the_same_address_on_another_chain() -> None:
    elsewhere = Account(ChainId(1), Address(TOKEN.address.value))
    assert typed_data.digest(an_order()) != typed_data.digest(an_order(token=elsewhere))
