"""The JSON Schemas of the claim types: what their script makes, and of one mind with the models about every value."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from builders import ACCOUNT, LICENCE, OFFICE, VALID
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from claim_issuers.claims.vocabulary import CLAIM_TYPES, InvalidClaimAttributes, claim_type, validate_attributes

FOLDER = Path(__file__).parents[2] / "docs" / "claim-types"
SCRIPT = runpy.run_path(str(FOLDER / "make.py"))
FORMATS = FormatChecker(["date"])
SIGNATORY = ACCOUNT.did
MORE_VALID = [
    ("CUSTODIAN", {**LICENCE, "authorised_signatories": [SIGNATORY]}),
    ("CLAIM_ISSUER", {"claim_issuer": "did:web:issuer.example", "topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}),
    ("CLAIM_ISSUER", {"claim_issuer": "did:web:issuer.example%3A8443", "topics": ["INVESTOR"]}),
]
BROKEN = [
    ("INVESTOR", {}),
    ("INVESTOR", {"classification": "rich"}),
    ("INVESTOR", {"classification": "retail", "country": "UK"}),
    ("INVESTOR", {"classification": "retail", "birthdate": "1815-02-30"}),
    ("INVESTOR", {"classification": "retail", "birthdate": "18151210"}),
    ("INVESTOR", {"classification": "retail", "shoe_size": "40"}),
    ("FAMILY_OFFICE", {"kind": "single", "basis": "licensed", "jurisdiction": "CH", "licence_id": "L-1"}),
    ("FAMILY_OFFICE", {"kind": "single", "basis": "registered", "jurisdiction": "CH", "regulator": "SEC"}),
    ("FAMILY_OFFICE", {**OFFICE, "basis": "excluded"}),
    ("FAMILY_OFFICE", {**OFFICE, "jurisdiction": "XX"}),
    ("CUSTODIAN", {**LICENCE, "jurisdiction": "CH-ABCD"}),
    ("CUSTODIAN", {**LICENCE, "licence_id": "a\x00b"}),
    ("CUSTODIAN", {**LICENCE, "authorised_signatories": []}),
    ("CUSTODIAN", {**LICENCE, "authorised_signatories": [SIGNATORY, SIGNATORY]}),
    ("CUSTODIAN", {**LICENCE, "authorised_signatories": ["did:web:issuer.example"]}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR", "WIZARD"]}),
    ("CLAIM_ISSUER", {"topics": ["CLAIM_ISSUER"]}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR", "INVESTOR"]}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR"], "path_length": 1}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 1}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR"], "claim_issuer": "issuer.example"}),
    ("CLAIM_ISSUER", {"topics": ["INVESTOR"], "jurisdictions": ["ZZ"]}),
]
SCALARS = [
    0,
    1,
    17,
    True,
    False,
    1.5,
    "",
    "CH",
    "ZZ",
    "CH-ZH",
    "retail",
    "excluded",
    "2026-01-01",
    "2026-02-30",
    "did:web:a.example",
]
LISTS = [[], ["INVESTOR"], ["CH"], ["ZZ"], [SIGNATORY], ["INVESTOR", "INVESTOR"], [[]]]
VALUES = st.sampled_from([*SCALARS, *LISTS, {}])


def committed(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.schema.json").read_text())


def schema_takes(name: str, attributes: dict[str, Any]) -> bool:
    return Draft202012Validator(committed(name), format_checker=FORMATS).is_valid(attributes)


def model_takes(name: str, attributes: dict[str, Any]) -> bool:
    try:
        validate_attributes(claim_type(name), attributes)
    except InvalidClaimAttributes:
        return False
    return True


@pytest.mark.parametrize("name", CLAIM_TYPES)
def test_the_committed_schema_is_what_the_models_give(name):
    assert SCRIPT["path"](claim_type(name)).read_text() == SCRIPT["text"](claim_type(name))


def test_there_is_a_schema_for_each_claim_type_and_for_nothing_else():
    assert {path.name.partition(".")[0] for path in FOLDER.glob("*.json")} == set(CLAIM_TYPES)


@pytest.mark.parametrize("name", CLAIM_TYPES)
def test_a_schema_is_a_schema_with_a_name_of_its_own_and_closed(name):
    schema = committed(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == f"urn:claim-issuers:claim-type:{name}"
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == list(claim_type(name).attributes.model_fields)


@pytest.mark.parametrize(("name", "attributes"), [*VALID, *MORE_VALID])
def test_what_a_claim_may_say_fits_its_schema(name, attributes):
    assert schema_takes(name, attributes)
    assert schema_takes(name, validate_attributes(claim_type(name), attributes).model_dump(mode="json", exclude_none=True))


@pytest.mark.parametrize(("name", "attributes"), BROKEN)
def test_what_a_claim_may_not_say_does_not_fit(name, attributes):
    assert not model_takes(name, attributes)
    assert not schema_takes(name, attributes)


@given(st.sampled_from([*VALID, *MORE_VALID]), st.data())
def test_models_and_schemas_agree_about_attributes_changed_left_out_or_added(example, data):
    name, attributes = example
    fields = [*claim_type(name).attributes.model_fields, "shoe_size"]
    changed = dict(attributes)
    for field in data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique=True)):
        if field in changed and data.draw(st.booleans()):
            del changed[field]
        else:
            changed[field] = data.draw(VALUES)
    assert schema_takes(name, changed) == model_takes(name, changed)
