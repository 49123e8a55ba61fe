"""What a person finds about themselves: claims, what these open, who read the data, and who may move the tokens."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Account, ChainId
from identity_service.access.model import Caller
from identity_service.cap_table.authorities import TokenAuthorities, TransferAuthorities
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import Application, ApplicationState, ClaimRecord, ClaimUnknown, FormRecord, Liveness
from identity_service.issuance.service import Issuance
from identity_service.issuance.wording import ClaimWords, claim_words
from identity_service.parties.disclosures import Disclosure, Disclosures
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens
from identity_service.verification.explain import Check, Question
from identity_service.verification.explaining import Explaining
from identity_service.verification.model import Outcome, TokenUnreadable
from identity_service.web.pages import time_left

MOST_TOKENS: Final = 20
"""Each token costs questions to its chain; further ones are left to the page that explains."""
_PATIENCE: Final = 2
"""How often a chain may fail to answer before it is not asked again: once may be one token's doing, which keeps its node busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """A claim about the person; ``own`` says that it is bound to the wallet that signed in.

    ``application_id`` is the application that led to it, when that wallet sent it: it may ask for the credential.
    """

    record: ClaimRecord
    words: ClaimWords
    issuer_name: str
    liveness: Liveness
    left: str
    forms: tuple[FormRecord, ...]
    own: bool
    application_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An application that led to no claim (yet)."""

    application: Application
    words: ClaimWords
    issuer_name: str


