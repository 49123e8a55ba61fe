"""Moving to another account after a wallet was lost.

Somebody proves a new account and names the lost one. Who they are is confirmed by another account that the same party has had
linked for a week, unless the lost account objects, or by an officer of a claim issuer with a claim on the lost account. The
confirmation ends the lost account for every answer of ours in one transaction, with what it linked lately; what the chain must yet
see stands in the steps of an act.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.trust.accreditation import ACCREDITATION_TOPIC
from identity_service.access.lost_accounts import LostAccounts
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProofs
from identity_service.audit.service import AuditLog
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import ERC735, ClaimRecord
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.unlinking import UnlinkedAccounts
from identity_service.mesh.model import ClaimIssuer
from identity_service.notices.service import Notices
from identity_service.onboarding.account_acts import AccountActs
from identity_service.onboarding.linking import AccountLinks, registry_entries, revocations_due, wallet_linked, wallet_unlinked
from identity_service.onboarding.move_model import (
    CONFIRMING_ACCOUNT_AGE,
    MOST_MOVES_A_DAY,
    MOVE_LIFETIME,
    WALLET_LOST,
    Act,
    ActKind,
    AtStake,
    ConfirmingAccountTooNew,
    Move,
    MoveAlreadyDecided,
    MoveInvalid,
    MoveLimitReached,
    MoveObjected,
    MovePending,
    MoveState,
    MoveUnknown,
    OwnMove,
    StepDraft,
    StepKind,
    require_movable,
)
from identity_service.onboarding.move_stakes import MovesAtStake, Stake
from identity_service.onboarding.tables import AccountActRow, MoveRow
from identity_service.parties.model import AccountUnknown, BoundAccount, UnlinkedBecause
from identity_service.parties.service import Parties
from identity_service.storage import new_id
from identity_service.tokens.service import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Takes moves, lets them be confirmed, and does what a confirmation means."""

    clock: Clock
    entropy: Entropy
    proofs: AccountProofs
    parties: Parties
    tokens: Tokens
    ending: UnlinkedAccounts
    revocations: Revocations
    forms: Forms
    lost_accounts: LostAccounts
    acts: AccountActs
    links: AccountLinks
    at_stake: MovesAtStake
    notices: Notices
    audit: AuditLog

    def open(self, session: Session, lost: Account, caller: Caller) -> Move:
        """Note that the caller, signed in with its new account, lost ``lost``.

        Whether anybody here had ``lost`` is not told: it would say whose accounts we know. Its party gets a mail.
        Raises MoveInvalid, MovePending, MoveLimitReached.
        """
        new, proof_id = _signed_in(caller)
        require_movable(lost, new)
        now = self.clock.now()
        self._forget_expired(session, new, now)
        self._require_few(session, new, now)
        row = MoveRow(
            id=new_id("mov", self.entropy),
            chain=new.chain.number,
            lost_address=lost.address.value,
            new_address=new.address.value,
            party_id=self._party_of(session, lost),
            account_proof_id=proof_id,
            pending_key=str(new),
            state=MoveState.OPEN.value,
            opened_at=now,
            expires_at=now + MOVE_LIFETIME,
        )
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            raise MovePending("withdraw your earlier move, or wait for its confirmation") from error
        if row.party_id is not None:
            self.notices.move_opened(session, party_id=row.party_id, move_id=row.id)
        self.audit.append(session, actor=caller.subject, action="move.opened", subject=row.id, details={"lost": str(lost)})
        return self._move(session, row)

    def of_person(self, session: Session, caller: Caller) -> list[Move]:
        """The moves that the caller opened, and those about accounts of the caller's party, newest first."""
        own, _ = _signed_in(caller)
        mine = self._bound(session, own)
        about = _to(own) if mine is None else or_(_to(own), MoveRow.party_id == mine.party_id)
        rows = session.scalars(select(MoveRow).where(about).order_by(MoveRow.opened_at.desc(), MoveRow.id))
        return [self._move(session, row) for row in rows]

    def for_person(self, session: Session, move_id: str, caller: Caller) -> tuple[Move, Act | None]:
        """One of those, and what is still to happen once it is confirmed. Raises MoveUnknown."""
        row = session.get(MoveRow, move_id)
        if row is None or not self._concerns_person(session, row, _signed_in(caller)[0]):
            raise MoveUnknown("no move of yours has this id")
        return self._move(session, row), self._act(session, row)

    def withdraw(self, session: Session, move_id: str, caller: Caller) -> Move:
        """Take back a move that the caller opened. Raises MoveUnknown, MoveAlreadyDecided."""
        row = self._open_row(session, move_id)
        if row is None or _new(row) != caller.account:
            raise MoveUnknown("no move of yours has this id")
        return self._end(session, row, MoveState.WITHDRAWN, caller)

    def object(self, session: Session, move_id: str, caller: Caller) -> Move:
        """Say with the account named as lost, while it is linked, that it is not: then only an officer confirms.

        Saying so again changes nothing. Raises MoveUnknown, MoveAlreadyDecided.
        """
        row, own = self._open_row(session, move_id), _signed_in(caller)[0]
        if row is None or own != _lost(row) or self._bound(session, own) is None:
            raise MoveUnknown("no move away from your account has this id")
        if row.objected_at is None:
            row.objected_at = self.clock.now()
            self.audit.append(session, actor=caller.subject, action="move.objected", subject=row.id, details={})
        return self._move(session, row)

    def confirm_as_person(self, session: Session, move_id: str, caller: Caller) -> tuple[Move, Act]:
        """Confirm by another account that the lost account's party had had linked for a week when the move was opened.

        Raises MoveUnknown, MoveAlreadyDecided, OwnMove, ConfirmingAccountTooNew, MoveObjected, AccountAlreadyBound.
        """
        row, own = self._open_row(session, move_id), _signed_in(caller)[0]
        stake, mine = None if row is None else self._stake(session, row), self._bound(session, own)
        if row is None or stake is None or mine is None or mine.party_id != stake.lost.party_id:
            raise MoveUnknown("no move that you may confirm has this id")
        if stake.lost.account != _lost(row) or own == stake.lost.account:
            raise MoveUnknown("no move that you may confirm has this id")
        if own == _new(row):
            raise OwnMove("confirm with an account other than the one that it leads to")
        if mine.linked_at > row.opened_at - CONFIRMING_ACCOUNT_AGE:
            raise ConfirmingAccountTooNew("confirm with an account linked longer before, or ask an officer of your claim issuer")
        if row.objected_at is not None:
            raise MoveObjected("ask an officer of your claim issuer: the account named as lost objected")
        return self._confirm(session, row, stake, caller, kept={own})

    def at_desk(self, session: Session, claim_issuer: ClaimIssuer, *, after: str = "", limit: int = 100) -> list[Move]:
        """The open moves that this claim issuer's officer may decide, by id, from behind ``after``."""
        found: list[Move] = []
        accreditation = self.at_stake.accreditation(session)
        rows = session.scalars(
            select(MoveRow)
            .where(MoveRow.party_id.in_(self.ending.parties_of(claim_issuer)), MoveRow.id > after)
            .where(MoveRow.state == MoveState.OPEN.value, MoveRow.expires_at > self.clock.now())
            .order_by(MoveRow.id)
        )
        for row in rows:
            stake = self._stake(session, row)
            if stake is not None and self.at_stake.opens(session, stake, claim_issuer, accreditation):
                found.append(self._move(session, row))
            if len(found) == limit:
                break
        return found

    def for_officer(self, session: Session, move_id: str, claim_issuer: ClaimIssuer) -> tuple[Move, Act | None, AtStake | None]:
        """A move away from an account that has, or had, a claim of this claim issuer; what is at stake while its desk may decide.

        Raises MoveUnknown.
        """
        row = session.get(MoveRow, move_id)
        stake = None if row is None else self._stake(session, row)
        if row is None or not self.at_stake.ever_claimed(session, stake, _lost(row), claim_issuer):
            raise MoveUnknown("no move away from an account with a claim of yours has this id")
        move = self._move(session, row)
        may = stake is not None and self.at_stake.opens(session, stake, claim_issuer, self.at_stake.accreditation(session))
        shown = stake.shown() if stake is not None and may and move.state is MoveState.OPEN else None
        return move, self._act(session, row), shown

    def confirm_as_officer(
        self, session: Session, move_id: str, claim_issuer: ClaimIssuer, caller: Caller, keep: Collection[Account] = ()
    ) -> tuple[Move, Act]:
        """Confirm for a claim issuer whose claim opens the door (``move_stakes``), after its officer has made sure who asks.

        What the lost account linked lately is unlinked too, but for the accounts in ``keep``.
        Raises MoveUnknown, MoveAlreadyDecided, OwnMove, MoveInvalid, AccountAlreadyBound.
        """
        row, stake = self._for_desk(session, move_id, claim_issuer, caller)
        if not stake.recent.issuperset(keep):
            raise MoveInvalid("name only accounts that the confirmation would unlink", pointer="/keep")
        return self._confirm(session, row, stake, caller, kept=keep, claim_issuer=claim_issuer)

    def reject(self, session: Session, move_id: str, claim_issuer: ClaimIssuer, caller: Caller) -> Move:
        """Do not believe it. Raises MoveUnknown, MoveAlreadyDecided, OwnMove."""
        row, _ = self._for_desk(session, move_id, claim_issuer, caller)
        return self._end(session, row, MoveState.REJECTED, caller)

    def _confirm(
        self,
        session: Session,
        row: MoveRow,
        stake: Stake,
        caller: Caller,
        *,
        kept: Collection[Account],
        claim_issuer: ClaimIssuer | None = None,
    ) -> tuple[Move, Act]:
        """Everything at once: afterwards no answer of ours counts the lost account, and every open step is on record."""
        actor, new, lost = caller.subject, _new(row), stake.lost
        proof = self.proofs.get(session, row.account_proof_id)
        # The account first: an application or approval in flight has its row, and what that made is there to be ended afterwards.
        self.parties.unlink_account(session, lost.account, because=UnlinkedBecause.LOST, actor=actor)
        pending = self.ending.end_applications(session, lost.account, reason=WALLET_LOST, actor=actor)
        self.parties.bind_account(session, party_id=lost.party_id, proof=proof, capacity=lost.capacity, actor=actor)
        claims = self.ending.end_claims(session, lost.account)
        self.lost_accounts.shut_out(session, lost.account)
        self.acts.redirect(session, lost.party_id, lost.account, new)
        unlinked = sorted(stake.recent.difference(kept), key=str)
        for one in unlinked:
            self.links.ended(session, one, actor=actor)
        drafts = [
            *self._revoke(session, claims, claim_issuer, actor),
            *self._open_again(session, claims, pending, new, actor),
            *self._identity_steps(session, lost, new),
            *registry_entries(self.tokens, session, new.chain),
            *_registrations(self.tokens, session, new.chain),
        ]
        row.state, row.pending_key = MoveState.CONFIRMED.value, None
        row.decided_at, row.decided_by = self.clock.now(), actor
        act = self.acts.begin(
            session,
            kind=ActKind.MOVE,
            party_id=lost.party_id,
            account=new,
            ended=lost.account,
            drafts=drafts,
            actor=actor,
            act_id=row.id,
        )
        self.notices.move_confirmed(session, party_id=lost.party_id, move_id=row.id)
        details = {"lost": str(_lost(row)), "ended": str(lost.account), "new": str(new), "unlinked": [str(one) for one in unlinked]}
        self.audit.append(session, actor=actor, action="move.confirmed", subject=row.id, details=details)
        return self._move(session, row), act

    def _revoke(
        self, session: Session, claims: Sequence[ClaimRecord], claim_issuer: ClaimIssuer | None, actor: str
    ) -> list[StepDraft]:
        """Claims of the claim issuer whose officer confirms are revoked; those of others are theirs to revoke.

        So are accreditations: they are about a firm, and with one end all claims that the firm issued, so each is left to its
        accreditor. None of them counts as bound to the account any more.
        """
        drafts: list[StepDraft] = []
        for claim in claims:
            if claim_issuer is not None and claim.claim_issuer_id == claim_issuer.id and claim.claim_type != ACCREDITATION_TOPIC:
                self.revocations.revoke(session, claim.id, reason=WALLET_LOST, actor=actor)
            else:
                drafts.extend(revocations_due([claim]))
            if claim.claim_type != ACCREDITATION_TOPIC:
                drafts.extend(self._forms_on_chain(session, claim))
        return drafts

    def _forms_on_chain(self, session: Session, claim: ClaimRecord) -> list[StepDraft]:
        return [
            StepDraft(
                kind=StepKind.CLAIM_REVOKED_ON_CHAIN,
                subject=form.id,
                claim_issuer_id=claim.claim_issuer_id,
                particulars={"claim": claim.id, "place": f"{Account(claim.account.chain, form.issuer_contract)}#{form.id}"},
            )
            for form in self.forms.forms_of(session, claim.id)
            if form.format == ERC735 and form.issuer_contract is not None
        ]

    def _open_again(
        self, session: Session, claims: Sequence[ClaimRecord], pending: Sequence[str], new: Account, actor: str
    ) -> list[StepDraft]:
        """What was attested, and what was waiting, is at the desks again, for the new account; the desks decide anew."""
        drafts: list[StepDraft] = []
        for claim in claims:
            opened = self.ending.apply_again(session, claim, new, actor=actor)
            if opened is None:
                continue
            about = {"claim_type": claim.claim_type, "instead_of": claim.id}
            kinds = [StepKind.CLAIM_DECIDED, *([StepKind.CLAIM_ON_IDENTITY] if self._forms_on_chain(session, claim) else [])]
            drafts.extend(
                StepDraft(kind=kind, subject=opened.id, claim_issuer_id=claim.claim_issuer_id, particulars=about) for kind in kinds
            )
        for application_id in pending:
            sent = self.ending.send_again(session, application_id, new, actor=actor)
            if sent is not None:
                about = {"claim_type": sent.claim_type, "instead_of": application_id}
                issuer = sent.claim_issuer_id
                drafts.append(StepDraft(kind=StepKind.CLAIM_DECIDED, subject=sent.id, claim_issuer_id=issuer, particulars=about))
        return drafts

    def _identity_steps(self, session: Session, lost: BoundAccount, new: Account) -> list[StepDraft]:
        """The new account joins the party's identity contract where another account may link it, and gets its own otherwise."""
        if lost.identity_contract is None:
            return []
        beside = [
            one
            for one in self.parties.accounts_of(session, lost.party_id)
            if one.account not in (lost.account, new) and one.identity_contract == lost.identity_contract
        ]
        if beside:
            return [*wallet_unlinked(lost), *wallet_linked(beside[0], new)]
        return [*wallet_unlinked(lost), StepDraft(kind=StepKind.IDENTITY_CONTRACT, subject=str(new), particulars={})]

    def _for_desk(self, session: Session, move_id: str, claim_issuer: ClaimIssuer, caller: Caller) -> tuple[MoveRow, Stake]:
        row = self._open_row(session, move_id)
        stake = None if row is None else self._stake(session, row)
        if row is None or stake is None:
            raise MoveUnknown("no move away from an account with a claim of yours has this id")
        if not self.at_stake.opens(session, stake, claim_issuer, self.at_stake.accreditation(session)):
            raise MoveUnknown("no move away from an account with a claim of yours has this id")
        issuance = self.ending.issuance
        if caller.account in (_new(row), *stake.line.members) or issuance.concerns(session, stake.lost.party_id, caller):
            raise OwnMove("let somebody decide who is not the holder and does not act for it")
        return row, stake

    def _stake(self, session: Session, row: MoveRow) -> Stake | None:
        return self.at_stake.of(session, row.party_id, _lost(row), _new(row), row.opened_at)

    def _require_few(self, session: Session, new: Account, now: datetime) -> None:
        """Raises MoveLimitReached."""
        opened = select(func.count()).select_from(MoveRow).where(_to(new))
        if (session.scalar(opened.where(MoveRow.opened_at > now - timedelta(days=1))) or 0) >= MOST_MOVES_A_DAY:
            raise MoveLimitReached("open the next one tomorrow")

    def _party_of(self, session: Session, account: Account) -> str | None:
        """The party that has, or had, the account."""
        try:
            return self.parties.binding(session, account).party_id
        except AccountUnknown:
            return None

    def _open_row(self, session: Session, move_id: str) -> MoveRow | None:
        """The row, locked. Raises MoveAlreadyDecided."""
        row = session.get(MoveRow, move_id, with_for_update=True)
        if row is not None and (row.state != MoveState.OPEN.value or row.expires_at <= self.clock.now()):
            raise MoveAlreadyDecided("open another move")
        return row

    def _end(self, session: Session, row: MoveRow, state: MoveState, caller: Caller) -> Move:
        row.state, row.pending_key = state.value, None
        row.decided_at, row.decided_by = self.clock.now(), caller.subject
        self.audit.append(session, actor=caller.subject, action=f"move.{state.value}", subject=row.id, details={})
        return self._move(session, row)

    def _forget_expired(self, session: Session, new: Account, now: datetime) -> None:
        waiting = select(MoveRow).where(MoveRow.pending_key == str(new), MoveRow.expires_at <= now)
        for row in session.scalars(waiting):
            row.pending_key = None
        session.flush()

    def _concerns_person(self, session: Session, row: MoveRow, own: Account) -> bool:
        if own == _new(row):
            return True
        mine = self._bound(session, own)
        return mine is not None and mine.party_id == row.party_id

    def _bound(self, session: Session, account: Account) -> BoundAccount | None:
        return self.parties.bound_accounts(session, [account]).get(account)

    def _act(self, session: Session, row: MoveRow) -> Act | None:
        return self.acts.act(session, row.id) if row.state == MoveState.CONFIRMED.value else None

    def _move(self, session: Session, row: MoveRow) -> Move:
        state = MoveState(row.state)
        if state is MoveState.OPEN and row.expires_at <= self.clock.now():
            state = MoveState.EXPIRED
        if state is MoveState.CONFIRMED:
            act = session.get(AccountActRow, row.id)
            state = MoveState.CLOSED if act is not None and act.closed_at is not None else state
        return Move(
            id=row.id,
            lost=_lost(row),
            new=_new(row),
            state=state,
            opened_at=row.opened_at,
            expires_at=row.expires_at,
            objected_at=row.objected_at,
            decided_at=row.decided_at,
        )


def _registrations(tokens: Tokens, session: Session, chain: ChainId) -> list[StepDraft]:
    return [
        StepDraft(kind=StepKind.ACCOUNT_REGISTERED, subject=one.subject, particulars={})
        for one in registry_entries(tokens, session, chain)
    ]


def _to(account: Account) -> ColumnElement[bool]:
    return and_(MoveRow.chain == account.chain.number, MoveRow.new_address == account.address.value)


def _signed_in(caller: Caller) -> tuple[Account, str]:
    assert caller.account is not None and caller.account_proof_id is not None  # noqa: S101, PT018 - the scope "me" is a wallet's
    return caller.account, caller.account_proof_id


def _lost(row: MoveRow) -> Account:
    return Account(ChainId(row.chain), Address(row.lost_address))


def _new(row: MoveRow) -> Account:
    return Account(ChainId(row.chain), Address(row.new_address))
