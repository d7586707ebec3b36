"""What every command shares: the settings of this run and the two consoles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from riskstream.cli.codes import Code, fail

if TYPE_CHECKING:
    from rich.console import Console

    from risk.stress.scenario_set import ScenarioSet
    from riskstream.settings import Settings
    from schemas.presets import Preset


_WIDTH = 140


def settings_of(context: typer.Context) -> Settings:
    """Settings from ``--config`` and the environment; a bad one ends the command with code 2."""
    from riskstream.settings import BadSetting, load

    config = context.obj if isinstance(context.obj, Path) else None
    try:
        return load(config=config)
    except BadSetting as error:
        fail(str(error), Code.USAGE)


def stresses_of(settings: Settings) -> ScenarioSet:
    """The stress scenarios of the settings; a bad file of them ends the command with code 2."""
    from streams.stresses import BadScenario, scenarios

    try:
        return scenarios(settings.stream)
    except BadScenario as error:
        fail(str(error), Code.USAGE)


def presets_of(settings: Settings) -> Mapping[str, Preset]:
    """The presets of the settings; a bad file of them ends the command with code 2."""
    from streams.presets import BadPreset, known_presets

    try:
        return known_presets(settings.stream)
    except BadPreset as error:
        fail(str(error), Code.USAGE)


def console(*, errors: bool = False) -> Console:
    """A console on standard output or standard error; where that is no terminal, lines are as wide as tables need."""
    from rich.console import Console

    found = Console(stderr=errors, highlight=False)
    if not found.is_terminal:
        found.width = _WIDTH
    return found


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, silent where that is no terminal; it is told how much more is done.

    ``total`` is in bytes; where it is not known the bar only shows that something is going on, and for how long.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    known = [DownloadColumn()] if total is not None else []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *known, TimeElapsedColumn())
    silent = not sys.stderr.isatty()
    with Progress(*columns, console=console(errors=True), transient=True, disable=silent) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)
