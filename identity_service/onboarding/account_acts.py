"""Keeps what was done with accounts and what is still to happen; a job follows each act until its last step is done."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.audit.service import AuditLog
from identity_service.jobs.service import Jobs
from identity_service.onboarding.move_model import (
    FOLLOW_ACT_JOB,
    AccountActUnknown,
    Act,
    ActKind,
    Deed,
    Step,
    StepDraft,
    StepKind,
    StepState,
)
from identity_service.onboarding.tables import AccountActRow, AccountStepRow
from identity_service.storage import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountActs:
    """Acts and their steps."""

    clock: Clock
    entropy: Entropy
    jobs: Jobs
    audit: AuditLog

    def begin(
        self,
        session: Session,
        *,
        kind: ActKind,
        party_id: str,
        account: Account | None,
        ended: Account | None,
        drafts: Iterable[StepDraft],
        actor: str,
        act_id: str | None = None,
    ) -> Act:
        """Write down an act with its steps, and have it followed."""
        row = AccountActRow(
            id=act_id or new_id("act", self.entropy),
            kind=kind.value,
            party_id=party_id,
            chain=_chain(account, ended).number,
            address=None if account is None else account.address.value,
            ended_address=None if ended is None else ended.address.value,
            actor=actor,
            at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        session.add_all(self._row(row.id, number, draft) for number, draft in enumerate(drafts))
        session.flush()
        self.jobs.enqueue(session, FOLLOW_ACT_JOB, {"act": row.id}, unique_key=f"follow_act:{row.id}")
        self.audit.append(session, actor=actor, action=f"account_act.{kind.value}", subject=row.id, details={"party": party_id})
        return self._act(session, row)

    def act(self, session: Session, act_id: str) -> Act:
        """One act. Raises AccountActUnknown."""
        row = session.get(AccountActRow, act_id)
        if row is None:
            raise AccountActUnknown("no act has this id")
        return self._act(session, row)

    def act_of(self, session: Session, act_id: str, party_id: str) -> Act:
        """One act about an account of this party. Raises AccountActUnknown."""
        found = self.act(session, act_id)
        if found.party_id != party_id:
            raise AccountActUnknown("none of your accounts was linked or unlinked under this id")
        return found

    def waiting_at(self, session: Session, token: Account) -> list[Act]:
        """The acts, oldest first, in which something of this token's registry is still to be done."""
        ids = (
            select(AccountStepRow.act_id)
            .where(AccountStepRow.subject == str(token), AccountStepRow.state == StepState.OPEN.value)
            .distinct()
        )
        rows = session.scalars(select(AccountActRow).where(AccountActRow.id.in_(ids)).order_by(AccountActRow.at, AccountActRow.id))
        return [self._act(session, row) for row in rows]

    def deeds(self, session: Session, party_id: str) -> list[Deed]:
        """What was done with a party's accounts, oldest first."""
        rows = session.scalars(
            select(AccountActRow).where(AccountActRow.party_id == party_id).order_by(AccountActRow.at, AccountActRow.id)
        )
        return [_deed(row) for row in rows]

    def redirect(self, session: Session, party_id: str, ended: Account, to: Account) -> None:
        """What is still to happen for ``ended`` in open acts of its party happens for ``to``: no call leads to ``ended`` now."""
        rows = session.scalars(
            select(AccountActRow)
            .where(AccountActRow.party_id == party_id, AccountActRow.closed_at.is_(None), AccountActRow.kind == ActKind.MOVE.value)
            .where(AccountActRow.chain == ended.chain.number, AccountActRow.address == ended.address.value)
            .with_for_update()
        ).all()
        for row in rows:
            row.address = to.address.value
            steps = select(AccountStepRow).where(AccountStepRow.act_id == row.id, AccountStepRow.state == StepState.OPEN.value)
            for step in session.scalars(steps.with_for_update()):
                step.subject = str(to) if step.subject == str(ended) else step.subject
                # A step that was looked at stays one that was, for it is needed; its call is built anew at the next look.
                step.waits_for, step.call = None if step.waits_for is None else StepKind.IDENTITY_CONTRACT.value, None
        session.flush()

    def keep(self, session: Session, act_id: str, steps: Iterable[Step]) -> None:
        """Write down how these steps stand now."""
        for step in steps:
            row = session.get_one(AccountStepRow, (act_id, step.number), with_for_update=True)
            if row.state != step.state.value:
                row.changed_at = self.clock.now()
                self._note(session, act_id, step)
            row.state, row.waits_for = step.state.value, step.waits_for
            row.particulars = dict(step.particulars)
            row.call = None if step.call is None else dict(step.call)
            row.transaction, row.block_number, row.block_hash = step.transaction, step.block_number, step.block_hash

    def close(self, session: Session, act_id: str) -> None:
        """Nothing of the act waits any more."""
        session.get_one(AccountActRow, act_id, with_for_update=True).closed_at = self.clock.now()

    def _note(self, session: Session, act_id: str, step: Step) -> None:
        details = {"step": step.kind.value, "subject": step.subject, "state": step.state.value, "block": step.block_number}
        self.audit.append(session, actor="worker", action="account_act.step", subject=act_id, details=details)

    def _row(self, act_id: str, number: int, draft: StepDraft) -> AccountStepRow:
        return AccountStepRow(
            act_id=act_id,
            number=number,
            kind=draft.kind.value,
            subject=draft.subject,
            claim_issuer_id=draft.claim_issuer_id,
            particulars=dict(draft.particulars),
            state=StepState.OPEN.value,
            changed_at=self.clock.now(),
        )

    def _act(self, session: Session, row: AccountActRow) -> Act:
        steps = session.scalars(select(AccountStepRow).where(AccountStepRow.act_id == row.id).order_by(AccountStepRow.number))
        chain = ChainId(row.chain)
        return Act(
            id=row.id,
            kind=ActKind(row.kind),
            party_id=row.party_id,
            account=None if row.address is None else Account(chain, Address(row.address)),
            ended=None if row.ended_address is None else Account(chain, Address(row.ended_address)),
            at=row.at,
            closed_at=row.closed_at,
            steps=tuple(map(_step, steps)),
        )


