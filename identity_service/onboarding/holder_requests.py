"""A holder's own request to be registered for a token: looked at before it reaches the agent's queue."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from identity_service.access.model import Caller
from identity_service.chain.compliance_reads import ComplianceReads
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.reads import TokenReads
from identity_service.issuance.model import Liveness
from identity_service.issuance.service import Issuance
from identity_service.onboarding.model import (
    CountryNotTaken,
    NoClaimForToken,
    Registration,
    country_differs,
    require_country,
)
from identity_service.onboarding.plan_steps import country_words
from identity_service.onboarding.service import Onboarding
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate
from identity_service.tokens.model import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRequests:
    """Puts into the queue who may be of interest to the agent: who holds a claim that the token accepts, in a country it takes."""

    onboarding: Onboarding
    issuance: Issuance
    chains: ChainDirectory
    disclosures: Disclosures

    def require_country_taken(self, token: Token, country: int) -> None:
        """Ask the token's compliance modules, outside any transaction.

        Raises CountryUnassigned, CountryNotTaken, ChainUnavailable.
        """
        require_country(country)
        client = self.chains.on(token.chain)
        head = client.head()
        compliance = TokenReads(client, token.address).wiring(head).compliance
        rules = ComplianceReads(client).country_rules(compliance, country, head)
        if not rules.takes:
            raise CountryNotTaken(country_words(rules), pointer="/country")

    def request(self, session: Session, token: Token, *, country: int, caller: Caller) -> Registration:
        """The caller's own account, in the queue.

        Raises CountryUnassigned, AccountUnknown, NoClaimForToken, WrongChainForRegistration.
        """
        require_country(country)
        party_id = self._require_claim(session, token, caller)
        differs = country_differs(country, self._on_record(session, party_id, caller))
        return self.onboarding.ask_for_registration(session, token, country=country, differs=differs, caller=caller)

    def _on_record(self, session: Session, party_id: str, caller: Caller) -> str | None:
        """The country that the party gave when it enrolled, if any."""
        basis = Basis.of_own_registration(party_id)
        candidates = [Candidate(party_id=party_id, quantity=0, is_intermediary=False)]
        return self.disclosures.open(session, caller=caller, basis=basis, candidates=candidates)[party_id].get("country")

    def _require_claim(self, session: Session, token: Token, caller: Caller) -> str:
        """The caller's party. A claim counts through the identity contract, so it may be bound to another account of the party."""
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        party_id = self.issuance.parties.account(session, caller.account).party_id
        now = self.issuance.clock.now()
        claims = self.issuance.claims_of(session, party_id)
        if not any(one.claim_type in token.accepted_claim_types and one.liveness(now) is Liveness.LIVE for one in claims):
            raise NoClaimForToken("get a claim that this token accepts first")
        return party_id
