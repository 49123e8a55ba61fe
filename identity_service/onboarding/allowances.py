"""The allowance that an office asks of its client with an invitation: whose account may get it, and what became of it on chain.

It can be given before any token arrives. The client gives it from the own wallet, or does not: the claim depends on nothing here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller, Role
from identity_service.chain import erc20
from identity_service.issuance.licences import licensed_accounts
from identity_service.issuance.model import ApplicationUnknown
from identity_service.issuance.service import Issuance
from identity_service.onboarding.allowance_model import (
    AllowanceInvalid,
    AllowanceNotAsked,
    AskedAllowance,
    FollowedAllowance,
    SpenderFault,
    WantedAllowance,
    follow,
    spender_among,
)
from identity_service.onboarding.tables import InvitationRow
from identity_service.register.model import AllowanceHistory, RegisterBehind
from identity_service.register.service import Register
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens

_WHY = {
    SpenderFault.MISSING: "no account of yours on the token's chain holds your licence claim",
    SpenderFault.AMBIGUOUS: "several accounts of yours hold your licence claim on the token's chain: name one as the account",
    SpenderFault.NOT_LICENSED: "this account does not hold your licence claim on the token's chain: name one that does",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The transaction by which the owner gives, or with amount 0 cancels, the allowance: for the owner's own wallet to send."""

    to: Account
    data: bytes
    sender: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorsAllowance:
    """What the invited person is asked for, how it stands, and what to send. No ``give`` while the office is not licensed."""

    token: Token
    followed: FollowedAllowance
    give: Approval | None
    cancel: Approval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedAllowances:
    """Judges and follows the allowances that invitations ask for."""

    clock: Clock
    issuance: Issuance
    tokens: Tokens
    register: Register

    def asked(self, session: Session, wanted: WantedAllowance, caller: Caller) -> AskedAllowance:
        """What the caller's invitation is to ask for. Raises TokenUnknown, AllowanceInvalid."""
        if caller.role is Role.CLAIM_ISSUER or caller.party_id is None:
            raise AllowanceInvalid("only a family office or custodian asks for an allowance", pointer="/allowance")
        token = self.tokens.get(session, wanted.token)
        spender = spender_among(self.licensed_accounts(session, caller.party_id), wanted)
        if isinstance(spender, SpenderFault):
            raise AllowanceInvalid(_WHY[spender], pointer="/account")
        block = self.block_reached(session, token)
        return AskedAllowance(token=token.id, spender=spender, amount=wanted.amount, since_block=block)

    def licensed_accounts(self, session: Session, party_id: str) -> tuple[Account, ...]:
        """The accounts of a party that hold a live licence claim now."""
        return licensed_accounts(self.issuance, session, party_id, self.clock.now())

    def block_reached(self, session: Session, token: Token) -> int:
        """The last block of the token's register; 0 when nobody has followed the token yet."""
        try:
            return self.register.progress(session, token).indexed_to.block_number
        except RegisterBehind:
            return 0

    def of_rows(self, session: Session, rows: Sequence[InvitationRow]) -> Mapping[str, FollowedAllowance]:
        """How the allowances of these invitations stand, by invitation; those that ask for none are left out."""
        asking = {row.id: asked for row in rows if (asked := asked_by(row)) is not None}
        accounts = self._applicants(session, [row for row in rows if row.id in asking])
        by_pair: dict[tuple[Account, Account], list[str]] = defaultdict(list)
        for invitation_id, asked in asking.items():
            by_pair[asked.token, asked.spender].append(invitation_id)
        followed: dict[str, FollowedAllowance] = {}
        for (token, spender), invitation_ids in by_pair.items():
            owners = [accounts[one] for one in invitation_ids if one in accounts]
            histories = self.register.allowance_history(session, self.tokens.get(session, token), spender, owners)
            for one in invitation_ids:
                history = histories.get(accounts[one], AllowanceHistory()) if one in accounts else AllowanceHistory()
                followed[one] = follow(asking[one], history)
        return followed

    def of_visitor(self, session: Session, row: InvitationRow, owner: Account) -> VisitorsAllowance:
        """What ``owner`` is asked for: whoever applied, and until then whoever holds the code. Raises AllowanceNotAsked."""
        asked = asked_by(row)
        if asked is None or asked.token.chain != owner.chain or not self._concerns(session, row, owner):
            raise AllowanceNotAsked("this invitation asks this account for no allowance")
        token = self.tokens.get(session, asked.token)
        history = self.register.allowance_history(session, token, asked.spender, [owner])[owner]
        followed = follow(asked, history)
        licensed = asked.spender in self.licensed_accounts(session, row.inviter_party_id)
        return VisitorsAllowance(
            token=token,
            followed=followed,
            give=_approval(asked, owner, asked.amount) if licensed and followed.is_open else None,
            cancel=_approval(asked, owner, 0) if followed.left else None,
        )

    def _concerns(self, session: Session, row: InvitationRow, owner: Account) -> bool:
        if row.application_id is None:
            return row.withdrawn_at is None and row.expires_at > self.clock.now()
        try:
            self.issuance.application_of(session, row.application_id, owner)
        except ApplicationUnknown:
            return False
        return True

    def _applicants(self, session: Session, rows: Sequence[InvitationRow]) -> dict[str, Account]:
        """The accounts that applied with these invitations, by invitation."""
        found = self.issuance.applicants(session, [row.application_id for row in rows if row.application_id is not None])
        return {row.id: found[row.application_id] for row in rows if row.application_id in found}


def asked_by(row: InvitationRow) -> AskedAllowance | None:
    """What the invitation of a row asks for."""
    if row.token is None or row.allowance is None or row.spender is None:
        return None
    token = Account.parse(row.token)
    spender = Account(token.chain, Address(bytes(row.spender)))
    return AskedAllowance(token=token, spender=spender, amount=row.allowance, since_block=row.asked_at_block or 0)


def columns_of(asked: AskedAllowance | None) -> dict[str, Any]:
    """The columns in which a row keeps what it asks for."""
    if asked is None:
        return {}
    return {
        "token": str(asked.token),
        "allowance": asked.amount,
        "spender": asked.spender.address.value,
        "asked_at_block": asked.since_block,
    }


def invitations_open_for(session: Session, inviter_party_id: str, references: Sequence[str]) -> frozenset[str]:
    """Those of the references under which the party has an invitation that nobody used and it did not take back."""
    found: set[str] = set()
    for start in range(0, len(references), 500):
        query = select(InvitationRow.reference).where(
            InvitationRow.inviter_party_id == inviter_party_id,
            InvitationRow.reference.in_(references[start : start + 500]),
            InvitationRow.application_id.is_(None),
            InvitationRow.withdrawn_at.is_(None),
        )
        found.update(one for one in session.scalars(query) if one is not None)
    return frozenset(found)


def _approval(asked: AskedAllowance, owner: Account, amount: int) -> Approval:
    return Approval(to=asked.token, data=erc20.APPROVE.encode(asked.spender.address, amount), sender=owner)
