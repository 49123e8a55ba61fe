"""Vectors of the on-chain forms: those the EIPs publish, and those of the design as eth-abi and eth-account make them."""

import importlib.util
import json
from pathlib import Path

import pytest

from claim_issuers.formats import eip712, eligibility, erc735, status_list_claim
from claim_issuers.formats.eip712 import DOMAIN_TYPE, StructType, domain_separator, typed_digest
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.secp256k1 import compact_signature, eip191_digest, expand_compact, recover_address
from claim_issuers.keys.signers import Secp256k1Signer

VECTORS = Path(__file__).parents[1] / "vectors"


def read(name):
    return json.loads((VECTORS / name).read_text())


EIP712, EIP2098, ERC735, ELIGIBILITY = map(read, ("eip712.json", "eip2098.json", "erc735.json", "eligibility.json"))
SIGNER = Secp256k1Signer(bytes.fromhex(ERC735["secret"]))
IDENTITY_CONTRACT, ISSUER_CONTRACT = Address.parse(ERC735["identity_contract"]), Address.parse(ERC735["issuer_contract"])
TOPIC = int(ERC735["topic"], 16)
COW = Secp256k1Signer(keccak256(EIP712["secret_text"].encode()))
PERSON = StructType("Person", tuple(map(tuple, EIP712["person_members"])))
MAIL = StructType("Mail", (("from", PERSON), ("to", PERSON), ("contents", "string")))


def with_addresses(values):
    """The JSON of typed data with Address values in place of their texts."""
    if isinstance(values, dict):
        return {name: with_addresses(value) for name, value in values.items()}
    return Address.parse(values) if isinstance(values, str) and values.startswith("0x") else values


def test_the_example_of_eip712_hashes_as_published():
    assert str(COW.address) == EIP712["address"]
    assert MAIL.encode_type == EIP712["encode_type"]
    assert MAIL.type_hash.hex() == EIP712["type_hash"]
    assert MAIL.hash_struct(with_addresses(EIP712["message"])).hex() == EIP712["struct_hash"]


@pytest.mark.parametrize("name", ["mail", "mail_with_http_origin"])
def test_the_example_of_eip712_is_signed_as_published(name):
    vector = EIP712[name]
    domain_type = StructType("EIP712Domain", tuple(map(tuple, vector["domain_members"])))
    separator = domain_type.hash_struct(with_addresses(vector["domain"]))
    assert separator.hex() == vector["domain_separator"]
    digest = typed_digest(separator, MAIL.hash_struct(with_addresses(EIP712["message"])))
    assert digest.hex() == vector["digest"]
    assert COW.sign_digest(digest).hex() == vector["signature"]
    assert recover_address(digest, bytes.fromhex(vector["signature"])) == COW.address


def test_our_domains_are_hashed_as_the_published_one():
    vector = EIP712["mail"]
    name, version, chain_id, contract = with_addresses(vector["domain"]).values()
    assert DOMAIN_TYPE.members == tuple(map(tuple, vector["domain_members"]))
    assert domain_separator(name, version, chain_id, contract).hex() == vector["domain_separator"]


@pytest.mark.parametrize("vector", EIP2098["signatures"], ids=lambda vector: vector["message"])
def test_signatures_are_compacted_and_expanded_as_eip2098_shows(vector):
    signature, compact = bytes.fromhex(vector["signature"]), bytes.fromhex(vector["compact"])
    digest = eip191_digest(vector["message"].encode())
    assert Secp256k1Signer(bytes.fromhex(EIP2098["secret"])).sign_digest(digest) == signature
    assert compact_signature(signature) == compact
    assert expand_compact(compact) == signature


@pytest.mark.parametrize("vector", ERC735["erc735"], ids=lambda vector: str(len(vector["data"]) // 2))
def test_erc735_vectors(vector):
    data = bytes.fromhex(vector["data"])
    assert erc735.inner_hash(IDENTITY_CONTRACT, TOPIC, data).hex() == vector["inner_hash"]
    assert erc735.sign(IDENTITY_CONTRACT, TOPIC, data, SIGNER).hex() == vector["signature"]
    assert erc735.recover(IDENTITY_CONTRACT, TOPIC, data, bytes.fromhex(vector["signature"])) == SIGNER.address


def test_claim_id_and_key_hash_vectors():
    assert erc735.claim_id(ISSUER_CONTRACT, TOPIC).hex() == ERC735["claim_id"]
    assert erc735.key_hash(SIGNER.address).hex() == ERC735["key_hash"]


@pytest.mark.parametrize("vector", ERC735["status_list_claim"], ids=lambda vector: str(len(vector["data"]) // 2))
def test_status_list_claim_vectors(vector):
    parts = (IDENTITY_CONTRACT, TOPIC, bytes.fromhex(vector["data"]))
    domain = {"chain_id": ERC735["chain_id"], "issuer_contract": ISSUER_CONTRACT}
    assert status_list_claim.digest(*parts, **domain).hex() == vector["digest"]
    assert status_list_claim.sign(*parts, **domain, signer=SIGNER).hex() == vector["signature"]
    assert status_list_claim.recover(*parts, bytes.fromhex(vector["signature"]), **domain) == SIGNER.address


@pytest.mark.parametrize("vector", ELIGIBILITY["attestations"], ids=lambda vector: str(vector["answer"]["epoch"]))
def test_eligibility_vectors(vector):
    said = with_addresses(vector["answer"])
    answer = Eligibility(
        account=said["account"],
        token=said["token"],
        categories=said["categories"],
        issued_at=said["issuedAt"],
        valid_until=said["validUntil"],
        epoch=said["epoch"],
    )
    domain = {"chain_id": ELIGIBILITY["chain_id"], "verifying_contract": Address.parse(ELIGIBILITY["verifying_contract"])}
    assert answer.struct_hash() == eligibility.TYPE.hash_struct(said)
    assert eligibility.digest(answer, **domain).hex() == vector["digest"]
    assert eligibility.sign(answer, **domain, signer=SIGNER).hex() == vector["signature"]
    assert eligibility.recover(answer, bytes.fromhex(vector["signature"]), **domain) == SIGNER.address


def test_the_vectors_of_ours_are_what_their_script_makes():
    spec = importlib.util.spec_from_file_location("make_onchain", VECTORS / "make_onchain.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, content in script.documents().items():
        assert read(name) == content


@pytest.mark.parametrize("name", ["eip712.json", "eip2098.json", "erc735.json", "eligibility.json"])
def test_every_file_of_vectors_names_its_source(name):
    assert read(name)["source"]


def test_domains_of_other_types_do_not_share_a_remembered_separator():
    known = domain_separator("Demo", "1", 1, ISSUER_CONTRACT)
    assert domain_separator("Demo", "1", 1, ISSUER_CONTRACT) == known
    for number in (True, 1.0):
        with pytest.raises(eip712.ValueOutOfRange):
            domain_separator("Demo", "1", number, ISSUER_CONTRACT)
