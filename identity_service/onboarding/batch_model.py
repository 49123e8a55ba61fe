"""Invitations in bulk as values: the rows that were sent, what is wrong with each, and what the batch became. No I/O.

>>> faults_of_row(DraftRow(number=2, cells={"reference": "two words", "claim_issuer": "cis_x"}))
(RowFault(row=2, field='reference', code=<RowCode.REFERENCE_MALFORMED: 'reference_malformed'>),)
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.errors import Conflict, InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Account, MalformedAccount
from identity_service.onboarding.allowance_model import AllowanceInvalid, AskedAllowance, WantedAllowance, amount_in_words
from identity_service.onboarding.invitation_model import DEFAULT_LIFETIME, LONGEST_LIFETIME, REFERENCE, Invitation

MOST_ROWS: Final = 1000
COLUMNS: Final = ("reference", "claim_type", "claim_issuer", "expires_in_days", "token", "allowance", "account")
"""The fields of a row, in JSON and in CSV alike; only the first is needed in every row."""
LONGEST_CELL: Final = 200
DEFAULT_DAYS: Final = DEFAULT_LIFETIME.days
MOST_DAYS: Final = LONGEST_LIFETIME.days

_DAYS: Final = re.compile(r"[1-9][0-9]?")


class BatchUnknown(NotFound):
    """The caller's party sent no batch with this id."""

    code = "batch_unknown"


class BatchUnreadable(InvalidInput):
    """The file is no CSV with a row of column names that we know."""

    code = "batch_unreadable"


class BatchTooLarge(InvalidInput):
    """A batch has 1,000 invitations at most."""

    code = "batch_too_large"


class NoValidRows(Conflict):
    """No row of the batch can become an invitation; nothing was made."""

    code = "no_valid_rows"


class RowCode(StrEnum):
    """What is wrong with one field of one row. Released codes never change."""

    CELLS_MISMATCHED = "cells_mismatched"
    CELL_TOO_LONG = "cell_too_long"
    REFERENCE_MISSING = "reference_missing"
    REFERENCE_MALFORMED = "reference_malformed"
    REFERENCE_REPEATED = "reference_repeated"
    REFERENCE_TAKEN = "reference_taken"
    CLAIM_TYPE_MISSING = "claim_type_missing"
    CLAIM_TYPE_UNKNOWN = "claim_type_unknown"
    CLAIM_TYPE_NOT_PERMITTED = "claim_type_not_permitted"
    CLAIM_TYPE_NOT_ISSUED = "claim_type_not_issued"
    CLAIM_ISSUER_MISSING = "claim_issuer_missing"
    CLAIM_ISSUER_UNKNOWN = "claim_issuer_unknown"
    CLAIM_ISSUER_NOT_PERMITTED = "claim_issuer_not_permitted"
    CLAIM_ISSUER_NOT_ACCREDITED = "claim_issuer_not_accredited"
    EXPIRY_MALFORMED = "expiry_malformed"
    TOKEN_MISSING = "token_missing"  # noqa: S105 - a security, not a secret
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105
    ALLOWANCE_MISSING = "allowance_missing"
    ALLOWANCE_MALFORMED = "allowance_malformed"
    ALLOWANCE_NOT_PERMITTED = "allowance_not_permitted"
    ACCOUNT_MALFORMED = "account_malformed"
    ACCOUNT_MISSING = "account_missing"
    ACCOUNT_AMBIGUOUS = "account_ambiguous"
    ACCOUNT_NOT_LICENSED = "account_not_licensed"

    @property
    def words(self) -> str:
        """What to do about it, in a sentence that repeats nothing of the row."""
        return _WORDS[self]


