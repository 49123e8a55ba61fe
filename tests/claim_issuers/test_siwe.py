"""Sign-In with Ethereum: the EIP's own example, strict reading, and eth-account as the wallet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from builders import ACCOUNT, NOW, WALLET, addresses, secrets
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Account, Address, ChainId, SiweMessage
from claim_issuers.account_proofs.errors import (
    MalformedSiweMessage,
    SiweChainMismatch,
    SiweDomainMismatch,
    SiweExpired,
    SiweExpiryMissing,
    SiweNonceMismatch,
    SiweNotYetValid,
    SiweUriMismatch,
    SiweWrongAccount,
)
from claim_issuers.account_proofs.siwe import verify_signature
from claim_issuers.account_proofs.timestamp import Timestamp
from claim_issuers.clock import NaiveInstant
from claim_issuers.errors import Refused
from claim_issuers.keys.curves import NonCanonicalSignature
from claim_issuers.keys.secp256k1 import signature_encodings

# EIP-4361, "Example message with implicit scheme", with the address of EIP-55 in place of its zero-filled one
EXAMPLE = """example.com wants you to sign in with your Ethereum account:
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""
ASKED = {"domain": "issuer.example", "uri": "https://issuer.example/sign-in", "chain_id": 31337, "nonce": "K7vQ2mX9aB"}


def a_message(**changes: Any) -> SiweMessage:
    parts: dict[str, Any] = {
        "domain": ASKED["domain"],
        "uri": ASKED["uri"],
        "nonce": ASKED["nonce"],
        "account": ACCOUNT,
        "issued_at": NOW,
        "expires_at": NOW + timedelta(minutes=5),
        "statement": "Prove your wallet.",
    }
    return SiweMessage.build(**{**parts, **changes})


def test_the_example_of_the_standard_is_read():
    message = SiweMessage.parse(EXAMPLE)
    assert message.domain == "example.com"
    assert str(message.account) == "eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert message.statement == "I accept the ExampleOrg Terms of Service: https://example.com/tos"
    assert message.uri == "https://example.com/login"
    assert message.nonce == "32891756"
    assert message.issued_at.instant == datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)
    assert message.expiration_time is None
    assert message.resources == (
        "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
        "https://example.com/my-web2-claim.json",
    )
    assert message.prepare() == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE.replace("example.com wants", "https://example.com wants"),
        EXAMPLE.replace("example.com wants", "example.com:3388 wants"),
        EXAMPLE.replace("example.com wants", "[::1]:8080 wants"),
        EXAMPLE.replace("I accept the ExampleOrg Terms of Service: https://example.com/tos\n", ""),
        EXAMPLE.replace("24Z", "24.512Z"),
        EXAMPLE.replace("24Z", "24+02:00"),
        EXAMPLE.replace("\nResources", "\nExpiration Time: 2021-10-01T00:00:00Z\nNot Before: 2021-09-30T00:00:00Z\nResources"),
        EXAMPLE.replace("\nResources", "\nRequest ID: some-id\nResources"),
        EXAMPLE.replace("\nResources", "\nRequest ID: \nResources"),
        EXAMPLE[: EXAMPLE.index("\n- ipfs")],
        EXAMPLE[: EXAMPLE.index("\nResources")],
    ],
)
def test_every_form_the_grammar_allows_reads_back_to_the_letter(text):
    assert SiweMessage.parse(text).prepare() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE + "\n",
        "\n" + EXAMPLE,
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.replace("0x5aAeb", "0x5aaeb"),
        EXAMPLE.replace("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        EXAMPLE.replace("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA"),
        EXAMPLE.replace("Version: 1", "Version: 2"),
        EXAMPLE.replace("Version: 1\n", ""),
        EXAMPLE.replace("Version: 1\nChain ID: 1", "Chain ID: 1\nVersion: 1"),
        EXAMPLE.replace("Chain ID: 1", "Chain ID: 01"),
        EXAMPLE.replace("Chain ID: 1", "Chain ID: one"),
        EXAMPLE.replace("Nonce: 32891756", "Nonce: 3289175"),
        EXAMPLE.replace("Nonce: 32891756", "Nonce: 3289-1756"),
        EXAMPLE.replace("Nonce: 32891756", "Nonce: 32891756 "),
        EXAMPLE.replace("2021-09-30T", "2021-09-31T"),
        EXAMPLE.replace("2021-09-30T", "2021-09-30 "),
        EXAMPLE.replace("24Z", "24"),
        EXAMPLE.replace("24Z", "60Z"),
        EXAMPLE.replace("URI: https://example.com/login", "URI: example"),
        EXAMPLE.replace("URI: https://example.com/login", "URI: https://example.com/a b"),
        EXAMPLE.replace("URI: https://example.com/login", "URI: https://example.com/%zz"),
        EXAMPLE.replace("I accept", "I \u00e4ccept"),
        EXAMPLE.replace("I accept", "I\taccept"),
        EXAMPLE.replace("I accept the", "I accept\nthe"),
        EXAMPLE.replace("example.com wants", "user@example.com wants"),
        EXAMPLE.replace("example.com wants", "example.com/path wants"),
        EXAMPLE.replace("example.com wants", "://example.com wants"),
        EXAMPLE.replace("example.com wants", " wants"),
        EXAMPLE.replace("\n- ipfs", "\n* ipfs"),
        EXAMPLE.replace("\nResources", "\nRequest ID: a b\nResources"),
        EXAMPLE.replace("\nResources", "\nNot Before: 2021-09-30T00:00:00Z\nExpiration Time: 2021-10-01T00:00:00Z\nResources"),
        EXAMPLE + "\n- https://example.com/" + "a" * 4096,
        EXAMPLE.replace("24Z", "24Z\nIssued At: 2021-09-30T16:25:24Z"),
    ],
)
def test_every_departure_from_the_grammar_is_refused(text):
    with pytest.raises(MalformedSiweMessage):
        SiweMessage.parse(text)


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "issuer.example\nURI: https://evil.example"},
        {"domain": "https://issuer.example"},
        {"uri": "no uri"},
        {"nonce": "short"},
        {"statement": "two\nlines"},
        {"statement": ""},
        {"request_id": "a b"},
        {"resources": ("no uri",)},
        {"resources": ("https://a.example/" + "a" * 4096,)},
    ],
)
def test_a_message_outside_the_grammar_is_not_built(change):
    with pytest.raises(MalformedSiweMessage):
        a_message(**change)


