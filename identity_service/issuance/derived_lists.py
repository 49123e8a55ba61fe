"""Lists derived from what is published: the W3C bitstrings of a list, and the list as it stood in the past.

Anybody may ask for them as often as they like, so none is signed for each request. A bitstring follows from the token that
``StatusLists`` keeps, byte for byte, so every process makes the same one and signs it once for each token. A past list changes
only with a status, so there are no more of them than changes (and one a minute for the time since the last). What was signed is
kept in this process, the oldest dropped first.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final, Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from claim_issuers.clock import from_unix_seconds
from claim_issuers.errors import NotFound
from claim_issuers.formats.jose import read_unverified
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import DEFAULT_SIZE, Status
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.status.history import StatusChange, StatusHistory, StatusTimeNotCovered
from claim_issuers.status.publication import StatusPublication
from identity_service.issuance.model import StatusListUnknown
from identity_service.issuance.status_lists import TIME_TO_LIVE, StatusLists
from identity_service.issuance.tables import ClaimRow, StatusEntryRow, StatusListRow

_SIGNED_KEPT: Final = 128
_HISTORIES_KEPT: Final = 8

_Kept = TypeVar("_Kept")


class StatusPurposeUnknown(NotFound):
    """A status list is published for revocation and for suspension, and for nothing else."""

    code = "status_purpose_unknown"


class Remembered(Generic[_Kept]):
    """The ``limit`` things made last, by key; for several threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _Kept]) -> _Kept:
        """What is kept under ``key``, made now when nothing is; two threads may both make it, and then one is kept."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = make()
        with self._lock:
            kept = self._kept.setdefault(key, made)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedLists:
    """Signs bitstrings and past lists, and remembers them."""

    lists: StatusLists
    _present: Remembered[str] = field(default_factory=lambda: Remembered(_SIGNED_KEPT))
    # Apart, so that nobody who asks about the past pushes the present out.
    _past: Remembered[str] = field(default_factory=lambda: Remembered(_SIGNED_KEPT))
    _histories: Remembered[StatusHistory] = field(default_factory=lambda: Remembered(_HISTORIES_KEPT))

    def bitstring(
        self,
        session: Session,
        status_list_id: str,
        purpose: str,
        *,
        token: str,
        before_signing: Callable[[], None] | None = None,
    ) -> str:
        """The W3C credential for ``purpose`` of the list whose token is ``token``: the same entries, life and issuer.

        For a past token give ``before_signing``, as to ``as_of``. Raises StatusPurposeUnknown, StatusListUnknown.
        """
        if purpose not in tuple(StatusPurpose):
            raise StatusPurposeUnknown("a list is published for revocation and for suspension")
        key = (hashlib.blake2b(token.encode(), digest_size=32).digest(), purpose)
        kept = self._present if before_signing is None else self._past

        def sign() -> str:
            if before_signing is not None:
                before_signing()
            return self._bitstring(session, status_list_id, StatusPurpose(purpose), token)

        return kept.get(key, sign)

    def as_of(self, session: Session, status_list_id: str, instant: datetime, *, before_signing: Callable[[], None]) -> str:
        """The token of the list as it stood at ``instant``; its ``iat`` and ``exp`` are the span in which it stood so.

        ``before_signing`` may refuse the work when the answer is not at hand. Raises StatusListUnknown, StatusTimeNotCovered.
        """
        row = session.get(StatusListRow, status_list_id)
        if row is None:
            raise StatusListUnknown("no status list has this address")
        history = self._histories.get((row.id, row.version), lambda: self._history(session, row))
        past = history.as_of(instant, now=self.lists.clock.now())

        def sign() -> str:
            before_signing()
            claim_issuer = self.lists.mesh.get(session, row.claim_issuer_id)
            return token_status_list.publish(
                StatusPublication(past.array),
                uri=self.lists.uri(row.id),
                issuer=claim_issuer.did,
                issued_at=past.valid_from,
                expires_at=past.valid_until,
                ttl=TIME_TO_LIVE,
                signer=self.lists.vault.signer(claim_issuer.key_name),
            )

        return self._past.get((row.id, past.changes, past.valid_from, past.valid_until), sign)

    def _bitstring(self, session: Session, status_list_id: str, purpose: StatusPurpose, token: str) -> str:
        row = session.get(StatusListRow, status_list_id)
        if row is None:
            raise StatusListUnknown("no status list has this address")
        published = read_unverified(token, max_bytes=token_status_list.MAX_TOKEN_BYTES).payload
        listed = published["status_list"]
        claim_issuer = self.lists.mesh.get(session, row.claim_issuer_id)
        return bitstring_status_list.publish(
            StatusPublication(token_status_list.decode_lst(listed["lst"], bits=listed["bits"])),
            uri=bitstring_status_list.purpose_uri(self.lists.uri(row.id), purpose),
            purpose=purpose,
            issuer=claim_issuer.did,
            valid_from=from_unix_seconds(published["iat"]),
            valid_until=from_unix_seconds(published["exp"]),
            ttl=TIME_TO_LIVE,
            signer=self.lists.vault.signer(claim_issuer.key_name),
        )

    def _history(self, session: Session, row: StatusListRow) -> StatusHistory:
        opened_at = session.scalar(
            select(func.min(ClaimRow.created_at))
            .join(StatusEntryRow, StatusEntryRow.claim_id == ClaimRow.id)
            .where(StatusEntryRow.status_list_id == row.id)
        )
        if opened_at is None:
            raise StatusTimeNotCovered("no claim was ever in this list", pointer="/time")
        marked = session.execute(
            select(StatusEntryRow.offset, StatusEntryRow.status, ClaimRow.revoked_at)
            .join(ClaimRow, StatusEntryRow.claim_id == ClaimRow.id, isouter=True)
            .where(StatusEntryRow.status_list_id == row.id, StatusEntryRow.status != int(Status.VALID))
        )
        # Of an entry that is marked and whose instant we do not know, nobody may conclude that it was ever valid.
        changes = [StatusChange(instant=at or opened_at, index=offset, status=status) for offset, status, at in marked]
        return StatusHistory(opened_at=opened_at, changes=changes, size=DEFAULT_SIZE)
