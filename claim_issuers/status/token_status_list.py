"""The IETF Token Status List: zlib, base64url, and a signed token of ``typ statuslist+jwt``.

>>> from claim_issuers.status.array import StatusArray
>>> encode_lst(StatusArray.from_bytes(bytes.fromhex("b9a3"), bits=1))
'eNrbuRgAAhcBXQ'
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from claim_issuers.clock import from_unix_seconds, unix_seconds
from claim_issuers.errors import Refused
from claim_issuers.formats import jose
from claim_issuers.keys.base64url import MalformedBase64Url, decode, encode
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """A status list as published: fetch it again after ``ttl``, do not use it from ``expires_at`` on."""

    uri: str
    issuer: str | None
    issued_at: datetime
    expires_at: datetime
    ttl: timedelta
    array: StatusArray


def encode_lst(array: StatusArray) -> str:
    """The ``lst`` member: zlib (RFC 1950) at its highest level, then base64url."""
    return encode(zlib.compress(array.to_bytes(), 9))


def decode_lst(lst: str, *, bits: int) -> StatusArray:
    """The array of an ``lst`` member. Raises MalformedStatusList, also for one that unpacks to over a mebibyte."""
    try:
        return StatusArray.from_bytes(_unpack(decode(lst)), bits=bits)
    except (MalformedBase64Url, InvalidStatusArray, zlib.error) as fault:
        raise MalformedStatusList("lst is not a compressed status list") from fault


def publish(
    array: StatusArray,
    *,
    uri: str,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
    ttl: timedelta,
    signer: Signer,
) -> str:
    """The signed token for ``array``; ``uri`` (``sub``) is where it is served and what claims refer to."""
    payload = {
        "sub": uri,
        "iss": issuer,
        "iat": unix_seconds(issued_at),
        "exp": unix_seconds(expires_at),
        "ttl": int(ttl.total_seconds()),
        "status_list": {"bits": array.bits, "lst": encode_lst(array)},
    }
    return jose.sign_compact(TYP, payload, signer)


def verify(token: str, *, uri: str, keys: jose.KeyLookup, instant: datetime) -> StatusListToken:
    """The list in ``token``, once its signature, type, subject and time hold at ``instant``.

    Raises the errors of ``jose.verify_compact``, TokenExpired, TokenNotYetValid, StatusListMismatch when ``sub`` is not
    ``uri``, MalformedStatusList. Leaves to the caller that ``keys`` gives keys of the list's publisher only.
    """
    verified = jose.verify_compact(token, keys=keys, algorithms=jose.ALGORITHMS, typ=TYP, max_bytes=MAX_TOKEN_BYTES)
    verified.check_time(instant)
    if verified.payload.get("sub") != uri:
        raise StatusListMismatch(pointer="/sub")
    return _read(verified.payload, uri)


def _read(payload: Mapping[str, Any], uri: str) -> StatusListToken:
    issuer, listed = payload.get("iss"), payload.get("status_list")
    if not (issuer is None or isinstance(issuer, str)) or not isinstance(listed, dict):
        raise MalformedStatusList("iss or status_list has the wrong type")
    bits, lst = listed.get("bits"), listed.get("lst")
    if not isinstance(lst, str) or not isinstance(bits, int) or isinstance(bits, bool):
        raise MalformedStatusList("status_list holds bits and lst", pointer="/status_list")
    return StatusListToken(
        uri=uri,
        issuer=issuer,
        issued_at=from_unix_seconds(_whole(payload, "iat")),
        expires_at=from_unix_seconds(_whole(payload, "exp")),
        ttl=timedelta(seconds=_whole(payload, "ttl", default=0)),
        array=decode_lst(lst, bits=bits),
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
