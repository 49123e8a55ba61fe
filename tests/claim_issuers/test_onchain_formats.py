"""ERC-735, eligibility and the status-list claim: the golden vectors of the design, eth-account as the judge of the rest."""

import pytest
from builders import INVESTOR_TOPIC, addresses, secrets, topics
from eth_abi import encode as abi_encode
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct, encode_typed_data
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.formats import eligibility, erc735, status_list_claim
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import NonCanonicalSignature
from claim_issuers.keys.signers import Secp256k1Signer

SIGNER = Secp256k1Signer(bytes([0x11]) * 32)
IDENTITY_CONTRACT = Address(bytes([0x22]) * 20)
ISSUER_CONTRACT = Address(bytes([0x33]) * 20)
TOKEN = Address(bytes([0x55]) * 20)
HOLDER = Address(bytes([0x66]) * 20)
ERC735_SIGNATURE = (
    "9c0a33bcd49ba44d202e1f47fb73703935e73e00daf8ea10e3a9ed6b5f6df324"
    "6022ddcd47186ce14272bb1a0833a19ac580b1911d2939cba071bd75076307341b"
)
ANSWER = Eligibility(account=HOLDER, token=TOKEN, categories=3, issued_at=1700000000, valid_until=1700003600, epoch=1)
ANSWER_TYPES = {
    "Eligibility": [
        {"name": "account", "type": "address"},
        {"name": "token", "type": "address"},
        {"name": "categories", "type": "uint128"},
        {"name": "issuedAt", "type": "uint64"},
        {"name": "validUntil", "type": "uint64"},
        {"name": "epoch", "type": "uint64"},
    ]
}
uint64 = st.integers(0, 2**64 - 1)


def test_erc735_golden_vector():
    data = bytes([0x44]) * 32
    assert str(SIGNER.address) == "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
    inner = erc735.inner_hash(IDENTITY_CONTRACT, INVESTOR_TOPIC, data)
    assert inner.hex() == "cabe4e5e640eaf12cc70d69559ae6dc664799188f346cd375e74ca8bf8d14fbb"
    signature = erc735.sign(IDENTITY_CONTRACT, INVESTOR_TOPIC, data, SIGNER)
    assert signature.hex() == ERC735_SIGNATURE
    assert erc735.recover(IDENTITY_CONTRACT, INVESTOR_TOPIC, data, signature) == SIGNER.address
    claim_id = erc735.claim_id(ISSUER_CONTRACT, INVESTOR_TOPIC)
    assert claim_id.hex() == "c7246d68af295475079de395649562def9af56412344996bc11d0740e6263c63"
    key_hash = erc735.key_hash(SIGNER.address)
    assert key_hash.hex() == "58631b1e82395af5d1fc186f1632fbd083cb113c7a8b5de8ec211bab5593d540"


def test_eligibility_golden_vector():
    domain = {"chain_id": 1, "verifying_contract": ISSUER_CONTRACT}
    digest = eligibility.digest(ANSWER, **domain)
    assert digest.hex() == "07009113841b4de7f5d6b3d86def2697d803de322192adeb6e9043427e3bd418"
    signature = eligibility.sign(ANSWER, **domain, signer=SIGNER)
    assert signature.hex() == (
        "a41573520bf3a4f9226a1e57d7e0949bd114e80e0dd374401233de5a9ad7bd2a"
        "1ef88b52bb5db422886d61876353930cd0fceb518fac90cb6fdae0b00b4383931b"
    )
    assert eligibility.recover(ANSWER, signature, **domain) == SIGNER.address


def test_status_list_claim_golden_vector():
    parts = (IDENTITY_CONTRACT, INVESTOR_TOPIC, bytes([0x44]) * 31)
    domain = {"chain_id": 1, "issuer_contract": ISSUER_CONTRACT}
    digest = status_list_claim.digest(*parts, **domain)
    assert digest.hex() == "6397a3c3d3a79a1cf8fb696fafa32e2b0ef2d569f8f3028ebb57db2f52aeafd8"
    assert status_list_claim.sign(*parts, **domain, signer=SIGNER).hex() == (
        "b496ec9b2c0195395e29e6467479d3cfb49e03a3a17801d666c6db84826785fc"
        "397c8fc937c3f77802ab26225143feb05483d491f1103aae7137eb1fcc2164e7"
    )


@given(secrets, addresses, topics, st.binary(max_size=100))
def test_erc735_is_byte_for_byte_what_eth_account_signs(secret, identity_contract, topic, data):
    inner = keccak(abi_encode(["address", "uint256", "bytes"], [str(identity_contract), topic, data]))
    oracle = EthAccount.sign_message(encode_defunct(primitive=inner), secret)
    signer = Secp256k1Signer(secret)
    assert erc735.inner_hash(identity_contract, topic, data) == inner
    assert erc735.sign(identity_contract, topic, data, signer) == bytes(oracle.signature)


