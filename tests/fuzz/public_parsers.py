"""Which functions of the library read what others wrote: found by looking, so that a new one is not forgotten.

>>> "formats.sd_jwt.SdJwt.parse" in public_parsers() and "encodings.base64url.decode" in public_parsers()
True
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

import claim_issuers
from claim_issuers.errors import DomainError

# A word of the name that says: this takes text or bytes apart, or judges a signature.
_READING = re.compile(r"(?:^|_)(?:parse|decode|read|unpack|expand|from|of|recover|reveal|verify|presented)(?:_|$)")

NOT_PARSERS: Mapping[str, str] = {
    "account_proofs.timestamp.Timestamp.of": "takes a datetime",
    "clock.from_unix_seconds": "takes seconds that its callers have checked",
    "formats.sd_jwt.digest_of": "hashes text",
    "formats.vc_jwt.credential_of": "writes a claim",
    "orders.typed_data.OrderDomain.of": "takes an order",
    "status.array.StatusArray.byte_of": "looks up one index",
    "status.array.StatusArray.of": "takes our own numbers",
    "status.history.StatusHistory.as_of": "takes a datetime",
    "status.indexes.RandomIndexes.index_of": "takes our own number",
    "trust.accreditation.decision_of": "judges values",
    "trust.climb.mesh_of": "sorts values",
    "trust.climb.state_of": "judges values",
    "trust.documents.accreditation_of": "takes a claim",
    "trust.documents.accredited_of": "takes a claim",
    "trust.jurisdictions.jurisdiction_of": "takes attributes",
    "trust.routes.Routes.from_all": "sorts values",
    "verifiers.checks.Check.of_fault": "takes an error",
    "verifiers.claim_checks.Circumstances.checks_of": "judges values",
    "verifiers.token_checks.checks_of_token": "takes faults",
    "verifiers.token_checks.not_read": "makes checks",
}
"""Whose names say that they read, and who take values that somebody has checked before."""


def public_parsers() -> frozenset[str]:
    """Every public function, class method, static method and method whose name says that it reads, by its name in the package."""
    return frozenset(name for module in _modules() for name in _reading_names(module))


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(claim_issuers.__path__, "claim_issuers."):
        yield importlib.import_module(found.name)


def _reading_names(module: ModuleType) -> Iterator[str]:
    place = module.__name__.removeprefix("claim_issuers.")
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(thing):
            yield from (f"{place}.{name}.{method}" for method in _reading_methods(thing))
        elif callable(thing) and _READING.search(name):
            yield f"{place}.{name}"


def _reading_methods(kind: type[Any]) -> Iterator[str]:
    if issubclass(kind, DomainError) or getattr(kind, "_is_protocol", False):
        return
    for name, thing in vars(kind).items():
        function = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
        if inspect.isfunction(function) and not name.startswith("_") and _READING.search(name):
            yield name


def defined_as(name: str) -> str:
    """Where a function is at home that a target names by any module it can be imported from. Raises LookupError."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        with suppress(ModuleNotFoundError):
            thing: Any = importlib.import_module(".".join(("claim_issuers", *parts[:length])))
            for part in parts[length:]:
                thing = getattr(thing, part)
            return f"{thing.__module__}.{thing.__qualname__}".removeprefix("claim_issuers.")
    raise LookupError(name)
