"""The library as a whole: its examples run, it stays pure, and its errors can be told apart."""

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import claim_issuers
from claim_issuers.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Refused,
    Unavailable,
)

FORBIDDEN = {"flask", "sqlalchemy", "web3", "requests", "urllib3", "socket", "sqlite3", "identity_service"}
BRANCHES = (InvalidInput, NotAuthenticated, NotPermitted, NotFound, Conflict, Refused, Unavailable)
MODULES = ["claim_issuers", *(m.name for m in pkgutil.walk_packages(claim_issuers.__path__, "claim_issuers."))]
WITHOUT_EXAMPLE = {"claim_issuers.errors"}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_every_module_run(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module)
    assert results.failed == 0
    is_room = Path(module.__file__).name == "__init__.py" and name != "claim_issuers"
    assert results.attempted or is_room or name in WITHOUT_EXAMPLE


@pytest.mark.parametrize("name", MODULES)
def test_no_module_imports_what_touches_the_world(name):
    tree = ast.parse(Path(importlib.import_module(name).__file__).read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & FORBIDDEN


def errors() -> list[type[DomainError]]:
    found = {}
    for name in MODULES:
        for _, thing in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if issubclass(thing, DomainError) and thing not in (DomainError, *BRANCHES):
                found[thing.__qualname__, thing.__module__] = thing
    return list(found.values())


def test_every_error_has_a_code_of_its_own_a_branch_and_a_docstring():
    codes = [error.code for error in errors()]
    assert len(set(codes)) == len(codes)
    for error in errors():
        assert issubclass(error, BRANCHES)
        assert error.code not in {branch.code for branch in BRANCHES}
        assert error.code == error.code.lower()
        assert inspect.getdoc(error)


def test_the_nouns_of_the_package_are_importable_from_its_top():
    for name in claim_issuers.__all__:
        assert getattr(claim_issuers, name) is not None
