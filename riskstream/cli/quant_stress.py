"""``riskstream stress``: what a book loses in scenarios and simulated markets, and how long it takes to come back."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskstream.cli.context import progress, settings_of, stresses_of
from riskstream.cli.quant import (
    CashOption,
    InstrumentsOption,
    JsonOption,
    PositionsOption,
    PricesOption,
    money,
    portfolio,
    print_json,
    print_numbers,
    refusing,
)
from riskstream.figures import figure

if TYPE_CHECKING:
    from risk.stress.scenario_set import ScenarioSet
    from riskstream.library import StressResults

PATHS = 1000


def stress(
    context: typer.Context,
    prices: PricesOption = None,
    positions: PositionsOption = None,
    instruments: InstrumentsOption = None,
    cash: CashOption = 0.0,
    scenario: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    scenarios: Annotated[
        Path | None, typer.Option(help="TOML of scenarios beside those that ship (or RISKSTREAM_STRESS_SCENARIOS).")
    ] = None,
    replay: Annotated[str, typer.Option(help="Days of the past to hold the book through, FROM..TO.")] = "",
    monte_carlo: Annotated[int, typer.Option(help="Paths of the Monte Carlo stress.")] = PATHS,
    reverse: Annotated[
        float,
        typer.Option(help="Loss in money to find the nearest shock for. Without it: the one that halts the account."),
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Loss of a book in every stress scenario, positive losses in money, the worst first.

    Then Monte Carlo stress with heavy tails, reverse stress and recovery times.
    """
    with refusing(), progress("computing"):
        from riskstream.library import StressTester

        data = portfolio(prices, positions, instruments, cash).data
        results = StressTester.of(data, _stresses(context, scenarios)).run_comprehensive_stress_test_sync(
            scenario or None, monte_carlo_paths=monte_carlo, reverse_loss=reverse or None, window=_window(replay)
        )
    if as_json:
        print_json(_document(results))
        return
    rows = [
        (
            str(name),
            money(row["loss"]),
            _percent(row["equity_share"]),
            str(row["worst_symbol"]),
            money(row["worst_symbol_loss"]),
        )
        for name, row in results.frame().iterrows()
    ]
    print_numbers(("scenario", "loss", "% of equity", "worst position", "its loss"), rows, "stress losses, money")
    print_numbers(("beside", "found"), list(results.findings()))


def _percent(share: float) -> str:
    return figure(100.0 * share, ".1f") if not isnan(share) else "-"


def _stresses(context: typer.Context, path: Path | None) -> ScenarioSet:
    from streams.stresses import read_scenarios

    return read_scenarios(path) if path is not None else stresses_of(settings_of(context))


def _window(text: str) -> tuple[str, str] | None:
    """:raises ValueError: not two days with two dots between them."""
    if not text:
        return None
    first, dots, last = text.partition("..")
    if not (first and dots and last):
        raise ValueError(f"--replay is {text!r}, expected FROM..TO, such as 2020-02-19..2020-03-23")
    return first, last


def _document(results: StressResults) -> dict[str, Any]:
    import msgspec

    table, details = results.frame(), results.details
    shares = dict(zip(results, table["equity_share"].to_list(), strict=True))
    parts = dict(zip(results, results.by_asset.to_numpy().tolist(), strict=True))
    symbols = [str(symbol) for symbol in results.by_asset]
    found = {
        name: {
            "loss": loss,
            "equity_share": shares[name],
            "by_symbol": dict(zip(symbols, parts[name], strict=True)),
            "rebounded": details.rebounded.get(name),
            "source": results.sources[name],
        }
        for name, loss in results.items()
    }
    others: dict[str, Any] = msgspec.to_builtins(details)
    return {"scenarios": found} | {name: value for name, value in others.items() if name not in {"losses", "rebounded"}}
