"""Who is affected when a claim is revoked, told before anybody does it: what lies in the wallets that it covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.trust.accreditation import ACCREDITATION_TOPIC
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.model import ClaimRecord
from identity_service.issuance.service import live_at
from identity_service.register.model import Allowance, BlockNotIndexed, Holding, RegisterBehind
from identity_service.register.service import Register
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens


class Turns(StrEnum):
    """What a revocation does to an account's eligibility for a token."""

    LOST = "lost"
    KEPT = "kept"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One account that the claim covers, on one token: what it holds, whose tokens it may move, and what becomes of it."""

    account: Account
    holding: Holding
    allowances: tuple[Allowance, ...]
    turns: Turns

    @property
    def matters(self) -> bool:
        """Whether anything lies there or can be moved from there."""
        return self.holding.quantity > 0 or bool(self.allowances)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnToken:
    """What a revocation touches on one token, as of the register's ``block``; None when the register cannot say."""

    token: Token
    block: int | None
    covered: tuple[Covered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a revocation touches; ``dependent_claims`` counts the live claims resting on an accreditation, None otherwise."""

    tokens: tuple[OnToken, ...]
    dependent_claims: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impacts:
    """Asks the register what a revocation would touch."""

    desk: OfficersDesk
    tokens: Tokens
    register: Register

    def of(self, session: Session, claim: ClaimRecord) -> Impact:
        """What revoking ``claim`` would touch, on every token of its chain."""
        instant = self.desk.issuance.clock.now()
        on_chain = [token for token in self.tokens.list(session) if token.chain == claim.account.chain]
        return Impact(
            tokens=tuple(self._on_token(session, token, claim, instant) for token in on_chain),
            dependent_claims=self._dependent(session, claim, instant),
        )

    def _on_token(self, session: Session, token: Token, claim: ClaimRecord, instant: datetime) -> OnToken:
        try:
            block = self.register.progress(session, token).indexed_to.block_number
            accounts = self._accounts(session, token, claim, block)
            covered = [self._covered(session, token, claim, account, block, instant) for account in accounts]
        except (RegisterBehind, BlockNotIndexed):
            return OnToken(token=token, block=None, covered=())
        return OnToken(token=token, block=block, covered=tuple(covered))

    def _accounts(self, session: Session, token: Token, claim: ClaimRecord, block: int) -> list[Account]:
        """The claim's own account first, then those that the token's registry links to an identity contract with this claim."""
        contracts = self._identity_contracts(session, claim)
        links = self.register.identity_links(session, token, block) if contracts else {}
        linked = {account for account, link in links.items() if link.identity_contract in contracts} - {claim.account}
        return [claim.account, *sorted(linked, key=str)]

    def _identity_contracts(self, session: Session, claim: ClaimRecord) -> frozenset[Address]:
        made = self.desk.forms.forms_of(session, claim.id)
        return frozenset(form.identity_contract for form in made if form.identity_contract is not None)

    def _covered(
        self, session: Session, token: Token, claim: ClaimRecord, account: Account, block: int, instant: datetime
    ) -> Covered:
        given = self.register.allowances_to(session, token, account, block)
        return Covered(
            account=account,
            holding=self.register.holding(session, token, account, block),
            allowances=tuple(one for one in given if one.allowance > 0),
            turns=self._turns(session, token, claim, account, instant),
        )

    def _turns(self, session: Session, token: Token, claim: ClaimRecord, account: Account, instant: datetime) -> Turns:
        if claim.claim_type not in token.accepted_claim_types or not live_at([claim], instant):
            return Turns.NEVER
        held = live_at(self.desk.issuance.claims_on(session, [account]).get(account, []), instant)
        others = (one for one in held if one.id != claim.id and one.claim_type in token.accepted_claim_types)
        return Turns.KEPT if self._any_believed(session, others, instant) else Turns.LOST

    def _any_believed(self, session: Session, claims: Iterable[ClaimRecord], instant: datetime) -> bool:
        accreditation = self.desk.issuance.accreditations_at(session, instant)
        return any(accreditation(one).accredited for one in claims)

    def _dependent(self, session: Session, claim: ClaimRecord, instant: datetime) -> int | None:
        if claim.claim_type != ACCREDITATION_TOPIC:
            return None
        accredited = self.desk.issuance.mesh.of_party(session, claim.party_id)
        return self.desk.live_claims(session, accredited.id, instant)
