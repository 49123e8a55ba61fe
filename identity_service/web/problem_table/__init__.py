"""Every code of the product in words: a row is ``code: (title, advice)``, and a status where the branch's does not fit.

One file a kind of error, one row a code, in the order of the alphabet. A code that no row names still gets an answer, in the
words of its branch; a test names it.
"""

from collections.abc import Mapping
from types import MappingProxyType

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
from identity_service.web.problem_table.access import NOT_AUTHENTICATED, NOT_PERMITTED
from identity_service.web.problem_table.invalid_input import INVALID_INPUT
from identity_service.web.problem_table.refused import REFUSED
from identity_service.web.problem_table.rows import Rows
from identity_service.web.problem_table.state import CONFLICT, NOT_FOUND
from identity_service.web.problem_table.unavailable import UNANTICIPATED, UNAVAILABLE

BY_BRANCH: Mapping[type[DomainError], Rows] = MappingProxyType(
    {
        InvalidInput: INVALID_INPUT,
        NotAuthenticated: NOT_AUTHENTICATED,
        NotPermitted: NOT_PERMITTED,
        NotFound: NOT_FOUND,
        Conflict: CONFLICT,
        Refused: REFUSED,
        Unavailable: UNAVAILABLE,
        DomainError: UNANTICIPATED,
    }
)
