"""What a move would end, and which claim issuer's officer may decide it.

The door of a desk is a claim of its own on an account of the lost one's line (``account_lines``): one that counts, or counted until
its account was moved away or unlinked, and for which the claim issuer is accredited now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account
from claim_issuers.trust.accreditation import PathDecision
from identity_service.issuance.model import ClaimRecord
from identity_service.issuance.unlinking import UnlinkedAccounts
from identity_service.mesh.model import ClaimIssuer
from identity_service.onboarding.account_acts import AccountActs
from identity_service.onboarding.account_lines import Line, line_of
from identity_service.onboarding.move_model import AtStake, OtherAccount
from identity_service.parties.model import BoundAccount
from identity_service.parties.service import Parties

Accreditation = Callable[[ClaimRecord], PathDecision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """The account that a move ends, its line, and the party's other accounts with those that go with it."""

    lost: BoundAccount
    line: Line
    others: tuple[BoundAccount, ...]
    recent: frozenset[Account]

    def shown(self) -> AtStake:
        """As an officer sees it."""
        others = (
            OtherAccount(account=one.account, linked_at=one.linked_at, ends=one.account in self.recent) for one in self.others
        )
        return AtStake(ends=self.lost.account, others=tuple(others))


@dataclass(frozen=True, slots=True, kw_only=True)
class MovesAtStake:
    """Looks at a party's accounts and claims for moves."""

    clock: Clock
    parties: Parties
    acts: AccountActs
    ending: UnlinkedAccounts

    def of(self, session: Session, party_id: str | None, named: Account, new: Account, opened_at: datetime) -> Stake | None:
        """What ends when ``new`` takes the place of ``named``; None when no account of its line is the party's now."""
        if party_id is None:
            return None
        linked = {one.account: one for one in self.parties.accounts_of(session, party_id)}
        deeds = self.acts.deeds(session, party_id)
        line = line_of(named, deeds, linked, opened_at)
        if line is None or line.last == new:
            return None
        others = tuple(one for one in linked.values() if one.account not in (line.last, new))
        recent = line.recently_linked(deeds, linked) - {new}
        return Stake(lost=linked[line.last], line=line, others=others, recent=recent)

    def accreditation(self, session: Session) -> Accreditation:
        """Decides for many claims who is accredited now."""
        return self.ending.issuance.accreditations_at(session, self.clock.now())

    def opens(self, session: Session, stake: Stake, claim_issuer: ClaimIssuer, accreditation: Accreditation) -> bool:
        """Whether the claim issuer's officer may decide."""
        stood = self.ending.claims_that_stood(session, stake.line.members)
        own = (one for one in stood if one.claim_issuer_id == claim_issuer.id and one.party_id == stake.lost.party_id)
        return any(accreditation(one).accredited for one in own)

    def ever_claimed(self, session: Session, stake: Stake | None, named: Account, claim_issuer: ClaimIssuer) -> bool:
        """Whether the claim issuer has, or had, a claim on one of the line's accounts."""
        accounts = {named} if stake is None else stake.line.members
        found = self.ending.issuance.claims_on(session, accounts).values()
        return any(one.claim_issuer_id == claim_issuer.id for some in found for one in some)
