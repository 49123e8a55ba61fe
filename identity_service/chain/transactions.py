"""EIP-1559 transactions: built as values, signed by whoever holds the key, sent elsewhere.

>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> transaction = Transaction(chain=ChainId(1), nonce=0, max_priority_fee_per_gas=1, max_fee_per_gas=2, gas=21_000,
...     to=Address.parse("0x" + "11" * 20), value=1)
>>> sign_transaction(transaction, Secp256k1Signer(bytes([0x11]) * 32)).raw[:1]
b'\\x02'
"""

from dataclasses import dataclass

import rlp  # type: ignore[import-untyped]

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.signers import DigestSigner

_TYPE = b"\x02"  # EIP-2718 type of EIP-1559


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What is to be signed; fees in wei per gas, ``to`` None to create a contract."""

    chain: ChainId
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas: int
    to: Address | None
    value: int = 0
    payload: bytes = b""

    def digest(self) -> bytes:
        """The 32 bytes to sign (EIP-1559)."""
        return keccak256(_TYPE + rlp.encode(self._fields()))

    def with_signature(self, signature: bytes) -> "SignedTransaction":
        """The transaction together with r‖s‖v over its digest, v 27 or 28. Leaves checking the signature to the node."""
        r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
        raw = _TYPE + rlp.encode([*self._fields(), v - 27, r, s])
        return SignedTransaction(raw=raw, hash=keccak256(raw))

    def _fields(self) -> list[int | bytes | list[bytes]]:
        return [
            self.chain.number,
            self.nonce,
            self.max_priority_fee_per_gas,
            self.max_fee_per_gas,
            self.gas,
            b"" if self.to is None else self.to.value,
            self.value,
            self.payload,
            [],  # no access list (EIP-2930)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """The bytes to send, and the hash by which the receipt is found."""

    raw: bytes
    hash: bytes


def sign_transaction(transaction: Transaction, signer: DigestSigner) -> SignedTransaction:
    """Sign with the account's key."""
    return transaction.with_signature(signer.sign_digest(transaction.digest()))
