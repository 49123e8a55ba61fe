"""viem, the library of most front ends: it verifies what we sign for contracts, and signs the same bytes itself."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claim_issuers import Address, Eligibility, Secp256k1Signer
from claim_issuers.formats import eligibility, erc735, status_list_claim
from claim_issuers.keys.curves import NonCanonicalSignature
from claim_issuers.keys.secp256k1 import expand_compact, recover_address

few = settings(max_examples=40, deadline=None)
addresses = st.binary(min_size=20, max_size=20).map(Address)
secrets = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
uint64 = st.integers(0, 2**64 - 1)
topics = st.integers(0, 2**256 - 1)
chains = st.integers(1, 2**53 - 1)


def typed_data(
    name: str, chain_id: int, contract: Address, members: list[tuple[str, str]], message: dict[str, Any], kind: str
) -> Any:
    return {
        "domain": {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": str(contract)},
        "types": {kind: [{"name": member, "type": type_} for member, type_ in members]},
        "primaryType": kind,
        "message": message,
    }


def eligibility_data(answer: Eligibility, chain_id: int, contract: Address) -> Any:
    members = [
        ("account", "address"),
        ("token", "address"),
        ("categories", "uint128"),
        ("issuedAt", "uint64"),
        ("validUntil", "uint64"),
        ("epoch", "uint64"),
    ]
    message = {
        "account": str(answer.account),
        "token": str(answer.token),
        "categories": str(answer.categories),
        "issuedAt": str(answer.issued_at),
        "validUntil": str(answer.valid_until),
        "epoch": str(answer.epoch),
    }
    return typed_data("EligibilityRegistry", chain_id, contract, members, message, "Eligibility")


def claim_data(identity_contract: Address, topic: int, data: bytes, chain_id: int, contract: Address) -> Any:
    members = [("identity", "address"), ("topic", "uint256"), ("data", "bytes")]
    message = {"identity": str(identity_contract), "topic": str(topic), "data": hex_of(data)}
    return typed_data("StatusListClaimIssuer", chain_id, contract, members, message, "Claim")


def hex_of(value: bytes) -> str:
    return "0x" + value.hex()


answers = st.builds(
    lambda account, token, categories, times, epoch: Eligibility(
        account=account, token=token, categories=categories, issued_at=min(times), valid_until=max(times), epoch=epoch
    ),
    addresses,
    addresses,
    st.integers(0, 2**128 - 1),
    st.tuples(uint64, uint64),
    uint64,
)


@few
@given(secrets, answers, chains, addresses)
def test_viem_verifies_our_eligibility_and_signs_the_same_bytes(libraries, secret, answer, chain_id, contract):
    signer, domain = Secp256k1Signer(secret), {"chain_id": chain_id, "verifying_contract": contract}
    data = eligibility_data(answer, chain_id, contract)
    ours = eligibility.sign(answer, signer=signer, **domain)
    assert libraries.ask("typed_data", data=data, key=hex_of(secret)) == {
        "digest": hex_of(eligibility.digest(answer, **domain)),
        "signature": hex_of(ours),
        "address": str(signer.address),
    }
    assert libraries.ask("typed_data_verifies", data=data, address=str(signer.address), signature=hex_of(ours))


def test_viem_refuses_our_eligibility_for_another_registry(libraries):
    signer, registry = Secp256k1Signer(bytes([0x11]) * 32), Address(bytes([0x33]) * 20)
    zero = Address(bytes(20))
    answer = Eligibility(account=zero, token=zero, categories=1, issued_at=1, valid_until=2, epoch=0)
    signature = hex_of(eligibility.sign(answer, chain_id=1, verifying_contract=registry, signer=signer))
    for chain_id, contract in ((2, registry), (1, zero)):
        data = eligibility_data(answer, chain_id, contract)
        assert not libraries.ask("typed_data_verifies", data=data, address=str(signer.address), signature=signature)


@few
@given(secrets, addresses, topics, st.binary(max_size=80))
def test_viem_recovers_the_signer_of_our_erc735_claim_and_signs_the_same_bytes(libraries, secret, identity_contract, topic, data):
    signer = Secp256k1Signer(secret)
    inner = hex_of(erc735.inner_hash(identity_contract, topic, data))
    ours = hex_of(erc735.sign(identity_contract, topic, data, signer))
    values = [str(identity_contract), str(topic), hex_of(data)]
    assert libraries.ask("abi_hash", types=["address", "uint256", "bytes"], values=values) == inner
    assert libraries.ask("message_signer", raw=inner, signature=ours) == str(signer.address)
    assert libraries.ask("message", raw=inner, key=hex_of(secret)) == {
        "digest": hex_of(erc735.digest(identity_contract, topic, data)),
        "signature": ours,
        "address": str(signer.address),
    }


@few
@given(secrets, addresses, topics, st.binary(max_size=80), chains, addresses)
def test_viem_reads_our_compact_signature_for_the_status_list_claim_issuer(
    libraries, secret, identity_contract, topic, data, chain_id, contract
):
    signer, parts = Secp256k1Signer(secret), (identity_contract, topic, data)
    domain = {"chain_id": chain_id, "issuer_contract": contract}
    typed = claim_data(*parts, chain_id, contract)
    compact = status_list_claim.sign(*parts, signer=signer, **domain)
    full = libraries.ask("expanded", compact=hex_of(compact))
    assert libraries.ask("typed_data", data=typed, key=hex_of(secret)) == {
        "digest": hex_of(status_list_claim.digest(*parts, **domain)),
        "signature": full,
        "address": str(signer.address),
    }
    assert libraries.ask("typed_data_verifies", data=typed, address=str(signer.address), signature=full)
    assert libraries.ask("compacted", signature=full) == hex_of(compact)
    assert hex_of(expand_compact(compact)) == full


@few
@given(secrets, st.binary(min_size=32, max_size=32))
def test_we_recover_the_signer_of_what_viem_signs(libraries, secret, raw):
    signed = libraries.ask("message", raw=hex_of(raw), key=hex_of(secret))
    digest, signature = (bytes.fromhex(signed[name][2:]) for name in ("digest", "signature"))
    assert str(recover_address(digest, signature)) == signed["address"]


def test_viem_takes_the_two_spellings_of_v_and_the_high_s_twin_that_we_refuse(libraries):
    signer = Secp256k1Signer(bytes([0x11]) * 32)
    identity_contract, data = Address(bytes([0x22]) * 20), bytes(31)
    canonical = erc735.sign(identity_contract, 5, data, signer)
    inner = hex_of(erc735.inner_hash(identity_contract, 5, data))
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    low_v = canonical[:64] + bytes([canonical[64] - 27])
    high_s = canonical[:32] + (order - int.from_bytes(canonical[32:64], "big")).to_bytes(32, "big") + bytes([55 - canonical[64]])
    for twin in (low_v, high_s):
        assert libraries.ask("message_signer", raw=inner, signature=hex_of(twin)) == str(signer.address)
        with pytest.raises(NonCanonicalSignature):
            erc735.recover(identity_contract, 5, data, twin)


@few
@given(st.lists(addresses, min_size=1, max_size=40))
def test_viem_writes_the_checksums_that_we_write(libraries, several):
    lower = [hex_of(address.value) for address in several]
    assert libraries.ask("checksums", addresses=lower) == [str(address) for address in several]
