"""Changes of what an Ethereum key signed: one field, the signature, or a signature from elsewhere.

A sample is a tuple of fields with the signature last.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.fuzz.mutations import changed_bytes, changed_number, changed_text, either

Fields = tuple[Any, ...]
SignatureChange = Callable[[Random, bytes], bytes]


def changed_fields(signature_change: SignatureChange) -> Callable[[Random, Fields, Sequence[Fields]], Fields]:
    """A change of one field, or two, of a signed tuple whose last field is the signature."""

    def change(rng: Random, sample: Fields, others: Sequence[Fields]) -> Fields:
        kind = rng.random()
        if kind < 0.4:
            return (*sample[:-1], signature_change(rng, sample[-1]))
        if kind < 0.55:
            other = either(rng, *others)
            return tuple(either(rng, mine, theirs) for mine, theirs in zip(sample, other, strict=True))
        changed = _with_other_field(rng, sample)
        if kind > 0.9:
            return _with_other_field(rng, changed)
        return (*changed[:-1], signature_change(rng, sample[-1])) if kind > 0.8 else changed

    return change


def _with_other_field(rng: Random, sample: Fields) -> Fields:
    at = int(rng.random() * (len(sample) - 1))
    return (*sample[:at], _other(rng, sample[at]), *sample[at + 1 :])


def _other(rng: Random, value: Any) -> Any:
    if isinstance(value, bytes):
        return changed_bytes(rng, value)
    return changed_number(rng, value) if isinstance(value, int) else changed_text(rng, value)
