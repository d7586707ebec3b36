"""``python -m tests.planted.hunt NAME``: plant a bug in this process alone, then let the tests look for it.

Exit code 0: nothing was noticed; 3: the tests turned red; 4: the bug could not be planted. ``none`` plants nothing.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from tests.planted.bugs import BUGS, Bug, Edit

SEEDS = 2000
#: Without a bug; more would only say what the simulation's own tests say.
SEEDS_CONTROL = 60
QUIET, RED, MISSED = 0, 3, 4


class Misfit(Exception):
    """What a bug replaces is not there exactly once: it has to be written anew for code that has changed."""


class Planter(importlib.abc.MetaPathFinder):
    """Finds the modules that a bug changes, and compiles them with the change."""

    def __init__(self, bug: Bug) -> None:
        self._edits = bug.edits
        self.planted: set[str] = set()

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """As without this, but with another loader."""
        edits = [edit for edit in self._edits if edit.module == name]
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if edits else None
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, edits)
            self.planted.add(name)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads the source with the edits, compiles it, and keeps nothing."""

    def __init__(self, name: str, path: str, edits: Sequence[Edit]) -> None:
        super().__init__(name, path)
        self._edits = edits

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        for edit in self._edits:
            if source.count(edit.old) != 1:
                raise Misfit(f"{fullname} has {source.count(edit.old)} times {edit.old!r}, expected it once")
            source = source.replace(edit.old, edit.new)
        return compile(source, self.path, "exec")


def main(name: str) -> int:
    """Plant and look."""
    bug = next((bug for bug in BUGS if bug.name == name), Bug(name, "", ()))
    if not bug.edits and name != "none":
        print(f"no bug is called {name!r}")
        return MISSED
    planter = Planter(bug)
    sys.meta_path.insert(0, planter)
    try:
        code = _tests(bug) if bug.tests else _simulation(bug, SEEDS if bug.edits else SEEDS_CONTROL)
    except Misfit as misfit:
        print(misfit)
        return MISSED
    if planter.planted != {edit.module for edit in bug.edits}:
        print(f"only {planter.planted} were loaded of {bug}")
        return MISSED
    return code


class _Failures:
    """What failing tests say, first line only."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Of each phase of each test."""
        if report.failed:
            self.messages.append(report.longrepr.reprcrash.message.partition("\n")[0])


def _tests(bug: Bug) -> int:
    import pytest

    failures = _Failures()
    pytest.main(["-q", "-p", "no:cacheprovider", "--no-header", *bug.tests], plugins=[failures])
    return _found(bug, ", ".join(bug.tests), failures.messages)


def _simulation(bug: Bug, seeds: int) -> int:
    from tests.simulation.run import simulate

    for seed in range(seeds):
        if _found(bug, f"seed {seed}", simulate(seed).faults) == RED:
            return RED
    print(f"{seeds} seeds hold, or say something else")
    return QUIET


def _found(bug: Bug, where: str, faults: Sequence[str]) -> int:
    """Whether what is wrong is what the bug must lead to: an error of any kind could be that of the bug's own text."""
    found = next((fault for fault in faults if fault.startswith(bug.expected)), None)
    if found is None:
        return QUIET
    print(f"found by {where}: {found}")
    return RED


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
