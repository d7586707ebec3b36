"""The examples in docstrings of the numbers and of the library."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import risk.backtests
import risk.measures
import risk.stress
import risk.var
import riskstream.library
import riskstream.report

PACKAGES = (risk.backtests, risk.measures, risk.stress, risk.var, riskstream.library, riskstream.report)
MODULES = [
    f"{package.__name__}.{found.name}" for package in PACKAGES for found in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    """Every doctest gives what it shows."""
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_there_are_examples() -> None:
    """The modules are found, and show something."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for module in MODULES for test in finder.find(importlib.import_module(module)) if test.examples]
    assert len(found) > 30
