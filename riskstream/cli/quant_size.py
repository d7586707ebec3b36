"""``riskstream size``: how many shares."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from riskstream.cli.quant import (
    CashOption,
    InstrumentsOption,
    JsonOption,
    PositionsOption,
    PricesOption,
    assignments,
    money,
    portfolio,
    print_json,
    print_numbers,
    refusing,
)
from riskstream.figures import figure

if TYPE_CHECKING:
    from riskstream.library import PositionSize


def size(
    symbol: Annotated[str, typer.Argument(help="What to buy or sell.")],
    prices: PricesOption = None,
    positions: PositionsOption = None,
    instruments: InstrumentsOption = None,
    cash: CashOption = 0.0,
    method: Annotated[
        str,
        typer.Option(
            help="kelly_criterion, kelly_binary, kelly_multi_asset, volatility_target, risk_parity, risk_budget or "
            "fixed_risk."
        ),
    ] = "kelly_criterion",
    side: Annotated[str, typer.Option(help="buy or sell.")] = "buy",
    account_value: Annotated[float | None, typer.Option(help="Money; without it: the equity of the book.")] = None,
    entry_price: Annotated[float | None, typer.Option(help="Without it: the last close.")] = None,
    adv: Annotated[float | None, typer.Option(help="Average daily volume, units.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help='A parameter of the method, such as stop_price=95, shrink=false or budgets=\'{"AAPL": 2, "KO": 1}\'; '
            "may be given again.",
        ),
    ] = None,
    layers: Annotated[
        bool, typer.Option(help="Hold the size to all ten layers, or only to the limits that have a formula.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """The smallest of what a sizing method says and what every limit allows, in whole lots, and which of them binds."""
    with refusing():
        from riskstream.library import PositionRisk

        library = portfolio(prices, positions, instruments, cash)
        sizes = library.position_risk if layers else PositionRisk(library.data)
        closes = library.data.prices.iloc[-1]
        price = float(closes.get(symbol, 1.0)) if entry_price is None else entry_price
        found = sizes.calculate_optimal_position_size_sync(
            symbol,
            library.data.equity if account_value is None else account_value,
            price,
            method,
            side,
            adv,
            **_parameters(settings or [], method),
        )
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _parameters(settings: list[str], method: str) -> dict[str, Any]:
    """:raises ValueError: no NAME=VALUE, or a value of another type than the method's parameter."""
    from risk.var.inputs import check_type
    from riskstream.library.sizing_methods import SIZING_METHODS, parameters_of

    parameters = assignments(settings)
    if method in SIZING_METHODS:
        kinds = get_type_hints(SIZING_METHODS[method])
        for name in parameters.keys() & parameters_of(method).keys():
            check_type(name, parameters[name], kinds[name])
    return parameters


def _print(found: PositionSize) -> None:
    typer.echo(
        f"{found.side} {found.recommended_shares} {found.symbol}, bound by {found.binding}: "
        f"{money(found.value)} money, {found.weight:.1%} of the account, {found.risk_percentage:.3f} % at risk "
        f"({found.risk_basis})"
    )
    rows = [(name, money(units), "binds" if name == found.binding else "") for name, units in found.candidates.items()]
    print_numbers(("allowed by", "units", ""), rows)
    print_numbers(("input", "value"), [(name, figure(value, ".6g")) for name, value in found.inputs.items()])
    for warning in found.warnings:
        typer.echo(warning)
