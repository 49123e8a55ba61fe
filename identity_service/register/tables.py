"""The register's tables: cursors, block headers, movements, and one table of versions for each fact.

A version holds from ``from_block`` up to, and not including, ``to_block``; an open one has no ``to_block``. All versions tables
have the same shape (token, key columns, value columns, from, to), which ``versions.py`` alone reads and writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from identity_service.register.fold import Fact
from identity_service.storage import Base, Bytes20, Bytes32, Instant, Uint256

_TOKEN_LENGTH = 96
_KIND_LENGTH = 24


def _token() -> Column[str]:
    return Column("token", String(_TOKEN_LENGTH), primary_key=True)


cursors = Table(
    "register_cursors",
    Base.metadata,
    _token(),
    Column("first_block", BigInteger, nullable=False),
    Column("indexed_number", BigInteger, nullable=False),
    Column("indexed_hash", Bytes32, nullable=False),
    Column("head_number", BigInteger, nullable=False),
    Column("head_hash", Bytes32, nullable=False),
    Column("head_timestamp", BigInteger, nullable=False),
    Column("synced_at", Instant, nullable=False),
)

blocks = Table(
    "register_blocks",
    Base.metadata,
    _token(),
    Column("number", BigInteger, primary_key=True),
    Column("hash", Bytes32, nullable=False),
    Column("parent", Bytes32, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
)

movements = Table(
    "register_movements",
    Base.metadata,
    _token(),
    Column("block", BigInteger, primary_key=True),
    Column("log_index", Integer, primary_key=True),
    Column("block_hash", Bytes32, nullable=False),
    Column("transaction", Bytes32, nullable=False),
    Column("source", Bytes20, nullable=False),
    Column("target", Bytes20, nullable=False),
    Column("quantity", Uint256, nullable=False),
    Column("kind", String(_KIND_LENGTH), nullable=False),
    Column("mover", Bytes20),
    Index("ix_register_movements_transaction", "token", "transaction"),
)


@dataclass(frozen=True, slots=True)
class VersionsTable:
    """One fact's table, with the names of the columns that make up its key and its value."""

    table: Table
    key: tuple[str, ...]
    value: tuple[str, ...]


def _address(name: str, *, key: bool) -> Column[bytes]:
    return Column(name, LargeBinary(20), primary_key=key, nullable=False)


def _quantity(name: str) -> Column[int]:
    return Column(name, Uint256, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _versions(name: str, key: tuple[Column[bytes], ...], *value: Column[bytes] | Column[int]) -> VersionsTable:
    names = tuple(column.name for column in key)
    table = Table(
        f"register_{name}",
        Base.metadata,
        _token(),
        *key,
        *value,
        Column("from_block", BigInteger, primary_key=True, autoincrement=False),
        to_block := Column("to_block", BigInteger),
        Index(f"ix_register_{name}_from_block", "token", "from_block"),
        # Without the open versions, or SQLite would look for a key's open version among all of the token's.
        Index(
            f"ix_register_{name}_to_block",
            "token",
            "to_block",
            sqlite_where=to_block.is_not(None),
            postgresql_where=to_block.is_not(None),
        ),
    )
    return VersionsTable(table, names, tuple(column.name for column in value))


VERSIONS: Mapping[Fact, VersionsTable] = {
    Fact.BALANCE: _versions("balances", (_address("account", key=True),), _quantity("quantity"), _number("since_block")),
    Fact.ALLOWANCE: _versions("allowances", (_address("owner", key=True), _address("spender", key=True)), _quantity("quantity")),
    Fact.FROZEN_AMOUNT: _versions("frozen_amounts", (_address("account", key=True),), _quantity("quantity")),
    Fact.FROZEN_ACCOUNT: _versions("frozen_accounts", (_address("account", key=True),)),
    Fact.PAUSE: _versions("pauses", ()),
    Fact.IDENTITY_LINK: _versions(
        "identity_links", (_address("account", key=True),), _address("identity_contract", key=False), _number("country")
    ),
    Fact.SUPPLY: _versions("supplies", (), _quantity("quantity")),
    Fact.BINDING: _versions("bindings", (_address("identity_registry", key=True),)),
}

Index("ix_register_allowances_spender", *(VERSIONS[Fact.ALLOWANCE].table.c[name] for name in ("token", "spender")))
Index(
    "ix_register_identity_links_identity_contract",
    *(VERSIONS[Fact.IDENTITY_LINK].table.c[name] for name in ("token", "identity_contract")),
)
