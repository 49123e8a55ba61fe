"""Entries and checkpoints, and the one way each is written as bytes (canonical JSON, RFC 8785). No I/O.

>>> entry = Entry(seq=1, at=datetime(2026, 1, 1, tzinfo=UTC), actor="sys", action="vault.created", subject="vault", details={})
>>> Entry.decode(entry.encode()) == entry
True
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import rfc8785

from claim_issuers.clock import aware
from claim_issuers.encodings.strict_json import MalformedJson, refuse_deep_nesting
from claim_issuers.errors import InvalidInput

CHECKPOINT_TYPE = "identity-information-service/audit-checkpoint/1"
MAX_ENTRY_BYTES = 64 * 1024
MAX_DEPTH = 32
_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
_ENTRY_MEMBERS = {"seq": int, "at": str, "actor": str, "action": str, "subject": str, "details": dict}
_CHECKPOINT_MEMBERS = {"type": str, "size": int, "root": str, "at": str, "kid": str}


class InvalidEntry(InvalidInput):
    """An audit entry is not of the form: a dotted action, and details that canonical JSON can hold, at most 64 KiB."""

    code = "invalid_audit_entry"


class NotCanonical(InvalidInput):
    """The bytes are not the one canonical form of an entry or a checkpoint."""

    code = "audit_bytes_not_canonical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act: who (``actor``) did what (``action``, ``room.verb``) to what (``subject``), and when.

    Ids and keyed hashes only, never personal data: an entry outlives the erasure of the party it is about.
    ``seq`` counts from 1; the leaf of an entry in the tree has index ``seq - 1``.
    """

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The canonical bytes, which are the leaf's input. Raises InvalidEntry."""
        if not _ACTION.fullmatch(self.action):
            raise InvalidEntry("write an action as room.verb", pointer="/action")
        body = _canonical(
            {
                "seq": self.seq,
                "at": _instant_text(self.at),
                "actor": self.actor,
                "action": self.action,
                "subject": self.subject,
                "details": dict(self.details),
            }
        )
        if len(body) > MAX_ENTRY_BYTES:
            raise InvalidEntry("an audit entry has at most 64 KiB", pointer="/details")
        return body

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The entry of canonical bytes; any other bytes raise NotCanonical."""
        return cls.of(read_canonical(data))

    @classmethod
    def of(cls, value: Any) -> Self:
        """The entry of a parsed JSON object. Raises NotCanonical when a member is missing, foreign or of another type."""
        members = _members(value, _ENTRY_MEMBERS)
        return cls(**{**members, "at": _instant(members["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The log's size and root at an instant, signed with Ed25519."""

    size: int
    root: bytes
    at: datetime
    kid: str
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """What the signature covers: canonical JSON whose ``type`` keeps the signature from meaning anything else."""
        return _canonical(self._body())

    def encode(self) -> bytes:
        """The canonical bytes with the signature, without a line end."""
        return _canonical({"checkpoint": self._body(), "signature": self.signature.hex()})

    @classmethod
    def of(cls, value: Any) -> Self:
        """The checkpoint of a parsed JSON object; its signature is not verified. Raises NotCanonical."""
        envelope = _members(value, {"checkpoint": dict, "signature": str})
        body = _members(envelope["checkpoint"], _CHECKPOINT_MEMBERS)
        if body["type"] != CHECKPOINT_TYPE:
            raise NotCanonical("not a checkpoint of this log", pointer="/checkpoint/type")
        return cls(
            size=body["size"],
            root=from_hex(body["root"]),
            at=_instant(body["at"]),
            kid=body["kid"],
            signature=from_hex(envelope["signature"]),
        )

    def _body(self) -> dict[str, Any]:
        return {
            "type": CHECKPOINT_TYPE,
            "size": self.size,
            "root": self.root.hex(),
            "at": _instant_text(self.at),
            "kid": self.kid,
        }


def read_canonical(data: bytes) -> Any:
    """The JSON value of ``data``, provided that ``data`` is its canonical form byte for byte. Raises NotCanonical."""
    if _too_deep(data):
        raise NotCanonical("nested too deeply")
    try:
        value = json.loads(data.decode("utf-8"))
        again = rfc8785.dumps(value)
    except (ValueError, RecursionError) as fault:
        raise NotCanonical("not canonical JSON") from fault
    if again != data:
        raise NotCanonical("JSON, but not in its canonical form")
    return value


def from_hex(text: str) -> bytes:
    """The bytes of lower-case hex. Raises NotCanonical for any other spelling."""
    try:
        value = bytes.fromhex(text)
    except ValueError as fault:
        raise NotCanonical("not hex") from fault
    if value.hex() != text:
        raise NotCanonical("hex is written in lower case")
    return value


def _canonical(value: dict[str, Any]) -> bytes:
    try:
        data = rfc8785.dumps(value)
    except (ValueError, RecursionError) as fault:
        raise InvalidEntry("the details have a value that canonical JSON cannot hold", pointer="/details") from fault
    if _too_deep(data):
        raise InvalidEntry("the details are nested too deeply", pointer="/details")
    return data


def _too_deep(data: bytes) -> bool:
    """Whether JSON is nested beyond MAX_DEPTH, counted before a parser meets it."""
    try:
        refuse_deep_nesting(data, MAX_DEPTH)
    except MalformedJson:
        return True
    return False


def _members(value: Any, types: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != types.keys():
        raise NotCanonical("a member is missing or foreign")
    for name, wanted in types.items():
        if type(value[name]) is not wanted:  # not isinstance: True is no sequence number
            raise NotCanonical("a member has another type", pointer=f"/{name}")
    return value


def _instant_text(instant: datetime) -> str:
    return aware(instant).strftime(_INSTANT)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
    except ValueError as fault:
        raise NotCanonical("not an instant of this log", pointer="/at") from fault
    if _instant_text(instant) != text:
        raise NotCanonical("not the canonical text of the instant", pointer="/at")
    return instant
