"""How a claim gets onto the chain and into a token's registry, step by step, for the person it is about.

Each step says how it stands, who can take it, what it costs and why it would fail. The person's own wallet sends, or asks this
service to.
"""

from dataclasses import dataclass
from typing import Final

from flask import Response, request
from pydantic import Field

from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.gate import caller_of_request
from identity_service.access.page_gate import PageGate
from identity_service.issuance.wording import claim_words
from identity_service.onboarding.holder_requests import HolderRequests
from identity_service.onboarding.plan_steps import PlanStep, SentBy, StepName, StepState
from identity_service.onboarding.plans import OnChainPlan, OnChainPlans
from identity_service.onboarding.service import Onboarding
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens
from identity_service.web.documents import page
from identity_service.web.languages import PageBlueprint, gettext
from identity_service.web.limits import CostlyWork
from identity_service.web.messages import marked
from identity_service.web.pages import EMPTY, Filled, form_values, pages, see_other
from identity_service.web.problems import PROBLEMS, refusal_in_words
from identity_service.web.requests import JsonModel, query

_POLL: Final = 5000
"""How often the page asks while something is under way, in milliseconds: each answer costs the chain questions."""

_COUNTRY_DIGITS: Final = 3
_NO_NUMBER: Final = marked("Write the number of a country, or 0.")
_NO_ADDRESS: Final = marked("Write the address as 0x and 40 digits, as the wallet shows it.")
_ADDRESS_LENGTH: Final = 42
_STEPS: Final = {
    StepName.IDENTITY_CONTRACT: (
        marked("Identity contract"),
        marked("A contract of your own on the chain, on which your claims are kept. Your wallet manages it."),
    ),
    StepName.RECOVERY_KEY: (
        marked("Another account that may act for you"),
        marked("Should your wallet be lost, this account can still manage the identity contract."),
    ),
    StepName.RELAYER_KEY: (
        marked("Leave to this service to add claims"),
        marked("Then it adds this claim, and later ones, without asking your wallet each time."),
    ),
    StepName.CLAIM_SIGNED: (
        marked("Claim signed for the chain"),
        marked("The claim issuer signs a form of your claim for your identity contract. It holds no name."),
    ),
    StepName.RECOVERY_WALLET: (
        marked("Another wallet of yours"),
        marked("A second wallet with the same identity contract, should this one be lost."),
    ),
    StepName.CLAIM_ADDED: (
        marked("Claim on the identity contract"),
        marked("There the token's contracts find it."),
    ),
    StepName.REGISTERED: (
        marked("Wallet in the token's registry"),
        marked("The token's agent enters your wallet. From then on you can receive the token."),
    ),
}
_STATES: Final = {
    StepState.DONE: (marked("done"), "good"),
    StepState.OPEN: (marked("to do"), "warn"),
    StepState.BLOCKED: (marked("not yet possible"), ""),
}


class PlanQuestion(JsonModel):
    """The token that is to find the claim; ``shown`` is the state for which the page was made."""

    token: str = Field(default="", max_length=120)
    shown: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step in words."""

    step: PlanStep
    title: str
    meaning: str
    state: str
    badge: str

    @property
    def by_wallet(self) -> bool:
        """Whether the person's wallet can send it now."""
        return self._is_sent_by(SentBy.WALLET) and self.step.dry_run is not None

    @property
    def by_service(self) -> bool:
        """Whether this service can take it when asked."""
        return self._is_sent_by(SentBy.RELAYER) or self._is_sent_by(SentBy.SERVICE)

    @property
    def by_agent(self) -> bool:
        """Whether the token's agent is to take it."""
        return self._is_sent_by(SentBy.AGENT)

    def _is_sent_by(self, who: SentBy) -> bool:
        return self.step.state is StepState.OPEN and who in self.step.sent_by


