"""Signed forms: intended in one transaction, signed after it, stored in the next; the reconciler finishes what a crash cut.

Signatures here are deterministic (EdDSA, RFC 6979), so finishing an intent again gives the very bytes that may have been lost.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import InvalidInput, NotPermitted
from claim_issuers.formats import erc735
from claim_issuers.formats.credential import CredentialForm
from claim_issuers.formats.sd_jwt_vc import SECRET_BYTES, SdJwtVc
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.formats.vc_jwt import VcJwt
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.issuers.issue import issue, issue_on_chain
from claim_issuers.issuers.prepared import PreparedOnChainClaim
from claim_issuers.issuers.profile import OnChainTarget
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import DigestSigner, Signer
from claim_issuers.trust.accreditation import ACCREDITATION_TOPIC
from claim_issuers.trust.documents import accreditation_of
from claim_issuers.trust.jurisdictions import jurisdiction_of
from identity_service.audit.service import AuditLog
from identity_service.issuance.model import (
    ERC735,
    SD_JWT_VC,
    VC_JWT,
    ClaimNotLive,
    ClaimRecord,
    ClaimState,
    FormAlreadyLive,
    FormRecord,
    FormState,
    FormUnknown,
    IdentityContractMissing,
    IdentityContractUntrusted,
    Liveness,
)
from identity_service.issuance.places import REVOKE_FORM_JOB, RevocationPlaces
from identity_service.issuance.service import Issuance, bump_generation, claim_record, profile_of
from identity_service.issuance.tables import ClaimRow, FormRow, OnchainIndexRow
from identity_service.jobs.service import Jobs
from identity_service.mesh.model import AccreditationTerms
from identity_service.storage import Database, insert_if_absent, new_id

COMPLETE_FORM_JOB = "complete_form"
_GRACE = timedelta(seconds=30)


class SigningVault(Protocol):
    """What this room needs of the vault."""

    def signer(self, name: str) -> Signer: ...
    def digest_signer(self, name: str) -> DigestSigner: ...


class IdentityGuard(Protocol):
    """Says whether a trusted factory on the chain names ``identity_contract`` for ``account`` now (DESIGN §4, fault 3)."""

    def vouches_for(self, account: Account, identity_contract: Address, factories: frozenset[Address]) -> bool: ...


class ClaimListener(Protocol):
    """Hears of each claim as it comes to life, in that transaction."""

    def __call__(self, session: Session, *, claim_id: str, party_id: str, valid_until: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Makes the forms of claims. ``credential_types`` is where the types of ``dc+sd-jwt`` credentials are described."""

    db: Database
    clock: Clock
    entropy: Entropy
    vault: SigningVault
    issuance: Issuance
    jobs: Jobs
    reach: RevocationPlaces
    audit: AuditLog
    credential_types: CredentialTypes
    on_issued: ClaimListener | None = None

    def intend_sd_jwt_vc(
        self, session: Session, claim_id: str, holder_jwks: Sequence[Mapping[str, str]], *, actor: str
    ) -> list[str]:
        """Write the intent of one ``dc+sd-jwt`` for each key that a wallet proved; the forms' ids. Sign each with ``complete``.

        All share the claim's place in the status list. Raises ClaimUnknown, AccountNoLongerLinked, ClaimNotLive, MalformedJwk,
        ClaimIssuerNotAccredited.
        """
        claim = self._live_row(session, claim_id)
        return [self._intend_for_holder(session, claim, holder_jwk, actor=actor) for holder_jwk in holder_jwks]

    def _intend_for_holder(self, session: Session, claim: ClaimRow, holder_jwk: Mapping[str, str], *, actor: str) -> str:
        now, form_id = self.clock.now(), new_id("frm", self.entropy)
        secret = self.entropy.token_bytes(SECRET_BYTES)
        form = FormRow(
            id=form_id,
            claim_id=claim.id,
            format=SD_JWT_VC,
            digest=self.issuance.prepared(session, claim, now, holder_jwk=holder_jwk).digest,
            intended_at=now,
            holder_jwk=public_key_from_jwk(holder_jwk).jwk(),
            sealed_secret=self.issuance.parties.seal_for(session, claim.party_id, form_id, secret),
        )
        session.add(form)
        session.flush()
        details = {"claim": claim.id, "format": SD_JWT_VC, "digest": form.digest.hex()}
        self.audit.append(session, actor=actor, action="form.intended", subject=form_id, details=details)
        self.watch(session, form_id)
        return form_id

    def intend_erc735(self, session: Session, claim_id: str, *, topic: int | None, actor: str) -> str:
        """Write the intent of an on-chain form, with its 31 bytes of data; the form's id. Sign it with ``complete``.

        The caller has asked the IdentityGuard. Raises ClaimUnknown, AccountNoLongerLinked, ClaimNotLive, IdentityContractMissing,
        ContractMissing, FormAlreadyLive.
        """
        claim = self._live_row(session, claim_id)
        record = claim_record(claim)
        identity_contract = self.issuance.parties.account(session, record.account).identity_contract
        if identity_contract is None:
            raise IdentityContractMissing("deploy an identity contract for the account first")
        claim_issuer = self.issuance.mesh.get(session, claim.claim_issuer_id)
        issuer_contract = claim_issuer.contract_on(record.account.chain)
        target = OnChainTarget(
            chain_id=claim.chain,
            issuer_contract=issuer_contract,
            identity_contract=identity_contract,
            status_index=_next_index(session, claim.chain, issuer_contract),
            salt16=self.entropy.token_bytes(16),
            topic=topic,
        )
        now = self.clock.now()
        prepared = self._prepared_on_chain(session, claim, target, now)
        form = FormRow(
            id=new_id("frm", self.entropy),
            claim_id=claim.id,
            format=ERC735,
            digest=prepared.digest,
            intended_at=now,
            chain=claim.chain,
            topic=prepared.topic,
            issuer_contract=issuer_contract.value,
            identity_contract=identity_contract.value,
            data=prepared.data,
            salt=target.salt16,
            live_key=f"{claim.chain}:{issuer_contract}:{prepared.topic:x}:{identity_contract}",
        )
        _add_live(session, form)
        details = {"claim": claim.id, "format": ERC735, "digest": prepared.digest.hex(), "topic": str(prepared.topic)}
        self.audit.append(session, actor=actor, action="form.intended", subject=form.id, details=details)
        self.watch(session, form.id)
        return form.id

    def watch(self, session: Session, form_id: str) -> None:
        """Queue, with the intent itself, the job that completes it should the process that wrote it not do so at once."""
        self.jobs.enqueue(
            session,
            COMPLETE_FORM_JOB,
            {"form": form_id},
            unique_key=f"complete:{form_id}",
            run_after=self.clock.now() + _GRACE,
        )

    def complete(self, form_id: str, *, actor: str) -> None:
        """Sign an intended form and store it; a form that is stored already stays as it is.

        When the claim may no longer be issued (accreditation gone, validity over), the intent is revoked instead.
        """
        with self.db.read() as session:
            form = session.get_one(FormRow, form_id)
            claim = session.get_one(ClaimRow, form.claim_id)
            if form.signed_at is not None:
                return
            signed = self._sign(session, form, claim)
        with self.db.write() as session:
            if signed is None:
                self._withdraw(session, form_id, actor=actor)
            else:
                self._store(session, form_id, signed, actor=actor)

    def reconcile(self) -> int:
        """Finish or revoke every intent that was left open; how many there were. Run it before serving."""
        with self.db.read() as session:
            open_intents = list(
                session.scalars(select(FormRow.id).where(FormRow.signed_at.is_(None)).order_by(FormRow.intended_at))
            )
        for form_id in open_intents:
            self.complete(form_id, actor="reconciler")
        return len(open_intents)

    def release(self, session: Session, form_id: str) -> None:
        """A form no longer stands on chain: another of this claim issuer for this topic may take its place."""
        session.get_one(FormRow, form_id, with_for_update=True).live_key = None

    def forms_of(self, session: Session, claim_id: str) -> list[FormRecord]:
        """The forms of a claim, oldest first."""
        rows = session.scalars(select(FormRow).where(FormRow.claim_id == claim_id).order_by(FormRow.intended_at, FormRow.id))
        return [form_record(row) for row in rows]

    def forms_by_claim(self, session: Session, claim_ids: Collection[str]) -> dict[str, list[FormRecord]]:
        """The forms of each of these claims, oldest first."""
        found: dict[str, list[FormRecord]] = {claim_id: [] for claim_id in claim_ids}
        rows = session.scalars(select(FormRow).where(FormRow.claim_id.in_(found)).order_by(FormRow.intended_at, FormRow.id))
        for row in rows:
            found[row.claim_id].append(form_record(row))
        return found

    def form(self, session: Session, form_id: str) -> FormRecord:
        """One form. Raises FormUnknown."""
        row = session.get(FormRow, form_id)
        if row is None:
            raise FormUnknown("no form has this id")
        return form_record(row)

    def content(self, session: Session, claim_id: str) -> str:
        """The claim's credential as a compact ``vc+jwt``. Raises FormUnknown until it is signed."""
        form = session.scalars(select(FormRow).where(FormRow.claim_id == claim_id, FormRow.format == VC_JWT)).first()
        return self._opened(session, form)

    def credential(self, session: Session, form_id: str) -> str:
        """The signed text of one credential form. Raises FormUnknown until it is signed, and when it was withdrawn."""
        return self._opened(session, session.get(FormRow, form_id))

    def _opened(self, session: Session, form: FormRow | None) -> str:
        if form is None or form.sealed_content is None:
            raise FormUnknown("the credential is not signed yet: try again in a moment")
        claim = session.get_one(ClaimRow, form.claim_id)
        return self.issuance.parties.open_for(session, claim.party_id, form.id, form.sealed_content).decode()

    def _sign(self, session: Session, form: FormRow, claim: ClaimRow) -> bytes | None:
        """The signed bytes, or None when the claim may not be issued any more."""
        now = self.clock.now()
        if claim.revoked_at is not None or claim.account_unlinked_at is not None:
            return None
        try:
            prepared = self.issuance.prepared(session, claim, now, holder_jwk=form.holder_jwk)
        except (NotPermitted, InvalidInput):
            return None
        claim_issuer = self.issuance.mesh.get(session, claim.claim_issuer_id)
        if form.format != ERC735:
            signed = issue(prepared, self.vault.signer(claim_issuer.key_name), self._credential_form(session, form, claim))
            return signed.content.encode()
        signer = self.vault.digest_signer(claim_issuer.on(ChainId(claim.chain)).claim_key_name)
        return issue_on_chain(self._prepared_on_chain(session, claim, _target(form), now), signer).signature

    def _credential_form(self, session: Session, form: FormRow, claim: ClaimRow) -> CredentialForm:
        if form.format == VC_JWT:
            return VcJwt()
        sealed = cast("bytes", form.sealed_secret)
        secret = self.issuance.parties.open_for(session, claim.party_id, form.id, sealed)
        return SdJwtVc(self.credential_types, secret=secret)

    def _prepared_on_chain(
        self, session: Session, claim: ClaimRow, target: OnChainTarget, instant: datetime
    ) -> PreparedOnChainClaim:
        claim_issuer = self.issuance.mesh.get(session, claim.claim_issuer_id)
        prepared = self.issuance.prepared(session, claim, instant).claim
        decision = self.issuance.mesh.decide(
            session,
            claim_issuer=claim_issuer,
            topic=claim.claim_type,
            jurisdiction=jurisdiction_of(prepared.attributes),
            instant=instant,
        )
        return profile_of(claim_issuer).prepare_on_chain(prepared, target=target, accreditation=decision, instant=instant)

    def _store(self, session: Session, form_id: str, signed: bytes, *, actor: str) -> None:
        form = session.get_one(FormRow, form_id, with_for_update=True)
        if form.signed_at is not None:
            return
        claim = session.get_one(ClaimRow, form.claim_id, with_for_update=True)
        form.signed_at = self.clock.now()
        if form.format == ERC735:
            form.signature = signed
            self._schedule_end(session, form, claim)
        else:
            form.sealed_content = self.issuance.parties.seal_for(session, claim.party_id, form.id, signed)
            form.sealed_secret = None
            self._bring_to_life(session, claim, actor=actor)
        session.flush()
        details = {"claim": claim.id, "format": form.format, "digest": form.digest.hex()}
        self.audit.append(session, actor=actor, action="form.signed", subject=form.id, details=details)

    def _bring_to_life(self, session: Session, claim: ClaimRow, *, actor: str) -> None:
        if claim.state != ClaimState.ISSUING.value:
            return
        claim.state, claim.issued_at = ClaimState.ISSUED.value, self.clock.now()
        bump_generation(session)
        if claim.claim_type == ACCREDITATION_TOPIC:
            self._accredit(session, claim, actor=actor)
        if self.on_issued is not None:
            self.on_issued(session, claim_id=claim.id, party_id=claim.party_id, valid_until=claim.valid_until)

    def _accredit(self, session: Session, claim: ClaimRow, *, actor: str) -> None:
        accredited = self.issuance.mesh.of_party(session, claim.party_id)
        said = accreditation_of(self.issuance.prepared(session, claim, self.clock.now()).claim, claim_issuer=accredited.did)
        terms = AccreditationTerms(
            topics=said.topics,
            jurisdictions=said.jurisdictions,
            may_accredit=said.may_accredit,
            path_length=said.path_length,
            valid_from=claim.valid_from,
            valid_until=claim.valid_until,
        )
        self.issuance.mesh.record(
            session,
            claim_id=claim.id,
            accreditor_id=claim.claim_issuer_id,
            claim_issuer_id=accredited.id,
            terms=terms,
            actor=actor,
        )

    def _schedule_end(self, session: Session, form: FormRow, claim: ClaimRow) -> None:
        """The deployed contract reads no expiry, so the claim is revoked there when it ends (DESIGN §4, fault 4)."""
        self.jobs.enqueue(session, REVOKE_FORM_JOB, {"form": form.id}, unique_key=f"expire:{form.id}", run_after=claim.valid_until)

    def _withdraw(self, session: Session, form_id: str, *, actor: str) -> None:
        form = session.get_one(FormRow, form_id, with_for_update=True)
        if form.signed_at is not None:
            return
        claim = session.get_one(ClaimRow, form.claim_id, with_for_update=True)
        form.signed_at, generation = self.clock.now(), bump_generation(session)
        form.sealed_secret = None
        if form.format == ERC735:
            self.reach.carry_on_chain(session, form)
        elif form.format == VC_JWT and claim.revoked_at is None:
            claim.state, claim.revoked_at = ClaimState.REVOKED.value, self.clock.now()
            claim.revocation_reason = "intent_withdrawn"
            status_list_id = self.issuance.status_lists.revoke(session, claim.id)
            self.reach.publish(session, claim.id, status_list_id=status_list_id, generation=generation)
        details = {"claim": claim.id, "digest": form.digest.hex()}
        self.audit.append(session, actor=actor, action="form.withdrawn", subject=form.id, details=details)

    def _live_row(self, session: Session, claim_id: str) -> ClaimRow:
        """A claim that lives and whose account is linked; both locked, the account first, so that neither ends before the intent
        is written, and read anew under the locks.
        """
        record = self.issuance.claim(session, claim_id)
        self._require_live(record)
        self.issuance.require_linked(session, record.account)
        row = session.get_one(ClaimRow, claim_id, with_for_update=True, populate_existing=True)
        self._require_live(claim_record(row))
        return row

    def _require_live(self, record: ClaimRecord) -> None:
        liveness = record.liveness(self.clock.now())
        if liveness is not Liveness.LIVE:
            raise ClaimNotLive(f"the claim is {liveness.value}")


