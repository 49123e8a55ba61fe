"""What a token's agent finds in its queue, held against the chain at one block, with transactions for its own wallet to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller
from identity_service.chain import trex
from identity_service.chain.asking import Question, ask_all, someone
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.compliance_reads import ComplianceReads, CountryRules
from identity_service.chain.dry_runs import DryRun, DryRuns, MixedChains, UnsentTransaction, block_json
from identity_service.chain.reads import TokenReads
from identity_service.issuance.model import IdentityContractUntrusted
from identity_service.onboarding.model import Registration
from identity_service.onboarding.onchain import FactoryGuard
from identity_service.onboarding.plan_steps import country_words
from identity_service.onboarding.service import Onboarding
from identity_service.storage import Database
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens

MOST_ENTRIES: Final = 50
"""Some 80,000 gas each: fifty stay far below what one transaction may use."""


class EntryState(StrEnum):
    """How a place in the queue stands against the token's identity registry."""

    WAITING = "waiting"
    NOT_READY = "not_ready"
    REGISTERED = "registered"
    COUNTRY_DIFFERS = "country_differs"
    IDENTITY_DIFFERS = "identity_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEntry:
    """A place in the queue with what the chain says; ``registered_country`` is None where the registry has no entry.

    ``update`` sets the country that is wanted now, where the registry has another.
    """

    registration: Registration
    state: EntryState
    why: str | None
    identity_contract: Account | None
    registered_country: int | None
    update: DryRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBatch:
    """A part of the queue as of ``block``; ``batch`` registers all that wait in it, None where nobody does.

    ``country_rules`` are what the token's compliance modules say to a holder who names no country.
    """

    token: Account
    sender: Account
    entries: tuple[AgentEntry, ...]
    batch: DryRun | None
    country_rules: CountryRules
    next_address: bytes | None
    block: BlockRef

    def as_json(self) -> dict[str, Any]:
        """The form in which the API gives it."""
        waiting = [one for one in self.entries if one.state is EntryState.WAITING]
        return {
            "token": str(self.token),
            "sender": str(self.sender),
            "items": [_entry_json(one) for one in self.entries],
            "batch": None
            if self.batch is None
            else {"accounts": [str(one.registration.account) for one in waiting], "transaction": self.batch.as_json()},
            "country": {
                "needed": not self.country_rules.takes,
                "modules": [one.name for one in self.country_rules.modules],
                "other_modules": list(self.country_rules.other_modules),
            },
            "next": None if self.next_address is None else self.next_address.hex(),
            "as_of": block_json(self.block),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registered:
    """The registry's entry for an account."""

    identity_contract: Address | None
    country: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBatches:
    """Prepares an agent's work."""

    db: Database
    tokens: Tokens
    onboarding: Onboarding
    guard: FactoryGuard
    dry_runs: DryRuns

    def prepare(
        self, caller: Caller, token_account: Account, *, sender: Account, after: bytes = b"", limit: int = MOST_ENTRIES
    ) -> AgentBatch:
        """The queue from behind the address ``after``, at most ``limit`` places, for the agent's account ``sender`` to work off.

        Raises TokenUnknown, NotTheTokenIssuer, MixedChains, and Unavailable when the chain does not answer.
        """
        with self.db.read() as session:
            token = self.tokens.get(session, token_account)
            found = self.onboarding.registrations(session, token, caller, after=after, limit=limit + 1)
            queue = found[:limit]
            noted = self._noted(session, queue)
        if sender.chain != token.chain:
            raise MixedChains("name the agent's account on the token's own chain", pointer="/sender")
        client = self.guard.chains.on(token.chain)
        head = client.head()
        wiring = TokenReads(client, token.address).wiring(head)
        registry = Account(token.chain, wiring.identity_registry)
        entries = self._entries(client, head, token, wiring.compliance, registry, queue, noted)
        return AgentBatch(
            token=token.id,
            sender=sender,
            entries=self._with_updates(entries, registry, sender, head),
            batch=self._batch(entries, registry, sender, head),
            country_rules=ComplianceReads(client).country_rules(wiring.compliance, 0, head),
            next_address=queue[-1].account.address.value if len(found) > limit else None,
            block=head,
        )

    def _noted(self, session: Session, queue: Sequence[Registration]) -> Mapping[Account, Address | None]:
        bound = self.onboarding.parties.bound_accounts(session, [one.account for one in queue])
        return {account: one.identity_contract for account, one in bound.items()}

    def _entries(
        self,
        client: ChainClient,
        head: BlockRef,
        token: Token,
        compliance: Address,
        registry: Account,
        queue: Sequence[Registration],
        noted: Mapping[Account, Address | None],
    ) -> tuple[AgentEntry, ...]:
        accounts = [one.account for one in queue]
        vouched = self.guard.find_all(accounts, frozenset(token.trusted_factories), head)
        registered = _registered(client, head, registry.address, accounts)
        reads = ComplianceReads(client)
        rules = {country: reads.country_rules(compliance, country, head) for country in {one.country for one in queue}}
        return tuple(
            _entry(one, noted.get(one.account), vouched[one.account], registered[one.account], rules[one.country]) for one in queue
        )

    def _batch(self, entries: Sequence[AgentEntry], registry: Account, sender: Account, head: BlockRef) -> DryRun | None:
        waiting = [
            (one.registration.account.address, one.identity_contract.address, one.registration.country)
            for one in entries
            if one.state is EntryState.WAITING and one.identity_contract is not None
        ]
        if not waiting:
            return None
        call = UnsentTransaction(to=registry, data=trex.batch_register_identity(waiting), sender=sender)
        return self.dry_runs.run(call, head)

    def _with_updates(
        self, entries: Sequence[AgentEntry], registry: Account, sender: Account, head: BlockRef
    ) -> tuple[AgentEntry, ...]:
        calls = [
            UnsentTransaction(
                to=registry,
                data=trex.update_country(one.registration.account.address, one.registration.country),
                sender=sender,
            )
            for one in entries
            if one.state is EntryState.COUNTRY_DIFFERS
        ]
        runs = iter(self.dry_runs.run_all(calls, head))
        return tuple(replace(one, update=next(runs)) if one.state is EntryState.COUNTRY_DIFFERS else one for one in entries)


def _registered(client: ChainClient, head: BlockRef, registry: Address, accounts: Sequence[Account]) -> dict[Account, _Registered]:
    questions: list[Question] = []
    for account in accounts:
        questions += [(registry, trex.IDENTITY, (account.address,)), (registry, trex.INVESTOR_COUNTRY, (account.address,))]
    answers = iter(ask_all(client, questions, head) if questions else [])
    pairs = zip(accounts, zip(*[answers] * 2, strict=True), strict=True)
    return {
        account: _Registered(identity_contract=someone(identity), country=int(country)) for account, (identity, country) in pairs
    }


def _entry(
    registration: Registration,
    noted: Address | None,
    vouched: tuple[Address, Address] | IdentityContractUntrusted | None,
    registered: _Registered,
    rules: CountryRules,
) -> AgentEntry:
    state, why = _state(registration, noted, vouched, registered, rules)
    return AgentEntry(
        registration=registration,
        state=state,
        why=why,
        identity_contract=None if noted is None else Account(registration.account.chain, noted),
        registered_country=None if registered.identity_contract is None else registered.country,
    )


def _state(
    registration: Registration,
    noted: Address | None,
    vouched: tuple[Address, Address] | IdentityContractUntrusted | None,
    registered: _Registered,
    rules: CountryRules,
) -> tuple[EntryState, str | None]:
    if registered.identity_contract is not None:
        if registered.identity_contract != noted:
            return EntryState.IDENTITY_DIFFERS, "The registry holds another identity contract for the account; it may be a decoy."
        if registered.country != registration.country:
            return EntryState.COUNTRY_DIFFERS, None
        return EntryState.REGISTERED, None
    if noted is None or vouched is None:
        return EntryState.NOT_READY, "The holder has no identity contract yet that a factory trusted by this token names."
    if isinstance(vouched, IdentityContractUntrusted) or vouched[0] != noted:
        return EntryState.NOT_READY, "The factories that this token trusts name another identity contract for the account."
    if not rules.takes:
        return EntryState.NOT_READY, country_words(rules)
    return EntryState.WAITING, None


def _entry_json(one: AgentEntry) -> dict[str, Any]:
    return {
        "account": str(one.registration.account),
        "identity_contract": None if one.identity_contract is None else str(one.identity_contract),
        "country": one.registration.country,
        "country_differs": one.registration.country_differs,
        "revision": one.registration.revision,
        "registered_country": one.registered_country,
        "requested_by": "holder" if one.registration.by_holder else "token_issuer",
        "job": one.registration.job_id,
        "state": one.state.value,
        "why": one.why,
        "update": None if one.update is None else one.update.as_json(),
    }
