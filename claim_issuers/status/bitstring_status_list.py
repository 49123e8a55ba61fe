"""The W3C Bitstring Status List 1.0: gzip, multibase, and a status list credential of ``typ vc+jwt``.

>>> from datetime import UTC
>>> from claim_issuers.keys.signers import Ed25519Signer
>>> statuses, signer, now = StatusArray(), Ed25519Signer(bytes(32)), datetime(2026, 1, 1, tzinfo=UTC)
>>> statuses.set(7, Status.INVALID)
>>> uri = purpose_uri("https://issuer.example/status-lists/1", StatusPurpose.REVOCATION)
>>> token = publish(statuses, uri=uri, purpose=StatusPurpose.REVOCATION, issuer="did:web:issuer.example", valid_from=now,
...     valid_until=now + timedelta(days=1), ttl=timedelta(minutes=5), signer=signer)
>>> listed = verify(token, uri=uri, purpose=StatusPurpose.REVOCATION, keys=lambda kid: signer.public_key, instant=now)
>>> listed.is_set(7), listed.is_set(8)
(True, False)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from claim_issuers.clock import aware, from_unix_seconds, unix_seconds
from claim_issuers.errors import InvalidInput
from claim_issuers.formats import jose
from claim_issuers.formats.status_entries import InvalidStatusListIndex, StatusPurpose, parse_index, purpose_uri, status_entry
from claim_issuers.keys.signers import Signer
from claim_issuers.status.array import Status, StatusArray, StatusIndexOutOfRange
from claim_issuers.status.bitstring import MARKED_BY, bitstring, decode_list, encode_list
from claim_issuers.status.token_status_list import InvalidStatusLifetime, MalformedStatusList, StatusListMismatch

__all__ = [
    "TYP",
    "BitstringStatusList",
    "EncodedBitstrings",
    "InvalidDateTimeStamp",
    "InvalidStatusListIndex",
    "StatusPurpose",
    "parse_date_time_stamp",
    "parse_index",
    "publish",
    "purpose_uri",
    "status_entry",
    "verify",
]

TYP: Final = "vc+jwt"
CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
CREDENTIAL_TYPES: Final = ("VerifiableCredential", "BitstringStatusListCredential")
MAX_TOKEN_BYTES: Final = 2 * 2**20
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class InvalidDateTimeStamp(InvalidInput):
    """The text is not a date and time with a zone, such as 2026-01-01T00:00:00Z."""

    code = "invalid_date_time_stamp"


class EncodedBitstrings(Protocol):
    """Statuses that keep their own encodings, such as ``publication.StatusPublication``."""

    def encoded_list(self, purpose: StatusPurpose) -> str:
        """The ``encodedList`` member."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatusList:
    """A status list of one purpose as published: fetch it again after ``ttl``, do not use it from ``valid_until`` on.

    ``ttl`` is zero when the publisher names none; ``bits`` is the bitstring, 131,072 entries or more.
    """

    uri: str
    purpose: StatusPurpose
    issuer: str
    valid_from: datetime
    valid_until: datetime
    ttl: timedelta
    bits: bytes

    def is_set(self, index: int) -> bool:
        """Whether the entry has the status of the list's purpose. Raises StatusIndexOutOfRange."""
        if not 0 <= index < len(self.bits) * 8:
            raise StatusIndexOutOfRange(f"the list has {len(self.bits) * 8} entries")
        return bool(self.bits[index >> 3] << (index & 7) & 0x80)

    def status(self, index: int) -> Status:
        """What the list says of the entry: the status of its purpose, or VALID. Raises StatusIndexOutOfRange."""
        return MARKED_BY[self.purpose] if self.is_set(index) else Status.VALID


def parse_date_time_stamp(text: object) -> datetime:
    """The instant, in UTC, of an XSD ``dateTimeStamp`` with at most six decimals, as in ``validFrom`` and in ``?timestamp=``.

    Raises InvalidDateTimeStamp, also before year 1 and after year 9999.
    """
    try:
        if isinstance(text, str) and _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidDateTimeStamp("write a date and time with a zone, such as 2026-01-01T00:00:00Z")


def publish(
    statuses: StatusArray | EncodedBitstrings,
    *,
    uri: str,
    purpose: StatusPurpose,
    issuer: str,
    valid_from: datetime,
    valid_until: datetime,
    ttl: timedelta,
    signer: Signer,
) -> str:
    """The signed BitstringStatusListCredential (§2.2) of one purpose; ``uri`` is where it is served and what claims refer to.

    Instants and ``ttl`` are rounded down to seconds; the credential tells ``ttl`` in milliseconds. Raises InvalidStatusLifetime,
    NaiveInstant, and InvalidStatusArray for fewer than 131,072 entries.
    """
    begins, ends, kept = unix_seconds(valid_from), unix_seconds(valid_until), int(ttl.total_seconds())
    if ends <= begins or kept < 1:
        raise InvalidStatusLifetime("a status list ends after it begins, and its ttl is a second or more")
    if isinstance(statuses, StatusArray):
        encoded_list = encode_list(bitstring(statuses, purpose))
    else:
        encoded_list = statuses.encoded_list(purpose)
    subject = {
        "id": f"{uri}#list",
        "type": "BitstringStatusList",
        "statusPurpose": str(purpose),
        "encodedList": encoded_list,
        "ttl": kept * 1000,
    }
    credential = {
        "@context": [CONTEXT],
        "id": uri,
        "type": list(CREDENTIAL_TYPES),
        "issuer": issuer,
        "validFrom": _instant_text(begins),
        "validUntil": _instant_text(ends),
        "credentialSubject": subject,
        "iat": begins,
        "exp": ends,
    }
    return jose.sign_compact(TYP, credential, signer, {"cty": "vc"})


