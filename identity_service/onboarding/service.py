"""Asks for identity contracts, for claims on them, and for entries in a token's identity registry; jobs do the work."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller
from identity_service.audit.service import AuditLog
from identity_service.chain import onchainid
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import (
    ERC735,
    ClaimNotLive,
    FormRecord,
    FormState,
    FormUnknown,
    IdentityContractMissing,
    Liveness,
)
from identity_service.jobs.following import ask_again
from identity_service.jobs.service import Jobs
from identity_service.onboarding.model import (
    ADD_CLAIM_JOB,
    BRING_ON_CHAIN_JOB,
    DEPLOY_IDENTITY_JOB,
    REGISTER_IDENTITY_JOB,
    REQUESTED,
    AgentKeyMissing,
    CallData,
    NotTheTokenIssuer,
    Registration,
    RegistrationChanged,
    WrongChainForRegistration,
    addition_keys,
    bringing_key,
    deployment_keys,
    registration_keys,
    require_country,
)
from identity_service.onboarding.tables import RegistrationRow
from identity_service.parties.service import Parties
from identity_service.storage import insert_if_absent
from identity_service.tokens.model import Token, TokenUnknown


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

    def request_claim_on_chain(
        self, session: Session, claim_id: str, token: Token, *, relay: bool, forms: Forms, caller: Caller
    ) -> str:
        """Ask for a claim of one's own to be signed for the token's chain; with ``relay`` our relayer also sends what it may.

        Gives the job's id, started again if it failed. Raises ClaimUnknown, ClaimNotLive, TokenUnknown.
        """
        claim = forms.issuance.claim_held_by(session, claim_id, caller)
        if claim.account.chain != token.chain:
            raise TokenUnknown("name a token on the chain of the claim's account", pointer="/token")
        if claim.liveness(self.clock.now()) is not Liveness.LIVE:
            raise ClaimNotLive("the claim has ended, or does not count yet")
        details = {"token": str(token.id), "relay": relay}
        self.audit.append(session, actor=caller.subject, action="claim_on_chain.requested", subject=claim_id, details=details)
        keys = [bringing_key(claim_id, token.id, relay=relay), *deployment_keys(claim.account)]
        keys += [key for form in forms.forms_of(session, claim_id) for key in addition_keys(form.id)]
        ask_again(session, self.jobs, keys)
        payload = {"claim": claim_id, "token": str(token.id), "relay": relay, "actor": caller.subject}
        return self.jobs.enqueue(session, BRING_ON_CHAIN_JOB, payload, unique_key=keys[0])

    def request_registration(
        self, session: Session, token: Token, account: Account, *, country: int | None, caller: Caller, revision: int | None = None
    ) -> Registration:
        """Have an account registered, or its country changed; asking again for the same only starts again what failed.

        ``country`` is ISO 3166-1 numeric and becomes public on chain; 0 says nothing. What waits for the agent is taken up only as
        the agent read it: with its ``revision``, which leaves the agent free to name another country or none, or with its very
        country. Raises NotTheTokenIssuer, CountryUnassigned, AgentKeyMissing, AccountUnknown, IdentityContractMissing,
        RegistrationChanged.
        """
        _require_token_issuer(token, caller)
        if account.chain != token.chain:
            raise WrongChainForRegistration("register an account on the token's own chain", pointer="/account")
        if token.agent_key is None:
            raise AgentKeyMissing("give the service an agent key, or let the agent register the account itself")
        if self.parties.account(session, account).identity_contract is None:
            raise IdentityContractMissing("deploy an identity contract for the account first")
        require_country(country or 0)
        row = self._row(session, token, account, country=country or 0, caller=caller)
        _require_as_read(row, country=country, revision=revision)
        if country not in (None, row.country):
            self._change(session, row, account, country=country or 0, differs=None, caller=caller)
        if row.job_id is None:
            self._queue(session, token, account, row, caller)
        ask_again(session, self.jobs, registration_keys(token.id, account, row.revision))
        return self._registration(session, row, account)

    def ask_for_registration(
        self, session: Session, token: Token, *, country: int, differs: bool | None, caller: Caller
    ) -> Registration:
        """Put one's own account into the queue of the token's agent, or tell the agent of another country.

        ``country`` is ISO 3166-1 numeric, shown to the agent and public once it registers the account; 0 says nothing. The agent
        also sees ``differs``: whether it is another one than on record. Raises CountryUnassigned, AccountUnknown,
        WrongChainForRegistration.
        """
        require_country(country)
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        if caller.account.chain != token.chain:
            raise WrongChainForRegistration("sign in with an account on the token's own chain")
        self.parties.account(session, caller.account)
        row = self._row(session, token, caller.account, country=country, differs=differs, caller=caller)
        if row.country != country:
            self._change(session, row, caller.account, country=country, differs=differs, caller=caller)
        return self._registration(session, row, caller.account)

    def registrations_of(self, session: Session, caller: Caller) -> list[Registration]:
        """Where the caller's own accounts stand in the queues of tokens. Raises AccountUnknown."""
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        party_id = self.parties.account(session, caller.account).party_id
        found = []
        for bound in self.parties.accounts_of(session, party_id):
            on_chain = f"{bound.account.chain}:%"
            wanted = select(RegistrationRow).where(
                RegistrationRow.address == bound.account.address.value, RegistrationRow.token.like(on_chain)
            )
            rows = session.scalars(wanted.order_by(RegistrationRow.token))
            found += [self._registration(session, row, bound.account) for row in rows]
        return found

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

    def _row(
        self, session: Session, token: Token, account: Account, *, country: int, caller: Caller, differs: bool | None = None
    ) -> RegistrationRow:
        """The account's place in the queue, locked, made where there is none; it may be one that somebody else just made."""
        key = str(token.id), account.address.value
        row = session.get(RegistrationRow, key, with_for_update=True)
        if row is not None:
            return row
        insert_if_absent(
            session,
            RegistrationRow,
            token=str(token.id),
            address=account.address.value,
            country=country,
            revision=0,
            country_differs=differs,
            requested_by=caller.subject,
            requested_at=self.clock.now(),
        )
        self._note(session, "registration.requested", str(token.id), account, caller)
        return session.get_one(RegistrationRow, key, with_for_update=True)

    def _change(
        self, session: Session, row: RegistrationRow, account: Account, *, country: int, differs: bool | None, caller: Caller
    ) -> None:
        """Another country is wanted: for the agent to take up anew."""
        row.country, row.country_differs, row.job_id, row.revision = country, differs, None, row.revision + 1
        session.flush()
        self._note(session, "registration.country_changed", row.token, account, caller)

    def _note(self, session: Session, action: str, token: str, account: Account, caller: Caller) -> None:
        details = {"token": token, "account": str(account)}
        self.audit.append(session, actor=caller.subject, action=action, subject=str(account), details=details)

    def _queue(self, session: Session, token: Token, account: Account, row: RegistrationRow, caller: Caller) -> None:
        row.job_id = self.jobs.enqueue(
            session,
            REGISTER_IDENTITY_JOB,
            {"token": str(token.id), "account": str(account), "country": row.country, "revision": row.revision},
            unique_key=registration_keys(token.id, account, row.revision)[0],
        )
        session.flush()
        details = {"token": str(token.id), "account": str(account)}
        self.audit.append(session, actor=caller.subject, action="registration.taken_up", subject=row.job_id, details=details)

    def _registration(self, session: Session, row: RegistrationRow, account: Account) -> Registration:
        state = REQUESTED if row.job_id is None else self.jobs.get(session, row.job_id).state.value
        return Registration(
            token=Account.parse(row.token),
            account=account,
            country=row.country,
            revision=row.revision,
            country_differs=row.country_differs,
            job_id=row.job_id,
            state=state,
            by_holder=row.requested_by == str(account),
        )


