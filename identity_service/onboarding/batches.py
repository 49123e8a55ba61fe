"""Invitations in bulk: each row judged, the good ones sent in one transaction, the others reported; nothing is ever sent twice.

A batch is known by its sender's Idempotency-Key, a row in it by its reference. Whoever sends the same again, at once or a year
later, finds the invitations that are there; whoever sends more goes on with the same batch.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import Caller, Role
from identity_service.audit.service import AuditLog
from identity_service.issuance.licences import may_issue
from identity_service.mesh.model import ClaimIssuer, ClaimIssuerUnknown
from identity_service.onboarding.allowance_model import AskedAllowance, SpenderFault, spender_among
from identity_service.onboarding.allowances import asked_by, invitations_open_for
from identity_service.onboarding.batch_model import (
    MOST_ROWS,
    Batch,
    BatchSummary,
    BatchTooLarge,
    BatchUnknown,
    Draft,
    DraftRow,
    Judgement,
    NoValidRows,
    ReadyRow,
    RowCode,
    RowFault,
    SentBatch,
    faults_of_row,
    lifetime_of_row,
    wanted_of_row,
)
from identity_service.onboarding.invitation_model import CLIENTS_CLAIM_TYPE, InvitationNotPermitted, require_may_invite
from identity_service.onboarding.invitations import Invitations, inviter_of
from identity_service.onboarding.tables import InvitationBatchRow, InvitationRow
from identity_service.storage import insert_if_absent, new_id
from identity_service.tokens.model import Token, TokenUnknown

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_SPENDER: Final = {
    SpenderFault.MISSING: RowCode.ACCOUNT_MISSING,
    SpenderFault.AMBIGUOUS: RowCode.ACCOUNT_AMBIGUOUS,
    SpenderFault.NOT_LICENSED: RowCode.ACCOUNT_NOT_LICENSED,
}


class _Fault(Exception):
    """What is wrong with the row at hand."""

    def __init__(self, field: str, code: RowCode) -> None:
        super().__init__(code.value)
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Judges, sends and shows batches of invitations."""

    clock: Clock
    entropy: Entropy
    invitations: Invitations
    audit: AuditLog

    def judge(self, session: Session, draft: Draft, caller: Caller) -> Judgement:
        """What would become of the draft; nothing is written.

        Raises InvitationNotPermitted for a caller who does not invite, InviterNotLicensed, BatchUnknown, BatchTooLarge.
        """
        inviter = inviter_of(caller)
        if caller.role is not Role.CLAIM_ISSUER:
            require_may_invite(caller.role, CLIENTS_CLAIM_TYPE)
        self.invitations.require_licence(session, caller)
        known = {} if draft.batch_id is None else self._rows(session, self._own(session, draft.batch_id, caller).id)
        desk = _Desk(session=session, invitations=self.invitations, caller=caller, draft=draft, known=known)
        judged = desk.judge()
        if len(known) + len(judged.new) > MOST_ROWS:
            raise BatchTooLarge("a batch has 1,000 invitations at most: send the rest as another batch", pointer="/rows")
        open_ones = invitations_open_for(session, inviter, [one.reference for one in judged.new])
        ready = tuple(replace(one, invited_before=not one.unchanged and one.reference in open_ones) for one in judged.ready)
        return Judgement(ready=ready, faults=judged.faults)

    def send(self, session: Session, draft: Draft, caller: Caller, *, key: str) -> SentBatch:
        """Send the draft's good rows as invitations and keep what is wrong with the others.

        ``key`` is its sender's for this batch: the same key finds the same batch. Raises what ``judge`` raises, and NoValidRows.
        """
        inviter = inviter_of(caller)
        row = self._locked(session, draft, inviter, caller, key)
        judged = self.judge(session, replace(draft, batch_id=row.id), caller)
        if not judged.ready:
            raise NoValidRows("no row can become an invitation: nothing was made; correct the rows and send them again")
        made = [self._row(row.id, inviter, one, caller) for one in judged.new]
        session.add_all(made)
        row.left_out = [[one.row, one.field, one.code.value] for one in judged.faults]
        session.flush()
        details = {"invitations": len(made), "left_out": judged.faulty_rows, "invitation_ids_sha256": _digest(made)}
        self.audit.append(session, actor=caller.subject, action="invitation_batch.sent", subject=row.id, details=details)
        return SentBatch(
            id=row.id, created=len(judged.new), unchanged=len(judged.ready) - len(judged.new), left_out=judged.faulty_rows
        )

    def batch(self, session: Session, batch_id: str, caller: Caller) -> Batch:
        """A batch that the caller's party sent. Raises BatchUnknown."""
        row = self._own(session, batch_id, caller)
        return Batch(
            id=row.id,
            created_at=row.created_at,
            invitations=tuple(self.invitations.of_batch(session, row.id)),
            faults=_faults(row),
        )

    def batches(self, session: Session, caller: Caller, *, after: str = "", limit: int = 50) -> list[BatchSummary]:
        """The batches that the caller's party sent, newest first; ``after`` is the id of the last one on the page before."""
        at, key = InvitationBatchRow.created_at, InvitationBatchRow.id
        query = select(InvitationBatchRow).where(InvitationBatchRow.inviter_party_id == caller.party_id)
        anchor = session.get(InvitationBatchRow, after) if after else None
        if anchor is not None and anchor.inviter_party_id == caller.party_id:
            query = query.where(or_(at < anchor.created_at, and_(at == anchor.created_at, key < anchor.id)))
        rows = session.scalars(query.order_by(at.desc(), key.desc()).limit(limit)).all()
        counts = self._counts(session, [row.id for row in rows])
        return [
            BatchSummary(
                id=row.id,
                created_at=row.created_at,
                invitations=counts.get(row.id, 0),
                left_out=len({one.row for one in _faults(row)}),
            )
            for row in rows
        ]

    def _locked(self, session: Session, draft: Draft, inviter: str, caller: Caller, key: str) -> InvitationBatchRow:
        """The batch to go on with, or the one that this sender has under this key, made now if need be.

        It is locked until the transaction ends: of two that send the same, the second finds what the first has made.
        """
        if draft.batch_id is not None:
            return self._own(session, draft.batch_id, caller, lock=True)
        key_hash = hashlib.sha256(f"{caller.subject}\x00{key}".encode()).digest()
        insert_if_absent(
            session,
            InvitationBatchRow,
            id=new_id("bat", self.entropy),
            inviter_party_id=inviter,
            key_hash=key_hash,
            created_at=self.clock.now(),
            left_out=[],
        )
        query = select(InvitationBatchRow).filter_by(inviter_party_id=inviter, key_hash=key_hash).with_for_update()
        return session.scalars(query).one()

    def _row(self, batch_id: str, inviter: str, one: ReadyRow, caller: Caller) -> InvitationRow:
        return self.invitations.new_row(
            caller,
            inviter_party_id=inviter,
            claim_issuer_id=one.claim_issuer_id,
            claim_type=one.claim_type,
            reference=one.reference,
            lifetime=one.lifetime,
            asked=one.allowance,
            batch=(batch_id, one.number),
        )

    def _own(self, session: Session, batch_id: str, caller: Caller, *, lock: bool = False) -> InvitationBatchRow:
        row = session.get(InvitationBatchRow, batch_id, with_for_update=lock)
        if row is None or row.inviter_party_id != caller.party_id:
            raise BatchUnknown("you sent no batch with this id")
        return row

    def _rows(self, session: Session, batch_id: str) -> dict[str | None, InvitationRow]:
        return {row.reference: row for row in session.scalars(select(InvitationRow).filter_by(batch_id=batch_id))}

    def _counts(self, session: Session, batch_ids: Sequence[str]) -> dict[str, int]:
        query = select(InvitationRow.batch_id, func.count()).where(InvitationRow.batch_id.in_(batch_ids))
        return {str(one): count for one, count in session.execute(query.group_by(InvitationRow.batch_id))}


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Judges the rows of one draft; what many rows share is looked up once."""

    session: Session
    invitations: Invitations
    caller: Caller
    draft: Draft
    known: Mapping[str | None, InvitationRow]
    seen: set[str] = field(default_factory=set)
    issuers: dict[str, ClaimIssuer | None] = field(default_factory=dict)
    issuing: dict[tuple[str, str], bool] = field(default_factory=dict)
    tokens: dict[Account, tuple[Token, int] | None] = field(default_factory=dict)
    licensed: tuple[Account, ...] | None = None

    def judge(self) -> Judgement:
        ready: list[ReadyRow] = []
        faults: list[RowFault] = []
        for row in self.draft.rows:
            found = list(faults_of_row(row))
            if not found:
                try:
                    ready.append(self._ready(row))
                except _Fault as fault:
                    found = [RowFault(row=row.number, field=fault.field, code=fault.code)]
            faults += found
            self.seen.add(row.cell("reference"))
        return Judgement(ready=tuple(ready), faults=tuple(faults))

    def _ready(self, row: DraftRow) -> ReadyRow:
        reference = row.cell("reference")
        if reference in self.seen:
            raise _Fault("reference", RowCode.REFERENCE_REPEATED)
        kind = self._claim_type(row)
        one = ReadyRow(
            number=row.number,
            reference=reference,
            claim_type=kind,
            claim_issuer_id=self._claim_issuer(row, kind),
            lifetime=lifetime_of_row(row),
            allowance=self._allowance(row),
        )
        before = self.known.get(reference)
        if before is None:
            return one
        if not _same_terms(before, one):
            raise _Fault("reference", RowCode.REFERENCE_TAKEN)
        return replace(one, unchanged=True)

    def _claim_type(self, row: DraftRow) -> str:
        own_desk = self.caller.role is Role.CLAIM_ISSUER
        kind = row.cell("claim_type") or ("" if own_desk else CLIENTS_CLAIM_TYPE)
        if not kind:
            raise _Fault("claim_type", RowCode.CLAIM_TYPE_MISSING)
        try:
            require_may_invite(self.caller.role, kind)
        except InvitationNotPermitted as error:
            raise _Fault("claim_type", RowCode.CLAIM_TYPE_NOT_PERMITTED) from error
        return kind

    def _claim_issuer(self, row: DraftRow, kind: str) -> str:
        found = self._named(row)
        if kind not in found.claim_types:
            raise _Fault("claim_type", RowCode.CLAIM_TYPE_NOT_ISSUED)
        now = self.invitations.clock.now()
        issuance = self.invitations.issuance
        accredited = _once(self.issuing, (found.id, kind), lambda: may_issue(issuance, self.session, found.id, kind, now))
        if not accredited:
            raise _Fault("claim_issuer", RowCode.CLAIM_ISSUER_NOT_ACCREDITED)
        return found.id

    def _named(self, row: DraftRow) -> ClaimIssuer:
        named, mesh = row.cell("claim_issuer") or self.draft.claim_issuer_id, self.invitations.issuance.mesh
        if self.caller.role is Role.CLAIM_ISSUER:
            own = _once(self.issuers, "", lambda: mesh.of_party(self.session, self.caller.party_id))
            if named not in (None, own.id if own else ""):
                raise _Fault("claim_issuer", RowCode.CLAIM_ISSUER_NOT_PERMITTED)
            found = own
        elif named is None:
            raise _Fault("claim_issuer", RowCode.CLAIM_ISSUER_MISSING)
        else:
            found = _once(self.issuers, named, lambda: self._issuer(named))
        if found is None:
            raise _Fault("claim_issuer", RowCode.CLAIM_ISSUER_UNKNOWN)
        return found

    def _issuer(self, claim_issuer_id: str) -> ClaimIssuer | None:
        try:
            return self.invitations.issuance.mesh.get(self.session, claim_issuer_id)
        except ClaimIssuerUnknown:
            return None

    def _allowance(self, row: DraftRow) -> AskedAllowance | None:
        wanted = wanted_of_row(row)
        if wanted is None:
            return None
        if self.caller.role is Role.CLAIM_ISSUER:
            raise _Fault("allowance", RowCode.ALLOWANCE_NOT_PERMITTED)
        known = _once(self.tokens, wanted.token, lambda: self._token(wanted.token))
        if known is None:
            raise _Fault("token", RowCode.TOKEN_UNKNOWN)
        if self.licensed is None:
            self.licensed = self.invitations.allowances.licensed_accounts(self.session, inviter_of(self.caller))
        spender = spender_among(self.licensed, wanted)
        if isinstance(spender, SpenderFault):
            raise _Fault("account", _SPENDER[spender])
        return AskedAllowance(token=known[0].id, spender=spender, amount=wanted.amount, since_block=known[1])

    def _token(self, account: Account) -> tuple[Token, int] | None:
        allowances = self.invitations.allowances
        try:
            token = allowances.tokens.get(self.session, account)
        except TokenUnknown:
            return None
        return token, allowances.block_reached(self.session, token)


def _once(known: dict[_Key, _Value], key: _Key, look: Callable[[], _Value]) -> _Value:
    if key not in known:
        known[key] = look()
    return known[key]


def _digest(made: Sequence[InvitationRow]) -> str:
    """Which invitations a batch made, for the audit log: one entry for all, since nobody else can append meanwhile."""
    return hashlib.sha256("\n".join(sorted(row.id for row in made)).encode()).hexdigest()


def _same_terms(row: InvitationRow, one: ReadyRow) -> bool:
    before = asked_by(row)
    old = None if before is None else (before.token, before.spender, before.amount)
    new = None if one.allowance is None else (one.allowance.token, one.allowance.spender, one.allowance.amount)
    return (row.claim_type, row.claim_issuer_id, old) == (one.claim_type, one.claim_issuer_id, new)


def _faults(row: InvitationBatchRow) -> tuple[RowFault, ...]:
    return tuple(RowFault(row=number, field=name, code=RowCode(code)) for number, name, code in row.left_out)
