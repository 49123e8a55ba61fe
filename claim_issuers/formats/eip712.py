"""EIP-712 typed data: struct types, their hashes, and the domain ``name, version, chainId, verifyingContract``.

>>> from claim_issuers.identifiers.accounts import Address
>>> person = StructType("Person", (("name", "string"), ("wallet", "address")))
>>> mail = StructType("Mail", (("to", person), ("contents", "string")))
>>> mail.encode_type
'Mail(Person to,string contents)Person(string name,address wallet)'
>>> struct_hash = mail.hash_struct({"to": {"name": "Ada", "wallet": Address(bytes(20))}, "contents": "Hello"})
>>> len(typed_digest(domain_separator("Demo", "1", 1, Address(bytes(20))), struct_hash))
32
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any, Final, Union

from claim_issuers.errors import InvalidInput
from claim_issuers.formats.words import WORD, ValueOutOfRange, address_word, checked_bytes, exact_bytes, uint_word
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


class InvalidTypedData(InvalidInput):
    """A struct type is none that we encode (no arrays, no signed numbers), or the values are not exactly its members."""

    code = "invalid_typed_data"


MemberType = Union[str, "StructType"]
"""A Solidity type by its name (address, bool, bytes, string, uint8…uint256, bytes1…bytes32) or another struct."""


@dataclass(frozen=True)
class StructType:
    """A struct of EIP-712: its name and its members (name, type) in order. Raises InvalidTypedData.

    A type cannot refer to itself, since it must exist before it is named.
    """

    name: str
    members: tuple[tuple[str, MemberType], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.members]
        if not all(_IDENTIFIER.fullmatch(name) for name in (self.name, *names)) or len(set(names)) != len(names):
            raise InvalidTypedData("a struct and its members have Solidity identifiers, each once")
        for _, kind in self.members:
            if not isinstance(kind, StructType) and not (isinstance(kind, str) and kind in _ENCODERS):
                raise InvalidTypedData(f"{kind} is no type that we encode")
        if len({referenced.name for referenced in self._referenced}) != len(self._referenced):
            raise InvalidTypedData("two structs share a name")

    @cached_property
    def encode_type(self) -> str:
        """``encodeType``: this struct, then those it refers to, sorted by name."""
        others = sorted(self._referenced - {self}, key=lambda referenced: referenced.name)
        return "".join(struct._own_type for struct in (self, *others))

    @cached_property
    def type_hash(self) -> bytes:
        """keccak256 of ``encodeType``, 32 bytes."""
        return keccak256(self.encode_type.encode())

    def hash_struct(self, values: Mapping[str, Any]) -> bytes:
        """``hashStruct``: 32 bytes. Nested structs are mappings too, addresses are Address values.

        Raises InvalidTypedData unless ``values`` has exactly the members, ValueOutOfRange for a value that its type cannot hold.
        """
        if not isinstance(values, Mapping) or values.keys() != {name for name, _ in self.members}:
            raise InvalidTypedData(f"give exactly the members of {self.name}")
        return keccak256(self.type_hash + b"".join(_encoded(kind, values[name]) for name, kind in self.members))

    @cached_property
    def _own_type(self) -> str:
        kinds = ((kind.name if isinstance(kind, StructType) else kind, name) for name, kind in self.members)
        return f"{self.name}({','.join(f'{kind} {name}' for kind, name in kinds)})"

    @cached_property
    def _referenced(self) -> frozenset["StructType"]:
        """Every struct that the encoding names, this one included."""
        below = (kind._referenced for _, kind in self.members if isinstance(kind, StructType))
        return frozenset({self}).union(*below)


def _encoded(kind: MemberType, value: Any) -> bytes:
    return kind.hash_struct(value) if isinstance(kind, StructType) else _ENCODERS[kind](value)


def _bool_word(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise ValueOutOfRange("give True or False")
    return uint_word(int(value))


def _string_hash(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueOutOfRange("give text")
    try:
        return keccak256(value.encode())
    except UnicodeEncodeError as fault:
        raise ValueOutOfRange("the text is no Unicode") from fault


def _bytes_hash(value: Any) -> bytes:
    return keccak256(checked_bytes(value))


def _fixed_bytes(value: Any, *, length: int) -> bytes:
    return exact_bytes(value, length=length).ljust(WORD, b"\x00")


_ENCODERS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    "address": address_word,
    "bool": _bool_word,
    "bytes": _bytes_hash,
    "string": _string_hash,
    **{f"uint{bits}": partial(uint_word, bits=bits) for bits in range(8, 257, 8)},
    **{f"bytes{length}": partial(_fixed_bytes, length=length) for length in range(1, 33)},
}

DOMAIN_TYPE: Final = StructType(
    "EIP712Domain",
    (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")),
)


@lru_cache(maxsize=256, typed=True)
def domain_separator(name: str, version: str, chain_id: int, verifying_contract: Address) -> bytes:
    """The 32-byte domain separator, remembered because a service meets few domains. Raises ValueOutOfRange."""
    return DOMAIN_TYPE.hash_struct({"name": name, "version": version, "chainId": chain_id, "verifyingContract": verifying_contract})


def typed_digest(separator: bytes, struct_hash: bytes) -> bytes:
    """The 32 bytes to sign for one struct in one domain."""
    return keccak256(b"\x19\x01" + separator + struct_hash)