_WORDS: Final[Mapping[RowCode, str]] = {
    RowCode.CELLS_MISMATCHED: (
        "This row has more cells than there are column names. Look for a comma too many, or put quotes around it."
    ),
    RowCode.CELL_TOO_LONG: "This cell holds more than 200 characters. Perhaps a quotation mark is missing.",
    RowCode.REFERENCE_MISSING: "Give a reference: your own code for this client.",
    RowCode.REFERENCE_MALFORMED: (
        "Use letters, digits, dots, dashes and underscores only, no spaces, 64 at most. Do not use a name."
    ),
    RowCode.REFERENCE_REPEATED: "This reference stands in an earlier row too. Each client needs one of its own.",
    RowCode.REFERENCE_TAKEN: (
        "The batch has an invitation with this reference and other terms. Use another reference, or take that one back first."
    ),
    RowCode.CLAIM_TYPE_MISSING: "Say for which claim type you invite.",
    RowCode.CLAIM_TYPE_UNKNOWN: "There is no such claim type. Clients are invited for INVESTOR.",
    RowCode.CLAIM_TYPE_NOT_PERMITTED: "Intermediaries invite their clients for INVESTOR and for nothing else.",
    RowCode.CLAIM_TYPE_NOT_ISSUED: "This claim issuer does not issue this claim type. Choose another claim issuer.",
    RowCode.CLAIM_ISSUER_MISSING: "Name the claim issuer that is to decide, by its id.",
    RowCode.CLAIM_ISSUER_UNKNOWN: "There is no claim issuer with this id. Copy it from the list of claim issuers.",
    RowCode.CLAIM_ISSUER_NOT_PERMITTED: "A claim issuer invites to itself. Leave this cell empty.",
    RowCode.CLAIM_ISSUER_NOT_ACCREDITED: "This claim issuer is not accredited for it now. Choose another, or try again when it is.",
    RowCode.EXPIRY_MALFORMED: f"Give a whole number of days from 1 to {MOST_DAYS}, or leave it empty for {DEFAULT_DAYS}.",
    RowCode.TOKEN_MISSING: "An allowance needs its token, such as eip155:1:0x… with forty digits.",
    RowCode.TOKEN_MALFORMED: "Write the token as eip155:, the chain's number, a colon, and the address with 0x and forty digits.",
    RowCode.TOKEN_UNKNOWN: "No token with this address is registered here. Copy it from the list of tokens.",
    RowCode.ALLOWANCE_MISSING: "Say how much of the token you ask for, or empty the token's cell.",
    RowCode.ALLOWANCE_MALFORMED: (
        "Give a whole number of base units above 0, without points, commas or spaces, or the word unlimited."
    ),
    RowCode.ALLOWANCE_NOT_PERMITTED: "Only a family office or custodian asks for an allowance. Leave token and allowance empty.",
    RowCode.ACCOUNT_MALFORMED: (
        "Write your account as eip155:, the chain's number, a colon, and the address with 0x and forty digits."
    ),
    RowCode.ACCOUNT_MISSING: (
        "No account of yours on the token's chain holds your licence claim, so nobody could give you this allowance."
    ),
    RowCode.ACCOUNT_AMBIGUOUS: (
        "Several accounts of yours hold your licence claim on the token's chain. Say which in the column account."
    ),
    RowCode.ACCOUNT_NOT_LICENSED: (
        "This account does not hold your licence claim on the token's chain. Name one that does, or leave it empty."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A row as it was sent: cells by column, empty ones left out. ``number`` is where its sender finds it."""

    number: int
    cells: Mapping[str, str]
    surplus: bool = False

    def cell(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Rows to make invitations of. ``claim_issuer_id`` is for rows that name none; ``batch_id`` goes on with an earlier batch."""

    rows: tuple[DraftRow, ...]
    claim_issuer_id: str | None = None
    batch_id: str | None = None

    def __post_init__(self) -> None:
        if len(self.rows) > MOST_ROWS:
            raise BatchTooLarge("a batch has 1,000 rows at most: send the rest as another batch", pointer="/rows")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RowFault:
    """One thing that is wrong: which row, which field, why. It never holds what stands there."""

    row: int
    field: str
    code: RowCode

    @property
    def detail(self) -> str:
        """What to do about it."""
        return self.code.words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRow:
    """A row that can become an invitation. ``unchanged``: the batch has it already; ``invited_before``: another open one has
    its reference, so that the same client may be invited twice."""

    number: int
    reference: str
    claim_type: str
    claim_issuer_id: str
    lifetime: timedelta
    allowance: AskedAllowance | None
    unchanged: bool = False
    invited_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What would become of a draft: the rows that are ready and the faults of the others, both in the order of the rows."""

    ready: tuple[ReadyRow, ...]
    faults: tuple[RowFault, ...]

    @property
    def new(self) -> tuple[ReadyRow, ...]:
        """The rows that would become invitations now."""
        return tuple(one for one in self.ready if not one.unchanged)

    @property
    def faulty_rows(self) -> int:
        """How many rows have faults."""
        return len({one.row for one in self.faults})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """A batch in a list: how many invitations it has and how many rows were left out when it was last sent."""

    id: str
    created_at: datetime
    invitations: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as its sender sees it: its invitations in the order of their rows, and the faults of the rows left out."""

    id: str
    created_at: datetime
    invitations: tuple[Invitation, ...]
    faults: tuple[RowFault, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many invitations are in each state that any is in."""
        return counted(one.state.value for one in self.invitations)

    @property
    def allowance_counts(self) -> Mapping[str, int]:
        """The same for the allowances that are asked for."""
        return counted(one.allowance.state.value for one in self.invitations if one.allowance is not None)

    @property
    def left_out(self) -> int:
        """How many rows have faults."""
        return len({one.row for one in self.faults})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """What sending a draft did."""

    id: str
    created: int
    unchanged: int
    left_out: int


def counted(values: Iterable[str]) -> dict[str, int]:
    """How often each value occurs, by the value's name."""
    counts: dict[str, int] = {}
    for value in sorted(values):
        counts[value] = counts.get(value, 0) + 1
    return counts


def faults_of_row(row: DraftRow) -> tuple[RowFault, ...]:
    """What is wrong with the row taken by itself, in the order of the columns."""
    faults = [(field, code) for field in COLUMNS for code in _faults_of(row, field)]
    if row.surplus:
        faults.insert(0, ("", RowCode.CELLS_MISMATCHED))
    return tuple(RowFault(row=row.number, field=field, code=code) for field, code in faults)


def wanted_of_row(row: DraftRow) -> WantedAllowance | None:
    """The allowance of a row without faults."""
    if not row.cell("token"):
        return None
    spender = Account.parse(row.cell("account")) if row.cell("account") else None
    return WantedAllowance(token=Account.parse(row.cell("token")), amount=amount_in_words(row.cell("allowance")), spender=spender)


def lifetime_of_row(row: DraftRow) -> timedelta:
    """How long the invitation of a row without faults lives."""
    return timedelta(days=int(row.cell("expires_in_days") or DEFAULT_DAYS))


def _faults_of(row: DraftRow, field: str) -> list[RowCode]:
    text = row.cell(field)
    if len(text) > LONGEST_CELL:
        return [RowCode.CELL_TOO_LONG]
    if not text:
        return _missing(row, field)
    check = _CHECKS.get(field)
    return [] if check is None or check[0](text) else [check[1]]


def _missing(row: DraftRow, field: str) -> list[RowCode]:
    if field == "reference":
        return [RowCode.REFERENCE_MISSING]
    if field == "token" and (row.cell("allowance") or row.cell("account")):
        return [RowCode.TOKEN_MISSING]
    return [RowCode.ALLOWANCE_MISSING] if field == "allowance" and row.cell("token") else []


def _is_account(text: str) -> bool:
    try:
        Account.parse(text)
    except MalformedAccount:
        return False
    return True


def _is_amount(text: str) -> bool:
    try:
        amount_in_words(text)
    except AllowanceInvalid:
        return False
    return True


_CHECKS: Final[Mapping[str, tuple[Callable[[str], bool], RowCode]]] = {
    "reference": (lambda text: re.fullmatch(REFERENCE, text) is not None, RowCode.REFERENCE_MALFORMED),
    "claim_type": (lambda text: text in CLAIM_TYPES, RowCode.CLAIM_TYPE_UNKNOWN),
    "expires_in_days": (
        lambda text: _DAYS.fullmatch(text) is not None and int(text) <= MOST_DAYS,
        RowCode.EXPIRY_MALFORMED,
    ),
    "token": (_is_account, RowCode.TOKEN_MALFORMED),
    "allowance": (_is_amount, RowCode.ALLOWANCE_MALFORMED),
    "account": (_is_account, RowCode.ACCOUNT_MALFORMED),
}
