"""Verifies a claim as an identity contract holds it, in whichever on-chain form: every check reported.

>>> from datetime import UTC
>>> from claim_issuers.formats.erc735 import Erc735Form
>>> from claim_issuers.keys.signers import Secp256k1Signer
>>> identity_contract, key, form = Address(b"\\x22" * 20), Secp256k1Signer(b"\\x11" * 32), Erc735Form()
>>> data = Erc735Data(valid_from=1700000000, valid_until=1731536000, status_index=7, binding17=bytes(17)).pack()
>>> claim = OnChainClaim(identity_contract=identity_contract, topic=5, data=data,
...                      signature=form.sign(identity_contract, 5, data, key))
>>> report = verify_onchain_claim(
...     claim, form=form, chain_id=1, issuer_contract=Address(b"\\x33" * 20), claim_keys={key.address}, topic=5,
...     identity_contract=identity_contract,
...     instant=datetime(2023, 12, 1, tzinfo=UTC), status=lambda index: 0)
>>> report.ok, report.reasons
(False, ('binding_not_opened', 'no_accreditation_source'))
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from claim_issuers.clock import aware
from claim_issuers.errors import DomainError
from claim_issuers.formats.erc735 import BindingOpening, Erc735Data
from claim_issuers.formats.onchain import OnChainClaim, OnChainForm
from claim_issuers.identifiers.accounts import Address
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.checks import Check, Report
from claim_issuers.verifiers.claim_checks import AccreditationLookup, check_accreditation, check_status_value
from claim_issuers.verifiers.signed_onchain import signer_checks, time_check

OnChainStatusLookup = Callable[[int], int]
"""Gives the present status (``Status``) at an on-chain index; raises a domain error when it cannot tell.

The stock contract keeps no index but the signatures it was told to revoke: there the caller answers for the claim's signature.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationQuestion:
    """Who issued the claim (a DID), of what claim type and about which place, none of which the chain tells, and who decides.

    Take the jurisdiction from the claim whose digest the binding opens: what its attributes say (``jurisdiction_of``).
    """

    claim_issuer: str
    claim_type: str
    jurisdiction: ClaimJurisdiction
    lookup: AccreditationLookup


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainClaimVerification(Report):
    """All checks, the key that signed (whosever it is) where one was recovered, and what ``data`` says where it can be read."""

    signer: Address | None
    data: Erc735Data | None


def verify_onchain_claim(
    claim: OnChainClaim,
    *,
    form: OnChainForm,
    chain_id: int,
    issuer_contract: Address,
    claim_keys: Collection[Address],
    topic: int,
    identity_contract: Address,
    instant: datetime,
    leeway: timedelta = timedelta(),
    opening: BindingOpening | None = None,
    status: OnChainStatusLookup | None = None,
    accreditation: AccreditationQuestion | None = None,
) -> OnChainClaimVerification:
    """Every check of ``claim`` in ``form``; a failed one never hides another.

    In order: data, contract (the form can be meant for ``issuer_contract`` on ``chain_id``), signature (the form's one encoding),
    signer (one of ``claim_keys``, the purpose-3 keys of that contract), topic, identity_contract, binding (``opening`` opens it,
    and names that chain and contract: whoever shows the claim may bring the opening of another chain), validity at ``instant``
    with ``leeway`` both ways, status, accreditation. A question the caller cannot answer (None, or a look-up that raises
    Unavailable) is reported as not checked, and then the verification is not ok. Leaves to the caller that a trusted factory
    made the identity contract, and that it holds this claim. Raises NaiveInstant, and nothing for any claim.
    """
    now = aware(instant)
    data, unread = _read(form, claim.data)
    signer, signature_check, signer_check = signer_checks(
        lambda: form.recover(claim.identity_contract, claim.topic, claim.data, claim.signature), claim_keys
    )
    checks = (
        Check.of_fault("data", unread),
        Check.passed_if(form.is_for(chain_id, issuer_contract), "contract", "form_for_another_contract"),
        signature_check,
        signer_check,
        Check.passed_if(claim.topic == topic, "topic", "other_topic"),
        Check.passed_if(claim.identity_contract == identity_contract, "identity_contract", "other_identity_contract"),
        _binding(claim, data, opening, (chain_id, issuer_contract)),
        *(_unreadable() if data is None else _data_checks(data, status, now, leeway)),
        _accreditation(accreditation, now),
    )
    return OnChainClaimVerification(checks=checks, signer=signer, data=data)


def _read(form: OnChainForm, data: bytes) -> tuple[Erc735Data | None, DomainError | None]:
    try:
        return form.read(data), None
    except DomainError as fault:
        return None, fault


def _unreadable() -> tuple[Check, ...]:
    return tuple(Check.not_made(code, "claim_data_not_read") for code in ("validity", "status"))


def _data_checks(data: Erc735Data, status: OnChainStatusLookup | None, now: datetime, leeway: timedelta) -> tuple[Check, ...]:
    return (
        time_check((data.valid_from, data.valid_until), now, leeway, early="claim_not_yet_valid", late="claim_expired"),
        _status(data.status_index, status),
    )


def _binding(claim: OnChainClaim, data: Erc735Data | None, opening: BindingOpening | None, where: tuple[int, Address]) -> Check:
    if data is None or opening is None:
        return Check.not_made("binding", "claim_data_not_read" if data is None else "binding_not_opened")
    if (opening.chain_id, opening.issuer_contract) != where:
        return Check.passed_if(False, "binding", "binding_for_another_contract")
    opens = opening.binding(claim.identity_contract, claim.topic) == data.binding17
    return Check.passed_if(opens, "binding", "binding_does_not_open")


def _status(index: int, lookup: OnChainStatusLookup | None) -> Check:
    if lookup is None:
        return Check.not_made("status", "no_status_source")
    try:
        value = lookup(index)
    except DomainError as fault:
        return Check.of_fault("status", fault)
    return check_status_value(value)


def _accreditation(question: AccreditationQuestion | None, now: datetime) -> Check:
    if question is None:
        return Check.not_made("accreditation", "no_accreditation_source")
    return check_accreditation(question.claim_issuer, question.claim_type, question.jurisdiction, question.lookup, now)
