"""Rows, views and totals as values, and the rules that make them. No I/O."""

import base64
import binascii
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Final

from claim_issuers.claims.vocabulary import claim_type
from claim_issuers.errors import Conflict, InvalidInput
from claim_issuers.identifiers.accounts import Account
from identity_service.issuance.model import ClaimRecord, Liveness

SMALLEST_GROUP: Final = 5
_PERCENT_DIGITS: Final = Decimal("0.000001")


class CursorInvalid(InvalidInput):
    """The cursor was not given out for this list."""

    code = "cursor_invalid"


class CursorOutdated(Conflict):
    """A reorg removed the block that the cursor's list was taken at: start again."""

    code = "cursor_outdated"


class PurposeUnknown(InvalidInput):
    """The purpose is not one for which a cap table may be read."""

    code = "purpose_unknown"


class View(StrEnum):
    """What a reader sees: bare chain accounts, everything named, what concerns an office, or intermediaries only."""

    BARE = "bare"
    FULL = "full"
    OFFICE = "office"
    NETWORK = "network"


class Standing(StrEnum):
    """What a spender is by its claims: a custodian holds a live intermediary claim, a lapsed one held one."""

    CUSTODIAN = "custodian"
    LAPSED = "lapsed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAuthority:
    """Who else may move a holder's tokens. Quantities are base units; ``effective`` is what it could move now."""

    spender: Account
    party_id: str | None
    standing: Standing
    allowance: int
    effective: int
    unlimited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One registered holder, before names: ``quantity`` in base units."""

    account: Account
    party_id: str | None
    capacity: str | None
    was_checked: bool
    is_intermediary: bool
    intermediary_party_ids: frozenset[str]
    quantity: int
    frozen: int
    account_frozen: bool
    since_block: int
    transfer_authorities: tuple[TransferAuthority, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Base units; the three parts always add up to ``total_supply``."""

    disclosed: int
    below_threshold: int
    not_disclosed: int

    @property
    def total_supply(self) -> int:
        return self.disclosed + self.below_threshold + self.not_disclosed


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rows that a view shows, those of them whose holder may be named, and the totals."""

    rows: tuple[Row, ...]
    named: frozenset[Account]
    totals: Totals


def standing(claims: Iterable[ClaimRecord], instant: datetime, accredited: Collection[str]) -> Standing:
    """What a spender is at ``instant`` by the claims bound to its account (DESIGN §2).

    ``accredited`` are the ids of the claims that their claim issuers' accreditations cover at that instant; a claim outside them
    does not make a custodian any more.
    """
    held = [claim for claim in claims if claim_type(claim.claim_type).is_intermediary]
    live = [claim for claim in held if claim.liveness(instant) is Liveness.LIVE]
    if any(claim.id in accredited for claim in live):
        return Standing.CUSTODIAN
    over = (Liveness.EXPIRED, Liveness.REVOKED, Liveness.ACCOUNT_UNLINKED)
    ended = any(claim.liveness(instant) in over for claim in held)
    return Standing.LAPSED if live or ended else Standing.UNKNOWN


def was_checked(claims: Iterable[ClaimRecord]) -> bool:
    """Whether a claim issuer ever issued a claim about the account: only then is the name behind it more than its own word."""
    return any(claim.issued_at is not None for claim in claims)


def is_intermediary(claims: Iterable[ClaimRecord]) -> bool:
    """Whether an account holds or held an intermediary claim: a lapsed office is still no client."""
    return any(claim.is_intermediary and claim.issued_at is not None for claim in claims)


def select(rows: Sequence[Row], *, view: View, total_supply: int, visible: Mapping[Account, bool], threshold: int) -> Selection:
    """Which rows a view shows and names, and its totals.

    ``visible`` says for each account whether the reader's grant admits its holder by name. The bare view shows every account and
    names nobody; the full view shows every account; the other two show only what they name and give the rest as one total, which
    never covers fewer than SMALLEST_GROUP holders: the smallest shown rows join it until it does (DESIGN §5.6).
    """
    ranked = sorted(rows, key=lambda row: (-row.quantity, row.account.address.value))
    if view is View.BARE:
        return Selection(
            rows=tuple(ranked), named=frozenset(), totals=Totals(disclosed=0, below_threshold=0, not_disclosed=total_supply)
        )
    named = [row for row in ranked if visible.get(row.account, False)]
    if view is View.FULL:
        return _full(ranked, named, total_supply, threshold)
    shown = fold_small_group(named, hidden=len(ranked) - len(named))
    disclosed = sum(row.quantity for row in shown)
    return Selection(
        rows=tuple(shown),
        named=frozenset(row.account for row in shown),
        totals=Totals(disclosed=disclosed, below_threshold=0, not_disclosed=total_supply - disclosed),
    )


def fold_small_group(named: Sequence[Row], *, hidden: int) -> list[Row]:
    """The rows that may be shown beside one total of ``hidden`` others: the last (smallest) ones join a group that is too small."""
    missing = SMALLEST_GROUP - hidden if 0 < hidden < SMALLEST_GROUP else 0
    return list(named[: max(0, len(named) - missing)])


def without_hidden_spenders(row: Row, shown: frozenset[Account], intermediaries: frozenset[Account]) -> Row:
    """``row`` with only those transfer authorities that a network view may name: intermediaries."""
    kept = tuple(one for one in row.transfer_authorities if one.spender in shown | intermediaries)
    return replace(row, transfer_authorities=kept)


def percent(quantity: int, total_supply: int) -> str:
    """``quantity`` as a share of ``total_supply``, six decimals, half to even; "0.000000" when nothing exists."""
    if total_supply == 0:
        return str(_PERCENT_DIGITS * 0)
    with localcontext() as context:
        context.prec = 100
        return str((Decimal(quantity) * 100 / Decimal(total_supply)).quantize(_PERCENT_DIGITS, ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where the next page begins, in the list as it stood at one block; a list taken at the head judges claims as of now."""

    block_number: int
    block_hash: bytes
    offset: int
    at_head: bool

    def encode(self) -> str:
        """The opaque text."""
        content = json.dumps([self.block_number, self.block_hash.hex(), self.offset, self.at_head], separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Read what ``encode`` wrote. Raises CursorInvalid."""
        try:
            content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            number, block_hash, offset, at_head = content
            cursor = cls(block_number=number, block_hash=bytes.fromhex(block_hash), offset=offset, at_head=at_head)
        except (binascii.Error, ValueError, TypeError, RecursionError) as error:
            raise CursorInvalid("use the cursor that the previous page gave") from error
        numbers = (cursor.block_number, cursor.offset)
        in_range = all(type(value) is int and 0 <= value < 1 << 53 for value in numbers)
        if not in_range or len(cursor.block_hash) != 32 or type(cursor.at_head) is not bool:
            raise CursorInvalid("use the cursor that the previous page gave")
        return cursor


def _full(ranked: Sequence[Row], named: Sequence[Row], total_supply: int, threshold: int) -> Selection:
    shown = frozenset(row.account for row in named)
    disclosed = sum(row.quantity for row in named)
    known = (row for row in ranked if row.party_id is not None and row.account not in shown)
    below = sum(row.quantity for row in known if row.quantity < threshold)
    return Selection(
        rows=tuple(ranked),
        named=shown,
        totals=Totals(disclosed=disclosed, below_threshold=below, not_disclosed=total_supply - disclosed - below),
    )
