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

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_256
from typing import Annotated, Any, Final

from pydantic import ValidationError, create_model

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.claim import Claim, ClaimFrame, Validity
from claim_issuers.claims.vocabulary import ClaimType, validate_attributes
from claim_issuers.clock import from_unix_seconds
from claim_issuers.errors import InvalidInput
from claim_issuers.formats import jose
from claim_issuers.formats.credential import IssuerKeys, MalformedCredential
from claim_issuers.formats.sd_jwt import ALG_MEMBER, DIGESTS, SD_ALG, SdJwt, digest_of, reveal
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.did_web import did_of_issuer, issuer_url
from claim_issuers.keys.base64url import encode as base64url
from claim_issuers.keys.base64url import encode_bytes as base64url_bytes
from claim_issuers.keys.canonical_json import canonical_plain
from claim_issuers.keys.signers import Signer

TYP: Final = "dc+sd-jwt"
SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 18
_SALT_CHARACTERS: Final = 24
_DIGEST_BYTES: Final = 32
_did_of_issuer = lru_cache(maxsize=1024)(did_of_issuer)
_issuer_url = lru_cache(maxsize=1024)(issuer_url)

# What a verifier needs whatever the holder chooses to show: none of it may be disclosed selectively (SD-JWT VC §3.2.2.2).
_ALWAYS_SHOWN: Final = frozenset({"iss", "sub", "jti", "nbf", "exp", "vct", "vct#integrity", "cnf", "status"})
_SRI: Final = re.compile(r"sha256-[A-Za-z0-9+/]{43}=|sha384-[A-Za-z0-9+/]{64}|sha512-[A-Za-z0-9+/]{86}==")


@dataclass(frozen=True, kw_only=True)
class PresentedClaim(ClaimFrame):
    """A claim as far as its holder shows it; ``disclosed`` are the attributes shown, as JSON.

    An attribute that is missing was withheld, or was never stated: nobody but its claim issuer can tell the two apart.
    """

    disclosed: Mapping[str, Any]

    def claim(self) -> Claim:
        """The claim, taking for all it says what was shown. Raises InvalidClaimAttributes when what it must say was withheld."""
        return Claim(
            id=self.id,
            claim_type=self.claim_type,
            claim_issuer=self.claim_issuer,
            account=self.account,
            holder_jwk=self.holder_jwk,
            attributes=validate_attributes(self.claim_type, self.disclosed),
            validity=self.validity,
            status_list_uri=self.status_list_uri,
            status_list_index=self.status_list_index,
        )


@dataclass(frozen=True, slots=True)
class SdJwtVc:
    """The form ``dc+sd-jwt``; ``secret`` (32 fresh bytes for each claim) is where salts and decoys come from.

    Every credential of a claim type has as many digests as the type has attributes: a decoy stands for each attribute that the
    claim does not state. Raises MalformedCredential for a secret of another length.
    """

    types: CredentialTypes
    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise MalformedCredential(f"the secret has {SECRET_BYTES} bytes")

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
        """The claim in a credential that shows all of it. Raises the errors of ``read``, MalformedSdJwt."""
        try:
            return self.read(SdJwt.parse(text), keys=keys).claim()
        except InvalidInput as fault:
            raise MalformedCredential("what the claim must say is not shown") from fault


def encode(claim: Claim, signer: Signer, *, types: CredentialTypes, secret: bytes) -> str:
    """What ``SdJwtVc.encode`` gives."""
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


def issuer_of(payload: Mapping[str, Any]) -> str:
    """The DID behind ``iss``. Raises MalformedCredential."""
    try:
        return _did_of_issuer(payload["iss"])
    except (KeyError, TypeError, AttributeError, InvalidInput) as fault:
        raise MalformedCredential("iss must be the claim issuer's web address or DID", pointer="/iss") from fault


def presented(payload: Mapping[str, Any], shown: SdJwt, *, types: CredentialTypes) -> PresentedClaim:
    """The claim in a payload whose signature held, with what is disclosed beside it.

    Raises MalformedSdJwt, DisclosureMismatch, MalformedCredential unless the payload is exactly what ``encode`` makes of it.
    """
    if any(disclosure.name in _ALWAYS_SHOWN for disclosure in shown.disclosures):
        raise MalformedCredential("a disclosure names what must always be shown")
    revealed = reveal(payload, shown.disclosures)
    try:
        claim = _read(payload, {name: value for name, value in revealed.items() if name not in _ALWAYS_SHOWN}, types)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, InvalidInput) as fault:
        raise MalformedCredential("a member is missing or has another form") from fault
    shown_members = {name: payload[name] for name in payload if name in _ALWAYS_SHOWN}
    # The type's metadata may have been rewritten since: its hash is for whoever fetches it, and only its form is judged here.
    if shown_members != {**always_shown(claim, types), "vct#integrity": _integrity(payload)}:
        raise MalformedCredential("members are missing, added, or contradict each other")
    return claim


def _integrity(payload: Mapping[str, Any]) -> str:
    integrity = payload.get("vct#integrity")
    if not isinstance(integrity, str) or not _SRI.fullmatch(integrity):
        raise MalformedCredential("vct#integrity is a hash as W3C Subresource Integrity writes it", pointer="/vct#integrity")
    return integrity


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
    names = claim.claim_type.attributes.model_fields
    stream = shake_256(secret + claim.id.encode()).digest((_SALT_BYTES + _DIGEST_BYTES) * len(names))
    salts, decoys = base64url(stream[: _SALT_BYTES * len(names)]), stream[_SALT_BYTES * len(names) :]
    digests, disclosures = [], []
    for place, name in enumerate(names):
        if name in stated:
            salt = salts[_SALT_CHARACTERS * place : _SALT_CHARACTERS * (place + 1)]
            text = base64url_bytes(canonical_plain((salt, name, stated[name])))
            disclosures.append(text.decode())
            digests.append(digest_of(text))
        else:
            digests.append(base64url(decoys[_DIGEST_BYTES * place : _DIGEST_BYTES * (place + 1)]))
    digests.sort()
    return digests, disclosures


def _read(payload: Mapping[str, Any], attributes: Mapping[str, Any], types: CredentialTypes) -> PresentedClaim:
    kind = types.claim_type_of(payload["vct"])
    listed = payload["status"]["status_list"]
    return PresentedClaim(
        id=payload["jti"],
        claim_type=kind,
        claim_issuer=_did_of_issuer(payload["iss"]),
        account=Account.from_did(payload["sub"]),
        holder_jwk=payload["cnf"]["jwk"] if "cnf" in payload else None,
        disclosed=_checked(kind, attributes),
        validity=Validity(_instant(payload, "nbf"), _instant(payload, "exp")),
        status_list_uri=listed["uri"],
        status_list_index=listed["idx"],
    )


def _instant(payload: Mapping[str, Any], name: str) -> Any:
    return from_unix_seconds(jose.whole_seconds(payload, name))


def _checked(kind: ClaimType, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    if None in attributes.values():
        raise MalformedCredential("an attribute is null")
    try:
        _each_optional(kind.attributes).model_validate(attributes)
    except ValidationError as fault:
        raise MalformedCredential("an attribute is unknown or has another form") from fault
    return attributes


@lru_cache(maxsize=64)
def _each_optional(attributes: type[ClaimAttributes]) -> type[ClaimAttributes]:
    fields: dict[str, Any] = {
        name: (Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation, None)
        for name, field in attributes.model_fields.items()
    }
    return create_model(f"Shown{attributes.__name__}", __base__=ClaimAttributes, **fields)
