"""A claim as an SD-JWT VC, ``typ dc+sd-jwt``: the holder chooses which attributes to show, and proves the wallet's key.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.claim import Claim, Validity
>>> from claim_issuers.claims.vocabulary import claim_type, validate_attributes
>>> from claim_issuers.identifiers.accounts import Account
>>> from claim_issuers.keys.signers import Ed25519Signer
>>> kind, signer = claim_type("INVESTOR"), Ed25519Signer(bytes(32))
>>> claim = Claim(
...     id="urn:example:claim:1", claim_type=kind, claim_issuer="did:web:issuer.example",
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), holder_jwk=signer.public_key.jwk(),
...     attributes=validate_attributes(kind, {"classification": "professional", "country": "CH"}),
...     validity=Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
...     status_list_uri="https://issuer.example/status-lists/1", status_list_index=7)
>>> form = SdJwtVc(CredentialTypes("https://issuer.example/credential-types"), secret=bytes(32))
>>> text = form.encode(claim, signer)
>>> shown = SdJwt.parse(text).disclosing(["country"])
>>> form.read(shown, keys=lambda issuer, kid: signer.public_key).disclosed
{'country': 'CH'}
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, shake_256
from typing import Any, Final

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.claim import Claim, ClaimFrame
from claim_issuers.encodings.base64url import encode as base64url
from claim_issuers.encodings.base64url import encode_bytes as base64url_bytes
from claim_issuers.encodings.canonical_json import canonical_plain
from claim_issuers.errors import InvalidInput
from claim_issuers.formats import jose
from claim_issuers.formats.credential import IssuerKeys, MalformedCredential
from claim_issuers.formats.presented_claim import PresentedClaim, issuer_of, presented
from claim_issuers.formats.sd_jwt import ALG_MEMBER, DIGESTS, SD_ALG, SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.did_web import issuer_url
from claim_issuers.keys.signers import Signer

__all__ = ["SECRET_BYTES", "TYP", "PresentedClaim", "SdJwtVc", "encode", "issuer_of", "presented", "read"]

TYP: Final = "dc+sd-jwt"
SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 18
_SALT_CHARACTERS: Final = 24
_DIGEST_BYTES: Final = 32
_issuer_url = lru_cache(maxsize=1024)(issuer_url)


class InvalidDisclosureSecret(InvalidInput):
    """The secret behind salts and decoys has another length: whoever could guess it could open what is withheld."""

    code = "invalid_disclosure_secret"


@dataclass(frozen=True, slots=True)
class SdJwtVc:
    """The form ``dc+sd-jwt``; ``secret`` (32 fresh bytes for each claim) is where salts and decoys come from.

    Every credential of a claim type has as many digests as the type has attributes: a decoy stands for each attribute that the
    claim does not state. Raises InvalidDisclosureSecret for a secret of another length.
    """

    types: CredentialTypes
    secret: bytes

    def __post_init__(self) -> None:
        _check_secret(self.secret)

    @property
    def form(self) -> str:
        """``dc+sd-jwt``."""
        return TYP

    def encode(self, claim: Claim, signer: Signer) -> str:
        """The signed credential with all its disclosures, no key binding; the same for the same claim, secret and signer.

        Leaves to the caller that the signer is the claim issuer's.
        """
        return encode(claim, signer, types=self.types, secret=self.secret)

    def read(self, shown: SdJwt, *, keys: IssuerKeys, algorithms: Collection[str] = jose.ALGORITHMS) -> PresentedClaim:
        """``read`` with these types."""
        return read(shown, keys=keys, types=self.types, algorithms=algorithms)

    def decode(self, text: str, *, keys: IssuerKeys) -> Claim:
        """The claim, taking for all it says what the credential shows: who withheld something made another claim of it.

        Raises the errors of ``read``, MalformedSdJwt, and MalformedCredential where what every such claim says is not shown.
        """
        try:
            return self.read(SdJwt.parse(text), keys=keys).claim()
        except InvalidInput as fault:
            raise MalformedCredential("what the claim must say is not shown") from fault


def _check_secret(secret: bytes) -> None:
    if not isinstance(secret, bytes) or len(secret) != SECRET_BYTES:
        raise InvalidDisclosureSecret(f"the secret has {SECRET_BYTES} bytes")


def encode(claim: Claim, signer: Signer, *, types: CredentialTypes, secret: bytes) -> str:
    """What ``SdJwtVc.encode`` gives. Raises InvalidDisclosureSecret."""
    _check_secret(secret)
    payload, stated = always_shown(claim, types), claim.attributes_json()
    if not claim.claim_type.attributes.selectively_disclosable:
        return jose.sign_plain(TYP, {**payload, **stated}, signer) + "~"
    digests, disclosures = _disclosures(claim, stated, secret)
    payload |= {DIGESTS: digests, ALG_MEMBER: SD_ALG}
    return "~".join((jose.sign_plain(TYP, payload, signer), *disclosures, ""))


def read(
    shown: SdJwt, *, keys: IssuerKeys, types: CredentialTypes, algorithms: Collection[str] = jose.ALGORITHMS
) -> PresentedClaim:
    """The claim as far as ``shown`` shows it, once the signature is that of the key its issuer has under its ``kid``.

    Raises the errors of ``jose.verify_compact``, MalformedSdJwt, DisclosureMismatch, MalformedCredential. Leaves to the caller:
    time, status, accreditation, key binding, and whose account it is (``verifiers`` checks those).
    """
    issuer = issuer_of(jose.read_unverified(shown.issuer_jwt).payload)
    verified = jose.verify_compact(shown.issuer_jwt, keys=lambda kid: keys(issuer, kid), algorithms=algorithms, typ=TYP)
    return presented(verified.payload, shown, types=types)


def always_shown(claim: ClaimFrame, types: CredentialTypes) -> dict[str, Any]:
    """The members of the payload that are the same whatever the holder discloses."""
    valid_from, valid_until = claim.validity.as_unix()
    members: dict[str, Any] = {
        "iss": _issuer_url(claim.claim_issuer),
        "sub": claim.account.did,
        "jti": claim.id,
        "nbf": valid_from,
        "exp": valid_until,
        "vct": types.vct(claim.claim_type),
        "vct#integrity": types.integrity(claim.claim_type),
        "status": {"status_list": {"idx": claim.status_list_index, "uri": claim.status_list_uri}},
    }
    if claim.holder_jwk is not None:
        members["cnf"] = {"jwk": dict(claim.holder_jwk)}
    return members


def _disclosures(claim: Claim, stated: Mapping[str, Any], secret: bytes) -> tuple[list[str], list[str]]:
    # One stream for all: first a salt for each attribute, 18 bytes that make 24 characters, then a decoy for each. Digests are
    # sorted, so their order tells nothing (RFC 9901 §4.2.4.1).
    names = _names_of(claim.claim_type.attributes)
    stream = shake_256(secret + claim.id.encode()).digest((_SALT_BYTES + _DIGEST_BYTES) * len(names))
    salts, decoys = base64url(stream[: _SALT_BYTES * len(names)]), stream[_SALT_BYTES * len(names) :]
    digests, disclosures = [], []
    for place, name in enumerate(names):
        if name in stated:
            salt = salts[_SALT_CHARACTERS * place : _SALT_CHARACTERS * (place + 1)]
            text = base64url_bytes(canonical_plain((salt, name, stated[name])))
            disclosures.append(text.decode())
            digest = sha256(text).digest()
        else:
            digest = decoys[_DIGEST_BYTES * place : _DIGEST_BYTES * (place + 1)]
        digests.append(base64url_bytes(digest).decode())
    digests.sort()
    return digests, disclosures


@lru_cache(maxsize=64)
def _names_of(attributes: type[ClaimAttributes]) -> tuple[str, ...]:
    return tuple(attributes.model_fields)
