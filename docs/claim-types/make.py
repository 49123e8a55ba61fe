"""Writes the JSON Schemas beside this file: what the attributes of each claim type may be, as they stand in a signed credential.

Run it as ``python docs/claim-types/make.py`` when a model in ``claim_issuers/claims/attributes.py`` changes. A model gives what its
annotations say; the rules that its validators check are added here where JSON Schema can say them, and in words where it cannot.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.claims.vocabulary import CLAIM_TYPES, ClaimType

HERE: Final = Path(__file__).parent
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COUNTRY: Final = "|".join(sorted(COUNTRY_CODES))
_JURISDICTION: Final = {"pattern": f"^({_COUNTRY})(-[A-Z0-9]{{1,3}})?$"}
_TOPICS: Final = [name for name, kind in CLAIM_TYPES.items() if kind.category_bit is not None]
_ISO_3166: Final = "Countries are those of ISO 3166-1; whether ISO 3166-2 has assigned a subdivision is not checked."

RULES: Final[Mapping[str, Mapping[str, Any]]] = {
    "country": {"pattern": f"^({_COUNTRY})$"},
    "birthdate": {"format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "jurisdiction": _JURISDICTION,
    "jurisdictions": {"items": {"type": "string", **_JURISDICTION}},
    "topics": {"items": {"type": "string", "enum": _TOPICS}, "uniqueItems": True},
    "claim_issuer": {"pattern": "^did:[a-z0-9]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]$"},
    "authorised_signatories": {
        "items": {"type": "string", "pattern": "^did:pkh:eip155:(0|[1-9][0-9]{0,18}):0x[0-9a-fA-F]{40}$"},
        "uniqueItems": True,
    },
}
"""What the validators of single attributes check, by the attribute's name."""

_LICENSED: Final = {"properties": {"basis": {"enum": ["licensed", "registered"]}}}
TOGETHER: Final[Mapping[str, Mapping[str, Any]]] = {
    "FamilyOffice": {
        "if": _LICENSED,
        "then": {"required": ["licence_id", "regulator"]},
        "else": {"properties": {"licence_id": False}},
    },
    "AccreditedIssuer": {
        "if": {"properties": {"path_length": {"minimum": 1}}, "required": ["path_length"]},
        "then": {"properties": {"may_accredit": {"const": True}}, "required": ["may_accredit"]},
    },
}
"""What the validators of whole models check, by the model's name."""

IN_WORDS: Final[Mapping[str, str]] = {
    "country": "Countries are those of ISO 3166-1.",
    "birthdate": "A birthdate is a day of the calendar, which a validator that takes format for an annotation does not see.",
    "jurisdiction": _ISO_3166,
    "jurisdictions": _ISO_3166,
    "authorised_signatories": "Signatories are did:pkh accounts with their EIP-55 checksums, which no pattern can check.",
    "claim_issuer": "The accredited organisation is named by a DID (DID Core §3.1); a percent sign begins a pair of hex digits.",
}
"""What a schema cannot say, or says only in part, by the attribute's name."""


def schema(kind: ClaimType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a claim type's attributes, closed to further members and without null."""
    made = kind.json_schema()
    properties = {name: _property(name, member) for name, member in made["properties"].items()}
    return {
        "$schema": DIALECT,
        "$id": f"urn:claim-issuers:claim-type:{kind.name}",
        "title": f"{kind.name}: attributes of the claim type",
        "description": _description(kind, made["description"]),
        "type": "object",
        "properties": properties,
        "required": made["required"],
        "additionalProperties": made["additionalProperties"],
        **TOGETHER.get(kind.attributes.__name__, {}),
    }


def text(kind: ClaimType) -> str:
    """The file of a claim type."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=2) + "\n"


def path(kind: ClaimType) -> Path:
    """Where the file of a claim type lies."""
    return HERE / f"{kind.name}.schema.json"


def _property(name: str, member: Mapping[str, Any]) -> dict[str, Any]:
    """One attribute: an absent one is left out of a credential, so null and its default go."""
    options = [option for option in member.get("anyOf", ()) if option != {"type": "null"}]
    kept = {key: value for key, value in member.items() if key not in ("anyOf", "title") and value is not None}
    return {**kept, **(options[0] if options else {}), **RULES.get(name, {})}


def _description(kind: ClaimType, docstring: str) -> str:
    shown = (
        "chooses which of these attributes to show" if kind.attributes.selectively_disclosable else "shows all of these attributes"
    )
    words = dict.fromkeys(IN_WORDS[name] for name in kind.attributes.model_fields if name in IN_WORDS)
    plain = re.sub(r"\s+", " ", docstring.replace("``", ""))
    return " ".join((plain, f"The holder of a dc+sd-jwt {shown}.", *words))


if __name__ == "__main__":
    for each in CLAIM_TYPES.values():
        path(each).write_text(text(each), encoding="utf-8")
