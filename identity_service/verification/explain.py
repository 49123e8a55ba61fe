"""Why a transfer may not happen, and who can mend it: the question, the facts and the answer as values. No I/O.

The deployed contracts say one sentence for every cause (DESIGN §4, fault 7); the checks of ``transfer_checks`` say which it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from claim_issuers.errors import InvalidInput, NotPermitted
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.reads import HolderState
from identity_service.verification.model import Decision, Outcome, WrongChainForToken
from identity_service.web.pages import shown_quantity

# What the standard registries and compliance contract hold at most (T-REX 4.1); a token's own may list more, to make us ask more.
MOST_TOPICS: Final = 15
MOST_TRUSTED: Final = 50
MOST_MODULES: Final = 25


class TransferIncomplete(InvalidInput):
    """A spender was named and nobody whose tokens it would move."""

    code = "transfer_incomplete"


class NotYourTransfer(NotPermitted):
    """The caller is neither the receiver nor the sender nor the spender of this transfer."""

    code = "not_your_transfer"


class Subject(StrEnum):
    """What a check is about."""

    RECEIVER = "receiver"
    SENDER = "sender"
    SPENDER = "spender"
    TOKEN = "token"  # noqa: S105 - a security, not a secret


class RestsOn(StrEnum):
    """Where the answer to a check comes from: our records, or what anybody can read on the chain."""

    OFF_CHAIN = "off_chain"
    CHAIN = "chain"


class EnforcedBy(StrEnum):
    """Who refuses when the check fails: the token's own contracts, or only this service."""

    TOKEN = "token"  # noqa: S105 - a security, not a secret
    SERVICE = "service"


class MendedBy(StrEnum):
    """Who can mend a failed check."""

    HOLDER = "holder"
    CLAIM_ISSUER = "claim_issuer"
    TOKEN_AGENT = "token_agent"  # noqa: S105 - a role, not a secret
    TOKEN_ISSUER = "token_issuer"  # noqa: S105 - a role, not a secret
    SENDER = "sender"


class OnchainState(StrEnum):
    """What became of a claim that the registry looks for at one trusted claim issuer's place on an identity contract.

    ``foreign``: the identity contract names another claim issuer there, as only a contract that lies does.
    """

    VALID = "valid"
    REVOKED = "revoked"
    INVALID = "invalid"
    FOREIGN = "foreign"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May ``quantity`` base units reach ``receiver``: from ``sender``, moved by ``spender``, or newly made when there is no sender.

    Raises WrongChainForToken, TransferIncomplete.
    """

    token: Account
    receiver: Account
    sender: Account | None = None
    spender: Account | None = None
    quantity: int = 1

    def __post_init__(self) -> None:
        named = {"account": self.receiver, "sender": self.sender, "spender": self.spender}
        for name, account in named.items():
            if account is not None and account.chain != self.token.chain:
                raise WrongChainForToken("ask about an account on the token's own chain", pointer=f"/{name}")
        if self.spender is not None and self.sender is None:
            raise TransferIncomplete("say whose tokens the spender would move", pointer="/sender")

    @property
    def accounts(self) -> frozenset[Account]:
        """Everybody in the question."""
        return frozenset(one for one in (self.receiver, self.sender, self.spender) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """A claim issuer's contract that the token trusts for a topic, and what stands at its place on the identity contract."""

    contract: Address
    state: OnchainState


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandedTopic:
    """One topic that the registry demands; ``claim_types`` are ours by that number, ``untrusted`` claim issuers do not count.

    ``not_asked`` is how many trusted claim issuers there are beyond those that were looked at.
    """

    topic: int
    claim_types: tuple[str, ...]
    trusted: tuple[TrustedIssuer, ...]
    untrusted: tuple[Address, ...] = ()
    not_asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceAnswer:
    """What the compliance contract says, and the modules that refuse, by their own names or addresses.

    ``not_asked`` is how many modules there are beyond those that were asked.
    """

    allows: bool
    refusing: tuple[str, ...] = ()
    not_asked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSays:
    """What the token itself answers to the call, tried and not sent; ``revert_reason`` is its own text, if it gives one."""

    asked: str
    caller: Address
    would_pass: bool
    revert_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOnChain:
    """What the chain says about a transfer at one block.

    ``examined`` is the identity contract whose claims ``topics`` speak of: the registered one, or else the vouched one.
    ``allowance`` is None without a spender; ``token_says`` is None when there is no account from which to ask. ``more_topics`` is
    how many topics the registry demands beyond ``topics``.
    """

    vouched: Address | None
    examined: Address | None
    receiver: HolderState
    sender: HolderState | None
    topics: tuple[DemandedTopic, ...]
    paused: bool
    allowance: int | None
    compliance: ComplianceAnswer
    token_says: TokenSays | None
    more_topics: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """In what people count a token: whole tokens, each 10^``decimals`` base units, by their symbol."""

    symbol: str
    decimals: int

    def number(self, quantity: int) -> str:
        """``quantity`` base units as a number of whole tokens."""
        return shown_quantity(quantity, self.decimals)

    def words(self, quantity: int) -> str:
        """The same with the symbol."""
        return f"{self.number(quantity)} {self.symbol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFacts:
    """Everything the explanation rests on.

    ``policy`` is the eligibility decision about the receiver, None for a reader to whom our records are closed;
    ``sender_lapsed`` says that our records hold claims about the sender and none is live.
    """

    question: Question
    unit: Unit
    on_chain: TransferOnChain
    policy: Decision | None
    sender_lapsed: bool
    claim_issuer_names: Mapping[Address, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: how it ended, why in a plain sentence, who can mend it and how."""

    check: str
    subject: Subject
    outcome: Outcome
    reason: str
    rests_on: RestsOn
    enforced_by: EnforcedBy
    mended_by: MendedBy | None = None
    how: str | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every check in the order in which to read them; ``passes`` only when each of them passed."""

    checks: tuple[Check, ...]
    token_says: TokenSays | None

    @property
    def passes(self) -> bool:
        return all(one.outcome is Outcome.PASSED for one in self.checks)
