"""``riskstream schemas export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from riskstream.cli.codes import EPILOG, Code, fail

app = typer.Typer(help="The event schemas.", no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """The event schemas."""


@app.command(epilog=EPILOG)
def export(
    directory: Annotated[Path, typer.Argument(help="Made if it does not exist.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the paths as a JSON list.")] = False,
) -> None:
    """Write JSON Schema of every event and AsyncAPI 3.0 of every topic."""
    from schemas.export import export_schemas

    try:
        directory.mkdir(parents=True, exist_ok=True)
        paths = [str(path) for path in export_schemas(directory)]
    except OSError as error:
        fail(f"DIRECTORY is {str(directory)!r}, expected one that can be written: {error.strerror}", Code.USAGE)
    typer.echo(json.dumps(paths) if as_json else "\n".join(paths))
