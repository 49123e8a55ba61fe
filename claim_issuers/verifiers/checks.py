"""Checks and their outcomes, reported all together so that a caller learns everything at once.

>>> report = Report(checks=(Check("signature", Outcome.PASSED), Check("validity", Outcome.FAILED, "claim_expired")))
>>> report.ok, report.reasons
(False, ('claim_expired',))
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from claim_issuers.claims.claim import Claim
from claim_issuers.errors import DomainError, Unavailable


class Outcome(StrEnum):
    """How a check ended; what was not checked never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its stable code, its outcome, and the reason's code when it did not pass."""

    code: str
    outcome: Outcome
    reason: str | None = None

    @classmethod
    def passed_if(cls, holds: bool, code: str, reason: str) -> "Check":
        """Passed when ``holds``, otherwise failed with ``reason``."""
        return _passed(code) if holds else cls(code, Outcome.FAILED, reason)

    @classmethod
    def of_fault(cls, code: str, fault: DomainError | None) -> "Check":
        """Passed without a fault; failed with its code, or not checked where something needed was unavailable."""
        if fault is None:
            return _passed(code)
        return cls(code, Outcome.NOT_CHECKED if isinstance(fault, Unavailable) else Outcome.FAILED, fault.code)

    @classmethod
    def not_made(cls, code: str, reason: str) -> "Check":
        """A check that nobody could or wanted to make, and why."""
        return cls(code, Outcome.NOT_CHECKED, reason)


@lru_cache(maxsize=256)
def _passed(code: str) -> Check:
    return Check(code, Outcome.PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All checks in order."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every check was made and passed; a report without checks says nothing and is not ok."""
        return bool(self.checks) and all(check.outcome is Outcome.PASSED for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons of the checks that did not pass, in order."""
        return tuple(check.reason or check.code for check in self.checks if check.outcome is not Outcome.PASSED)

    def check(self, code: str) -> Check:
        """The check of this code. Raises KeyError when there is none."""
        for check in self.checks:
            if check.code == code:
                return check
        raise KeyError(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Report):
    """The checks of a whole claim, and the claim once its signature held."""

    claim: Claim | None
