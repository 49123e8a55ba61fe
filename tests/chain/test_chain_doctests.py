"""The examples in the docstrings of chain, egress and demo run."""

import doctest
import importlib
import pkgutil

import pytest

import identity_service.chain
import identity_service.egress
from identity_service.demo import devchain, trex

MODULES = [
    importlib.import_module(found.name)
    for package in (identity_service.chain, identity_service.egress)
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
]


@pytest.mark.parametrize("module", [*MODULES, devchain, trex], ids=lambda module: module.__name__)
def test_examples_hold(module) -> None:
    assert doctest.testmod(module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL).failed == 0