def require_vouched(guard: IdentityGuard, account: Account, identity_contract: Address, factories: frozenset[Address]) -> None:
    """Return when a trusted factory names the identity contract for the account. Raises IdentityContractUntrusted."""
    if not guard.vouches_for(account, identity_contract, factories):
        raise IdentityContractUntrusted("no trusted factory names this identity contract for the account")


def form_record(row: FormRow) -> FormRecord:
    """The value of a row."""
    return FormRecord(
        id=row.id,
        claim_id=row.claim_id,
        format=row.format,
        state=FormState.INTENDED if row.signed_at is None else FormState.SIGNED,
        topic=row.topic,
        issuer_contract=None if row.issuer_contract is None else Address(row.issuer_contract),
        identity_contract=None if row.identity_contract is None else Address(row.identity_contract),
        data=row.data,
        signature=row.signature,
    )


def _target(form: FormRow) -> OnChainTarget:
    """The target that an intended erc735 form was prepared for, so that preparing again gives the same bytes."""
    stored = (form.chain, form.issuer_contract, form.identity_contract, form.data, form.salt)
    assert None not in stored  # noqa: S101 - every erc735 form has them all
    return OnChainTarget(
        chain_id=cast("int", form.chain),
        issuer_contract=Address(cast("bytes", form.issuer_contract)),
        identity_contract=Address(cast("bytes", form.identity_contract)),
        status_index=erc735.Erc735Data.unpack(cast("bytes", form.data)).status_index,
        salt16=cast("bytes", form.salt),
        topic=form.topic,
    )


def _next_index(session: Session, chain: int, issuer_contract: Address) -> int:
    insert_if_absent(session, OnchainIndexRow, chain=chain, issuer_contract=issuer_contract.value, next_index=0)
    row = session.get_one(OnchainIndexRow, (chain, issuer_contract.value), with_for_update=True)
    row.next_index += 1
    session.flush()
    return row.next_index - 1


def _add_live(session: Session, form: FormRow) -> None:
    session.add(form)
    try:
        session.flush()
    except IntegrityError as error:
        raise FormAlreadyLive(
            "an on-chain claim of this claim issuer for this topic is live on this identity: revoke it first"
        ) from error
