"""What wallets were allowed to fetch, for the account that applied: shown, and taken back while nothing was fetched.

An authorization is taken back before its offer is touched, and the audit log is written last: whatever locks several of these
locks them in this order.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import Application
from identity_service.issuance.service import Issuance
from identity_service.openid4vci.model import (
    WalletAuthorization,
    WalletAuthorizationEnded,
    WalletAuthorizationState,
    WalletAuthorizationUnknown,
)
from identity_service.openid4vci.tables import AuthorizationRow, CredentialSetRow, OfferRow
from identity_service.parties.model import AccountUnknown

_TO_BE_WITHDRAWN = frozenset({WalletAuthorizationState.OPEN, WalletAuthorizationState.DEFERRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAuthorizations:
    """Shows authorizations and takes them back. Methods take a Session first and never commit."""

    clock: Clock
    issuance: Issuance
    audit: AuditLog

    def of(self, session: Session, account: Account) -> list[WalletAuthorization]:
        """What wallets were allowed for the applications of an account, newest first."""
        applications = {one.id: one for one in self._applications(session, account)}
        query = _with_sets().where(AuthorizationRow.application_id.in_(applications))
        newest = query.order_by(AuthorizationRow.created_at.desc(), AuthorizationRow.id.desc())
        return [self._value(row, minted) for row, minted in session.execute(newest)]

    def withdraw(self, session: Session, authorization_id: str, account: Account) -> WalletAuthorization:
        """Take back what a wallet was allowed, and the offer that led to it. Raises WalletAuthorizationUnknown, -Ended."""
        row = session.get(AuthorizationRow, authorization_id, with_for_update=True)
        if row is None or self.issuance.application_named(session, row.application_id).account != account:
            raise WalletAuthorizationUnknown("no wallet has an authorization of yours with this id")
        minted = session.get(CredentialSetRow, row.id)
        if self._value(row, minted).state not in _TO_BE_WITHDRAWN:
            raise WalletAuthorizationEnded("the claim was fetched, the authorization was taken back, or its time is over")
        row.withdrawn_at = self.clock.now()
        if row.offer_id is not None:
            offered = update(OfferRow).where(OfferRow.id == row.offer_id, OfferRow.issued_at.is_(None))
            session.execute(offered.values(withdrawn_at=self.clock.now()))
        self.note_ended(session, [row], account, reason="requested_by_holder")
        return self._value(row, minted)

    def end_undelivered(self, session: Session, application: Application) -> list[AuthorizationRow]:
        """End every authorization of an application under which nothing was fetched yet; those that ended, for ``note_ended``."""
        query = _with_sets().where(AuthorizationRow.application_id == application.id, AuthorizationRow.withdrawn_at.is_(None))
        running = query.where(AuthorizationRow.expires_at > self.clock.now()).order_by(AuthorizationRow.id)
        ended = []
        for row, minted in session.execute(running.with_for_update(of=AuthorizationRow)):
            if self._value(row, minted).state in _TO_BE_WITHDRAWN:
                row.withdrawn_at = self.clock.now()
                ended.append(row)
        session.flush()
        return ended

    def note_ended(self, session: Session, ended: Iterable[AuthorizationRow], account: Account, *, reason: str) -> None:
        """Write to the audit log what ended; it has one lock for everybody, so this comes after all others."""
        for row in ended:
            details = {"application": row.application_id, "reason": reason}
            self.audit.append(
                session, actor=str(account), action="credential_authorization.withdrawn", subject=row.id, details=details
            )

    def _applications(self, session: Session, account: Account) -> Iterable[Application]:
        try:
            party_id = self.issuance.parties.account(session, account).party_id
        except AccountUnknown:
            return ()
        return [one for one in self.issuance.applications_of(session, party_id) if one.account == account]

    def _value(self, row: AuthorizationRow, minted: CredentialSetRow | None) -> WalletAuthorization:
        return WalletAuthorization(
            id=row.id,
            application_id=row.application_id,
            claim_issuer_id=row.claim_issuer_id,
            configuration_id=row.configuration_id,
            offer_id=row.offer_id,
            wallet=row.wallet,
            is_bound=row.dpop_jkt is not None,
            state=self._state(row, minted),
            since=row.created_at,
            until=row.expires_at,
        )

    def _state(self, row: AuthorizationRow, minted: CredentialSetRow | None) -> WalletAuthorizationState:
        if minted is not None and minted.given_at is not None:
            return WalletAuthorizationState.FETCHED
        if row.withdrawn_at is not None:
            return WalletAuthorizationState.WITHDRAWN
        if row.expires_at <= self.clock.now():
            return WalletAuthorizationState.EXPIRED
        return WalletAuthorizationState.OPEN if minted is None else WalletAuthorizationState.DEFERRED


def _with_sets() -> Select[AuthorizationRow, CredentialSetRow]:
    """Authorizations, each with its credential set or None."""
    return select(AuthorizationRow, CredentialSetRow).outerjoin(
        CredentialSetRow, CredentialSetRow.authorization_id == AuthorizationRow.id
    )
