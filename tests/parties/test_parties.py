"""Parties, their relations and accounts, and their data under a key of their own."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from claim_issuers.identifiers.accounts import Address
from identity_service.parties.model import (
    AccountAlreadyBound,
    AccountUnknown,
    AlreadyEnrolled,
    Capacity,
    PartyKind,
    PartyUnknown,
    PersonalDataInvalid,
    RelationInvalid,
    RelationKind,
)
from identity_service.storage import Database
from identity_service.vault.model import SealBroken
from tests.parties.house import House, account, proof_of


@pytest.fixture
def house(db: Database, tmp_path: Path) -> House:
    return House.build(db, tmp_path)


def test_a_registered_party_is_found_by_its_name_however_written(house: House) -> None:
    anna, other = house.person("Anna  Feldkirch"), house.person("anna feldkirch")
    house.firm("Feldkirch AG")
    with house.db.read() as session:
        assert sorted(house.parties.find_by_name(session, "ANNA FELDKIRCH")) == sorted([anna, other])
        assert house.parties.find_by_name(session, "Anna") == []
        assert house.parties.exists(session, anna) is PartyKind.NATURAL_PERSON
        with pytest.raises(PartyUnknown):
            house.parties.exists(session, "pty_none")


def test_a_registration_writes_down_which_fields_there_are_and_no_value(house: House) -> None:
    anna = house.person("Anna Feldkirch", country="CH", email="anna@example.org")
    (entry,) = house.entries("party.registered")
    assert entry.subject == anna
    assert dict(entry.details) == {"kind": "natural_person", "fields": ["country", "email", "legal_name"]}
    with house.db.write() as session, pytest.raises(PersonalDataInvalid):
        house.parties.register(session, kind=PartyKind.NATURAL_PERSON, data={"legal_name": "\n"}, actor="cli_test")
    assert len(house.entries("party.registered")) == 1


def test_what_is_sealed_for_a_party_opens_for_that_party_and_record_alone(house: House) -> None:
    anna, bruno = house.person("Anna"), house.person("Bruno")
    with house.db.write() as session:
        sealed = house.parties.seal_for(session, anna, "rec_1", b"classification")
        assert b"classification" not in sealed
        assert house.parties.open_for(session, anna, "rec_1", sealed) == b"classification"
        for party, record, content in (
            (bruno, "rec_1", sealed),
            (anna, "rec_2", sealed),
            (anna, "rec_1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ):
            with pytest.raises(SealBroken):
                house.parties.open_for(session, party, record, content)
        assert house.parties.data_key(session, anna) != house.parties.data_key(session, bruno)
        with pytest.raises(PartyUnknown):
            house.parties.data_key(session, "pty_none")


def test_an_account_enrols_its_party_once(house: House) -> None:
    def enrol(name: str) -> str:
        with house.db.write() as session:
            return house.parties.enrol(
                session,
                proof=proof_of(1),
                kind=PartyKind.NATURAL_PERSON,
                data={"legal_name": name},
                capacity=Capacity.OWN,
            )

    anna = enrol("Anna")
    with pytest.raises(AlreadyEnrolled):
        enrol("Somebody Else")
    with house.db.read() as session:
        assert house.parties.find_by_name(session, "Somebody Else") == []
        bound = house.parties.account(session, account(1))
        assert (bound.party_id, bound.capacity, bound.identity_contract) == (anna, Capacity.OWN, None)
        assert [one.account for one in house.parties.accounts_of(session, anna)] == [account(1)]
    assert len(house.entries("account.bound")) == 1


def test_an_account_stays_with_the_party_that_proved_it(house: House) -> None:
    anna, bruno = house.person("Anna"), house.person("Bruno")
    with house.db.write() as session:
        first = house.parties.bind_account(session, party_id=anna, proof=proof_of(1), capacity=Capacity.OWN, actor="a")
        again = house.parties.bind_account(session, party_id=anna, proof=proof_of(1), capacity=Capacity.CLIENT, actor="a")
        assert again == first
        house.parties.bind_account(session, party_id=anna, proof=proof_of(2), capacity=Capacity.CLIENT, actor="a")
    with house.db.write() as session, pytest.raises(AccountAlreadyBound):
        house.parties.bind_account(session, party_id=bruno, proof=proof_of(1), capacity=Capacity.OWN, actor="b")
    with house.db.read() as session:
        assert [one.account for one in house.parties.accounts_of(session, anna)] == [account(1), account(2)]
        found = house.parties.bound_accounts(session, [account(number) for number in range(1, 1200)])
        assert {one: bound.party_id for one, bound in found.items()} == {account(1): anna, account(2): anna}
        with pytest.raises(AccountUnknown):
            house.parties.account(session, account(3))


def test_two_enrolments_of_one_account_at_once_leave_one_party(house: House) -> None:
    start, outcomes = threading.Barrier(2), []

    def enrol(name: str) -> None:
        start.wait()
        try:
            with house.db.write() as session:
                outcomes.append(
                    house.parties.enrol(
                        session,
                        proof=proof_of(1),
                        kind=PartyKind.NATURAL_PERSON,
                        data={"legal_name": name},
                        capacity=Capacity.OWN,
                    )
                )
        except (AccountAlreadyBound, AlreadyEnrolled):
            outcomes.append("refused")

    threads = [threading.Thread(target=enrol, args=(name,)) for name in ("Anna", "Bruno")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2
    assert outcomes.count("refused") == 1
    with house.db.read() as session:
        owner = house.parties.account(session, account(1)).party_id
        named = house.parties.find_by_name(session, "Anna") + house.parties.find_by_name(session, "Bruno")
    assert set(outcomes) - {"refused"} == {owner}
    assert named == [owner], "the other registration was rolled back whole"


def test_an_identity_contract_is_noted_for_a_known_account_only(house: House) -> None:
    anna = house.person("Anna")
    contract, factory = Address(b"\x07" * 20), Address(b"\x08" * 20)
    with house.db.write() as session:
        house.parties.bind_account(session, party_id=anna, proof=proof_of(1), capacity=Capacity.OWN, actor="a")
        house.parties.link_identity_contract(session, account(1), identity_contract=contract, identity_factory=factory, actor="job")
        assert house.parties.account(session, account(1)).identity_contract == contract
        with pytest.raises(AccountUnknown):
            house.parties.link_identity_contract(
                session, account(2), identity_contract=contract, identity_factory=factory, actor="job"
            )


def test_a_client_s_intermediaries_are_those_of_its_relations_in_force(house: House) -> None:
    anna, bruno, office, harbour = house.person("Anna"), house.person("Bruno"), house.firm("Linden"), house.firm("Harbour")

    def relate(party: str, kind: RelationKind, other: str) -> None:
        with house.db.write() as session:
            house.parties.relate(session, party_id=party, kind=kind, other_party_id=other, evidence="app_1", actor="cli")

    relate(anna, RelationKind.CLIENT_OF, office)
    relate(anna, RelationKind.CLIENT_OF, harbour)
    relate(bruno, RelationKind.AUTHORISED_SIGNATORY, office)
    with house.db.read() as session:
        found = house.parties.intermediaries_of(session, [anna, bruno, office])
        assert found == {anna: {office, harbour}, bruno: frozenset(), office: frozenset()}
        house.clock.advance(timedelta(seconds=-1))
        assert house.parties.intermediaries_of(session, [anna]) == {anna: frozenset()}, "not before the relation began"
        assert house.parties.intermediaries_of(session, []) == {}
    with house.db.write() as session, pytest.raises(RelationInvalid):
        house.parties.relate(session, party_id=anna, kind=RelationKind.GUARDIAN, other_party_id=anna, evidence="app_1", actor="cli")
    for party, other in ((anna, "pty_none"), ("pty_none", anna)):
        with house.db.write() as session, pytest.raises(PartyUnknown):
            house.parties.relate(
                session, party_id=party, kind=RelationKind.CLIENT_OF, other_party_id=other, evidence="x", actor="cli"
            )
