"""The jobs of this room. Each looks at the chain first, so running one again does nothing twice."""

from dataclasses import dataclass

from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.chain import onchainid, trex
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.issuance.forms import Forms, SigningVault
from identity_service.issuance.model import ClaimNotLive, FormRecord, IdentityContractUntrusted, Liveness
from identity_service.issuance.service import Issuance
from identity_service.jobs.following import follow
from identity_service.jobs.model import Done, Job, Outcome, ReceiptNote
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import ChainSender
from identity_service.onboarding.model import (
    AgentKeyMissing,
    IdentityFactoryMissing,
    RelayerNotPermitted,
    addition_keys,
    deployment_keys,
    registration_keys,
)
from identity_service.onboarding.service import add_claim_data
from identity_service.parties.service import Parties
from identity_service.storage import Database
from identity_service.tokens.service import Tokens


def relayer_key(chain: ChainId) -> str:
    """The vault's name for the key that sends what anybody may send, and adds claims where a holder let it."""
    return f"relayer.{chain.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryGuard:
    """Believes an identity contract only when a trusted factory names it for the account (DESIGN §4, fault 3)."""

    chains: ChainDirectory

    def vouches_for(self, account: Account, identity_contract: Address, factories: frozenset[Address]) -> bool:
        """Whether a trusted factory names ``identity_contract`` for the account now, and no other says otherwise."""
        found = self.find(account, factories)
        return found is not None and found[0] == identity_contract

    def find(self, account: Account, factories: frozenset[Address]) -> tuple[Address, Address] | None:
        """The identity contract that a trusted factory names for the account now, and that factory; or None.

        Raises IdentityContractUntrusted when two factories name different ones: then neither is believed.
        """
        client = self.chains.on(account.chain)
        reads, head = IdentityReads(client), client.head()
        named: dict[Address, Address] = {}
        for factory in sorted(factories, key=lambda address: address.value):
            identity_contract = reads.identity_of(factory, account.address, head)
            if identity_contract is not None:
                named.setdefault(identity_contract, factory)
        if len(named) > 1:
            raise IdentityContractUntrusted("two trusted factories name different identity contracts for the account")
        return next(iter(named.items()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployIdentityContract:
    """Finds the account's identity contract at a trusted factory, or has the factory's gateway deploy one."""

    parties: Parties
    tokens: Tokens
    guard: FactoryGuard
    jobs: Jobs
    sender: ChainSender

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of DEPLOY_IDENTITY_JOB."""
        account = Account.parse(job.payload["account"])
        with db.read() as session:
            factories = self.tokens.trusted_factories(session, account.chain)
        found = self.guard.find(account, factories)
        if found is None:
            return self._deploy(db, account, factories)
        identity_contract, factory = found
        with db.write() as session:
            self.parties.link_identity_contract(
                session, account, identity_contract=identity_contract, identity_factory=factory, actor=job.payload["actor"]
            )
        return Done((ReceiptNote(place=str(account), reference=str(Account(account.chain, identity_contract))),))

    def _deploy(self, db: Database, account: Account, factories: frozenset[Address]) -> Outcome:
        gateway = self._gateway(account.chain, factories)
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=account.chain,
                key_name=relayer_key(account.chain),
                to=gateway,
                data=onchainid.DEPLOY_IDENTITY_FOR_WALLET.encode(account.address),
                purpose="deploy_identity_contract",
                unique_key=deployment_keys(account)[1],
            )
        return follow(db, self.jobs, [job_id])

    def _gateway(self, chain: ChainId, factories: frozenset[Address]) -> Address:
        """The owner of the first trusted factory that a contract owns: ONCHAINID's gateway, through which anybody may deploy."""
        client = self.guard.chains.on(chain)
        head = client.head()
        for factory in sorted(factories, key=lambda address: address.value):
            owner = Address(trex.OWNER.decode(client.call(factory, trex.OWNER.encode(), head)).value)
            if client.get_code(owner, head):
                return owner
        raise IdentityFactoryMissing("register a token with a trusted identity factory whose gateway is open")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddClaim:
    """Adds a signed form to its identity contract, where the holder gave our relayer a claim key."""

    issuance: Issuance
    forms: Forms
    vault: SigningVault
    chains: ChainDirectory
    jobs: Jobs
    sender: ChainSender

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of ADD_CLAIM_JOB."""
        with db.read() as session:
            form = self.forms.form(session, job.payload["form"])
            claim = self.issuance.claim(session, form.claim_id)
        chain = claim.account.chain
        client = self.chains.on(chain)
        head = client.head()
        if self._stands(client, form, head):
            return Done((ReceiptNote(place=str(Account(chain, _present(form.identity_contract))), reference=form.id),))
        if claim.liveness(self.issuance.clock.now()) is not Liveness.LIVE:
            raise ClaimNotLive("the claim ended before it reached the identity contract")
        self._require_claim_key(client, form, chain, head)
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=chain,
                key_name=relayer_key(chain),
                to=_present(form.identity_contract),
                data=add_claim_data(form),
                purpose="add_claim",
                unique_key=addition_keys(form.id)[1],
            )
        return follow(db, self.jobs, [job_id])

    def _stands(self, client: ChainClient, form: FormRecord, head: BlockRef) -> bool:
        claim_id = erc735.claim_id(_present(form.issuer_contract), form.topic or 0)
        onchain = IdentityReads(client).claim(_present(form.identity_contract), claim_id, head)
        return onchain is not None and onchain.signature == form.signature

    def _require_claim_key(self, client: ChainClient, form: FormRecord, chain: ChainId, head: BlockRef) -> None:
        relayer = self.vault.digest_signer(relayer_key(chain)).address
        identity_contract = _present(form.identity_contract)
        if not IdentityReads(client).has_purpose(identity_contract, relayer, onchainid.CLAIM, head):
            raise RelayerNotPermitted("the holder adds our relayer's claim key, or sends the claim itself")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterIdentity:
    """Registers an account with its identity contract in a token's registry, as the token's agent."""

    parties: Parties
    tokens: Tokens
    guard: FactoryGuard
    jobs: Jobs
    sender: ChainSender

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of REGISTER_IDENTITY_JOB."""
        account, token_account = Account.parse(job.payload["account"]), Account.parse(job.payload["token"])
        with db.read() as session:
            token = self.tokens.get(session, token_account)
            identity_contract = _present(self.parties.account(session, account).identity_contract)
        if token.agent_key is None:
            raise AgentKeyMissing("give the service an agent key for this token")
        client = self.guard.chains.on(token.chain)
        if TokenReads(client, token.address).identity_of(account.address, client.head()) == identity_contract:
            return Done((ReceiptNote(place=str(Account(token.chain, token.identity_registry)), reference=str(account)),))
        if not self.guard.vouches_for(account, identity_contract, frozenset(token.trusted_factories)):
            raise IdentityContractUntrusted("no factory that this token trusts names the identity contract for the account")
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=token.chain,
                key_name=token.agent_key,
                to=token.identity_registry,
                data=trex.REGISTER_IDENTITY.encode(account.address, identity_contract, job.payload["country"]),
                purpose="register_identity",
                unique_key=registration_keys(token.id, account)[1],
            )
        return follow(db, self.jobs, [job_id])


def _present(address: Address | None) -> Address:
    assert address is not None  # noqa: S101 - checked when the job was asked for
    return address
