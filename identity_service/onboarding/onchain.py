"""The jobs of this room. Each looks at the chain first, so running one again does nothing twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.chain import onchainid, trex
from identity_service.chain.asking import ask_all, someone
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
    IdentityContractShared,
    IdentityFactoryMissing,
    RelayerNotPermitted,
    addition_keys,
    deployment_keys,
    registration_keys,
)
from identity_service.onboarding.service import add_claim_data
from identity_service.onboarding.tables import RegistrationRow
from identity_service.parties.service import Parties
from identity_service.storage import Database
from identity_service.tokens.model import Token
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

    def find(
        self, account: Account, factories: frozenset[Address], block: BlockRef | None = None
    ) -> tuple[Address, Address] | None:
        """The identity contract that a trusted factory names for the account, now or at ``block``, and that factory; or None.

        Raises IdentityContractUntrusted when two factories name different ones: then neither is believed.
        """
        found = self.find_all([account], factories, block)[account]
        if isinstance(found, IdentityContractUntrusted):
            raise found
        return found

    def find_all(
        self, accounts: Sequence[Account], factories: frozenset[Address], block: BlockRef | None = None
    ) -> dict[Account, tuple[Address, Address] | IdentityContractUntrusted | None]:
        """The same for many accounts of one chain, in one request; two factories that disagree are a value here."""
        if not accounts:
            return {}
        client = self.chains.on(accounts[0].chain)
        ordered = sorted(factories, key=lambda address: address.value)
        questions = [(factory, onchainid.GET_IDENTITY, (account.address,)) for account in accounts for factory in ordered]
        answers = iter(ask_all(client, questions, block or client.head()))
        return {account: _agreed({factory: someone(next(answers)) for factory in ordered}) for account in accounts}


def _agreed(said: Mapping[Address, Address | None]) -> tuple[Address, Address] | IdentityContractUntrusted | None:
    named: dict[Address, Address] = {}
    for factory, identity_contract in said.items():
        if identity_contract is not None:
            named.setdefault(identity_contract, factory)
    if len(named) > 1:
        return IdentityContractUntrusted("two trusted factories name different identity contracts for the account")
    return next(iter(named.items()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinks:
    """Notes which identity contract stands for an account, once a trusted factory names it and nobody else is behind it."""

    parties: Parties
    tokens: Tokens
    guard: FactoryGuard

    def follow(self, db: Database, account: Account, *, actor: str) -> Address | None:
        """The identity contract that the chain's trusted factories name for the account, noted; None where there is none.

        Raises AccountUnknown, IdentityContractUntrusted, IdentityContractShared.
        """
        with db.read() as session:
            factories = self.tokens.trusted_factories(session, account.chain)
        found = self.guard.find(account, factories)
        if found is None:
            return None
        self.require_unshared(db, account, found)
        identity_contract, factory = found
        with db.write() as session:
            if self.parties.account(session, account).identity_contract != identity_contract:
                self.parties.link_identity_contract(
                    session, account, identity_contract=identity_contract, identity_factory=factory, actor=actor
                )
        return identity_contract

    def require_unshared(
        self, db: Database, account: Account, found: tuple[Address, Address], block: BlockRef | None = None
    ) -> None:
        """Return when every wallet that the factory links to the identity contract was proved to us by the account's own party.

        Whose else such a wallet is, would be verified by the same claims; and ``linkWallet`` asks no consent, so somebody may have
        put this account behind an identity contract of their own. Once it is noted, only the account's own side can link others.
        Raises AccountUnknown, IdentityContractShared.
        """
        identity_contract, factory = found
        client = self.guard.chains.on(account.chain)
        linked = IdentityReads(client).wallets_of(factory, identity_contract, block or client.head())
        wallets = [Account(account.chain, wallet) for wallet in linked]
        with db.read() as session:
            own = self.parties.account(session, account)
            bound = self.parties.bound_accounts(session, wallets)
        if own.identity_contract == identity_contract:
            return
        if any(wallet not in bound or bound[wallet].party_id != own.party_id for wallet in wallets):
            raise IdentityContractShared("prove the identity contract's other wallets too, or have them unlinked from it")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployIdentityContract:
    """Finds the account's identity contract at a trusted factory, or has the factory's gateway deploy one."""

    links: IdentityLinks
    jobs: Jobs
    sender: ChainSender

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of DEPLOY_IDENTITY_JOB."""
        account = Account.parse(job.payload["account"])
        identity_contract = self.links.follow(db, account, actor=job.payload["actor"])
        if identity_contract is None:
            return self._deploy(db, account)
        return Done((ReceiptNote(place=str(account), reference=str(Account(account.chain, identity_contract))),))

    def _deploy(self, db: Database, account: Account) -> Outcome:
        with db.read() as session:
            factories = self.links.tokens.trusted_factories(session, account.chain)
        client = self.links.guard.chains.on(account.chain)
        found = open_gateway(client, factories, client.head())
        if found is None:
            raise IdentityFactoryMissing("register a token with a trusted identity factory whose gateway is open")
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=account.chain,
                key_name=relayer_key(account.chain),
                to=found,
                data=onchainid.deploy_identity(account.address),
                purpose="deploy_identity_contract",
                unique_key=deployment_keys(account)[1],
            )
        return follow(db, self.jobs, [job_id])


def open_gateway(client: ChainClient, factories: frozenset[Address], block: BlockRef) -> Address | None:
    """The gateway of the first of these factories that has one, through which anybody may deploy; None where none has."""
    reads = IdentityReads(client)
    ordered = sorted(factories, key=lambda address: address.value)
    return next((gateway for factory in ordered if (gateway := reads.gateway_of(factory, block)) is not None), None)


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
            row = session.get(RegistrationRow, (str(token_account), account.address.value))
            overtaken = row is not None and row.revision != job.payload.get("revision", 0)
        if overtaken:
            return Done()  # another country is wanted by now: whoever takes that up has a job of its own
        if token.agent_key is None:
            raise AgentKeyMissing("give the service an agent key for this token")
        call = self._call(token, account, identity_contract, job)
        if call is None:
            return Done((ReceiptNote(place=str(Account(token.chain, token.identity_registry)), reference=str(account)),))
        purpose, data = call
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=token.chain,
                key_name=token.agent_key,
                to=token.identity_registry,
                data=data,
                purpose=purpose,
                unique_key=registration_keys(token.id, account, job.payload.get("revision", 0))[1],
            )
        return follow(db, self.jobs, [job_id])

    def _call(self, token: Token, account: Account, identity_contract: Address, job: Job) -> tuple[str, bytes] | None:
        """What is still to be told to the registry, or None. Raises IdentityContractUntrusted.

        A country that the registry has stays unless another one was named: 0 that nobody changed it to says nothing.
        """
        country, named = job.payload["country"], bool(job.payload["country"] or job.payload.get("revision", 0))
        client = self.guard.chains.on(token.chain)
        head, reads = client.head(), TokenReads(client, token.address)
        if reads.identity_of(account.address, head) == identity_contract:
            if not named or reads.country(account.address, head) == country:
                return None
            return "update_country", trex.update_country(account.address, country)
        if not self.guard.vouches_for(account, identity_contract, frozenset(token.trusted_factories)):
            raise IdentityContractUntrusted("no factory that this token trusts names the identity contract for the account")
        return "register_identity", trex.register_identity(account.address, identity_contract, country)


def _present(address: Address | None) -> Address:
    assert address is not None  # noqa: S101 - checked when the job was asked for
    return address
