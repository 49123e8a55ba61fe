"""The IETF Token Status List (draft-ietf-oauth-status-list-20): zlib, base64url, and a signed token of ``typ statuslist+jwt``.

The JWT form only: the CWT form (``application/statuslist+cwt``, §5.2) is left out, since nothing here speaks CBOR.

>>> from claim_issuers.status.array import StatusArray
>>> encode_lst(StatusArray.from_bytes(bytes.fromhex("b9a3"), bits=1))
'eNrbuRgAAhcBXQ'
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from claim_issuers.clock import from_unix_seconds, unix_seconds
from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.errors import InvalidInput, Refused
from claim_issuers.formats import jose
from claim_issuers.keys.signers import Signer
from claim_issuers.status.array import InvalidStatusArray, StatusArray

TYP = "statuslist+jwt"
# A list of 2^20 entries of 8 bits; whatever unpacks to more is an attack on memory.
MAX_UNPACKED_BYTES = 2**20
MAX_TOKEN_BYTES = 2 * 2**20
# The last instant a datetime can hold.
_LAST_SECOND = 253402300799


class MalformedStatusList(Refused):
    """The status list token or its compressed list is not what the specification describes."""

    code = "malformed_status_list"


class StatusListMismatch(Refused):
    """The token is a status list, but not the one asked for."""

    code = "status_list_mismatch"


class InvalidStatusLifetime(InvalidInput):
    """A status list must expire after it was issued, and its time to live is a second or more."""

    code = "invalid_status_lifetime"


class EncodedStatuses(Protocol):
    """Statuses that keep their own encoding, such as ``publication.StatusPublication``."""

    @property
    def bits(self) -> int:
        """Bits an entry: 1, 2, 4 or 8."""
        ...

    def lst(self) -> str:
        """The ``lst`` member."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """A status list as published: fetch it again after ``ttl``, do not use it from ``expires_at`` on.

    ``ttl`` is zero when the publisher names none; ``aggregation_uri`` is where it lists all its status lists, if it does.
    """

    uri: str
    issuer: str | None
    issued_at: datetime
    expires_at: datetime
    ttl: timedelta
    array: StatusArray
    aggregation_uri: str | None = None


def encode_lst(array: StatusArray) -> str:
    """The ``lst`` member: zlib (RFC 1950) at its highest level, as the draft recommends (§4.1), then base64url.

    For a list that changes, ``publication.StatusPublication`` encodes only what changed.
    """
    return encode(zlib.compress(array.to_bytes(), 9))


def decode_lst(lst: str, *, bits: int) -> StatusArray:
    """The array of an ``lst`` member. Raises MalformedStatusList, also for one that unpacks to over a mebibyte."""
    try:
        return StatusArray.from_bytes(_unpack(decode(lst)), bits=bits)
    except (MalformedBase64Url, InvalidStatusArray, zlib.error) as fault:
        raise MalformedStatusList("lst is not a compressed status list") from fault


def publish(
    statuses: StatusArray | EncodedStatuses,
    *,
    uri: str,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
    ttl: timedelta,
    signer: Signer,
    aggregation_uri: str | None = None,
) -> str:
    """The signed token for ``statuses``; ``uri`` (``sub``) is where it is served and what claims refer to.

    Instants are rounded down to seconds, and so is ``ttl``, how long a verifier may keep the list. Raises InvalidStatusLifetime,
    NaiveInstant.
    """
    issued, expires, kept = unix_seconds(issued_at), unix_seconds(expires_at), int(ttl.total_seconds())
    if expires <= issued or kept < 1:
        raise InvalidStatusLifetime("a status list expires after it was issued, and its ttl is a second or more")
    lst = encode_lst(statuses) if isinstance(statuses, StatusArray) else statuses.lst()
    status_list: dict[str, Any] = {"bits": statuses.bits, "lst": lst}
    if aggregation_uri is not None:
        status_list["aggregation_uri"] = aggregation_uri
    payload = {"sub": uri, "iss": issuer, "iat": issued, "exp": expires, "ttl": kept, "status_list": status_list}
    return jose.sign_compact(TYP, payload, signer)


def verify(token: str, *, uri: str, keys: jose.KeyLookup, instant: datetime, accept_high_s: bool = False) -> StatusListToken:
    """The list in ``token``, once its signature, type, subject and time hold at ``instant``.

    For a list of another time (§8.4, Historical Resolution), ``instant`` is the one that was asked for in ``?time=``: a server that
    ignores the parameter answers with its present list, whose ``iat`` and ``exp`` do not enclose it. Stricter than the draft in
    one point: a list without ``exp`` is refused, since it could be shown for ever.
    ``accept_high_s`` is for publishers whose ES256 signers do not choose the low s (the draft's own example is such a token).

    Raises the errors of ``jose.verify_compact``, TokenExpired, TokenNotYetValid, StatusListMismatch when ``sub`` is not
    ``uri``, MalformedStatusList. Leaves to the caller that ``keys`` gives keys of the list's publisher only.
    """
    verified = jose.verify_compact(
        token, keys=keys, algorithms=jose.ALGORITHMS, typ=TYP, accept_high_s=accept_high_s, max_bytes=MAX_TOKEN_BYTES
    )
    verified.check_time(instant)
    if verified.payload.get("sub") != uri:
        raise StatusListMismatch(pointer="/sub")
    return _read(verified.payload, uri)


def _read(payload: Mapping[str, Any], uri: str) -> StatusListToken:
    issuer, listed = payload.get("iss"), payload.get("status_list")
    if not (issuer is None or isinstance(issuer, str)) or not isinstance(listed, dict):
        raise MalformedStatusList("iss or status_list has the wrong type")
    bits, lst, aggregation_uri = listed.get("bits"), listed.get("lst"), listed.get("aggregation_uri")
    if not isinstance(lst, str) or not isinstance(bits, int) or isinstance(bits, bool):
        raise MalformedStatusList("status_list holds bits and lst", pointer="/status_list")
    if not isinstance(aggregation_uri, str | None):
        raise MalformedStatusList("aggregation_uri must be a string", pointer="/status_list/aggregation_uri")
    if payload.get("ttl") == 0:
        raise MalformedStatusList("ttl must be a positive number of seconds", pointer="/ttl")
    return StatusListToken(
        uri=uri,
        issuer=issuer,
        issued_at=from_unix_seconds(_whole(payload, "iat")),
        expires_at=from_unix_seconds(_whole(payload, "exp")),
        ttl=timedelta(seconds=_whole(payload, "ttl", default=0)),
        array=decode_lst(lst, bits=bits),
        aggregation_uri=aggregation_uri,
    )


def _whole(payload: Mapping[str, Any], name: str, *, default: int | None = None) -> int:
    value = payload.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LAST_SECOND:
        raise MalformedStatusList(f"{name} must be a whole number of seconds", pointer=f"/{name}")
    return value


def _unpack(compressed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(compressed, MAX_UNPACKED_BYTES + 1)
    if not unpacker.eof or unpacker.unused_data or len(unpacked) > MAX_UNPACKED_BYTES:
        raise MalformedStatusList("lst is cut short, too long, or followed by other bytes")
    return unpacked
