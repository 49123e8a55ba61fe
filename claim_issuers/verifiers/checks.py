"""Checks and their outcomes, reported all together so that a caller learns everything at once.

>>> Verification(checks=(Check("signature", Outcome.PASSED),), claim=None).ok
True
"""

from dataclasses import dataclass
from enum import StrEnum

from claim_issuers.claims.claim import Claim


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All checks in order, and the claim once its signature held."""

    checks: tuple[Check, ...]
    claim: Claim | None

    @property
    def ok(self) -> bool:
        """Whether every check was made and passed."""
        return all(check.outcome is Outcome.PASSED for check in self.checks)

    def check(self, code: str) -> Check:
        """The check of this code. Raises KeyError when there is none."""
        for check in self.checks:
            if check.code == code:
                return check
        raise KeyError(code)
