"""Parsing targets: what lies behind good signatures, and status lists."""

import gzip
import zlib
from collections.abc import Sequence
from datetime import timedelta
from random import Random

from claim_issuers import Erc735Data, StatusArray
from claim_issuers.encodings import base64url
from claim_issuers.formats import compact_jws, jose, vc_jwt
from claim_issuers.keys.secp256k1 import compact_signature, eip191_digest, expand_compact
from claim_issuers.orders.evidence import evidence_of_documents
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.trust.accreditation import Root
from claim_issuers.trust.documents import decide_path_of_documents
from claim_issuers.verifiers.credentials import verify_vc_jwt
from claim_issuers.verifiers.token_checks import read_token
from tests.claim_issuers.builders import ACCOUNT, ISSUER, ROOT, STATUS_LIST, WALLET
from tests.fuzz.judging import (
    BYTES_CHANGES,
    LEEWAY,
    NOT_A_REFUSAL,
    RESIGNED,
    TEXT_CHANGES,
    UNFAITHFUL,
    always_valid,
    any_text,
    exact_text,
    faithful,
    once_or_more,
    same_text,
)
from tests.fuzz.mutations import changed_bytes, either
from tests.fuzz.samples import (
    BITSTRING,
    IN_TIME,
    KEYS,
    bitstring_tokens,
    credentials,
    issuer_keys,
    status_list_tokens,
    the_text,
)
from tests.fuzz.targets import Target
from tests.fuzz.token_changes import changed_token

_REPORTING = (
    "verifiers.credentials.verify_vc_jwt",
    "orders.evidence.evidence_of_documents",
    "trust.documents.decide_path_of_documents",
    "verifiers.token_checks.read_token",
)


def _jose(text: bytes | str) -> str | None:
    jose.read_unverified(str(text))
    compact_jws.read_compact(str(text))
    return None


def _decode_vc(token: str) -> str | None:
    claim = vc_jwt.decode(token, keys=issuer_keys)
    return faithful(exact_text(vc_jwt.credential_of(claim)) == exact_text(jose.read_unverified(token).payload))


def _report_vc(token: str) -> str | None:
    """``verify_vc_jwt`` reports; it raises for no token."""
    try:
        report = verify_vc_jwt(token, keys=issuer_keys, instant=IN_TIME, leeway=LEEWAY, status=always_valid, account=ACCOUNT)
        evidence_of_documents([token], keys=issuer_keys, status=always_valid)
        read_token(token)
        decide_path_of_documents(ISSUER, "INVESTOR", [Root(ROOT)], [token], IN_TIME, keys=issuer_keys, status=always_valid)
    except Exception as fault:
        return f"{NOT_A_REFUSAL}: {type(fault).__name__}"
    return None if report.checks else UNFAITHFUL


def _status_list(token: str) -> str | None:
    found = token_status_list.verify(token, uri=STATUS_LIST, keys=KEYS.__getitem__, instant=IN_TIME)
    payload = jose.read_unverified(token).payload
    same_times = (found.issued_at.timestamp(), found.expires_at.timestamp()) == (payload["iat"], payload["exp"])
    return faithful(same_times and found.issuer == payload.get("iss") and found.array.bits == payload["status_list"]["bits"])


def _lst(sample: tuple[int, bytes]) -> str | None:
    bits, packed = sample
    array = token_status_list.decode_lst(base64url.encode(packed), bits=bits)
    return faithful(array.to_bytes() == zlib.decompress(packed))


def _bitstring(token: str) -> str | None:
    found = bitstring_status_list.verify(
        token, uri=BITSTRING, purpose=StatusPurpose.REVOCATION, keys=KEYS.__getitem__, instant=IN_TIME
    )
    encoded = jose.read_unverified(token).payload["credentialSubject"]["encodedList"]
    return faithful(gzip.decompress(base64url.decode(encoded[1:])) == found.bits and found.valid_from < found.valid_until)


def _index(text: str) -> str | None:
    return faithful(str(bitstring_status_list.parse_index(text)) == text)


def _stamp(text: str) -> str | None:
    return faithful(bitstring_status_list.parse_date_time_stamp(text).utcoffset() == timedelta())


def _changed_lst(rng: Random, sample: tuple[int, bytes], others: Sequence[tuple[int, bytes]]) -> tuple[int, bytes]:
    bits, packed = sample
    if rng.random() < 0.2:
        return either(rng, 0, 1, 2, 3, 4, 8, 16, -1, 2**70), packed
    if rng.random() < 0.3:
        return bits, zlib.compress(changed_bytes(rng, zlib.decompress(packed)), either(rng, 0, 9))
    return bits, changed_bytes(rng, packed)


def _lists() -> tuple[tuple[int, bytes], ...]:
    arrays = (StatusArray.from_bytes(bytes.fromhex("b9a3"), bits=1), StatusArray(size=64), StatusArray(size=4096, bits=8))
    return tuple((array.bits, zlib.compress(array.to_bytes(), 9)) for array in arrays)


def signed_targets() -> tuple[Target, ...]:
    return (
        Target(
            name="jose-unverified",
            covers=("formats.jose.read_unverified", "formats.compact_jws.read_compact"),
            judge=_jose,
            originals=credentials()[:4],
            change=changed_token,
            plain=the_text,
        ),
        Target(
            name="vc-jwt-signed",
            originals=credentials(),
            judge=_decode_vc,
            covers=("formats.vc_jwt.VcJwt.decode", "formats.vc_jwt.claim_of_token"),
            **RESIGNED,
        ),
        Target(
            name="vc-jwt-reported",
            covers=_REPORTING,
            originals=credentials(),
            judge=_report_vc,
            **RESIGNED,
        ),
        Target(
            name="status-list-signed",
            covers=("status.token_status_list.verify",),
            originals=status_list_tokens(),
            judge=_status_list,
            **RESIGNED,
        ),
        Target(
            name="bitstring-signed",
            covers=("status.bitstring_status_list.verify", "status.bitstring.decode_list"),
            originals=bitstring_tokens(),
            judge=_bitstring,
            **RESIGNED,
        ),
        Target(
            name="date-time-stamp",
            covers=("status.bitstring_status_list.parse_date_time_stamp",),
            originals=("2026-11-22T12:00:00Z", "2026-11-22T12:00:00.5+01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
            judge=_stamp,
            change=once_or_more(any_text),
        ),
        Target(
            name="status-list-index",
            covers=("status.bitstring_status_list.parse_index",),
            originals=("0", "7", "131071"),
            judge=_index,
            **TEXT_CHANGES,
        ),
        Target(
            name="lst",
            covers=("status.token_status_list.decode_lst", "status.array.StatusArray.from_bytes"),
            originals=_lists(),
            judge=_lst,
            change=_changed_lst,
        ),
        Target(
            name="erc735-data",
            covers=("formats.erc735.Erc735Data.unpack",),
            judge=same_text(Erc735Data.unpack, Erc735Data.pack),
            originals=(
                Erc735Data(valid_from=1, valid_until=2, status_index=3, binding17=bytes(17)).pack(),
                Erc735Data(valid_from=0, valid_until=2**40 - 1, status_index=2**32 - 1, binding17=b"\xff" * 17).pack(),
            ),
            **BYTES_CHANGES,
        ),
        Target(
            name="compact-signature",
            covers=("keys.secp256k1.expand_compact",),
            judge=same_text(expand_compact, compact_signature),
            originals=tuple(compact_signature(WALLET.sign_digest(eip191_digest(bytes([n])))) for n in range(4)),
            **BYTES_CHANGES,
        ),
    )
