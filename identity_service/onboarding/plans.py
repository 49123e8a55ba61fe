"""Gathers at one block how far a claim is on its way to a token, and tries out the transactions that are still to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import DomainError
from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller
from identity_service.chain import onchainid
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.compliance_reads import ComplianceReads
from identity_service.chain.dry_runs import DryRuns, MixedChains, block_json
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.issuance.forms import Forms, SigningVault
from identity_service.issuance.model import ERC735, ClaimRecord, FormRecord, FormState, IdentityContractUntrusted, Liveness
from identity_service.jobs.service import Jobs
from identity_service.onboarding.model import IdentityContractShared, bringing_key
from identity_service.onboarding.onchain import FactoryGuard, IdentityLinks, open_gateway, relayer_key
from identity_service.onboarding.plan_steps import IdentityFacts, PlanFacts, PlanStep, drafts, finished
from identity_service.onboarding.tables import RegistrationRow
from identity_service.parties.model import AccountUnknown
from identity_service.storage import Database
from identity_service.tokens.model import Token, TokenUnknown
from identity_service.web.messages import marked

_ENDED: Final[Mapping[Liveness, str]] = {
    Liveness.NOT_ISSUED: marked("The claim is being signed."),
    Liveness.NOT_YET_VALID: marked("The claim is not valid yet."),
    Liveness.EXPIRED: marked("The claim has expired: ask for a new one."),
    Liveness.REVOKED: marked("The claim is revoked."),
    Liveness.ACCOUNT_UNLINKED: marked("The claim's account is linked to its party no more."),
}

_DISTRUST: Final[Mapping[type[DomainError], str]] = {
    AccountUnknown: marked("The account is linked to no party: link it again first."),
    IdentityContractUntrusted: marked("Two factories that this token trusts name different identity contracts for the account."),
    IdentityContractShared: marked("The identity contract has other wallets: prove each of them to us, or have it unlinked."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A job that readies the claim or carries it to the chain; ``error`` is the code of the refusal where it failed."""

    job_id: str
    relay: bool
    state: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainPlan:
    """What is still to be done for a claim to be found by a token, as of ``block``.

    ``verified`` is what the token's registry answers there; it can be True before every step is done, by another claim.
    """

    claim_id: str
    token: Account
    account: Account
    identity_contract: Account | None
    verified: bool
    steps: tuple[PlanStep, ...]
    under_way: tuple[UnderWay, ...]
    block: BlockRef

    def as_json(self) -> dict[str, Any]:
        """The form in which the API gives it."""
        return {
            "claim": self.claim_id,
            "token": str(self.token),
            "account": str(self.account),
            "identity_contract": None if self.identity_contract is None else str(self.identity_contract),
            "verified": self.verified,
            "steps": [step.as_json() for step in self.steps],
            "under_way": [
                {"job": one.job_id, "relay": one.relay, "state": one.state, "error": one.error} for one in self.under_way
            ],
            "as_of": block_json(self.block),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """What our records say of the matter."""

    claim: ClaimRecord
    token: Token
    forms: Sequence[FormRecord]
    requested_country: int | None
    under_way: tuple[UnderWay, ...]
    noted: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainPlans:
    """Makes plans for holders."""

    db: Database
    clock: Clock
    forms: Forms
    links: IdentityLinks
    jobs: Jobs
    vault: SigningVault
    dry_runs: DryRuns

    @property
    def _guard(self) -> FactoryGuard:
        return self.links.guard

    def plan(self, caller: Caller, claim_id: str, token: Account, *, recovery: Account | None = None) -> OnChainPlan:
        """The plan for a claim that is bound to the caller's account.

        Raises ClaimUnknown, TokenUnknown, MixedChains for a recovery account elsewhere, and Unavailable when the chain does not
        answer.
        """
        with self.db.read() as session:
            records = self._records(session, caller, claim_id, token)
        account = records.claim.account
        if recovery is not None and recovery.chain != account.chain:
            raise MixedChains("name a recovery account on the chain of the claim's account", pointer="/recovery")
        client = self._guard.chains.on(account.chain)
        head = client.head()
        facts = self._facts(client, head, records, recovery)
        drafted = drafts(facts)
        tried = self.dry_runs.run_all([one.transaction for one in drafted if one.transaction is not None], head)
        return OnChainPlan(
            claim_id=claim_id,
            token=token,
            account=account,
            identity_contract=None if facts.identity is None else Account(account.chain, facts.identity.address),
            verified=TokenReads(client, token.address).is_verified(account.address, head),
            steps=finished(drafted, tried, head),
            under_way=records.under_way,
            block=head,
        )

    def _records(self, session: Session, caller: Caller, claim_id: str, token_account: Account) -> _Records:
        claim = self.forms.issuance.claim_held_by(session, claim_id, caller)
        if token_account.chain != claim.account.chain:
            raise TokenUnknown("name a token on the chain of the claim's account", pointer="/token")
        token = self.links.tokens.get(session, token_account)
        bound = self.links.parties.bound_accounts(session, [claim.account]).get(claim.account)
        row = session.get(RegistrationRow, (str(token.id), claim.account.address.value))
        return _Records(
            claim=claim,
            token=token,
            forms=self.forms.forms_of(session, claim_id),
            requested_country=None if row is None else row.country,
            under_way=tuple(self._under_way(session, claim_id, token.id)),
            noted=None if bound is None else bound.identity_contract,
        )

    def _under_way(self, session: Session, claim_id: str, token: Account) -> list[UnderWay]:
        found = [(relay, self.jobs.find(session, bringing_key(claim_id, token, relay=relay))) for relay in (False, True)]
        return [
            UnderWay(job_id=job.id, relay=relay, state=job.state.value, error=job.last_error)
            for relay, job in found
            if job is not None
        ]

    def _facts(self, client: ChainClient, head: BlockRef, records: _Records, recovery: Account | None) -> PlanFacts:
        token, account = records.token, records.claim.account
        factories, relayer = frozenset(token.trusted_factories), self.vault.digest_signer(relayer_key(account.chain)).address
        found, distrust = self._vouched(account, factories, head)
        form = None if found is None else _form(records, found[0])
        country = records.requested_country or 0
        liveness = records.claim.liveness(self.clock.now())
        identity = None
        if found is not None:
            identity = _identity(client, head, account, found, records.noted, relayer=relayer, recovery=recovery, form=form)
        reads = TokenReads(client, token.address)
        wiring = reads.wiring(head)
        return PlanFacts(
            account=account,
            token=token.id,
            registry=wiring.identity_registry,
            agent=self._agent(token),
            relayer=relayer,
            recovery=recovery,
            gateway=open_gateway(client, factories, head) if identity is None else None,
            identity=identity,
            distrust=distrust,
            claim_ended=_ENDED.get(liveness),
            form=form,
            registered_identity=reads.identity_of(account.address, head),
            requested=records.requested_country is not None,
            country=country,
            country_rules=ComplianceReads(client).country_rules(wiring.compliance, country, head),
        )

    def _vouched(
        self, account: Account, factories: frozenset[Address], head: BlockRef
    ) -> tuple[tuple[Address, Address] | None, str | None]:
        """The identity contract and its factory; or, where one is named and not believed, why."""
        try:
            found = self._guard.find(account, factories, head)
            if found is not None:
                self.links.require_unshared(self.db, account, found, head)
        except (AccountUnknown, IdentityContractUntrusted, IdentityContractShared) as error:
            return None, _DISTRUST[type(error)]
        return found, None

    def _agent(self, token: Token) -> Account | None:
        return None if token.agent_key is None else Account(token.chain, self.vault.digest_signer(token.agent_key).address)


def _form(records: _Records, identity_contract: Address) -> FormRecord | None:
    """The form that the token's registry would look at, signed and not withdrawn."""
    topic = records.token.topic(records.claim.claim_type)
    for form in reversed(records.forms):
        fits = form.format == ERC735 and form.topic == topic and form.identity_contract == identity_contract
        if fits and form.state is FormState.SIGNED and form.signature is not None:
            return form
    return None


def _identity(
    client: ChainClient,
    head: BlockRef,
    account: Account,
    found: tuple[Address, Address],
    noted: Address | None,
    *,
    relayer: Address,
    recovery: Account | None,
    form: FormRecord | None,
) -> IdentityFacts:
    (identity_contract, factory), reads = found, IdentityReads(client)
    managers = set(reads.keys(identity_contract, onchainid.MANAGEMENT, head)) - {erc735.key_hash(account.address)}
    wallets = set(reads.wallets_of(factory, identity_contract, head)) - {account.address}
    standing = None
    if form is not None and form.issuer_contract is not None:
        standing = reads.claim(identity_contract, erc735.claim_id(form.issuer_contract, form.topic or 0), head)
    return IdentityFacts(
        address=identity_contract,
        factory=factory,
        noted=noted == identity_contract,
        relayer_may_add=reads.has_purpose(identity_contract, relayer, onchainid.CLAIM, head),
        recovery_manages=bool(managers) if recovery is None else erc735.key_hash(recovery.address) in managers,
        recovery_linked=bool(wallets) if recovery is None else recovery.address in wallets,
        standing_signature=None if standing is None else standing.signature,
    )
