"""Fuzzes the claim library: ``python -m tests.fuzz --count 1000000 --seed 7 [--target NAME]``.

``--count`` mutants are made of signed things, none of which may be accepted; a quarter as many go to the parsers, which may
return or refuse and nothing else. Ends with 1 and a file of findings when one does otherwise; the same seed makes the same
mutants, and ``--replay NAME:NUMBER`` shows one of them with its whole exception.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.all_targets import find, reading_targets, run_chunk, verifying_targets
from tests.fuzz.progress import Progress, table
from tests.fuzz.runner import Finding, Tally, chunks, run
from tests.fuzz.targets import ACCEPTED, HarnessFault, Target

PROCESSES = 2
FINDINGS = Path(".fuzz")
Chunk = tuple[str, int, int]


def main() -> int:
    """Run as the command line says; the exit code is 1 on any finding."""
    asked = _arguments()
    print(f"seed {asked.seed}", file=sys.stderr)
    if asked.replay:
        return _replay(asked.replay, asked.seed)
    tallies = _run_all(_shares(asked.count, asked.target), asked.seed)
    print(table(tallies.values()))
    findings = [finding for tally in tallies.values() for finding in tally.findings]
    tried = sum(tally.tried for tally in tallies.values())
    faults = sum(tally.faults.total() for tally in tallies.values())
    print(f"{tried:,} mutants, seed {asked.seed}: {faults:,} findings")
    if findings:
        print(f"written to {_write(findings, asked.seed)}")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="mutants of signed things (default 1,000,000)")
    parser.add_argument("--seed", type=int, default=None, help="a number; drawn and printed when left out")
    parser.add_argument("--target", help="only this one; it then gets all the mutants")
    parser.add_argument("--replay", metavar="NAME:NUMBER", help="judge one mutant again and show what happens")
    asked = parser.parse_args()
    if asked.seed is None:
        asked.seed = secrets.randbits(32)
    names = [*verifying_targets(), *reading_targets()]
    if asked.target and asked.target not in names:
        parser.error("there is no such target; choose from: " + ", ".join(names))
    return asked


def _shares(count: int, target: str | None) -> Mapping[str, int]:
    if target:
        return {target: count}
    return {**_evenly(count, verifying_targets()), **_evenly(count // 4, reading_targets())}


def _evenly(count: int, targets: Mapping[str, Target]) -> Mapping[str, int]:
    each, rest = divmod(count, len(targets))
    return {name: each + (place < rest) for place, name in enumerate(targets)}


def _run_all(shares: Mapping[str, int], seed: int) -> Mapping[str, Tally]:
    for name in shares:
        find(name).check_originals(ACCEPTED if name in verifying_targets() else None)
    tallies = {name: Tally(name) for name in shares}
    progress = Progress(sum(shares.values()) or 1)
    # A worker that a mutant kills breaks the executor, where a Pool would wait for ever.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(run_chunk, *chunk, seed) for chunk in _interleaved(shares)]
        for finished in as_completed(running):
            tally = finished.result()
            tallies[tally.target].add(tally)
            progress.add(tally)
    progress.end()
    return tallies


def _interleaved(shares: Mapping[str, int]) -> Iterator[Chunk]:
    """A chunk of each target in turn: a fault shows itself early, whichever target it is in."""
    waiting: list[Iterable[Chunk]] = [chunks(name, count) for name, count in shares.items()]
    while waiting:
        rounds = [(next(iter(left), None), left) for left in waiting]
        yield from (chunk for chunk, _ in rounds if chunk is not None)
        waiting = [left for chunk, left in rounds if chunk is not None]


def _replay(which: str, seed: int) -> int:
    name, _, number = which.rpartition(":")
    tally = run(find(name), seed=seed, start=int(number), count=1)
    print(f"refused: {dict(tally.refusals)}" if not tally.findings else json.dumps(tally.findings[0].as_json(), indent=2))
    if tally.findings and tally.findings[0].exception:
        print(tally.findings[0].exception)
    return 1 if tally.findings else 0


def _write(findings: Iterable[Finding], seed: int) -> Path:
    FINDINGS.mkdir(exist_ok=True)
    path = FINDINGS / f"findings-{seed}.json"
    path.write_text(json.dumps([finding.as_json() for finding in findings], indent=1) + "\n")
    return path


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessFault as fault:
        sys.exit(f"the harness is at fault: {fault}")
