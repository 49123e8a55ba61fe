"""What a room's routes need of the gate, for rooms that lie below the one that keeps it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

from flask import Response
from sqlalchemy.orm import Session

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What a creation answers, and what is to be done once it is committed.

    ``body`` is stored for retries, so it holds no personal data.
    """

    body: dict[str, Any]
    location: str
    status: int = 201
    afterwards: Callable[[], None] | None = None


class CallerLike(Protocol):
    """Who stands behind a request."""

    @property
    def subject(self) -> str: ...
    @property
    def party_id(self) -> str | None: ...
    @property
    def role(self) -> str | None: ...


class Transactions(Protocol):
    """Where sessions come from."""

    def read(self) -> AbstractContextManager[Session]: ...
    def write(self) -> AbstractContextManager[Session]: ...


class GateLike(Protocol):
    """Lets requests in: a scope for each route, and creations that are done once."""

    @property
    def db(self) -> Transactions: ...
    def requires(self, scope: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...
    def create(self, operation: str, act: Callable[[Session, Any], Creation]) -> Response: ...
    def caller(self) -> CallerLike: ...
