"""The composition root: settings in, a whole service out. Nothing else builds rooms, and nothing is built at import."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy, SystemClock, SystemEntropy
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.gate import Gate
from identity_service.access.grants import Grants
from identity_service.access.oauth import ClientAuthenticator
from identity_service.access.page_gate import PageGate, viewer
from identity_service.access.pages import blueprint as access_pages
from identity_service.access.proofs import AccountProofs
from identity_service.access.routes import blueprint as access_routes
from identity_service.access.routes import oauth_blueprint
from identity_service.access.seat_routes import blueprint as seat_routes
from identity_service.access.seats import Seats
from identity_service.access.service import Access
from identity_service.access.single_use import SingleUse
from identity_service.audit.routes import blueprint as audit_routes
from identity_service.audit.service import AuditLog
from identity_service.cap_table.authorities import TransferAuthorities
from identity_service.cap_table.pages import blueprint as cap_table_pages
from identity_service.cap_table.routes import blueprint as cap_table_routes
from identity_service.cap_table.service import CapTable
from identity_service.chain.client import ChainClient
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.dry_runs import DryRuns
from identity_service.chain.rpc import JsonRpc
from identity_service.chain.wallets import ChainWallets
from identity_service.egress.client import EgressClient
from identity_service.issuance.desk import OfficersDesk
from identity_service.issuance.forms import COMPLETE_FORM_JOB, Forms
from identity_service.issuance.onchain import CompleteForm, PublishStatusList, RevokeForm
from identity_service.issuance.places import PUBLISH_LIST_JOB, REVOKE_FORM_JOB, RevocationPlaces
from identity_service.issuance.renewals import Renewals
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.routes import blueprint as issuance_routes
from identity_service.issuance.service import Issuance
from identity_service.issuance.status_lists import StatusLists
from identity_service.jobs.idempotency import Idempotency
from identity_service.jobs.routes import blueprint as jobs_routes
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import CHAIN_TRANSACTION, ChainSender
from identity_service.mail.service import mailer_for
from identity_service.mesh.presentation import Presentation
from identity_service.mesh.routes import blueprint as mesh_routes
from identity_service.mesh.service import Mesh
from identity_service.notices.events import OnboardingEvents
from identity_service.notices.model import ANNOUNCE_READINGS_JOB, SEND_NOTICE_JOB
from identity_service.notices.routes import blueprint as notices_routes
from identity_service.notices.sending import AnnounceReadings, SendNotice
from identity_service.notices.service import Notices, ReadingsHeard
from identity_service.onboarding.accounts import AccountGround, Accounts
from identity_service.onboarding.agent_batches import AgentBatches
from identity_service.onboarding.allowances import InvitedAllowances
from identity_service.onboarding.batch_pages import blueprint as batch_pages
from identity_service.onboarding.batch_routes import blueprint as batch_routes
from identity_service.onboarding.batches import Batches
from identity_service.onboarding.bringing import BringOnChain
from identity_service.onboarding.event_routes import blueprint as invitation_event_routes
from identity_service.onboarding.holder_requests import HolderRequests
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_routes import blueprint as invitation_routes
from identity_service.onboarding.invitations import Invitations
from identity_service.onboarding.model import ADD_CLAIM_JOB, BRING_ON_CHAIN_JOB, DEPLOY_IDENTITY_JOB, REGISTER_IDENTITY_JOB
from identity_service.onboarding.onchain import (
    AddClaim,
    DeployIdentityContract,
    FactoryGuard,
    IdentityLinks,
    RegisterIdentity,
    relayer_key,
)
from identity_service.onboarding.pages import blueprint as invited_pages
from identity_service.onboarding.plan_routes import blueprint as on_chain_routes
from identity_service.onboarding.plans import OnChainPlans
from identity_service.onboarding.routes import blueprint as onboarding_routes
from identity_service.onboarding.sender_pages import blueprint as sender_pages
from identity_service.onboarding.service import Onboarding
from identity_service.openid4vci.assembly import Ground, OpenId4Vci
from identity_service.openid4vci.offer_pages import blueprint as offer_pages
from identity_service.openid4vci.pages import blueprint as authorize_pages
from identity_service.orders.evidence import Evidences
from identity_service.orders.matching import MatchOrder
from identity_service.orders.model import MATCH_ORDER_JOB
from identity_service.orders.names import OrderNames
from identity_service.orders.pages import blueprint as orders_pages
from identity_service.orders.routes import blueprint as orders_routes
from identity_service.orders.service import Orders
from identity_service.orders.statements import ORDERS_KEY, Statements
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.routes import blueprint as parties_routes
from identity_service.parties.service import Parties
from identity_service.portal.case_file import CaseFiles
from identity_service.portal.desk import blueprint as desk_pages
from identity_service.portal.desk_claims import blueprint as desk_claim_pages
from identity_service.portal.explain_page import blueprint as explain_pages
from identity_service.portal.impact import Impacts
from identity_service.portal.mesh_pages import blueprint as mesh_pages
from identity_service.portal.my_claims import MyClaims
from identity_service.portal.my_claims_pages import blueprint as my_claims_pages
from identity_service.portal.navigation import navigation
from identity_service.portal.on_chain_pages import blueprint as on_chain_pages
from identity_service.portal.pages import blueprint as portal_pages
from identity_service.register.indexer import Indexer
from identity_service.register.service import Register
from identity_service.settings import Settings
from identity_service.storage import Database
from identity_service.storage.migrate import require_current
from identity_service.tokens.registration import TokenRegistration
from identity_service.tokens.routes import blueprint as tokens_routes
from identity_service.tokens.service import Tokens
from identity_service.vault.service import Vault
from identity_service.vault.signers import VaultSigners
from identity_service.verification.explaining import Explaining
from identity_service.verification.routes import blueprint as verification_routes
from identity_service.verification.service import Verification, attestation_key
from identity_service.web.app import WebConfig, build_web
from identity_service.web.limits import CostlyWork

AUDIT_KEY: Final = "audit"
IDEMPOTENCY_MEMORY: Final = timedelta(days=7)


def vault_directory(settings: Settings) -> Path:
    """Where the keys lie."""
    return settings.data_directory / "vault"


@dataclass(frozen=True, slots=True)
class World:
    """What a service takes from outside: time, chance and the way out. Tests hand in their own."""

    clock: Clock
    entropy: Entropy
    egress: EgressClient

    @classmethod
    def real(cls, settings: Settings) -> "World":
        """The machine's clock and random source; loopback is a target only under the development switch."""
        clock = SystemClock()
        return cls(clock=clock, entropy=SystemEntropy(), egress=EgressClient(clock=clock, allow_loopback=settings.development))


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """The keys under which the service acts as agent of tokens."""

    signers: VaultSigners

    def agent_key_for(self, token: Account) -> str:
        """The name of the token's agent key, made when it is first asked for."""
        return self.signers.ensure_key(f"agent.{token.chain.number}.{token.address.value.hex()}", "secp256k1")

    def address_of(self, key_name: str) -> str:
        """The key's account in EIP-55 form."""
        return str(self.signers.digest_signer(key_name).address)


