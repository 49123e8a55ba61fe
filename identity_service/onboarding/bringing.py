"""The job that readies a claim for a token: identity contract noted, form signed; and with leave, carried there by our relayer."""

from dataclasses import dataclass

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.issuance.forms import Forms
from identity_service.issuance.model import ERC735, ClaimRecord, FormRecord, FormState, IdentityContractMissing
from identity_service.jobs.following import follow
from identity_service.jobs.model import Done, Job, Outcome, ReceiptNote
from identity_service.jobs.service import Jobs
from identity_service.onboarding.model import ADD_CLAIM_JOB, DEPLOY_IDENTITY_JOB, addition_keys, deployment_keys
from identity_service.onboarding.onchain import IdentityLinks
from identity_service.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class BringOnChain:
    """Looks at the chain and our records first, so running it again does nothing twice."""

    forms: Forms
    links: IdentityLinks
    jobs: Jobs

    def __call__(self, db: Database, job: Job) -> Outcome:
        """The handler of BRING_ON_CHAIN_JOB."""
        relay, actor = job.payload["relay"], job.payload["actor"]
        with db.read() as session:
            claim = self.forms.issuance.claim(session, job.payload["claim"])
        identity_contract = self.links.follow(db, claim.account, actor=actor)
        if identity_contract is None:
            if not relay:
                raise IdentityContractMissing("send the transaction that deploys it, or let our relayer do so")
            return self._follow(
                db, DEPLOY_IDENTITY_JOB, {"account": str(claim.account), "actor": actor}, deployment_keys(claim.account)[0]
            )
        form = self._form(db, claim, Account.parse(job.payload["token"]), identity_contract, actor=actor)
        if not relay:
            return Done((ReceiptNote(place=str(Account(claim.account.chain, identity_contract)), reference=form.id),))
        key = addition_keys(form.id)[0]
        with db.read() as session:
            added = self.jobs.find(session, key)
            if added is not None and added.state.value == "done":
                return Done(tuple(_note(one.place, one.reference) for one in self.jobs.receipts(session, added.id)))
        return self._follow(db, ADD_CLAIM_JOB, {"form": form.id}, key)

    def _form(self, db: Database, claim: ClaimRecord, token: Account, identity_contract: Address, *, actor: str) -> FormRecord:
        """The claim's signed form for the token's registry, made where there is none. Raises FormAlreadyLive, ClaimNotLive."""
        with db.write() as session:
            topic = self.links.tokens.get(session, token).topic(claim.claim_type)
            found = next((one for one in self.forms.forms_of(session, claim.id) if _fits(one, topic, identity_contract)), None)
            form_id = self.forms.intend_erc735(session, claim.id, topic=topic, actor=actor) if found is None else found.id
        self.forms.complete(form_id, actor=actor)
        with db.read() as session:
            return self.forms.form(session, form_id)

    def _follow(self, db: Database, kind: str, payload: dict[str, str], unique_key: str) -> Outcome:
        with db.write() as session:
            job_id = self.jobs.enqueue(session, kind, payload, unique_key=unique_key)
        return follow(db, self.jobs, [job_id])


def _fits(form: FormRecord, topic: int, identity_contract: Address) -> bool:
    withdrawn = form.state is FormState.SIGNED and form.signature is None
    return form.format == ERC735 and form.topic == topic and form.identity_contract == identity_contract and not withdrawn


def _note(place: str, reference: str) -> ReceiptNote:
    return ReceiptNote(place=place, reference=reference)
