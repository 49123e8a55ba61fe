"""A page of a cap table as people read it: names or addresses, sentences, pictures. What the page may not say is not in here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from claim_issuers.identifiers.accounts import Account
from identity_service.cap_table.charts import MOST_BARS, Bar, Part, Segment, largest, movable, stacked
from identity_service.cap_table.model import Row, Standing, TransferAuthority, View, percent
from identity_service.cap_table.service import Page
from identity_service.web.pages import shortened, shown_quantity

_HIDES: Final[Mapping[View, str]] = {
    View.BARE: "You see wallet addresses without names, as anybody can read them from the chain.",
    View.FULL: "Every holder is listed. A name is missing where your grant does not reach: below its threshold, "
    "or where no claim issuer has checked who stands behind the wallet.",
    View.OFFICE: "You see yourself, your clients and those who let you move their tokens. All others are one total, "
    "and your smallest rows join it where it would otherwise give away a few strangers.",
    View.NETWORK: "You see intermediaries. Clients are one total: the network never learns who they are.",
}
BADGES: Final[Mapping[Standing, str]] = {Standing.CUSTODIAN: "good", Standing.LAPSED: "bad", Standing.UNKNOWN: "warn"}
_CAPACITIES: Final[Mapping[str, str]] = {"client": "clients of the holder", "undeclared": "not declared"}
_SMALLEST_SHARE: Final = Decimal("0.01")
_HUNDREDTHS_OF_PERCENT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """An account as this reader may know it; ``name`` is None where only the address is shown, ``details`` are further fields."""

    account: Account
    name: str | None
    details: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return str(self.account.address)

    @property
    def label(self) -> str:
        """The name, or else the address by its ends."""
        return self.name or shortened(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAuthority:
    """A spender and, in a sentence, what it can move; ``standing`` is None in a view that does not tell."""

    spender: Who
    standing: Standing | None
    effective: int
    sentence: str

    @property
    def badge(self) -> str:
        """The badge's colour."""
        return "" if self.standing is None else BADGES[self.standing]

    @property
    def fill(self) -> str:
        """The colour of its bar."""
        return f"k{self.badge or 'rest'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A registered holder. Quantities are base units; ``owner`` says in words whose securities they are."""

    holder: Who
    owner: str
    quantity: int
    share: str
    frozen: int
    account_frozen: bool
    since_block: int
    authorities: tuple[ShownAuthority, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """What ``cap_table/_table.html`` draws. ``key`` keeps the ids of two tables on one page apart.

    ``recorded`` counts the people and firms who can read that their name was opened; ``ownership`` and ``bars`` are empty on a
    later page. ``no_spender`` says what a row without transfer authorities means in this view. ``purpose`` and ``reader`` are
    None where nobody in particular looks.
    """

    key: str
    compact: bool
    token: Account
    token_name: str
    symbol: str
    decimals: int
    view: View
    hides: str
    purpose: str | None
    reader: str | None
    recorded: int
    chain: str
    block_number: int
    block_hash: str
    instant: datetime
    total_supply: int
    disclosed: int
    below_threshold: int
    not_disclosed: int
    index_check: int
    rows: tuple[ShownRow, ...]
    holders: int
    ownership: tuple[Segment, ...]
    parts: tuple[Segment, ...]
    bars: tuple[Bar, ...]
    more_bars: int
    no_spender: str
    next: str | None

    def share(self, quantity: int) -> str:
        """``quantity`` of the total supply, in percent as people write it."""
        return shown_share(quantity, self.total_supply)

    @property
    def rounds(self) -> bool:
        """Whether a share of this table is shown with fewer decimals than it has, so that shares may not add up."""
        shown = (self.disclosed, self.below_threshold, self.not_disclosed, *(row.quantity for row in self.rows))
        return any(quantity * _HUNDREDTHS_OF_PERCENT % max(1, self.total_supply) for quantity in shown)


def shown_table(page: Page, *, key: str = "table", compact: bool = False, reader: str | None = None) -> ShownTable:
    """``page`` for people; ``reader`` says in words as whom it is read. The table of an anonymous reader has no purpose."""
    rows = tuple(_row(row, page) for row in page.rows)
    first = page.rows[:1] == page.selection.rows[:1]
    bars = tuple(_bars(rows)) if first else ()
    totals, as_of = page.selection.totals, page.as_of
    return ShownTable(
        key=key,
        compact=compact,
        token=page.token.id,
        token_name=page.token.name,
        symbol=page.token.symbol,
        decimals=page.token.decimals,
        view=page.view,
        hides=_HIDES[page.view],
        purpose=page.purpose,
        reader=reader,
        recorded=len(_disclosed_parties(page)),
        chain=str(as_of.chain),
        block_number=as_of.block_number,
        block_hash="0x" + as_of.block_hash.hex(),
        instant=as_of.instant,
        total_supply=page.total_supply,
        disclosed=totals.disclosed,
        below_threshold=totals.below_threshold,
        not_disclosed=totals.not_disclosed,
        index_check=page.index_check,
        rows=rows,
        holders=len(page.selection.rows),
        ownership=_ownership(page) if first else (),
        parts=_parts(page) if first and page.view is not View.BARE else (),
        bars=bars[:MOST_BARS],
        more_bars=max(0, len(bars) - MOST_BARS),
        no_spender="no intermediary" if page.view is View.NETWORK else "nobody",
        next=page.next,
    )


def shown_share(quantity: int, total_supply: int) -> str:
    """A percentage with two decimals at most: "12.5 %"; what is there but smaller than that is "< 0.01 %"."""
    exact = Decimal(percent(quantity, total_supply))
    if quantity and exact < _SMALLEST_SHARE:
        return f"< {_SMALLEST_SHARE}\u202f%"
    return f"{exact.quantize(_SMALLEST_SHARE).normalize():f}\u202f%"


def can_move(one: TransferAuthority, decimals: int, *, still: bool = False, unit: str = "") -> str:
    """What a spender can move now, in a sentence without its subject; ``unit`` is the token's symbol where the page needs it."""
    allowance = "an allowance without limit" if one.unlimited else f"an allowance of {shown_quantity(one.allowance, decimals)}"
    if one.effective == 0:
        return f"can move nothing now, with {allowance}"
    amount = f"{shown_quantity(one.effective, decimals)} {unit}".rstrip()
    return f"can {'still ' if still else ''}move {amount} of {allowance}"


def _who(account: Account, fields: Mapping[str, str] | None) -> Who:
    if fields is None:
        return Who(account=account, name=None)
    details = tuple(value for name, value in sorted(fields.items()) if name != "legal_name")
    return Who(account=account, name=fields.get("legal_name"), details=details)


def _row(row: Row, page: Page) -> ShownRow:
    fields = page.names.get(row.account)
    # A spender is named beside a named holder only, as in the API's answer: opening a row must not name another's neighbour.
    names = page.names if fields is not None else {}
    holder = _who(row.account, fields)
    return ShownRow(
        holder=holder,
        owner=_owner(row, holder, named=fields is not None),
        quantity=row.quantity,
        share=shown_share(row.quantity, page.total_supply),
        frozen=row.frozen,
        account_frozen=row.account_frozen,
        since_block=row.since_block,
        authorities=tuple(_authority(one, page, names) for one in row.transfer_authorities if one.allowance),
    )


def _owner(row: Row, holder: Who, *, named: bool) -> str:
    if not named:
        return "not shown"
    return holder.label if row.capacity == "own" else _CAPACITIES.get(row.capacity or "", "not declared")


def _authority(one: TransferAuthority, page: Page, names: Mapping[Account, Mapping[str, str]]) -> ShownAuthority:
    told = None if page.view is View.BARE else one.standing
    return ShownAuthority(
        spender=_who(one.spender, names.get(one.spender)),
        standing=told,
        effective=one.effective,
        sentence=can_move(one, page.token.decimals, still=told is Standing.LAPSED),
    )


def _disclosed_parties(page: Page) -> set[str | None]:
    named = [row for row in page.rows if row.account in page.names]
    accounts = {row.account: row.party_id for row in named}
    accounts |= {one.spender: one.party_id for row in named for one in row.transfer_authorities}
    return {party_id for account, party_id in accounts.items() if account in page.names}


def _ownership(page: Page) -> tuple[Segment, ...]:
    labels = [(_who(row.account, page.names.get(row.account)).label, row.quantity) for row in page.selection.rows]
    unlisted = page.total_supply - sum(quantity for _, quantity in labels)
    hidden = [Part(label="Not disclosed, as one total", quantity=unlisted, fill="khidden")] if unlisted > 0 else []
    return stacked([*largest(labels), *hidden], total=page.total_supply)


def _parts(page: Page) -> tuple[Segment, ...]:
    totals = page.selection.totals
    named = (
        ("Disclosed", totals.disclosed, "k1"),
        ("Below the grant's threshold", totals.below_threshold, "k2"),
        ("Not disclosed", totals.not_disclosed, "khidden"),
    )
    return stacked([Part(label=label, quantity=quantity, fill=fill) for label, quantity, fill in named], total=page.total_supply)


def _bars(rows: Sequence[ShownRow]) -> Iterator[Bar]:
    for row in rows:
        if row.authorities:
            spenders = [
                Part(label=f"{one.spender.label} {one.sentence}", quantity=one.effective, fill=one.fill) for one in row.authorities
            ]
            yield movable(row.holder.label, row.quantity, spenders)