@dataclass(frozen=True, slots=True, kw_only=True)
class OnChainPages:
    """Shows plans and passes on what people ask for."""

    gate: PageGate
    plans: OnChainPlans
    onboarding: Onboarding
    requests: HolderRequests
    tokens: Tokens
    asks_chain: CostlyWork

    def show(self, claim_id: str, filled: Filled = EMPTY, *, alert: str = "", status: int = 200) -> Response:
        """The plan for one token, or the tokens to choose from. Raises ClaimUnknown, TokenUnknown, Unavailable."""
        with self.gate.db.read() as session:
            claim = self.plans.forms.issuance.claim_held_by(session, claim_id, caller_of_request())
            fitting = [
                one
                for one in self.tokens.list(session)
                if one.chain == claim.account.chain and claim.claim_type in one.accepted_claim_types
            ]
        chosen = self._chosen(fitting)
        recovery, filled = _recovery(claim.account, filled)
        plan = None if chosen is None else self._plan(claim_id, chosen.id, recovery)
        shown = page(
            "portal/on_chain.html",
            claim=claim,
            words=claim_words(claim.claim_type).told(gettext),
            tokens=fitting,
            token=chosen,
            plan=plan,
            steps=[] if plan is None else [_shown(step) for step in plan.steps],
            version="" if plan is None else _version(plan),
            under_way=plan is not None and _is_under_way(plan),
            failures=[] if plan is None else _failures(plan),
            filled=filled,
            poll=_POLL,
            alert=alert,
        )
        shown.status_code = status
        return shown

    def state(self, claim_id: str) -> Response:
        """Whether the plan has changed, as the part of the page that looks after itself."""
        asked = query(PlanQuestion)
        plan = self._plan(claim_id, Account.parse(asked.token))
        return page(
            "portal/_on_chain_state.html",
            claim_id=claim_id,
            token_id=asked.token,
            shown=asked.shown,
            version=_version(plan),
            under_way=_is_under_way(plan),
            poll=_POLL,
        )

    def bring(self, claim_id: str) -> Response:
        """Let this service sign the claim for the chain and, if wanted, send what it may."""
        values = form_values()
        token_id = Account.parse(values.get("token", ""))
        with self.gate.db.write() as session:
            token = self.tokens.get(session, token_id)
            relay = values.get("relay") == "yes"
            caller = caller_of_request()
            self.onboarding.request_claim_on_chain(session, claim_id, token, relay=relay, forms=self.plans.forms, caller=caller)
        return see_other(_address(claim_id, token_id))

    def register(self, claim_id: str) -> Response:
        """Put the wallet into the queue of the token's agent; a refusal is told on the page."""
        values = form_values()
        token_id = Account.parse(values.get("token", ""))
        country = values.get("country", "") or "0"
        if not (country.isascii() and country.isdigit() and len(country) <= _COUNTRY_DIGITS):
            return self.show(claim_id, Filled(values, {"country": _NO_NUMBER}), status=422)
        try:
            with self.gate.db.read() as session:
                token = self.tokens.get(session, token_id)
            self.asks_chain.spend()
            self.requests.require_country_taken(token, int(country))
            with self.gate.db.write() as session:
                self.requests.request(session, token, country=int(country), caller=caller_of_request())
        except DomainError as error:
            return self.show(claim_id, Filled(values, {}), alert=refusal_in_words(error), status=409)
        return see_other(_address(claim_id, token_id))

    def _chosen(self, fitting: list[Token]) -> Token | None:
        asked = request.values.get("token", "")
        found = [one for one in fitting if str(one.id) == asked]
        return found[0] if found else fitting[0] if len(fitting) == 1 else None

    def _plan(self, claim_id: str, token: Account, recovery: Account | None = None) -> OnChainPlan:
        self.asks_chain.spend()
        return self.plans.plan(caller_of_request(), claim_id, token, recovery=recovery)


def blueprint(
    gate: PageGate,
    plans: OnChainPlans,
    onboarding: Onboarding,
    requests: HolderRequests,
    tokens: Tokens,
    asks_chain: CostlyWork,
) -> PageBlueprint:
    """``/my-claims/<claim>/on-chain`` and what hangs on it."""
    routes = pages("on_chain", __name__, multilingual=True)
    shown = OnChainPages(gate=gate, plans=plans, onboarding=onboarding, requests=requests, tokens=tokens, asks_chain=asks_chain)

    @routes.get("/my-claims/<claim_id>/on-chain")
    @gate.signed_in
    def show(claim_id: str) -> Response:
        return shown.show(claim_id)

    @routes.get("/my-claims/<claim_id>/on-chain/state")
    @gate.signed_in
    def state(claim_id: str) -> Response:
        return shown.state(claim_id)

    @routes.post("/my-claims/<claim_id>/on-chain")
    @gate.signed_in
    def bring(claim_id: str) -> Response:
        return shown.bring(claim_id)

    @routes.post("/my-claims/<claim_id>/on-chain/registration")
    @gate.signed_in
    def register(claim_id: str) -> Response:
        return shown.register(claim_id)

    return routes


def _recovery(account: Account, filled: Filled) -> tuple[Account | None, Filled]:
    """The account that somebody named for the loss of the wallet, on its chain, and the form with what is wrong with it."""
    given = request.args.get("recovery", "").strip()
    if not given:
        return None, filled
    values = {**filled.values, "recovery": given[:_ADDRESS_LENGTH]}
    try:
        return Account(account.chain, Address.parse(given)), Filled(values, filled.faults)
    except InvalidInput:
        return None, Filled(values, {**filled.faults, "recovery": _NO_ADDRESS})


def _shown(step: PlanStep) -> ShownStep:
    (title, meaning), (state, badge) = _STEPS[step.step], _STATES[step.state]
    return ShownStep(step=step, title=gettext(title), meaning=gettext(meaning), state=gettext(state), badge=badge)


def _version(plan: OnChainPlan) -> str:
    """What the page reloads for when it changes."""
    states = "-".join(step.state.value for step in plan.steps)
    return f"{states}-{'-'.join(one.state for one in plan.under_way)}"


def _is_under_way(plan: OnChainPlan) -> bool:
    return any(one.state in ("queued", "leased") for one in plan.under_way)


def _failures(plan: OnChainPlan) -> list[str]:
    """What this service was asked to do and could not, in words."""
    codes = dict.fromkeys(one.error for one in plan.under_way if one.state == "failed" and one.error is not None)
    entries = [PROBLEMS[code] for code in codes if code in PROBLEMS]
    return [f"{gettext(one.title)}. {gettext(one.advice)}" for one in entries]


def _address(claim_id: str, token: Account) -> str:
    return f"/my-claims/{claim_id}/on-chain?token={token}"
