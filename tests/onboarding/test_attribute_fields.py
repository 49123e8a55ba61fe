"""A claim type's attributes as a form: every type has one, and what comes back fits the type."""

import pytest

from claim_issuers.claims.vocabulary import CLAIM_TYPES, claim_type, validate_attributes
from identity_service.issuance.wording import claim_words
from identity_service.onboarding.attribute_fields import Entry, asked_of, attributes_from, fields_of, in_words, json_schema

STATED = {
    "INVESTOR": {"classification": "professional"},
    "FAMILY_OFFICE": {"kind": "single", "basis": "excluded", "jurisdiction": "SG"},
    "CUSTODIAN": {"licence_id": "CU_88", "regulator": "FINMA", "jurisdiction": "CH"},
    "CLAIM_ISSUER": {"topics": "INVESTOR\r\nCUSTODIAN", "may_accredit": "yes", "path_length": "2"},
}


@pytest.mark.parametrize("name", CLAIM_TYPES)
def test_every_claim_type_has_a_form_that_asks_for_what_it_requires(name: str) -> None:
    model = claim_type(name).attributes.model_fields
    fields = fields_of(json_schema(name))
    assert [field.name for field in fields] == list(model)
    assert {field.name for field in fields if field.required} == {field for field, rule in model.items() if rule.is_required()}
    assert all(field.choices for field in fields if field.entry is Entry.CHOICE)
    assert claim_words(name).name


@pytest.mark.parametrize("name", CLAIM_TYPES)
def test_an_applicant_is_not_asked_for_what_the_claim_issuer_states_itself(name: str) -> None:
    asked = {field.name for field in asked_of(json_schema(name))}
    assert asked.isdisjoint({"name", "birthdate", "claim_issuer"})
    assert {field.name for field in fields_of(json_schema(name)) if field.required} <= asked


@pytest.mark.parametrize("name", STATED)
def test_what_the_form_sends_fits_the_claim_type(name: str) -> None:
    sent = {f"attributes.{field}": text for field, text in STATED[name].items()}
    attributes = attributes_from(fields_of(json_schema(name)), sent)
    assert set(attributes) == set(STATED[name])
    validate_attributes(claim_type(name), attributes)


def test_a_number_that_is_none_goes_on_to_be_refused() -> None:
    fields = fields_of(json_schema("CLAIM_ISSUER"))
    assert attributes_from(fields, {"attributes.path_length": "many"}) == {"path_length": "many"}


def test_what_somebody_wrote_is_shown_as_it_was_written() -> None:
    shown = dict(in_words(fields_of(json_schema("CUSTODIAN")), STATED["CUSTODIAN"]))
    assert shown["Licence id"] == ("CU_88",)
    assert shown["Jurisdiction"] == ("Switzerland (CH)",)


def test_a_claim_type_without_words_of_its_own_is_shown_by_its_name() -> None:
    assert claim_words("AUDITOR").with_article == "an auditor claim"
