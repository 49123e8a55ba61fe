"""Gathers the facts of one account and token at one block, decides, and signs what a contract may check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, unix_seconds
from claim_issuers.formats import eligibility
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.signers import DigestSigner
from identity_service.chain.blocks import BlockRef
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import BlockGone
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.issuance.service import Issuance
from identity_service.mesh.service import Mesh
from identity_service.parties.model import AccountUnknown
from identity_service.parties.service import Parties
from identity_service.storage import Database, insert_if_absent
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens
from identity_service.verification.contract_answers import token_at_fault
from identity_service.verification.model import (
    ATTESTATION_LIFETIME,
    ChainFacts,
    ChainStale,
    ClaimFact,
    Decision,
    Facts,
    WrongChainForToken,
    decide,
)
from identity_service.verification.tables import AttestationRow

_EPOCH: Final = 0  # no registry is deployed yet that could raise it
_SECOND: Final = timedelta(seconds=1)
_REORGS_IN_A_ROW: Final = 3
_Found = TypeVar("_Found")


class AttestationKeys(Protocol):
    """What this room needs of the vault."""

    def digest_signer(self, name: str) -> DigestSigner: ...


def attestation_key(chain: ChainId) -> str:
    """The vault's name for the key that signs eligibility on a chain."""
    return f"eligibility.{chain.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A signed eligibility: the EIP-712 message, where it is meant for, who signed and the 65-byte signature."""

    eligibility: Eligibility
    chain: ChainId
    verifying_contract: Address
    signer: Address
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to "may this account hold this token", as of a block and an instant."""

    decision: Decision
    attestation: Attestation | None
    block: BlockRef
    instant: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Answers for contracts, oracles and platforms. ``oldest_heads`` bounds, for each chain, how old the newest block may be."""

    db: Database
    clock: Clock
    parties: Parties
    issuance: Issuance
    mesh: Mesh
    tokens: Tokens
    chains: ChainDirectory
    vault: AttestationKeys
    oldest_heads: Mapping[ChainId, timedelta]

    def eligibility(self, token_account: Account, account: Account) -> Answer:
        """The policy's answer at the newest block.

        Raises TokenUnknown, WrongChainForToken, TokenUnreadable, ChainStale, and Unavailable when the chain does not answer: never
        "eligible".
        """
        if token_account.chain != account.chain:
            raise WrongChainForToken("ask about an account on the token's own chain", pointer="/account")
        with self.db.read() as session:
            token = self.tokens.get(session, token_account)
        head, chain_facts = self.at_one_block(token, lambda head: self._chain_facts(token, account, head))
        while True:
            with self.db.read() as session:
                facts = self.facts(session, token, account, chain_facts)
                generation = self.issuance.generation(session)
            decision = decide(facts)
            try:
                attestation = self._attest(token, account, decision, generation, facts.instant) if decision.eligible else None
            except _ClaimsChanged:
                continue  # something was issued or revoked since we read: decide again, so that no revoked claim is attested
            return Answer(decision=decision, attestation=attestation, block=head, instant=facts.instant)

    def at_one_block(self, token: Token, read: Callable[[BlockRef], _Found]) -> tuple[BlockRef, _Found]:
        """What ``read`` finds at the newest block, and that block; one that a reorg takes away meanwhile is replaced by the next.

        Raises TokenUnreadable, ChainStale, and Unavailable when the chain does not answer.
        """
        for _ in range(_REORGS_IN_A_ROW):
            head = self._fresh_head(token)
            try:
                with token_at_fault():
                    return head, read(head)
            except BlockGone:
                continue
        raise ChainStale("the newest blocks keep changing: ask again in a moment")

    def _fresh_head(self, token: Token) -> BlockRef:
        head = self.chains.on(token.chain).head()
        if unix_seconds(self.clock.now()) - head.timestamp > self.oldest_heads[token.chain].total_seconds():
            raise ChainStale("the newest block is too old: the chain or its node stands still")
        return head

    def _chain_facts(self, token: Token, account: Account, head: BlockRef) -> ChainFacts:
        client = self.chains.on(token.chain)
        reads = TokenReads(client, token.address)
        holder = reads.holder(account.address, head)
        return ChainFacts(
            block_number=head.number,
            block_hash=head.hash,
            registered_identity=holder.identity_contract,
            vouched_identity=self.vouched(token, account, head),
            is_verified=holder.verified,
            account_frozen=holder.frozen,
            token_paused=reads.paused(head),
        )

    def vouched(self, token: Token, account: Account, head: BlockRef) -> Address | None:
        """The identity contract that the token's factories name for the account; when two disagree, neither is believed."""
        reads = IdentityReads(self.chains.on(token.chain))
        found = {reads.identity_of(factory, account.address, head) for factory in token.trusted_factories} - {None}
        return found.pop() if len(found) == 1 else None

    def facts(self, session: Session, token: Token, account: Account, chain_facts: ChainFacts) -> Facts:
        """What our records say about the account, beside what its chain says."""
        instant = self.clock.now()
        claims = self.issuance.claims_on(session, [account]).get(account, [])
        accreditation = self.issuance.accreditations_at(session, instant)
        return Facts(
            account=account,
            token=token.id,
            instant=instant,
            accepted_claim_types=token.accepted_claim_types,
            account_bound=self._is_bound(session, account),
            claims=[
                ClaimFact(
                    claim=claim,
                    accredited=decision.accredited,
                    accreditation_reason=str(decision.reason),
                    accredited_until=min((link.validity.valid_until for link in decision.path), default=None),
                )
                for claim in claims
                for decision in [accreditation(claim)]
            ],
            chain=chain_facts,
        )

    def _is_bound(self, session: Session, account: Account) -> bool:
        try:
            self.parties.account(session, account)
        except AccountUnknown:
            return False
        return True

    def _attest(self, token: Token, account: Account, decision: Decision, generation: int, instant: datetime) -> Attestation | None:
        """Reserve the attestation, then sign it: a signature is always on record before it exists.

        None when it would end in the second in which it begins.
        """
        with self.db.write() as session:
            if self.issuance.generation(session) != generation:
                raise _ClaimsChanged
            row = self._reserve(session, token, account, decision, generation, instant)
            if unix_seconds(row.valid_until) <= unix_seconds(row.issued_at):
                return None
            message = Eligibility(
                account=account.address,
                token=token.address,
                categories=row.categories,
                issued_at=unix_seconds(row.issued_at),
                valid_until=unix_seconds(row.valid_until),
                epoch=_EPOCH,
            )
        signer = self.vault.digest_signer(attestation_key(token.chain))
        signature = eligibility.sign(message, chain_id=token.chain.number, verifying_contract=token.address, signer=signer)
        return Attestation(
            eligibility=message,
            chain=token.chain,
            verifying_contract=token.address,
            signer=signer.address,
            signature=signature,
        )

    def _reserve(
        self, session: Session, token: Token, account: Account, decision: Decision, generation: int, instant: datetime
    ) -> AttestationRow:
        now = instant.replace(microsecond=0)
        inserted = insert_if_absent(
            session,
            AttestationRow,
            token=str(token.id),
            address=account.address.value,
            categories=decision.categories,
            generation=generation,
            issued_at=now,
            valid_until=decision.valid_until,
        )
        row = session.get_one(AttestationRow, (str(token.id), account.address.value), with_for_update=True)
        if not inserted and not _still_good(row, decision, instant):
            row.issued_at = max(now, row.issued_at + _SECOND)
            row.categories, row.generation, row.valid_until = decision.categories, generation, decision.valid_until
            session.flush()
        return row


class _ClaimsChanged(Exception):
    """The claims changed between reading them and reserving the attestation."""


def _still_good(row: AttestationRow, decision: Decision, instant: datetime) -> bool:
    """Whether the newest attestation still says what we would say, and lives long enough to be used.

    The generation of all claims plays no part: an account's attestation must not tell what happens to others.
    """
    same = row.categories == decision.categories and row.valid_until <= decision.valid_until
    half_left = row.valid_until - instant > (decision.valid_until - instant) / 2
    return same and half_left and row.valid_until <= instant + ATTESTATION_LIFETIME
