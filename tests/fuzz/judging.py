"""How the parsing targets are changed and judged: what a parser returns must say what was written."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from claim_issuers.errors import DomainError
from tests.fuzz.json_changes import respelt
from tests.fuzz.mutations import T, changed_base64url, changed_bytes, changed_text, either
from tests.fuzz.samples import (
    the_text,
)
from tests.fuzz.token_changes import Signed

UNFAITHFUL = "read as something else"


NOT_A_REFUSAL = "raised where it promised to report"


LEEWAY = timedelta(minutes=5)


Change = Callable[[Random, Any, Sequence[Any]], Any]


def once_or_more(change: Callable[[Random, T], T]) -> Change:
    def changed(rng: Random, original: T, others: Sequence[T]) -> T:
        mutant = change(rng, original)
        while rng.random() < 0.3:
            mutant = change(rng, mutant)
        return mutant

    return changed


def any_text(rng: Random, text: str) -> str:
    return changed_text(rng, text)


def base64url_text(rng: Random, text: str) -> str:
    return changed_base64url(rng, text) if rng.random() < 0.3 else changed_text(rng, text)


def spliced_texts(rng: Random, text: str, others: Sequence[str]) -> str:
    if rng.random() < 0.2:
        other = either(rng, *others)
        return text[: int(rng.random() * len(text))] + other[int(rng.random() * len(other)) :]
    return once_or_more(base64url_text)(rng, text, others)


TEXT_CHANGES = {"change": spliced_texts}


BYTES_CHANGES = {"change": once_or_more(changed_bytes)}


JSON_CHANGES = {"change": lambda rng, text, others: respelt(rng, text)}


def resigned_by_issuer(rng: Random, token: Signed, _: Sequence[Signed]) -> str:
    """A token whose payload no issuer would write, signed by the issuer: only this reaches the code behind the signature."""
    return token.again(payload=respelt(rng, token.payload))


RESIGNED = {"change": resigned_by_issuer, "plain": the_text}


def faithful(holds: bool) -> str | None:
    return None if holds else UNFAITHFUL


def same_text(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    """One text a value: what was read is written the same again."""
    return lambda text: faithful(write(read(text)) == text)


class CannotBeWritten(Exception):
    """A parser returned a value that its own writer refuses."""


def same_value(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Callable[[Any], str | None]:
    """Several texts a value: what is written of it reads as the same value."""

    def judge(text: Any) -> str | None:
        value = read(text)
        try:
            return faithful(read(write(value)) == value)
        except DomainError as fault:
            raise CannotBeWritten(fault.code) from fault

    return judge


def on_json(judge: Callable[[Any], str | None]) -> Callable[[bytes], str | None]:
    """A judge of JSON values for texts that may be none: a lax reader, because the values come from many."""

    def judged(text: bytes) -> str | None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return judge(value) if isinstance(value, dict) else None

    return judged


def exact_text(value: Any) -> str:
    """A text that tells 1, 1.0 and true apart, which == does not."""
    return json.dumps(value, sort_keys=True)


def always_valid(_uri: str, _index: int) -> int:
    return 0
