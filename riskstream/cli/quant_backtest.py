"""``riskstream backtest``: how often VaR models are exceeded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskstream.cli.context import progress
from riskstream.cli.quant import (
    CashOption,
    InstrumentsOption,
    JsonOption,
    PositionsOption,
    PricesOption,
    portfolio,
    print_json,
    print_numbers,
    refusing,
)

if TYPE_CHECKING:
    import pandas as pd

    from risk.backtests.run import BacktestRun


def backtest(
    prices: PricesOption = None,
    positions: PositionsOption = None,
    instruments: InstrumentsOption = None,
    cash: CashOption = 0.0,
    horizon: Annotated[int, typer.Option(help="Days, 1 to 30; more than one: windows that overlap.")] = 1,
    warmup: Annotated[int, typer.Option(help="Days before the first that is tested.")] = 1000,
    model: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Days on which the loss was beyond a VaR that was made from the days before, with the tests of it.

    Over the S&P 500 of 1999 to 2018 (log returns), or over the book that --positions holds. A p-value below 0.05
    refuses a model: that would be chance less than once in twenty times. So does a Z2, of the ES, below its critical
    value. Exceptions of windows that overlap come in runs: they have no p-values, and their zone is that of simulated
    windows of a right model.
    """
    from risk.backtests.models import MODELS
    from risk.backtests.run import run_backtests

    with refusing(), progress("testing the models"):
        run = run_backtests(
            _returns(prices, positions, instruments, cash),
            models=model or tuple(MODELS),
            warmup=warmup,
            horizon_days=horizon,
        )
    if as_json:
        print_json(
            {
                "observations": len(run.returns),
                "refused": run.refused,
                "tests": run.tests().reset_index().astype({"zone": str}).to_dict("records"),
            }
        )
    elif as_markdown:
        from riskstream.library.backtest import markdown

        typer.echo(markdown(run), nl=False)
    else:
        _print(run)


def _returns(prices: Path | None, positions: Path | None, instruments: Path | None, cash: float) -> pd.Series[float]:
    from riskstream.library.backtest import sp500_log_returns

    if prices is None and positions is None and instruments is None and not cash:
        return sp500_log_returns()
    return portfolio(prices, positions, instruments, cash).data.book_returns


def _print(run: BacktestRun) -> None:
    from riskstream.library.backtest import headings, rows_of

    columns, count = headings(run), len(run.returns)
    shown = [[f"{cell.text} !" if cell.passes is False else cell.text for cell in row] for row in rows_of(run)]
    tested = f"{count} days" if run.horizon_days == 1 else f"{count} windows of {run.horizon_days} days"
    print_numbers(columns, shown, f"exceptions in {tested}, and tests at 5 % (! refuses)")
