"""Raw logs become events, or are refused, by their first topic and their contract."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.decode import TOPICS, Emitters, MalformedLog, decode, topic0

TOKEN, REGISTRY, STORAGE = (Address(bytes([n]) * 20) for n in (1, 2, 3))
EMITTERS = Emitters(token=TOKEN, identity_registry=REGISTRY, storage=STORAGE)
ALICE, BOB = Address(b"\xaa" * 20), Address(b"\xbb" * 20)

# As the deployed T-REX 4.1.6 contracts log them.
PUBLISHED_TOPICS = {
    "Transfer(address,address,uint256)": "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "Approval(address,address,uint256)": "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
    "TokensFrozen(address,uint256)": "0xa065e63c631c86f1b9f66a4a2f63f2093bf1c2168d23290259dbd969e0222a45",
    "TokensUnfrozen(address,uint256)": "0x9bed35cb62ad0dba04f9d5bfee4b5bc91443e77da8a65c4c84834c51bb08b0d6",
    "AddressFrozen(address,bool,address)": "0x7fa523c84ab8d7fc5b72f08b9e46dbbf10c39e119a075b3e317002d14bc9f436",
    "Paused(address)": "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258",
    "Unpaused(address)": "0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa",
    "RecoverySuccess(address,address,address)": "0xf0c9129a94f30f1caaceb63e44b9811d0a3edf1d6c23757f346093af5553fed0",
    "IdentityRegistryAdded(address)": "0xd2be862d755bca7e0d39772b2cab3a5578da9c285f69199f4c063c2294a7f36c",
    "IdentityStorageSet(address)": "0x2fa8b95c1db7afe99e3398f3792f008135cedc1fa26b0bb2ecd2352cd166d53c",
    "IdentityStored(address,address)": "0x0030dea7e9c9afaa2e3c9810f2fc9b5181f1bad74ca5a8db85f746a33585e747",
    "IdentityUnstored(address,address)": "0xca6a4c3370b859312246e7f086284076e557997e10d856b716c23ab67067790b",
    "IdentityModified(address,address)": "0x556ce885dfcea52155c773f1ed2e58781c51945c13030ab8f793c61f51d1b808",
    "CountryModified(address,uint16)": "0x20965fcdc6eed7ae398065b40ece4e732ba667992ca819fc54e80e9f2047c4cf",
    "IdentityRegistryBound(address)": "0x500c250171aa20e861b680f93502547b9d436eda7d4c537fc360db6e0c6eedfb",
    "IdentityRegistryUnbound(address)": "0x51f353eb5801583fdf2706e43c045b62fdf6b1566820b349390616363ecf72c9",
}


def word(value: Address | int) -> bytes:
    return bytes(12) + value.value if isinstance(value, Address) else value.to_bytes(32, "big")


def log(signature: str, indexed: list[Address | int], words: list[Address | int], emitter: Address = TOKEN, **changes: Any) -> Any:
    written = {
        "address": emitter.checksum.lower(),
        "topics": [PUBLISHED_TOPICS[signature], *("0x" + word(item).hex() for item in indexed)],
        "data": "0x" + b"".join(map(word, words)).hex(),
        "blockNumber": "0x10",
        "blockHash": "0x" + "cc" * 32,
        "transactionHash": "0x" + "dd" * 32,
        "logIndex": "0x2",
        "removed": False,
    }
    return written | changes


def test_listens_to_exactly_the_published_topics() -> None:
    assert {topic0(signature) for signature in PUBLISHED_TOPICS} == set(PUBLISHED_TOPICS.values())
    assert {"0x" + topic.hex() for topic in TOPICS} == set(PUBLISHED_TOPICS.values())


def test_says_where_an_event_stands() -> None:
    (event,) = decode([log("Paused(address)", [], [ALICE])], EMITTERS)
    assert event.at == events.Position(block=16, block_hash=b"\xcc" * 32, transaction=b"\xdd" * 32, index=2)


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_keeps_every_uint256_of_a_transfer(quantity: int) -> None:
    (event,) = decode([log("Transfer(address,address,uint256)", [ALICE, BOB], [quantity])], EMITTERS)
    assert event == events.Transfer(event.at, ALICE, BOB, quantity)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (log("Approval(address,address,uint256)", [ALICE, BOB], [5]), lambda at: events.Approval(at, ALICE, BOB, 5)),
        (log("TokensFrozen(address,uint256)", [ALICE], [5]), lambda at: events.TokensFrozen(at, ALICE, 5)),
        (log("TokensUnfrozen(address,uint256)", [ALICE], [5]), lambda at: events.TokensUnfrozen(at, ALICE, 5)),
        (
            log("AddressFrozen(address,bool,address)", [ALICE, 1, BOB], []),
            lambda at: events.AddressFrozen(at, ALICE, True, BOB),
        ),
        (log("Paused(address)", [], [BOB]), lambda at: events.Paused(at, BOB)),
        (log("Unpaused(address)", [], [BOB]), lambda at: events.Unpaused(at, BOB)),
        (
            log("RecoverySuccess(address,address,address)", [ALICE, BOB, TOKEN], []),
            lambda at: events.RecoverySuccess(at, ALICE, BOB, TOKEN),
        ),
        (log("IdentityRegistryAdded(address)", [REGISTRY], []), lambda at: events.IdentityRegistryAdded(at, REGISTRY)),
        (log("IdentityStorageSet(address)", [STORAGE], [], REGISTRY), lambda at: events.IdentityStorageSet(at, STORAGE)),
        (log("IdentityStored(address,address)", [ALICE, BOB], [], STORAGE), lambda at: events.IdentityStored(at, ALICE, BOB)),
        (
            log("IdentityUnstored(address,address)", [ALICE, BOB], [], STORAGE),
            lambda at: events.IdentityUnstored(at, ALICE, BOB),
        ),
        (
            log("IdentityModified(address,address)", [ALICE, BOB], [], STORAGE),
            lambda at: events.IdentityModified(at, ALICE, BOB),
        ),
        (log("CountryModified(address,uint16)", [ALICE, 756], [], STORAGE), lambda at: events.CountryModified(at, ALICE, 756)),
        (log("IdentityRegistryBound(address)", [REGISTRY], [], STORAGE), lambda at: events.IdentityRegistryBound(at, REGISTRY)),
        (
            log("IdentityRegistryUnbound(address)", [REGISTRY], [], STORAGE),
            lambda at: events.IdentityRegistryUnbound(at, REGISTRY),
        ),
    ],
)
def test_reads_each_event(raw: Any, expected: Any) -> None:
    (event,) = decode([raw], EMITTERS)
    assert event == expected(event.at)


def test_gives_events_in_chain_order() -> None:
    raw = [
        log("Paused(address)", [], [ALICE], blockNumber="0x11", logIndex="0x0"),
        log("Paused(address)", [], [ALICE], blockNumber="0x10", logIndex="0x9"),
        log("Paused(address)", [], [ALICE], blockNumber="0x10", logIndex="0x1"),
    ]
    assert [(event.at.block, event.at.index) for event in decode(raw, EMITTERS)] == [(16, 1), (16, 9), (17, 0)]


def test_leaves_out_topics_it_does_not_know() -> None:
    unknown = log("Paused(address)", [], [ALICE]) | {"topics": ["0x" + "00" * 32]}
    anonymous = log("Paused(address)", [], [ALICE]) | {"topics": []}
    assert decode([unknown, anonymous], EMITTERS) == []


@pytest.mark.parametrize("emitter", [STORAGE, REGISTRY, ALICE])
def test_does_not_believe_a_transfer_logged_by_another_contract(emitter: Address) -> None:
    assert decode([log("Transfer(address,address,uint256)", [ALICE, BOB], [1], emitter)], EMITTERS) == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(log("Paused(address)", [], [ALICE], removed=True), id="removed"),
        pytest.param(log("Transfer(address,address,uint256)", [ALICE], [1]), id="topic missing"),
        pytest.param(log("Transfer(address,address,uint256)", [ALICE, BOB, 1], []), id="quantity indexed"),
        pytest.param(log("Transfer(address,address,uint256)", [ALICE, BOB], []), id="data missing"),
        pytest.param(log("Transfer(address,address,uint256)", [ALICE, BOB], [1, 2]), id="data too long"),
        pytest.param(log("Paused(address)", [], [], data="0x" + "00" * 31), id="short word"),
        pytest.param(log("Paused(address)", [], [1 << 160]), id="address too long"),
        pytest.param(log("AddressFrozen(address,bool,address)", [ALICE, 2, BOB], []), id="flag of 2"),
        pytest.param(log("CountryModified(address,uint16)", [ALICE, 1 << 16], [], STORAGE), id="country above uint16"),
        pytest.param(log("Paused(address)", [], [ALICE], data="00" * 32), id="data without 0x"),
        pytest.param(log("Paused(address)", [], [ALICE], data="0xzz"), id="data is no hex"),
        pytest.param(log("Paused(address)", [], [ALICE], data=None), id="data is null"),
        pytest.param(log("Paused(address)", [], [ALICE], blockHash="0x00"), id="short block hash"),
        pytest.param(log("Paused(address)", [], [ALICE], blockNumber=None), id="pending"),
        pytest.param(log("Paused(address)", [], [ALICE], address="0x00"), id="short emitter"),
        pytest.param({"topics": [PUBLISHED_TOPICS["Paused(address)"]]}, id="fields missing"),
        pytest.param({}, id="empty"),
    ],
)
def test_refuses_a_malformed_log(raw: Any) -> None:
    with pytest.raises(MalformedLog):
        decode([raw], EMITTERS)
