"""Struct types of EIP-712: any struct hashes as eth-account hashes it, and what a type cannot hold is refused."""

import pytest
from builders import addresses, secrets, topics
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.formats import status_list_claim
from claim_issuers.formats.eip712 import DOMAIN_TYPE, InvalidTypedData, StructType, domain_separator, typed_digest
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.secp256k1 import compact_signature
from claim_issuers.keys.signers import Secp256k1Signer

CONTRACT = Address(bytes([0x33]) * 20)
DOMAIN = {"name": "Demo", "version": "1", "chainId": 1, "verifyingContract": str(CONTRACT)}
VALUES = {
    "address": addresses,
    "bool": st.booleans(),
    "bytes": st.binary(max_size=70),
    "string": st.text(max_size=40),
    **{f"uint{bits}": st.integers(0, 2**bits - 1) for bits in range(8, 257, 8)},
    **{f"bytes{length}": st.binary(min_size=length, max_size=length) for length in range(1, 33)},
}
kinds = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6)


def as_eth_account_wants(value):
    return str(value) if isinstance(value, Address) else value


def oracle(types, values):
    message = encode_typed_data(DOMAIN, types, values)
    return keccak(b"\x19" + message.version + message.header + message.body)


@given(kinds, st.data())
def test_any_struct_hashes_as_eth_account_hashes_it(chosen, data):
    members = tuple((f"member{place}", kind) for place, kind in enumerate(chosen))
    values = {name: data.draw(VALUES[kind]) for name, kind in members}
    types = {"Thing": [{"name": name, "type": kind} for name, kind in members]}
    expected = oracle(types, {name: as_eth_account_wants(value) for name, value in values.items()})
    ours = typed_digest(domain_separator("Demo", "1", 1, CONTRACT), StructType("Thing", members).hash_struct(values))
    assert ours == expected


@given(st.text(max_size=20), addresses, st.text(max_size=20), addresses)
def test_structs_in_structs_hash_as_eth_account_hashes_them(first, wallet, second, other):
    zoo = StructType("Zoo", (("name", "string"), ("wallet", "address")))
    animal = StructType("Animal", (("home", zoo),))
    outer = StructType("Middle", (("animal", animal), ("zoo", zoo)))
    values = {"animal": {"home": {"name": first, "wallet": wallet}}, "zoo": {"name": second, "wallet": other}}
    types = {
        "Zoo": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
        "Animal": [{"name": "home", "type": "Zoo"}],
        "Middle": [{"name": "animal", "type": "Animal"}, {"name": "zoo", "type": "Zoo"}],
    }
    told = {"animal": {"home": {"name": first, "wallet": str(wallet)}}, "zoo": {"name": second, "wallet": str(other)}}
    assert outer.encode_type == "Middle(Animal animal,Zoo zoo)Animal(Zoo home)Zoo(string name,address wallet)"
    ours = typed_digest(domain_separator("Demo", "1", 1, CONTRACT), outer.hash_struct(values))
    # eth-account reads the primary type from the types: the one that no other refers to
    assert ours == oracle(types, told)


@given(secrets, addresses, topics, st.binary(max_size=100), addresses, st.integers(0, 2**64))
def test_a_status_list_claim_is_byte_for_byte_what_eth_account_signs(secret, identity, topic, data, contract, chain_id):
    types = {"Claim": [{"name": name, "type": kind} for name, kind in status_list_claim.TYPE.members]}
    domain = {"name": "StatusListClaimIssuer", "version": "1", "chainId": chain_id, "verifyingContract": str(contract)}
    message = encode_typed_data(domain, types, {"identity": str(identity), "topic": topic, "data": data})
    expected = bytes(EthAccount.sign_message(message, secret).signature)
    where = {"chain_id": chain_id, "issuer_contract": contract}
    signature = status_list_claim.sign(identity, topic, data, **where, signer=Secp256k1Signer(secret))
    assert signature == compact_signature(expected)
    assert str(status_list_claim.recover(identity, topic, data, signature, **where)) == EthAccount.from_key(secret).address


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "0x" + "33" * 20),
        ("address", bytes(20)),
        ("bool", 1),
        ("bytes", "00"),
        ("bytes", bytearray(2)),
        ("string", b"text"),
        ("string", "\ud800"),
        ("uint8", 256),
        ("uint8", -1),
        ("uint256", 2**256),
        ("uint64", True),
        ("uint64", 1.0),
        ("uint64", None),
        ("bytes4", bytes(3)),
        ("bytes4", bytes(5)),
        ("bytes4", "abcd"),
    ],
)
def test_a_value_that_its_type_cannot_hold_is_refused(kind, value):
    with pytest.raises(ValueOutOfRange):
        StructType("Thing", (("member", kind),)).hash_struct({"member": value})


@pytest.mark.parametrize("values", [{}, {"name": "a", "other": "b"}, {"other": "a"}, None, "name", ["name"]])
def test_values_that_are_not_exactly_the_members_are_refused(values):
    with pytest.raises(InvalidTypedData):
        StructType("Thing", (("name", "string"),)).hash_struct(values)


@pytest.mark.parametrize(
    "kind", ["uint", "uint7", "uint264", "int256", "bytes0", "bytes33", "string[]", "Person", "", None, ["bool"]]
)
def test_a_type_that_we_do_not_encode_is_refused(kind):
    with pytest.raises(InvalidTypedData):
        StructType("Thing", (("member", kind),))


@pytest.mark.parametrize(
    ("name", "members"),
    [("", ()), ("A(bool b)", ()), ("Thing", (("a b", "bool"),)), ("Thing", (("a", "bool"), ("a", "string")))],
)
def test_names_that_could_write_a_second_struct_are_refused(name, members):
    with pytest.raises(InvalidTypedData):
        StructType(name, members)


def test_two_structs_of_one_name_in_one_type_are_refused():
    one, other = StructType("Part", (("a", "bool"),)), StructType("Part", (("a", "string"),))
    with pytest.raises(InvalidTypedData):
        StructType("Whole", (("one", one), ("other", other)))
    with pytest.raises(InvalidTypedData):
        StructType("Part", (("one", one),))


@pytest.mark.parametrize(
    "change", [{"chain_id": -1}, {"chain_id": 2**256}, {"chain_id": "1"}, {"verifying_contract": None}, {"name": 5}]
)
def test_a_domain_that_does_not_fit_is_refused(change):
    parts = {"name": "Demo", "version": "1", "chain_id": 1, "verifying_contract": CONTRACT}
    with pytest.raises(ValueOutOfRange):
        domain_separator(**{**parts, **change})


def test_our_domain_has_the_members_that_wallets_show():
    assert DOMAIN_TYPE.encode_type == "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
