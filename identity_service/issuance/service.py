"""Applications and decisions, and what is known of each claim.

A claim is born in two transactions with the signature between them (DESIGN §5.1): ``decide`` reserves the status index and writes
the claim, its digest, the intended form and the audit entry; ``Forms.complete`` signs and stores.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.claims.attributes import AccreditedIssuer, ClaimAttributes
from claim_issuers.claims.claim import Validity
from claim_issuers.claims.vocabulary import InvalidClaimAttributes, UnknownClaimType, claim_type, validate_attributes
from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.issuers.prepared import PreparedClaim
from claim_issuers.issuers.profile import (
    ClaimIssuerNotAccredited,
    ClaimRequest,
    ClaimTypeNotInProfile,
    Profile,
    StatusEntry,
    ValidityNotPermitted,
)
from claim_issuers.trust.accreditation import ACCREDITATION_TOPIC, PathDecision
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, jurisdiction_of
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProof
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import (
    VC_JWT,
    AccountNoLongerLinked,
    AccreditedNotApplicant,
    ApplicantDataMissing,
    Application,
    ApplicationAlreadyDecided,
    ApplicationOutcome,
    ApplicationPending,
    ApplicationRequest,
    ApplicationState,
    ApplicationUnknown,
    ClaimRecord,
    ClaimState,
    ClaimUnknown,
    Liveness,
    OwnApplication,
)
from identity_service.issuance.status_lists import StatusLists
from identity_service.issuance.tables import ApplicationRow, ClaimRow, ClaimStateRow, FormRow
from identity_service.issuance.wording import accreditation_fault
from identity_service.mesh.model import ClaimIssuer, ClaimIssuerUnknown
from identity_service.mesh.service import Mesh
from identity_service.parties.model import AccountUnknown, Capacity, PartyKind, PartyUnknown, RelationInvalid, RelationKind
from identity_service.parties.service import Parties
from identity_service.storage import insert_if_absent, new_id

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What deciding an application led to; an approval comes with the form that is now to be signed."""

    application: Application
    form_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """Takes applications, decides them, and keeps the claims."""

    clock: Clock
    entropy: Entropy
    parties: Parties
    mesh: Mesh
    status_lists: StatusLists
    audit: AuditLog

    def apply(self, session: Session, request: ApplicationRequest, proof: AccountProof) -> Application:
        """Record an application for the account of ``proof``; an account that is new here brings its party with it.

        Raises ClaimIssuerUnknown, UnknownClaimType, ClaimTypeNotInProfile, InvalidClaimAttributes, ApplicantDataMissing,
        AlreadyEnrolled, PersonalDataInvalid, PartyUnknown for an unknown intermediary, RelationInvalid for one that is a person or
        the applicant, AccreditedNotApplicant for an accreditation of somebody else, ApplicationPending while an earlier one for
        the same claim type waits at the same desk.
        """
        claim_issuer = self.mesh.get(session, request.claim_issuer_id)
        attributes = _checked_attributes(request)
        if request.claim_type not in claim_issuer.claim_types:
            raise ClaimTypeNotInProfile("choose a claim issuer that issues this claim type", pointer="/claim_type")
        party_id = self._applicant(session, request, proof)
        self._require_own_name(session, attributes, party_id)
        self._check_intermediary(session, request, party_id)
        application_id = new_id("app", self.entropy)
        content = rfc8785.dumps(attributes.model_dump(mode="json", exclude_none=True))
        row = ApplicationRow(
            id=application_id,
            party_id=party_id,
            chain=proof.account.chain.number,
            address=proof.account.address.value,
            claim_issuer_id=claim_issuer.id,
            claim_type=request.claim_type,
            sealed_attributes=self.parties.seal_for(session, party_id, application_id, content),
            intermediary_party_id=request.intermediary_party_id,
            intermediary_confirmed=request.intermediary_confirmed,
            pending_key=f"{party_id}:{claim_issuer.id}:{request.claim_type}",
            state=ApplicationState.SUBMITTED.value,
            submitted_at=self.clock.now(),
        )
        _add_pending(session, row)
        details = {"claim_issuer": claim_issuer.id, "claim_type": request.claim_type}
        self.audit.append(
            session, actor=str(proof.account), action="application.submitted", subject=application_id, details=details
        )
        return application_value(row)

    def application(self, session: Session, application_id: str, claim_issuer: ClaimIssuer) -> Application:
        """An application to this claim issuer. Raises ApplicationUnknown."""
        self._require_sent_to(session, application_id, claim_issuer)
        return self.application_named(session, application_id)

    def application_named(self, session: Session, application_id: str) -> Application:
        """An application, for a room that has checked whose business it is. Raises ApplicationUnknown."""
        row = session.get(ApplicationRow, application_id)
        if row is None:
            raise ApplicationUnknown("no application has this id")
        return application_value(row)

    def application_of(self, session: Session, application_id: str, account: Account) -> Application:
        """An application that this account sent. Raises ApplicationUnknown."""
        application = self.application_named(session, application_id)
        if application.account != account:
            raise ApplicationUnknown("you sent no application with this id")
        return application

    def applications_of(self, session: Session, party_id: str) -> list[Application]:
        """What a party applied for, newest first."""
        query = select(ApplicationRow).where(ApplicationRow.party_id == party_id)
        return [
            application_value(row) for row in session.scalars(query.order_by(ApplicationRow.submitted_at.desc(), ApplicationRow.id))
        ]

    def attributes_of(self, session: Session, application: Application) -> dict[str, object]:
        """What the applicant wants attested: for the claim issuer it applied to."""
        row = session.get_one(ApplicationRow, application.id)
        opened = self.parties.open_for(session, row.party_id, row.id, row.sealed_attributes)
        return dict(json.loads(opened))

    def applications(
        self, session: Session, claim_issuer: ClaimIssuer, *, state: ApplicationState | None, after: str, limit: int
    ) -> list[Application]:
        """The desk of a claim issuer, by id."""
        query = select(ApplicationRow).where(ApplicationRow.claim_issuer_id == claim_issuer.id, ApplicationRow.id > after)
        if state is not None:
            query = query.where(ApplicationRow.state == state.value)
        return [application_value(row) for row in session.scalars(query.order_by(ApplicationRow.id).limit(limit))]

    def outcomes(self, session: Session, application_ids: Collection[str]) -> dict[str, ApplicationOutcome]:
        """What became of these applications by now, without a word about whose they are."""
        instant = self.clock.now()
        rows = session.execute(
            select(ApplicationRow.id, ApplicationRow.state, ClaimRow)
            .outerjoin(ClaimRow, ClaimRow.id == ApplicationRow.claim_id)
            .where(ApplicationRow.id.in_(application_ids))
        )
        return {
            application_id: ApplicationOutcome(
                state=ApplicationState(state), claim=None if claim is None else claim_record(claim).liveness(instant)
            )
            for application_id, state, claim in rows
        }

    def applicants(self, session: Session, application_ids: Collection[str]) -> dict[str, Account]:
        """The accounts that sent these applications, for a room that has checked whose business that is."""
        query = select(ApplicationRow.id, ApplicationRow.chain, ApplicationRow.address)
        found: dict[str, Account] = {}
        wanted = sorted(application_ids)
        for start in range(0, len(wanted), _BATCH):
            for one, chain, address in session.execute(query.where(ApplicationRow.id.in_(wanted[start : start + _BATCH]))):
                found[one] = Account(ChainId(chain), Address(bytes(address)))
        return found

    def approve(
        self, session: Session, application_id: str, claim_issuer: ClaimIssuer, *, valid_for: timedelta, caller: Caller
    ) -> Decision:
        """Approve: reserve a status place, write the claim and intend its first form. Sign it with ``Forms.complete``.

        Raises ApplicationUnknown, OwnApplication, ApplicationAlreadyDecided, AccountNoLongerLinked, ClaimIssuerNotAccredited,
        InvalidValidity, ValidityNotPermitted; for an accreditation also ClaimIssuerUnknown when the applicant is no claim issuer,
        and AccreditedNotApplicant when it names another.
        """
        row, linked = self._undecided(session, application_id, claim_issuer, caller)
        if not linked:
            raise AccountNoLongerLinked("reject the application: its party applies again with an account that it has")
        if row.claim_type == ACCREDITATION_TOPIC:
            self.mesh.of_party(session, row.party_id)  # found out after the signature, this would leave the intent open for ever
        if valid_for > claim_issuer.maximum_validity:
            raise ValidityNotPermitted("the validity is longer than the profile allows", pointer="/valid_for_seconds")
        valid_from = self.clock.now().replace(microsecond=0)
        validity = Validity(valid_from, valid_from + valid_for)
        try:
            claim_row, form_row = self._intend(session, row, claim_issuer, validity)
        except ClaimIssuerNotAccredited as refusal:
            why = str(refusal.data["reason"])
            detail = f"the claim issuer is not accredited for this: {accreditation_fault(why)}"
            raise ClaimIssuerNotAccredited(detail, reason=why) from refusal
        if row.intermediary_party_id is not None:
            self.parties.relate(
                session,
                party_id=row.party_id,
                kind=RelationKind.CLIENT_OF,
                other_party_id=row.intermediary_party_id,
                evidence=row.id,
                actor=caller.subject,
            )
        row.state, row.decided_at, row.claim_id = ApplicationState.APPROVED.value, self.clock.now(), claim_row.id
        row.pending_key = None
        details = {"claim": claim_row.id, "form": form_row.id, "digest": claim_row.digest.hex(), "format": VC_JWT}
        self.audit.append(session, actor=caller.subject, action="claim.intended", subject=row.id, details=details)
        return Decision(application=application_value(row), form_id=form_row.id)

    def reject(self, session: Session, application_id: str, claim_issuer: ClaimIssuer, *, reason: str, caller: Caller) -> Decision:
        """Reject with a reason code. Raises ApplicationUnknown, OwnApplication, ApplicationAlreadyDecided."""
        row, _ = self._undecided(session, application_id, claim_issuer, caller)
        row.state, row.decided_at, row.reason = ApplicationState.REJECTED.value, self.clock.now(), reason
        row.pending_key = None
        details = {"reason": reason}
        self.audit.append(session, actor=caller.subject, action="application.rejected", subject=row.id, details=details)
        return Decision(application=application_value(row), form_id=None)

    def claim(self, session: Session, claim_id: str) -> ClaimRecord:
        """What is known of a claim. Raises ClaimUnknown."""
        return claim_record(self._claim_row(session, claim_id))

    def claim_held_by(self, session: Session, claim_id: str, caller: Caller) -> ClaimRecord:
        """A claim bound to the caller's own account, whatever seat the caller has beside it. Raises ClaimUnknown."""
        record = self.claim(session, claim_id)
        if caller.account is None or caller.account != record.account:
            raise ClaimUnknown("no claim has this id, or it is bound to another account")
        return record

    def claim_issued_by(self, session: Session, claim_id: str, caller: Caller) -> ClaimRecord:
        """A claim that the caller's own claim issuer issued: holding a claim is no right to act on it. Raises ClaimUnknown."""
        record = self.claim(session, claim_id)
        if caller.party_id is None or self.mesh.get(session, record.claim_issuer_id).party_id != caller.party_id:
            raise ClaimUnknown("no claim has this id, or none that you issued")
        return record

    def concerns(self, session: Session, party_id: str, caller: Caller) -> bool:
        """Whether the caller is this party, by the account it signed in with, or acts for it."""
        if caller.party_id == party_id:
            return True
        if caller.account is None:
            return False
        bound = self.parties.bound_accounts(session, [caller.account]).get(caller.account)
        return bound is not None and bound.party_id == party_id

    def claims_of(self, session: Session, party_id: str) -> list[ClaimRecord]:
        """Every claim about a party, oldest first."""
        rows = session.scalars(select(ClaimRow).where(ClaimRow.party_id == party_id).order_by(ClaimRow.created_at, ClaimRow.id))
        return [claim_record(row) for row in rows]

    def claims_by(self, session: Session, claim_issuer: ClaimIssuer, *, after: str, limit: int) -> list[ClaimRecord]:
        """The claims that a claim issuer issued, by id."""
        rows = session.scalars(
            select(ClaimRow)
            .where(ClaimRow.claim_issuer_id == claim_issuer.id, ClaimRow.id > after)
            .order_by(ClaimRow.id)
            .limit(limit)
        )
        return [claim_record(row) for row in rows]

    def claims_on(self, session: Session, accounts: Iterable[Account]) -> dict[Account, list[ClaimRecord]]:
        """Every claim bound to each of ``accounts``, whatever its state, oldest first."""
        keys = sorted({(account.chain.number, account.address.value) for account in accounts})
        found: dict[Account, list[ClaimRecord]] = {}
        for start in range(0, len(keys), _BATCH):
            rows = session.scalars(
                select(ClaimRow)
                .where(tuple_(ClaimRow.chain, ClaimRow.address).in_(keys[start : start + _BATCH]))
                .order_by(ClaimRow.created_at, ClaimRow.id)
            )
            for record in map(claim_record, rows):
                found.setdefault(record.account, []).append(record)
        return found

    def authorised_signatories(self, session: Session, claim_id: str) -> frozenset[str]:
        """The did:pkh of everybody whom a claim attests as authorised signatory: accounts, and nothing else of its attributes.

        Empty once the party's data was erased. Raises ClaimUnknown.
        """
        try:
            attributes = self._attributes(session, self._claim_row(session, claim_id))
        except PartyUnknown:
            return frozenset()
        return frozenset(attributes.get("authorised_signatories") or ())

    def jurisdiction_of(self, session: Session, claim_id: str) -> ClaimJurisdiction:
        """The place that a claim is about; no place once the party's data was erased. Raises ClaimUnknown."""
        row = self._claim_row(session, claim_id)
        try:
            return jurisdiction_stated(row.claim_type, self._attributes(session, row))
        except PartyUnknown:
            return ClaimJurisdiction(None)

    def accreditations_at(self, session: Session, instant: datetime) -> Callable[[ClaimRecord], PathDecision]:
        """Gives for each claim the decision whether its claim issuer is accredited for it, and for its place, at ``instant``.

        What a claim says stays sealed unless the answer turns on its place.
        """
        decided, dids = self.mesh.decisions_at(session, instant), {one.id: one.did for one in self.mesh.all(session)}

        def accreditation(record: ClaimRecord) -> PathDecision:
            about = dids[record.claim_issuer_id], record.claim_type
            everywhere, anywhere = decided(*about, ClaimJurisdiction(None)), decided(*about, None)
            if everywhere.accredited or not anywhere.accredited:
                return everywhere if everywhere.accredited else anywhere
            return decided(*about, self.jurisdiction_of(session, record.id))

        return accreditation

    def generation(self, session: Session) -> int:
        """The generation of all claims: an answer made under it stays true while it stands and no claim expires."""
        return session.scalar(select(func.max(ClaimStateRow.generation))) or 0

    def prepared(
        self, session: Session, row: ClaimRow, instant: datetime, *, holder_jwk: Mapping[str, str] | None = None
    ) -> PreparedClaim:
        """The claim that ``row`` intends, ready to be signed once; the same row and key always give the same digest.

        It is bound to ``holder_jwk``, or to the key that the account's signature revealed where none is given. Raises what
        ``Profile.prepare`` raises, ClaimIssuerNotAccredited above all.
        """
        claim_issuer = self.mesh.get(session, row.claim_issuer_id)
        account = Account(ChainId(row.chain), Address(row.address))
        attributes = self._attributes(session, row)
        return profile_of(claim_issuer).prepare(
            ClaimRequest(
                id=f"urn:identity-service:claim:{row.id}",
                claim_type=row.claim_type,
                account=account,
                holder_jwk=holder_jwk or self.parties.binding(session, account).holder_jwk,
                attributes=attributes,
                validity=Validity(row.valid_from, row.valid_until),
            ),
            accreditation=self.mesh.decide(
                session,
                claim_issuer=claim_issuer,
                topic=row.claim_type,
                jurisdiction=jurisdiction_stated(row.claim_type, attributes),
                instant=instant,
            ),
            status=StatusEntry(self.status_lists.uri(row.status_list_id), row.status_index),
            instant=instant,
        )

    def _claim_row(self, session: Session, claim_id: str) -> ClaimRow:
        row = session.get(ClaimRow, claim_id)
        if row is None:
            raise ClaimUnknown("no claim has this id")
        return row

    def _attributes(self, session: Session, row: ClaimRow) -> dict[str, Any]:
        """What a claim says, opened. Raises PartyUnknown once the party's data was erased."""
        return dict(json.loads(self.parties.open_for(session, row.party_id, row.id, row.sealed_attributes)))

    def _applicant(self, session: Session, request: ApplicationRequest, proof: AccountProof) -> str:
        if request.party is None or request.party_kind is None:
            try:
                return self.parties.account(session, proof.account, lock=True).party_id
            except AccountUnknown as error:
                raise ApplicantDataMissing("say who applies: this account is new here", pointer="/party") from error
        return self.parties.enrol(
            session,
            proof=proof,
            kind=PartyKind(request.party_kind),
            data=request.party,
            capacity=Capacity(request.capacity),
        )

    def _require_own_name(self, session: Session, attributes: ClaimAttributes, party_id: str) -> None:
        named = attributes.claim_issuer if isinstance(attributes, AccreditedIssuer) else None
        if named is not None and named != self._did_of(session, party_id):
            raise AccreditedNotApplicant("an accreditation is for the applicant itself", pointer="/attributes/claim_issuer")

    def _did_of(self, session: Session, party_id: str) -> str | None:
        """The DID of the claim issuer that a party is; None while it is none."""
        try:
            return self.mesh.of_party(session, party_id).did
        except ClaimIssuerUnknown:
            return None

    def _check_intermediary(self, session: Session, request: ApplicationRequest, applicant: str) -> None:
        if request.intermediary_party_id is None:
            return
        if request.intermediary_party_id == applicant:
            raise RelationInvalid("nobody is a client of their own", pointer="/intermediary")
        kind = self.parties.exists(session, request.intermediary_party_id)
        # The desk reads the name of whoever is named here, so nobody may name a person who did not ask for it.
        if kind is not PartyKind.ORGANISATION and not request.intermediary_confirmed:
            raise RelationInvalid("an intermediary is a firm", pointer="/intermediary")

    def _require_sent_to(self, session: Session, application_id: str, claim_issuer: ClaimIssuer) -> None:
        sent_to = session.scalar(select(ApplicationRow.claim_issuer_id).where(ApplicationRow.id == application_id))
        if sent_to != claim_issuer.id:
            raise ApplicationUnknown("no application to you has this id")

    def require_linked(self, session: Session, account: Account) -> None:
        """Return when a party has the account linked, and keep it so to the transaction's end. Raises AccountNoLongerLinked."""
        try:
            self.parties.account(session, account, lock=True)
        except AccountUnknown as error:
            raise AccountNoLongerLinked("issue to an account that the party has linked") from error

    def _is_linked(self, session: Session, application_id: str) -> bool:
        """Whether the applicant's account is linked, and stays so until the transaction ends."""
        try:
            self.require_linked(session, self.applicants(session, [application_id])[application_id])
        except AccountNoLongerLinked:
            return False
        return True

    def _undecided(
        self, session: Session, application_id: str, claim_issuer: ClaimIssuer, caller: Caller
    ) -> tuple[ApplicationRow, bool]:
        """The application, and whether its account is still linked; both locked, the account first, as whoever unlinks it does."""
        self._require_sent_to(session, application_id, claim_issuer)
        linked = self._is_linked(session, application_id)
        row = session.get_one(ApplicationRow, application_id, with_for_update=True, populate_existing=True)
        if self.concerns(session, row.party_id, caller):
            raise OwnApplication("let somebody decide who is not the applicant and does not act for it")
        if row.state != ApplicationState.SUBMITTED.value:
            raise ApplicationAlreadyDecided("the application was decided before")
        return row, linked

    def _said(self, session: Session, application: ApplicationRow) -> bytes:
        """What the claim will say; an accreditation also names the applicant's DID, because the account alone does not tell whose
        it is. Raises AccreditedNotApplicant.
        """
        opened = self.parties.open_for(session, application.party_id, application.id, application.sealed_attributes)
        did = self._did_of(session, application.party_id)
        if application.claim_type != ACCREDITATION_TOPIC or did is None:
            return opened
        said = json.loads(opened)
        self._require_own_name(session, validate_attributes(claim_type(application.claim_type), said), application.party_id)
        return rfc8785.dumps({**said, "claim_issuer": did})

    def _intend(
        self, session: Session, application: ApplicationRow, claim_issuer: ClaimIssuer, validity: Validity
    ) -> tuple[ClaimRow, FormRow]:
        claim_id = new_id("clm", self.entropy)
        place = self.status_lists.reserve(session, claim_issuer, claim_id)
        said = self._said(session, application)
        now = self.clock.now()
        row = ClaimRow(
            id=claim_id,
            party_id=application.party_id,
            chain=application.chain,
            address=application.address,
            claim_issuer_id=claim_issuer.id,
            claim_type=application.claim_type,
            sealed_attributes=self.parties.seal_for(session, application.party_id, claim_id, said),
            digest=b"",
            valid_from=validity.valid_from,
            valid_until=validity.valid_until,
            status_list_id=place.status_list_id,
            status_index=place.index,
            state=ClaimState.ISSUING.value,
            created_at=now,
        )
        row.digest = self.prepared(session, row, now).digest
        session.add(row)
        session.flush()
        form = FormRow(id=new_id("frm", self.entropy), claim_id=claim_id, format=VC_JWT, digest=row.digest, intended_at=now)
        session.add(form)
        session.flush()
        return row, form


