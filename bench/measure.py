"""Measures a job: ours and its peers take turns in every round, so that the machine's moods fall on all of them alike.

>>> same = InProcess("same", len, ["a", "b"])
>>> job = Job(name="demo", title="a demonstration", ours=same, peers=(Peer(InProcess("peer", len, ["c"]), goal=0.0),))
>>> measured = measure(job, Pace(rounds=2, turn_ns=0, warm_up_ns=0))
>>> measured.peers[0].name, measured.peers[0].held, len(measured.peers[0].ratios)
('peer', True, 2)
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any, Protocol

# So few fresh inputs are made ahead that they are still in the processor's cache when their call comes, as in life.
_AT_ONCE = 16


class Contender(Protocol):
    """One way to do the job."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    def time(self, calls: int) -> int:
        """Nanoseconds that ``calls`` calls take, one after another, each with the next input."""
        ...


def as_it_is(one: Any) -> Any:
    """The input itself."""
    return one


class InProcess:
    """Calls a Python function with one input after another, from the first again when all were used.

    ``fresh`` makes the value that is handed over out of the input, before the clock runs: so that nothing a value remembers of
    an earlier call is measured.
    """

    def __init__(
        self, name: str, act: Callable[[Any], object], inputs: Sequence[Any], *, fresh: Callable[[Any], Any] = as_it_is
    ) -> None:
        self.name = name
        self._act = act
        self._fresh = fresh
        self._inputs = cycle(inputs)

    def time(self, calls: int) -> int:
        spent = 0
        for done in range(0, calls, _AT_ONCE):
            spent += self._time_batch(min(_AT_ONCE, calls - done))
        return spent

    def _time_batch(self, calls: int) -> int:
        act, batch = self._act, [self._fresh(one) for one in islice(self._inputs, calls)]
        start = perf_counter_ns()
        for one in batch:
            act(one)
        return perf_counter_ns() - start


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to do the job; ``goal`` is how many times its time ours must fit into, where the issue names one."""

    contender: Contender
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes of ours beside bytes of another way, and the share of it that ours may reach."""

    what: str
    ours: int
    theirs: int
    at_most: float

    @property
    def share(self) -> float:
        """Ours by theirs."""
        return self.ours / self.theirs

    @property
    def held(self) -> bool:
        """Whether ours is small enough."""
        return self.share <= self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is measured: ours, the peers, sizes that belong to it, and what a reader must know."""

    name: str
    title: str
    ours: Contender
    peers: tuple[Peer, ...] = ()
    sizes: tuple[Size, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to measure: rounds, nanoseconds of each turn, and nanoseconds to warm up before."""

    rounds: int = 41
    turn_ns: int = 25_000_000
    warm_up_ns: int = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPeer:
    """One peer's microseconds a call, and its time by ours, round by round."""

    name: str
    goal: float | None
    micros: tuple[float, ...]
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The ratios' lower and upper quartile."""
        return quartiles(self.ratios)

    @property
    def held(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.ratio >= self.goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a job gave."""

    job: Job
    micros: tuple[float, ...]
    peers: tuple[MeasuredPeer, ...]

    @property
    def held(self) -> bool:
        """Whether no goal is missed."""
        return all(peer.held is not False for peer in self.peers) and all(size.held for size in self.job.sizes)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The lower and the upper quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def measure(job: Job, pace: Pace, *, after_round: Callable[[], None] = lambda: None) -> Measured:
    """Run ``job`` for ``pace.rounds`` rounds; in each the contenders start at another place of the order."""
    contenders = [job.ours, *(peer.contender for peer in job.peers)]
    calls = [_warm_up(contender, pace) for contender in contenders]
    micros: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    for turn in range(pace.rounds):
        for place in range(len(contenders)):
            number = (turn + place) % len(contenders)
            gc.collect()
            micros[number].append(contenders[number].time(calls[number]) / calls[number] / 1000)
        after_round()
    gc.unfreeze()
    return _measured(job, micros)


def _warm_up(contender: Contender, pace: Pace) -> int:
    """How many calls fill one turn, found while warming up."""
    calls, spent = 1, 0
    while True:
        last = contender.time(calls)
        spent += last
        if spent >= pace.warm_up_ns:
            return max(1, pace.turn_ns * calls // max(1, last))
        if last * 2 < pace.turn_ns:
            calls *= 2


def _measured(job: Job, micros: Sequence[Sequence[float]]) -> Measured:
    ours, *theirs = micros
    peers = tuple(
        MeasuredPeer(
            name=peer.contender.name,
            goal=peer.goal,
            micros=tuple(times),
            ratios=tuple(time / our for time, our in zip(times, ours, strict=True)),
        )
        for peer, times in zip(job.peers, theirs, strict=True)
    )
    return Measured(job=job, micros=tuple(ours), peers=peers)
