"""Parsing targets: wallets' messages and the types of credentials."""

from claim_issuers import SiweMessage
from claim_issuers.account_proofs.siwe_grammar import checked
from claim_issuers.account_proofs.timestamp import Timestamp
from tests.fuzz.judging import TEXT_CHANGES, any_text, faithful, once_or_more, same_text
from tests.fuzz.samples import (
    siwe_samples,
)
from tests.fuzz.sd_jwt_samples import TYPES
from tests.fuzz.targets import Target
from tests.fuzz.verifying_signatures import siwe_text


def _siwe(text: str) -> str | None:
    message = SiweMessage.parse(text)
    return faithful(message.prepare() == text)


def _timestamp(text: str) -> str | None:
    stamp = Timestamp.parse(text)
    return faithful(str(stamp) == text and stamp.instant.tzinfo is not None)


def _siwe_part(text: str) -> str | None:
    part, _, value = text.partition(" ")
    return faithful(checked(part, value) == value) if part in ("domain", "uri", "nonce", "statement", "request_id") else None


def wallet_targets() -> tuple[Target, ...]:
    stamps = (
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:00:00.500+01:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999-00:00",
    )
    parts = ("domain issuer.example:8443", "uri https://issuer.example/a%20b", "nonce K7vQ2mX9aB", "statement a b", "request_id a")
    return (
        Target(
            name="siwe-message",
            covers=("account_proofs.siwe.SiweMessage.parse", "account_proofs.siwe_grammar.resources_of"),
            originals=tuple(text for text, _ in siwe_samples()),
            judge=_siwe,
            change=once_or_more(siwe_text),
        ),
        Target(
            name="siwe-part",
            covers=("account_proofs.siwe_grammar.checked",),
            originals=parts,
            judge=_siwe_part,
            change=once_or_more(any_text),
        ),
        Target(
            name="timestamp",
            covers=("account_proofs.timestamp.Timestamp.parse",),
            originals=stamps,
            judge=_timestamp,
            change=once_or_more(any_text),
        ),
        Target(
            name="vct",
            covers=("formats.type_metadata.CredentialTypes.claim_type_of",),
            originals=tuple(f"{TYPES.base_uri}/{name}" for name in ("INVESTOR", "CUSTODIAN", "CLAIM_ISSUER")),
            judge=same_text(TYPES.claim_type_of, TYPES.vct),
            **TEXT_CHANGES,
        ),
    )
