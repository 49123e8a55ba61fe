"""Amounts as people write them.

>>> base_units("1 234.5", 3)
1234500
>>> base_units("0.0001", 3) is None
True
"""

import re
from typing import Final

_WRITTEN: Final = re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f'’")


def base_units(text: str, decimals: int) -> int | None:
    """``text``, in whole tokens, as base units above 0; None when it is no such number or says more than ``decimals`` can hold.

    Spaces and apostrophes between digits are passed over, since people write them; a comma is not, since it means two things.
    """
    plain = text.translate(_SPACES)
    if not _WRITTEN.fullmatch(plain):
        return None
    whole, _, fraction = plain.partition(".")
    if len(fraction.rstrip("0")) > decimals:
        return None
    value = int(whole) * 10**decimals + int(fraction.rstrip("0").ljust(decimals, "0") or "0")
    return value if 0 < value < 1 << 256 else None
