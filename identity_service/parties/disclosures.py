"""The one door through which names leave (DESIGN §5.4).

``open`` checks the basis, applies the row predicate and the field mask, writes one disclosure for each party shown and one audit
entry, and only then decrypts: all in the caller's transaction, so what cannot be recorded cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.access.model import Caller
from identity_service.audit.service import AuditLog
from identity_service.parties.bases import Basis
from identity_service.parties.model import Candidate
from identity_service.parties.service import Parties
from identity_service.parties.tables import DisclosureRow, PartyDataRow, PartyKeyRow
from identity_service.storage import new_id

_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One use of a basis, as the person concerned reads it."""

    id: str
    party_id: str
    viewer: str
    viewer_party_id: str | None
    basis_kind: str
    basis_id: str
    purpose: str
    legal_basis: str
    fields: tuple[str, ...]
    token: str | None
    as_of_block: int | None
    at: datetime
    audit_seq: int


class DisclosureListener(Protocol):
    """Hears of each recorded opening, in its transaction; whom it showed stands under this number of the audit log."""

    def __call__(self, session: Session, audit_seq: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosures:
    """Opens names and remembers every opening. ``on_disclosed`` does the same work for every reader, whoever was shown."""

    clock: Clock
    entropy: Entropy
    parties: Parties
    audit: AuditLog
    on_disclosed: DisclosureListener | None = None

    def open(
        self,
        session: Session,
        *,
        caller: Caller,
        basis: Basis,
        candidates: Sequence[Candidate],
        token: str | None = None,
        as_of_block: int | None = None,
    ) -> dict[str, dict[str, str]]:
        """Party id → field → value, for the candidates that the basis admits; the record is written first."""
        admitted = sorted({candidate.party_id for candidate in candidates if basis.admits(candidate)})
        if admitted and basis.is_recorded:
            self._record(session, caller, basis, admitted, token=token, as_of_block=as_of_block)
        return self._decrypted(session, admitted, basis.fields)

    def _record(
        self,
        session: Session,
        caller: Caller,
        basis: Basis,
        admitted: Sequence[str],
        *,
        token: str | None,
        as_of_block: int | None,
    ) -> None:
        seq = self.audit.append(
            session,
            actor=caller.subject,
            action="names.disclosed",
            subject=basis.id,
            details={
                "basis": basis.kind,
                "purpose": basis.purpose,
                "fields": sorted(basis.fields),
                "parties": len(admitted),
                "token": token,
                "as_of_block": as_of_block,
            },
        )
        now = self.clock.now()
        session.add_all(
            DisclosureRow(
                id=new_id("dis", self.entropy),
                party_id=party_id,
                viewer=caller.named_to_others,
                viewer_party_id=basis.viewer_party_id,
                basis_kind=basis.kind,
                basis_id=basis.id,
                purpose=basis.purpose,
                legal_basis=basis.legal_basis,
                fields=sorted(basis.fields),
                token=token,
                as_of_block=as_of_block,
                at=now,
                audit_seq=seq,
            )
            for party_id in admitted
        )
        session.flush()
        if self.on_disclosed is not None:
            self.on_disclosed(session, seq)

    def shown_at(self, session: Session, audit_seq: int, *, after: str = "", limit: int = 100) -> list[Disclosure]:
        """Whom the opening of this audit entry showed, by party; after the party ``after`` when its id is given."""
        shown = select(DisclosureRow).where(DisclosureRow.audit_seq == audit_seq, DisclosureRow.party_id > after)
        return [_disclosure(row) for row in session.scalars(shown.order_by(DisclosureRow.party_id).limit(limit))]

    def about(self, session: Session, party_id: str, *, after: str = "", limit: int = 100) -> list[Disclosure]:
        """What others read about a party, oldest first; after the disclosure ``after`` when its id is given.

        People page by ids: their numbers in the audit log would tell how much happened to others meanwhile.
        """
        query = select(DisclosureRow).where(DisclosureRow.party_id == party_id)
        if after:
            query = query.where(DisclosureRow.audit_seq > _place(party_id, after))
        return [_disclosure(row) for row in session.scalars(query.order_by(DisclosureRow.audit_seq).limit(limit))]

    def latest_about(self, session: Session, party_id: str, *, before: str = "", limit: int = 100) -> list[Disclosure]:
        """The same newest first; before the disclosure ``before`` when its id is given."""
        query = select(DisclosureRow).where(DisclosureRow.party_id == party_id)
        if before:
            query = query.where(DisclosureRow.audit_seq < _place(party_id, before))
        return [_disclosure(row) for row in session.scalars(query.order_by(DisclosureRow.audit_seq.desc()).limit(limit))]

    def viewers_of(self, session: Session, caller: Caller, party_id: str, seen: Sequence[Disclosure]) -> dict[str, str]:
        """The legal names of the parties that stand in ``seen`` as viewers, for the person whose data they read."""
        recipients = frozenset(one.viewer_party_id for one in seen if one.viewer_party_id is not None)
        opened = self.open(
            session,
            caller=caller,
            basis=Basis.of_recipients(party_id, recipients),
            candidates=[Candidate(party_id=recipient, quantity=0, is_intermediary=False) for recipient in recipients],
        )
        return {recipient: fields["legal_name"] for recipient, fields in opened.items()}

    def by_viewer(self, session: Session, viewer_party_id: str, *, after: str = "", limit: int = 100) -> list[Disclosure]:
        """What a reader's own party read, by id."""
        rows = session.scalars(
            select(DisclosureRow)
            .where(DisclosureRow.viewer_party_id == viewer_party_id, DisclosureRow.id > after)
            .order_by(DisclosureRow.id)
            .limit(limit)
        )
        return [_disclosure(row) for row in rows]

    def _decrypted(self, session: Session, party_ids: Sequence[str], fields: frozenset[str]) -> dict[str, dict[str, str]]:
        opened: dict[str, dict[str, str]] = {party_id: {} for party_id in party_ids}
        for start in range(0, len(party_ids), _BATCH):
            batch = party_ids[start : start + _BATCH]
            # Read here at once and held until the batch is done, so that each party's key costs no query of its own.
            keys = session.scalars(select(PartyKeyRow).where(PartyKeyRow.party_id.in_(batch))).all()
            rows = session.scalars(
                select(PartyDataRow).where(PartyDataRow.party_id.in_(batch), PartyDataRow.field.in_(sorted(fields)))
            )
            for row in rows:
                value = self.parties.open_for(session, row.party_id, row.id, row.sealed)
                opened[row.party_id][row.field] = value.decode()
            del keys
        return opened


def _place(party_id: str, disclosure_id: str) -> ScalarSelect[int]:
    """Where one of the party's disclosures stands among all; NULL, so that nothing follows, for an id that is none of them."""
    named = select(DisclosureRow.audit_seq).where(DisclosureRow.id == disclosure_id, DisclosureRow.party_id == party_id)
    return named.scalar_subquery()


def _disclosure(row: DisclosureRow) -> Disclosure:
    return Disclosure(
        id=row.id,
        party_id=row.party_id,
        viewer=row.viewer,
        viewer_party_id=row.viewer_party_id,
        basis_kind=row.basis_kind,
        basis_id=row.basis_id,
        purpose=row.purpose,
        legal_basis=row.legal_basis,
        fields=tuple(row.fields),
        token=row.token,
        as_of_block=row.as_of_block,
        at=row.at,
        audit_seq=row.audit_seq,
    )
