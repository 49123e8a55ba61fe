"""Tokens are registered once, found by their account, and have a control book."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from claim_issuers.claims.vocabulary import CLAIM_TYPES, UnknownClaimType
from claim_issuers.clock import FixedClock, NaiveInstant
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.storage import Database
from identity_service.tokens.model import (
    DeclaredTotalConflict,
    InvalidToken,
    Token,
    TokenAlreadyRegistered,
    TokenContracts,
    TokenUnknown,
    default_topics,
    topics_with,
)
from identity_service.tokens.service import Tokens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAINNET, OTHER = ChainId(1), ChainId(10)
FIRST_FACTORY, SECOND_FACTORY, THIRD_FACTORY = (Address(bytes([n]) * 20) for n in (0xF1, 0xF2, 0xF3))


def contracts(number: int = 1, chain: ChainId = MAINNET, **changes: Any) -> TokenContracts:
    fields: dict[str, Any] = {
        "token": Account(chain, Address(bytes([number]) * 20)),
        "name": "Alpine Bond",
        "symbol": "ALP",
        "decimals": 18,
        "identity_registry": Address(b"\x0a" * 20),
        "identity_registry_storage": Address(b"\x0b" * 20),
        "trusted_issuers_registry": Address(b"\x0c" * 20),
        "claim_topics_registry": Address(b"\x0d" * 20),
        "compliance": Address(b"\x0e" * 20),
        "deployed_block": 20_000_000,
        "storage_deployed_block": 19_999_990,
    }
    return TokenContracts(**fields | changes)


def token(number: int = 1, chain: ChainId = MAINNET, **changes: Any) -> Token:
    fields: dict[str, Any] = {
        "contracts": contracts(number, chain),
        "token_issuer": "pty_issuer",
        "accepted_claim_types": ("INVESTOR", "FAMILY_OFFICE"),
    }
    return Token(**fields | changes)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(FixedClock(NOW))


def test_a_registered_token_is_found_as_it_was_given(db: Database, tokens: Tokens) -> None:
    given = token(
        topics=topics_with({"INVESTOR": 2**256 - 1}), agent_key="token-agent", trusted_factories=(SECOND_FACTORY, FIRST_FACTORY)
    )
    with db.write() as session:
        tokens.add(session, given)
    with db.read() as session:
        found = tokens.get(session, Account.parse(str(given.id).lower()))
    assert found == given
    assert (found.address, found.chain, found.symbol, found.decimals) == (given.id.address, MAINNET, "ALP", 18)


def test_a_token_is_registered_once(db: Database, tokens: Tokens) -> None:
    with db.write() as session:
        tokens.add(session, token())
    with db.write() as session, pytest.raises(TokenAlreadyRegistered):
        tokens.add(session, token())


def test_an_unknown_token_is_not_found(db: Database, tokens: Tokens) -> None:
    nobody = Account(OTHER, Address(b"\x01" * 20))
    with db.write() as session:
        tokens.add(session, token())
        with pytest.raises(TokenUnknown):
            tokens.get(session, nobody)
        with pytest.raises(TokenUnknown):
            tokens.update(session, token(chain=OTHER))
        with pytest.raises(TokenUnknown):
            tokens.declare_total(session, nobody, quantity=1, at=NOW)
        with pytest.raises(TokenUnknown):
            tokens.declared_total(session, nobody, at=NOW)


def test_a_token_whose_contracts_were_replaced_is_updated(db: Database, tokens: Tokens) -> None:
    with db.write() as session:
        tokens.add(session, token(trusted_factories=(FIRST_FACTORY,)))
    changed = token(contracts=contracts(identity_registry=Address(b"\x77" * 20)), trusted_factories=(SECOND_FACTORY, FIRST_FACTORY))
    with db.write() as session:
        tokens.update(session, changed)
    with db.read() as session:
        assert tokens.get(session, changed.id) == changed


def test_tokens_are_listed_in_pages(db: Database, tokens: Tokens) -> None:
    given = [token(number) for number in (3, 1, 2)]
    with db.write() as session:
        for one in given:
            tokens.add(session, one)
    with db.read() as session:
        everything = tokens.list(session)
        assert {one.id for one in everything} == {one.id for one in given}
        first = tokens.list(session, limit=2)
        rest = tokens.list(session, after=first[-1].id, limit=2)
    assert first + rest == everything


def test_trusted_factories_are_those_of_all_tokens_on_the_chain(db: Database, tokens: Tokens) -> None:
    with db.write() as session:
        tokens.add(session, token(1, trusted_factories=(FIRST_FACTORY, SECOND_FACTORY)))
        tokens.add(session, token(2, trusted_factories=(SECOND_FACTORY,)))
        tokens.add(session, token(3, chain=OTHER, trusted_factories=(THIRD_FACTORY,)))
    with db.read() as session:
        assert tokens.trusted_factories(session, MAINNET) == {FIRST_FACTORY, SECOND_FACTORY}
        assert tokens.trusted_factories(session, OTHER) == {THIRD_FACTORY}
        assert tokens.trusted_factories(session, ChainId(5)) == frozenset()


def test_the_control_books_last_entry_counts(db: Database, tokens: Tokens) -> None:
    account = token().id
    with db.write() as session:
        tokens.add(session, token())
        tokens.declare_total(session, account, quantity=2**256 - 1, at=NOW - timedelta(days=2))
        tokens.declare_total(session, account, quantity=90, at=NOW)
    with db.read() as session:
        now = tokens.declared_total(session, account, at=NOW)
        then = tokens.declared_total(session, account, at=NOW - timedelta(microseconds=1))
        assert tokens.declared_total(session, account, at=NOW - timedelta(days=3)) is None
    assert now is not None
    assert then is not None
    assert (now.quantity, now.at, now.recorded_at) == (90, NOW, NOW)
    assert then.quantity == 2**256 - 1
    assert (now.record_difference(90), now.record_difference(85), now.record_difference(100)) == (0, -5, 10)


def test_declaring_the_same_total_again_changes_nothing_and_another_is_refused(db: Database, tokens: Tokens) -> None:
    with db.write() as session:
        tokens.add(session, token())
        first = tokens.declare_total(session, token().id, quantity=5, at=NOW)
        assert tokens.declare_total(session, token().id, quantity=5, at=NOW) == first
        with pytest.raises(DeclaredTotalConflict):
            tokens.declare_total(session, token().id, quantity=6, at=NOW)


@pytest.mark.parametrize("quantity", [-1, 2**256])
def test_a_total_that_is_no_uint256_is_refused(db: Database, tokens: Tokens, quantity: int) -> None:
    with db.write() as session:
        tokens.add(session, token())
        with pytest.raises(InvalidToken):
            tokens.declare_total(session, token().id, quantity=quantity, at=NOW)


def test_a_total_without_a_time_zone_is_refused(db: Database, tokens: Tokens) -> None:
    with db.write() as session:
        tokens.add(session, token())
        with pytest.raises(NaiveInstant):
            tokens.declare_total(session, token().id, quantity=1, at=NOW.replace(tzinfo=None))


def test_topics_are_the_vocabularys_unless_the_registry_says_otherwise() -> None:
    given = token(topics=topics_with({"INVESTOR": 7}))
    assert given.topic("INVESTOR") == 7
    assert given.topic("CUSTODIAN") == CLAIM_TYPES["CUSTODIAN"].topic
    assert (given.claim_types_of(7), given.claim_types_of(8)) == (("INVESTOR",), ())
    assert token().topics == default_topics()


def test_one_topic_may_serve_every_claim_type_that_the_token_accepts() -> None:
    given = token(topics=topics_with({"INVESTOR": 7, "FAMILY_OFFICE": 7}))
    assert given.claim_types_of(7) == ("INVESTOR", "FAMILY_OFFICE")


def test_a_claim_type_without_a_topic_of_its_own_has_the_vocabularys() -> None:
    given = token(accepted_claim_types=("INVESTOR",), topics={"INVESTOR": 3})
    assert given.topic("INVESTOR") == 3
    assert given.topic("CUSTODIAN") == CLAIM_TYPES["CUSTODIAN"].topic


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"accepted_claim_types": ()}, InvalidToken),
        ({"accepted_claim_types": ("ASTRONAUT",)}, UnknownClaimType),
        ({"topics": {"INVESTOR": 1}}, InvalidToken),
        ({"topics": {"INVESTOR": 1, "FAMILY_OFFICE": 0}}, InvalidToken),
        ({"topics": {"INVESTOR": 1, "FAMILY_OFFICE": 2**256}}, InvalidToken),
        ({"topics": {"INVESTOR": 1, "FAMILY_OFFICE": 2, "ASTRONAUT": 3}}, UnknownClaimType),
    ],
)
def test_a_contradictory_token_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        token(**changes)


def test_a_topic_for_an_unknown_claim_type_is_refused() -> None:
    with pytest.raises(UnknownClaimType):
        topics_with({"ASTRONAUT": 1})


@pytest.mark.parametrize("changes", [{"decimals": -1}, {"decimals": 256}, {"deployed_block": -1}, {"storage_deployed_block": -1}])
def test_impossible_contracts_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InvalidToken):
        replace(contracts(), **changes)  # type: ignore[arg-type]