def _add_pending(session: Session, row: ApplicationRow) -> None:
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise ApplicationPending("your application for this claim type waits at this desk: wait for its decision") from error


def _checked_attributes(request: ApplicationRequest) -> ClaimAttributes:
    try:
        return validate_attributes(claim_type(request.claim_type), request.attributes)
    except UnknownClaimType as error:
        raise UnknownClaimType(error.detail, pointer="/claim_type") from error
    except InvalidClaimAttributes as error:
        raise InvalidClaimAttributes(error.detail, pointer=f"/attributes{error.pointer or ''}") from error


def jurisdiction_stated(name: str, attributes: Mapping[str, Any]) -> ClaimJurisdiction:
    """The place that a claim of this type with these attributes is about. Raises InvalidClaimAttributes, UnknownClaimType."""
    return jurisdiction_of(validate_attributes(claim_type(name), attributes))


def profile_of(claim_issuer: ClaimIssuer) -> Profile:
    """What a claim issuer may say, for the pure library."""
    return Profile(claim_issuer=claim_issuer.did, claim_types=claim_issuer.claim_types, max_validity=claim_issuer.maximum_validity)


def bump_generation(session: Session) -> int:
    """Raise the generation of all claims, in the transaction that changes one; the new generation."""
    insert_if_absent(session, ClaimStateRow, id=1, generation=0)
    row = session.get_one(ClaimStateRow, 1, with_for_update=True)
    row.generation += 1
    session.flush()
    return row.generation