printable = st.text("abcXYZ019 -._~:/?#[]@!$&'()*+,;=", min_size=1, max_size=60)
words = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=40)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
messages = st.builds(
    SiweMessage.build,
    domain=st.sampled_from(["issuer.example", "issuer.example:8443", "127.0.0.1:5000", "[::1]:5000"]),
    uri=words.map(lambda path: f"https://issuer.example/{path}"),
    nonce=words,
    account=st.builds(Account, st.integers(0, 10**12).map(ChainId), addresses),
    issued_at=instants,
    expires_at=instants,
    statement=st.none() | printable,
    request_id=st.none() | words,
    resources=st.none() | st.lists(words.map(lambda path: f"ipfs://{path}"), max_size=3).map(tuple),
)


@given(messages)
def test_every_message_reads_back(message):
    assert SiweMessage.parse(message.prepare()) == message


@given(messages, secrets)
def test_the_signature_a_wallet_makes_is_accepted_and_names_its_key(message, secret):
    wallet = EthAccount.from_key(secret)
    ours = a_message(account=Account.parse(f"eip155:1:{wallet.address}"), statement=message.statement, nonce=message.nonce)
    signature = bytes(wallet.sign_message(encode_defunct(text=ours.prepare())).signature)
    address, key = verify_signature(SiweMessage.parse(ours.prepare()), signature)
    assert str(address) == wallet.address
    assert key.address == address
    assert key.jwk()["crv"] == "secp256k1"


def signed_by_the_wallet(message: SiweMessage) -> bytes:
    return bytes(EthAccount.sign_message(encode_defunct(text=message.prepare()), bytes([0x11]) * 32).signature)


def test_another_account_s_signature_is_refused():
    with pytest.raises(SiweWrongAccount):
        verify_signature(a_message(), signed_by_the_wallet(a_message()))


def test_a_signature_over_another_message_is_refused():
    mine = a_message(account=Account(ChainId(1), WALLET.address))
    other = a_message(account=Account(ChainId(1), WALLET.address), nonce="AnotherNonce")
    with pytest.raises(SiweWrongAccount):
        verify_signature(mine, signed_by_the_wallet(other))


def test_second_encodings_of_a_good_signature_are_refused():
    mine = a_message(account=Account(ChainId(1), WALLET.address))
    for encoding in signature_encodings(signed_by_the_wallet(mine))[1:]:
        with pytest.raises(NonCanonicalSignature):
            verify_signature(mine, encoding)


@given(st.binary(max_size=70))
def test_no_bytes_raise_a_stray_exception(signature):
    with pytest.raises(Refused):
        verify_signature(a_message(), signature)


def test_the_message_we_asked_for_is_accepted():
    a_message().check(**ASKED, instant=NOW)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"domain": "evil.example"}, SiweDomainMismatch),
        ({"domain": "issuer.example:443"}, SiweDomainMismatch),
        ({"uri": "https://issuer.example/"}, SiweUriMismatch),
        ({"chain_id": 1}, SiweChainMismatch),
        ({"nonce": "k7vQ2mX9aB"}, SiweNonceMismatch),
        ({"nonce": "ünonce12"}, SiweNonceMismatch),
        ({"instant": NOW + timedelta(minutes=5)}, SiweExpired),
        ({"instant": NOW - timedelta(seconds=61)}, SiweNotYetValid),
        ({"instant": datetime(2026, 1, 1)}, NaiveInstant),
    ],
)
def test_a_message_for_another_question_or_time_is_refused(change, error):
    with pytest.raises(error):
        a_message().check(**{**ASKED, "instant": NOW, **change})


def test_a_message_without_expiry_or_before_its_time_is_refused():
    parts = {**ASKED, "address": Address(bytes(20)), "issued_at": Timestamp.of(NOW)}
    with pytest.raises(SiweExpiryMissing):
        SiweMessage(**parts).check(**ASKED, instant=NOW)
    later = Timestamp.of(NOW + timedelta(minutes=1))
    end = Timestamp.of(NOW + timedelta(minutes=9))
    with pytest.raises(SiweNotYetValid):
        SiweMessage(**parts, not_before=later, expiration_time=end).check(**ASKED, instant=NOW)


@pytest.mark.parametrize("text", ["", "now", "2026-11-22T12:00:00z", "2026-11-22T12:00:00Z\n", "٢٠٢٦-11-22T12:00:00Z"])
def test_a_text_that_is_no_timestamp_is_refused(text):
    with pytest.raises(MalformedSiweMessage):
        Timestamp.parse(text)
    with pytest.raises(MalformedSiweMessage):
        Timestamp(text, NOW)


@given(st.text(max_size=300))
def test_no_text_raises_a_stray_exception(text):
    with pytest.raises(MalformedSiweMessage):
        SiweMessage.parse(text)
