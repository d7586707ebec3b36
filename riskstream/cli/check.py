"""``riskstream check FILE``: decide offline."""

from __future__ import annotations

import json
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

#: What was asked for, by the type of the event.
KINDS = {"OrderRequest": "orders", "OrderReplace": "replaces", "OrderCancel": "cancels"}
#: How often each reason was met, by what was asked for.
Counts = dict[str, Counter[str]]
FileArgument = Annotated[Path, typer.Argument(help="JSON Lines, one event a line in event-time order; - is stdin.")]


def check(
    context: typer.Context,
    file: FileArgument,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON decision a line.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="Only how many orders, replaces and cancels met which reason.")
    ] = False,
) -> None:
    """Decide the orders of a file offline, without a broker.

    Prints each decision with its ten layers. The file also holds what the orders are judged by: instruments,
    accounts, market data, fills, commands.
    Exit code 1: at least one order was rejected.
    """
    counts: Counts = {kind: Counter() for kind in KINDS.values()}
    settings = settings_of(context)
    for decision in _decisions(file, stresses_of(settings), presets_of(settings), settings.stream.market):
        counts[KINDS[type(decision.order).__name__]][decision.reason.value] += 1
        if not summary:
            _print(decision, as_json=as_json)
    if summary or not as_json:
        _print_counts(counts, as_json=as_json)
    if set().union(*counts.values()) - {"APPROVED"}:
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


def _print_counts(counts: Counts, *, as_json: bool) -> None:
    from riskstream.cli.columns import print_table

    if as_json:
        typer.echo(json.dumps({kind: dict(each.most_common()) for kind, each in counts.items()}))
        return
    asked = {kind: each for kind, each in counts.items() if each}
    typer.echo(f"{', '.join(_counted(each.total(), kind) for kind, each in asked.items()) or 'no orders'} decided")
    reasons = sum(asked.values(), Counter()).most_common()
    if reasons:
        print_table(("reason", *asked), [(name, *(str(each[name]) for each in asked.values())) for name, _ in reasons])


def _counted(count: int, plural: str) -> str:
    return f"{count} {plural if count != 1 else plural[:-1]}"
