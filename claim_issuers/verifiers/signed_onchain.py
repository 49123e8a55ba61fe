"""What on-chain claims and eligibility attestations are checked for alike: who signed, and when they hold.

>>> from datetime import UTC
>>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
>>> time_check((0, 1), noon, timedelta(), early="not_yet", late="too_late").reason
'too_late'
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Address
from claim_issuers.verifiers.checks import Check

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def signer_checks(recover: Callable[[], Address], expected: Collection[Address]) -> tuple[Address | None, Check, Check]:
    """Who signed, whether the signature is canonical and some key's, and whether that key is one of ``expected``."""
    try:
        signer = recover()
    except DomainError as fault:
        return None, Check.of_fault("signature", fault), Check.not_made("signer", "signature_not_read")
    return signer, Check.of_fault("signature", None), Check.passed_if(signer in expected, "signer", "signed_by_another_key")


def time_check(times: tuple[int, int], now: datetime, leeway: timedelta, *, early: str, late: str) -> Check:
    """Whether ``now`` lies from the first Unix second to before the second one, with ``leeway`` both ways."""
    # In numbers: a uint40 or uint64 of seconds reaches beyond the last year of a datetime
    start, end = (seconds * 1_000_000 for seconds in times)
    instant, margin = (now - _EPOCH) // _MICROSECOND, leeway // _MICROSECOND
    if instant >= end + margin:
        return Check.passed_if(False, "validity", late)
    return Check.passed_if(instant >= start - margin, "validity", early)
