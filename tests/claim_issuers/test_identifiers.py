"""Accounts as CAIP-2, CAIP-10, EIP-55 and did:pkh write them, and keys as RFC 7638 names them."""

import json

import pytest
from builders import addresses
from did_builders import HOSTILE, NO_TEXT, public_keys, vector
from eth_utils import to_checksum_address
from hypothesis import example, given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from claim_issuers.identifiers.accounts import LARGEST_CHAIN, Account, Address, ChainId, MalformedAccount
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, thumbprint

EIP55 = vector("eip55")
CHECKSUMMED = [*EIP55["all_caps"], *EIP55["all_lower"], *EIP55["normal"]]
MIXED = EIP55["normal"][0]
CAIP = vector("caip")
PKH = vector("did_pkh")
THUMBPRINTS = vector("jwk_thumbprint")

accounts = st.builds(Account, st.integers(0, LARGEST_CHAIN).map(ChainId), addresses)


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_published_checksums_are_kept_and_given_back(text):
    assert str(Address.parse(text)) == text
    assert str(Address.parse(text.lower())) == text
    assert str(Address.from_bytes(bytes.fromhex(text[2:]))) == text


@pytest.mark.parametrize("text", EIP55["normal"])
def test_one_letter_in_the_other_case_fails_the_checksum(text):
    for place, letter in enumerate(text[2:], 2):
        if letter.isalpha():
            with pytest.raises(MalformedAccount):
                Address.parse(text[:place] + letter.swapcase() + text[place + 1 :])


@given(addresses)
def test_checksums_are_those_of_eth_utils(address):
    assert str(address) == to_checksum_address(address.value)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "0x",
        MIXED[2:],
        MIXED[:-1] + "D",
        MIXED + "\n",
        MIXED + "00",
        MIXED[:-1],
        f" {MIXED}",
        MIXED[:-1] + "\0",
        MIXED[:-1] + "g",
        "0X" + MIXED[2:].lower(),
        "0x" + "١" * 40,
        "0x" + "１" * 40,
        *NO_TEXT,
        *HOSTILE,
    ],
    ids=lambda text: f"{text!r:.12}",
)
def test_an_address_that_is_mistyped_is_refused(text):
    with pytest.raises(MalformedAccount):
        Address.parse(text)


@pytest.mark.parametrize("value", [b"", bytes(19), bytes(21), bytes(32), "a" * 20, 20, None, [0] * 20, 1.5])
def test_an_address_is_twenty_bytes_and_nothing_else(value):
    for build in (Address, Address.from_bytes):
        with pytest.raises(MalformedAccount):
            build(value)


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_bytes_of_every_type_make_the_same_address(view):
    address = Address.from_bytes(view(bytes(range(20))))
    assert address == Address(bytes(range(20)))
    assert hash(address) == hash(Address(bytes(range(20))))


@pytest.mark.parametrize(("text", "number"), CAIP["eip155_chains"].items())
def test_published_chains_are_read_and_given_back(text, number):
    assert ChainId.parse(text) == ChainId(number)
    assert str(ChainId(number)) == text


@pytest.mark.parametrize(
    "text",
    [
        *CAIP["other_chains"],
        "eip155",
        "eip155:",
        "eip155:01",
        "eip155:00",
        "eip155:-1",
        "eip155:+1",
        "eip155:1 ",
        "eip155:1\n",
        "eip155:1\0",
        "eip155:1:",
        "eip155:0x1",
        "eip155:1_0",
        "EIP155:1",
        "eip155:١",
        "1",
        f"eip155:{LARGEST_CHAIN + 1}",
        "eip155:" + "9" * 32,
        "eip155:" + "9" * 100_000,
        *NO_TEXT,
        *HOSTILE,
    ],
    ids=lambda text: f"{text!r:.24}",
)
def test_a_chain_that_is_not_caip_2_is_refused(text):
    with pytest.raises(MalformedAccount):
        ChainId.parse(text)


@pytest.mark.parametrize("number", [-1, LARGEST_CHAIN + 1, True, 1.0, "1", None, b"\x01"])
def test_a_chain_is_a_whole_number_in_range(number):
    with pytest.raises(MalformedAccount):
        ChainId(number)


