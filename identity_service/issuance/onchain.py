"""The jobs of this room: publish a status list, and revoke an on-chain form under every encoding of its signature."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.secp256k1 import signature_encodings
from identity_service.chain import onchainid
from identity_service.chain.blocks import BlockRef
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.identity_reads import IdentityReads
from identity_service.issuance.forms import Forms, SigningVault
from identity_service.issuance.model import FormRecord
from identity_service.issuance.places import transaction_keys
from identity_service.issuance.service import Issuance
from identity_service.jobs.following import follow
from identity_service.jobs.model import Done, Job, JobState, Outcome, ReceiptNote
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import ChainSender
from identity_service.mesh.model import ClaimIssuer
from identity_service.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteForm:
    """Finishes an intent that the process which wrote it left open."""

    forms: Forms

    def __call__(self, db: Database, job: Job) -> Outcome:  # noqa: ARG002 - the forms keep their own transactions
        """The handler of COMPLETE_FORM_JOB."""
        self.forms.complete(job.payload["form"], actor="worker")
        return Done()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishStatusList:
    """Signs a list anew after a revocation; the receipt names the token by its SHA-256."""

    issuance: Issuance

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of PUBLISH_LIST_JOB."""
        status_list_id = job.payload["status_list"]
        with db.write() as session:
            token = self.issuance.status_lists.published(session, status_list_id)
        uri = self.issuance.status_lists.uri(status_list_id)
        return Done((ReceiptNote(place=uri, reference=hashlib.sha256(token.encode()).hexdigest()),))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeForm:
    """Revokes an erc735 form at its claim issuer's contract, by the signature we stored, in all encodings it accepts."""

    issuance: Issuance
    forms: Forms
    vault: SigningVault
    chains: ChainDirectory
    jobs: Jobs
    sender: ChainSender

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of REVOKE_FORM_JOB."""
        with db.read() as session:
            form = self.forms.form(session, job.payload["form"])
            claim_issuer = self._claim_issuer(session, form)
        chain = self._chain(db, form)
        encodings = signature_encodings(self._signature(form, claim_issuer, chain))
        client = self.chains.on(chain)
        head = client.head()
        revoked = IdentityReads(client).are_claims_revoked(_present(form.issuer_contract), encodings, head)
        with db.write() as session:
            for number, (encoding, is_revoked) in enumerate(zip(encodings, revoked, strict=True)):
                if not is_revoked:
                    self._request(session, form, claim_issuer, chain, number, encoding)
            sent = [self.jobs.find(session, key) for key in transaction_keys(form.id)]
        # A transaction of ours also fails when somebody else revoked that encoding first; then all is well.
        ours = [one for one in sent if one is not None and not (all(revoked) and one.state is JobState.FAILED)]
        if not all(revoked) or any(one.state is not JobState.DONE for one in ours):
            return follow(db, self.jobs, [one.id for one in ours])
        with db.write() as session:
            self.forms.release(session, form.id)
            return Done(tuple(self._receipts(session, Account(chain, _present(form.issuer_contract)), sent, head)))

    def _request(
        self, session: Session, form: FormRecord, claim_issuer: ClaimIssuer, chain: ChainId, number: int, encoding: bytes
    ) -> None:
        self.sender.request(
            session,
            chain=chain,
            key_name=claim_issuer.on(chain).revocation_key_name,
            to=_present(form.issuer_contract),
            data=onchainid.REVOKE_CLAIM_BY_SIGNATURE.encode(encoding),
            purpose="revoke_claim",
            unique_key=transaction_keys(form.id)[number],
        )

    def _receipts(self, session: Session, contract: Account, sent: Sequence[Job | None], head: BlockRef) -> Iterator[ReceiptNote]:
        """One for each encoding: our transaction's, or the block at which we saw it revoked already."""
        for number, job in enumerate(sent):
            place = f"{contract}#encoding-{number}"
            if job is None or job.state is JobState.FAILED:
                seen = {"block_number": head.number, "block_hash": "0x" + head.hash.hex()}
                yield ReceiptNote(place=place, reference="revoked before", details=seen)
                continue
            for receipt in self.jobs.receipts(session, job.id):
                yield ReceiptNote(place=place, reference=receipt.reference, details=receipt.details)

    def _signature(self, form: FormRecord, claim_issuer: ClaimIssuer, chain: ChainId) -> bytes:
        """The stored signature; for an intent that was withdrawn, the bytes that signing would have given."""
        if form.signature is not None:
            return form.signature
        signer = self.vault.digest_signer(claim_issuer.on(chain).claim_key_name)
        return erc735.sign(_present(form.identity_contract), form.topic or 0, form.data or b"", signer)

    def _claim_issuer(self, session: Session, form: FormRecord) -> ClaimIssuer:
        return self.issuance.mesh.get(session, self.issuance.claim(session, form.claim_id).claim_issuer_id)

    def _chain(self, db: Database, form: FormRecord) -> ChainId:
        with db.read() as session:
            return self.issuance.claim(session, form.claim_id).account.chain


def _present(address: Address | None) -> Address:
    assert address is not None  # noqa: S101 - erc735 forms have both addresses
    return address
