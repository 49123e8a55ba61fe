"""Puts the work on accounts together: linking, unlinking, moves, recoveries, batches of proofs."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import Blueprint

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import ChainId
from identity_service.access.gate import Gate
from identity_service.access.lost_accounts import LostAccounts
from identity_service.access.page_gate import PageGate
from identity_service.access.proofs import AccountProofs
from identity_service.audit.service import AuditLog
from identity_service.chain.wallets import ChainWallets
from identity_service.issuance.forms import Forms
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.unlinking import UnlinkedAccounts
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import ChainSender
from identity_service.notices.service import Notices
from identity_service.onboarding import account_batch_pages, account_batch_routes, move_routes
from identity_service.onboarding.account_acts import AccountActs
from identity_service.onboarding.account_batches import AccountBatches
from identity_service.onboarding.account_steps import FollowAct
from identity_service.onboarding.linking import AccountLinks
from identity_service.onboarding.move_model import FOLLOW_ACT_JOB
from identity_service.onboarding.move_stakes import MovesAtStake
from identity_service.onboarding.moves import Moves
from identity_service.onboarding.onchain import IdentityLinks
from identity_service.onboarding.recoveries import Recoveries
from identity_service.parties.disclosures import Disclosures
from identity_service.storage import Database
from identity_service.web.limits import CostlyWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGround:
    """What the work on accounts stands on; the rest it builds itself. ``confirmations`` is as for ``ChainSender``."""

    db: Database
    clock: Clock
    entropy: Entropy
    proofs: AccountProofs
    links: IdentityLinks
    forms: Forms
    revocations: Revocations
    jobs: Jobs
    sender: ChainSender
    notices: Notices
    audit: AuditLog
    disclosures: Disclosures
    chains: Collection[ChainId]
    confirmations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Everything that is done with a party's accounts."""

    links: AccountLinks
    moves: Moves
    recoveries: Recoveries
    batches: AccountBatches

    @classmethod
    def on(cls, ground: AccountGround) -> "Accounts":
        """All of it; the job that follows acts is registered."""
        issuance, tokens, parties = ground.forms.issuance, ground.links.tokens, ground.links.parties
        acts = AccountActs(clock=ground.clock, entropy=ground.entropy, jobs=ground.jobs, audit=ground.audit)
        ending = UnlinkedAccounts(clock=ground.clock, entropy=ground.entropy, issuance=issuance, audit=ground.audit)
        following = FollowAct(
            acts=acts,
            links=ground.links,
            issuance=issuance,
            forms=ground.forms,
            revocations=ground.revocations,
            jobs=ground.jobs,
            sender=ground.sender,
            confirmations=ground.confirmations,
        )
        ground.jobs.register(FOLLOW_ACT_JOB, following)
        links = AccountLinks(proofs=ground.proofs, parties=parties, tokens=tokens, ending=ending, acts=acts)
        moves = Moves(
            clock=ground.clock,
            entropy=ground.entropy,
            proofs=ground.proofs,
            parties=parties,
            tokens=tokens,
            ending=ending,
            revocations=ground.revocations,
            forms=ground.forms,
            lost_accounts=LostAccounts(ground.clock),
            acts=acts,
            links=links,
            at_stake=MovesAtStake(clock=ground.clock, parties=parties, acts=acts, ending=ending),
            notices=ground.notices,
            audit=ground.audit,
        )
        batches = AccountBatches(
            db=ground.db,
            clock=ground.clock,
            entropy=ground.entropy,
            proofs=ground.proofs,
            wallets=ChainWallets(ground.links.guard.chains),
            parties=parties,
            audit=ground.audit,
            disclosures=ground.disclosures,
            chains=frozenset(ground.chains),
        )
        return cls(
            links=links,
            moves=moves,
            recoveries=Recoveries(tokens=tokens, acts=acts, jobs=ground.jobs, sender=ground.sender, audit=ground.audit),
            batches=batches,
        )

    def pages(self, gate: PageGate, asks_chain: CostlyWork) -> Blueprint:
        """What a custody desk looks at."""
        return account_batch_pages.blueprint(gate, self.batches, asks_chain)

    def blueprints(self, gate: Gate, asks_chain: CostlyWork) -> tuple[Blueprint, ...]:
        """The API."""
        return (
            move_routes.blueprint(gate, self.links, self.moves, self.recoveries, asks_chain),
            account_batch_routes.blueprint(gate, self.batches, asks_chain),
        )
