"""A party links further accounts and unlinks those that it uses no more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, ChainId
from identity_service.access.model import Caller
from identity_service.access.proofs import AccountProofs, Challenge, JudgedProof, Purpose
from identity_service.issuance.model import ClaimRecord
from identity_service.issuance.unlinking import UnlinkedAccounts
from identity_service.onboarding.account_acts import AccountActs
from identity_service.onboarding.move_model import ACCOUNT_UNLINKED, Act, ActKind, StepDraft, StepKind
from identity_service.parties.model import AccountUnknown, BoundAccount, Capacity, LastAccount, UnlinkedBecause
from identity_service.parties.service import Parties
from identity_service.tokens.service import Tokens

LINK_LIFETIME: Final = timedelta(minutes=10)


def linking(caller: Caller) -> Purpose:
    """A message by which an account joins the party of the caller's, and says so: whoever signs it sees to whom it goes."""
    return Purpose(
        kind="account_link",
        statement=f"I control this account and link it to the party of the account {caller.account}, "
        "which asked for this message. This costs nothing and moves nothing.",
        lifetime=LINK_LIFETIME,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """An account that was unlinked: its claims for their claim issuers to revoke, and what is to be done on chain."""

    act: Act
    claims: tuple[ClaimRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinks:
    """Links and unlinks accounts. The caller is signed in with an account that the party has linked."""

    proofs: AccountProofs
    parties: Parties
    tokens: Tokens
    ending: UnlinkedAccounts
    acts: AccountActs

    def challenge(self, session: Session, account: Account, caller: Caller) -> Challenge:
        """The message for ``account`` to sign. Raises AccountUnknown when the caller's own account is nobody's."""
        self.own(session, caller)
        return self.proofs.challenge(session, account, linking(caller), terms={"by": caller.subject})

    def judge(self, message: str, signature: bytes, caller: Caller) -> JudgedProof:
        """The answer to the challenge that the caller asked for. Raises what ``AccountProofs.judge`` raises."""
        return self.proofs.judge(message, signature, linking(caller), terms={"by": caller.subject})

    def link(self, session: Session, judged: JudgedProof, *, capacity: Capacity, caller: Caller) -> Act:
        """Bind the proved account to the caller's party; with an identity contract, its wallet is to be linked there too.

        Raises AccountUnknown, AccountAlreadyBound, AccountUnlinked, AccountLost and the errors of a nonce.
        """
        own = self.own(session, caller)
        proof = self.proofs.record(session, judged)
        self.parties.bind_account(session, party_id=own.party_id, proof=proof, capacity=capacity, actor=caller.subject)
        return self.acts.begin(
            session,
            kind=ActKind.LINK,
            party_id=own.party_id,
            account=proof.account,
            ended=None,
            drafts=wallet_linked(own, proof.account),
            actor=caller.subject,
        )

    def unlink(self, session: Session, account: Account, caller: Caller) -> Unlinked:
        """From now on the account counts for the party no more, nor does any claim bound to it.

        Raises AccountUnknown for an account of somebody else, LastAccount.
        """
        own = self.own(session, caller)
        linked = {one.account for one in self.parties.accounts_of(session, own.party_id)}
        if account not in linked:
            raise AccountUnknown("you have no such account linked")
        if len(linked) == 1:
            raise LastAccount("link another account first")
        return self.ended(session, account, actor=caller.subject)

    def ended(self, session: Session, account: Account, *, actor: str) -> Unlinked:
        """Unlink an account of any party, with its applications and claims. Raises AccountUnknown."""
        # The account first: an application or approval in flight has its row, and what that made is there to be ended afterwards.
        before = self.parties.unlink_account(session, account, because=UnlinkedBecause.UNLINKED, actor=actor)
        self.ending.end_applications(session, account, reason=ACCOUNT_UNLINKED, actor=actor)
        claims = self.ending.end_claims(session, account)
        drafts = [*revocations_due(claims), *wallet_unlinked(before), *registry_entries(self.tokens, session, account.chain)]
        act = self.acts.begin(
            session, kind=ActKind.UNLINK, party_id=before.party_id, account=None, ended=account, drafts=drafts, actor=actor
        )
        return Unlinked(act=act, claims=tuple(claims))

    def act(self, session: Session, act_id: str, caller: Caller) -> Act:
        """A linking or unlinking of one of the party's accounts. Raises AccountUnknown, AccountActUnknown."""
        return self.acts.act_of(session, act_id, self.own(session, caller).party_id)

    def own(self, session: Session, caller: Caller) -> BoundAccount:
        """The caller's own account, with its party. Raises AccountUnknown."""
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        return self.parties.account(session, caller.account)


def wallet_linked(linked: BoundAccount, account: Account) -> list[StepDraft]:
    """``linkWallet`` by an account that its factory links to an identity contract, where it has one on this chain."""
    if linked.identity_contract is None or linked.identity_factory is None or linked.account.chain != account.chain:
        return []
    particulars = {
        "identity_contract": str(linked.identity_contract),
        "factory": str(linked.identity_factory),
        "sender": str(linked.account.address),
    }
    return [StepDraft(kind=StepKind.WALLET_LINKED, subject=str(account), particulars=particulars)]


def wallet_unlinked(ended: BoundAccount) -> list[StepDraft]:
    """``unlinkWallet`` by another wallet of the same identity contract."""
    if ended.identity_contract is None or ended.identity_factory is None:
        return []
    particulars = {"identity_contract": str(ended.identity_contract), "factory": str(ended.identity_factory)}
    return [StepDraft(kind=StepKind.WALLET_UNLINKED, subject=str(ended.account), particulars=particulars)]


def registry_entries(tokens: Tokens, session: Session, chain: ChainId) -> list[StepDraft]:
    """The account leaves each token's registry; tokens that do not have it turn out not to need it."""
    return [
        StepDraft(kind=StepKind.REGISTRY_ENTRY_REMOVED, subject=str(token.id), particulars={})
        for token in tokens.list(session)
        if token.chain == chain
    ]


def revocations_due(claims: Iterable[ClaimRecord]) -> list[StepDraft]:
    """Each claim is its claim issuer's to revoke."""
    return [
        StepDraft(
            kind=StepKind.CLAIM_REVOKED,
            subject=one.id,
            claim_issuer_id=one.claim_issuer_id,
            particulars={"claim": one.id, "claim_type": one.claim_type},
        )
        for one in claims
    ]
