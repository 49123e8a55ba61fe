"""The steps by which a claim comes to be found by a token, as values, and the rules by which the chain's state leads to them. Pure.

Whoever shows a plan shows its steps in their order: one that is done with the block at which that was seen, an open one with who
may send it and the transaction, tried out; a blocked one with why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid, trex
from identity_service.chain.blocks import BlockRef
from identity_service.chain.compliance_reads import CountryRules
from identity_service.chain.dry_runs import DryRun, UnsentTransaction
from identity_service.issuance.model import FormRecord
from identity_service.web.messages import marked


class StepName(StrEnum):
    """What is to be done."""

    IDENTITY_CONTRACT = "identity_contract"
    RECOVERY_KEY = "recovery_key"
    RELAYER_KEY = "relayer_key"
    CLAIM_SIGNED = "claim_signed"
    RECOVERY_WALLET = "recovery_wallet"
    CLAIM_ADDED = "claim_added"
    REGISTERED = "registered"


class StepState(StrEnum):
    """How a step stands at the plan's block."""

    DONE = "done"
    OPEN = "open"
    BLOCKED = "blocked"


class SentBy(StrEnum):
    """Who can take a step: the holder's wallet, our relayer, the token's agent; the claim is signed by this service."""

    WALLET = "wallet"
    RELAYER = "relayer"
    AGENT = "agent"
    SERVICE = "service"


OPTIONAL: Final = frozenset({StepName.RECOVERY_KEY, StepName.RECOVERY_WALLET, StepName.RELAYER_KEY})
"""Steps without which the token finds the claim all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One step, as of ``block``.

    ``sent_by`` is who may take it, none when it is done. ``why`` is a sentence: why it is blocked, or what to know of an open one.
    ``dry_run`` holds the transaction for the wallet or the agent, tried at the block; None where there is none to send (yet).
    """

    step: StepName
    state: StepState
    block: BlockRef
    sent_by: tuple[SentBy, ...] = ()
    why: str | None = None
    dry_run: DryRun | None = None

    @property
    def optional(self) -> bool:
        return self.step in OPTIONAL

    def as_json(self) -> dict[str, Any]:
        """The form in which the API gives it."""
        return {
            "step": self.step.value,
            "state": self.state.value,
            "optional": self.optional,
            "sent_by": [one.value for one in self.sent_by],
            "why": self.why,
            "transaction": None if self.dry_run is None else self.dry_run.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """A step before its transaction is tried."""

    step: StepName
    state: StepState
    sent_by: tuple[SentBy, ...] = ()
    why: str | None = None
    transaction: UnsentTransaction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFacts:
    """An identity contract at the plan's block: who may act on it, and what stands where the claim belongs.

    ``noted`` says that our records have it for the account; before that, a wallet that nobody proved would make it doubtful.
    ``recovery_manages`` and ``recovery_linked`` are about the named recovery account, or, when none was named, about any other
    key than the wallet's and any other wallet.
    """

    address: Address
    factory: Address
    noted: bool
    relayer_may_add: bool
    recovery_manages: bool
    recovery_linked: bool
    standing_signature: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """Everything the plan rests on.

    ``identity`` is None where no trusted factory names one, or where it is not believed; ``distrust`` then says why.
    """

    account: Account
    token: Account
    registry: Address
    agent: Account | None
    relayer: Address
    recovery: Account | None
    gateway: Address | None
    identity: IdentityFacts | None
    distrust: str | None
    claim_ended: str | None
    form: FormRecord | None
    registered_identity: Address | None
    requested: bool
    country: int
    country_rules: CountryRules


def drafts(facts: PlanFacts) -> tuple[StepDraft, ...]:
    """The steps in their order."""
    return (
        _identity_contract(facts),
        _recovery_key(facts),
        _relayer_key(facts),
        _claim_signed(facts),
        _recovery_wallet(facts),
        _claim_added(facts),
        _registered(facts),
    )


def finished(drafted: Sequence[StepDraft], tried: Sequence[DryRun], block: BlockRef) -> tuple[PlanStep, ...]:
    """The steps with their dry runs, given in the order of the transactions."""
    runs = iter(tried)
    return tuple(
        PlanStep(
            step=one.step,
            state=one.state,
            block=block,
            sent_by=one.sent_by,
            why=one.why,
            dry_run=None if one.transaction is None else next(runs),
        )
        for one in drafted
    )


_NO_IDENTITY: Final = marked("The account needs its identity contract first.")


def _identity_contract(facts: PlanFacts) -> StepDraft:
    step = StepName.IDENTITY_CONTRACT
    if facts.identity is not None:
        return StepDraft(step=step, state=StepState.DONE)
    if facts.distrust is not None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=facts.distrust)
    if facts.gateway is None:
        return StepDraft(
            step=step, state=StepState.BLOCKED, why=marked("No factory that this token trusts has a gateway open to anybody.")
        )
    data = onchainid.deploy_identity(facts.account.address)
    return _open(facts, step, (SentBy.WALLET, SentBy.RELAYER), facts.gateway, data)


def _recovery_key(facts: PlanFacts) -> StepDraft:
    step = StepName.RECOVERY_KEY
    if facts.identity is None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=_NO_IDENTITY)
    if facts.identity.recovery_manages:
        return StepDraft(step=step, state=StepState.DONE)
    if facts.recovery is None:
        why = marked("Name an account that may act on the identity contract should the wallet be lost.")
        return StepDraft(step=step, state=StepState.OPEN, sent_by=(SentBy.WALLET,), why=why)
    if facts.recovery == facts.account:
        return StepDraft(step=step, state=StepState.BLOCKED, why=marked("Name another account: the wallet itself would be lost."))
    data = onchainid.add_key(facts.recovery.address, onchainid.MANAGEMENT)
    return _open(facts, step, (SentBy.WALLET,), facts.identity.address, data, must_return_true=True)


