"""A form that nobody here knows: one class beside the others, and the verifier takes it as it is."""

from dataclasses import dataclass, replace
from typing import ClassVar

from onchain_claims import ISSUER_CONTRACT, KEY, STRANGER, signed, the_data, verified

from claim_issuers.formats.eip712 import StructType, domain_separator, typed_digest
from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.curves import NonCanonicalSignature
from claim_issuers.keys.secp256k1 import recover_address
from claim_issuers.keys.signers import DigestSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyForm:
    """Times of 32 bytes before the rest of the data; the signer's address before the signature."""

    chain_id: int
    issuer_contract: Address
    name: ClassVar[str] = "toy"
    kind: ClassVar[StructType] = StructType("Toy", (("subject", "address"), ("topic", "uint256"), ("data", "bytes")))

    def digest(self, identity_contract: Address, topic: int, data: bytes) -> bytes:
        struct_hash = self.kind.hash_struct({"subject": identity_contract, "topic": topic, "data": data})
        return typed_digest(domain_separator("Toy", "3", self.chain_id, self.issuer_contract), struct_hash)

    def sign(self, identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
        return signer.address.value + signer.sign_digest(self.digest(identity_contract, topic, data))

    def recover(self, identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
        signer = recover_address(self.digest(identity_contract, topic, data), signature[20:])
        if signer.value != signature[:20]:
            raise NonCanonicalSignature("the signature begins with its signer")
        return signer

    def is_for(self, chain_id: int, issuer_contract: Address) -> bool:
        return True

    def read(self, data: bytes) -> Erc735Data:
        if len(data) != 85:
            raise ValueOutOfRange("give 85 bytes")
        start, end = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")
        index = int.from_bytes(data[64:68], "big")
        return Erc735Data(valid_from=start, valid_until=end, status_index=index, binding17=data[68:])


FORM = ToyForm(chain_id=1, issuer_contract=ISSUER_CONTRACT)


def toy_data() -> bytes:
    known = Erc735Data.unpack(the_data())
    times = known.valid_from.to_bytes(32, "big") + known.valid_until.to_bytes(32, "big")
    return times + known.status_index.to_bytes(4, "big") + known.binding17


def test_a_further_form_is_verified_without_a_change_elsewhere():
    report = verified(signed(FORM, data=toy_data()), FORM)
    assert report.ok
    assert report.data == Erc735Data.unpack(the_data())


def test_a_further_forms_own_rules_hold():
    claim = signed(FORM, data=toy_data())
    renamed = replace(claim, signature=STRANGER.address.value + claim.signature[20:])
    assert verified(renamed, FORM).check("signature").reason == "non_canonical_signature"
    assert verified(signed(FORM), FORM).check("data").reason == "value_out_of_range"
    assert verified(signed(FORM, key=STRANGER, data=toy_data()), FORM).check("signer").reason == "signed_by_another_key"
    assert verified(signed(FORM, data=toy_data()), FORM, claim_keys={KEY.address}).ok
