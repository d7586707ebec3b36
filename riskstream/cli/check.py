"""``riskstream check FILE``: decide offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskstream.cli.codes import Code, fail
from riskstream.cli.context import presets_of, settings_of, stresses_of

if TYPE_CHECKING:
    from risk.market import MarketConfig
    from risk.stress.scenario_set import ScenarioSet
    from schemas.decisions import Decision
    from schemas.presets import Preset

FileArgument = Annotated[Path, typer.Argument(help="JSON Lines, one event a line in event-time order; - is stdin.")]


def check(
    context: typer.Context,
    file: FileArgument,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON decision a line.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Only how many orders met which reason.")] = False,
) -> None:
    """Decide the orders of a file offline, without a broker.

    Prints each decision with its ten layers. The file also holds what the orders are judged by: instruments,
    accounts, market data, fills, commands.
    Exit code 1: at least one order was rejected.
    """
    counts: Counter[str] = Counter()
    settings = settings_of(context)
    for decision in _decisions(file, stresses_of(settings), presets_of(settings), settings.stream.market):
        counts[decision.reason.value] += 1
        if not summary:
            _print(decision, as_json=as_json)
    if summary or not as_json:
        _print_counts(counts, as_json=as_json)
    if set(counts) - {"APPROVED"}:
        raise typer.Exit(int(Code.REFUSED))


def _decisions(
    file: Path, stresses: ScenarioSet, presets: Mapping[str, Preset], market: MarketConfig
) -> Iterator[Decision]:
    from riskstream.cli.context import progress
    from riskstream.cli.lines import BadInput, read_events, size_of
    from riskstream.offline import Offline
    from schemas.decisions import Decision

    offline = Offline(stresses, presets, market)
    try:
        with progress("deciding", size_of(file)) as read:
            for event in read_events(file, read):
                yield from (body for body in offline.feed(event) if isinstance(body, Decision))
    except BadInput as error:
        fail(str(error), Code.USAGE)


def _print(decision: Decision, *, as_json: bool) -> None:
    from riskstream.cli.context import console
    from riskstream.cli.render import headline, layer_table
    from schemas.codec import encode

    if as_json:
        typer.echo(encode(decision))
        return
    out = console()
    out.print(headline(decision), soft_wrap=True)
    if decision.layers:
        out.print(layer_table(decision))


def _print_counts(counts: Counter[str], *, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(dict(counts.most_common())))
        return
    typer.echo(f"{counts.total()} orders decided")
    for reason, count in counts.most_common():
        typer.echo(f"{count:8}  {reason}")
