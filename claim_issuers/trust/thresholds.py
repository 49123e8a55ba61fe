"""What decisions over several paths share: how many are demanded, and why they hold or do not.

>>> checked_threshold(2)
2
"""

from enum import StrEnum

from claim_issuers.errors import InvalidInput


class InvalidThreshold(InvalidInput):
    """The number demanded of roots or claim issuers is no whole number from one on."""

    code = "invalid_threshold"


class ThresholdReason(StrEnum):
    """Why a threshold is met or not."""

    MET = "threshold_met"
    TOO_FEW_ROOTS = "too_few_roots"
    TOO_FEW_CLAIM_ISSUERS = "too_few_claim_issuers"
    NOT_INDEPENDENT = "paths_share_organisations"
    SEARCH_LIMIT = "search_limit_reached"


def checked_threshold(at_least: int) -> int:
    """``at_least`` when it is a whole number from one on: none demanded would accredit everybody. Raises InvalidThreshold."""
    if type(at_least) is not int or at_least < 1:
        raise InvalidThreshold("demand a whole number from one on", pointer="/at_least")
    return at_least
