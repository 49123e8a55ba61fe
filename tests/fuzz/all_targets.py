"""Every target, by name."""

from functools import lru_cache

from tests.fuzz.parsing_identifiers import identifier_targets
from tests.fuzz.parsing_json import json_targets
from tests.fuzz.parsing_sd_jwt import sd_jwt_targets
from tests.fuzz.parsing_tokens import signed_targets
from tests.fuzz.parsing_wallets import wallet_targets
from tests.fuzz.runner import Tally, run
from tests.fuzz.targets import Target
from tests.fuzz.verifying_on_chain import on_chain_targets
from tests.fuzz.verifying_signatures import signature_targets
from tests.fuzz.verifying_tokens import token_targets


@lru_cache(maxsize=1)
def verifying_targets() -> dict[str, Target]:
    """The targets whose mutants must all be refused."""
    return {target.name: target for target in (*token_targets(), *signature_targets(), *on_chain_targets())}


@lru_cache(maxsize=1)
def reading_targets() -> dict[str, Target]:
    """The targets that return or refuse."""
    targets = (*identifier_targets(), *json_targets(), *signed_targets(), *wallet_targets(), *sd_jwt_targets())
    return {target.name: target for target in targets}


def find(name: str) -> Target:
    """The target of this name. Raises KeyError."""
    return {**verifying_targets(), **reading_targets()}[name]


def run_chunk(name: str, start: int, count: int, seed: int) -> Tally:
    """``runner.run`` for what crosses to another process: a name instead of a target."""
    return run(find(name), seed=seed, start=start, count=count)
