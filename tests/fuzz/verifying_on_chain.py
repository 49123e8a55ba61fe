"""Verifying targets for what contracts hold and check: claims in both on-chain forms, eligibility attestations."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from claim_issuers import Address, Eligibility, Root, decide_path
from claim_issuers.clock import unix_seconds
from claim_issuers.formats import eligibility, erc735, status_list_claim
from claim_issuers.formats.eligibility import Attestation
from claim_issuers.formats.erc735 import BindingOpening, Erc735Data, Erc735Form
from claim_issuers.formats.onchain import OnChainClaim, OnChainForm
from claim_issuers.formats.status_list_claim import StatusListClaimForm
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.attestations import EligibilityDemand, verify_attestation
from claim_issuers.verifiers.onchain import AccreditationQuestion, verify_onchain_claim
from tests.claim_issuers.builders import ISSUER, NOW, WALLET
from tests.fuzz.on_chain_changes import changed_fields
from tests.fuzz.samples import IN_TIME
from tests.fuzz.signature_changes import other_compact_signature, other_evm_signature
from tests.fuzz.targets import Target, accepted_if

REGISTRY, TOKEN, OTHER, IDENTITY = (Address(bytes([byte]) * 20) for byte in (0x33, 0x55, 0x66, 0x22))


def _erc735_samples() -> tuple[tuple[Any, ...], ...]:
    cases = (
        (b"\x22" * 20, 5, b"\x44" * 31),
        (b"\x22" * 20, 2**256 - 1, bytes(32)),
        (bytes(20), 0, b""),
        (b"\x23" * 20, 5, b"a" * 64),
    )
    return tuple((who, topic, data, erc735.sign(Address(who), topic, data, WALLET)) for who, topic, data in cases)


def _recover_erc735(sample: Any) -> str | None:
    who, topic, data, signature = sample
    return accepted_if(erc735.recover(Address.from_bytes(who), topic, data, signature) == WALLET.address)


def _status_list_claim_samples() -> tuple[tuple[Any, ...], ...]:
    cases = ((5, b"\x44" * 31, 1), (2**256 - 1, bytes(31), 31337), (0, b"", 0))
    return tuple(
        (
            IDENTITY.value,
            topic,
            data,
            chain,
            REGISTRY.value,
            status_list_claim.sign(IDENTITY, topic, data, chain_id=chain, issuer_contract=REGISTRY, signer=WALLET),
        )
        for topic, data, chain in cases
    )


def _recover_status_list_claim(sample: Any) -> str | None:
    who, topic, data, chain, contract, signature = sample
    found = status_list_claim.recover(
        Address.from_bytes(who), topic, data, signature, chain_id=chain, issuer_contract=Address.from_bytes(contract)
    )
    return accepted_if(found == WALLET.address)


_FORMS: tuple[OnChainForm, ...] = (Erc735Form(), StatusListClaimForm(chain_id=1, issuer_contract=REGISTRY))


_OPENING = BindingOpening(chain_id=1, issuer_contract=REGISTRY, claim_digest=bytes(32), salt16=bytes(16))


def _on_chain_samples(form: OnChainForm) -> tuple[tuple[Any, ...], ...]:
    start = unix_seconds(NOW)
    binding17 = _OPENING.binding(IDENTITY, 5)
    datas = [
        Erc735Data(valid_from=start - early, valid_until=start + late, status_index=7, binding17=binding17).pack()
        for early, late in ((0, 86_400), (86_400, 366 * 86_400), (start, 3600))
    ]
    return tuple((IDENTITY.value, 5, data, form.sign(IDENTITY, 5, data, WALLET)) for data in datas)


def _verify_on_chain(form: OnChainForm, sample: Any) -> str | None:
    who, topic, data, signature = sample
    claim = OnChainClaim(identity_contract=Address.from_bytes(who), topic=topic, data=data, signature=signature)
    report = verify_onchain_claim(
        claim,
        form=form,
        chain_id=1,
        issuer_contract=REGISTRY,
        claim_keys={WALLET.address},
        topic=5,
        identity_contract=IDENTITY,
        instant=IN_TIME,
        opening=_OPENING,
        status=lambda index: 0 if index == 7 else 1,
        accreditation=AccreditationQuestion(
            claim_issuer=ISSUER,
            claim_type="INVESTOR",
            jurisdiction=ClaimJurisdiction("CH"),
            lookup=lambda did, topic, place: decide_path(did, topic, [Root(ISSUER)], [], IN_TIME, jurisdiction=place),
        ),
    )
    return accepted_if(report.ok)


def _eligibility_samples() -> tuple[tuple[Any, ...], ...]:
    return _signed_answers(((3, 1_700_000_000, 1_700_003_600, 1, 1), (0, 0, 0, 0, 31337), (2**128 - 1, 1, 2**64 - 1, 2**64 - 1, 1)))


def _signed_answers(cases: Sequence[tuple[int, int, int, int, int]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (
            OTHER.value,
            TOKEN.value,
            categories,
            issued,
            until,
            epoch,
            chain,
            REGISTRY.value,
            eligibility.sign(
                Eligibility(account=OTHER, token=TOKEN, categories=categories, issued_at=issued, valid_until=until, epoch=epoch),
                chain_id=chain,
                verifying_contract=REGISTRY,
                signer=WALLET,
            ),
        )
        for categories, issued, until, epoch, chain in cases
    )


def _answer_of(sample: Any) -> tuple[Eligibility, int, Address, bytes]:
    account, token, categories, issued, until, epoch, chain, registry, signature = sample
    answer = Eligibility(
        account=Address.from_bytes(account),
        token=Address.from_bytes(token),
        categories=categories,
        issued_at=issued,
        valid_until=until,
        epoch=epoch,
    )
    return answer, chain, Address.from_bytes(registry), signature


def _recover_eligibility(sample: Any) -> str | None:
    answer, chain, registry, signature = _answer_of(sample)
    return accepted_if(eligibility.recover(answer, signature, chain_id=chain, verifying_contract=registry) == WALLET.address)


def _attestation_samples() -> tuple[tuple[Any, ...], ...]:
    start = unix_seconds(NOW)
    cases = ((3, start, start + 3600, 9, 1), (2, start - 60, start + 600, 9, 1), (2**128 - 1, 1, 2**64 - 1, 9, 1))
    return _signed_answers(cases)


def _verify_attestation(sample: Any) -> str | None:
    answer, chain, registry, signature = _answer_of(sample)
    attestation = Attestation(eligibility=answer, chain_id=chain, verifying_contract=registry, signature=signature)
    demand = EligibilityDemand(account=OTHER, token=TOKEN, chain_id=1, verifying_contract=REGISTRY, categories=2)
    report = verify_attestation(
        attestation, demand, signers={WALLET.address}, epoch=9, stored_issued_at=0, instant=IN_TIME, leeway=timedelta(seconds=5)
    )
    return accepted_if(report.ok)


def on_chain_targets() -> tuple[Target, ...]:
    """Every target that verifies what contracts hold or check."""
    evm, compact = changed_fields(other_evm_signature), changed_fields(other_compact_signature)
    erc735_form, status_list_form = _FORMS
    return (
        Target(
            name="erc735",
            covers=("formats.erc735.recover",),
            originals=_erc735_samples(),
            change=evm,
            judge=_recover_erc735,
        ),
        Target(
            name="erc735-report",
            originals=_on_chain_samples(erc735_form),
            change=evm,
            covers=(
                "verifiers.onchain.verify_onchain_claim",
                "formats.erc735.Erc735Form.recover",
                "formats.erc735.Erc735Form.read",
            ),
            judge=lambda sample: _verify_on_chain(erc735_form, sample),
        ),
        Target(
            name="status-list-claim",
            covers=("formats.status_list_claim.recover",),
            originals=_status_list_claim_samples(),
            change=compact,
            judge=_recover_status_list_claim,
        ),
        Target(
            name="status-list-claim-report",
            originals=_on_chain_samples(status_list_form),
            change=compact,
            covers=(
                "verifiers.onchain.verify_onchain_claim",
                "formats.status_list_claim.StatusListClaimForm.recover",
                "formats.status_list_claim.StatusListClaimForm.read",
            ),
            judge=lambda sample: _verify_on_chain(status_list_form, sample),
        ),
        Target(
            name="eligibility",
            covers=("formats.eligibility.recover",),
            originals=_eligibility_samples(),
            change=evm,
            judge=_recover_eligibility,
        ),
        Target(
            name="attestation",
            covers=("verifiers.attestations.verify_attestation", "formats.eligibility.Attestation.recover"),
            originals=_attestation_samples(),
            change=evm,
            judge=_verify_attestation,
        ),
    )
