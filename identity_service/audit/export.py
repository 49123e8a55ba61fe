"""The log as a file, and its check without the service: whoever holds the public key can tell any changed bit.

Each line is canonical JSON and ends in one line feed: first ``{"entry":…,"leaf_hash":…}`` for each entry in order, then
``{"checkpoint":…,"signature":…}``. The leaf hash is there so that a damaged entry is named by its line; what proves the whole
is the signature over the root.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claim_issuers.errors import Refused
from claim_issuers.keys.curves import BadSignature
from claim_issuers.keys.public_keys import Ed25519PublicKey
from identity_service.audit.merkle import EMPTY, Frontier, leaf_hash
from identity_service.audit.model import Checkpoint, Entry, InvalidEntry, NotCanonical, from_hex, read_canonical

# the entry, its leaf hash and the names around them
_MAX_LINE_BYTES = 65 * 1024


class ExportRefused(Refused):
    """The export is not what the log's key signed; ``line`` (from 1) says where that shows."""

    code = "audit_export_refused"

    def __init__(self, detail: str, *, line: int) -> None:
        super().__init__(f"line {line}: {detail}", line=line)
        self.line = line


class ExportLineMalformed(ExportRefused):
    """A line is not the canonical form of an entry or a checkpoint."""

    code = "audit_export_line_malformed"


class ExportEntryAltered(ExportRefused):
    """An entry is not the one its leaf hash was taken of."""

    code = "audit_export_entry_altered"


class ExportOutOfOrder(ExportRefused):
    """An entry is missing, doubled or in another place."""

    code = "audit_export_out_of_order"


class ExportRootMismatch(ExportRefused):
    """The entries do not lead to the size and root of the checkpoint."""

    code = "audit_export_root_mismatch"


class ExportSignatureInvalid(ExportRefused):
    """The checkpoint is not signed by the given key."""

    code = "audit_export_signature_invalid"


class ExportIncomplete(ExportRefused):
    """The checkpoint is missing at the end, or something follows it."""

    code = "audit_export_incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the check proves: this many entries, under this root, signed at this instant."""

    size: int
    root: bytes
    at: datetime
    kid: str


def entry_line(entry: bytes, leaf: bytes) -> bytes:
    """The line of one entry, from its canonical bytes; canonical itself, since ``entry`` sorts before ``leaf_hash``."""
    return b'{"entry":' + entry + b',"leaf_hash":"' + leaf.hex().encode() + b'"}\n'


def checkpoint_line(checkpoint: Checkpoint) -> bytes:
    """The closing line."""
    return checkpoint.encode() + b"\n"


def verify_export(lines: Iterable[bytes], public_key: Ed25519PublicKey) -> Verified:
    """Check an export as an open binary file yields it, with a key that came by another way.

    Raises a kind of ExportRefused that names the line. It does not tell whether the log has grown since: compare two exports'
    sizes and roots by a consistency proof for that.
    """
    frontier, checkpoint, number = EMPTY, None, 0
    for number, line in enumerate(lines, start=1):
        if checkpoint is not None:
            raise ExportIncomplete("something follows the checkpoint", line=number)
        value = _read_line(line, number)
        if "entry" in value:
            frontier = _take_entry(value, frontier, number)
        else:
            checkpoint = _take_checkpoint(value, frontier, public_key, number)
    if checkpoint is None:
        raise ExportIncomplete("the checkpoint is missing", line=number + 1)
    return Verified(size=checkpoint.size, root=checkpoint.root, at=checkpoint.at, kid=checkpoint.kid)


def _read_line(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > _MAX_LINE_BYTES or not line.endswith(b"\n"):
        raise ExportLineMalformed("too long, or without a line feed at its end", line=number)
    try:
        value = read_canonical(line[:-1])
    except NotCanonical as fault:
        raise ExportLineMalformed(fault.detail, line=number) from fault
    if not isinstance(value, dict):
        raise ExportLineMalformed("not a JSON object", line=number)
    return value


def _take_entry(value: dict[str, Any], frontier: Frontier, number: int) -> Frontier:
    if value.keys() != {"entry", "leaf_hash"} or not isinstance(value["leaf_hash"], str):
        raise ExportLineMalformed("not an entry with its leaf hash", line=number)
    try:
        entry = Entry.of(value["entry"])
        leaf, stated = leaf_hash(entry.encode()), from_hex(value["leaf_hash"])
    except (NotCanonical, InvalidEntry) as fault:
        raise ExportLineMalformed(fault.detail, line=number) from fault
    if leaf != stated:
        raise ExportEntryAltered("the entry is not the one its leaf hash was taken of", line=number)
    if entry.seq != frontier.size + 1:
        raise ExportOutOfOrder(f"entry {entry.seq} stands where {frontier.size + 1} belongs", line=number)
    return frontier.append(leaf)


def _take_checkpoint(value: dict[str, Any], frontier: Frontier, key: Ed25519PublicKey, number: int) -> Checkpoint:
    try:
        checkpoint = Checkpoint.of(value)
    except NotCanonical as fault:
        raise ExportLineMalformed(fault.detail, line=number) from fault
    try:
        key.verify(checkpoint.signed_bytes(), checkpoint.signature)
    except BadSignature as fault:
        raise ExportSignatureInvalid("the checkpoint is not signed by the given key", line=number) from fault
    if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
        raise ExportRootMismatch("the entries do not lead to this size and root", line=number)
    return checkpoint
