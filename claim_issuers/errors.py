"""The one error family: a branch for each thing a caller can do about it.

Every concrete error has a stable ``code`` (snake_case, part of the public interface) and carries data, not prose. The service's
problem table gives each code its words and its HTTP status; the branch gives the default status.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """Anything this product refuses or cannot do, with a stable code.

    ``detail`` is one sentence for the caller and never holds personal data or secrets; ``pointer`` is the JSON pointer of the
    field at fault; ``data`` holds further public facts about the case.
    """

    code: ClassVar[str] = "domain_error"

    def __init__(self, detail: str = "", *, pointer: str | None = None, **data: Any) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.pointer = pointer
        self.data = data


class InvalidInput(DomainError):
    """The input is malformed or breaks a rule: correct it and send it again."""

    code = "invalid_input"


class NotAuthenticated(DomainError):
    """We do not know who is calling: get a token or prove the account first."""

    code = "not_authenticated"


class NotPermitted(DomainError):
    """We know the caller, and the caller may not do this: ask for a role, a scope or a grant."""

    code = "not_permitted"


class NotFound(DomainError):
    """There is no such thing, or none that this caller may know of."""

    code = "not_found"


class Conflict(DomainError):
    """The request is well formed but the present state forbids it: read the state, then decide again."""

    code = "conflict"


class Refused(DomainError):
    """A proof, signature, token or claim did not pass verification: present another."""

    code = "refused"


class Unavailable(DomainError):
    """Something we depend on does not answer or cannot be trusted now: try again later."""

    code = "unavailable"
