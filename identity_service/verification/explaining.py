"""Explains a transfer: gathers what records and chain say at one block and instant, and lets the pure rules judge it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Caller, Role
from identity_service.chain.blocks import BlockRef
from identity_service.issuance.model import Liveness
from identity_service.parties.model import AccountUnknown
from identity_service.tokens.model import Token
from identity_service.verification.explain import Explanation, NotYourTransfer, Question, TransferFacts, TransferOnChain, Unit
from identity_service.verification.model import ChainFacts, Decision, decide
from identity_service.verification.service import Verification
from identity_service.verification.transfer_checks import explain
from identity_service.verification.transfer_reads import TransferReads


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTransfer:
    """The explanation, whether our records about the receiver are part of it, and as of when it was true."""

    question: Question
    explanation: Explanation
    with_records: bool
    block: BlockRef
    instant: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Answers "why may this transfer not happen, and who can mend it"."""

    verification: Verification

    def for_reader(self, caller: Caller, question: Question) -> ExplainedTransfer:
        """The explanation for a reader of eligibility; the network gets only what rests on the chain (DESIGN §5.5).

        Raises TokenUnknown, TokenUnreadable, ChainStale, and Unavailable when the chain does not answer: never "passes".
        """
        return self._explain(question, frozenset() if caller.role is Role.NETWORK else question.accounts)

    def for_person(self, caller: Caller, question: Question) -> ExplainedTransfer:
        """The same for somebody with a part in the transfer, to whom our records are open about their own accounts alone.

        Raises NotYourTransfer besides.
        """
        own = self._own_accounts(caller)
        if not own & question.accounts:
            raise NotYourTransfer("ask about a transfer in which one of your own accounts has a part")
        return self._explain(question, own & question.accounts)

    def _own_accounts(self, caller: Caller) -> frozenset[Account]:
        assert caller.account is not None  # noqa: S101 - the scope "me" is a wallet's
        parties = self.verification.parties
        with self.verification.db.read() as session:
            try:
                party_id = parties.account(session, caller.account).party_id
            except AccountUnknown:
                return frozenset({caller.account})
            return frozenset(one.account for one in parties.accounts_of(session, party_id))

    def _explain(self, question: Question, open_accounts: frozenset[Account]) -> ExplainedTransfer:
        """``open_accounts`` are those about which this reader may learn what our records say."""
        with self.verification.db.read() as session:
            token = self.verification.tokens.get(session, question.token)
        head, on_chain = self.verification.at_one_block(token, lambda block: self._on_chain(token, question, block))
        with_records = question.receiver in open_accounts
        with self.verification.db.read() as session:
            facts = TransferFacts(
                question=question,
                unit=Unit(symbol=token.symbol, decimals=token.decimals),
                on_chain=on_chain,
                policy=self._policy(session, token, question, head, on_chain) if with_records else None,
                sender_lapsed=question.sender in open_accounts and self._has_lapsed(session, question.sender),
                claim_issuer_names=self._claim_issuer_names(session, token),
            )
        instant = self.verification.clock.now()
        return ExplainedTransfer(
            question=question, explanation=explain(facts), with_records=with_records, block=head, instant=instant
        )

    def _on_chain(self, token: Token, question: Question, block: BlockRef) -> TransferOnChain:
        reads = TransferReads(self.verification.chains.on(token.chain), token, block)
        vouched = self.verification.vouched(token, question.receiver, block)
        return reads.on_chain(question, vouched=vouched, agent=self._agent(token))

    def _agent(self, token: Token) -> Address | None:
        """The account under which this service acts as the token's agent, where it does."""
        return None if token.agent_key is None else self.verification.vault.digest_signer(token.agent_key).address

    def _policy(self, session: Session, token: Token, question: Question, head: BlockRef, on_chain: TransferOnChain) -> Decision:
        chain_facts = ChainFacts(
            block_number=head.number,
            block_hash=head.hash,
            registered_identity=on_chain.receiver.identity_contract,
            vouched_identity=on_chain.vouched,
            is_verified=on_chain.receiver.verified,
            account_frozen=on_chain.receiver.frozen,
            token_paused=on_chain.paused,
        )
        return decide(self.verification.facts(session, token, question.receiver, chain_facts))

    def _has_lapsed(self, session: Session, account: Account) -> bool:
        """Whether claims about the account were issued and none of them is live."""
        claims = self.verification.issuance.claims_on(session, [account]).get(account, [])
        instant = self.verification.clock.now()
        issued = [claim for claim in claims if claim.issued_at is not None]
        return bool(issued) and not any(claim.liveness(instant) is Liveness.LIVE for claim in issued)

    def _claim_issuer_names(self, session: Session, token: Token) -> Mapping[Address, str]:
        """Our claim issuers by their contracts on the token's chain; these names are public."""
        return {
            presence.contract: issuer.name
            for issuer in self.verification.mesh.all(session)
            for presence in issuer.chains
            if presence.chain == token.chain and presence.contract is not None
        }