@dataclass(frozen=True, slots=True)
class TokenIssuers:
    """Tells ``access`` who issued a token."""

    tokens: Tokens

    def token_issuer_of(self, session: Session, token: Account) -> str:
        """The party id of the token's issuer. Raises TokenUnknown."""
        return self.tokens.get(session, token).token_issuer


class Service:
    """Every room, wired. ``app()`` serves it; ``jobs`` and ``indexer`` are what a worker runs."""

    def __init__(self, settings: Settings, vault: Vault, world: World | None = None) -> None:
        self.settings = settings
        self.world = world or World.real(settings)
        clock, entropy = self.world.clock, self.world.entropy
        self.db = Database.open(settings.database_url)
        self.signers = VaultSigners(vault)
        self.chains = ChainDirectory({chain: self._client(chain) for chain in settings.chains})
        self._ensure_service_keys()
        self.audit = AuditLog(clock)
        self.jobs = Jobs(clock, entropy)
        self.tokens = Tokens(clock)
        self.register = Register()
        self.indexer = Indexer(self.db, self.chains.on, clock, finality_depth=_finality_depth(settings))
        self.access = Access(clock, entropy)
        self.single_use = SingleUse(clock, entropy)
        self.grants = Grants(clock, entropy)
        self.seats = Seats(clock, entropy)
        self.parties = Parties(clock=clock, entropy=entropy, vault=vault, audit=self.audit)
        self.disclosures = Disclosures(
            clock=clock, entropy=entropy, parties=self.parties, audit=self.audit, on_disclosed=ReadingsHeard(jobs=self.jobs)
        )
        self.notices = Notices(clock=clock, entropy=entropy, parties=self.parties, jobs=self.jobs)
        self.onboarding_events = OnboardingEvents(clock=clock, entropy=entropy)
        self.mailer = mailer_for(settings, clock=clock, entropy=entropy)
        self.mesh = Mesh(clock=clock, entropy=entropy, vault=self.signers, audit=self.audit, host=_host(self.public_url))
        self._build_issuance(clock, entropy)
        self._build_openid4vci(vault)
        self._build_invitations(vault)
        self._build_answers(clock)
        self._build_orders(clock, entropy)
        self._register_handlers()
        self._register_notices()

    @property
    def public_url(self) -> str:
        """The address callers use. Raises PublicUrlMissing."""
        return self.settings.require_public_url()

    def app(self) -> Flask:
        """The Flask application. Intents that a crash left open are finished or revoked before it is handed out."""
        self.forms.reconcile()
        gate = Gate(db=self.db, access=self.access, idempotency=Idempotency(self.world.clock))
        proofs = self._account_proofs()
        presentation = Presentation(self.signers, self.chains)
        agents = AgentKeys(self.signers)
        registration = TokenRegistration(self.tokens, self.chains, _identity_factories(self.settings))
        blueprints = (
            oauth_blueprint(gate, self._authenticator()),
            access_routes(gate, proofs, self.grants, TokenIssuers(self.tokens), self.parties, self.audit),
            parties_routes(gate, proofs, self.parties, self.disclosures),
            notices_routes(gate, self.notices),
            mesh_routes(gate, self.mesh, self.parties, presentation),
            tokens_routes(gate, self.tokens, registration, agents, self.parties, self.audit),
            issuance_routes(gate, proofs, self.issuance, self.forms, self.revocations, self.disclosures, self.tokens, self.guard),
            onboarding_routes(gate, self.onboarding, self.issuance, self.forms, self.tokens),
            self._on_chain_routes(gate),
            *self.accounts.blueprints(gate, self.asks_chain),
            *self.openid4vci.blueprints(gate),
            invitation_routes(gate, proofs, self.invitations, self.invitation_codes),
            invitation_event_routes(gate, self.invitations, self.onboarding_events),
            batch_routes(gate, self.batches, self.invitation_codes),
            verification_routes(gate, self.verification, self.explaining, self.service_accounts, self.asks_chain),
            cap_table_routes(gate, self.cap_table, self.transfer_authorities),
            orders_routes(gate, self.orders, self.orders.evidences, self.statements, self.asks_chain),
            jobs_routes(gate, self.jobs),
            audit_routes(gate, self.audit, self.audit_export),
            seat_routes(gate, self.seats, self.parties, self.audit),
            *self._pages(proofs),
        )
        app = build_web(
            self._web_config(),
            clock=self.world.clock,
            entropy=self.world.entropy,
            blueprints=blueprints,
            readiness={"database": lambda: require_current(self.db)},
        )
        app.jinja_env.globals.update(viewer=viewer, navigation=lambda: navigation(viewer()))
        return app

    def _on_chain_routes(self, gate: Gate) -> Blueprint:
        requests = self._holder_requests()
        batches = AgentBatches(db=self.db, tokens=self.tokens, onboarding=self.onboarding, guard=self.guard, dry_runs=self.dry_runs)
        return on_chain_routes(gate, self.onboarding, self.on_chain_plans, requests, batches, self.tokens, self.asks_chain)

    def _holder_requests(self) -> HolderRequests:
        return HolderRequests(onboarding=self.onboarding, issuance=self.issuance, chains=self.chains, disclosures=self.disclosures)

    def _on_chain_pages(self, gate: PageGate) -> Blueprint:
        requests = self._holder_requests()
        return on_chain_pages(gate, self.on_chain_plans, self.onboarding, requests, self.tokens, self.asks_chain)

    @property
    def on_chain_plans(self) -> OnChainPlans:
        """How far each claim is on its way to a token."""
        return OnChainPlans(
            db=self.db,
            clock=self.world.clock,
            forms=self.forms,
            links=self.identity_links,
            jobs=self.jobs,
            vault=self.signers,
            dry_runs=self.dry_runs,
        )

    def _pages(self, proofs: AccountProofs) -> tuple[Blueprint, ...]:
        """What people look at; the rooms that have something to show, in the order of the layers."""
        gate = PageGate(db=self.db, access=self.access, public_url=self.public_url)
        return (
            access_pages(gate, proofs, tuple(self.settings.chains), self.audit),
            invited_pages(gate, proofs, self.invitation_codes, tuple(self.settings.chains)),
            sender_pages(gate, self.invitations, self.invitation_codes),
            offer_pages(gate, self.openid4vci.offers),
            authorize_pages(gate, self.openid4vci.code_requests, tuple(self.settings.chains)),
            batch_pages(gate, self.batches, self.invitation_codes),
            self.accounts.pages(gate, self.asks_chain),
            cap_table_pages(gate, self.cap_table),
            my_claims_pages(gate, self._my_claims(), self.asks_chain),
            self._on_chain_pages(gate),
            mesh_pages(gate, self.mesh, self.world.clock),
            portal_pages(gate),
            explain_pages(gate, self.tokens, self.register, self.explaining, self.asks_chain),
            orders_pages(gate, self.orders, self.statements, self._order_names(), self.world.entropy, self.asks_chain),
            *self._desk_pages(gate),
        )

    def _desk_pages(self, gate: PageGate) -> tuple[Blueprint, ...]:
        desk = OfficersDesk(issuance=self.issuance, forms=self.forms)
        case_files = CaseFiles(issuance=self.issuance, disclosures=self.disclosures)
        impacts = Impacts(desk=desk, tokens=self.tokens, register=self.register)
        return desk_pages(gate, desk, case_files), desk_claim_pages(gate, desk, self.revocations, impacts, case_files)

    def _my_claims(self) -> MyClaims:
        return MyClaims(
            clock=self.world.clock,
            issuance=self.issuance,
            forms=self.forms,
            tokens=self.tokens,
            disclosures=self.disclosures,
            authorities=self.transfer_authorities,
            explaining=self.explaining,
        )

    def audit_export(self, session: Session) -> Iterator[bytes]:
        """The lines of the whole audit log, the last a checkpoint signed with the log's key."""
        return self.audit.export(session, self.signers.signer(AUDIT_KEY))

    def service_accounts(self) -> Sequence[Mapping[str, str]]:
        """Our accounts on each chain: holders let the relayer add claims, contracts trust the eligibility signer."""
        return [
            {
                "chain": str(chain),
                "relayer": str(self.signers.digest_signer(relayer_key(chain)).address),
                "eligibility_signer": str(self.signers.digest_signer(attestation_key(chain)).address),
            }
            for chain in self.settings.chains
        ]

    def forget_expired(self) -> None:
        """Remove used-up nonces, dead tokens and old idempotency keys: what anonymous callers can make us write."""
        with self.db.write() as session:
            self.single_use.forget_expired(session)
            self.access.forget_expired(session)
            self.notices.forget_addresses(session)
            Idempotency(self.world.clock).forget(session, self.world.clock.now() - IDEMPOTENCY_MEMORY)

    def close(self) -> None:
        """Give back connections."""
        self.db.close()
        self.world.egress.close()

    def _client(self, chain: ChainId) -> ChainClient:
        return ChainClient(JsonRpc(self.settings.chain(chain).rpc_url, egress=self.world.egress, chain=chain))

    def _ensure_service_keys(self) -> None:
        self.signers.ensure_key(AUDIT_KEY, "ed25519")
        self.signers.ensure_key(ORDERS_KEY, "ed25519")
        for chain in self.settings.chains:
            self.signers.ensure_key(relayer_key(chain), "secp256k1")
            self.signers.ensure_key(attestation_key(chain), "secp256k1")

    def _build_issuance(self, clock: Clock, entropy: Entropy) -> None:
        self.status_lists = StatusLists(
            clock=clock, entropy=entropy, vault=self.signers, mesh=self.mesh, public_url=self.public_url
        )
        self.issuance = Issuance(
            clock=clock,
            entropy=entropy,
            parties=self.parties,
            mesh=self.mesh,
            status_lists=self.status_lists,
            audit=self.audit,
        )
        places = RevocationPlaces(status_lists=self.status_lists, jobs=self.jobs)
        self.forms = Forms(
            db=self.db,
            clock=clock,
            entropy=entropy,
            vault=self.signers,
            issuance=self.issuance,
            jobs=self.jobs,
            reach=places,
            audit=self.audit,
            credential_types=CredentialTypes(f"{self.public_url}/credential-types"),
            on_issued=self.notices.claim_issued,
        )
        self.revocations = Revocations(clock=clock, issuance=self.issuance, reach=places, audit=self.audit)
        self.onboarding = Onboarding(clock=clock, parties=self.parties, jobs=self.jobs, audit=self.audit)

    def _build_openid4vci(self, vault: Vault) -> None:
        ground = Ground(
            db=self.db,
            clock=self.world.clock,
            entropy=self.world.entropy,
            vault=vault,
            keys=self.signers,
            issuance=self.issuance,
            forms=self.forms,
            single_use=self.single_use,
            notices=self.notices,
            events=self.onboarding_events,
            audit=self.audit,
            credential_types=self.forms.credential_types,
            public_url=self.public_url,
            loopback=self.settings.development,
        )
        self.openid4vci = OpenId4Vci.on(ground)

    def _build_invitations(self, vault: Vault) -> None:
        clock, entropy = self.world.clock, self.world.entropy
        self.invited_allowances = InvitedAllowances(clock=clock, issuance=self.issuance, tokens=self.tokens, register=self.register)
        self.invitations = Invitations(
            clock=clock,
            entropy=entropy,
            vault=vault,
            issuance=self.issuance,
            allowances=self.invited_allowances,
            events=OnboardingEvents(clock=clock, entropy=entropy),
            audit=self.audit,
        )
        self.batches = Batches(clock=clock, entropy=entropy, invitations=self.invitations, audit=self.audit)
        self.invitation_codes = InvitationCodes(
            clock=clock,
            issuance=self.issuance,
            allowances=self.invited_allowances,
            disclosures=self.disclosures,
            audit=self.audit,
            public_url=self.public_url,
        )

    def _build_answers(self, clock: Clock) -> None:
        self.verification = Verification(
            db=self.db,
            clock=clock,
            parties=self.parties,
            issuance=self.issuance,
            mesh=self.mesh,
            tokens=self.tokens,
            chains=self.chains,
            vault=self.signers,
            oldest_heads=_oldest_heads(self.settings),
        )
        self.transfer_authorities = TransferAuthorities(
            clock=clock,
            register=self.register,
            tokens=self.tokens,
            parties=self.parties,
            issuance=self.issuance,
            disclosures=self.disclosures,
        )
        self.explaining = Explaining(verification=self.verification)
        self.asks_chain = CostlyWork(self.settings.chain_rate_limit)
        self.cap_table = CapTable(
            clock=clock,
            register=self.register,
            tokens=self.tokens,
            parties=self.parties,
            issuance=self.issuance,
            grants=self.grants,
            disclosures=self.disclosures,
        )

    def _build_orders(self, clock: Clock, entropy: Entropy) -> None:
        self.statements = Statements(keys=self.signers, issuer=self.public_url, published=(ORDERS_KEY, AUDIT_KEY))
        self.orders = Orders(
            clock=clock,
            entropy=entropy,
            evidences=Evidences(issuance=self.issuance, mesh=self.mesh, wallets=ChainWallets(self.chains)),
            parties=self.parties,
            tokens=self.tokens,
            register=self.register,
            jobs=self.jobs,
            audit=self.audit,
            finality_depth=_finality_depth(self.settings),
        )
        matching = MatchOrder(
            clock=clock,
            tokens=self.tokens,
            register=self.register,
            chains=self.chains,
            audit=self.audit,
            finality_depth=_finality_depth(self.settings),
        )
        self.jobs.register(MATCH_ORDER_JOB, matching)

    def _order_names(self) -> OrderNames:
        return OrderNames(disclosures=self.disclosures, mesh=self.mesh)

    def _register_handlers(self) -> None:
        """What each kind of job does; rooms above the queue hang their work in here."""
        sender = ChainSender(
            self.jobs,
            self.signers.digest_signer,
            self.chains.clients,
            self.world.clock,
            self.world.entropy,
            confirmations=_confirmations(self.settings),
        )
        self.guard = FactoryGuard(chains=self.chains)
        self.dry_runs = DryRuns(self.chains)
        self.identity_links = IdentityLinks(parties=self.parties, tokens=self.tokens, guard=self.guard)
        self.jobs.register(CHAIN_TRANSACTION, sender.handle)
        self.jobs.register(COMPLETE_FORM_JOB, CompleteForm(forms=self.forms))
        self.jobs.register(PUBLISH_LIST_JOB, PublishStatusList(issuance=self.issuance))
        self.jobs.register(
            REVOKE_FORM_JOB,
            RevokeForm(
                issuance=self.issuance,
                forms=self.forms,
                vault=self.signers,
                chains=self.chains,
                jobs=self.jobs,
                sender=sender,
            ),
        )
        self.jobs.register(
            ADD_CLAIM_JOB,
            AddClaim(
                issuance=self.issuance,
                forms=self.forms,
                vault=self.signers,
                chains=self.chains,
                jobs=self.jobs,
                sender=sender,
            ),
        )
        self.jobs.register(
            DEPLOY_IDENTITY_JOB,
            DeployIdentityContract(links=self.identity_links, jobs=self.jobs, sender=sender),
        )
        self.jobs.register(BRING_ON_CHAIN_JOB, BringOnChain(forms=self.forms, links=self.identity_links, jobs=self.jobs))
        self.jobs.register(
            REGISTER_IDENTITY_JOB,
            RegisterIdentity(parties=self.parties, tokens=self.tokens, guard=self.guard, jobs=self.jobs, sender=sender),
        )
        self._build_accounts(sender)

    def _build_accounts(self, sender: ChainSender) -> None:
        ground = AccountGround(
            db=self.db,
            clock=self.world.clock,
            entropy=self.world.entropy,
            proofs=self._account_proofs(),
            links=self.identity_links,
            forms=self.forms,
            revocations=self.revocations,
            jobs=self.jobs,
            sender=sender,
            notices=self.notices,
            audit=self.audit,
            disclosures=self.disclosures,
            chains=self.settings.chains,
            confirmations=_confirmations(self.settings),
        )
        self.accounts = Accounts.on(ground)

    def _register_notices(self) -> None:
        """The jobs that write mail."""
        sending = SendNotice(
            notices=self.notices,
            disclosures=self.disclosures,
            audit=self.audit,
            mailer=self.mailer,
            clock=self.world.clock,
            service=self.public_url,
            claims=Renewals(clock=self.world.clock, issuance=self.issuance),
            tx_codes=self.openid4vci.tx_codes,
            on_code_trouble=self.openid4vci.steps.note_mail,
        )
        self.jobs.register(SEND_NOTICE_JOB, sending)
        self.jobs.register(ANNOUNCE_READINGS_JOB, AnnounceReadings(notices=self.notices, disclosures=self.disclosures))

    def _account_proofs(self) -> AccountProofs:
        return AccountProofs(
            db=self.db,
            clock=self.world.clock,
            entropy=self.world.entropy,
            single_use=self.single_use,
            wallets=ChainWallets(self.chains),
            domain=_host(self.public_url),
            uri=self.public_url,
        )

    def _authenticator(self) -> ClientAuthenticator:
        audiences = frozenset({self.public_url, f"{self.public_url}/oauth/token"})
        return ClientAuthenticator(self.access, self.single_use, self.world.clock, audiences)

    def _web_config(self) -> WebConfig:
        return WebConfig(
            public_url=self.public_url,
            rate_limit=self.settings.rate_limit,
            proxy_hops=self.settings.proxy_hops,
            log_level=self.settings.log_level,
            development=self.settings.development,
        )


