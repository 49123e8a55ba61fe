"""Accounts linked, unlinked and moved after a loss: values, rules and errors. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from claim_issuers.errors import Conflict, InvalidInput, NotFound, NotPermitted
from claim_issuers.identifiers.accounts import Account

FOLLOW_ACT_JOB: Final = "follow_account_act"
MOVE_LIFETIME: Final = timedelta(days=7)
MOST_MOVES_A_DAY: Final = 5
CONFIRMING_ACCOUNT_AGE: Final = timedelta(days=7)
"""How long an account must have been linked when a move is opened, to confirm it: a thief links one in a minute."""
RECENTLY_LINKED: Final = timedelta(days=30)
"""What the lost account linked in this time before the loss goes with it, unless an officer keeps it."""
WALLET_LOST: Final = "wallet_lost"
ACCOUNT_UNLINKED: Final = "account_unlinked"


class MoveUnknown(NotFound):
    """No move has this id, or none that concerns this caller."""

    code = "move_unknown"


class AccountActUnknown(NotFound):
    """No linking or unlinking of one of the caller's accounts has this id."""

    code = "account_act_unknown"


class MoveInvalid(InvalidInput):
    """The lost account is the one that takes its place, or lies on another chain."""

    code = "move_invalid"


class MovePending(Conflict):
    """An earlier move to this account waits for its confirmation."""

    code = "move_pending"


class MoveAlreadyDecided(Conflict):
    """The move was confirmed, rejected or withdrawn before, or its time is over."""

    code = "move_already_decided"


class MoveLimitReached(Conflict):
    """The account opened as many moves today as one account may."""

    code = "move_limit_reached"


class MoveObjected(Conflict):
    """The account named as lost objected: no account of the party confirms the move any more, only an officer."""

    code = "move_objected"


class ConfirmingAccountTooNew(NotPermitted):
    """The account was linked too shortly before the move was opened to confirm it."""

    code = "confirming_account_too_new"


class OwnMove(NotPermitted):
    """The account that a move leads to does not confirm it, nor as claim issuer its holder or whoever acts for the holder."""

    code = "own_move"


class RecoveryUnknown(NotFound):
    """No move of this account waits for the agent of this token."""

    code = "recovery_unknown"


class RecoveryNotReady(Conflict):
    """The recovery would not succeed yet; the step says what it waits for."""

    code = "recovery_not_ready"


class MoveState(StrEnum):
    """How far a move is; ``closed`` once every step of it is done."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ActKind(StrEnum):
    """What was done with an account."""

    LINK = "link"
    UNLINK = "unlink"
    MOVE = "move"


class StepKind(StrEnum):
    """What must happen before an act is over."""

    WALLET_LINKED = "wallet_linked"
    WALLET_UNLINKED = "wallet_unlinked"
    IDENTITY_CONTRACT = "identity_contract"
    CLAIM_REVOKED = "claim_revoked"
    CLAIM_REVOKED_ON_CHAIN = "claim_revoked_on_chain"
    CLAIM_DECIDED = "claim_decided"
    CLAIM_ON_IDENTITY = "claim_on_identity"
    REGISTRY_ENTRY_REMOVED = "registry_entry_removed"
    ACCOUNT_REGISTERED = "account_registered"


class StepState(StrEnum):
    """Whether a step still waits; ``not_needed`` is what the chain never asked for, ``refused`` what a claim issuer declined."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """A step as an act begins. ``subject`` is the token, claim, form, application or account that it is about."""

    kind: StepKind
    subject: str
    claim_issuer_id: str | None = None
    particulars: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step as it stands. ``call`` is a transaction for somebody to send; the block is the one at which it was seen done.

    ``waits_for`` is a code: what or whom it waits for now.
    """

    number: int
    kind: StepKind
    subject: str
    claim_issuer_id: str | None
    particulars: Mapping[str, Any]
    state: StepState
    waits_for: str | None = None
    call: Mapping[str, Any] | None = None
    transaction: str | None = None
    block_number: int | None = None
    block_hash: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An account that was linked (``account``), unlinked (``ended``) or moved (both), and what is still to happen."""

    id: str
    kind: ActKind
    party_id: str
    account: Account | None
    ended: Account | None
    at: datetime
    closed_at: datetime | None
    steps: tuple[Step, ...]

    @property
    def is_open(self) -> bool:
        """Whether any step still waits."""
        return any(step.state is StepState.OPEN for step in self.steps)

    def shown_to_claim_issuer(self, claim_issuer_id: str) -> tuple[Step, ...]:
        """The steps without those about other claim issuers' claims, which are none of this one's business."""
        return tuple(step for step in self.steps if step.claim_issuer_id in (None, claim_issuer_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An act as far as it says who linked, unlinked or replaced which account. ``by`` is the actor where that is an account."""

    kind: ActKind
    account: Account | None
    ended: Account | None
    actor: str
    by: Account | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAccount:
    """Another account of the party, as an officer sees it; ``ends`` if the confirmation unlinks it unless the officer keeps it."""

    account: Account
    linked_at: datetime
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtStake:
    """What an officer looks at before confirming: the account that ends, and the party's others."""

    ends: Account
    others: tuple[OtherAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A lost account, the one that takes its place, and how far that is. ``objected_at``: the lost account said that it is not."""

    id: str
    lost: Account
    new: Account
    state: MoveState
    opened_at: datetime
    expires_at: datetime
    objected_at: datetime | None
    decided_at: datetime | None


def require_movable(lost: Account, new: Account) -> None:
    """Return when ``new`` can take the place of ``lost``. Raises MoveInvalid."""
    if lost == new:
        raise MoveInvalid("sign in with the account that takes the place of the lost one", pointer="/lost")
    if lost.chain != new.chain:
        raise MoveInvalid("the account that takes its place lies on the same chain", pointer="/lost")
