"""Which accounts' links are read again, and when."""

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.events import Position
from identity_service.register.links import accounts_to_read, modified_identities

ALICE, BOB, FIRST, SECOND, THIRD = (Address(n.to_bytes(20, "big")) for n in range(1, 6))


def at(block: int) -> Position:
    return Position(block=block, block_hash=bytes(32), transaction=bytes(32), index=0)


def test_reads_the_account_that_an_event_names() -> None:
    found = [
        events.IdentityStored(at(1), ALICE, FIRST),
        events.CountryModified(at(2), ALICE, 40),
        events.IdentityUnstored(at(3), ALICE, FIRST),
    ]
    assert accounts_to_read(found, {}) == {1: {ALICE}, 2: {ALICE}, 3: {ALICE}}


def test_reads_every_account_of_a_modified_identity() -> None:
    found = [events.IdentityModified(at(5), FIRST, SECOND)]
    assert modified_identities(found) == {FIRST}
    assert accounts_to_read(found, {FIRST: {ALICE, BOB}}) == {5: {ALICE, BOB}}


def test_follows_an_account_through_several_modifications() -> None:
    found = [
        events.IdentityStored(at(1), ALICE, FIRST),
        events.IdentityModified(at(2), FIRST, SECOND),
        events.IdentityModified(at(3), SECOND, THIRD),
    ]
    assert accounts_to_read(found, {}) == {1: {ALICE}, 2: {ALICE}, 3: {ALICE}}


def test_other_events_read_nothing() -> None:
    assert accounts_to_read([events.Paused(at(1), ALICE)], {}) == {}
