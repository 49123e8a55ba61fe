"""A claim type's attributes as the fields of a form, made from its JSON Schema, and the way back from a sent form. No I/O.

A new claim type gets a form by itself; the tables here only give known attributes better words.

>>> [field.name for field in fields_of(json_schema("INVESTOR"))]
['classification', 'country', 'name', 'birthdate']
>>> [field.name for field in asked_of(json_schema("INVESTOR"))]
['classification', 'country']
>>> attributes_from(asked_of(json_schema("INVESTOR")), {"attributes.classification": "retail", "attributes.country": ""})
{'classification': 'retail'}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from claim_issuers.claims.vocabulary import json_schema
from identity_service.web.countries import country_in_words
from identity_service.web.messages import marked

__all__ = ["AttributeField", "Choice", "Entry", "asked_of", "attributes_from", "fields_of", "in_words", "json_schema"]

PREFIX: Final = "attributes."


class Entry(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes_no"
    LINES = "lines"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, in words."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeField:
    """One attribute; ``key`` is its name in the form."""

    name: str
    entry: Entry
    label: str
    hint: str
    required: bool
    choices: tuple[Choice, ...] = ()

    @property
    def key(self) -> str:
        return PREFIX + self.name

    def told(self, translate: Callable[[str], str]) -> "AttributeField":
        """The same field in another language."""
        choices = tuple(Choice(one.value, translate(one.label), translate(one.hint)) for one in self.choices)
        return replace(self, label=translate(self.label), hint=translate(self.hint), choices=choices)

    @property
    def as_choices(self) -> tuple[tuple[str, str, str], ...]:
        """The choices as templates take them: value, label, hint."""
        return tuple((choice.value, choice.label, choice.hint) for choice in self.choices)


_STATED_BY_THE_CLAIM_ISSUER: Final = frozenset({"name", "birthdate", "claim_issuer"})
_COUNTRIES: Final = frozenset({"country", "jurisdiction", "jurisdictions"})
_LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "classification": (marked("What kind of investor are you?"), ""),
        "country": (marked("Country that the claim is to state"), marked("Leave it open unless a token asks for it.")),
        "kind": (marked("Whom does the office serve?"), ""),
        "basis": (marked("On what basis does it act?"), ""),
        "licence_id": (marked("Number of the licence or registration"), marked("As the supervisor's public register has it.")),
        "regulator": (marked("Supervisor"), marked("The authority that gave the licence, such as FINMA.")),
        "jurisdiction": (marked("Country of the licence"), marked("Two letters, with the region where it matters: CH, or US-NY.")),
        "authorised_signatories": (
            marked("Wallets that may sign for the firm beside this one"),
            marked("One on each line, as eip155:1:0x… with the address in its checksummed form."),
        ),
        "topics": (
            marked("Claim types that it will issue"),
            marked("One on each line: INVESTOR, FAMILY_OFFICE, CUSTODIAN and so on."),
        ),
        "may_accredit": (marked("It may accredit other claim issuers"), ""),
        "path_length": (
            marked("How many accreditors may follow below it"),
            marked("0 when it accredits only those that issue claims."),
        ),
        "jurisdictions": (marked("Countries in which it issues"), marked("One on each line, two letters each.")),
    }
)
_CHOICES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "retail": (marked("Retail investor"), marked("Everybody who is none of the others. You keep every protection of the law.")),
        "professional": (
            marked("Professional investor"),
            marked("You meet the tests of experience, portfolio and transactions (MiFID II, Annex II)."),
        ),
        "eligible_counterparty": (marked("Eligible counterparty"), marked("Banks, funds, insurers and the like.")),
        "single": (marked("One family"), ""),
        "multi": (marked("Several families"), ""),
        "licensed": (marked("Under a licence"), ""),
        "registered": (marked("Registered with a supervisor"), ""),
        "excluded": (
            marked("Excluded from supervision by law"),
            marked("As many single-family offices are: there is no licence to name."),
        ),
    }
)


def fields_of(schema: Mapping[str, Any]) -> tuple[AttributeField, ...]:
    """The fields of a claim type's schema, in its order."""
    required = frozenset(schema.get("required", ()))
    return tuple(_field(name, part, required=name in required) for name, part in schema.get("properties", {}).items())


def asked_of(schema: Mapping[str, Any]) -> tuple[AttributeField, ...]:
    """The fields that an applicant is asked to fill in: not those that the claim issuer states from what it checked itself."""
    return tuple(field for field in fields_of(schema) if field.name not in _STATED_BY_THE_CLAIM_ISSUER)


def attributes_from(fields: Sequence[AttributeField], values: Mapping[str, str]) -> dict[str, Any]:
    """The attributes that a sent form states; what was left empty is not stated. Their claim type judges them."""
    read = {field.name: _read(field, values.get(field.key, "").strip()) for field in fields}
    return {name: value for name, value in read.items() if value is not None}


def in_words(fields: Sequence[AttributeField], attributes: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What attributes state, for people: each by its name, with its values; what somebody wrote is shown as it was written.

    >>> in_words(fields_of(json_schema("INVESTOR")), {"classification": "retail"})
    (('Classification', ('Retail investor',)),)
    """
    return tuple((_title(field.name), _shown(field, attributes[field.name])) for field in fields if field.name in attributes)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(field: AttributeField, value: Any) -> tuple[str, ...]:
    if field.name in _COUNTRIES:
        return tuple(map(country_in_words, value if isinstance(value, list) else [value]))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, list):
        return tuple(map(str, value))
    return (next((choice.label for choice in field.choices if choice.value == value), str(value)),)


def _field(name: str, part: Mapping[str, Any], *, required: bool) -> AttributeField:
    kind = _without_null(part)
    label, hint = _LABELS.get(name, (_title(name), ""))
    choices = tuple(Choice(value, *_CHOICES.get(value, (_title(value), ""))) for value in kind.get("enum", ()))
    return AttributeField(name=name, entry=_entry(name, kind), label=label, hint=hint, required=required, choices=choices)


def _without_null(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((one for one in part.get("anyOf", ()) if one.get("type") != "null"), part)


def _entry(name: str, kind: Mapping[str, Any]) -> Entry:
    if name == "country":
        return Entry.COUNTRY
    if "enum" in kind:
        return Entry.CHOICE
    return {"boolean": Entry.YES_NO, "integer": Entry.NUMBER, "array": Entry.LINES}.get(str(kind.get("type")), Entry.TEXT)


def _read(field: AttributeField, text: str) -> Any:
    if text == "":
        return None
    if field.entry is Entry.YES_NO:
        return text == "yes"
    if field.entry is Entry.NUMBER:
        # Anything but a number goes on as it is, for the claim type to refuse in its own words.
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
    if field.entry is Entry.LINES:
        return [_as_did(line.strip()) for line in text.splitlines() if line.strip()]
    return text


def _as_did(line: str) -> str:
    """An account by itself stands for its did:pkh, which is how attributes name signatories."""
    return f"did:pkh:{line}" if line.startswith("eip155:") else line