def verify(
    token: str, *, uri: str, purpose: StatusPurpose, keys: jose.KeyLookup, instant: datetime, accept_high_s: bool = False
) -> BitstringStatusList:
    """The list in ``token``, once its signature, types, id, purpose and validity hold at ``instant`` (§3.2).

    Raises the errors of ``jose.verify_compact``, TokenExpired, TokenNotYetValid, StatusListMismatch when ``id`` is not ``uri`` or
    the list has another purpose, MalformedStatusList. Stricter than the Recommendation in two points: ``id`` must be there, or
    any list of the same publisher would do; ``validUntil`` too, or an old list could be shown for ever. ``accept_high_s`` is for
    publishers whose ES256 signers do not choose the low s. Leaves to the caller that ``keys`` gives keys of the list's publisher
    only.
    """
    verified = jose.verify_compact(
        token,
        keys=keys,
        algorithms=jose.ALGORITHMS,
        typ=TYP,
        require_exp=False,
        accept_high_s=accept_high_s,
        max_bytes=MAX_TOKEN_BYTES,
    )
    if verified.header.get("cty", "vc") != "vc":
        raise MalformedStatusList("cty must be vc")
    if "exp" in verified.payload:
        verified.check_time(instant)
    listed = _read(verified.payload, uri=uri, purpose=purpose)
    now = aware(instant)
    if now < listed.valid_from:
        raise jose.TokenNotYetValid(pointer="/validFrom")
    if now >= listed.valid_until:
        raise jose.TokenExpired(pointer="/validUntil")
    return listed


def _read(credential: Mapping[str, Any], *, uri: str, purpose: StatusPurpose) -> BitstringStatusList:
    _check_envelope(credential)
    if credential.get("id") != uri:
        raise StatusListMismatch(pointer="/id")
    subject = credential.get("credentialSubject")
    if not isinstance(subject, dict) or "BitstringStatusList" not in _strings(subject.get("type")):
        raise MalformedStatusList("the subject must be a BitstringStatusList", pointer="/credentialSubject/type")
    if purpose not in _strings(subject.get("statusPurpose")):
        raise StatusListMismatch(pointer="/credentialSubject/statusPurpose")
    encoded_list = subject.get("encodedList")
    if not isinstance(encoded_list, str) or subject.get("statusSize", 1) != 1:
        raise MalformedStatusList("the subject holds an encodedList of one bit an entry", pointer="/credentialSubject/encodedList")
    return BitstringStatusList(
        uri=uri,
        purpose=purpose,
        issuer=credential["issuer"],
        valid_from=_instant(credential, "validFrom"),
        valid_until=_instant(credential, "validUntil"),
        ttl=_ttl(subject.get("ttl", 0)),
        bits=decode_list(encoded_list),
    )


def _check_envelope(credential: Mapping[str, Any]) -> None:
    context = credential.get("@context")
    if not isinstance(context, list) or context[:1] != [CONTEXT]:
        raise MalformedStatusList("@context begins with that of Verifiable Credentials 2.0", pointer="/@context")
    if not set(CREDENTIAL_TYPES) <= set(_strings(credential.get("type"))):
        raise MalformedStatusList("type names a BitstringStatusListCredential", pointer="/type")
    if not isinstance(credential.get("issuer"), str):
        raise MalformedStatusList("issuer must be a string", pointer="/issuer")
    if "vc" in credential:
        raise MalformedStatusList("the payload is the credential, not a wrapper round it", pointer="/vc")


def _strings(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))


def _ttl(milliseconds: object) -> timedelta:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or not 0 <= milliseconds < 2**53:
        raise MalformedStatusList("ttl must be a whole number of milliseconds", pointer="/credentialSubject/ttl")
    return timedelta(milliseconds=milliseconds)


def _instant(credential: Mapping[str, Any], name: str) -> datetime:
    try:
        return parse_date_time_stamp(credential.get(name))
    except InvalidDateTimeStamp as fault:
        raise MalformedStatusList(fault.detail, pointer=f"/{name}") from fault


def _instant_text(seconds: int) -> str:
    return from_unix_seconds(seconds).replace(tzinfo=None).isoformat() + "Z"