def claim_record(row: ClaimRow) -> ClaimRecord:
    """The value of a row."""
    return ClaimRecord(
        id=row.id,
        party_id=row.party_id,
        account=Account(ChainId(row.chain), Address(row.address)),
        claim_issuer_id=row.claim_issuer_id,
        claim_type=row.claim_type,
        validity=Validity(row.valid_from, row.valid_until),
        state=ClaimState(row.state),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        status_list_id=row.status_list_id,
        status_index=row.status_index,
        account_unlinked_at=row.account_unlinked_at,
    )


def application_value(row: ApplicationRow) -> Application:
    """The value of a row."""
    return Application(
        id=row.id,
        party_id=row.party_id,
        account=Account(ChainId(row.chain), Address(row.address)),
        claim_issuer_id=row.claim_issuer_id,
        claim_type=row.claim_type,
        intermediary_party_id=row.intermediary_party_id,
        intermediary_confirmed=row.intermediary_confirmed,
        state=ApplicationState(row.state),
        reason=row.reason,
        claim_id=row.claim_id,
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
    )


def live_at(records: Iterable[ClaimRecord], instant: datetime) -> list[ClaimRecord]:
    """Those of ``records`` that are live at ``instant``."""
    return [record for record in records if record.liveness(instant) is Liveness.LIVE]
