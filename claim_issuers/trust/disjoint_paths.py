"""How many paths through a graph have no node in common (Menger's theorem), in polynomial time.

>>> edges = [(BOTTOM, "a"), (BOTTOM, "b"), ("a", "c"), ("b", "c"), ("b", "d"), ("c", TOP), ("d", TOP)]
>>> disjoint_paths(edges, at_most=3)
[['a', 'c'], ['b', 'd']]
"""

from collections import deque
from collections.abc import Iterable
from enum import Enum
from typing import Final


class End(Enum):
    """The two ends of every path."""

    BOTTOM = "bottom"
    TOP = "top"


BOTTOM: Final = End.BOTTOM
TOP: Final = End.TOP

Node = str | End
# A node is an entrance and an exit with one arc between them, so that one path at most leads through it.
_Side = tuple[Node, bool]
_Arcs = dict[_Side, dict[_Side, None]]


def disjoint_paths(edges: Iterable[tuple[Node, Node]], *, at_most: int) -> list[list[str]]:
    """The inner nodes of as many paths from BOTTOM to TOP as there are without a common inner node, but ``at_most`` so many.

    Each path costs one walk over the edges.
    """
    arcs = _arcs(edges)
    unused = {side: dict(targets) for side, targets in arcs.items()}
    found = 0
    while found < at_most and _augment(unused):
        found += 1
    return [_follow(start, arcs, unused) for start in _used(_exit(BOTTOM), arcs, unused)]


def _entrance(node: Node) -> _Side:
    return node, False


def _exit(node: Node) -> _Side:
    return node, True


def _arcs(edges: Iterable[tuple[Node, Node]]) -> _Arcs:
    arcs: _Arcs = {_exit(BOTTOM): {}, _entrance(TOP): {}}
    for source, target in edges:
        arcs.setdefault(_exit(source), {})[_entrance(target)] = None
        for node in (source, target):
            if isinstance(node, str):
                arcs.setdefault(_entrance(node), {})[_exit(node)] = None
    return arcs


def _augment(unused: _Arcs) -> bool:
    """Lead one more path from BOTTOM to TOP, past or back along those that are there; False when none is left."""
    came_from: dict[_Side, _Side] = {}
    waiting = deque([_exit(BOTTOM)])
    while waiting and _entrance(TOP) not in came_from:
        side = waiting.popleft()
        for following in unused.get(side, ()):
            if following not in came_from:
                came_from[following] = side
                waiting.append(following)
    side = _entrance(TOP)
    if side not in came_from:
        return False
    while side != _exit(BOTTOM):
        before = came_from[side]
        del unused[before][side]
        unused.setdefault(side, {})[before] = None
        side = before
    return True


def _used(side: _Side, arcs: _Arcs, unused: _Arcs) -> list[_Side]:
    return [target for target in arcs.get(side, ()) if target not in unused[side]]


def _follow(side: _Side, arcs: _Arcs, unused: _Arcs) -> list[str]:
    nodes: list[str] = []
    while isinstance(side[0], str):
        nodes.append(side[0])
        side = _used(_exit(side[0]), arcs, unused)[0]
    return nodes
