"""Codes, nonces and token ids that work once: kept as hashes, consumed by one UPDATE."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.access.model import NonceExpired, NonceReplayed, NonceUnknown
from identity_service.access.tables import SingleUseRow


@dataclass(frozen=True, slots=True)
class SingleUse:
    """Gives out and takes back values of one or more kinds."""

    clock: Clock
    entropy: Entropy

    def give(self, session: Session, kind: str, payload: dict[str, Any], lifetime: timedelta) -> tuple[str, datetime]:
        """A fresh alphanumeric value of 160 random bits and the instant at which it dies."""
        value = base64.b32encode(self.entropy.token_bytes(20)).decode().lower()
        expires_at = self.clock.now() + lifetime
        session.add(SingleUseRow(kind=kind, value_hash=_digest(value), payload=payload, expires_at=expires_at, consumed_at=None))
        return value, expires_at

    def take(self, session: Session, kind: str, value: str) -> dict[str, Any]:
        """Consume ``value`` and give back its payload. Raises NonceUnknown, NonceExpired, NonceReplayed."""
        now = self.clock.now()
        taken = session.execute(
            update(SingleUseRow)
            .where(SingleUseRow.kind == kind, SingleUseRow.value_hash == _digest(value))
            .where(SingleUseRow.consumed_at.is_(None), SingleUseRow.expires_at > now)
            .values(consumed_at=now)
            .returning(SingleUseRow.payload)
        ).scalar_one_or_none()
        if taken is not None:
            return dict(taken)
        self.require_live(session, kind, value)
        raise NonceReplayed("this nonce is being used at this moment; ask for a new challenge")

    def require_live(self, session: Session, kind: str, value: str) -> dict[str, Any]:
        """The payload of a ``value`` that could be taken now; nothing is used up.

        Raises NonceUnknown, NonceExpired, NonceReplayed.
        """
        row = session.get(SingleUseRow, (kind, _digest(value)))
        if row is None:
            raise NonceUnknown("ask for a new challenge")
        if row.consumed_at is not None:
            raise NonceReplayed("this nonce was used before; ask for a new challenge")
        if row.expires_at <= self.clock.now():
            raise NonceExpired("this nonce has expired; ask for a new challenge")
        return dict(row.payload)

    def forget_expired(self, session: Session) -> None:
        """Remove what can never be accepted again, because its time is over."""
        session.execute(delete(SingleUseRow).where(SingleUseRow.expires_at < self.clock.now()))

    def mark_seen(self, session: Session, kind: str, value: str, expires_at: datetime) -> None:
        """Record a value that someone else made (a JWT's jti). Raises NonceReplayed when it was recorded before."""
        now = self.clock.now()
        session.add(SingleUseRow(kind=kind, value_hash=_digest(value), payload={}, expires_at=expires_at, consumed_at=now))
        try:
            session.flush()
        except IntegrityError as error:
            raise NonceReplayed("this value was used before") from error


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
