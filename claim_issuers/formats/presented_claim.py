"""What a ``dc+sd-jwt`` shows of a claim: read from a payload and its disclosures, every member strictly.

>>> from claim_issuers.formats.sd_jwt import SdJwt
>>> try:
...     presented({}, SdJwt("", ()), types=CredentialTypes("https://issuer.example/credential-types"))
... except MalformedCredential as fault:
...     fault.detail
'a member is missing or has another form'
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any, Final

from pydantic import ValidationError, create_model

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.claim import Claim, ClaimFrame, Validity
from claim_issuers.claims.vocabulary import ClaimType, validate_attributes
from claim_issuers.clock import from_unix_seconds
from claim_issuers.errors import InvalidInput
from claim_issuers.formats import jose
from claim_issuers.formats.credential import MalformedCredential
from claim_issuers.formats.sd_jwt import DIGESTS, Disclosure, SdJwt, reveal
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.did_web import did_of_issuer
from claim_issuers.keys.jwk import public_key_from_jwk, verifying_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey

_did_of_issuer = lru_cache(maxsize=1024)(did_of_issuer)

# What a verifier needs whatever the holder chooses to show: none of it may be disclosed selectively (SD-JWT VC §3.2.2.2).
_ALWAYS_SHOWN: Final = frozenset({"iss", "sub", "jti", "nbf", "exp", "vct", "vct#integrity", "cnf", "status"})
_SRI: Final = re.compile(r"sha256-[A-Za-z0-9+/]{43}=|sha384-[A-Za-z0-9+/]{64}|sha512-[A-Za-z0-9+/]{86}==")


@dataclass(frozen=True, kw_only=True)
class PresentedClaim(ClaimFrame):
    """A claim as far as its holder shows it; ``disclosed`` are the attributes shown, as JSON.

    An attribute that is missing was withheld, or was never stated: nobody but its claim issuer can tell the two apart.
    """

    disclosed: Mapping[str, Any]

    @cached_property
    def holder_key(self) -> PublicKey | None:
        """The wallet's public key, where one was proved; only to verify with (``Ed25519PublicKey.not_proved``)."""
        return None if self.holder_jwk is None else verifying_key_from_jwk(self.holder_jwk)

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


def issuer_of(payload: Mapping[str, Any]) -> str:
    """The DID behind ``iss``. Raises MalformedCredential."""
    try:
        return _did_of_issuer(payload["iss"])
    except (KeyError, TypeError, AttributeError, InvalidInput) as fault:
        raise MalformedCredential("iss must be the claim issuer's web address or DID", pointer="/iss") from fault


def presented(
    payload: Mapping[str, Any], shown: SdJwt, *, types: CredentialTypes, holder_key_verifies: bool = False
) -> PresentedClaim:
    """The claim in a payload whose signature held, with what is disclosed beside it.

    Raises MalformedSdJwt, DisclosureMismatch, MalformedCredential unless the payload is exactly what ``encode`` makes of it. With
    ``holder_key_verifies`` the caller is about to verify a signature with the holder's key, which proves that it is a key.
    """
    if not _ALWAYS_SHOWN.isdisjoint([disclosure.name for disclosure in shown.disclosures]):
        raise MalformedCredential("a disclosure names what must always be shown")
    try:
        claim = _read(payload, shown.disclosures, types)
        if claim.holder_jwk is not None and not holder_key_verifies:
            public_key_from_jwk(claim.holder_jwk)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, InvalidInput) as fault:
        raise MalformedCredential("a member is missing or has another form") from fault
    if not _says_nothing_else(payload, claim):
        raise MalformedCredential("members are added, or written otherwise than we write them")
    return claim


def _says_nothing_else(payload: Mapping[str, Any], claim: PresentedClaim) -> bool:
    # ``_read`` took each member strictly; what it could not see is a second spelling of the account, and members of members.
    # The type's metadata may have been rewritten since: its hash is for whoever fetches it, and only its form is judged here.
    integrity = payload.get("vct#integrity")
    return (
        payload["sub"] == claim.account.did
        and payload["status"] == {"status_list": {"idx": claim.status_list_index, "uri": claim.status_list_uri}}
        and payload.get("cnf") == (None if claim.holder_jwk is None else {"jwk": claim.holder_jwk})
        and isinstance(integrity, str)
        and _SRI.fullmatch(integrity) is not None
    )


def _read(payload: Mapping[str, Any], disclosures: Sequence[Disclosure], types: CredentialTypes) -> PresentedClaim:
    kind = types.claim_type_of(payload["vct"])
    if not kind.attributes.selectively_disclosable and (disclosures or DIGESTS in payload):
        raise MalformedCredential("a claim of this type is shown whole, or its holder could drop what limits it")
    listed = payload["status"]["status_list"]
    return PresentedClaim(
        id=payload["jti"],
        claim_type=kind,
        claim_issuer=_did_of_issuer(payload["iss"]),
        account=Account.from_did(payload["sub"]),
        holder_jwk=payload["cnf"]["jwk"] if "cnf" in payload else None,
        validity=Validity(_instant(payload, "nbf"), _instant(payload, "exp")),
        status_list_uri=listed["uri"],
        status_list_index=listed["idx"],
        disclosed=_checked(kind, _revealed(payload, disclosures)),
    )


def _revealed(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    # What is always shown has one form each, without room for digests: ``_says_nothing_else`` sees to it.
    return reveal({name: value for name, value in payload.items() if name not in _ALWAYS_SHOWN}, disclosures)


def _instant(payload: Mapping[str, Any], name: str) -> datetime:
    return from_unix_seconds(jose.whole_seconds(payload, name))


def _checked(kind: ClaimType, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    if not kind.attributes.selectively_disclosable:
        validate_attributes(kind, attributes)
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
