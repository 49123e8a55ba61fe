"""One mechanism for all versions: read the values at a block, write changes, roll back behind a reorg.

Every function takes the Session of the caller's transaction and commits nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from identity_service.register.fold import Change, Fact, Key, Value
from identity_service.register.tables import VERSIONS, VersionsTable

_CHUNK = 500


def values_at(session: Session, token: str, fact: Fact, block: int, *where: ColumnElement[bool]) -> Iterator[tuple[Key, Value]]:
    """Each key with its value at the end of ``block``, ordered by key, as far as the further conditions hold."""
    return ((key, value) for key, value, _ in versions_at(session, token, fact, block, *where))


def versions_at(
    session: Session, token: str, fact: Fact, block: int, *where: ColumnElement[bool]
) -> Iterator[tuple[Key, Value, int]]:
    """Key, value and first block of each version that holds at the end of ``block``, ordered by key."""
    kept = VERSIONS[fact]
    columns = kept.table.c
    names = [*kept.key, *kept.value, "from_block"]
    query = select(*(columns[name] for name in names)).where(*_holding_at(kept.table, token, block), *where)
    split = len(kept.key)
    for row in session.execute(query.order_by(*(columns[name] for name in kept.key))):
        parts = tuple(row)
        yield parts[:split], parts[split:-1], parts[-1]


def allowances_ever(
    session: Session, token: str, spender: bytes, owners: Iterable[bytes]
) -> Iterator[tuple[bytes, int, int, int | None]]:
    """Owner, quantity, first block and ending block of every version of these allowances, in the order of blocks."""
    columns = VERSIONS[Fact.ALLOWANCE].table.c
    for some in _chunks(sorted(set(owners))):
        query = select(columns.owner, columns.quantity, columns.from_block, columns.to_block).where(
            columns.token == token, columns.spender == spender, columns.owner.in_(some)
        )
        for owner, quantity, begun, ended in session.execute(query.order_by(columns.from_block)):
            yield bytes(owner), quantity, begun, ended


def opening(session: Session, token: str, keys: Mapping[Fact, Set[Key]], block: int | None) -> dict[Fact, dict[Key, Value]]:
    """The values at the end of ``block`` of at least these keys; nothing at all before the first block (None)."""
    if block is None:
        return {}
    return {fact: _opening_of(session, token, fact, wanted, block) for fact, wanted in keys.items()}


def _opening_of(session: Session, token: str, fact: Fact, wanted: Set[Key], block: int) -> dict[Key, Value]:
    kept = VERSIONS[fact]
    if not kept.key:
        return dict(values_at(session, token, fact, block))
    first = kept.table.c[kept.key[0]]
    found: dict[Key, Value] = {}
    for some in _chunks(sorted({key[0] for key in wanted})):
        found.update(values_at(session, token, fact, block, first.in_(some)))
    return found


def record(session: Session, token: str, changes: Iterable[Change]) -> None:
    """Close the versions that the changes end and open those that they begin; changes come in block order."""
    by_fact: dict[Fact, dict[Key, list[Change]]] = defaultdict(lambda: defaultdict(list))
    for change in changes:
        by_fact[change.fact][change.key].append(change)
    for fact, by_key in by_fact.items():
        _close(session, token, VERSIONS[fact], by_key)
        rows = [row for series in by_key.values() for row in _rows(token, VERSIONS[fact], series)]
        if rows:
            session.execute(insert(VERSIONS[fact].table), rows)


def _close(session: Session, token: str, kept: VersionsTable, by_key: Mapping[Key, Sequence[Change]]) -> None:
    columns = kept.table.c
    this_key = [columns[name] == bindparam(f"key_{name}") for name in kept.key]
    statement = (
        update(kept.table)
        .where(columns.token == bindparam("of_token"), columns.to_block.is_(None), *this_key)
        .values(to_block=bindparam("closed_by"))
    )
    ends = [{"of_token": token, "closed_by": series[0].block, **_named("key_", kept.key, key)} for key, series in by_key.items()]
    session.connection().execute(statement, ends)


def _rows(token: str, kept: VersionsTable, series: Sequence[Change]) -> Iterator[dict[str, Any]]:
    ends = [change.block for change in series[1:]]
    for change, end in zip(series, [*ends, None], strict=True):
        if change.value is not None:
            fields = _named("", kept.key, change.key) | _named("", kept.value, change.value)
            yield {"token": token, "from_block": change.block, "to_block": end, **fields}


def roll_back(session: Session, token: str, ancestor: int) -> None:
    """Forget every version begun after block ``ancestor`` and reopen those that ended after it."""
    for kept in VERSIONS.values():
        columns = kept.table.c
        session.execute(delete(kept.table).where(columns.token == token, columns.from_block > ancestor))
        session.execute(update(kept.table).where(columns.token == token, columns.to_block > ancestor).values(to_block=None))


def _holding_at(table: Table, token: str, block: int) -> tuple[ColumnElement[bool], ...]:
    columns = table.c
    begun = and_(columns.token == token, columns.from_block <= block)
    return begun, or_(columns.to_block.is_(None), columns.to_block > block)


def _named(prefix: str, names: Sequence[str], parts: Sequence[Any]) -> dict[str, Any]:
    return {prefix + name: part for name, part in zip(names, parts, strict=True)}


def _chunks(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
