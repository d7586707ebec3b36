"""``riskstream worker | sink | api``: the three processes of a deployment."""

from __future__ import annotations

import typer

from riskstream.cli.codes import Code, fail
from riskstream.cli.context import presets_of, settings_of, stresses_of


def worker(context: typer.Context) -> None:
    """Run one worker, which decides orders, until told to stop.

    Exit code 2: the topics are not as they must be; 3: no broker answers; 4: something that needs a person.
    """
    settings = settings_of(context)
    stresses_of(settings)
    presets_of(settings)
    from streams.worker import run

    raise typer.Exit(run(settings.stream))


def sink(context: typer.Context) -> None:
    """Write what leaves the topics into the database, and wait while that is away.

    Exit code 2: the database's schema is not one that this version can use; 3: no broker answers; 4: something that
    needs a person.
    """
    settings = settings_of(context)
    if not settings.database_url:
        fail("RISKSTREAM_DATABASE_URL is not set, expected postgresql://user@host:port/database", Code.USAGE)
    from streams.sinking import run

    raise typer.Exit(run(settings.stream, settings.database_url))


def api(context: typer.Context) -> None:
    """Serve the REST interface and the live page. Exit code 4: it could not listen."""
    settings = settings_of(context)
    from api.server import run

    if run(settings.stream, settings.api, settings.database_url or None):
        raise typer.Exit(int(Code.CRASHED))
