"""Asks for identity contracts, for claims on them, and for entries in a token's identity registry; jobs do the work."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller
from identity_service.audit.service import AuditLog
from identity_service.chain import onchainid
from identity_service.issuance.model import ERC735, ClaimNotLive, FormRecord, FormState, FormUnknown, IdentityContractMissing
from identity_service.jobs.following import ask_again
from identity_service.jobs.service import Jobs
from identity_service.onboarding.model import (
    ADD_CLAIM_JOB,
    DEPLOY_IDENTITY_JOB,
    REGISTER_IDENTITY_JOB,
    AgentKeyMissing,
    CallData,
    NotTheTokenIssuer,
    Registration,
    WrongChainForRegistration,
    addition_keys,
    deployment_keys,
    registration_keys,
)
from identity_service.onboarding.tables import RegistrationRow
from identity_service.parties.service import Parties
from identity_service.tokens.model import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding:
    """Takes requests for on-chain acts."""

    clock: Clock
    parties: Parties
    jobs: Jobs
    audit: AuditLog

    def request_identity_contract(self, session: Session, account: Account, *, actor: str) -> str:
        """Ask for the account's identity contract to be found or deployed; the job's id, started again if it failed.

        Raises AccountUnknown.
        """
        bound = self.parties.account(session, account)
        details = {"account": str(account)}
        self.audit.append(session, actor=actor, action="identity_contract.requested", subject=bound.party_id, details=details)
        keys = deployment_keys(account)
        ask_again(session, self.jobs, keys)
        payload = {"account": str(account), "actor": actor}
        return self.jobs.enqueue(session, DEPLOY_IDENTITY_JOB, payload, unique_key=keys[0])

    def request_claim_addition(self, session: Session, form: FormRecord, *, actor: str) -> str:
        """Ask our relayer to add a signed form to its identity contract; the job's id, started again if it failed.

        Raises FormUnknown, ClaimNotLive.
        """
        _require_addable(form)
        details = {"claim": form.claim_id}
        self.audit.append(session, actor=actor, action="claim_addition.requested", subject=form.id, details=details)
        keys = addition_keys(form.id)
        ask_again(session, self.jobs, keys)
        return self.jobs.enqueue(session, ADD_CLAIM_JOB, {"form": form.id}, unique_key=keys[0])

    def request_registration(
        self, session: Session, token: Token, account: Account, *, country: int, caller: Caller
    ) -> Registration:
        """Put an account into the token's registration queue; asking again only starts again what failed.

        ``country`` is ISO 3166-1 numeric and becomes public on chain; 0 says nothing. Raises NotTheTokenIssuer, AgentKeyMissing,
        AccountUnknown, IdentityContractMissing.
        """
        _require_token_issuer(token, caller)
        if account.chain != token.chain:
            raise WrongChainForRegistration("register an account on the token's own chain", pointer="/account")
        if token.agent_key is None:
            raise AgentKeyMissing("give the service an agent key, or let the agent register the account itself")
        if self.parties.account(session, account).identity_contract is None:
            raise IdentityContractMissing("deploy an identity contract for the account first")
        row = session.get(RegistrationRow, (str(token.id), account.address.value))
        if row is None:
            row = self._queue(session, token, account, country, caller)
        ask_again(session, self.jobs, registration_keys(token.id, account))
        return self._registration(session, row, account)

    def registrations(
        self, session: Session, token: Token, caller: Caller, *, after: bytes = b"", limit: int = 100
    ) -> list[Registration]:
        """The token's registration queue, by address, for its issuer. Raises NotTheTokenIssuer."""
        _require_token_issuer(token, caller)
        rows = session.scalars(
            select(RegistrationRow)
            .where(RegistrationRow.token == str(token.id), RegistrationRow.address > after)
            .order_by(RegistrationRow.address)
            .limit(limit)
        )
        return [self._registration(session, row, Account(token.chain, Address(row.address))) for row in rows]

    def _queue(self, session: Session, token: Token, account: Account, country: int, caller: Caller) -> RegistrationRow:
        job_id = self.jobs.enqueue(
            session,
            REGISTER_IDENTITY_JOB,
            {"token": str(token.id), "account": str(account), "country": country},
            unique_key=registration_keys(token.id, account)[0],
        )
        row = RegistrationRow(
            token=str(token.id),
            address=account.address.value,
            country=country,
            job_id=job_id,
            requested_by=caller.subject,
            requested_at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        details = {"token": str(token.id), "account": str(account)}
        self.audit.append(session, actor=caller.subject, action="registration.requested", subject=job_id, details=details)
        return row

    def _registration(self, session: Session, row: RegistrationRow, account: Account) -> Registration:
        job = self.jobs.get(session, row.job_id)
        return Registration(
            token=Account.parse(row.token), account=account, country=row.country, job_id=row.job_id, state=job.state.value
        )


def claim_call_data(form: FormRecord, holder: Account) -> CallData:
    """The ``addClaim`` transaction for the holder's own wallet to send. Raises FormUnknown, ClaimNotLive."""
    _require_addable(form)
    assert form.identity_contract is not None  # noqa: S101 - every erc735 form has one
    to = Account(holder.chain, form.identity_contract)
    return CallData(to=to, data=add_claim_data(form), sender=str(holder))


def add_claim_data(form: FormRecord) -> bytes:
    """The call data of ``addClaim`` for a signed erc735 form; the uri stays empty, which costs least and says nothing."""
    return onchainid.ADD_CLAIM.encode(form.topic, onchainid.ECDSA, form.issuer_contract, form.signature, form.data, "")


def _require_token_issuer(token: Token, caller: Caller) -> None:
    if caller.party_id != token.token_issuer:
        raise NotTheTokenIssuer("registering holders is an act of the token's issuer and its agent")


def _require_addable(form: FormRecord) -> None:
    if form.format != ERC735 or form.state is not FormState.SIGNED:
        raise FormUnknown("only a signed erc735 form goes on chain")
    if form.signature is None:
        raise ClaimNotLive("the form was withdrawn before it was signed")
