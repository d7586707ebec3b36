"""The command line. Each command imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskstream import __version__
from riskstream.cli import check, commands, demo, dlq, explain, journal, replay, schemas, services, topics
from riskstream.cli.codes import EPILOG
from riskstream.cli.quant_backtest import backtest
from riskstream.cli.quant_report import report
from riskstream.cli.quant_size import size
from riskstream.cli.quant_stress import stress
from riskstream.cli.quant_var import var
from riskstream.cli.reader import ending_with_its_reader

# Without rich markup: it would more than double the time that --help takes.
app = typer.Typer(
    name="riskstream",
    no_args_is_help=True,
    epilog=EPILOG,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"riskstream {__version__}")
        raise typer.Exit


@app.callback()
def riskstream(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings (or RISKSTREAM_CONFIG).")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Pre-trade risk decisions on streams of orders: explained, decided once, and closed when in doubt.

    Settings come from RISKSTREAM_<NAME> variables and from --config.
    """
    del version
    context.obj = config


app.command(epilog=EPILOG)(demo.demo)
for service in (services.worker, services.sink, services.api):
    app.command(epilog=EPILOG)(service)
app.add_typer(topics.app, name="topics")
app.add_typer(journal.app, name="journal")
app.add_typer(commands.app, name="command")
app.add_typer(dlq.app, name="dlq")
app.command(epilog=EPILOG)(replay.replay)
app.command(epilog=EPILOG)(check.check)
app.command(epilog=EPILOG)(explain.explain)
app.add_typer(schemas.app, name="schemas")
for quant in (var, stress, size, backtest, report):
    app.command(epilog=EPILOG)(quant)


def main() -> None:
    """Run the command line of this process."""
    with ending_with_its_reader():
        app()
