"""What every command shares: the settings of this run and the two consoles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from riskstream.cli.codes import Code, fail

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from risk.stress.scenario_set import ScenarioSet
    from riskstream.settings import Settings


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


def console(*, errors: bool = False) -> Console:
    """A console on standard output or standard error; where that is no terminal, lines are as wide as tables need."""
    from rich.console import Console

    found = Console(stderr=errors, highlight=False)
    if not found.is_terminal:
        found.width = _WIDTH
    return found


def progress(description: str, total: float | None = None) -> Progress:
    """A progress bar on standard error, silent when that is no terminal; it has one task, number 0."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(errors=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    bar.add_task(description, total=total)
    return bar
