"""The register's values and the one rule about what a transfer authority can move now.

>>> effective(allowance=100, balance=80, frozen=30)
50
>>> effective(allowance=100, balance=80, paused=True)
0
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from claim_issuers.errors import NotFound, Unavailable
from claim_issuers.identifiers.accounts import Account, Address, ChainId

UNLIMITED = 1 << 255
"""T-REX 4.1.6 decrements even the largest allowance, so what began as uint256 max is read as unlimited down to here."""


class BlockNotIndexed(NotFound):
    """The register has no such block of this token: it lies before the token's first block, or is negative."""

    code = "block_not_indexed"


class RegisterBehind(Unavailable):
    """The register has not yet reached the block or the instant asked for."""

    code = "register_behind"


class RegisterInconsistent(Unavailable):
    """The logs contradict themselves, as when an account sends what it does not have; nothing was written."""

    code = "register_inconsistent"


class TransferKind(StrEnum):
    """How a quantity moved, as far as logs and the transaction's sender tell.

    ``forced_candidate``: neither the holder sent the transaction nor did an allowance shrink; an agent's forced transfer looks
    so, and so does a holder who is a contract account. Proof would need the call itself.
    """

    MINT = "mint"
    BURN = "burn"
    TRANSFER = "transfer"
    CUSTODIAN_MOVE = "custodian_move"
    RECOVERY = "recovery"
    FORCED_CANDIDATE = "forced_candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The block an answer speaks of, and that block's instant."""

    chain: ChainId
    block_number: int
    block_hash: bytes
    instant: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLink:
    """What the identity registry's storage holds for an account: an identity contract and an ISO 3166-1 numeric country."""

    identity_contract: Address
    country: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A registered holder's position: quantities in base units.

    ``frozen`` counts single frozen tokens, ``account_frozen`` says that the whole account stands still; ``since_block`` is
    where the account last went from nothing to something.
    """

    account: Account
    quantity: int
    frozen: int
    account_frozen: bool
    identity_contract: Address | None
    country: int | None
    since_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A transfer authority as the chain has it: what ``spender`` may move, and what it could move now (``effective``)."""

    owner: Account
    spender: Account
    allowance: int
    effective: int
    since_block: int

    @property
    def unlimited(self) -> bool:
        """Whether the allowance is above any supply, as wallets write "no limit"."""
        return self.allowance >= UNLIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceVersion:
    """An allowance that held from the end of ``from_block`` until ``to_block`` changed it; an open one has no ``to_block``."""

    quantity: int
    from_block: int
    to_block: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceHistory:
    """What an owner allowed a spender, oldest first, and what the spender moved by it: (block, quantity)."""

    versions: tuple[AllowanceVersion, ...] = ()
    moves: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """The whole register of one token at one block."""

    as_of: AsOf
    paused: bool
    registry_bound: bool
    total_supply: int
    holdings: Mapping[Account, Holding]
    allowances: tuple[Allowance, ...]

    @property
    def index_check(self) -> int:
        """The chain's totalSupply minus the sum of balances; anything but 0 means that the index missed something."""
        return self.total_supply - sum(holding.quantity for holding in self.holdings.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One transfer in the register's history.

    ``mover`` is the spender of a custodian move, otherwise the transaction's sender; None for mints and burns.
    """

    block: int
    block_hash: bytes
    transaction: bytes
    log_index: int
    source: Address
    target: Address
    quantity: int
    kind: TransferKind
    mover: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a token's register is: the chain's head when last asked, the block it has reached, and when that was."""

    head: AsOf
    indexed_to: AsOf
    synced_at: datetime

    @property
    def lag(self) -> int:
        """Blocks between the head and the register."""
        return self.head.block_number - self.indexed_to.block_number

    def require_fresh(self, *, now: datetime, within: timedelta) -> None:
        """Raise RegisterBehind unless the register stood at the head no longer than ``within`` ago."""
        if self.lag or now - self.synced_at > within:
            synced_at = self.synced_at.isoformat()
            raise RegisterBehind("the register is older than this answer may be", lag=self.lag, synced_at=synced_at)


def effective(
    *, allowance: int, balance: int, frozen: int = 0, locked: int = 0, paused: bool = False, holder_frozen: bool = False
) -> int:
    """What a spender could move of a holder's tokens now, in base units.

    0 while the token is paused or the holder frozen, otherwise the lesser of the allowance and what is neither frozen nor
    locked. The receiver's rules still apply.
    """
    if paused or holder_frozen:
        return 0
    return max(0, min(allowance, balance - frozen - locked))
