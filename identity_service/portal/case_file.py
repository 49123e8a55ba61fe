"""An application with everything an officer needs to decide it, opened through the one door."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from claim_issuers.trust.accreditation import PathDecision
from identity_service.access.model import Caller
from identity_service.issuance.model import Application, ClaimRecord, Liveness
from identity_service.issuance.service import Issuance, jurisdiction_stated
from identity_service.issuance.wording import accreditation_fault
from identity_service.mesh.model import ClaimIssuer
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import BoundAccount, Candidate, PartyKind, PartyUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step of an accreditation path, by the names of the claim issuers."""

    accreditor: str
    claim_issuer: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierClaim:
    """A claim that this claim issuer gave the same party before, and what it is now."""

    record: ClaimRecord
    state: Liveness


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The evidence: ``applicant`` and ``attributes`` are personal data, and this reading of them is on record.

    ``intermediary`` is the name of the firm through which the applicant came, if any; ``own`` says that the reader is, or acts for,
    the applicant, and so decides nothing here.
    """

    application: Application
    party_kind: PartyKind
    applicant: Mapping[str, str]
    intermediary: str | None
    own: bool
    attributes: Mapping[str, Any]
    bound: BoundAccount
    accreditation: PathDecision
    path: tuple[Link, ...]
    earlier: tuple[EarlierClaim, ...]

    @property
    def accreditation_fault(self) -> str:
        """Why the claim issuer is not accredited for this, in words."""
        return accreditation_fault(str(self.accreditation.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose claim it is; ``legal_name`` is empty once the holder's data were erased.

    ``application_id`` is that of the application from which the claim came, if it came from one.
    """

    legal_name: str
    application_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiles:
    """Opens case files."""

    issuance: Issuance
    disclosures: Disclosures

    def open(self, session: Session, application_id: str, claim_issuer: ClaimIssuer, caller: Caller) -> CaseFile:
        """The case file of an application to this claim issuer; the transaction writes who read it. Raises ApplicationUnknown."""
        found = self.issuance.application(session, application_id, claim_issuer)
        instant = self.issuance.clock.now()
        attributes = self.issuance.attributes_of(session, found)
        decision = self.issuance.mesh.decide(
            session,
            claim_issuer=claim_issuer,
            topic=found.claim_type,
            jurisdiction=jurisdiction_stated(found.claim_type, attributes),
            instant=instant,
        )
        return CaseFile(
            application=found,
            party_kind=self.issuance.parties.exists(session, found.party_id),
            applicant=self._applicant(session, found, claim_issuer, caller),
            intermediary=self._intermediary(session, found, claim_issuer, caller),
            own=self.issuance.concerns(session, found.party_id, caller),
            attributes=attributes,
            bound=self.issuance.parties.binding(session, found.account),
            accreditation=decision,
            path=self._path(session, decision),
            earlier=self._earlier(session, found, claim_issuer),
        )

    def holder(self, session: Session, claim: ClaimRecord, claim_issuer: ClaimIssuer, caller: Caller) -> Holder:
        """The holder of a claim of this claim issuer; the transaction writes who read the name."""
        basis = Basis.of_claims_holder(claim.id, holder_party_id=claim.party_id, claim_issuer_party_id=claim_issuer.party_id)
        try:
            legal_name = self._opened(session, caller, basis, claim.party_id).get("legal_name", "")
        except PartyUnknown:
            legal_name = ""
        sent = self.issuance.applications_of(session, claim.party_id)
        return Holder(legal_name=legal_name, application_id=next((one.id for one in sent if one.claim_id == claim.id), None))

    def _applicant(
        self, session: Session, application: Application, claim_issuer: ClaimIssuer, caller: Caller
    ) -> Mapping[str, str]:
        basis = Basis.of_application(
            application.id, applicant_party_id=application.party_id, claim_issuer_party_id=claim_issuer.party_id
        )
        return self._opened(session, caller, basis, application.party_id)

    def _intermediary(self, session: Session, application: Application, claim_issuer: ClaimIssuer, caller: Caller) -> str | None:
        party_id = application.intermediary_party_id
        if party_id is None:
            return None
        basis = Basis.of_applicants_intermediary(
            application.id, intermediary_party_id=party_id, claim_issuer_party_id=claim_issuer.party_id
        )
        return self._opened(session, caller, basis, party_id)["legal_name"]

    def _opened(self, session: Session, caller: Caller, basis: Basis, party_id: str) -> Mapping[str, str]:
        candidate = Candidate(party_id=party_id, quantity=0, is_intermediary=False)
        return self.disclosures.open(session, caller=caller, basis=basis, candidates=[candidate])[party_id]

    def _path(self, session: Session, decision: PathDecision) -> tuple[Link, ...]:
        names = {issuer.did: issuer.name for issuer in self.issuance.mesh.all(session)} if decision.path else {}
        return tuple(
            Link(accreditor=names[step.accreditor], claim_issuer=names[step.claim_issuer], id=step.id) for step in decision.path
        )

    def _earlier(self, session: Session, application: Application, claim_issuer: ClaimIssuer) -> tuple[EarlierClaim, ...]:
        instant = self.issuance.clock.now()
        return tuple(
            EarlierClaim(record=one, state=one.liveness(instant))
            for one in self.issuance.claims_of(session, application.party_id)
            if one.claim_issuer_id == claim_issuer.id and one.id != application.claim_id
        )
