"""A claim as a W3C credential: VCDM 2.0 secured with VC-JOSE-COSE, ``typ vc+jwt``; the payload is the credential.

The account is in the subject as did:pkh, the wallet's key in ``cnf``, the status in a Token Status List (``status``) and in the
two Bitstring Status Lists made of it (``credentialStatus``).

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Validity
>>> from claim_issuers.claims.vocabulary import claim_type, validate_attributes
>>> from claim_issuers.identifiers.accounts import Account
>>> from claim_issuers.keys.signers import Ed25519Signer
>>> kind, signer = claim_type("INVESTOR"), Ed25519Signer(bytes(32))
>>> claim = Claim(
...     id="urn:example:claim:1", claim_type=kind, claim_issuer="did:web:issuer.example",
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), holder_jwk=None,
...     attributes=validate_attributes(kind, {"classification": "professional"}),
...     validity=Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
...     status_list_uri="https://issuer.example/status-lists/1", status_list_index=7)
>>> decode(encode(claim, signer), keys=lambda issuer, kid: signer.public_key) == claim
True
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import orjson

from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import claim_type, validate_attributes
from claim_issuers.encodings.canonical_json import NotCanonicalJson, canonical_plain
from claim_issuers.errors import InvalidInput
from claim_issuers.formats import jose
from claim_issuers.formats.credential import IssuerKeys, MalformedCredential
from claim_issuers.formats.status_entries import StatusPurpose, status_entry
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.keys.signers import Signer

TYP = "vc+jwt"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
_PURPOSES = tuple(StatusPurpose)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class VcJwt:
    """The form ``vc+jwt``, as ``CredentialForm``: the whole claim, nothing of it selectively disclosable."""

    form = TYP

    def encode(self, claim: Claim, signer: Signer) -> str:
        """``encode`` of this module."""
        return encode(claim, signer)

    def decode(self, text: str, *, keys: IssuerKeys) -> Claim:
        """``decode`` of this module, any of our algorithms."""
        return decode(text, keys=keys)


def credential_of(claim: Claim) -> dict[str, Any]:
    """The credential: the payload of the token, the same for the same claim."""
    valid_from, valid_until = claim.validity.as_unix()
    credential: dict[str, Any] = {
        "@context": [CONTEXT],
        "id": claim.id,
        "type": ["VerifiableCredential"],
        "issuer": claim.claim_issuer,
        "validFrom": _instant_text(claim.validity.valid_from),
        "validUntil": _instant_text(claim.validity.valid_until),
        "credentialSubject": {
            "id": claim.account.did,
            "claimType": claim.claim_type.name,
            "attributes": claim.attributes_json(),
        },
        "credentialStatus": [status_entry(claim.status_list_uri, claim.status_list_index, purpose) for purpose in _PURPOSES],
        "status": {"status_list": {"idx": claim.status_list_index, "uri": claim.status_list_uri}},
        "iat": valid_from,
        "exp": valid_until,
    }
    if claim.holder_jwk is not None:
        credential["cnf"] = {"jwk": dict(claim.holder_jwk)}
    return credential


def encode(claim: Claim, signer: Signer) -> str:
    """The signed credential, compact. Leaves to the caller that the signer is the claim issuer's."""
    return jose.sign_plain(TYP, credential_of(claim), signer, cty="vc")


def decode(token: str, *, keys: IssuerKeys, algorithms: Collection[str] = jose.ALGORITHMS) -> Claim:
    """The claim in ``token``, once its signature is that of the key its issuer has under its ``kid``.

    Raises the errors of ``jose.verify_compact``, and MalformedCredential unless the payload is exactly what ``encode`` makes of
    the claim. Leaves to the caller: time, status, accreditation, and whose account it is (``verifiers`` checks those).
    """
    issuer = issuer_of(jose.read_unverified(token).payload)
    verified = jose.verify_compact(token, keys=lambda kid: keys(issuer, kid), algorithms=algorithms, typ=TYP)
    return claim_of_token(verified)


def issuer_of(credential: Mapping[str, Any]) -> str:
    """The DID that a credential names as its issuer, before anything is verified. Raises MalformedCredential."""
    try:
        return canonical_did(credential["issuer"])
    except (KeyError, InvalidInput) as fault:
        raise MalformedCredential("issuer must be a DID in its one spelling", pointer="/issuer") from fault


def claim_of_token(verified: jose.VerifiedToken) -> Claim:
    """The claim of a token whose signature held. Raises MalformedCredential."""
    if verified.header.get("cty", "vc") != "vc":
        raise MalformedCredential("cty must be vc")
    return claim_of(verified.payload)


def claim_of(credential: Mapping[str, Any]) -> Claim:
    """The claim that a credential states. Raises MalformedCredential unless ``credential_of`` gives exactly it back."""
    try:
        claim = _read(credential)
    except (KeyError, TypeError, AttributeError, ValueError, InvalidInput) as fault:
        raise MalformedCredential("a member is missing or has another form") from fault
    if not _is_written_as_we_write_it(credential, claim):
        raise MalformedCredential("members are missing, added, or contradict each other")
    return claim


def _is_written_as_we_write_it(credential: Mapping[str, Any], claim: Claim) -> bool:
    # As texts: Python's 1, 1.0 and True are equal.
    try:
        return canonical_plain(dict(credential)) == canonical_plain(credential_of(claim))
    except NotCanonicalJson:
        return False


def _read(credential: Mapping[str, Any]) -> Claim:
    subject = credential["credentialSubject"]
    kind = claim_type(subject["claimType"])
    status = credential["status"]["status_list"]
    return Claim(
        id=credential["id"],
        claim_type=kind,
        claim_issuer=credential["issuer"],
        account=Account.from_did(subject["id"]),
        holder_jwk=credential["cnf"]["jwk"] if "cnf" in credential else None,
        attributes=validate_attributes(kind, subject["attributes"]),
        validity=Validity(_instant(credential["validFrom"]), _instant(credential["validUntil"])),
        status_list_uri=status["uri"],
        status_list_index=status["idx"],
    )


def _instant_text(instant: datetime) -> str:
    # RFC 3339 of an instant in UTC and whole seconds, which a Validity holds; isoformat takes three times as long
    return orjson.dumps(instant, option=orjson.OPT_UTC_Z)[1:-1].decode()


def _instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text)
