"""Runs mutants and counts what became of them; the same chunk gives the same tally in whatever process."""

import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any

from claim_issuers.errors import DomainError
from tests.fuzz.targets import SECONDS_ALLOWED, SLOW, STRAY, Target

CHUNK = 1_000
FINDINGS_KEPT = 20
"""For each chunk: a fault that shows itself at once need not fill the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mutant that did what no mutant may do: enough to make it again."""

    kind: str
    target: str
    seed: int
    number: int
    mutant: Any
    exception: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding for a file; the mutant as Python text."""
        return {
            "kind": self.kind,
            "target": self.target,
            "seed": self.seed,
            "number": self.number,
            "replay": f"python -m tests.fuzz --seed {self.seed} --replay {self.target}:{self.number}",
            "exception": self.exception,
            "mutant": repr(self.mutant),
        }


@dataclass(slots=True)
class Tally:
    """What became of some mutants of one target."""

    target: str
    tried: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, other: "Tally") -> None:
        self.tried += other.tried
        self.refusals += other.refusals
        self.faults += other.faults
        self.findings += other.findings
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)


def chunks(target: str, count: int) -> Iterator[tuple[str, int, int]]:
    """A count of mutants cut into (target, first number, length)."""
    for start in range(0, count, CHUNK):
        yield target, start, min(CHUNK, count - start)


def run(target: Target, *, seed: int, start: int, count: int) -> Tally:
    """Try ``count`` mutants from number ``start`` on."""
    tally, began = Tally(target.name), perf_counter()
    for number in range(start, start + count):
        _try(target, target.mutant(seed, number), seed, number, tally)
    tally.seconds = perf_counter() - began
    return tally


def _try(target: Target, mutant: Any, seed: int, number: int, tally: Tally) -> None:
    verdict, exception = None, None
    began = thread_time()
    try:
        verdict = target.judge(mutant)
    except DomainError as fault:
        tally.refusals[fault.code] += 1
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of compiled code is no Exception
        verdict, exception = STRAY, traceback.format_exc(limit=-6)
    took = thread_time() - began
    tally.tried += 1
    tally.slowest = max(tally.slowest, took)
    if verdict is None and took > SECONDS_ALLOWED:
        verdict = SLOW
    if verdict is None:
        return
    tally.faults[verdict] += 1
    if len(tally.findings) < FINDINGS_KEPT:
        tally.findings.append(
            Finding(kind=verdict, target=target.name, seed=seed, number=number, mutant=mutant, exception=exception)
        )
