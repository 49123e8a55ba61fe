"""EIP-712 typed data with the domain ``name, version, chainId, verifyingContract``.

>>> from claim_issuers.identifiers.accounts import Address
>>> separator = domain_separator("Demo", "1", 1, Address(bytes(20)))
>>> len(typed_digest(separator, bytes(32)))
32
"""

from functools import lru_cache

from claim_issuers.formats.words import address_word, uint_word
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256

_DOMAIN_TYPE_HASH = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


@lru_cache(maxsize=256)
def domain_separator(name: str, version: str, chain_id: int, verifying_contract: Address) -> bytes:
    """The 32-byte domain separator, remembered because a service meets few domains. Raises ValueOutOfRange."""
    return keccak256(
        _DOMAIN_TYPE_HASH
        + keccak256(name.encode())
        + keccak256(version.encode())
        + uint_word(chain_id)
        + address_word(verifying_contract)
    )


def typed_digest(separator: bytes, struct_hash: bytes) -> bytes:
    """The 32 bytes to sign for one struct in one domain."""
    return keccak256(b"\x19\x01" + separator + struct_hash)
