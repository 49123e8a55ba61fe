"""Accounts and DIDs as the standards write them."""

import pytest
from builders import addresses
from eth_utils import to_checksum_address
from hypothesis import given

from claim_issuers.identifiers.accounts import Account, Address, ChainId, MalformedAccount
from claim_issuers.identifiers.did import MalformedDid, checked_did, did_key, did_web

# EIP-55, the published examples
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_published_checksums_are_kept_and_given_back(text):
    assert str(Address.parse(text)) == text
    assert str(Address.parse(text.lower())) == text


@given(addresses)
def test_checksums_are_those_of_eth_utils(address):
    assert str(address) == to_checksum_address(address.value)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n",
        "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
)
def test_an_address_that_is_mistyped_is_refused(text):
    with pytest.raises(MalformedAccount):
        Address.parse(text)


@pytest.mark.parametrize("text", ["eip155:01", "eip155:", "eip155:-1", "eip155:1 ", "EIP155:1", "cosmos:1", "1", "eip155:١"])
def test_a_chain_that_is_not_caip_2_is_refused(text):
    with pytest.raises(MalformedAccount):
        ChainId.parse(text)


def test_an_account_is_equal_by_its_bytes_and_shown_with_its_checksum():
    lower = Account.parse("eip155:1:" + CHECKSUMMED[2].lower())
    assert lower == Account.parse("eip155:1:" + CHECKSUMMED[2])
    assert lower.did == "did:pkh:eip155:1:" + CHECKSUMMED[2]


@pytest.mark.parametrize(
    ("public_key", "did"),
    [
        # did:key method, Ed25519 test vectors
        (
            "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
            "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        ),
    ],
)
def test_did_key_is_written_as_the_method_publishes(public_key, did):
    assert did_key(bytes.fromhex(public_key)) == did


def test_did_key_takes_nothing_but_32_bytes():
    with pytest.raises(MalformedDid):
        did_key(bytes(33))


@pytest.mark.parametrize(
    ("place", "did"),
    [
        # did:web method, its own examples
        ("w3c-ccg.github.io", "did:web:w3c-ccg.github.io"),
        ("w3c-ccg.github.io/user/alice", "did:web:w3c-ccg.github.io:user:alice"),
        ("example.com:3000", "did:web:example.com%3A3000"),
        ("example.com:3000/user/alice", "did:web:example.com%3A3000:user:alice"),
    ],
)
def test_did_web_is_written_as_the_method_publishes(place, did):
    assert did_web(place) == did
    assert checked_did(did) == did


@pytest.mark.parametrize(
    "place", ["", "https://a.example", "a.example/", "A.example", "a..example", "a.example/../b", "u@a.example", "a.example:0"]
)
def test_a_place_that_is_no_did_web_is_refused(place):
    with pytest.raises(MalformedDid):
        did_web(place)


@pytest.mark.parametrize("text", ["", "did:", "did:web:", "did:web:a:", "DID:web:a", "did:web:a#key", "did:web:a\n", "did:web:%zz"])
def test_a_text_that_is_no_did_is_refused(text):
    with pytest.raises(MalformedDid):
        checked_did(text)
