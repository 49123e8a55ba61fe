"""A desk proves many accounts together: one message each, signed wherever the keys live, judged one by one when they come back."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import Conflict, DomainError, Unavailable
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProofs, JudgedProof, Purpose, WalletCode
from identity_service.access.signed_message import signature_bytes
from identity_service.audit.service import AuditLog
from identity_service.chain.errors import BlockGone
from identity_service.onboarding.account_batch_model import (
    ATTEMPTS_EXHAUSTED,
    BATCH_EXPIRED,
    BATCH_LIFETIME,
    MOST_ACCOUNTS,
    MOST_ATTEMPTS,
    MOST_CONTRACTS,
    NOT_IN_BATCH,
    POSTPONED,
    REPEATED,
    AccountBatch,
    AccountBatchInvalid,
    AccountBatchUnknown,
    Answer,
    BatchItem,
    ItemState,
    Judgement,
)
from identity_service.onboarding.tables import AccountBatchItemRow, AccountBatchRow
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate, Capacity
from identity_service.parties.service import Parties
from identity_service.storage import Database, new_id

_FIRM: Final = "[firm]"
"""Where the firm's name stands in a message: no row keeps the name itself, which like every party's lies encrypted."""


def batch_purpose(firm: str) -> Purpose:
    """A message by which an account is bound to a firm, and says to which."""
    return Purpose(
        kind="account_batch",
        statement=f"I control this account and bind it to {firm}, "
        "which asked for this message. This costs nothing and moves nothing.",
        lifetime=BATCH_LIFETIME,
    )


class WalletCodes(Protocol):
    """Reads the code of many accounts at once."""

    def codes(self, accounts: Sequence[Account]) -> Mapping[Account, WalletCode]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBatches:
    """Gives out messages and takes signatures. ``chains`` are those we can ask."""

    db: Database
    clock: Clock
    entropy: Entropy
    proofs: AccountProofs
    wallets: WalletCodes
    parties: Parties
    disclosures: Disclosures
    audit: AuditLog
    chains: frozenset[ChainId]

    def create(self, session: Session, accounts: Sequence[Account], *, capacity: Capacity, caller: Caller) -> AccountBatch:
        """A batch for the caller's party: a message for each account, good for a week. Raises AccountBatchInvalid, PartyUnknown."""
        self._check(accounts)
        party_id = caller.party_id or ""
        self.parties.exists(session, party_id)
        now = self.clock.now()
        row = AccountBatchRow(
            id=new_id("abt", self.entropy),
            party_id=party_id,
            capacity=capacity.value,
            created_by=caller.subject,
            created_at=now,
            expires_at=now + BATCH_LIFETIME,
        )
        session.add(row)
        session.flush()
        session.add_all(self._item(session, row.id, number, account) for number, account in enumerate(accounts, start=1))
        session.flush()
        details = {"accounts": len(accounts), "capacity": capacity.value}
        self.audit.append(session, actor=caller.subject, action="account_batch.created", subject=row.id, details=details)
        return self._batch(session, row, caller)

    def batch(self, session: Session, batch_id: str, caller: Caller) -> AccountBatch:
        """One of the caller's party. Raises AccountBatchUnknown."""
        row = session.get(AccountBatchRow, batch_id)
        if row is None or row.party_id != caller.party_id:
            raise AccountBatchUnknown("no batch of yours has this id")
        return self._batch(session, row, caller)

    def batches(self, session: Session, caller: Caller, *, after: str = "", limit: int = 50) -> list[AccountBatch]:
        """Those of the caller's party, by id; their items are left out."""
        rows = session.scalars(
            select(AccountBatchRow)
            .where(AccountBatchRow.party_id == (caller.party_id or ""), AccountBatchRow.id > after)
            .order_by(AccountBatchRow.id)
            .limit(limit)
        ).all()
        counted = session.execute(
            select(AccountBatchItemRow.batch_id, AccountBatchItemRow.state, func.count())
            .where(AccountBatchItemRow.batch_id.in_([row.id for row in rows]))
            .group_by(AccountBatchItemRow.batch_id, AccountBatchItemRow.state)
        )
        counts: dict[str, Counter[ItemState]] = {row.id: Counter() for row in rows}
        for batch_id, state, number in counted:
            counts[batch_id][ItemState(state)] = number
        return [_value(row, (), "", counts[row.id]) for row in rows]

    def answer(self, batch_id: str, answers: Sequence[Answer], caller: Caller) -> list[Judgement]:
        """Judge each answer on its own, in transactions of its own; sending one again does nothing twice.

        A signature that does not hold counts as an attempt, an outage does not. Raises AccountBatchUnknown.
        """
        with self.db.read() as session:
            batch = self.batch(session, batch_id, caller)
        items = {one.account: one for one in batch.items}
        wanted = _Sorted.of(answers, items, expired=batch.expires_at <= self.clock.now())
        judged = self._judged(batch, wanted.by_item)
        return [
            wanted.refused.get(place) or self._settled(batch, judged, items[Account.parse(one.account)], one, caller)
            for place, one in enumerate(answers)
        ]

    def _judged(self, batch: AccountBatch, answers: Mapping[int, Answer]) -> dict[int, JudgedProof | DomainError]:
        """What the signatures are worth, by the item's number; without any transaction open."""
        items = [one for one in batch.items if one.number in answers]
        codes = self._codes({one.account for one in items})
        found: dict[int, JudgedProof | DomainError] = {}
        purpose, terms = batch_purpose(batch.firm), {"batch": batch.id}
        contracts = 0
        for item in items:
            code = codes[item.account]
            try:
                signature = signature_bytes(answers[item.number].signature)
                if isinstance(code, DomainError):
                    raise code
                contracts += bool(code[0]) or len(signature) > _KEY_SIGNATURE
                if contracts > MOST_CONTRACTS:
                    continue
                found[item.number] = self.proofs.judge_one_of_many(item.message, signature, purpose, code, terms=terms)
            except DomainError as fault:
                found[item.number] = fault
        return found

    def _codes(self, accounts: Collection[Account]) -> dict[Account, WalletCode | DomainError]:
        found: dict[Account, WalletCode | DomainError] = {}
        for chain in {account.chain for account in accounts}:
            here = sorted((one for one in accounts if one.chain == chain), key=str)
            try:
                found.update(self.wallets.codes(here))
            except (Unavailable, Conflict) as fault:
                found.update(dict.fromkeys(here, fault))
        return found

    def _settled(
        self,
        batch: AccountBatch,
        judged: Mapping[int, JudgedProof | DomainError],
        item: BatchItem,
        answer: Answer,
        caller: Caller,
    ) -> Judgement:
        verdict = judged.get(item.number)
        if verdict is None:
            return Judgement(answer.account, item.state, POSTPONED)
        if isinstance(verdict, Unavailable | BlockGone):
            return Judgement(answer.account, item.state, verdict.code)
        try:
            if isinstance(verdict, DomainError):
                raise verdict
            state, code = self._bind(batch, item, verdict, caller), None
        except DomainError as fault:
            state, code = self._refuse(batch, item, fault.code), fault.code
        return Judgement(answer.account, state, None if state is ItemState.PROVED else code)

    def _bind(self, batch: AccountBatch, item: BatchItem, judged: JudgedProof, caller: Caller) -> ItemState:
        with self.db.write() as session:
            row = session.get_one(AccountBatchItemRow, (batch.id, item.number), with_for_update=True)
            if row.state == ItemState.PROVED.value:
                return ItemState.PROVED
            proof = self.proofs.record(session, judged)
            self.parties.bind_account(session, party_id=batch.party_id, proof=proof, capacity=batch.capacity, actor=caller.subject)
            row.state, row.code, row.account_proof_id = ItemState.PROVED.value, None, proof.id
            row.judged_at = self.clock.now()
        return ItemState.PROVED

    def _refuse(self, batch: AccountBatch, item: BatchItem, code: str) -> ItemState:
        with self.db.write() as session:
            row = session.get_one(AccountBatchItemRow, (batch.id, item.number), with_for_update=True)
            if row.state == ItemState.PROVED.value:
                return ItemState.PROVED
            row.attempts += 1
            state = ItemState.EXHAUSTED if row.attempts >= MOST_ATTEMPTS else ItemState.REFUSED
            row.state, row.code, row.judged_at = state.value, code, self.clock.now()
        return state

    def _check(self, accounts: Sequence[Account]) -> None:
        if not 1 <= len(accounts) <= MOST_ACCOUNTS:
            raise AccountBatchInvalid(f"give between 1 and {MOST_ACCOUNTS} accounts", pointer="/accounts")
        for place, account in enumerate(accounts):
            if account.chain not in self.chains:
                raise AccountBatchInvalid("this service does not talk to the account's chain", pointer=f"/accounts/{place}")
        if len(set(accounts)) != len(accounts):
            raise AccountBatchInvalid("give each account once", pointer="/accounts")

    def _item(self, session: Session, batch_id: str, number: int, account: Account) -> AccountBatchItemRow:
        return AccountBatchItemRow(
            batch_id=batch_id,
            number=number,
            chain=account.chain.number,
            address=account.address.value,
            message=self.proofs.challenge(session, account, batch_purpose(_FIRM), terms={"batch": batch_id}).message,
            state=ItemState.WAITING.value,
            attempts=0,
        )

    def _batch(self, session: Session, row: AccountBatchRow, caller: Caller) -> AccountBatch:
        firm = self._firm(session, row, caller)
        items = session.scalars(
            select(AccountBatchItemRow).where(AccountBatchItemRow.batch_id == row.id).order_by(AccountBatchItemRow.number)
        )
        found = tuple(_item(item, firm) for item in items)
        return _value(row, found, firm, Counter(item.state for item in found))

    def _firm(self, session: Session, row: AccountBatchRow, caller: Caller) -> str:
        """How the messages name the firm: by its name where EIP-4361 can write that, or else by whoever made the batch for it.

        The same for every reader of the batch, since all are asked to sign the same text.
        """
        basis = Basis.of_account_batch(row.id, party_id=row.party_id)
        candidates = [Candidate(party_id=row.party_id, quantity=0, is_intermediary=False)]
        opened = self.disclosures.open(session, caller=caller, basis=basis, candidates=candidates)
        name = opened[row.party_id].get("legal_name", "")
        return f"the firm {name}" if _WRITABLE.fullmatch(name) else f"the firm of {row.created_by}"


