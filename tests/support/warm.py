"""What one test has worked out for all: statements, page templates and routes are compiled once in a process, not once a service.

A test opens a service, a database and an app of its own, and each of these would compile the same anew; that was most of what
the tests waited for. Nothing that a service knows or does is kept here.
"""

import gc
from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from werkzeug.routing import Rule

_OBJECTS_BETWEEN_COLLECTIONS = 20_000
_STATEMENTS: dict[Any, Any] = {}


class _SharesStatements:
    """Engines of one kind give the same SQL for the same statement: they are all configured alike, by ``storage``."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_STATEMENTS)


class SharingSqlite(_SharesStatements, SQLiteDialect_pysqlite):
    """SQLite, its statements compiled once."""

    supports_statement_cache = True


class SharingPostgresql(_SharesStatements, PGDialect_psycopg):
    """PostgreSQL, its statements compiled once."""

    supports_statement_cache = True


class _Templates(BytecodeCache):
    """The code of templates: the same source under the same options is the same code."""

    def __init__(self) -> None:
        self._code: dict[tuple[Any, ...], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(self._key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[self._key(bucket)] = bucket.code

    @staticmethod
    def _key(bucket: Bucket) -> tuple[Any, ...]:
        options = bucket.environment
        chosen = (options.autoescape, options.trim_blocks, options.lstrip_blocks, options.undefined, *sorted(options.extensions))
        return bucket.key, bucket.checksum, *chosen


class _Route(Rule):
    """A route that compiles what makes its URLs when the first is asked for: of most, a test asks for none."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            return compiled[0](rule, **values)

        return build


def warm_up() -> None:
    """Let engines and apps of this process share what they compile."""
    registry.register("sqlite", __name__, SharingSqlite.__name__)
    registry.register("postgresql.psycopg", __name__, SharingPostgresql.__name__)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Flask.url_rule_class = _Route


def rest_what_stays() -> None:
    """Spare the garbage collector the modules and tests, which stay, and let it come by less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 10, 5)