@pytest.mark.parametrize("text", CAIP["eip155_accounts_checksummed"])
def test_published_accounts_are_read_and_given_back(text):
    assert str(Account.parse(text)) == text


@pytest.mark.parametrize(("text", "checksummed"), CAIP["eip155_accounts_in_one_case"].items())
def test_published_accounts_in_one_case_are_the_checksummed_ones(text, checksummed):
    assert Account.parse(text) == Account.parse(checksummed)
    assert str(Account.parse(text)) == checksummed


@pytest.mark.parametrize(
    "text",
    [
        *CAIP["other_accounts"],
        MIXED,
        f"eip155:{MIXED}",
        f"1:{MIXED}",
        f":1:{MIXED}",
        f"eip155::{MIXED}",
        f"eip155:1:{MIXED}:",
        f"eip155:1:{MIXED}\n",
        f"eip155:01:{MIXED}",
        f"eip155:1:{MIXED[2:]}",
        f"eip155:1:{MIXED[:-1]}D",
        f"eip155:1/{MIXED}",
        f"did:pkh:eip155:1:{MIXED}",
        *NO_TEXT,
        *HOSTILE,
    ],
    ids=lambda text: f"{text!r:.24}",
)
def test_an_account_that_is_not_caip_10_is_refused(text):
    with pytest.raises(MalformedAccount):
        Account.parse(text)


@given(accounts)
def test_an_account_is_read_back_from_its_text_and_from_its_did(account):
    assert Account.parse(str(account)) == account
    assert Account.from_did(account.did) == account
    assert Account.from_did(account.did.lower()) == account


@pytest.mark.parametrize("published", PKH["eip155"], ids=lambda one: one["did"][8:18])
def test_a_published_did_pkh_is_read(published):
    account = Account.from_did(published["did"])
    assert account.chain == ChainId(published["chain"])
    assert account.did.lower() == published["did"]
    assert str(account.address) == to_checksum_address(published["did"].rpartition(":")[2])


@pytest.mark.parametrize(
    "did",
    [
        *PKH["other_namespaces"],
        f"eip155:1:{MIXED}",
        f"did:pkh:did:pkh:eip155:1:{MIXED}",
        f"DID:pkh:eip155:1:{MIXED}",
        f"did:PKH:eip155:1:{MIXED}",
        f"did:ethr:eip155:1:{MIXED}",
        f"did:pkh:eip155:1:{MIXED}#blockchainAccountId",
        f"did:pkh:eip155:1:{MIXED}?x",
        f"did:pkh:eip155:1:{MIXED[:-1]}D",
        f"did:pkh:eip155:01:{MIXED}",
        f"did:pkh:eip155%3A1:{MIXED}",
        f"did:pkh:eip155:1:{MIXED}\n",
        f" did:pkh:eip155:1:{MIXED}",
        "did:pkh:",
        *NO_TEXT,
        *HOSTILE,
    ],
    ids=lambda did: f"{did!r:.24}",
)
def test_a_did_pkh_of_no_evm_account_is_refused(did):
    with pytest.raises(MalformedAccount):
        Account.from_did(did)


@pytest.mark.parametrize("published", THUMBPRINTS["thumbprints"], ids=lambda one: one["clause"])
def test_published_thumbprints_are_ours(published):
    assert thumbprint(published["jwk"]) == published["thumbprint"]
    assert thumbprint({**published["jwk"], "kid": "another", "use": "sig"}) == published["thumbprint"]


def test_the_published_rsa_key_is_of_a_kind_that_we_do_not_name():
    for published in THUMBPRINTS["other_kinds"]:
        assert JWK(**published["jwk"]).thumbprint() == published["thumbprint"]
        with pytest.raises(MalformedJwk):
            thumbprint(published["jwk"])


@given(public_keys)
@example(public_key_from_jwk(THUMBPRINTS["thumbprints"][0]["jwk"]))
def test_thumbprints_are_those_of_jwcrypto(key):
    assert thumbprint(key.jwk()) == JWK.from_json(json.dumps(key.jwk())).thumbprint()
    assert public_key_from_jwk(key.jwk()) == key
