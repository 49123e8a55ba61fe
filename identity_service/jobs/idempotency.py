"""A request sent twice is done once (draft-ietf-httpapi-idempotency-key-header).

``begin`` and ``finish`` belong in the transaction that does the work: if it is rolled back, the key is free again.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import Conflict, InvalidInput
from identity_service.jobs.tables import IdempotencyKeyRow
from identity_service.storage import insert_if_absent

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyMissing(InvalidInput):
    """The request creates something and has no Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyMalformed(InvalidInput):
    """An Idempotency-Key has 1 to 255 visible ASCII characters."""

    code = "idempotency_key_malformed"


class IdempotencyKeyReused(InvalidInput):
    """The Idempotency-Key came before, with another request."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(Conflict):
    """The first request with this Idempotency-Key is not answered yet."""

    code = "idempotency_key_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The answer to the first request, to be given again."""

    status: int
    body: Any
    location: str | None


class Idempotency:
    """Remembers requests by client, operation and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def begin(self, session: Session, client_id: str, operation: str, key: str | None, request_hash: bytes) -> StoredAnswer | None:
        """None when the request is new and now reserved, or the answer it got before.

        ``request_hash`` is 32 bytes over the body. When two processes begin with one key, the second waits for the first's
        transaction. Raises IdempotencyKeyMissing, IdempotencyKeyMalformed, IdempotencyKeyReused, IdempotencyKeyInUse.
        """
        name = {"client_id": client_id, "operation": operation, "key": _checked(key)}
        now = self._clock.now()
        if insert_if_absent(session, IdempotencyKeyRow, **name, request_hash=request_hash, created_at=now):
            return None
        row = session.scalars(_fresh(**name)).one()
        if row.request_hash != request_hash:
            raise IdempotencyKeyReused("use a new key for a new request")
        if row.status is None:
            raise IdempotencyKeyInUse("wait for the answer to the first request")
        return StoredAnswer(status=row.status, body=row.body, location=row.location)

    def finish(
        self,
        session: Session,
        client_id: str,
        operation: str,
        key: str,
        *,
        status: int,
        body: Any,
        location: str | None = None,
    ) -> None:
        """Keep the answer of a request that ``begin`` reserved. ``body`` is a JSON value."""
        row = session.scalars(_fresh(client_id=client_id, operation=operation, key=key)).one()
        row.status, row.body, row.location = status, body, location
        session.flush()

    def forget(self, session: Session, before: datetime) -> None:
        """Remove what was begun before this instant; those keys are new again."""
        session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at < before))


def _checked(key: str | None) -> str:
    if not key:
        raise IdempotencyKeyMissing("send an Idempotency-Key", pointer="/Idempotency-Key")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMalformed("send 1 to 255 visible ASCII characters", pointer="/Idempotency-Key")
    return key


def _fresh(*, client_id: str, operation: str, key: str) -> Any:
    return (
        select(IdempotencyKeyRow)
        .where(
            IdempotencyKeyRow.client_id == client_id,
            IdempotencyKeyRow.operation == operation,
            IdempotencyKeyRow.key == key,
        )
        .execution_options(populate_existing=True)
    )
