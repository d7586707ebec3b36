"""``riskstream var``: value at risk of a book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from risk.window import WINDOW
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
    from risk.var.liquidity import LiquidityVar
    from riskstream.library import ComprehensiveVar, VarCalculator

ALL = "all"


def var(
    prices: PricesOption = None,
    positions: PositionsOption = None,
    instruments: InstrumentsOption = None,
    cash: CashOption = 0.0,
    confidence: Annotated[float, typer.Option(help="0.90 to 0.999.")] = 0.95,
    horizon: Annotated[int, typer.Option(help="Days, 1 to 30.")] = 1,
    method: Annotated[str, typer.Option(help="A method's name; all: every one beside the others.")] = ALL,
    window: Annotated[
        str, typer.Option(help="Newest returns that it is taken over, as the engine's by default; all: every one.")
    ] = str(WINDOW),
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A parameter of the --method, such as paths=1000000 or sampling=sobol; may be given again."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Value at risk and expected shortfall of a book, positive losses in money, with their intervals.

    With one --method also what each position adds. A method that has no honest number says why.
    """
    with refusing():
        parameters, rows = _parameters(settings or [], method), _rows(window)
        calculator = portfolio(prices, positions, instruments, cash).var_calculator
        answers: dict[str, ComprehensiveVar | str]
        if method == ALL:
            answers = calculator.compare(confidence, horizon, window=rows)
        else:
            answer = calculator.calculate_comprehensive_var_sync(confidence, horizon, method, rows, **parameters)
            answers = {method: answer}
    if as_json:
        print_json({name: _document(answer, calculator) for name, answer in answers.items()})
        return
    print_numbers(
        ("method", "VaR", "ES", "VaR from", "VaR to", "days", "note"),
        [_row(name, answer) for name, answer in answers.items()],
        f"VaR and ES at {confidence:.1%} over {horizon} day{'s' * (horizon > 1)}, money; 95 % intervals",
    )
    for warning in dict.fromkeys(each for found in answers.values() for each in getattr(found, "splits", ())):
        typer.echo(warning)
    for found in answers.values():
        if method != ALL and not isinstance(found, str):
            _print_parts(found)
            typer.echo(f"\n{_liquidity_text(found, calculator)}")


def _rows(window: str) -> int | None:
    """:raises ValueError: neither a whole number nor ``all``."""
    if window == ALL:
        return None
    if not window.isdecimal():
        raise ValueError(f"--window is {window!r}, expected a whole number of returns, or {ALL}")
    return int(window)


def _parameters(settings: list[str], method: str) -> dict[str, Any]:
    """:raises ValueError: no NAME=VALUE, or no single method that they are for."""
    if settings and method == ALL:
        raise ValueError(f"--set is {settings[0]!r}, expected it with one --method")
    return assignments(settings)


def _row(name: str, answer: ComprehensiveVar | str) -> tuple[str, ...]:
    if isinstance(answer, str):
        return name, "-", "-", "-", "-", "-", answer
    return (
        name,
        money(answer.var_value),
        money(answer.expected_shortfall),
        money(answer.interval.low),
        money(answer.interval.high),
        str(answer.estimate.observations),
        "; ".join(answer.estimate.warnings),
    )


def _print_parts(answer: ComprehensiveVar) -> None:
    parts = answer.by_asset()
    held = parts[parts["exposure"] != 0.0].sort_values("component", ascending=False)
    print_numbers(
        ("symbol", "exposure", "component", "component ES", "incremental", "marginal"),
        [
            (
                str(symbol),
                money(row["exposure"]),
                money(row["component"]),
                money(row["component_es"]),
                "-" if row.isna()["incremental"] else money(row["incremental"]),
                figure(row["marginal"], ".5f"),
            )
            for symbol, row in held.iterrows()
        ],
        "\nby position, money; marginal: VaR per unit of money",
    )
    for symbol, reason in answer.estimate.incremental_unavailable.items():
        typer.echo(f"incremental of {symbol}: {reason}")


def _liquidity(answer: ComprehensiveVar, calculator: VarCalculator) -> LiquidityVar | str:
    """LVaR, or why there is none."""
    from risk.var.errors import VarError

    try:
        return calculator.liquidity_adjusted(answer)
    except VarError as error:
        return str(error)


def _liquidity_text(answer: ComprehensiveVar, calculator: VarCalculator) -> str:
    found = _liquidity(answer, calculator)
    if isinstance(found, str):
        return f"with what selling costs: {found}"
    return (
        f"with what selling costs: VaR {money(found.value)}, ES {money(found.es)} "
        f"(half the spread {money(found.spread_cost)}, risk while selling x{found.horizon_factor:.3f})"
    )


def _document(answer: ComprehensiveVar | str, calculator: VarCalculator) -> dict[str, object]:
    import msgspec

    if isinstance(answer, str):
        return {"refused": answer}
    document: dict[str, object] = msgspec.to_builtins(answer.estimate) | {"warnings": list(answer.warnings)}
    found = _liquidity(answer, calculator)
    return document | {"liquidity": {"refused": found} if isinstance(found, str) else msgspec.to_builtins(found)}