_KEY_SIGNATURE: Final = 65
_WRITABLE: Final = re.compile(r"[A-Za-z0-9.,&'()+/@:;*!~_-][A-Za-z0-9 .,&'()+/@:;*!~_-]{0,199}")
"""A name in the characters that EIP-4361 lets stand in a statement, without brackets, which mark its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """Answers to judge, by the number of their account in the batch, and those that need no judging, by their place."""

    by_item: Mapping[int, Answer]
    refused: Mapping[int, Judgement]

    @classmethod
    def of(cls, answers: Iterable[Answer], items: Mapping[Account, BatchItem], *, expired: bool) -> "_Sorted":
        by_item: dict[int, Answer] = {}
        refused: dict[int, Judgement] = {}
        for place, one in enumerate(answers):
            account = _parsed(one.account)
            item = None if account is None else items.get(account)
            judgement = _without_judging(one, item, expired=expired, repeated=item is not None and item.number in by_item)
            if judgement is not None:
                refused[place] = judgement
            elif item is not None:
                by_item[item.number] = one
        return cls(by_item=by_item, refused=refused)


def _without_judging(answer: Answer, item: BatchItem | None, *, expired: bool, repeated: bool) -> Judgement | None:
    if item is None:
        return Judgement(answer.account, None, NOT_IN_BATCH)
    if item.state is ItemState.PROVED:
        return Judgement(answer.account, item.state, None)
    if item.state is ItemState.EXHAUSTED:
        return Judgement(answer.account, item.state, ATTEMPTS_EXHAUSTED)
    if expired:
        return Judgement(answer.account, item.state, BATCH_EXPIRED)
    return Judgement(answer.account, item.state, REPEATED) if repeated else None


def _parsed(text: str) -> Account | None:
    try:
        return Account.parse(text)
    except DomainError:
        return None


def _item(row: AccountBatchItemRow, firm: str) -> BatchItem:
    return BatchItem(
        number=row.number,
        account=Account(ChainId(row.chain), Address(row.address)),
        message=row.message.replace(_FIRM, firm, 1),
        state=ItemState(row.state),
        code=row.code,
        attempts=row.attempts,
    )


def _value(row: AccountBatchRow, items: tuple[BatchItem, ...], firm: str, counts: Mapping[ItemState, int]) -> AccountBatch:
    return AccountBatch(
        id=row.id,
        party_id=row.party_id,
        capacity=Capacity(row.capacity),
        created_at=row.created_at,
        expires_at=row.expires_at,
        items=items,
        firm=firm,
        counts={state: counts.get(state, 0) for state in ItemState},
    )
