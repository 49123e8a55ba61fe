"""The register against what the simulated node holds, and against its own rebuild."""

from sqlalchemy import select

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.register.indexer import Indexer
from identity_service.register.model import RegisterView
from identity_service.register.service import Register
from identity_service.register.tables import VERSIONS, blocks, movements
from identity_service.storage import Database
from identity_service.tokens.model import Token
from tests.register.simulated_node import CHAIN, REGISTRY, SimulatedNode


def account(address: Address) -> Account:
    return Account(CHAIN, address)


def indexer(db: Database, node: SimulatedNode, clock: Clock, **options: int) -> Indexer:
    return Indexer(db, lambda _chain: node.client, clock, **options)


def view(db: Database, token: Token, block: int | None = None) -> RegisterView:
    with db.read() as session:
        return Register().as_of(session, token, block)


def assert_equals_node(db: Database, token: Token, node: SimulatedNode, block: int) -> None:
    """Every fact at ``block`` is what the contracts held there."""
    state = node.state_at(block)
    seen = view(db, token, block)
    with db.read() as session:
        links = Register().identity_links(session, token, block)
    assert seen.as_of.block_hash == node.blocks[block].hash
    assert {holder: at.quantity for holder, at in seen.holdings.items()} == {
        account(holder): quantity for holder, quantity in state.balances.items() if quantity
    }
    assert {(at.owner, at.spender): at.allowance for at in seen.allowances} == {
        (account(owner), account(spender)): quantity for (owner, spender), quantity in state.allowances.items() if quantity
    }
    for holding in seen.holdings.values():
        place = holding.account.address
        assert holding.frozen == state.frozen.get(place, 0)
        assert holding.account_frozen == (place in state.frozen_accounts)
        assert (holding.identity_contract, holding.country) == state.links.get(place, (None, None))
    assert {holder: (link.identity_contract, link.country) for holder, link in links.items()} == {
        account(holder): link for holder, link in state.links.items()
    }
    assert (seen.paused, seen.total_supply, seen.index_check) == (state.paused, state.supply, 0)
    assert seen.registry_bound == (REGISTRY in state.registries)


def rows(db: Database, token: Token) -> dict[str, list[tuple[object, ...]]]:
    """Everything the register holds about the token, cursor aside."""
    tables = [blocks, movements, *(kept.table for kept in VERSIONS.values())]
    with db.read() as session:
        return {
            table.name: [
                tuple(row)
                for row in session.execute(select(table).where(table.c.token == str(token.id)).order_by(*table.primary_key.columns))
            ]
            for table in tables
        }


def fingerprint(db: Database, token: Token, block: int | None = None) -> bytes:
    with db.read() as session:
        return Register().fingerprint(session, token, block)


def assert_equals_rebuild(db: Database, token: Token, builder: Indexer) -> None:
    """Row for row and by its fingerprint, the register is what an index built from nothing holds."""
    kept_rows, kept_fingerprint = rows(db, token), fingerprint(db, token)
    builder.forget(token.id)
    builder.sync(token)
    assert rows(db, token) == kept_rows
    assert fingerprint(db, token) == kept_fingerprint
