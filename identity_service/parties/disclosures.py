"""The one door through which names leave (DESIGN §5.4).

``open`` checks the basis, applies the row predicate and the field mask, writes one disclosure for each party shown and one audit
entry, and only then decrypts: all in the caller's transaction, so what cannot be recorded cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from identity_service.access.grants import Grant
from identity_service.access.model import Caller, GrantMissing, Role
from identity_service.audit.service import AuditLog
from identity_service.parties.model import Candidate, may_see
from identity_service.parties.service import Parties
from identity_service.parties.tables import DisclosureRow, PartyDataRow
from identity_service.storage import new_id

_ONES_OWN: Final = frozenset({"self", "recipients"})
"""A person's reading of their own data, and of who read them, discloses nothing; recorded, it would let anybody grow the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why a reader may see data: a grant, the application that the person sent to this reader, or that it is their own."""

    kind: str
    id: str
    purpose: str
    legal_basis: str
    fields: frozenset[str]
    role: Role | None
    viewer_party_id: str | None
    threshold: int = 0
    only_party_ids: frozenset[str] | None = None

    @classmethod
    def of_grant(cls, grant: Grant, *, purpose: str, instant: datetime) -> Self:
        """A grant as a basis. Raises GrantMissing unless it covers the purpose at the instant."""
        if not grant.covers(purpose=purpose, instant=instant):
            raise GrantMissing("the grant does not cover this purpose now")
        return cls(
            kind="grant",
            id=grant.id,
            purpose=purpose,
            legal_basis=grant.legal_basis,
            fields=grant.fields,
            role=grant.role,
            viewer_party_id=grant.viewer_party_id,
            threshold=grant.threshold,
        )

    @classmethod
    def of_application(cls, application_id: str, *, applicant_party_id: str, claim_issuer_party_id: str) -> Self:
        """An application as a basis: the applicant sent these data to this claim issuer to be checked."""
        return cls(
            kind="application",
            id=application_id,
            purpose="claim_application",
            legal_basis="GDPR Art. 6(1)(b): steps taken at the applicant's request",
            fields=frozenset({"legal_name", "country", "email"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({applicant_party_id}),
        )

    @classmethod
    def of_claim(cls, claim_id: str, *, holder_party_id: str, claim_issuer_party_id: str) -> Self:
        """A claim as a basis: its claim issuer reads the attributes that it attested."""
        return cls(
            kind="claim",
            id=claim_id,
            purpose="claim_administration",
            legal_basis="GDPR Art. 6(1)(b): the claim was issued at the holder's request",
            fields=frozenset({"claim_attributes"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({holder_party_id}),
        )

    @classmethod
    def of_self(cls, party_id: str) -> Self:
        """The person's own data."""
        return cls(
            kind="self",
            id=party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 15: right of access",
            fields=frozenset({"legal_name", "country", "email"}),
            role=None,
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
        )

    @classmethod
    def of_recipients(cls, party_id: str, recipients: frozenset[str]) -> Self:
        """The names of those who read a person's data, for that person."""
        return cls(
            kind="recipients",
            id=party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 15(1)(c): recipients of the data",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=party_id,
            only_party_ids=recipients,
        )

    def admits(self, candidate: Candidate) -> bool:
        """Whether this basis opens the candidate's data."""
        if self.only_party_ids is not None:
            return candidate.party_id in self.only_party_ids
        if self.role is None or self.viewer_party_id is None:
            return False
        return may_see(candidate, role=self.role, viewer_party_id=self.viewer_party_id, threshold=self.threshold)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosures:
    """Opens names and remembers every opening."""

    clock: Clock
    entropy: Entropy
    parties: Parties
    audit: AuditLog

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
        if admitted and basis.kind not in _ONES_OWN:
            self._record(session, caller, basis, admitted, token=token, as_of_block=as_of_block)
        return {party_id: self._decrypted(session, party_id, basis.fields) for party_id in admitted}

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
                viewer=caller.subject,
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

    def about(self, session: Session, party_id: str, *, after: int = 0, limit: int = 100) -> list[Disclosure]:
        """What others read about a party, oldest first after audit number ``after``."""
        rows = session.scalars(
            select(DisclosureRow)
            .where(DisclosureRow.party_id == party_id, DisclosureRow.audit_seq > after)
            .order_by(DisclosureRow.audit_seq)
            .limit(limit)
        )
        return [_disclosure(row) for row in rows]

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

    def _decrypted(self, session: Session, party_id: str, fields: frozenset[str]) -> dict[str, str]:
        rows = session.scalars(
            select(PartyDataRow).where(PartyDataRow.party_id == party_id, PartyDataRow.field.in_(sorted(fields)))
        )
        return {row.field: self.parties.open_for(session, party_id, row.id, row.sealed).decode() for row in rows}


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
