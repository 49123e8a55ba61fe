"""Signing what was prepared: once, and never released unless it verifies as what was prepared.

>>> from datetime import UTC, datetime, timedelta
>>> from claim_issuers import (Account, ClaimRequest, Ed25519Signer, Profile, Root, StatusEntry, Validity, decide_path)
>>> did, now = "did:web:issuer.example", datetime(2026, 1, 1, tzinfo=UTC)
>>> profile = Profile(claim_issuer=did, claim_types=frozenset({"INVESTOR"}), max_validity=timedelta(days=366))
>>> request = ClaimRequest(
...     id="urn:example:claim:1", claim_type="INVESTOR", attributes={"classification": "retail"}, holder_jwk=None,
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
...     validity=Validity(now, now + timedelta(days=365)))
>>> prepared = profile.prepare(
...     request, accreditation=decide_path(did, "INVESTOR", [Root(did)], [], now),
...     status=StatusEntry("https://issuer.example/status-lists/1", 7), instant=now)
>>> issue(prepared, Ed25519Signer(bytes(32))).claim_digest == prepared.digest
True
"""

from dataclasses import dataclass

from claim_issuers.claims.claim import Claim
from claim_issuers.errors import Refused
from claim_issuers.formats import erc735, vc_jwt
from claim_issuers.identifiers.accounts import Address
from claim_issuers.issuers.prepared import PreparedClaim, PreparedErc735
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import DigestSigner, Signer


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
class IssuedErc735:
    """A signed ERC-735 claim: what ``addClaim`` takes, beside the off-chain claim it is a form of."""

    form: str
    claim: Claim
    claim_digest: bytes
    signed_by: Address
    identity_contract: Address
    topic: int
    data: bytes
    signature: bytes


def issue(prepared: PreparedClaim, signer: Signer) -> IssuedForm:
    """The prepared claim as ``vc+jwt``.

    The token is spent even when the signer fails, so that a signature which escaped cannot be made again unrecorded. Raises
    PreparedClaimAlreadyRedeemed, SignedOtherThanPrepared.
    """
    prepared._redeem()
    token = vc_jwt.encode(prepared.claim, signer)
    key = public_key_from_jwk(signer.public_jwk())
    try:
        signed = vc_jwt.decode(token, keys=lambda _issuer, _kid: key)
    except Refused as fault:
        raise SignedOtherThanPrepared from fault
    if signed.digest() != prepared.digest:
        raise SignedOtherThanPrepared
    return IssuedForm(form=vc_jwt.TYP, claim=prepared.claim, claim_digest=prepared.digest, kid=signer.kid, content=token)


def issue_erc735(prepared: PreparedErc735, signer: DigestSigner) -> IssuedErc735:
    """The prepared claim as ERC-735, signed by the claim issuer's key for that chain.

    Raises PreparedClaimAlreadyRedeemed, SignedOtherThanPrepared.
    """
    prepared._redeem()
    parts = (prepared.identity_contract, prepared.topic, prepared.data)
    signature = erc735.sign(*parts, signer)
    try:
        signed_by = erc735.recover(*parts, signature)
    except Refused as fault:
        raise SignedOtherThanPrepared from fault
    if signed_by != signer.address or erc735.digest(*parts) != prepared.digest:
        raise SignedOtherThanPrepared
    return IssuedErc735(
        form="erc735",
        claim=prepared.claim,
        claim_digest=prepared.claim.digest(),
        signed_by=signed_by,
        identity_contract=prepared.identity_contract,
        topic=prepared.topic,
        data=prepared.data,
        signature=signature,
    )
