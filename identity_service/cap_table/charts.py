"""The pictures of a cap table as geometry: whole numbers on a scale of WIDTH, ready for an SVG that stretches. No I/O.

>>> [(one.label, one.x, one.width) for one in stacked([Part(label="Anna", quantity=3, fill="k1")], total=4)]
[('Anna', 0, 7500)]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 10_000
LANE: Final = 10
"""How high one spender's bar is, on the scale of its picture."""
MOST_PARTS: Final = 8
MOST_BARS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of a whole in base units; ``fill`` names the colour's class in the style sheet."""

    label: str
    quantity: int
    fill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part and where it lies in the bar."""

    label: str
    quantity: int
    fill: str
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What one spender could move of a holder's balance, from the bar's beginning."""

    label: str
    fill: str
    y: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A holder's whole balance as a track of WIDTH, with one lane below the other for each spender.

    Allowances overlap: two spenders may move the same tokens, so lanes all begin at 0 and are never added up.
    """

    label: str
    quantity: int
    lanes: tuple[Lane, ...]

    @property
    def height(self) -> int:
        return LANE * len(self.lanes)


def stacked(parts: Sequence[Part], *, total: int) -> tuple[Segment, ...]:
    """The parts side by side in one bar whose whole is ``total``, or their sum where that is more; empty parts are left out."""
    whole = max(total, sum(part.quantity for part in parts))
    segments, before = [], 0
    for part in parts:
        if part.quantity <= 0:
            continue
        x, end = WIDTH * before // whole, WIDTH * (before + part.quantity) // whole
        segments.append(Segment(label=part.label, quantity=part.quantity, fill=part.fill, x=x, width=end - x))
        before += part.quantity
    return tuple(segments)


def largest(holders: Sequence[tuple[str, int]], *, most: int = MOST_PARTS) -> tuple[Part, ...]:
    """The first ``most`` of ``holders`` (label and base units, largest first) in colours of their own; the others as one part."""
    shown = [Part(label=label, quantity=quantity, fill=f"k{number}") for number, (label, quantity) in enumerate(holders[:most], 1)]
    others = [quantity for _, quantity in holders[most:]]
    if others:
        shown.append(Part(label=_others(len(others)), quantity=sum(others), fill="krest"))
    return tuple(shown)


def movable(label: str, balance: int, spenders: Sequence[Part]) -> Bar:
    """A holder's bar; each of ``spenders`` comes with what it could move, at most the balance."""
    lanes = tuple(
        Lane(label=one.label, fill=one.fill, y=LANE * position, width=_share(one.quantity, balance))
        for position, one in enumerate(spenders)
    )
    return Bar(label=label, quantity=balance, lanes=lanes)


def _share(quantity: int, balance: int) -> int:
    return WIDTH * min(quantity, balance) // balance if balance > 0 else 0


def _others(count: int) -> str:
    return "1 other holder" if count == 1 else f"{count} other holders"
