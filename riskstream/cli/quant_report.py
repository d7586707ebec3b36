"""``riskstream report``: a tear sheet."""

from __future__ import annotations

from dataclasses import asdict
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

#: Widths that make the columns of all tables stand below each other.
_LABEL, _VALUE = 34, 9

if TYPE_CHECKING:
    from risk.performance.available import NotAvailable
    from riskstream.report.contents import TearSheet, VarAgainstPnl


def report(
    prices: PricesOption = None,
    positions: PositionsOption = None,
    instruments: InstrumentsOption = None,
    cash: CashOption = 0.0,
    confidence: Annotated[float, typer.Option(help="Of the VaR, 0.90 to 0.999.")] = 0.99,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots, which needs no other file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Metrics of today's positions over the history of the prices, with VaR, stress and correlation as a page."""
    from riskstream.report.contents import tear_sheet
    from riskstream.report.page import render

    with refusing(), progress("computing"):
        sheet = tear_sheet(portfolio(prices, positions, instruments, cash), confidence)
        if html is not None:
            html.write_text(render(sheet), "utf-8")
    if as_json:
        print_json(_document(sheet))
    elif html is None:
        _print(sheet)
    else:
        typer.echo(f"{html} written")


def _document(sheet: TearSheet) -> dict[str, object]:
    from risk.performance.available import NotAvailable

    return {
        "account_id": sheet.name,
        "equity": sheet.equity,
        "from": str(sheet.days[0])[:10],
        "to": str(sheet.days[-1])[:10],
        "stress": dict(sheet.stress),
        "drawdowns": {name: asdict(each) for name, each in sheet.drawdowns.items()},
        "metrics": {
            each.key: {"absent": each.value.reason} if isinstance(each.value, NotAvailable) else each.value
            for group in sheet.metrics.values()
            for each in group
        },
        "var": _var(sheet.var),
        "correlation": {str(name): column.to_dict() for name, column in sheet.correlation.items()},
    }


def _var(found: VarAgainstPnl | NotAvailable) -> dict[str, object]:
    """Of each day: its P&L, the VaR that was made before it, and whether the loss was beyond."""
    from risk.performance.available import NotAvailable

    if isinstance(found, NotAvailable):
        return {"absent": found.reason}
    return {
        "days": [str(day)[:10] for day in found.pnl.index],
        "pnl": found.pnl.to_list(),
        "var": found.var.to_list(),
        "exceeded": found.exceeded.to_list(),
        "expected": found.expected,
        "kupiec_p": found.p_value,
    }


def _print(sheet: TearSheet) -> None:
    from risk.performance.available import NotAvailable
    from riskstream.report.page import shown

    first = f"{sheet.name}: positions of {str(sheet.days[-1])[:10]} over {len(sheet.days):,} days"
    typer.echo(first)
    for heading, group in sheet.metrics.items():
        rows = [
            (each.label, "-", "", each.value.reason)
            if isinstance(each.value, NotAvailable)
            else (each.label, shown(each.value, each.unit), each.unit, each.note)
            for each in group
        ]
        print_numbers(("metric".ljust(_LABEL), "value".rjust(_VALUE), "unit".ljust(5), ""), rows, f"\n{heading}")
