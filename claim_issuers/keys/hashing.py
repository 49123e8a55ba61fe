"""Keccak-256, the hash of Ethereum (the padding before FIPS 202).

>>> keccak256(b"").hex()[:8]
'c5d24601'
"""

try:
    from sha3 import keccak_256 as _keccak_256

    def keccak256(data: bytes) -> bytes:
        """The 32-byte Keccak-256 digest of ``data``."""
        return _keccak_256(data).digest()  # type: ignore[no-any-return]

except ImportError:  # safe-pysha3 has no wheel for Python 3.13; pycryptodome is six times slower and otherwise equal
    from Crypto.Hash import keccak as _keccak

    def keccak256(data: bytes) -> bytes:
        """The 32-byte Keccak-256 digest of ``data``."""
        return _keccak.new(digest_bits=256, data=data).digest()
