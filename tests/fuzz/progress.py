"""What a long run says while it works and when it is done."""

import sys
from collections.abc import Iterable
from time import perf_counter
from typing import TextIO

from tests.fuzz.runner import Tally
from tests.fuzz.targets import ACCEPTED, STRAY


class Progress:
    """In place on a terminal, a line each tenth elsewhere."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self._total, self._stream, self._began = total, stream, perf_counter()
        self._done, self._faults, self._told = 0, {ACCEPTED: 0, STRAY: 0}, 0

    def add(self, tally: Tally) -> None:
        """Count a chunk and tell how far the run is."""
        self._done += tally.tried
        for kind, count in tally.faults.items():
            self._faults[kind] = self._faults.get(kind, 0) + count
        if self._stream.isatty():
            print(f"\r{self._line()}\033[K", end="", file=self._stream, flush=True)
        elif self._done * 10 // self._total > self._told:
            self._told = self._done * 10 // self._total
            print(self._line(), file=self._stream, flush=True)

    def end(self) -> None:
        """Leave the line on the terminal."""
        if self._stream.isatty():
            print(file=self._stream)

    def _line(self) -> str:
        rate = self._done / max(perf_counter() - self._began, 1e-9)
        faults = ", ".join(f"{kind} {count:,}" for kind, count in self._faults.items())
        return f"{self._done:>11,} of {self._total:,} mutants ({self._done / self._total:4.0%}), {rate:,.0f}/s, {faults}"


def table(tallies: Iterable[Tally]) -> str:
    """A line for each target: how many mutants, how many were refused and in how many ways, and the faults."""
    head = f"{'target':<26}{'mutants':>10}{'refused':>10}{'ways':>6}{'accepted':>10}{'stray':>7}{'other':>7}{'slowest ms':>12}"
    return "\n".join([head, "-" * len(head), *map(_row, tallies)])


def _row(tally: Tally) -> str:
    accepted, stray = tally.faults[ACCEPTED], tally.faults[STRAY]
    other = tally.faults.total() - accepted - stray
    refused = tally.refusals.total()
    return (
        f"{tally.target:<26}{tally.tried:>10,}{refused:>10,}{len(tally.refusals):>6}{accepted:>10,}{stray:>7,}{other:>7,}"
        f"{tally.slowest * 1000:>12.1f}"
    )
