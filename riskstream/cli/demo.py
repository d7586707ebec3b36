"""``riskstream demo``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from riskstream.cli.codes import Code, fail
from riskstream.cli.context import progress, settings_of

STANDARD_OUTPUT = Path("-")


def demo(
    context: typer.Context,
    seconds: Annotated[int, typer.Option(min=0, help="Run this long, check the run, end. 0: until Ctrl-C.")] = 0,
    pace: Annotated[
        float | None,
        typer.Option(min=0.0, help="Seconds for each of a day's four steps. Default: 0.2, less to reach the crash."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything that is generated.")] = 1,
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write the demo's events to this file for check or replay (- is standard output) and run nothing."
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many days --export plays, from 2020-02-03.")] = 62,
    as_json: Annotated[bool, typer.Option("--json", help="With --seconds: the verdict as one JSON object.")] = False,
) -> None:
    """Run it all: real prices, generated orders, a live page.

    The broker and the database are embedded; nothing has to be installed or configured.

    With --seconds the exit code is 1 if no order was decided or approved, a decision is missing, or the database and
    the topic differ. It is 4 if one of the processes died, or the worker did nothing at all for a minute.
    """
    if export is not None:
        _export(export, seed, days)
        return
    if as_json and not seconds:
        fail("--json is given without --seconds, expected both: a run without an end has no verdict", Code.USAGE)
    settings = settings_of(context)
    from riskstream.demo.run import run

    raise typer.Exit(run(settings, seconds=seconds, pace_s=pace, seed=seed, as_json=as_json))


@contextmanager
def _writable(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
    else:
        with path.open("wb") as stream:
            yield stream


def _export(path: Path, seed: int, days: int) -> None:
    from riskstream.demo.script import play
    from schemas.codec import encode

    try:
        with _writable(path) as stream, progress("playing"):
            for event, _ in play(seed=seed, sessions=days):
                stream.write(encode(event) + b"\n")
    except OSError as error:
        fail(f"--export is {str(path)!r}, expected a file that can be written: {error.strerror}", Code.USAGE)
