"""What a target is: originals that must be accepted, a way to change them, and a judge of what became of a mutant."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from claim_issuers.errors import DomainError
from tests.fuzz.mutations import chance

ACCEPTED = "accepted"
STRAY = "stray exception"
SLOW = "slow"
# Processor time of one call; inputs have at most 64 KiB.
SECONDS_ALLOWED = 0.5
_TRIES = 64


class HarnessFault(Exception):
    """The harness itself is wrong: its changes do not change, or its originals do not pass."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing to attack.

    ``change`` makes a mutant of one original (None where it cannot), with the others at hand for splicing; ``plain`` gives an
    original in the mutants' form. ``judge`` gives None for what it reads and need not refuse, the name of a fault otherwise
    (``accepted`` for a forgery), and raises DomainError to refuse. ``covers`` names the public functions that are attacked.
    """

    name: str
    covers: tuple[str, ...]
    originals: tuple[Any, ...]
    change: Callable[[Random, Any, Sequence[Any]], Hashable | None]
    judge: Callable[[Any], str | None]
    plain: Callable[[Any], Hashable] = lambda original: original

    @cached_property
    def known(self) -> frozenset[Hashable]:
        """The originals, in the form of the mutants: no mutant equals one of them."""
        return frozenset(self.plain(original) for original in self.originals)

    def mutant(self, seed: int, number: int) -> Any:
        """The mutant of this number, the same for the same seed."""
        rng = chance(seed, self.name, number)
        for _ in range(_TRIES):
            mutant = self.change(rng, self.originals[int(rng.random() * len(self.originals))], self.originals)
            if mutant is not None and mutant not in self.known:
                return mutant
        raise HarnessFault(f"{self.name}: {_TRIES} changes in a row changed nothing")

    def check_originals(self, expected: str | None) -> None:
        """Return when every original is judged as ``expected``, or nothing is shown. Raises HarnessFault."""
        for original in self.known:
            try:
                verdict = self.judge(original)
            except DomainError as fault:
                raise HarnessFault(f"{self.name}: an original was refused: {fault.code} {original!r}") from fault
            if verdict != expected:
                raise HarnessFault(f"{self.name}: an original was judged {verdict}")


def accepted_if(holds: bool) -> str | None:
    """The verdict on a mutant that a function reports on."""
    return ACCEPTED if holds else None