def claim_call_data(form: FormRecord, holder: Account) -> CallData:
    """The ``addClaim`` transaction for the holder's own wallet to send. Raises FormUnknown, ClaimNotLive."""
    _require_addable(form)
    assert form.identity_contract is not None  # noqa: S101 - every erc735 form has one
    to = Account(holder.chain, form.identity_contract)
    return CallData(to=to, data=add_claim_data(form), sender=str(holder))


def add_claim_data(form: FormRecord) -> bytes:
    """The call data of ``addClaim`` for a signed erc735 form; the uri stays empty, which costs least and says nothing."""
    _require_addable(form)
    assert form.topic is not None and form.issuer_contract is not None  # noqa: S101, PT018 - every erc735 form has them
    assert form.signature is not None and form.data is not None  # noqa: S101, PT018 - it is signed
    return onchainid.add_claim(form.topic, form.issuer_contract, form.signature, form.data)


def _require_token_issuer(token: Token, caller: Caller) -> None:
    if caller.party_id != token.token_issuer:
        raise NotTheTokenIssuer("registering holders is an act of the token's issuer and its agent")


def _require_as_read(row: RegistrationRow, *, country: int | None, revision: int | None) -> None:
    """Return when the agent has seen what it takes up; what it took up before, it may change as it likes."""
    as_read = row.revision == revision if revision is not None else row.job_id is not None or row.country == (country or 0)
    if not as_read:
        raise RegistrationChanged("read the queue again, and name the revision or the country that it holds")


def _require_addable(form: FormRecord) -> None:
    if form.format != ERC735 or form.state is not FormState.SIGNED:
        raise FormUnknown("only a signed erc735 form goes on chain")
    if form.signature is None:
        raise ClaimNotLive("the form was withdrawn before it was signed")
