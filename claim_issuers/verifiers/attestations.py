"""Verifies an eligibility attestation: who signed, about whom, for which registry, at which instant and epoch; each reported.

>>> from datetime import UTC
>>> from claim_issuers.formats import eligibility
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> account, token, registry, key = (Address(b"\\x66" * 20), Address(b"\\x55" * 20), Address(b"\\x33" * 20),
...                                  Secp256k1Signer(b"\\x11" * 32))
>>> answer = eligibility.Eligibility(account=account, token=token, categories=3, issued_at=1700000000,
...                                  valid_until=1700003600, epoch=1)
>>> signature = eligibility.sign(answer, chain_id=1, verifying_contract=registry, signer=key)
>>> attestation = Attestation(eligibility=answer, chain_id=1, verifying_contract=registry, signature=signature)
>>> demand = EligibilityDemand(account=account, token=token, chain_id=1, verifying_contract=registry, categories=2)
>>> report = verify_attestation(attestation, demand, signers={key.address}, epoch=2, stored_issued_at=0,
...                             instant=datetime(2023, 11, 15, tzinfo=UTC))
>>> report.reasons
('attestation_expired', 'epoch_not_current')
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from claim_issuers.clock import aware
from claim_issuers.formats.eligibility import Attestation, Eligibility
from claim_issuers.formats.words import checked_address, checked_uint
from claim_issuers.identifiers.accounts import Address
from claim_issuers.verifiers.checks import Check, Report
from claim_issuers.verifiers.signed_onchain import signer_checks, time_check


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityDemand:
    """What an attestation must be about, and the category bits it must all have (0: any category will do).

    ``verifying_contract`` is the registry, or the token where none is deployed. Raises ValueOutOfRange.
    """

    account: Address
    token: Address
    chain_id: int
    verifying_contract: Address
    categories: int = 0

    def __post_init__(self) -> None:
        for address in (self.account, self.token, self.verifying_contract):
            checked_address(address)
        checked_uint(self.chain_id, bits=256)
        checked_uint(self.categories, bits=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationVerification(Report):
    """All checks, and the key that signed (whosever it is) where one was recovered."""

    signer: Address | None


def verify_attestation(
    attestation: Attestation,
    demand: EligibilityDemand,
    *,
    signers: Collection[Address],
    epoch: int | None,
    stored_issued_at: int | None,
    instant: datetime,
    leeway: timedelta = timedelta(),
) -> AttestationVerification:
    """Every check of ``attestation`` against ``demand``; a failed one never hides another.

    In order: signature, signer (one of ``signers``), chain, verifying_contract, account, token, categories, validity at
    ``instant`` with ``leeway`` both ways, epoch (the registry's present one), record: not older than the stored record's
    ``issuedAt`` (0 where the registry holds none). For ``epoch`` and ``stored_issued_at`` None means that the caller does not
    know: not checked, and then not ok. Raises NaiveInstant, and nothing for any attestation.
    """
    now, answer = aware(instant), attestation.eligibility
    signer, signature_check, signer_check = signer_checks(attestation.recover, signers)
    checks = (
        signature_check,
        signer_check,
        Check.passed_if(attestation.chain_id == demand.chain_id, "chain", "other_chain"),
        Check.passed_if(
            attestation.verifying_contract == demand.verifying_contract, "verifying_contract", "other_verifying_contract"
        ),
        Check.passed_if(answer.account == demand.account, "account", "other_account"),
        Check.passed_if(answer.token == demand.token, "token", "other_token"),
        _categories(answer, demand.categories),
        time_check(
            (answer.issued_at, answer.valid_until), now, leeway, early="attestation_not_yet_valid", late="attestation_expired"
        ),
        _epoch(answer, epoch),
        _record(answer, stored_issued_at),
    )
    return AttestationVerification(checks=checks, signer=signer)


def _categories(answer: Eligibility, demanded: int) -> Check:
    if answer.categories == 0:
        return Check.passed_if(False, "categories", "not_eligible")
    return Check.passed_if(answer.categories & demanded == demanded, "categories", "category_missing")


def _epoch(answer: Eligibility, present: int | None) -> Check:
    if present is None:
        return Check.not_made("epoch", "no_epoch_source")
    return Check.passed_if(answer.epoch == present, "epoch", "epoch_not_current")


def _record(answer: Eligibility, stored_issued_at: int | None) -> Check:
    if stored_issued_at is None:
        return Check.not_made("record", "no_record_source")
    return Check.passed_if(answer.issued_at >= stored_issued_at, "record", "older_than_stored_record")
