"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, MetaData, Numeric, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from claim_issuers.clock import aware

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UINT256_DIGITS = 78

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The metadata that every room's tables join, so that one migration history covers them all.

    Integers have 64 bits on both engines; SQLite's INTEGER has them anyway, and counts by itself only under that name.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger().with_variant(Integer(), "sqlite")}


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole microseconds since 1970 so that both engines order and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (aware(value) - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Uint256(TypeDecorator[int]):
    """An unsigned 256-bit integer, exact on both engines.

    PostgreSQL keeps NUMERIC(78,0); SQLite, whose integers end at 2^63, keeps 78 zero-padded digits, which sort as numbers do.
    Sums are taken in Python or in PostgreSQL, never in SQLite.
    """

    impl = Numeric(_UINT256_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(_UINT256_DIGITS))
        return dialect.type_descriptor(Numeric(_UINT256_DIGITS, 0, asdecimal=True))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not 0 <= value < 1 << 256:
            raise ValueError("not an unsigned 256-bit integer")
        return f"{value:0{_UINT256_DIGITS}d}" if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)


Json = JSON().with_variant(JSONB(), "postgresql")
Bytes20 = LargeBinary(20)
Bytes32 = LargeBinary(32)
