"""Looks at the chain for each step of an act, builds the call data of what is still to be sent, and sends what is ours to send.

A step is done when the chain shows it, whoever sent the transaction. Steps are read again until the act is closed, so one that a
reorg took away is open again.
"""

from dataclasses import dataclass, replace
from typing import Final

from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid, trex
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import (
    ERC735,
    ApplicationState,
    FormRecord,
    IdentityContractUntrusted,
    Liveness,
)
from identity_service.issuance.revocation import Revocations
from identity_service.issuance.service import Issuance
from identity_service.jobs.model import Done, Job, JobState, Outcome, ReceiptNote, Wait
from identity_service.jobs.service import Jobs
from identity_service.jobs.transaction_model import patience
from identity_service.jobs.transactions import ChainSender
from identity_service.onboarding.account_acts import AccountActs, done, waiting
from identity_service.onboarding.model import IdentityContractShared
from identity_service.onboarding.move_model import Act, ActKind, Step, StepKind, StepState
from identity_service.onboarding.onchain import IdentityLinks, open_gateway
from identity_service.onboarding.service import add_claim_data
from identity_service.parties.model import AccountUnknown
from identity_service.storage import Database
from identity_service.tokens.model import Token

Call = dict[str, str | None]

# What a step waits for, as codes.
HOLDER: Final = "holder"
CLAIM_ISSUER: Final = "claim_issuer"
TOKEN_AGENT: Final = "token_agent"  # noqa: S105 - whom the step waits for
TRANSACTION: Final = "transaction"
RECOVERY: Final = "recovery"
BALANCE: Final = "balance"
IDENTITY_CONTRACT: Final = "identity_contract"
OTHER_WALLET: Final = "other_wallet"
NEW_CLAIM: Final = "new_claim"


def deletion_key(act_id: str, token: Account) -> str:
    """The unique key of our transaction that deletes a lost or unlinked account from a token's registry."""
    return f"delete_identity:{act_id}:{token}"


