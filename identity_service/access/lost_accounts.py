"""Accounts whose wallets were lost: whoever has such a key now is not let in by it."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import AccountLost
from identity_service.access.tables import AccessTokenRow, AccountProofRow, LostAccountRow, SeatRow, SessionRow
from identity_service.storage import insert_if_absent


@dataclass(frozen=True, slots=True)
class LostAccounts:
    """Shuts accounts out, for good."""

    clock: Clock

    def shut_out(self, session: Session, account: Account) -> None:
        """From now on the account proves nothing: its tokens and sessions are gone, its seat has ended."""
        chain, address = account.chain.number, account.address.value
        insert_if_absent(session, LostAccountRow, chain=chain, address=address, at=self.clock.now())
        proofs = select(AccountProofRow.id).where(AccountProofRow.chain == chain, AccountProofRow.address == address)
        session.execute(delete(AccessTokenRow).where(AccessTokenRow.account_proof_id.in_(proofs)))
        session.execute(delete(SessionRow).where(SessionRow.account_proof_id.in_(proofs)))
        seats = update(SeatRow).where(SeatRow.chain == chain, SeatRow.address == address, SeatRow.ended_at.is_(None))
        session.execute(seats.values(ended_at=self.clock.now()))


def require_not_lost(session: Session, account: Account) -> None:
    """Return when nobody reported the account's wallet lost. Raises AccountLost."""
    if session.get(LostAccountRow, (account.chain.number, account.address.value)) is not None:
        raise AccountLost("prove another account: this one was reported lost")