@given(addresses, topics)
def test_claim_ids_and_key_hashes_are_those_of_abi_encode(address, topic):
    assert erc735.claim_id(address, topic) == keccak(abi_encode(["address", "uint256"], [str(address), topic]))
    assert erc735.key_hash(address) == keccak(abi_encode(["address"], [str(address)]))


@given(
    secrets,
    addresses,
    addresses,
    addresses,
    st.integers(0, 2**128 - 1),
    st.tuples(uint64, uint64).map(sorted),
    uint64,
    st.integers(1, 2**64),
)
def test_eligibility_is_byte_for_byte_what_eth_account_signs(secret, account, token, registry, categories, times, epoch, chain_id):
    answer = Eligibility(account=account, token=token, categories=categories, issued_at=times[0], valid_until=times[1], epoch=epoch)
    message = {
        "account": str(account),
        "token": str(token),
        "categories": categories,
        "issuedAt": times[0],
        "validUntil": times[1],
        "epoch": epoch,
    }
    domain = {"name": "EligibilityRegistry", "version": "1", "chainId": chain_id, "verifyingContract": str(registry)}
    oracle = EthAccount.sign_message(encode_typed_data(domain, ANSWER_TYPES, message), secret)
    signature = eligibility.sign(answer, chain_id=chain_id, verifying_contract=registry, signer=Secp256k1Signer(secret))
    assert signature == bytes(oracle.signature)


@given(
    st.tuples(st.integers(0, 2**40 - 1), st.integers(0, 2**40 - 1)).filter(lambda pair: pair[0] < pair[1]),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=17, max_size=17),
)
def test_claim_data_reads_back_from_its_31_bytes(times, status_index, binding17):
    data = Erc735Data(valid_from=times[0], valid_until=times[1], status_index=status_index, binding17=binding17)
    packed = data.pack()
    assert len(packed) == 31
    assert packed == b"".join(
        (times[0].to_bytes(5, "big"), times[1].to_bytes(5, "big"), status_index.to_bytes(4, "big"), binding17)
    )
    assert Erc735Data.unpack(packed) == data


@given(
    st.integers(0, 2**256 - 1),
    addresses,
    addresses,
    topics,
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=16, max_size=16),
)
def test_the_binding_begins_the_hash_of_the_abi_encoding(chain_id, issuer, identity, topic, digest, salt):
    types = ["uint256", "address", "address", "uint256", "bytes32", "bytes16"]
    expected = keccak(abi_encode(types, [chain_id, str(issuer), str(identity), topic, digest, salt]))[:17]
    got = erc735.binding(
        chain_id=chain_id,
        issuer_contract=issuer,
        identity_contract=identity,
        topic=topic,
        claim_digest=digest,
        salt16=salt,
    )
    assert got == expected


@pytest.mark.parametrize(
    "change",
    [
        {"valid_from": -1},
        {"valid_until": 2**40},
        {"status_index": 2**32},
        {"binding17": bytes(16)},
        {"valid_until": 1},
    ],
)
def test_claim_data_that_does_not_fit_is_refused(change):
    parts = {"valid_from": 1, "valid_until": 2, "status_index": 0, "binding17": bytes(17)}
    with pytest.raises(ValueOutOfRange):
        Erc735Data(**{**parts, **change})


@pytest.mark.parametrize("data", [bytes(31), bytes(30), bytes([0x44]) * 32])
def test_bytes_that_are_not_claim_data_are_refused(data):
    with pytest.raises(ValueOutOfRange):
        Erc735Data.unpack(data)


@pytest.mark.parametrize(
    "change",
    [{"categories": 2**128}, {"categories": -1}, {"epoch": 2**64}, {"valid_until": 2**64}, {"valid_until": 1}],
)
def test_an_eligibility_that_does_not_fit_is_refused(change):
    parts = {"categories": 1, "issued_at": 5, "valid_until": 9, "epoch": 0}
    with pytest.raises(ValueOutOfRange):
        Eligibility(account=HOLDER, token=TOKEN, **{**parts, **change})


def test_a_topic_beyond_uint256_is_refused():
    with pytest.raises(ValueOutOfRange):
        erc735.inner_hash(IDENTITY_CONTRACT, 2**256, b"")


@pytest.mark.parametrize("change", [{"chain_id": 2}, {"verifying_contract": TOKEN}])
def test_an_attestation_of_another_domain_recovers_another_account(change):
    domain = {"chain_id": 1, "verifying_contract": ISSUER_CONTRACT}
    signature = eligibility.sign(ANSWER, **domain, signer=SIGNER)
    assert eligibility.recover(ANSWER, signature, **{**domain, **change}) != SIGNER.address


def test_recovery_of_a_claim_refuses_a_second_encoding():
    signature = bytes.fromhex(ERC735_SIGNATURE)[:64] + b"\x00"
    with pytest.raises(NonCanonicalSignature):
        erc735.recover(IDENTITY_CONTRACT, INVESTOR_TOPIC, bytes([0x44]) * 32, signature)