def _recovery_wallet(facts: PlanFacts) -> StepDraft:
    """Only a linked wallet can link another one at the factory, so this must happen before the first is lost."""
    step = StepName.RECOVERY_WALLET
    if facts.identity is None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=_NO_IDENTITY)
    if facts.identity.recovery_linked:
        return StepDraft(step=step, state=StepState.DONE)
    if not facts.identity.noted:
        return StepDraft(
            step=step, state=StepState.BLOCKED, why=marked("Have the claim signed first, while the wallet is the only one.")
        )
    why = marked(
        "Only a wallet that is linked can link another one: once it is lost, nobody can. Prove that account to us as well."
    )
    if facts.recovery is None or facts.recovery == facts.account:
        return StepDraft(step=step, state=StepState.OPEN, sent_by=(SentBy.WALLET,), why=why)
    data = onchainid.link_wallet(facts.recovery.address)
    return _open(facts, step, (SentBy.WALLET,), facts.identity.factory, data, why=why)


def _relayer_key(facts: PlanFacts) -> StepDraft:
    step = StepName.RELAYER_KEY
    if facts.identity is None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=_NO_IDENTITY)
    if facts.identity.relayer_may_add:
        return StepDraft(step=step, state=StepState.DONE)
    data = onchainid.add_key(facts.relayer, onchainid.CLAIM)
    why = marked("With this key our relayer adds and removes claims for you, this one and later ones; take it back with removeKey.")
    return _open(facts, step, (SentBy.WALLET,), facts.identity.address, data, why=why, must_return_true=True)


def _claim_signed(facts: PlanFacts) -> StepDraft:
    step = StepName.CLAIM_SIGNED
    if facts.claim_ended is not None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=facts.claim_ended)
    if facts.form is not None:
        return StepDraft(step=step, state=StepState.DONE)
    if facts.identity is None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=_NO_IDENTITY)
    return StepDraft(
        step=step,
        state=StepState.OPEN,
        sent_by=(SentBy.SERVICE,),
        why=marked("Ask for the claim on chain; it is signed in a moment."),
    )


def _claim_added(facts: PlanFacts) -> StepDraft:
    step = StepName.CLAIM_ADDED
    if facts.claim_ended is not None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=facts.claim_ended)
    form, identity = facts.form, facts.identity
    if form is None or identity is None or form.issuer_contract is None or form.topic is None:
        return StepDraft(
            step=step, state=StepState.BLOCKED, why=marked("The claim must be signed for the identity contract first.")
        )
    assert form.signature is not None and form.data is not None  # noqa: S101, PT018 - a signed form has both
    if identity.standing_signature == form.signature:
        return StepDraft(step=step, state=StepState.DONE)
    why = (
        marked("It takes the place of an earlier claim of this claim issuer.") if identity.standing_signature is not None else None
    )
    sent_by = (SentBy.WALLET, SentBy.RELAYER) if identity.relayer_may_add else (SentBy.WALLET,)
    data = onchainid.add_claim(form.topic, form.issuer_contract, form.signature, form.data)
    return _open(facts, step, sent_by, identity.address, data, why=why)


def _registered(facts: PlanFacts) -> StepDraft:
    step, identity = StepName.REGISTERED, facts.identity
    if identity is None:
        return StepDraft(step=step, state=StepState.BLOCKED, why=_NO_IDENTITY)
    if facts.registered_identity == identity.address:
        return StepDraft(step=step, state=StepState.DONE)
    if facts.registered_identity is not None:
        why = marked("The token's registry holds another identity contract for the account: its agent must put that right.")
        return StepDraft(step=step, state=StepState.BLOCKED, sent_by=(SentBy.AGENT,), why=why)
    if not facts.country_rules.takes:
        return StepDraft(step=step, state=StepState.BLOCKED, sent_by=(SentBy.AGENT,), why=country_words(facts.country_rules))
    why = marked("It waits for the token's agent.") if facts.requested else marked("Ask the token's agent to register the account.")
    if facts.agent is None:
        return StepDraft(step=step, state=StepState.OPEN, sent_by=(SentBy.AGENT,), why=why)
    data = trex.register_identity(facts.account.address, identity.address, facts.country)
    transaction = UnsentTransaction(to=Account(facts.account.chain, facts.registry), data=data, sender=facts.agent)
    return StepDraft(step=step, state=StepState.OPEN, sent_by=(SentBy.AGENT,), why=why, transaction=transaction)


def country_words(rules: CountryRules) -> str:
    """Which modules refuse the country that was named, or that none was named."""
    refusing = " and ".join(module.name for module in rules.modules if not module.takes)
    if rules.country:
        return f"The token's {refusing} refuses holders of this country."
    return f"The token's {refusing} asks for the holder's country, which becomes public on chain."


def _open(
    facts: PlanFacts,
    step: StepName,
    sent_by: tuple[SentBy, ...],
    to: Address,
    data: bytes,
    *,
    why: str | None = None,
    must_return_true: bool = False,
) -> StepDraft:
    contract = Account(facts.account.chain, to)
    call = UnsentTransaction(to=contract, data=data, sender=facts.account, must_return_true=must_return_true)
    return StepDraft(step=step, state=StepState.OPEN, sent_by=sent_by, why=why, transaction=call)
