"""What a token's agent is still to do for accounts that were unlinked or lost, and recovery of what a lost one holds."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.access.model import Caller
from identity_service.audit.service import AuditLog
from identity_service.jobs.following import ask_again
from identity_service.jobs.service import Jobs
from identity_service.jobs.transactions import ChainSender
from identity_service.onboarding.account_acts import AccountActs
from identity_service.onboarding.account_steps import RECOVERY, recovery_key
from identity_service.onboarding.model import AgentKeyMissing, NotTheTokenIssuer
from identity_service.onboarding.move_model import (
    Act,
    RecoveryNotReady,
    RecoveryUnknown,
    Step,
    StepKind,
    StepState,
)
from identity_service.tokens.model import Token
from identity_service.tokens.service import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An act in which this token's registry is still to be changed, and the steps that do so."""

    act: Act
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recoveries:
    """For the token's issuer, under whose word its agent acts."""

    tokens: Tokens
    acts: AccountActs
    jobs: Jobs
    sender: ChainSender
    audit: AuditLog

    def waiting(self, session: Session, token: Account, caller: Caller) -> list[Waiting]:
        """The accounts, oldest first, that are to leave or enter the token's registry. Raises TokenUnknown, NotTheTokenIssuer."""
        self._own(session, token, caller)
        found = self.acts.waiting_at(session, token)
        # A token of which the job has not looked yet may turn out to be none of the account's.
        listed = [Waiting(act=act, steps=_open_steps(act, token)) for act in found]
        return [one for one in listed if one.steps]

    def request(self, session: Session, token_account: Account, lost: Account, caller: Caller) -> str:
        """Have our agent key recover what ``lost`` holds, into the account of the confirmed move; the job's id.

        The token registers the new account and moves the whole balance in one transaction. Asking again only starts again what
        failed. Raises TokenUnknown, NotTheTokenIssuer, AgentKeyMissing, RecoveryUnknown, RecoveryNotReady.
        """
        token = self._own(session, token_account, caller)
        if token.agent_key is None:
            raise AgentKeyMissing("give the service an agent key, or let the agent send the call itself")
        found = next((one for one in self.waiting(session, token_account, caller) if one.act.ended == lost), None)
        step = None if found is None else _removal(found.steps)
        if found is None or step is None:
            raise RecoveryUnknown("no confirmed move of this account waits for the token's agent")
        if step.waits_for != RECOVERY or step.call is None:
            raise RecoveryNotReady("look at what the step waits for, and ask again afterwards", waits_for=step.waits_for)
        key = recovery_key(found.act, token.id)
        ask_again(session, self.jobs, [key])
        details = {"token": str(token.id), "lost": str(lost)}
        self.audit.append(session, actor=caller.subject, action="recovery.requested", subject=found.act.id, details=details)
        return self.sender.request(
            session,
            chain=token.chain,
            key_name=token.agent_key,
            to=token.address,
            data=bytes.fromhex(step.call["data"][2:]),
            purpose="recovery_address",
            unique_key=key,
        )

    def _own(self, session: Session, token_account: Account, caller: Caller) -> Token:
        token = self.tokens.get(session, token_account)
        if caller.party_id != token.token_issuer:
            raise NotTheTokenIssuer("recovering what a holder lost is an act of the token's issuer and its agent")
        return token


def _open_steps(act: Act, token: Account) -> tuple[Step, ...]:
    looked = (step for step in act.steps if step.subject == str(token) and step.waits_for is not None)
    return tuple(step for step in looked if step.state is StepState.OPEN)


def _removal(steps: tuple[Step, ...]) -> Step | None:
    return next((step for step in steps if step.kind is StepKind.REGISTRY_ENTRY_REMOVED), None)
