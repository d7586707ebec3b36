"""``riskstream schemas export``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The event schemas.", no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """The event schemas."""


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="Made if it does not exist.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the paths as a JSON list.")] = False,
) -> None:
    """Write JSON Schema of every event and AsyncAPI 3.0 of every topic."""
    from schemas.export import export_schemas

    directory.mkdir(parents=True, exist_ok=True)
    paths = [str(path) for path in export_schemas(directory)]
    typer.echo(json.dumps(paths) if as_json else "\n".join(paths))
