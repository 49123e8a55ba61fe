"""The allowance that an office asks of its client with an invitation, and what became of it on chain, as values. No I/O.

>>> amount_in_words("unlimited") == LARGEST, amount_in_words("1500")
(True, 1500)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from claim_issuers.errors import InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Account
from identity_service.register.model import UNLIMITED, AllowanceHistory, AllowanceVersion

LARGEST: Final = (1 << 256) - 1
"""What wallets send for "no limit"."""
NO_LIMIT: Final = "unlimited"

_AMOUNT: Final = re.compile(r"[1-9][0-9]{0,77}")


class AllowanceInvalid(InvalidInput):
    """The allowance that an invitation is to ask for breaks a rule: its amount, or whose account is to get it."""

    code = "allowance_invalid"


class AllowanceNotAsked(NotFound):
    """The invitation asks for no allowance, or this account is not the one it asks."""

    code = "allowance_not_asked"


class AllowanceState(StrEnum):
    """What became of the allowance: given and less than asked say what the account has allowed now.

    Used up means that the office moved all of it, cancelled that the owner took the rest back.
    """

    WANTED = "wanted"
    GIVEN = "given"
    LESS_THAN_ASKED = "less_than_asked"
    USED_UP = "used_up"
    CANCELLED = "cancelled"


class SpenderFault(StrEnum):
    """Why no account of the office can be given the allowance."""

    MISSING = "account_missing"
    AMBIGUOUS = "account_ambiguous"
    NOT_LICENSED = "account_not_licensed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAllowance:
    """What an inviter asks for: ``amount`` base units of ``token``, for ``spender`` where it has several accounts there."""

    token: Account
    amount: int
    spender: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAllowance:
    """An allowance that an invitation asks for; ``since_block``: what ended by then was another story."""

    token: Account
    spender: Account
    amount: int
    since_block: int

    @property
    def unlimited(self) -> bool:
        """Whether no limit is asked for."""
        return self.amount >= UNLIMITED


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedAllowance:
    """How an asked allowance stands: ``left`` base units may be moved now, by what was done in ``block``; None before anything."""

    asked: AskedAllowance
    state: AllowanceState
    left: int = 0
    block: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the owner may still be asked for it."""
        return self.state in (AllowanceState.WANTED, AllowanceState.LESS_THAN_ASKED, AllowanceState.CANCELLED)


def amount_in_words(text: str) -> int:
    """Base units from a decimal number without a sign, leading zeros or point, or from "unlimited". Raises AllowanceInvalid."""
    if text == NO_LIMIT:
        return LARGEST
    if not _AMOUNT.fullmatch(text) or int(text) > LARGEST:
        raise AllowanceInvalid(f'an allowance is a whole number of base units above 0, or "{NO_LIMIT}"', pointer="/allowance")
    return int(text)


def words_of_amount(amount: int) -> str:
    """The inverse of ``amount_in_words``; no limit is what wallets send for it and what is left of that."""
    return NO_LIMIT if amount >= UNLIMITED else str(amount)


def spender_among(licensed: Sequence[Account], wanted: WantedAllowance) -> Account | SpenderFault:
    """The office's account that is to get the allowance, of those that hold its live licence claims.

    >>> token = Account.parse("eip155:1:0x" + "11" * 20)
    >>> spender_among([], WantedAllowance(token=token, amount=1))
    <SpenderFault.MISSING: 'account_missing'>
    """
    there = [one for one in licensed if one.chain == wanted.token.chain]
    if wanted.spender is not None:
        return wanted.spender if wanted.spender in there else SpenderFault.NOT_LICENSED
    if not there:
        return SpenderFault.MISSING
    return there[0] if len(there) == 1 else SpenderFault.AMBIGUOUS


def follow(asked: AskedAllowance, history: AllowanceHistory) -> FollowedAllowance:
    """How ``asked`` stands by what the register has seen.

    What the office has moved by the allowance counts as given: using an allowance does not make it less than what was asked.
    """
    run = _last_run(history.versions)
    if not run:
        return FollowedAllowance(asked=asked, state=AllowanceState.WANTED)
    last = run[-1]
    if last.to_block is not None:
        return _ended(asked, history, last.to_block)
    moved = sum(quantity for block, quantity in history.moves if block >= run[0].from_block)
    enough = last.quantity >= UNLIMITED if asked.unlimited else last.quantity + moved >= asked.amount
    state = AllowanceState.GIVEN if enough else AllowanceState.LESS_THAN_ASKED
    return FollowedAllowance(asked=asked, state=state, left=last.quantity, block=last.from_block)


def _ended(asked: AskedAllowance, history: AllowanceHistory, block: int) -> FollowedAllowance:
    if block <= asked.since_block:
        return FollowedAllowance(asked=asked, state=AllowanceState.WANTED)
    by_use = any(moved_in == block for moved_in, _ in history.moves)
    return FollowedAllowance(asked=asked, state=AllowanceState.USED_UP if by_use else AllowanceState.CANCELLED, block=block)


def _last_run(versions: Sequence[AllowanceVersion]) -> list[AllowanceVersion]:
    """The last versions between which the allowance was never 0."""
    run: list[AllowanceVersion] = []
    for one in versions:
        if run and run[-1].to_block != one.from_block:
            run = []
        run.append(one)
    return run
