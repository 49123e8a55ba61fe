"""Chains and accounts: CAIP-2, CAIP-10, EIP-55 and did:pkh.

>>> account = Account.parse("eip155:1:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
>>> str(account)
'eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
>>> account.chain.number
1
>>> Account.from_did(account.did) == account
True
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Self

from claim_issuers.errors import InvalidInput
from claim_issuers.keys.hashing import keccak256

_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CHAIN = re.compile(r"eip155:(0|[1-9][0-9]{0,31})")
# did:pkh method, "Syntax and Interpretation": the prefix, then a CAIP-10 account
_DID_PKH: Final = "did:pkh:"

# EIP-55 for forty digits at once: 0x20 is the bit between upper and lower case in ASCII
_CASE_BIT_OF_8_TO_F: Final = bytes(0x20 if chr(code) in "89abcdef" else 0 for code in range(256))
_CASE_BIT_OF_LETTERS: Final = bytes(0x20 if chr(code) in "abcdef" else 0 for code in range(256))

LARGEST_CHAIN = 2**63 - 1
"""CAIP-2 leaves room for more; EIP-155 wallets and databases count in 64 bits."""


class MalformedAccount(InvalidInput):
    """A chain, address or account is not written as CAIP-2, CAIP-10 or EIP-55 demand."""

    code = "malformed_account"


@dataclass(frozen=True)
class Address:
    """Twenty bytes that name an account or a contract on an EVM chain; shown in EIP-55 form, compared as bytes.

    Raises MalformedAccount.
    """

    value: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.value, bytes) or len(self.value) != 20:
            raise MalformedAccount("an address has 20 bytes")

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        """The address of 20 bytes, of whatever bytes-like type. Raises MalformedAccount for another length or type."""
        # bytes(20) would be the zero address
        if not isinstance(value, bytes | bytearray | memoryview):
            raise MalformedAccount("an address has 20 bytes")
        return cls(bytes(value))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``0x`` and 40 hex digits; mixed case must be the EIP-55 checksum, one case is read without it.

        Raises MalformedAccount.
        """
        if not isinstance(text, str) or not _HEX_ADDRESS.fullmatch(text):
            raise MalformedAccount("write an address as 0x and 40 hex digits")
        address = cls(bytes.fromhex(text[2:]))
        digits = text[2:]
        one_case = digits in (digits.lower(), digits.upper())
        if not one_case and text != address.checksum:
            raise MalformedAccount("the address fails its EIP-55 checksum: a character is mistyped")
        return address

    @cached_property
    def checksum(self) -> str:
        """The EIP-55 form, ``0x`` and 40 hex digits."""
        digits = self.value.hex().encode()
        wanted = keccak256(digits).hex()[:40].encode().translate(_CASE_BIT_OF_8_TO_F)
        letters = digits.translate(_CASE_BIT_OF_LETTERS)
        raised = int.from_bytes(digits, "big") ^ (int.from_bytes(wanted, "big") & int.from_bytes(letters, "big"))
        return "0x" + raised.to_bytes(40, "big").decode()

    def __str__(self) -> str:
        return self.checksum


@dataclass(frozen=True, slots=True)
class ChainId:
    """A CAIP-2 chain of the ``eip155`` namespace. Raises MalformedAccount for a number below 0 or beyond 2^63 - 1."""

    number: int

    def __post_init__(self) -> None:
        if type(self.number) is not int or not 0 <= self.number <= LARGEST_CHAIN:
            raise MalformedAccount("a chain number lies between 0 and 2^63 - 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``eip155:<number>``. Raises MalformedAccount."""
        match = _CHAIN.fullmatch(text) if isinstance(text, str) else None
        if not match:
            raise MalformedAccount("write a chain as eip155:<number>")
        return cls(int(match.group(1)))

    def __str__(self) -> str:
        return f"eip155:{self.number}"


# Accounts are many, chains are few.
_chain = lru_cache(maxsize=256)(ChainId.parse)


@dataclass(frozen=True)
class Account:
    """A CAIP-10 account: a chain and an address on it."""

    chain: ChainId
    address: Address

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``eip155:<number>:0x<40 hex>``. Raises MalformedAccount."""
        chain, separator, address = text.rpartition(":") if isinstance(text, str) else ("", "", "")
        if not separator:
            raise MalformedAccount("write an account as eip155:<number>:0x<40 hex digits>")
        return cls(_chain(chain), Address.parse(address))

    @classmethod
    def from_did(cls, did: str) -> Self:
        """Read ``did:pkh:eip155:<number>:0x<40 hex>``: the inverse of ``did``.

        Lower case and the checksum name the same account, so compare accounts, not texts. Raises MalformedAccount, for another
        method, another namespace and a fragment too.
        """
        if not isinstance(did, str) or not did.startswith(_DID_PKH):
            raise MalformedAccount("write the account as did:pkh:eip155:<number>:0x<40 hex digits>")
        return cls.parse(did[len(_DID_PKH) :])

    @cached_property
    def did(self) -> str:
        """The account as ``did:pkh`` (did:pkh method, EIP-155 namespace)."""
        return f"{_DID_PKH}{self}"

    def __str__(self) -> str:
        return f"{self.chain}:{self.address}"
