"""Who vouches, as a picture: columns from the roots to the claim types, boxes and the lines between them. No I/O.

>>> picture = draw([Point(id="r", label="Root", column=0), Point(id="i", label="Issuer", column=1)], [Line(source="r", target="i")])
>>> [(box.x, box.y) for box in picture.boxes], picture.width
([(0, 0), (330, 0)], 580)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

BOX_WIDTH: Final = 250
BOX_HEIGHT: Final = 56
COLUMN_GAP: Final = 80
ROW_GAP: Final = 16
_LONGEST_LABEL: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something to draw, with a second line in small type; ``column`` counts from the left."""

    id: str
    label: str
    note: str = ""
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A relation from left to right; one that does not hold (any more) is drawn broken."""

    source: str
    target: str
    holds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A point with its place; ``label`` is cut to what fits, ``full_label`` is all of it."""

    label: str
    full_label: str
    note: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line with its path (SVG 2 §9.3)."""

    path: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Boxes and edges on a canvas of this size."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def levels(roots: Iterable[str], links: Iterable[tuple[str, str]], everybody: Iterable[str]) -> dict[str, int]:
    """How far from a root each one stands, by the shortest way over ``links`` (above, below); 1 for whom no way leads to."""
    below: dict[str, list[str]] = {}
    for above, under in links:
        below.setdefault(above, []).append(under)
    found = dict.fromkeys(roots, 0)
    rim = list(found)
    for above in rim:
        for under in below.get(above, ()):
            if under not in found:
                found[under] = found[above] + 1
                rim.append(under)
    return {one: found.get(one, 1) for one in everybody}


def draw(points: Sequence[Point], lines: Sequence[Line]) -> Picture:
    """Each column's boxes one below the other, in the middle of the canvas, near those that they hang on."""
    columns: dict[int, list[Point]] = {}
    for point in points:
        columns.setdefault(point.column, []).append(point)
    height = max((_height(len(column)) for column in columns.values()), default=0)
    places: dict[str, tuple[int, int]] = {}
    for position, number in enumerate(sorted(columns)):
        x, top = position * (BOX_WIDTH + COLUMN_GAP), (height - _height(len(columns[number]))) // 2
        for row, point in enumerate(_near_parents(columns[number], lines, places)):
            places[point.id] = x, top + row * (BOX_HEIGHT + ROW_GAP)
    return Picture(
        width=max(0, len(columns) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP),
        height=height,
        boxes=tuple(_box(point, places[point.id]) for point in points),
        edges=tuple(_edge(line, places) for line in lines if line.source in places and line.target in places),
    )


def _height(count: int) -> int:
    return count * (BOX_HEIGHT + ROW_GAP) - ROW_GAP


def _near_parents(column: Sequence[Point], lines: Sequence[Line], places: Mapping[str, tuple[int, int]]) -> list[Point]:
    """The column in the order of the middle of what each point hangs on, so that fewer lines cross."""

    def middle(point: Point) -> float:
        parents = [places[line.source][1] for line in lines if line.target == point.id and line.source in places]
        return sum(parents) / len(parents) if parents else 0

    return sorted(column, key=middle)


def _box(point: Point, place: tuple[int, int]) -> Box:
    fits = len(point.label) <= _LONGEST_LABEL
    label = point.label if fits else point.label[: _LONGEST_LABEL - 1].rstrip() + "…"
    return Box(label=label, full_label=point.label, note=point.note, x=place[0], y=place[1])


def _edge(line: Line, places: Mapping[str, tuple[int, int]]) -> Edge:
    (x1, y1), (x2, y2) = places[line.source], places[line.target]
    x1, y1, y2 = x1 + BOX_WIDTH, y1 + BOX_HEIGHT // 2, y2 + BOX_HEIGHT // 2
    bend = (x1 + x2) // 2
    return Edge(path=f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}", holds=line.holds)
