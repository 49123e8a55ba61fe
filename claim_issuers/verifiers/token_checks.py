"""The checks of a credential's signed token: each reported, whatever else failed.

>>> unreadable, checks = read_token("x")
>>> unreadable is None, [str(check) for check in not_read(("typ",), "token_not_read")] != []
(True, True)
>>> checks[0].reason
'malformed_token'
"""

from collections.abc import Sequence
from functools import lru_cache

from claim_issuers.errors import DomainError
from claim_issuers.formats import jose
from claim_issuers.verifiers.checks import Check

TOKEN_CHECKS = ("typ", "algorithm", "header", "key", "signature")


def read_token(token: str) -> tuple[jose.ReadToken | None, tuple[Check, ...]]:
    """The token's parts, or None, with the check ``form`` (size, encoding, strict JSON) and, for None, those that depend on it."""
    try:
        return jose.read_compact(token), (Check.of_fault("form", None),)
    except DomainError as fault:
        return None, (Check.of_fault("form", fault), *not_read(TOKEN_CHECKS, "token_not_read"))


def checks_of_token(faults: jose.Faults, *, prefix: str = "") -> tuple[Check, ...]:
    """One check for each of ``TOKEN_CHECKS``. A signature without a key to check it with was not checked."""
    if faults.first() is None:
        return _all_passed(prefix)
    checks = [Check.of_fault(prefix + name, getattr(faults, name)) for name in TOKEN_CHECKS[:-1]]
    if isinstance(faults.signature, jose.SignatureNotChecked):
        return (*checks, Check.not_made(prefix + "signature", faults.signature.code))
    return (*checks, Check.of_fault(prefix + "signature", faults.signature))


@lru_cache(maxsize=16)
def _all_passed(prefix: str) -> tuple[Check, ...]:
    return tuple(Check.of_fault(prefix + name, None) for name in TOKEN_CHECKS)


def not_read(codes: Sequence[str], reason: str) -> tuple[Check, ...]:
    """Checks that could not be made because what they judge was not read."""
    return tuple(Check.not_made(code, reason) for code in codes)
