"""Signing what was prepared: once, and never released unless it verifies as what was prepared.

>>> from datetime import UTC, datetime, timedelta
>>> from claim_issuers import (Account, ClaimRequest, Ed25519Signer, Profile, Root, StatusEntry, Validity, decide_path)
>>> from claim_issuers.trust.jurisdictions import ClaimJurisdiction
>>> did, now = "did:web:issuer.example", datetime(2026, 1, 1, tzinfo=UTC)
>>> profile = Profile(claim_issuer=did, claim_types=frozenset({"INVESTOR"}), max_validity=timedelta(days=366))
>>> request = ClaimRequest(
...     id="urn:example:claim:1", claim_type="INVESTOR", attributes={"classification": "retail"}, holder_jwk=None,
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
...     validity=Validity(now, now + timedelta(days=365)))
>>> prepared = profile.prepare(
...     request, accreditation=decide_path(did, "INVESTOR", [Root(did)], [], now, jurisdiction=ClaimJurisdiction(None)),
...     status=StatusEntry("https://issuer.example/status-lists/1", 7), instant=now)
>>> issue(prepared, Ed25519Signer(bytes(32))).claim_digest == prepared.digest
True
"""

from dataclasses import dataclass
from typing import Final

from claim_issuers.claims.claim import Claim
from claim_issuers.errors import Refused
from claim_issuers.formats.credential import CredentialForm
from claim_issuers.formats.onchain import OnChainForm
from claim_issuers.formats.vc_jwt import VcJwt
from claim_issuers.identifiers.accounts import Address
from claim_issuers.issuers.prepared import PreparedClaim, PreparedOnChainClaim
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import DigestSigner, Signer

_VC_JWT: Final = VcJwt()


class SignedOtherThanPrepared(Refused):
    """The signer's answer does not verify as the prepared claim; nothing was released."""

    code = "signed_other_than_prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedForm:
    """A signed credential: ``form`` is its media type's name (``vc+jwt``), ``content`` the compact token."""

    form: str
    claim: Claim
    claim_digest: bytes
    kid: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedOnChainClaim:
    """A signed on-chain claim: what ``addClaim`` takes, beside the off-chain claim it is a form of."""

    form: str
    claim: Claim
    claim_digest: bytes
    signed_by: Address
    identity_contract: Address
    topic: int
    data: bytes
    signature: bytes


def issue(prepared: PreparedClaim, signer: Signer, form: CredentialForm = _VC_JWT) -> IssuedForm:
    """The prepared claim in one credential form, ``vc+jwt`` unless told otherwise.

    The token is spent even when the signer fails, so that a signature which escaped cannot be made again unrecorded. What was
    signed is read back and compared before it is released, whoever signed it. Raises PreparedClaimAlreadyRedeemed,
    SignedOtherThanPrepared.
    """
    prepared._redeem()
    text = form.encode(prepared.claim, signer)
    _check_credential(text, prepared, signer, form)
    return IssuedForm(form=form.form, claim=prepared.claim, claim_digest=prepared.digest, kid=signer.kid, content=text)


def _check_credential(text: str, prepared: PreparedClaim, signer: Signer, form: CredentialForm) -> None:
    key = public_key_from_jwk(signer.public_jwk())
    try:
        signed = form.decode(text, keys=lambda _issuer, _kid: key)
    except Refused as fault:
        raise SignedOtherThanPrepared from fault
    if signed.digest() != prepared.digest:
        raise SignedOtherThanPrepared


def issue_on_chain(prepared: PreparedOnChainClaim, signer: DigestSigner) -> IssuedOnChainClaim:
    """The prepared claim in its on-chain form, signed by the claim issuer's key for that chain.

    The signature is recovered and compared before it is released. Raises PreparedClaimAlreadyRedeemed, SignedOtherThanPrepared.
    """
    prepared._redeem()
    form, parts = prepared.form, (prepared.identity_contract, prepared.topic, prepared.data)
    signature = form.sign(*parts, signer)
    _check_signature(form, parts, signature, signer.address)
    return IssuedOnChainClaim(
        form=form.name,
        claim=prepared.claim,
        claim_digest=prepared.claim.digest(),
        signed_by=signer.address,
        identity_contract=prepared.identity_contract,
        topic=prepared.topic,
        data=prepared.data,
        signature=signature,
    )


def _check_signature(form: OnChainForm, parts: tuple[Address, int, bytes], signature: bytes, expected: Address) -> None:
    try:
        signed_by = form.recover(*parts, signature)
    except Refused as fault:
        raise SignedOtherThanPrepared from fault
    if signed_by != expected:
        raise SignedOtherThanPrepared
