"""Chains and accounts: CAIP-2, CAIP-10 and EIP-55.

>>> account = Account.parse("eip155:1:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
>>> str(account)
'eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
>>> account.chain.number
1
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from claim_issuers.errors import InvalidInput
from claim_issuers.keys.hashing import keccak256

_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CHAIN = re.compile(r"eip155:(0|[1-9][0-9]{0,31})")


LARGEST_CHAIN = 2**63 - 1
"""CAIP-2 leaves room for more; EIP-155 wallets and databases count in 64 bits."""


class MalformedAccount(InvalidInput):
    """A chain, address or account is not written as CAIP-2, CAIP-10 or EIP-55 demand."""

    code = "malformed_account"


@dataclass(frozen=True)
class Address:
    """Twenty bytes that name an account or a contract on an EVM chain; shown in EIP-55 form, compared as bytes."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != 20:
            raise MalformedAccount("an address has 20 bytes")

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        """The address of 20 bytes. Raises MalformedAccount for another length."""
        return cls(bytes(value))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``0x`` and 40 hex digits; mixed case must be the EIP-55 checksum. Raises MalformedAccount."""
        if not _HEX_ADDRESS.fullmatch(text):
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
        digits = self.value.hex()
        digest = keccak256(digits.encode()).hex()
        return "0x" + "".join(c.upper() if int(h, 16) >= 8 else c for c, h in zip(digits, digest, strict=False))

    def __str__(self) -> str:
        return self.checksum


@dataclass(frozen=True, slots=True)
class ChainId:
    """A CAIP-2 chain of the ``eip155`` namespace."""

    number: int

    def __post_init__(self) -> None:
        if not 0 <= self.number <= LARGEST_CHAIN:
            raise MalformedAccount("a chain number lies between 0 and 2^63 - 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``eip155:<number>``. Raises MalformedAccount."""
        match = _CHAIN.fullmatch(text)
        if not match:
            raise MalformedAccount("write a chain as eip155:<number>")
        return cls(int(match.group(1)))

    def __str__(self) -> str:
        return f"eip155:{self.number}"


@dataclass(frozen=True, slots=True)
class Account:
    """A CAIP-10 account: a chain and an address on it."""

    chain: ChainId
    address: Address

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``eip155:<number>:0x<40 hex>``. Raises MalformedAccount."""
        chain, separator, address = text.rpartition(":")
        if not separator:
            raise MalformedAccount("write an account as eip155:<number>:0x<40 hex digits>")
        return cls(ChainId.parse(chain), Address.parse(address))

    @property
    def did(self) -> str:
        """The account as ``did:pkh`` (did:pkh method, EIP-155 namespace)."""
        return f"did:pkh:{self}"

    def __str__(self) -> str:
        return f"{self.chain}:{self.address}"
