"""What each claim type says: one frozen model a type, closed to further members.

>>> Investor(classification="professional", country="CH").country
'CH'
"""

import re
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.canonical_did import canonical_did

# ISO 3166-2 puts up to three characters behind the country
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")
_NO_CONTROLS = r"^[^\x00-\x1f\x7f]+$"


def _country(code: str) -> str:
    if code not in COUNTRY_CODES:
        raise ValueError("use an ISO 3166-1 alpha-2 code")
    return code


def _jurisdiction(code: str) -> str:
    country, separator, subdivision = code.partition("-")
    if separator and not _SUBDIVISION.fullmatch(subdivision):
        raise ValueError("use an ISO 3166-2 code")
    _country(country)
    return code


def _signatory(did: str) -> str:
    try:
        account = Account.from_did(did)
    except DomainError:
        account = None
    if account is None or account.did != did:
        raise ValueError("name a signatory as did:pkh with the account's EIP-55 checksum")
    return did


def _did(text: str) -> str:
    try:
        return canonical_did(text)
    except DomainError:
        raise ValueError("name the accredited claim issuer by its DID") from None


def _each_once(named: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if named is not None and len(set(named)) != len(named):
        raise ValueError("name each signatory once")
    return named


def _calendar_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("write a date as YYYY-MM-DD")
    return text


Country = Annotated[str, AfterValidator(_country), Field(pattern="^[A-Z]{2}$")]
Jurisdiction = Annotated[str, AfterValidator(_jurisdiction), Field(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Birthdate = Annotated[str, AfterValidator(_calendar_date), Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Label = Annotated[str, Field(min_length=1, max_length=128, pattern=_NO_CONTROLS)]
Signatory = Annotated[str, AfterValidator(_signatory), Field(pattern="^did:pkh:eip155:[0-9]{1,19}:0x[0-9a-fA-F]{40}$")]
Signatories = Annotated[
    Annotated[tuple[Signatory, ...], Field(strict=False, min_length=1, max_length=20)] | None, AfterValidator(_each_once)
]
"""The accounts (did:pkh) of those who may act for an intermediary: the claim issuer checks them with the licence."""


class ClaimAttributes(BaseModel):
    """The base of all attribute models: frozen, strict types, no member beyond those named.

    Where ``selectively_disclosable``, the holder of a ``dc+sd-jwt`` chooses which attributes to show. ``jurisdiction_attribute``
    names the one that tells which place the claim is about, None where none does.
    """

    selectively_disclosable: ClassVar[bool] = True
    jurisdiction_attribute: ClassVar[str | None] = None

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def as_json(self) -> dict[str, str | bool | int | list[str]]:
        """The attributes as JSON, without the absent ones: each is a text, a number, a truth value or a list of texts."""
        # as model_dump(mode="json", exclude_none=True), which takes three times as long
        stated = self.__dict__.items()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in stated if value is not None}


class Investor(ClaimAttributes):
    """An investor's classification (MiFID II, Annex II) and, where a policy needs it, country of residence.

    ``name`` and ``birthdate`` (OpenID Connect Core §5.1) are for a form that the investor can show in part.
    """

    jurisdiction_attribute: ClassVar[str | None] = "country"

    classification: Literal["retail", "professional", "eligible_counterparty"]
    country: Country | None = None
    name: Label | None = None
    birthdate: Birthdate | None = None


class FamilyOffice(ClaimAttributes):
    """A single- or multi-family office and the basis on which it acts; an excluded office has no licence to name."""

    jurisdiction_attribute: ClassVar[str | None] = "jurisdiction"

    kind: Literal["single", "multi"]
    basis: Literal["licensed", "registered", "excluded"]
    licence_id: Annotated[Label | None, Field(validate_default=True)] = None
    regulator: Annotated[Label | None, Field(validate_default=True)] = None
    jurisdiction: Jurisdiction
    authorised_signatories: Signatories = None

    @field_validator("licence_id")
    @classmethod
    def _licence_fits_basis(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("basis") == "excluded" and value is not None:
            raise ValueError("an excluded office has no licence_id")
        return value

    @field_validator("licence_id", "regulator")
    @classmethod
    def _named_where_licensed(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("basis") in ("licensed", "registered") and value is None:
            raise ValueError("a licensed or registered office names its licence_id and regulator")
        return value


class LicensedIntermediary(ClaimAttributes):
    """The licence of a custodian, broker-dealer or investment manager."""

    jurisdiction_attribute: ClassVar[str | None] = "jurisdiction"

    licence_id: Label
    regulator: Label
    jurisdiction: Jurisdiction
    authorised_signatories: Signatories = None


class AccreditedIssuer(ClaimAttributes):
    """What an accredited claim issuer may issue, and how far it may accredit others.

    ``claim_issuer`` is the DID of the accredited organisation: the account alone does not tell whose it is. ``path_length``
    counts the accreditors that may stand between this one and the issuer of a claim. Whoever relies on a claim
    of the accredited issuer reads all of it, so nothing here is selectively disclosable.
    """

    selectively_disclosable: ClassVar[bool] = False

    claim_issuer: Annotated[str, AfterValidator(_did), Field(max_length=2048)] | None = None
    topics: Annotated[tuple[Label, ...], Field(strict=False, min_length=1, max_length=64)]
    may_accredit: bool = False
    path_length: Annotated[int, Field(ge=0, le=16)] = 0
    jurisdictions: Annotated[tuple[Jurisdiction, ...], Field(strict=False, min_length=1, max_length=300)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.topics)) != len(self.topics):
            raise ValueError("name each topic once")
        if self.path_length and not self.may_accredit:
            raise ValueError("a path_length needs may_accredit")
        return self
