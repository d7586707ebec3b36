"""The numbers of a tear sheet, all from the library and from :mod:`risk`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from risk.backtests.models import FIRST_MIN
from risk.backtests.run import BacktestRun, run_backtests
from risk.measures.drawdown import drawdowns
from risk.performance.available import NotAvailable
from risk.performance.drawdown import DatedDrawdown, current_drawdown, dated, max_drawdown
from risk.performance.equity import equity_curve
from risk.var.errors import VarError
from risk.var.inputs import check_request
from riskstream.library.facade import RiskLibrary
from riskstream.library.stress import StressResults
from riskstream.report.metrics import VAR_METHOD, Metric, metrics

#: Days of P&L that are shown against their VaR.
SHOWN_DAYS = 500


@dataclass(frozen=True, eq=False, kw_only=True)
class VarAgainstPnl:
    """By day, money: what the book earned, the VaR made from the days before (a positive loss), and which losses were
    beyond it; ``p_value`` is Kupiec's."""

    pnl: pd.Series[float]
    var: pd.Series[float]
    exceeded: pd.Series[bool]
    expected: float
    p_value: float


@dataclass(frozen=True, eq=False, kw_only=True)
class TearSheet:
    """``metrics`` by heading; ``drawdown`` by day, a positive fraction of the peak; ``drawdowns`` the deepest and the
    one that the last day is in; ``correlation`` of the daily returns of what is held.

    What the data does not give is :class:`NotAvailable`, with its reason.
    """

    name: str
    days: pd.Index[pd.Timestamp]
    equity: float
    confidence: float
    metrics: dict[str, tuple[Metric, ...]]
    drawdown: pd.Series[float]
    drawdowns: dict[str, DatedDrawdown[str]]
    var: VarAgainstPnl | NotAvailable
    stress: StressResults
    correlation: pd.DataFrame


def tear_sheet(library: RiskLibrary, confidence: float = 0.99) -> TearSheet:
    """Of today's positions over the history of the data.

    :raises ValueError: a book without equity or whose past would have lost all of it, a position that has no stress
        shocks, or a confidence out of range.
    """
    data = library.data
    check_request(confidence, 1)
    returns = data.book_returns
    held = [symbol for symbol, units in data.positions.items() if units]
    return TearSheet(
        name=data.account_id,
        days=returns.index,
        equity=data.equity,
        confidence=confidence,
        metrics=metrics(library, confidence),
        drawdown=pd.Series(drawdowns(equity_curve(returns))[1:], index=returns.index),
        drawdowns=_drawdowns(returns, [str(day)[:10] for day in data.prices.index]),
        var=_var_against_pnl(returns, data.equity, confidence),
        stress=library.stress_tester.run_comprehensive_stress_test_sync(),
        correlation=data.returns[held].corr(),
    )


def _drawdowns(returns: pd.Series[float], days: list[str]) -> dict[str, DatedDrawdown[str]]:
    found = {"max": max_drawdown(returns), "current": current_drawdown(returns)}
    return {name: dated(each, days) for name, each in found.items() if not isinstance(each, NotAvailable)}


def _var_against_pnl(returns: pd.Series[float], equity: float, confidence: float) -> VarAgainstPnl | NotAvailable:
    try:
        run = run_backtests(returns, [VAR_METHOD], [confidence], warmup=max(FIRST_MIN, len(returns) - SHOWN_DAYS))
    except VarError as error:
        return NotAvailable(str(error))
    return _in_money(run, equity, confidence)


def _in_money(run: BacktestRun, equity: float, confidence: float) -> VarAgainstPnl:
    pnl = pd.Series(run.returns, index=run.index) * equity
    var = run.forecasts(VAR_METHOD)[confidence] * equity
    test = run.tests().iloc[0]
    return VarAgainstPnl(
        pnl=pnl, var=var, exceeded=-pnl > var, expected=float(test["expected"]), p_value=float(test["kupiec_p"])
    )