def done(step: Step, *, block: tuple[int, bytes] | None = None, transaction: str | None = None) -> Step:
    """The step once it is done; the block at which it was first seen done stays."""
    seen = (step.block_number, step.block_hash) if step.state is StepState.DONE and step.block_number is not None else block
    number, block_hash = seen or (None, None)
    return replace(
        step,
        state=StepState.DONE,
        waits_for=None,
        call=None,
        transaction=transaction or step.transaction,
        block_number=number,
        block_hash=block_hash,
    )


def waiting(step: Step, waits_for: str, call: dict[str, str | None] | None = None) -> Step:
    """The step while it waits, also when it was done once and a reorg took that away."""
    return replace(step, state=StepState.OPEN, waits_for=waits_for, call=call, transaction=None, block_number=None, block_hash=None)


def _chain(account: Account | None, ended: Account | None) -> ChainId:
    known = account or ended
    assert known is not None  # noqa: S101 - an act is about an account
    return known.chain


def _deed(row: AccountActRow) -> Deed:
    chain = ChainId(row.chain)
    return Deed(
        kind=ActKind(row.kind),
        account=None if row.address is None else Account(chain, Address(row.address)),
        ended=None if row.ended_address is None else Account(chain, Address(row.ended_address)),
        actor=row.actor,
        by=_account_in(row.actor),
        at=row.at,
    )


def _account_in(actor: str) -> Account | None:
    try:
        return Account.parse(actor)
    except DomainError:
        return None


def _step(row: AccountStepRow) -> Step:
    return Step(
        number=row.number,
        kind=StepKind(row.kind),
        subject=row.subject,
        claim_issuer_id=row.claim_issuer_id,
        particulars=row.particulars,
        state=StepState(row.state),
        waits_for=row.waits_for,
        call=row.call,
        transaction=row.transaction,
        block_number=row.block_number,
        block_hash=row.block_hash,
    )