def recovery_key(act: Act, token: Account) -> str:
    """The unique key of our transaction that recovers what a lost account holds, into the account that takes its place now."""
    return f"recover:{act.id}:{token}:{act.account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at an act: the chain at one block, and the steps as they stood before."""

    act: Act
    client: ChainClient
    head: BlockRef

    @property
    def block(self) -> tuple[int, bytes]:
        return self.head.number, self.head.hash

    @property
    def identities(self) -> IdentityReads:
        return IdentityReads(self.client)

    @property
    def new(self) -> Account:
        assert self.act.account is not None  # noqa: S101 - asked of acts that link an account
        return self.act.account

    @property
    def ended(self) -> Account:
        assert self.act.ended is not None  # noqa: S101 - asked of acts that end an account
        return self.act.ended

    def call(self, to: Address, data: bytes, sender: Address | None) -> Call:
        """A transaction for somebody to send; ``sender`` None where we do not know who may."""
        chain = self.client.chain
        return {
            "to": str(Account(chain, to)),
            "data": "0x" + data.hex(),
            "sender": None if sender is None else str(Account(chain, sender)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowAct:
    """The handler of FOLLOW_ACT_JOB. ``confirmations`` blocks must lie on what closes an act, the block itself counted."""

    acts: AccountActs
    links: IdentityLinks
    issuance: Issuance
    forms: Forms
    revocations: Revocations
    jobs: Jobs
    sender: ChainSender
    confirmations: int

    def __call__(self, db: Database, job: Job) -> Outcome:
        """Look at every step once; wait while one is open or young."""
        with db.read() as session:
            act = self.acts.act(session, job.payload["act"])
        chain = (act.account or act.ended or _nobody()).chain
        client = self.links.guard.chains.on(chain)
        look = Look(act=act, client=client, head=client.head())
        for step in act.steps:
            # Each look sees what the ones before it in this round found: a token without the lost account asks nothing more.
            look = replace(look, act=_with(look.act, self._seen(db, look, step)))
        with db.write() as session:
            self.acts.keep(session, act.id, look.act.steps)
            if look.act.is_open or not self._settled(look):
                return Wait(patience(self.acts.clock.now() - act.at), "account_act_open")
            self.acts.close(session, act.id)
        return Done(tuple(_receipts(look.act)))

    def _settled(self, look: Look) -> bool:
        newest = max((step.block_number or 0 for step in look.act.steps), default=0)
        return look.head.number - newest + 1 >= self.confirmations

    def _seen(self, db: Database, look: Look, step: Step) -> Step:
        match step.kind:
            case StepKind.WALLET_LINKED:
                return self._wallet_linked(db, look, step)
            case StepKind.WALLET_UNLINKED:
                return _wallet_unlinked(look, step)
            case StepKind.IDENTITY_CONTRACT:
                return self._identity_contract(db, look, step)
            case StepKind.CLAIM_REVOKED | StepKind.CLAIM_REVOKED_ON_CHAIN:
                return self._claim_revoked(db, step)
            case StepKind.CLAIM_DECIDED:
                return self._claim_decided(db, step)
            case StepKind.CLAIM_ON_IDENTITY:
                return self._claim_on_identity(db, look, step)
            case StepKind.REGISTRY_ENTRY_REMOVED:
                return self._registry_entry_removed(db, look, step)
            case StepKind.ACCOUNT_REGISTERED:
                return self._account_registered(db, look, step)

    def _wallet_linked(self, db: Database, look: Look, step: Step) -> Step:
        factory, identity_contract = _address(step, "factory"), _address(step, "identity_contract")
        found = look.identities.identity_of(factory, look.new.address, look.head)
        if found is None:
            call = look.call(factory, onchainid.link_wallet(look.new.address), _address(step, "sender"))
            return waiting(step, HOLDER, call)
        if found != identity_contract:
            return waiting(step, OTHER_WALLET)
        return self._noted(db, look, step)

    def _identity_contract(self, db: Database, look: Look, step: Step) -> Step:
        with db.read() as session:
            factories = self.links.tokens.trusted_factories(session, look.new.chain)
        try:
            if self.links.guard.find(look.new, factories, look.head) is not None:
                return self._noted(db, look, step)
        except IdentityContractUntrusted as fault:
            return waiting(step, fault.code)
        gateway = open_gateway(look.client, factories, look.head)
        if gateway is None:
            return waiting(step, "identity_factory_missing")
        return waiting(step, HOLDER, look.call(gateway, onchainid.deploy_identity(look.new.address), look.new.address))

    def _noted(self, db: Database, look: Look, step: Step) -> Step:
        """Done once the identity contract is the account's in our books too, which no stranger's wallet may share."""
        try:
            self.links.follow(db, look.new, actor="worker")
        except (IdentityContractShared, IdentityContractUntrusted, AccountUnknown) as fault:
            return waiting(step, fault.code)
        return done(step, block=look.block)

    def _claim_revoked(self, db: Database, step: Step) -> Step:
        claim_id = step.particulars["claim"]
        with db.read() as session:
            record = self.issuance.claim(session, claim_id)
            places = {one.place: one for one in self.revocations.places(session, claim_id)}
        if record.revoked_at is None:
            return waiting(step, CLAIM_ISSUER)
        if step.kind is StepKind.CLAIM_REVOKED:
            return done(step)
        place = places.get(step.particulars["place"])
        if place is None or place.state != JobState.DONE.value:
            return waiting(step, "revocation_failed" if place is not None and place.state == JobState.FAILED.value else TRANSACTION)
        last = max(place.receipts, key=lambda receipt: int(receipt["details"].get("block_number", 0)))
        sent = last["reference"] if last["reference"].startswith("0x") else None
        return done(step, block=_block_of(last["details"]), transaction=sent)

    def _claim_decided(self, db: Database, step: Step) -> Step:
        with db.read() as session:
            application = self.issuance.application_named(session, step.subject)
            claim = None if application.claim_id is None else self.issuance.claim(session, application.claim_id)
        if application.state is ApplicationState.REJECTED:
            return replace(step, state=StepState.REFUSED, waits_for=None, call=None)
        live = claim is not None and claim.liveness(self.acts.clock.now()) is Liveness.LIVE
        return done(step) if live else waiting(step, CLAIM_ISSUER)

    def _claim_on_identity(self, db: Database, look: Look, step: Step) -> Step:
        with db.read() as session:
            application = self.issuance.application_named(session, step.subject)
            made = [] if application.claim_id is None else self.forms.forms_of(session, application.claim_id)
        if application.state is ApplicationState.REJECTED:
            return replace(step, state=StepState.NOT_NEEDED, waits_for=None, call=None)
        form = next((one for one in made if one.format == ERC735 and one.signature is not None), None)
        if form is None:
            return waiting(step, NEW_CLAIM if application.claim_id is None else CLAIM_ISSUER)
        if _stands(look, form):
            return done(step, block=look.block)
        return waiting(step, HOLDER, look.call(_known(form.identity_contract), add_claim_data(form), look.new.address))

    def _registry_entry_removed(self, db: Database, look: Look, step: Step) -> Step:
        token, reads, lost = self._token(db, step), TokenReads(look.client, Account.parse(step.subject).address), look.ended.address
        holder = reads.holder(lost, look.head)
        if not holder.registered:
            if step.waits_for is None and step.state is not StepState.DONE:
                return replace(step, state=StepState.NOT_NEEDED)
            return done(step, block=look.block, transaction=self._sent(db, look, token))
        seen = replace(step, particulars={**step.particulars, "country": holder.country})
        if holder.balance:
            return self._recovery(db, look, seen, reads)
        call = look.call(token.identity_registry, trex.delete_identity(lost), None)
        if token.agent_key is None:
            return waiting(seen, TOKEN_AGENT, call)
        with db.write() as session:
            job_id = self.sender.request(
                session,
                chain=token.chain,
                key_name=token.agent_key,
                to=token.identity_registry,
                data=trex.delete_identity(lost),
                purpose="delete_identity",
                unique_key=deletion_key(look.act.id, token.id),
            )
            failed = self.jobs.get(session, job_id).state is JobState.FAILED
        return waiting(seen, TOKEN_AGENT, call) if failed else waiting(seen, TRANSACTION)

    def _recovery(self, db: Database, look: Look, step: Step, reads: TokenReads) -> Step:
        """What the account still holds goes with it, and only to a verified account: the agent decides, never this job."""
        if look.act.kind is not ActKind.MOVE:
            return waiting(step, BALANCE)
        identity_contract = self._identity_of(db, look.new)
        if identity_contract is None:
            return waiting(step, IDENTITY_CONTRACT)
        if not look.identities.has_purpose(identity_contract, look.new.address, onchainid.MANAGEMENT, look.head):
            return waiting(step, "management_key")
        data = trex.RECOVERY_ADDRESS.encode(look.ended.address, look.new.address, identity_contract)
        return waiting(step, RECOVERY, look.call(reads.token, data, None))

    def _account_registered(self, db: Database, look: Look, step: Step) -> Step:
        removal = next(one for one in look.act.steps if one.kind is StepKind.REGISTRY_ENTRY_REMOVED and one.subject == step.subject)
        if removal.state is StepState.NOT_NEEDED:
            return replace(step, state=StepState.NOT_NEEDED)
        token, identity_contract = self._token(db, step), self._identity_of(db, look.new)
        if identity_contract is None:
            return waiting(step, IDENTITY_CONTRACT)
        if TokenReads(look.client, token.address).identity_of(look.new.address, look.head) == identity_contract:
            return done(step, block=look.block)
        if removal.state is not StepState.DONE:
            return waiting(step, StepKind.REGISTRY_ENTRY_REMOVED.value)
        data = trex.register_identity(look.new.address, identity_contract, int(removal.particulars.get("country", 0)))
        return waiting(step, TOKEN_AGENT, look.call(token.identity_registry, data, None))

    def _sent(self, db: Database, look: Look, token: Token) -> str | None:
        """The hash of our transaction that did it, if it was ours; its job may not have heard of it yet."""
        with db.read() as session:
            keys = (recovery_key(look.act, token.id), deletion_key(look.act.id, token.id))
            jobs = [job for key in keys if (job := self.jobs.find(session, key)) is not None]
            sent = [one for job in jobs if (one := self.sender.transaction(session, job.id)) is not None]
        for one in sent:
            receipt = look.client.receipt(one.tx_hash)
            if receipt is not None and receipt.succeeded:
                return one.hash_text
        return None

    def _token(self, db: Database, step: Step) -> Token:
        with db.read() as session:
            return self.links.tokens.get(session, Account.parse(step.subject))

    def _identity_of(self, db: Database, account: Account) -> Address | None:
        with db.read() as session:
            bound = self.links.parties.bound_accounts(session, [account]).get(account)
        return None if bound is None else bound.identity_contract


def _wallet_unlinked(look: Look, step: Step) -> Step:
    factory, identity_contract = _address(step, "factory"), _address(step, "identity_contract")
    if look.identities.identity_of(factory, look.ended.address, look.head) != identity_contract:
        return done(step, block=look.block)
    others = [one for one in look.identities.wallets_of(factory, identity_contract, look.head) if one != look.ended.address]
    if not others:
        # The factory lets nobody but another linked wallet unlink this one; it is alone with a contract nobody else uses.
        return replace(step, state=StepState.NOT_NEEDED, waits_for=None, call=None)
    return waiting(step, HOLDER, look.call(factory, onchainid.unlink_wallet(look.ended.address), others[0]))


def _stands(look: Look, form: FormRecord) -> bool:
    claim_id = erc735.claim_id(_known(form.issuer_contract), form.topic or 0)
    kept = look.identities.claim(_known(form.identity_contract), claim_id, look.head)
    return kept is not None and kept.signature == form.signature


def _with(act: Act, step: Step) -> Act:
    return replace(act, steps=tuple(step if one.number == step.number else one for one in act.steps))


def _receipts(act: Act) -> list[ReceiptNote]:
    return [
        ReceiptNote(
            place=f"{step.kind.value}:{step.subject}",
            reference=step.transaction or "seen",
            details={"block_number": step.block_number, "block_hash": _hex(step.block_hash)},
        )
        for step in act.steps
        if step.state is StepState.DONE
    ]


def _block_of(details: dict[str, object]) -> tuple[int, bytes]:
    return int(str(details["block_number"])), bytes.fromhex(str(details["block_hash"])[2:])


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()


def _address(step: Step, name: str) -> Address:
    return Address.parse(step.particulars[name])


def _known(address: Address | None) -> Address:
    assert address is not None  # noqa: S101 - every erc735 form has one
    return address


def _nobody() -> Account:
    raise AssertionError("an act is about an account")
