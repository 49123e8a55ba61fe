"""Places in status lists: drawn at random, never given twice, published when somebody asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.keys.signers import Signer
from claim_issuers.status.array import DEFAULT_SIZE, Status, StatusArray
from claim_issuers.status.publication import StatusPublication
from claim_issuers.status.token_status_list import publish
from identity_service.issuance.model import StatusListUnknown
from identity_service.issuance.tables import StatusEntryRow, StatusListRow
from identity_service.mesh.model import ClaimIssuer
from identity_service.mesh.service import Mesh
from identity_service.storage import insert_if_absent, new_id

TIME_TO_LIVE: Final = timedelta(minutes=5)
LIFETIME: Final = timedelta(hours=24)
_REFRESH_AFTER: Final = LIFETIME / 2
_FULL: Final = DEFAULT_SIZE * 9 // 10  # past this a random draw misses too often, and neighbours become guessable


class Signers(Protocol):
    """What this room needs of the vault."""

    def signer(self, name: str) -> Signer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPlace:
    """Where a claim's status is published: the list and the offset in it."""

    status_list_id: str
    index: int
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLists:
    """Gives out places, records statuses, signs lists."""

    clock: Clock
    entropy: Entropy
    vault: Signers
    mesh: Mesh
    public_url: str

    def reserve(self, session: Session, claim_issuer: ClaimIssuer, claim_id: str) -> StatusPlace:
        """A random place that no claim ever had, in the caller's transaction."""
        row = self._open_list(session, claim_issuer)
        offset = self._free_offset(session, row)
        session.add(StatusEntryRow(status_list_id=row.id, offset=offset, claim_id=claim_id, status=int(Status.VALID)))
        row.used += 1
        session.flush()
        return StatusPlace(status_list_id=row.id, index=offset, uri=self.uri(row.id))

    def revoke(self, session: Session, claim_id: str) -> str:
        """Mark the claim's place invalid, for good; the id of its list."""
        entry = session.scalars(select(StatusEntryRow).where(StatusEntryRow.claim_id == claim_id).with_for_update()).one()
        if entry.status != Status.INVALID:
            entry.status = int(Status.INVALID)
            session.get_one(StatusListRow, entry.status_list_id, with_for_update=True).version += 1
            session.flush()
        return entry.status_list_id

    def published(self, session: Session, status_list_id: str) -> str:
        """The signed token of a list as it stands, signed anew when a status changed or half its life is over.

        Needs a writing session. Raises StatusListUnknown.
        """
        row = session.get(StatusListRow, status_list_id, with_for_update=True)
        if row is None:
            raise StatusListUnknown("no status list has this address")
        now = self.clock.now()
        if row.published is None or row.published_version != row.version or now - _published_at(row) > _REFRESH_AFTER:
            row.published, row.published_version, row.published_at = self._signed(session, row), row.version, now
            session.flush()
        return row.published

    def is_current(self, session: Session, status_list_id: str) -> str | None:
        """The token to serve without signing, or None when ``published`` must sign first. Raises StatusListUnknown."""
        row = session.get(StatusListRow, status_list_id)
        if row is None:
            raise StatusListUnknown("no status list has this address")
        fresh = row.published_version == row.version and self.clock.now() - _published_at(row) <= _REFRESH_AFTER
        return row.published if fresh else None

    def uri(self, status_list_id: str) -> str:
        """Where the list is served."""
        return f"{self.public_url}/status-lists/{status_list_id}"

    def _open_list(self, session: Session, claim_issuer: ClaimIssuer) -> StatusListRow:
        newest = session.scalars(
            select(StatusListRow)
            .where(StatusListRow.claim_issuer_id == claim_issuer.id)
            .order_by(StatusListRow.number.desc())
            .limit(1)
            .with_for_update()
        ).one_or_none()
        if newest is not None and newest.used < _FULL:
            return newest
        number = 0 if newest is None else newest.number + 1
        insert_if_absent(
            session,
            StatusListRow,
            id=new_id("stl", self.entropy),
            claim_issuer_id=claim_issuer.id,
            number=number,
            used=0,
            version=0,
        )
        opened = select(StatusListRow).where(StatusListRow.claim_issuer_id == claim_issuer.id, StatusListRow.number == number)
        return session.scalars(opened.with_for_update()).one()

    def _free_offset(self, session: Session, row: StatusListRow) -> int:
        while True:
            offset = int.from_bytes(self.entropy.token_bytes(4), "big") % DEFAULT_SIZE
            taken = select(func.count()).where(StatusEntryRow.status_list_id == row.id, StatusEntryRow.offset == offset)
            if not session.scalar(taken):
                return offset

    def _signed(self, session: Session, row: StatusListRow) -> str:
        claim_issuer = self.mesh.get(session, row.claim_issuer_id)
        now = self.clock.now()
        return publish(
            StatusPublication(self._array(session, row)),
            uri=self.uri(row.id),
            issuer=claim_issuer.did,
            issued_at=now,
            expires_at=now + LIFETIME,
            ttl=TIME_TO_LIVE,
            signer=self.vault.signer(claim_issuer.key_name),
        )

    def _array(self, session: Session, row: StatusListRow) -> StatusArray:
        array = StatusArray(DEFAULT_SIZE)
        marked = session.execute(
            select(StatusEntryRow.offset, StatusEntryRow.status).where(
                StatusEntryRow.status_list_id == row.id, StatusEntryRow.status != int(Status.VALID)
            )
        )
        array.update((offset, status) for offset, status in marked)
        return array


def _published_at(row: StatusListRow) -> datetime:
    assert row.published_at is not None  # noqa: S101 - set together with published_version
    return row.published_at
