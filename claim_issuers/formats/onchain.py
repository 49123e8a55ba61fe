"""What the on-chain forms of a claim have in common: the parts a contract holds, and how a form digests, signs and reads them.

A further form is one more file here with a class that fits ``OnChainForm``; verifiers take the form as a value.

>>> from claim_issuers.formats.erc735 import Erc735Form
>>> form: OnChainForm = Erc735Form()
>>> form.name
'erc735'
"""

from dataclasses import dataclass
from typing import Protocol

from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.formats.words import checked_address, checked_bytes, checked_uint
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.signers import DigestSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainClaim:
    """A claim as an identity contract holds it, nothing in it believed yet: ``data`` and ``signature`` have any length.

    Raises ValueOutOfRange for a part of another type, or a topic beyond uint256.
    """

    identity_contract: Address
    topic: int
    data: bytes
    signature: bytes

    def __post_init__(self) -> None:
        checked_address(self.identity_contract)
        checked_uint(self.topic, bits=256)
        checked_bytes(self.data)
        checked_bytes(self.signature)


class OnChainForm(Protocol):
    """How one kind of claim-issuer contract wants a claim digested and signed, and what its ``data`` says."""

    @property
    def name(self) -> str:
        """The form's name, such as ``erc735``."""
        ...

    def digest(self, identity_contract: Address, topic: int, data: bytes) -> bytes:
        """The 32 bytes to sign. Raises ValueOutOfRange."""
        ...

    def sign(self, identity_contract: Address, topic: int, data: bytes, signer: DigestSigner) -> bytes:
        """The signature as this form writes it. Raises ValueOutOfRange."""
        ...

    def recover(self, identity_contract: Address, topic: int, data: bytes, signature: bytes) -> Address:
        """Who signed. Raises NonCanonicalSignature for any encoding but this form's one, BadSignature when no key fits."""
        ...

    def is_for(self, chain_id: int, issuer_contract: Address) -> bool:
        """Whether a claim in this form can be meant for that claim-issuer contract."""
        ...

    def read(self, data: bytes) -> Erc735Data:
        """Validity, on-chain status index and binding, as ``data`` holds them. Raises ValueOutOfRange."""
        ...
