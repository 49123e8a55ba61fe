"""Account proofs in batches, for desks whose keys live in an MPC or an HSM: values, errors and files. No I/O."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from claim_issuers.errors import InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Account
from identity_service.parties.model import Capacity

BATCH_LIFETIME: Final = timedelta(days=7)
MOST_ACCOUNTS: Final = 500
MOST_ATTEMPTS: Final = 5
MOST_CONTRACTS: Final = 100
"""How many contract wallets one request has judged by the chain, which is asked for each by itself."""

POSTPONED: Final = "postponed"
NOT_IN_BATCH: Final = "account_not_in_batch"
ATTEMPTS_EXHAUSTED: Final = "attempts_exhausted"
BATCH_EXPIRED: Final = "account_batch_expired"
REPEATED: Final = "account_repeated"
_MOST_CHARACTERS: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t")


class AccountBatchUnknown(NotFound):
    """The caller's party has no batch of accounts with this id."""

    code = "account_batch_unknown"


class AccountBatchInvalid(InvalidInput):
    """The accounts of a batch are none, too many, given twice, or on a chain that we do not know."""

    code = "account_batch_invalid"


class AnswersMalformed(InvalidInput):
    """The file with the signatures cannot be read."""

    code = "answers_malformed"


class ItemState(StrEnum):
    """How far one account of a batch is; ``refused`` may be tried again, ``exhausted`` may not."""

    WAITING = "waiting"
    REFUSED = "refused"
    PROVED = "proved"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One account, the message that it is to sign, and the code of the last refusal."""

    number: int
    account: Account
    message: str
    state: ItemState
    code: str | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBatch:
    """Accounts to be proved for one party; ``firm`` is how their messages name it, where there are any."""

    id: str
    party_id: str
    capacity: Capacity
    created_at: datetime
    expires_at: datetime
    items: tuple[BatchItem, ...]
    firm: str
    counts: Mapping[ItemState, int]

    @property
    def proved(self) -> int:
        return self.counts[ItemState.PROVED]

    @property
    def open(self) -> int:
        """How many may still be answered."""
        return self.counts[ItemState.WAITING] + self.counts[ItemState.REFUSED]


@dataclass(frozen=True, slots=True)
class Answer:
    """A signature for one account, both as they were written."""

    account: str
    signature: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of one answer: the account as it was written, its state in the batch if it is one of its, and why not."""

    account: str
    state: ItemState | None
    code: str | None


def messages_csv(batch: AccountBatch) -> str:
    """The batch as CSV (RFC 4180): number, account, state, code, message; a message has several lines within its quotes."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(("number", "account", "state", "code", "message"))
    rows.writerows((one.number, str(one.account), one.state.value, one.code or "", one.message) for one in batch.items)
    return written.getvalue()


def read_answers(text: str) -> tuple[Answer, ...]:
    """The answers in a CSV file with the columns ``account`` and ``signature``, in any order and among others.

    Commas, semicolons or tabs part them. Rows without a signature are passed over, so that the file that we gave may come back
    half filled in. Raises AnswersMalformed.
    """
    if len(text) > _MOST_CHARACTERS:
        raise AnswersMalformed("send the file in parts of at most 1 MiB")
    written = text.removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=written.split("\n", 1)[0].count)
    try:
        rows = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise AnswersMalformed("send comma-separated values, with quotes closed") from error
    header, *lines = rows or [[]]
    if header.count("account") != 1 or header.count("signature") != 1:
        raise AnswersMalformed("name one column account and one column signature in the first line")
    lines = [line for line in lines if line]
    if any(len(line) != len(header) for line in lines):
        raise AnswersMalformed("give every line as many values as the first")
    account, signature = header.index("account"), header.index("signature")
    return _few(Answer(line[account].strip(), line[signature].strip()) for line in lines if line[signature].strip())


def read_accounts(text: str) -> tuple[str, ...]:
    """The accounts in a pasted list, one a line. Raises AccountBatchInvalid for too many."""
    found = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(found) > MOST_ACCOUNTS:
        raise AccountBatchInvalid(f"give at most {MOST_ACCOUNTS} accounts", pointer="/accounts")
    return found


def _few(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    found = tuple(answers)
    if len(found) > MOST_ACCOUNTS:
        raise AnswersMalformed(f"send at most {MOST_ACCOUNTS} signatures at once")
    return found
