"""Raw JSON-RPC logs into events, by slicing 32-byte words.

The event layer of web3 decodes a few thousand logs a second and slicing decodes a hundred thousand, so a log goes straight from
its hex strings to a value. Only the contract that an event belongs to is believed: a storage cannot move a balance.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from identity_service.register import events
from identity_service.register.events import Event, Position

_WORD = 32
_Reader = Callable[[bytes], Any]


class MalformedLog(Unavailable):
    """The node sent a log that its contract cannot have written; nothing of the answer is believed."""

    code = "malformed_log"


class Emitter(StrEnum):
    """Which of a token's contracts writes a log."""

    TOKEN = "token"  # noqa: S105 - a contract's part, not a secret
    IDENTITY_REGISTRY = "identity_registry"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitters:
    """The addresses whose logs make up one token's register."""

    token: Address
    identity_registry: Address
    storage: Address

    def part(self, address: bytes) -> Emitter | None:
        """Which contract ``address`` is, or None for a stranger."""
        return {
            self.token.value: Emitter.TOKEN,
            self.identity_registry.value: Emitter.IDENTITY_REGISTRY,
            self.storage.value: Emitter.STORAGE,
        }.get(address)

    @property
    def addresses(self) -> tuple[Address, ...]:
        return (self.token, self.identity_registry, self.storage)


@dataclass(frozen=True, slots=True)
class _Shape:
    emitter: Emitter
    build: Callable[..., Event]
    indexed: int
    readers: tuple[_Reader, ...]


def _address(word: bytes) -> Address:
    if any(word[:12]):
        raise MalformedLog("a log's address word is longer than 20 bytes")
    return Address(word[12:])


def _uint(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _uint16(word: bytes) -> int:
    number = _uint(word)
    if number >> 16:
        raise MalformedLog("a log's country is above uint16")
    return number


def _bool(word: bytes) -> bool:
    number = _uint(word)
    if number > 1:
        raise MalformedLog("a log's flag is neither 0 nor 1")
    return number == 1


def _shape(emitter: Emitter, build: Callable[..., Event], indexed: int, *readers: _Reader) -> _Shape:
    return _Shape(emitter, build, indexed, readers)


def topic0(signature: str) -> str:
    """The first topic of an event, ``0x`` and 64 hex digits: Keccak-256 of its canonical signature."""
    return "0x" + keccak256(signature.encode()).hex()


_SIGNATURES: Mapping[str, _Shape] = {
    "Transfer(address,address,uint256)": _shape(Emitter.TOKEN, events.Transfer, 2, _address, _address, _uint),
    "Approval(address,address,uint256)": _shape(Emitter.TOKEN, events.Approval, 2, _address, _address, _uint),
    "TokensFrozen(address,uint256)": _shape(Emitter.TOKEN, events.TokensFrozen, 1, _address, _uint),
    "TokensUnfrozen(address,uint256)": _shape(Emitter.TOKEN, events.TokensUnfrozen, 1, _address, _uint),
    "AddressFrozen(address,bool,address)": _shape(Emitter.TOKEN, events.AddressFrozen, 3, _address, _bool, _address),
    "Paused(address)": _shape(Emitter.TOKEN, events.Paused, 0, _address),
    "Unpaused(address)": _shape(Emitter.TOKEN, events.Unpaused, 0, _address),
    "RecoverySuccess(address,address,address)": _shape(Emitter.TOKEN, events.RecoverySuccess, 3, _address, _address, _address),
    "IdentityRegistryAdded(address)": _shape(Emitter.TOKEN, events.IdentityRegistryAdded, 1, _address),
    "IdentityStorageSet(address)": _shape(Emitter.IDENTITY_REGISTRY, events.IdentityStorageSet, 1, _address),
    "IdentityStored(address,address)": _shape(Emitter.STORAGE, events.IdentityStored, 2, _address, _address),
    "IdentityUnstored(address,address)": _shape(Emitter.STORAGE, events.IdentityUnstored, 2, _address, _address),
    "IdentityModified(address,address)": _shape(Emitter.STORAGE, events.IdentityModified, 2, _address, _address),
    "CountryModified(address,uint16)": _shape(Emitter.STORAGE, events.CountryModified, 2, _address, _uint16),
    "IdentityRegistryBound(address)": _shape(Emitter.STORAGE, events.IdentityRegistryBound, 1, _address),
    "IdentityRegistryUnbound(address)": _shape(Emitter.STORAGE, events.IdentityRegistryUnbound, 1, _address),
}
_SHAPES: Mapping[str, _Shape] = {topic0(signature): shape for signature, shape in _SIGNATURES.items()}
TOPICS: tuple[bytes, ...] = tuple(bytes.fromhex(topic[2:]) for topic in _SHAPES)
"""The first topics of all events that the register listens to."""


def decode(logs: Iterable[Mapping[str, Any]], emitters: Emitters) -> list[Event]:
    """The events in ``logs``, in chain order.

    Logs of unknown topics and of other contracts are left out. Raises MalformedLog for a log that does not have its event's
    shape, and for one that the node marks as removed.
    """
    found = [event for log in logs if (event := _decode_one(log, emitters)) is not None]
    return sorted(found, key=lambda event: (event.at.block, event.at.index))


def _decode_one(log: Mapping[str, Any], emitters: Emitters) -> Event | None:
    try:
        topics = log["topics"]
        shape = _SHAPES.get(topics[0].lower()) if topics else None
        if shape is None or emitters.part(_fixed(log["address"], 20)) is not shape.emitter:
            return None
        words = [_fixed(topic, _WORD) for topic in topics[1:]]
        return _build(shape, log, words)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedLog("a log lacks a field or holds no hex") from error


def _build(shape: _Shape, log: Mapping[str, Any], words: list[bytes]) -> Event:
    if log.get("removed", False):
        raise MalformedLog("the node lists a log that it has removed")
    if len(words) != shape.indexed:
        raise MalformedLog("a log has another number of topics than its event")
    data = _hex(log["data"])
    words += [data[start : start + _WORD] for start in range(0, len(data), _WORD)]
    if len(words) != len(shape.readers) or len(words[-1]) != _WORD:
        raise MalformedLog("a log's data is longer or shorter than its event's")
    return shape.build(position(log), *(read(word) for read, word in zip(shape.readers, words, strict=True)))


def position(log: Mapping[str, Any]) -> Position:
    """Where ``log`` stands. Raises MalformedLog."""
    try:
        return Position(
            block=int(log["blockNumber"], 16),
            block_hash=_fixed(log["blockHash"], _WORD),
            transaction=_fixed(log["transactionHash"], _WORD),
            index=int(log["logIndex"], 16),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedLog("a log does not say where it stands") from error


def _hex(text: str) -> bytes:
    if text[:2] != "0x":
        raise ValueError("hex data begins with 0x")
    return bytes.fromhex(text[2:])


def _fixed(text: str, length: int) -> bytes:
    value = _hex(text)
    if len(value) != length:
        raise MalformedLog("a log's field has another length than its type")
    return value
