"""Jurisdictions: where an accreditation reaches, and which place a claim is about.

>>> covers(frozenset({"US"}), "US-NY"), covers(frozenset({"US-NY"}), "US"), covers(None, "US")
(True, False, True)
>>> from claim_issuers.claims.attributes import Investor
>>> jurisdiction_of(Investor(classification="professional", country="CH"))
ClaimJurisdiction(code='CH')
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.errors import InvalidInput

# ISO 3166-1 alpha-2, or ISO 3166-2: up to three characters behind the country
_CODE = re.compile(r"(?P<country>[A-Z]{2})(-[A-Z0-9]{1,3})?")


class InvalidJurisdiction(InvalidInput):
    """The jurisdiction is no ISO 3166-1 alpha-2 or ISO 3166-2 code, or a restriction names none at all."""

    code = "invalid_jurisdiction"


@dataclass(frozen=True, slots=True)
class ClaimJurisdiction:
    """The place a claim is about, an ISO 3166-1 alpha-2 or ISO 3166-2 code; None when the claim names none.

    Raises InvalidJurisdiction.
    """

    code: str | None

    def __post_init__(self) -> None:
        if self.code is not None:
            checked_jurisdictions({self.code})


def jurisdiction_of(attributes: ClaimAttributes) -> ClaimJurisdiction:
    """Where the claim with these attributes lies: an investor's country, an intermediary's jurisdiction.

    An accreditation lies nowhere: the jurisdictions it names are compared with its accreditor's, link by link.
    """
    name = type(attributes).jurisdiction_attribute
    return ClaimJurisdiction(None if name is None else getattr(attributes, name))


def checked_jurisdictions(codes: Iterable[str]) -> frozenset[str]:
    """``codes`` as a set. Raises InvalidJurisdiction when one is no code, or there is none (None, not nothing, is everywhere)."""
    checked = frozenset(codes)
    if not checked:
        raise InvalidJurisdiction("name at least one jurisdiction", pointer="/jurisdictions")
    for code in checked:
        match = _CODE.fullmatch(code)
        if not match or match["country"] not in COUNTRY_CODES:
            raise InvalidJurisdiction("use an ISO 3166-1 alpha-2 or ISO 3166-2 code", pointer="/jurisdictions")
    return checked


def covers(jurisdictions: frozenset[str] | None, code: str) -> bool:
    """Whether ``code`` lies within ``jurisdictions``: None is everywhere, and a country covers its subdivisions."""
    return jurisdictions is None or code in jurisdictions or code.partition("-")[0] in jurisdictions


def within(narrower: frozenset[str] | None, wider: frozenset[str] | None) -> bool:
    """Whether ``narrower`` names no place outside ``wider``; everywhere lies within everywhere only.

    All the subdivisions of a country are not the country.
    """
    if wider is None:
        return True
    # What is left once the same codes are taken away is a subdivision, whose country its first two letters are, or outside.
    return narrower is not None and all(code[:2] in wider for code in narrower - wider)
