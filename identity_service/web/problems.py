"""Every error of the product as an RFC 9457 problem document.

One rule separates the two statuses for bad input. **400**: the request, or an identifier in its path or query, cannot be
read. **422**: the JSON can be read and a value in it breaks a rule. A code has one status, wherever it is raised.

>>> from claim_issuers.errors import Conflict
>>> problem_document(Conflict("already decided"), "r-1")["status"]
409
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from claim_issuers.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
)
from identity_service.web.languages import ENGLISH, gettext, language
from identity_service.web.problem_table import BY_BRANCH

BRANCH_STATUS: Mapping[type[DomainError], int] = MappingProxyType(
    {
        InvalidInput: 400,
        NotAuthenticated: 401,
        NotPermitted: 403,
        NotFound: 404,
        Conflict: 409,
        Refused: 422,
        Unavailable: 503,
        DomainError: 500,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """What one code means to a caller: HTTP status, short title, and what to do about it."""

    status: int
    title: str
    advice: str


def _table() -> dict[str, ProblemType]:
    table: dict[str, ProblemType] = {}
    for branch, rows in BY_BRANCH.items():
        for code, (title, advice, *status) in rows.items():
            if code in table:
                raise ValueError(f"the problem table lists {code} twice")
            table[code] = ProblemType(status=status[0] if status else BRANCH_STATUS[branch], title=title, advice=advice)
    return dict(sorted(table.items()))


PROBLEMS: Mapping[str, ProblemType] = MappingProxyType(_table())


def problem_of(error: DomainError) -> ProblemType:
    """The table's entry for ``error``; for a code that the table lacks, the entry of its branch."""
    return PROBLEMS.get(error.code) or next(PROBLEMS[branch.code] for branch in BRANCH_STATUS if isinstance(error, branch))


def problem_document(error: DomainError, request_id: str, *, base_url: str = "") -> dict[str, Any]:
    """``error`` as an RFC 9457 document; ``type`` leads to a page about the code under ``base_url``.

    ``errors`` lists every field at fault, each with its JSON pointer (RFC 6901); it is empty where no field is.
    """
    entry = problem_of(error)
    return {
        "type": f"{base_url}/problems/{error.code}",
        "title": entry.title,
        "status": entry.status,
        "detail": error.detail or entry.title,
        "code": error.code,
        "request_id": request_id,
        "errors": field_errors(error),
        "advice": entry.advice,
    }


def refusal_in_words(error: DomainError) -> str:
    """What a page says of ``error``: in English its own sentence, in another language the title and advice of its code."""
    if language() == ENGLISH and error.detail:
        return f"{error.detail[:1].upper()}{error.detail[1:]}."
    entry = problem_of(error)
    return f"{gettext(entry.title)}. {gettext(entry.advice)}"


def field_errors(error: DomainError) -> list[dict[str, str]]:
    """The fields at fault as ``{pointer, detail}``: all that the error names, or the one it points to."""
    listed = error.data.get("errors")
    if listed is not None:
        return [{"pointer": pointer, "detail": detail} for pointer, detail in listed]
    if error.pointer is None:
        return []
    return [{"pointer": error.pointer, "detail": error.detail or problem_of(error).title}]
