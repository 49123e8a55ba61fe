"""What may be kept of a person, and who may see whom: the rules without any database."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.access.model import Role
from identity_service.parties.model import Candidate, PersonalDataInvalid, may_see, name_key, personal_data

READING_ROLES = (Role.TOKEN_ISSUER, Role.TRANSFER_AGENT, Role.REGULATOR)
OFFICE, OTHER_OFFICE = "pty_office", "pty_other_office"


@pytest.mark.parametrize(
    "name",
    [
        "Anna Maria Feldkirch",
        "Πηνελόπη Δέλτα",
        "東京 花子",
        "محمد بن سلمان",
        "O’Brien-Smith, Jr.",
        "Zoë",
        "X Æ A-12 🜁",
        "x" * 200,
    ],
)
def test_names_of_every_script_are_kept_as_they_are(name: str) -> None:
    kept = personal_data({"legal_name": name, "country": "CH", "email": "anna@example.org"})
    assert kept == {"legal_name": unicodedata.normalize("NFC", name), "country": "CH", "email": "anna@example.org"}


def test_a_name_is_kept_in_composed_form() -> None:
    assert personal_data({"legal_name": "Zoe\u0308"}) == {"legal_name": "Zo\u00eb"}


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({}, "/legal_name"),
        ({"country": "CH"}, "/legal_name"),
        ({"legal_name": ""}, "/legal_name"),
        ({"legal_name": " \u00a0\u2003"}, "/legal_name"),
        ({"legal_name": "x" * 201}, "/legal_name"),
        ({"legal_name": "Anna\nAdmin: yes"}, "/legal_name"),
        ({"legal_name": "Anna\u0000"}, "/legal_name"),
        ({"legal_name": "Anna\u001b[2J"}, "/legal_name"),
        ({"legal_name": "Anna\u202egnp.exe"}, "/legal_name"),
        ({"legal_name": "Anna\u200b"}, "/legal_name"),
        ({"legal_name": "Anna\ud800"}, "/legal_name"),
        ({"legal_name": "Anna\ue000"}, "/legal_name"),
        ({"legal_name": "Anna\u2028"}, "/legal_name"),
        ({"legal_name": "Anna", "country": "ch"}, "/country"),
        ({"legal_name": "Anna", "country": "CHE"}, "/country"),
        ({"legal_name": "Anna", "country": "ZZ"}, "/country"),
        ({"legal_name": "Anna", "country": "UK"}, "/country"),
        ({"legal_name": "Anna", "country": "C\u0397"}, "/country"),
        ({"legal_name": "Anna", "country": "CH\n"}, "/country"),
        ({"legal_name": "Anna", "email": "anna"}, "/email"),
        ({"legal_name": "Anna", "email": "@example.org"}, "/email"),
        ({"legal_name": "Anna", "email": "a@b@c"}, "/email"),
        ({"legal_name": "Anna", "email": "an na@example.org"}, "/email"),
        ({"legal_name": "Anna", "email": "anna@example.org\nBcc: x"}, "/email"),
        ({"legal_name": "Anna", "email": "a" * 65 + "@example.org"}, "/email"),
        ({"legal_name": "Anna", "birth_date": "1970-01-01"}, "/birth_date"),
    ],
)
def test_data_that_breaks_a_rule_is_refused_by_field_and_never_quoted(data: dict[str, str], pointer: str) -> None:
    with pytest.raises(PersonalDataInvalid) as caught:
        personal_data(data)
    assert caught.value.pointer == pointer
    quoted = [value for value in data.values() if len(value) > 3 and value in str(caught.value)]
    assert quoted == []


@given(st.dictionaries(st.sampled_from(["legal_name", "country", "email", "other"]), st.text(max_size=210)))
def test_any_data_is_kept_whole_or_refused(data: dict[str, str]) -> None:
    try:
        kept = personal_data(data)
    except PersonalDataInvalid:
        return
    assert kept.keys() == data.keys()
    assert personal_data(kept) == kept
    assert all(unicodedata.category(character)[0] != "C" for value in kept.values() for character in value)


def test_a_name_is_found_however_it_is_spaced_cased_or_composed() -> None:
    key = name_key("Zoë  Müller")
    for spelling in ("zoë müller", "ZOË MÜLLER", " Zoe\u0308 Mu\u0308ller ", "Zoë\u00a0Müller", "Ｚｏë Müller"):
        assert name_key(spelling) == key
    assert name_key("Zoe Muller") != key


def client(**changes: object) -> Candidate:
    usual = {"party_id": "pty_client", "quantity": 100, "is_intermediary": False}
    return Candidate(**{**usual, **changes})  # type: ignore[arg-type]


def test_the_network_sees_intermediaries_and_nobody_else() -> None:
    for quantity in (0, 1, 2**256 - 1):
        assert may_see(client(is_intermediary=True, quantity=quantity), role=Role.NETWORK, viewer_party_id="x", threshold=0)
        hidden = client(quantity=quantity, intermediary_party_ids=frozenset({OFFICE}))
        for viewer in ("pty_client", OFFICE, "x"):
            assert not may_see(hidden, role=Role.NETWORK, viewer_party_id=viewer, threshold=0)


@pytest.mark.parametrize("role", [Role.FAMILY_OFFICE, Role.CUSTODIAN])
def test_an_intermediary_sees_itself_and_its_own_clients(role: Role) -> None:
    own = client(intermediary_party_ids=frozenset({OFFICE}))
    itself = client(party_id=OFFICE, is_intermediary=True)
    other = client(party_id=OTHER_OFFICE, is_intermediary=True, quantity=2**255)
    for candidate, viewer, expected in (
        (own, OFFICE, True),
        (own, OTHER_OFFICE, False),
        (itself, OFFICE, True),
        (other, OFFICE, False),
        (client(), OFFICE, False),
    ):
        assert may_see(candidate, role=role, viewer_party_id=viewer, threshold=0) is expected


@pytest.mark.parametrize("role", READING_ROLES)
def test_the_register_s_readers_see_intermediaries_and_holders_from_the_threshold_on(role: Role) -> None:
    for quantity, intermediary, expected in ((99, False, False), (100, False, True), (2**256 - 1, False, True), (0, True, True)):
        candidate = client(quantity=quantity, is_intermediary=intermediary)
        assert may_see(candidate, role=role, viewer_party_id="x", threshold=100) is expected
