"""The vocabulary and the claim."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import ACCREDITATION, INVESTOR_TOPIC, ISSUER, LICENCE, NOW, OFFICE, VALID, a_claim, year_from
from eth_utils import keccak
from pydantic import ValidationError

from claim_issuers.claims.claim import InvalidValidity, MalformedClaim, Validity
from claim_issuers.claims.vocabulary import (
    CLAIM_TYPES,
    InvalidClaimAttributes,
    UnknownClaimType,
    categories,
    category_names,
    claim_type,
    json_schema,
    validate_attributes,
)
from claim_issuers.clock import NaiveInstant
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.keys.jwk import MalformedJwk

INVALID = [
    ("INVESTOR", {}, "/classification"),
    ("INVESTOR", {"classification": "rich"}, "/classification"),
    ("INVESTOR", {"classification": "retail", "country": "UK"}, "/country"),
    ("INVESTOR", {"classification": "retail", "country": "ch"}, "/country"),
    ("INVESTOR", {"classification": "retail", "shoe_size": "40"}, "/shoe_size"),
    ("INVESTOR", {"classification": "retail", "name": ""}, "/name"),
    ("INVESTOR", {"classification": "retail", "birthdate": "1815-02-30"}, "/birthdate"),
    ("INVESTOR", {"classification": "retail", "birthdate": "18151210"}, "/birthdate"),
    ("INVESTOR", {"classification": "retail", "birthdate": 1815}, "/birthdate"),
    ("INVESTOR", {"classification": "retail", "a/b~c": 1}, "/a~1b~0c"),
    ("FAMILY_OFFICE", {**OFFICE, "licence_id": None}, "/licence_id"),
    ("FAMILY_OFFICE", {**OFFICE, "regulator": None}, "/regulator"),
    ("FAMILY_OFFICE", {**OFFICE, "basis": "excluded"}, "/licence_id"),
    ("FAMILY_OFFICE", {**OFFICE, "kind": "triple"}, "/kind"),
    ("FAMILY_OFFICE", {**OFFICE, "jurisdiction": "CH-"}, "/jurisdiction"),
    ("FAMILY_OFFICE", {**OFFICE, "jurisdiction": "XX"}, "/jurisdiction"),
    ("CUSTODIAN", {**LICENCE, "licence_id": ""}, "/licence_id"),
    ("CUSTODIAN", {**LICENCE, "licence_id": "x" * 129}, "/licence_id"),
    ("CUSTODIAN", {**LICENCE, "licence_id": "a\x00b"}, "/licence_id"),
    ("CUSTODIAN", {**LICENCE, "licence_id": 5}, "/licence_id"),
    ("CUSTODIAN", {**LICENCE, "licence_id": "\ud800"}, "/licence_id"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "topics": []}, "/topics"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "topics": ["INVESTOR", "INVESTOR"]}, ""),
    ("CLAIM_ISSUER", {**ACCREDITATION, "topics": ["INVESTOR", "WIZARD"]}, "/topics/1"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "topics": ["CLAIM_ISSUER"]}, "/topics/0"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "topics": "INVESTOR"}, "/topics"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "may_accredit": False}, ""),
    ("CLAIM_ISSUER", {**ACCREDITATION, "may_accredit": "yes"}, "/may_accredit"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "path_length": -1}, "/path_length"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "path_length": True}, "/path_length"),
    ("CLAIM_ISSUER", {**ACCREDITATION, "jurisdictions": ["ZZ"]}, "/jurisdictions/0"),
]


def test_topics_are_the_hashes_of_the_names():
    assert claim_type("INVESTOR").topic == INVESTOR_TOPIC
    for name, kind in CLAIM_TYPES.items():
        assert kind.topic == int.from_bytes(keccak(text=name), "big")


def test_category_bits_stand_in_the_order_of_the_design():
    names = ["INVESTOR", "FAMILY_OFFICE", "CUSTODIAN", "BROKER_DEALER", "INVESTMENT_MANAGER"]
    assert [claim_type(name).category_bit for name in names] == [0, 1, 2, 3, 4]
    assert claim_type("CLAIM_ISSUER").category_bit is None
    assert categories(names) == 0b11111
    assert categories(["CUSTODIAN", "CUSTODIAN", "CLAIM_ISSUER"]) == 0b100
    assert category_names(0b101 | 1 << 90) == ("INVESTOR", "CUSTODIAN")


def test_intermediaries_are_told_from_investors_and_claim_issuers():
    intermediaries = {name for name, kind in CLAIM_TYPES.items() if kind.is_intermediary}
    assert intermediaries == {"FAMILY_OFFICE", "CUSTODIAN", "BROKER_DEALER", "INVESTMENT_MANAGER"}


def test_an_unknown_claim_type_is_refused():
    for ask in (claim_type, json_schema, lambda name: categories([name])):
        with pytest.raises(UnknownClaimType):
            ask("WIZARD")


@pytest.mark.parametrize(("name", "attributes"), VALID)
def test_attributes_that_fit_are_kept(name, attributes):
    model = validate_attributes(claim_type(name), attributes)
    assert model.model_dump(mode="json", exclude_none=True) == attributes


@pytest.mark.parametrize(("name", "attributes", "pointer"), INVALID)
def test_attributes_that_do_not_fit_are_refused_with_a_pointer(name, attributes, pointer):
    with pytest.raises(InvalidClaimAttributes) as refusal:
        validate_attributes(claim_type(name), attributes)
    assert refusal.value.pointer == pointer


def test_a_refusal_never_repeats_the_value_sent():
    with pytest.raises(InvalidClaimAttributes) as refusal:
        validate_attributes(claim_type("INVESTOR"), {"classification": "Ada Lovelace"})
    assert "Ada" not in str(refusal.value)


def test_attributes_are_frozen():
    model = validate_attributes(claim_type("INVESTOR"), {"classification": "retail"})
    with pytest.raises(ValidationError):
        model.classification = "professional"


def test_each_claim_type_gives_a_closed_json_schema():
    for name in CLAIM_TYPES:
        assert json_schema(name)["additionalProperties"] is False


def test_a_validity_begins_inside_and_ends_outside():
    validity = Validity(NOW, NOW + timedelta(seconds=1))
    assert validity.contains(NOW)
    assert not validity.contains(NOW + timedelta(seconds=1))
    assert not validity.contains(NOW - timedelta(microseconds=1))


def test_a_validity_is_the_same_in_every_time_zone():
    east = timezone(timedelta(hours=8))
    validity = Validity(NOW.astimezone(east), (NOW + timedelta(days=1)).astimezone(east))
    assert validity == Validity(NOW, NOW + timedelta(days=1))
    assert validity.valid_from.tzinfo is UTC


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "error"),
    [
        (NOW, NOW, InvalidValidity),
        (NOW, NOW - timedelta(days=1), InvalidValidity),
        (NOW, NOW + timedelta(microseconds=1), InvalidValidity),
        (datetime(2026, 1, 1), NOW, NaiveInstant),
    ],
)
def test_an_impossible_validity_is_refused(valid_from, valid_until, error):
    with pytest.raises(error):
        Validity(valid_from, valid_until)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"id": "no uri"}, MalformedClaim),
        ({"id": "urn:a\nb"}, MalformedClaim),
        ({"claim_issuer": "issuer.example"}, MalformedDid),
        ({"status_list_uri": "ftp://a.example"}, MalformedClaim),
        ({"status_list_index": -1}, MalformedClaim),
        ({"status_list_index": 2**32}, MalformedClaim),
        ({"status_list_index": True}, MalformedClaim),
        ({"status_list_index": 7.0}, MalformedClaim),
        ({"holder_jwk": {"kty": "EC"}}, MalformedJwk),
        ({"claim_type": claim_type("FAMILY_OFFICE")}, MalformedClaim),
    ],
)
def test_a_claim_whose_parts_do_not_fit_is_refused(change, error):
    with pytest.raises(error):
        a_claim(**change)


def test_the_digest_is_that_of_the_canonical_json():
    claim = a_claim(holder_jwk=None)
    canonical = (
        '{"account":"eip155:31337:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",'
        '"attributes":{"classification":"professional","country":"CH"},'
        f'"claim_issuer":"{ISSUER}","claim_type":"INVESTOR","holder_jwk":null,"id":"urn:example:claim:1",'
        '"status_list_index":7,"status_list_uri":"https://issuer.example/status-lists/1",'
        '"valid_from":1795348800,"valid_until":1826884800}'
    )
    assert claim.digest() == keccak(text=canonical)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "urn:example:claim:2"},
        {"account": Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")},
        {"holder_jwk": None},
        {"attributes": {"classification": "retail", "country": "CH"}},
        {"validity": year_from(NOW + timedelta(seconds=1))},
        {"status_list_index": 8},
    ],
)
def test_every_part_changes_the_digest(change):
    assert a_claim(**change).digest() != a_claim().digest()


def test_describing_members_of_the_holder_key_do_not_change_the_digest():
    bare = {name: value for name, value in a_claim().holder_jwk.items() if name != "kid"}
    assert a_claim(holder_jwk=bare) == a_claim()


@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_attributes_as_json_are_what_the_model_would_dump(kind, attributes):
    read = validate_attributes(claim_type(kind), attributes)
    assert read.as_json() == read.model_dump(mode="json", exclude_none=True)
    assert validate_attributes(claim_type(kind), read.as_json()) == read
