"""Batches of invitations as CSV (RFC 4180), in and out. No I/O.

What is written is safe to open in a spreadsheet: a cell that would start a formula begins with an apostrophe, and reading takes
that away again.

>>> read_rows(b"reference;claim_issuer\\r\\n'-7;cis_x\\r\\n")[0].cells
{'reference': '-7', 'claim_issuer': 'cis_x'}
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from identity_service.onboarding.batch_model import COLUMNS, MOST_ROWS, BatchTooLarge, BatchUnreadable, DraftRow, RowFault

LARGEST_FILE: Final = 1 << 20
"""Bytes: room for 1,000 rows with every cell filled, and for the frame of the form that carries them."""
EXAMPLE: Final = "reference,expires_in_days,token,allowance\r\nclient-0001,14,,\r\nclient-0002,14,,\r\n"

_DELIMITERS: Final = (",", ";", "\t")
_LONGEST_RECORD: Final = 8192
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_rows(content: bytes) -> tuple[DraftRow, ...]:
    """The rows of a file whose first line names the columns, each numbered as a spreadsheet shows it; blank lines are passed over.

    UTF-8 with or without a byte order mark; CRLF or LF; commas, semicolons or tabs, whichever the first line has. Raises
    BatchUnreadable, BatchTooLarge.
    """
    records = _records(_text(content))
    columns = _columns(next(records, (0, []))[1])
    rows: list[DraftRow] = []
    for number, cells in records:
        if len(rows) == MOST_ROWS:
            raise BatchTooLarge("a batch has 1,000 rows at most: send the rest as another batch")
        rows.append(_row(number, columns, cells))
    if not rows:
        raise BatchUnreadable("the file has a line of column names and no row below it")
    return tuple(rows)


def write_addresses(addresses: Iterable[tuple[str, str]]) -> str:
    """References and the addresses of their invitations."""
    return _written(("reference", "address"), addresses)


def write_faults(faults: Iterable[RowFault]) -> str:
    """What is wrong with which row, in words."""
    return _written(("row", "field", "code", "detail"), ((str(one.row), one.field, one.code, one.detail) for one in faults))


def _text(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise BatchTooLarge("the file is larger than 1 MiB: split it")
    if content.startswith(_UTF_16):
        raise BatchUnreadable('the file is saved as Unicode text (UTF-16): in the spreadsheet, save it as "CSV UTF-8"')
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BatchUnreadable('the file holds letters that are not UTF-8: in the spreadsheet, save it as "CSV UTF-8"') from error
    if any(character < " " and character not in "\t\r\n" for character in text):
        raise BatchUnreadable("the file holds control characters: it is no CSV, perhaps a spreadsheet's own file")
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with its number."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BatchUnreadable(f"row {number} cannot be read: a quotation mark is missing or stands in a wrong place") from error
        if sum(map(len, cells)) > _LONGEST_RECORD:
            raise BatchUnreadable(f"row {number} is very long: a quotation mark is missing there or before")
        cells = [_plain(cell) for cell in cells]
        if any(cells):
            yield number, cells


def _columns(names: Sequence[str]) -> Sequence[str]:
    found = [name.lower().replace(" ", "_") for name in names]
    while found and not found[-1]:
        found.pop()  # spreadsheets leave empty columns at the end
    unknown = [str(place) for place, name in enumerate(found, 1) if name not in COLUMNS]
    if "reference" not in found or unknown:
        where = f" (column {', '.join(unknown[:5])} is none of them)" if found and unknown else ""
        raise BatchUnreadable(f"the first line must name the columns, reference and any of {', '.join(COLUMNS[1:])}{where}")
    if len(set(found)) < len(found):
        raise BatchUnreadable("the first line names a column twice")
    return found


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> DraftRow:
    named = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
    return DraftRow(number=number, cells=named, surplus=any(cells[len(columns) :]))


def _plain(cell: str) -> str:
    stripped = cell.strip()
    return stripped[1:] if stripped[:1] == "'" and stripped[1:2] in _FORMULA else stripped


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return written.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
