"""The claim types. A new kind of intermediary is a new entry in ``CLAIM_TYPES`` and nothing else.

>>> claim_type("FAMILY_OFFICE").category_bit
1
>>> categories(["INVESTOR", "CUSTODIAN"])
5
>>> validate_attributes(claim_type("INVESTOR"), {"classification": "retail"}).classification
'retail'
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from claim_issuers.claims.attributes import (
    AccreditedIssuer,
    ClaimAttributes,
    FamilyOffice,
    Investor,
    LicensedIntermediary,
)
from claim_issuers.errors import InvalidInput
from claim_issuers.keys.hashing import keccak256


class UnknownClaimType(InvalidInput):
    """The vocabulary has no claim type of this name."""

    code = "unknown_claim_type"


class InvalidClaimAttributes(InvalidInput):
    """The attributes do not fit the claim type; the pointer names the first one at fault."""

    code = "invalid_claim_attributes"


@dataclass(frozen=True)
class ClaimType:
    """One kind of claim: its name, its bit in ``Eligibility.categories`` (none for accreditation), what it says."""

    name: str
    attributes: type[ClaimAttributes]
    category_bit: int | None
    is_intermediary: bool

    @cached_property
    def topic(self) -> int:
        """The ERC-735 topic: uint256(keccak256(name)), unless a token's registry says otherwise."""
        return int.from_bytes(keccak256(self.name.encode()), "big")

    @property
    def category_mask(self) -> int:
        """The type's bit as a mask; 0 when it makes no holder category."""
        return 0 if self.category_bit is None else 1 << self.category_bit

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the attributes."""
        return self.attributes.model_json_schema()

    def __str__(self) -> str:
        return self.name


# Bits are part of the on-chain format: append, never reorder.
CLAIM_TYPES: Mapping[str, ClaimType] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            ClaimType("INVESTOR", Investor, 0, is_intermediary=False),
            ClaimType("FAMILY_OFFICE", FamilyOffice, 1, is_intermediary=True),
            ClaimType("CUSTODIAN", LicensedIntermediary, 2, is_intermediary=True),
            ClaimType("BROKER_DEALER", LicensedIntermediary, 3, is_intermediary=True),
            ClaimType("INVESTMENT_MANAGER", LicensedIntermediary, 4, is_intermediary=True),
            ClaimType("CLAIM_ISSUER", AccreditedIssuer, None, is_intermediary=False),
        )
    }
)


def claim_type(name: str) -> ClaimType:
    """The claim type of this name. Raises UnknownClaimType."""
    try:
        return CLAIM_TYPES[name]
    except (KeyError, TypeError):  # a list or an object of somebody's JSON is no key at all
        raise UnknownClaimType("choose one of: " + ", ".join(CLAIM_TYPES)) from None


def categories(names: Iterable[str]) -> int:
    """The ``categories`` bit mask of these claim types. Raises UnknownClaimType."""
    mask = 0
    for name in names:
        mask |= claim_type(name).category_mask
    return mask


def category_names(mask: int) -> tuple[str, ...]:
    """The claim types whose bits are set in ``mask``, in bit order; bits without a type are passed over."""
    return tuple(name for name, entry in CLAIM_TYPES.items() if mask & entry.category_mask)


def validate_attributes(kind: ClaimType, attributes: Mapping[str, Any]) -> ClaimAttributes:
    """``attributes`` as the type's frozen model.

    Raises InvalidClaimAttributes with a JSON pointer; its detail names the rule, never the value sent. Topics of an
    accreditation must be claim types of this vocabulary.
    """
    if not isinstance(attributes, Mapping):
        raise InvalidClaimAttributes("attributes are an object", pointer="")
    try:
        model = kind.attributes.model_validate(dict(attributes))
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InvalidClaimAttributes(first["msg"].removeprefix("Value error, "), pointer=_pointer(first["loc"])) from None
    if isinstance(model, AccreditedIssuer):
        _check_topics(model.topics)
    return model


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one claim type's attributes. Raises UnknownClaimType."""
    return claim_type(name).json_schema()


def _check_topics(topics: Iterable[str]) -> None:
    for position, name in enumerate(topics):
        if name not in CLAIM_TYPES or name == "CLAIM_ISSUER":
            raise InvalidClaimAttributes(
                "topics are claim types; use may_accredit for accreditation", pointer=f"/topics/{position}"
            )


def _pointer(location: tuple[int | str, ...]) -> str:
    # RFC 6901 §3
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
