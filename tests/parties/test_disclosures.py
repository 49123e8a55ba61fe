"""The one door: what cannot be recorded is not shown, and who was shown can read it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity_service.access.model import Caller, GrantMissing, Role
from identity_service.parties.bases import Basis
from identity_service.parties.model import Candidate, PartyUnknown
from identity_service.storage import Database
from tests.parties.house import NOW, TOKEN, House, grant, reader
from tests.support.full_disk import refuse_inserts


@pytest.fixture
def house(db: Database, tmp_path: Path) -> House:
    return House.build(db, tmp_path)


def candidates(*party_ids: str, quantity: int = 100, **more: Any) -> list[Candidate]:
    usual = {"quantity": quantity, "is_intermediary": False}
    return [Candidate(party_id=party_id, **{**usual, **more}) for party_id in party_ids]


def basis(viewer: str, **changes: Any) -> Basis:
    return Basis.of_grant(grant(viewer, **changes), purpose="register_keeping", instant=NOW)


def test_a_grant_opens_its_fields_of_those_it_admits_and_each_of_them_gets_a_record(house: House) -> None:
    anna = house.person("Anna Feldkirch", country="CH", email="anna@example.org")
    bruno, office, agent = house.person("Bruno Castellani"), house.firm("Linden AG"), house.firm("Registrar")
    shown = [*candidates(anna, anna), *candidates(bruno, quantity=99), *candidates(office, quantity=0, is_intermediary=True)]
    with house.db.write() as session:
        opened = house.disclosures.open(
            session,
            caller=reader(agent),
            basis=basis(agent, threshold=100, fields=frozenset({"legal_name", "country"})),
            candidates=shown,
            token=TOKEN,
            as_of_block=17,
        )
    assert opened == {
        anna: {"legal_name": "Anna Feldkirch", "country": "CH"},
        office: {"legal_name": "Linden AG"},
    }
    with house.db.read() as session:
        (record,) = house.disclosures.about(session, anna)
        assert (record.viewer, record.viewer_party_id, record.at) == ("cli_reader", agent, NOW)
        assert (record.basis_kind, record.basis_id, record.purpose) == ("grant", "grt_test", "register_keeping")
        assert (record.legal_basis, record.fields) == ("Appointment of 2 November 2026", ("country", "legal_name"))
        assert (record.token, record.as_of_block) == (TOKEN, 17)
        assert len(house.disclosures.about(session, office)) == 1
        assert house.disclosures.about(session, bruno) == []
        assert {one.party_id for one in house.disclosures.by_viewer(session, agent)} == {anna, office}
    (entry,) = house.entries("names.disclosed")
    assert (entry.actor, entry.subject, entry.seq) == ("cli_reader", "grt_test", record.audit_seq)
    assert entry.details["parties"] == 2
    assert "Feldkirch" not in str(entry)


def test_nobody_to_show_leaves_no_record(house: House) -> None:
    anna, agent = house.person("Anna"), house.firm("Registrar")
    with house.db.write() as session:
        for found in ([], candidates(anna, quantity=1)):
            opened = house.disclosures.open(session, caller=reader(agent), basis=basis(agent, threshold=2), candidates=found)
            assert opened == {}
    assert house.entries("names.disclosed") == []


@pytest.mark.parametrize("table", ["disclosures", "audit_entries"])
def test_what_cannot_be_recorded_is_not_shown(house: House, table: str) -> None:
    anna, agent = house.person("Anna Feldkirch"), house.firm("Registrar")
    refuse_inserts(house.db, table)
    opened: dict[str, Any] = {}
    with pytest.raises(DBAPIError) as caught, house.db.write() as session:
        opened = house.disclosures.open(session, caller=reader(agent), basis=basis(agent), candidates=candidates(anna), token=TOKEN)
    assert opened == {}
    assert "Feldkirch" not in str(caught.value)
    assert house.entries("names.disclosed") == []


def test_a_reading_that_is_rolled_back_was_none(house: House) -> None:
    anna, agent = house.person("Anna"), house.firm("Registrar")
    with house.db.read() as session:
        assert house.disclosures.open(session, caller=reader(agent), basis=basis(agent), candidates=candidates(anna))
    with house.db.read() as session:
        assert house.disclosures.about(session, anna) == []
    assert house.entries("names.disclosed") == []


def test_a_grant_that_does_not_cover_the_purpose_or_the_instant_is_no_basis() -> None:
    given = grant("pty_agent")
    for purpose, instant in (
        ("dividend_payment", NOW),
        ("register_keeping", NOW - timedelta(seconds=1)),
        ("register_keeping", given.valid_until),
    ):
        with pytest.raises(GrantMissing):
            Basis.of_grant(given, purpose=purpose, instant=instant)


def test_an_application_opens_the_applicant_alone_to_its_claim_issuer(house: House) -> None:
    anna, bruno, issuer = house.person("Anna", email="a@example.org"), house.person("Bruno"), house.firm("Helvetia Claims")
    reason = Basis.of_application("app_1", applicant_party_id=anna, claim_issuer_party_id=issuer)
    with house.db.write() as session:
        caller = reader(issuer, Role.CLAIM_ISSUER)
        opened = house.disclosures.open(session, caller=caller, basis=reason, candidates=candidates(anna, bruno))
        assert opened == {anna: {"legal_name": "Anna", "email": "a@example.org"}}
        (record,) = house.disclosures.about(session, anna)
        assert (record.basis_kind, record.basis_id, record.purpose) == ("application", "app_1", "claim_application")


def test_people_reading_their_own_data_disclose_nothing(house: House) -> None:
    anna, agent = house.person("Anna", country="CH"), house.firm("Registrar")
    own = Caller(subject="eip155:31337:0x00", scopes=frozenset({"me"}))
    with house.db.write() as session:
        opened = house.disclosures.open(session, caller=own, basis=Basis.of_self(anna), candidates=candidates(anna, agent))
        assert opened == {anna: {"legal_name": "Anna", "country": "CH"}}
        assert house.disclosures.about(session, anna) == []
    assert house.entries("names.disclosed") == [], "nothing was disclosed, or anybody could grow the log at will"


def test_the_person_learns_the_reader_s_name_and_pages_through_every_reading(house: House) -> None:
    anna, agent = house.person("Anna"), house.firm("Registrar")
    own = Caller(subject="eip155:31337:0x00", scopes=frozenset({"me"}))
    for _ in range(5):
        with house.db.write() as session:
            house.disclosures.open(session, caller=reader(agent), basis=basis(agent), candidates=candidates(anna))
    with house.db.write() as session:
        whole = house.disclosures.about(session, anna)
        assert house.disclosures.viewers_of(session, own, anna, whole) == {agent: "Registrar"}
        assert house.disclosures.viewers_of(session, own, anna, []) == {}
        pages, after = [], ""
        while page := house.disclosures.about(session, anna, after=after, limit=2):
            pages += page
            after = page[-1].id
        by_viewer = house.disclosures.by_viewer(session, agent, limit=3)
        rest = house.disclosures.by_viewer(session, agent, after=by_viewer[-1].id)
    assert len(whole) == 5
    assert pages == whole
    assert {one.id for one in by_viewer + rest} == {one.id for one in whole}


def test_an_erased_party_has_no_name_to_show(house: House) -> None:
    anna, agent = house.person("Anna"), house.firm("Registrar")
    with house.db.engine.begin() as connection:
        connection.execute(text("UPDATE party_keys SET wrapped_key = NULL WHERE party_id = :party"), {"party": anna})
    with house.db.write() as session, pytest.raises(PartyUnknown):
        house.disclosures.open(session, caller=reader(agent), basis=basis(agent), candidates=candidates(anna))
