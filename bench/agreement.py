"""What must hold before a measurement counts: that everybody did the same job."""

from typing import Any


class NotTheSame(Exception):
    """Two contenders gave different results, or one of them refused what it should accept: nothing was measured."""


def must_equal(what: str, ours: Any, theirs: Any) -> None:
    """Return when both are equal. Raises NotTheSame."""
    if ours != theirs:
        raise NotTheSame(f"{what}: ours and theirs differ")


def must_hold(what: str, holds: bool) -> None:
    """Return when it holds. Raises NotTheSame."""
    if not holds:
        raise NotTheSame(what)
