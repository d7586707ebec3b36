"""The examples in the docstrings of all packages hold."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "risk", "sinks", "streams", "api", "riskstream", "tests")
FILES = [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
MODULES = [
    ".".join(path.with_suffix("").parts)
    for path in FILES
    if path != Path(__file__).relative_to(ROOT) and "    >>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_hold(module: str) -> None:
    """Each module that shows something is right about it."""
    found = doctest.testmod(importlib.import_module(module))
    assert (found.failed, found.attempted > 0) == (0, True)


def test_there_are_examples() -> None:
    """The modules are found."""
    assert len(MODULES) > 100