class Answered(StrEnum):
    """Whether the wallet may hold a token, as far as its chain was asked."""

    NOT_ASKED = "not_asked"
    YES = "yes"
    NOT_YET = "not_yet"
    UNREADABLE = "unreadable"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedToken:
    """A token that accepts one of the person's live claims (``by``), and what stands in the way of holding it.

    ``obstacle`` is the first check that did not pass, with the answer NOT_YET; UNREADABLE is the fault of the token's own
    contracts, SILENT that of its chain.
    """

    token: Token
    by: tuple[str, ...]
    answer: Answered = Answered.NOT_ASKED
    obstacle: Check | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTokens:
    """The tokens that the wallet's chain is asked about, and how many more it holds."""

    items: tuple[OpenedToken, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A disclosure with the reader's name, if the reader is a party, and the name of the token it was about."""

    disclosure: Disclosure
    name: str | None
    token_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Who read the person's data, newest first; ``before`` is the last one's id where another page follows."""

    items: tuple[Reading, ...]
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyRecord:
    """Everything on the page but what the chain must be asked for."""

    claims: tuple[HeldClaim, ...]
    applied: tuple[Applied, ...]
    readings: Readings
    authorities: tuple[TokenAuthorities, ...]
    opened: OpenedTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class MyClaims:
    """Gathers a person's record from the rooms that keep it."""

    clock: Clock
    issuance: Issuance
    forms: Forms
    tokens: Tokens
    disclosures: Disclosures
    authorities: TransferAuthorities
    explaining: Explaining

    def record(self, session: Session, caller: Caller, *, readings: int) -> MyRecord:
        """The record of whoever signed in, with so many readings. Raises AccountUnknown for a wallet that is new here."""
        party_id = self._party(session, caller)
        names = {issuer.id: issuer.name for issuer in self.issuance.mesh.all(session)}
        claims = self.issuance.claims_of(session, party_id)
        tokens = self.tokens.list(session)
        applications = self.issuance.applications_of(session, party_id)
        sent = {one.claim_id: one.id for one in applications if one.claim_id is not None and one.account == caller.account}
        return MyRecord(
            claims=tuple(self._held(session, caller, claims, names, sent)),
            applied=tuple(_applied(applications, names)),
            readings=self._readings(session, caller, party_id, before="", limit=readings, tokens=tokens),
            authorities=tuple(self.authorities.given_by(session, caller)),
            opened=self._opened(caller, claims, tokens),
        )

    def opened(self, session: Session, caller: Caller) -> OpenedTokens:
        """The tokens that the person's live claims open, before the chain is asked. Raises AccountUnknown."""
        claims = self.issuance.claims_of(session, self._party(session, caller))
        return self._opened(caller, claims, self.tokens.list(session))

    def readings(self, session: Session, caller: Caller, *, before: str, limit: int) -> Readings:
        """Who read the person's data; before the reading ``before`` when its id is given. Raises AccountUnknown."""
        tokens = self.tokens.list(session)
        return self._readings(session, caller, self._party(session, caller), before=before, limit=limit, tokens=tokens)

    def credential(self, session: Session, caller: Caller, claim_id: str) -> str:
        """The compact ``vc+jwt`` of a claim bound to the wallet that signed in. Raises ClaimUnknown, FormUnknown."""
        if self.issuance.claim(session, claim_id).account != caller.account:
            raise ClaimUnknown("no claim has this id, or it is bound to another wallet")
        return self.forms.content(session, claim_id)

    def asked(self, caller: Caller, opened: OpenedTokens) -> OpenedTokens:
        """The same tokens with what their chain answers for the wallet that signed in."""
        failures = Counter[ChainId]()
        return replace(opened, items=tuple(self._asked(caller, one, failures) for one in opened.items))

    def _asked(self, caller: Caller, one: OpenedToken, failures: Counter[ChainId]) -> OpenedToken:
        """``failures`` counts how often each chain did not answer on this page: it is not waited for without end."""
        if failures[one.token.chain] >= _PATIENCE:
            return replace(one, answer=Answered.SILENT)
        try:
            found = self.explaining.for_person(caller, Question(token=one.token.id, receiver=_account(caller)))
        except TokenUnreadable:
            return replace(one, answer=Answered.UNREADABLE)
        except Unavailable:
            failures[one.token.chain] += 1
            return replace(one, answer=Answered.SILENT)
        obstacle = next((check for check in found.explanation.checks if check.outcome is not Outcome.PASSED), None)
        return replace(one, answer=Answered.YES if obstacle is None else Answered.NOT_YET, obstacle=obstacle)

    def _opened(self, caller: Caller, claims: Sequence[ClaimRecord], tokens: Sequence[Token]) -> OpenedTokens:
        chain, now = _account(caller).chain, self.clock.now()
        live = list(dict.fromkeys(claim.claim_type for claim in reversed(claims) if claim.liveness(now) is Liveness.LIVE))
        mine = [token for token in tokens if token.chain == chain and set(live) & set(token.accepted_claim_types)]
        items = (
            OpenedToken(token=token, by=tuple(name for name in live if name in token.accepted_claim_types))
            for token in mine[:MOST_TOKENS]
        )
        return OpenedTokens(items=tuple(items), more=len(mine[MOST_TOKENS:]))

    def _party(self, session: Session, caller: Caller) -> str:
        return self.issuance.parties.account(session, _account(caller)).party_id

    def _held(
        self,
        session: Session,
        caller: Caller,
        claims: Sequence[ClaimRecord],
        names: Mapping[str, str],
        sent: Mapping[str, str],
    ) -> Iterator[HeldClaim]:
        """``sent`` is the application of the person's own wallet that led to a claim, by claim."""
        now = self.clock.now()
        forms = self.forms.forms_by_claim(session, [claim.id for claim in claims])
        for claim in reversed(claims):
            yield HeldClaim(
                record=claim,
                words=claim_words(claim.claim_type),
                issuer_name=names[claim.claim_issuer_id],
                liveness=claim.liveness(now),
                left=time_left(claim.validity.valid_until, now) if claim.validity.valid_until > now else "",
                forms=tuple(forms[claim.id]),
                own=claim.account == caller.account,
                application_id=sent.get(claim.id),
            )

    def _readings(
        self,
        session: Session,
        caller: Caller,
        party_id: str,
        *,
        before: str,
        limit: int,
        tokens: Collection[Token],
    ) -> Readings:
        found = self.disclosures.latest_about(session, party_id, before=before, limit=limit + 1)
        shown = found[:limit]
        names = self.disclosures.viewers_of(session, caller, party_id, shown)
        token_names = {str(token.id): token.name for token in tokens}
        return Readings(
            items=tuple(
                Reading(disclosure=one, name=names.get(one.viewer_party_id or ""), token_name=token_names.get(one.token or ""))
                for one in shown
            ),
            before=shown[-1].id if len(found) > limit else None,
        )


def _applied(applications: Sequence[Application], names: Mapping[str, str]) -> Iterator[Applied]:
    for one in applications:
        if one.state is not ApplicationState.APPROVED:
            yield Applied(application=one, words=claim_words(one.claim_type), issuer_name=names[one.claim_issuer_id])


def _account(caller: Caller) -> Account:
    assert caller.account is not None  # noqa: S101 - whoever has a session proved an account
    return caller.account
