"""What the page behind an invitation's QR code shows: whose turn it is, what is asked, and the form that answers it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Account
from identity_service.issuance.model import Application, ClaimRecord
from identity_service.issuance.wording import REJECTIONS, ClaimWords, claim_words, reason_in_words
from identity_service.onboarding.allowances import VisitorsAllowance
from identity_service.onboarding.attribute_fields import PREFIX, AttributeField, asked_of, attributes_from
from identity_service.onboarding.invitation_model import InvitationState, InvitedApplication, Landing
from identity_service.parties.model import BoundAccount
from identity_service.web.messages import marked

_PARTY: Final = ("legal_name", "country", "email")
_CAPACITIES: Final = ("own", "client", "undeclared")
_KINDS: Final = ("natural_person", "organisation")
_REQUIRED: Final = marked("Please answer this.")
_ONE_OF_THESE: Final = marked("Choose one of these.")
_TICK: Final = marked("Tick this to go on.")


class Turn(StrEnum):
    """What the page is about: what the visitor is to do, or how it ended."""

    PROVE = "prove"
    SAY = "say"
    WAIT = "wait"
    ISSUED = "issued"
    REJECTED = "rejected"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation as one visitor sees it; ``application`` and ``claim`` are set for whoever applied, and for nobody else.

    ``known`` is the visitor's party, when the wallet has one: who it is need not be said again. ``allowance`` is what the inviter
    asks this wallet's owner to let it move.
    """

    code: str
    address: str
    landing: Landing
    account: Account | None
    known: BoundAccount | None
    application: Application | None
    claim: ClaimRecord | None
    allowance: VisitorsAllowance | None = None

    @property
    def asks_allowance(self) -> bool:
        """Whether this is the moment to ask for the allowance, or to show what became of it."""
        return self.allowance is not None and self.turn in (Turn.SAY, Turn.WAIT, Turn.ISSUED)

    @property
    def words(self) -> ClaimWords:
        """The claim type in words."""
        return claim_words(self.landing.claim_type)

    @property
    def fields(self) -> tuple[AttributeField, ...]:
        """What the claim will state."""
        return asked_of(self.landing.attributes)

    @property
    def turn(self) -> Turn:
        """What the page is about."""
        state = self.landing.state
        if state.is_open:
            return Turn.SAY if state is InvitationState.PROVED and self.account is not None else Turn.PROVE
        if state in (InvitationState.EXPIRED, InvitationState.WITHDRAWN, InvitationState.LAPSED):
            return Turn(state.value)
        if self.application is None:
            return Turn.USED
        ended = {InvitationState.REJECTED: Turn.REJECTED, InvitationState.ISSUED: Turn.ISSUED}
        return ended.get(state, Turn.WAIT)

    @property
    def step(self) -> int:
        """How many of the four steps are done."""
        return {Turn.PROVE: 0, Turn.SAY: 1, Turn.WAIT: 2, Turn.REJECTED: 2, Turn.ISSUED: 4}.get(self.turn, 0)

    @property
    def by_intermediary(self) -> bool:
        """Whether whoever applies becomes a client of the firm that sent the invitation."""
        return self.landing.as_client_of_inviter

    @property
    def rejection(self) -> str:
        """Why the claim issuer rejected the application."""
        return reason_in_words(None if self.application is None else self.application.reason, REJECTIONS)


def faults_in(invited: Invited, values: Mapping[str, str]) -> dict[str, str]:
    """The fields that were left empty and may not be, or that hold what no button of the form sends."""
    wanted = [field.key for field in invited.fields if field.required]
    choices: dict[str, tuple[str, ...]] = {}
    if invited.known is None:
        wanted += ["party.legal_name", "party.country"]
        choices = {"kind": _KINDS, "capacity": _CAPACITIES}
    faults = {name: _REQUIRED for name in (*wanted, *choices) if not values.get(name)}
    unknown = {name: _ONE_OF_THESE for name, allowed in choices.items() if values.get(name, allowed[0]) not in allowed}
    agreed = {} if values.get("consent") == "yes" else {"consent": _TICK}
    return {**unknown, **faults, **agreed}


def application_in(invited: Invited, values: Mapping[str, str]) -> InvitedApplication:
    """What the sent form says; a known party is not described anew."""
    attributes = attributes_from(invited.fields, values)
    if invited.known is not None:
        return InvitedApplication(attributes=attributes)
    given = {name: values.get(f"party.{name}", "") for name in _PARTY}
    party = {name: value for name, value in given.items() if value} | {"country": given["country"].upper()}
    return InvitedApplication(attributes=attributes, party_kind=values["kind"], party=party, capacity=values["capacity"])


def fault_of(error: InvalidInput) -> dict[str, str]:
    """The field of the form that a refusal of the service is about."""
    place = (error.pointer or "").strip("/")
    if place.startswith("attributes/"):
        return {PREFIX + place.split("/")[1]: f"{error.detail}."}
    return {f"party.{place}" if place in _PARTY else "form": f"{error.detail}."}
