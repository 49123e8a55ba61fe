"""Registers parties, relations and accounts; keeps personal data encrypted under each party's own key."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.proofs import AccountProof
from identity_service.audit.service import AuditLog
from identity_service.parties.model import (
    AccountAlreadyBound,
    AccountUnknown,
    AccountUnlinked,
    AlreadyEnrolled,
    BoundAccount,
    Capacity,
    PartyKind,
    PartyUnknown,
    RelationInvalid,
    RelationKind,
    UnlinkedBecause,
    mailbox_key,
    name_key,
    personal_data,
)
from identity_service.parties.tables import AccountRow, PartyDataRow, PartyKeyRow, PartyRow, RelationRow
from identity_service.storage import new_id

_NAME: Final = "legal_name"
_EMAIL: Final = "email"
_LOOKED_UP: Final[Mapping[str, Callable[[str], bytes]]] = {_NAME: name_key, _EMAIL: mailbox_key}
_BATCH: Final = 500
_T = TypeVar("_T")


class PartyVault(Protocol):
    """What this room needs of the vault."""

    def wrap_party_key(self, party_id: str, key: bytes) -> bytes: ...
    def unwrap_party_key(self, party_id: str, wrapped: bytes) -> bytes: ...
    def seal(self, key: bytes, plaintext: bytes, associated_data: bytes) -> bytes: ...
    def open_sealed(self, key: bytes, sealed: bytes, associated_data: bytes) -> bytes: ...
    def keyed_hash(self, purpose: str, value: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The register of parties. Names leave through ``Disclosures`` alone."""

    clock: Clock
    entropy: Entropy
    vault: PartyVault
    audit: AuditLog

    def register(self, session: Session, *, kind: PartyKind, data: Mapping[str, str], actor: str) -> str:
        """A new party with its encrypted data; its id. Raises PersonalDataInvalid."""
        fields = personal_data(data)
        party_id = new_id("pty", self.entropy)
        session.add(PartyRow(id=party_id, kind=kind.value, created_at=self.clock.now()))
        session.flush()
        key = self.entropy.token_bytes(32)
        session.add(PartyKeyRow(party_id=party_id, wrapped_key=self.vault.wrap_party_key(party_id, key)))
        session.add_all(self._sealed_field(party_id, key, name, value) for name, value in fields.items())
        session.flush()
        self.audit.append(
            session,
            actor=actor,
            action="party.registered",
            subject=party_id,
            details={"kind": kind.value, "fields": sorted(fields)},
        )
        return party_id

    def enrol(self, session: Session, *, proof: AccountProof, kind: PartyKind, data: Mapping[str, str], capacity: Capacity) -> str:
        """A new party for a proved account that is new here; its id.

        Raises AlreadyEnrolled, AccountUnlinked, PersonalDataInvalid, AccountAlreadyBound when two requests enrol one account at
        once.
        """
        known = session.get(AccountRow, _key(proof.account))
        if known is not None and known.unlinked_at is not None:
            raise AccountUnlinked("link the account to its party again, from another account of that party", pointer="/party")
        if known is not None:
            raise AlreadyEnrolled("the account has its party: apply without saying who applies", pointer="/party")
        actor = str(proof.account)
        party_id = self.register(session, kind=kind, data=data, actor=actor)
        self.bind_account(session, party_id=party_id, proof=proof, capacity=capacity, actor=actor)
        return party_id

    def exists(self, session: Session, party_id: str) -> PartyKind:
        """The party's kind. Raises PartyUnknown."""
        row = session.get(PartyRow, party_id)
        if row is None:
            raise PartyUnknown("register the party first")
        return PartyKind(row.kind)

    def organisations(self, session: Session, party_ids: Collection[str]) -> frozenset[str]:
        """Those of the parties that are organisations."""
        firms = select(PartyRow.id).where(PartyRow.kind == PartyKind.ORGANISATION.value)
        batches = _batches(sorted(set(party_ids)))
        return frozenset(found for batch in batches for found in session.scalars(firms.where(PartyRow.id.in_(batch))))

    def reachable(self, session: Session, party_ids: Collection[str]) -> frozenset[str]:
        """Those of the parties that gave an email address."""
        given = select(PartyDataRow.party_id).where(PartyDataRow.field == _EMAIL)
        batches = _batches(sorted(set(party_ids)))
        return frozenset(found for batch in batches for found in session.scalars(given.where(PartyDataRow.party_id.in_(batch))))

    def find_by_name(self, session: Session, legal_name: str) -> list[str]:
        """Ids of the parties with this legal name, found by its keyed hash."""
        lookup = self.vault.keyed_hash(_NAME, name_key(legal_name))
        return list(session.scalars(select(PartyDataRow.party_id).where(PartyDataRow.lookup == lookup).order_by(PartyDataRow.id)))

    def mailbox(self, session: Session, party_id: str) -> bytes | None:
        """A keyed hash of the party's email address, the same for all who name that address; None when there is none.

        Until the transaction ends nobody else gets the same hash, so that what is counted under it is counted by one at a time.
        """
        of_party = select(PartyDataRow).where(PartyDataRow.party_id == party_id, PartyDataRow.field == _EMAIL)
        row = session.scalars(of_party).one_or_none()
        if row is None:
            return None
        if row.lookup is None:  # registered before addresses were looked up
            return self.vault.keyed_hash("mailbox_of_party", party_id.encode())
        alike = select(PartyDataRow.id).where(PartyDataRow.lookup == row.lookup)
        session.execute(alike.order_by(PartyDataRow.id).limit(1).with_for_update()).all()
        return row.lookup

    def seal_for(self, session: Session, party_id: str, record_id: str, plaintext: bytes) -> bytes:
        """``plaintext`` encrypted under the party's key and bound to ``record_id``: for rooms above that keep personal data."""
        return self.vault.seal(self.data_key(session, party_id), plaintext, record_id.encode())

    def open_for(self, session: Session, party_id: str, record_id: str, sealed: bytes) -> bytes:
        """What ``seal_for`` sealed. Raises PartyUnknown once the party's key is destroyed."""
        return self.vault.open_sealed(self.data_key(session, party_id), sealed, record_id.encode())

    def data_key(self, session: Session, party_id: str) -> bytes:
        """The party's 32-byte data key. Raises PartyUnknown when there is none (any more)."""
        row = session.get(PartyKeyRow, party_id)
        if row is None or row.wrapped_key is None:
            raise PartyUnknown("the party is unknown or its data was erased")
        return self.vault.unwrap_party_key(party_id, row.wrapped_key)

    def relate(self, session: Session, *, party_id: str, kind: RelationKind, other_party_id: str, evidence: str, actor: str) -> str:
        """Record that ``party_id`` is ``kind`` ``other_party_id`` from now on; the relation's id. Raises RelationInvalid."""
        if party_id == other_party_id:
            raise RelationInvalid("a party has no relation to itself")
        self.exists(session, party_id)
        self.exists(session, other_party_id)
        relation_id = new_id("rel", self.entropy)
        now = self.clock.now()
        session.add(
            RelationRow(
                id=relation_id,
                party_id=party_id,
                kind=kind.value,
                other_party_id=other_party_id,
                evidence=evidence,
                valid_from=now,
            )
        )
        self.audit.append(session, actor=actor, action="party.related", subject=relation_id, details={"kind": kind.value})
        return relation_id

    def intermediaries_of(self, session: Session, party_ids: Collection[str]) -> dict[str, frozenset[str]]:
        """For each party the parties whose client it is now."""
        now = self.clock.now()
        found: dict[str, set[str]] = {party_id: set() for party_id in party_ids}
        for batch in _batches(sorted(found)):
            rows = session.execute(
                select(RelationRow.party_id, RelationRow.other_party_id)
                .where(RelationRow.kind == RelationKind.CLIENT_OF.value, RelationRow.party_id.in_(batch))
                .where(RelationRow.valid_from <= now, RelationRow.valid_until.is_(None) | (RelationRow.valid_until > now))
            )
            for party_id, other in rows:
                found[party_id].add(other)
        return {party_id: frozenset(others) for party_id, others in found.items()}

    def bind_account(self, session: Session, *, party_id: str, proof: AccountProof, capacity: Capacity, actor: str) -> BoundAccount:
        """Bind a proved account to a party; binding it again to the same party changes nothing, unless it was unlinked meanwhile.

        Raises AccountAlreadyBound, AccountUnlinked for one that was lost.
        """
        existing = session.get(AccountRow, _key(proof.account), with_for_update=True)
        if existing is not None:
            return self._bind_again(session, existing, party_id=party_id, proof=proof, capacity=capacity, actor=actor)
        row = AccountRow(
            chain=proof.account.chain.number,
            address=proof.account.address.value,
            party_id=party_id,
            capacity=capacity.value,
            account_proof_id=proof.id,
            holder_jwk=proof.public_jwk,
            linked_at=self.clock.now(),
        )
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            raise AccountAlreadyBound("the account was proved for another party") from error
        self._note_bound(session, proof, party_id, actor)
        return _bound(row)

    def unlink_account(self, session: Session, account: Account, *, because: UnlinkedBecause, actor: str) -> BoundAccount:
        """From now on ``account`` counts for its party no more; what it was until now. Raises AccountUnknown."""
        row = self._linked_row(session, account, lock=True)
        before = _bound(row)
        row.unlinked_at, row.unlinked_because = self.clock.now(), because.value
        details = {"account": str(account), "because": because.value}
        self.audit.append(session, actor=actor, action="account.unlinked", subject=row.party_id, details=details)
        return before

    def account(self, session: Session, account: Account, *, lock: bool = False) -> BoundAccount:
        """Who proved ``account`` and has it linked. Raises AccountUnknown.

        With ``lock`` nobody unlinks it before this transaction ends. Whoever also locks applications or claims of the account
        locks it first, so that no two transactions wait for each other.
        """
        return _bound(self._linked_row(session, account, lock=lock))

    def binding(self, session: Session, account: Account) -> BoundAccount:
        """The same for an account that may be unlinked by now: for what was said about it while it was. Raises AccountUnknown."""
        row = session.get(AccountRow, _key(account))
        if row is None:
            raise AccountUnknown("nobody has proved this account to us")
        return _bound(row)

    def accounts_of(self, session: Session, party_id: str) -> list[BoundAccount]:
        """Every account that a party has linked, in a stable order."""
        linked = select(AccountRow).where(AccountRow.party_id == party_id, AccountRow.unlinked_at.is_(None))
        rows = session.scalars(linked.order_by(AccountRow.chain, AccountRow.address))
        return [_bound(row) for row in rows]

    def bound_accounts(
        self, session: Session, accounts: Iterable[Account], *, at: datetime | None = None
    ) -> dict[Account, BoundAccount]:
        """Those of ``accounts`` that somebody proved and has linked; with ``at``, also those that were unlinked later than that."""
        still = AccountRow.unlinked_at.is_(None)
        linked = or_(still, AccountRow.unlinked_at > at) if at is not None else and_(still)
        found: dict[Account, BoundAccount] = {}
        for batch in _batches(sorted({_key(account) for account in accounts})):
            rows = session.scalars(select(AccountRow).where(tuple_(AccountRow.chain, AccountRow.address).in_(batch), linked))
            found.update((bound.account, bound) for bound in map(_bound, rows))
        return found

    def link_identity_contract(
        self, session: Session, account: Account, *, identity_contract: Address, identity_factory: Address, actor: str
    ) -> None:
        """Note the identity contract that a trusted factory names for ``account``. Raises AccountUnknown."""
        row = self._linked_row(session, account, lock=True)
        row.identity_contract, row.identity_factory = identity_contract.value, identity_factory.value
        self.audit.append(
            session,
            actor=actor,
            action="account.identity_contract_linked",
            subject=row.party_id,
            details={"account": str(account), "identity_contract": str(identity_contract)},
        )

    def _linked_row(self, session: Session, account: Account, *, lock: bool = False) -> AccountRow:
        # A row that this session read before tells of that moment; under the lock it is read anew.
        row = session.get(AccountRow, _key(account), with_for_update=lock or None, populate_existing=lock)
        if row is None or row.unlinked_at is not None:
            raise AccountUnknown("nobody has proved this account to us, or it was unlinked since")
        return row

    def _bind_again(
        self, session: Session, row: AccountRow, *, party_id: str, proof: AccountProof, capacity: Capacity, actor: str
    ) -> BoundAccount:
        if row.party_id != party_id:
            raise AccountAlreadyBound("the account was proved for another party")
        if row.unlinked_at is None:
            return _bound(row)
        if row.unlinked_because == UnlinkedBecause.LOST.value:
            raise AccountUnlinked("prove another account: this one was reported lost")
        row.unlinked_at = row.unlinked_because = None
        row.capacity, row.account_proof_id, row.holder_jwk = capacity.value, proof.id, proof.public_jwk
        row.linked_at = self.clock.now()
        self._note_bound(session, proof, party_id, actor)
        return _bound(row)

    def _note_bound(self, session: Session, proof: AccountProof, party_id: str, actor: str) -> None:
        details = {"account": str(proof.account), "proof": proof.id}
        self.audit.append(session, actor=actor, action="account.bound", subject=party_id, details=details)

    def _sealed_field(self, party_id: str, key: bytes, name: str, value: str) -> PartyDataRow:
        row_id = new_id("dat", self.entropy)
        key_of = _LOOKED_UP.get(name)
        lookup = None if key_of is None else self.vault.keyed_hash(name, key_of(value))
        sealed = self.vault.seal(key, value.encode(), row_id.encode())
        return PartyDataRow(id=row_id, party_id=party_id, field=name, sealed=sealed, lookup=lookup)


def _key(account: Account) -> tuple[int, bytes]:
    return account.chain.number, account.address.value


def _bound(row: AccountRow) -> BoundAccount:
    return BoundAccount(
        account=Account(ChainId(row.chain), Address(row.address)),
        party_id=row.party_id,
        capacity=Capacity(row.capacity),
        holder_jwk=row.holder_jwk,
        identity_contract=None if row.identity_contract is None else Address(row.identity_contract),
        linked_at=row.linked_at,
        identity_factory=None if row.identity_factory is None else Address(row.identity_factory),
        unlinked_at=row.unlinked_at,
    )


def _batches(values: list[_T]) -> Iterable[list[_T]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
