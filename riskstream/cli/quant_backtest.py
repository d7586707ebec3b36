"""``riskstream backtest``: how often VaR models are exceeded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskstream.cli.context import progress
from riskstream.cli.quant import JsonOption, PositionsOption, PricesOption, print_json, print_numbers, refusing

if TYPE_CHECKING:
    import pandas as pd

    from risk.backtests.run import BacktestRun


def backtest(
    prices: PricesOption = None,
    positions: PositionsOption = None,
    warmup: Annotated[int, typer.Option(help="Days before the first that is tested.")] = 1000,
    model: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Days on which the loss was beyond a one-day VaR that was made from the days before, with Kupiec's p-values.

    Over the S&P 500 of 1999 to 2018 (log returns), or over the book that --positions holds. A p-value below 0.05
    refuses a model: such a count would be chance less than once in twenty times.
    """
    from risk.backtests.models import MODELS
    from risk.backtests.run import run_backtests

    with refusing(), progress("testing the models"):
        run = run_backtests(_returns(prices, positions), models=model or tuple(MODELS), warmup=warmup)
    if as_json:
        print_json(
            {
                "observations": len(run.returns),
                "tests": run.tests().reset_index().astype({"zone": str}).to_dict("records"),
            }
        )
    elif as_markdown:
        from riskstream.library.backtest import markdown

        typer.echo(markdown(run), nl=False)
    else:
        _print(run)


def _returns(prices: Path | None, positions: Path | None) -> pd.Series[float]:
    from riskstream.cli.quant import portfolio
    from riskstream.library.backtest import sp500_log_returns

    if prices is None and positions is None:
        return sp500_log_returns()
    return portfolio(prices, positions, None, 0.0).data.book_returns


def _print(run: BacktestRun) -> None:
    from riskstream.library.backtest import exceptions_table, p_text

    days = len(run.returns)
    headings = ["model"]
    for level in run.confidences:
        headings += [f"{level:.1%} ({days * (1.0 - level):.1f})", "p"]
    rows = []
    for name, row in exceptions_table(run).iterrows():
        cells = [str(name)]
        for level in run.confidences:
            cells += [str(row[level, "exceptions"]), p_text(float(row[level, "p_value"]))]
        rows.append(cells)
    print_numbers(headings, rows, f"exceptions in {days} days (expected), and Kupiec's p-value")