def open_service(settings: Settings, world: World | None = None) -> Service:
    """The service of an initialised data directory.

    Raises VaultMissing and its kin, DatabaseOutdated, DatabaseUnavailable, PublicUrlMissing.
    """
    service = assemble(settings, world)
    require_current(service.db)
    return service


def assemble(settings: Settings, world: World | None = None) -> Service:
    """The service before anything has looked at its database: for whoever is to find out what is wrong with that."""
    world = world or World.real(settings)
    vault = Vault.open(vault_directory(settings), world.entropy, settings.vault_passphrase or None)
    return Service(settings, vault, world)


def _host(public_url: str) -> str:
    """The authority of the public address: the SIWE domain, and the host of did:web."""
    return urlsplit(public_url).netloc


def _confirmations(settings: Settings) -> int:
    return max([1, *(chain.confirmations for chain in settings.chains.values())])


def _finality_depth(settings: Settings) -> int:
    return max([1, *(chain.finality_depth for chain in settings.chains.values())])


def _identity_factories(settings: Settings) -> Mapping[ChainId, tuple[Address, ...]]:
    return {chain: chosen.identity_factories for chain, chosen in settings.chains.items()}


def _oldest_heads(settings: Settings) -> Mapping[ChainId, timedelta]:
    return {chain: timedelta(seconds=chosen.oldest_head_seconds) for chain, chosen in settings.chains.items()}
