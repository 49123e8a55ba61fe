"""Every target, by name."""

from functools import lru_cache

from tests.fuzz.parsing import parsing_targets
from tests.fuzz.runner import Tally, run
from tests.fuzz.targets import Target
from tests.fuzz.verifying_signatures import signature_targets
from tests.fuzz.verifying_tokens import token_targets


@lru_cache(maxsize=1)
def verifying_targets() -> dict[str, Target]:
    """The targets whose mutants must all be refused."""
    return {target.name: target for target in (*token_targets(), *signature_targets())}


@lru_cache(maxsize=1)
def reading_targets() -> dict[str, Target]:
    """The targets that return or refuse."""
    return {target.name: target for target in parsing_targets()}


def find(name: str) -> Target:
    """The target of this name. Raises KeyError."""
    return {**verifying_targets(), **reading_targets()}[name]


def run_chunk(name: str, start: int, count: int, seed: int) -> Tally:
    """``runner.run`` for what crosses to another process: a name instead of a target."""
    return run(find(name), seed=seed, start=start, count=count)
