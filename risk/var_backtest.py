"""The backtest of an account's VaR: forecast when a day begins, compared when it ends, journaled with the day roll.

The P&L of a day is what equity changed by, trading included; the forecasts are those of the book it began with: by the
normal method, which layer 5 always asks, and by the preset's, at the levels of :data:`LEVELS` and the account's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from risk.book import Book
from risk.measures.var import TailRisk, normal_es, normal_quantile, observations_needed
from risk.performance.returns import RETURN_MAX
from risk.state import AccountState
from risk.tail_risk import book_tail
from risk.var_comparison import compared, result
from schemas.outputs import BacktestResult
from schemas.records import DayRolled, VarForecast

LEVELS = (0.95, 0.975, 0.99)
NORMAL = "parametric_normal"


def day_rolled(
    account: AccountState, book: Book, equity: float, day: int, now_ns: int, benchmark: float | None = None
) -> DayRolled:
    """The record by which a new day begins, at a confirmed equity and this level of the benchmark."""
    method, confidence, backtest = book.preset.var_method, account.limits.var_confidence_min, account.backtest
    pnl = equity - account.start_of_day_equity if backtest.forecasts else None
    results = tuple(map(result, compared(backtest, pnl))) if pnl is not None else ()
    made = tuple(forecasts(account, book))
    own = _own(results, method, confidence)
    tomorrow = next((each for each in made if (each.method, each.confidence) == (method, confidence)), None)
    return DayRolled(
        account_id=account.definition.account_id,
        day=day,
        equity=equity,
        value_at_risk=tomorrow.value_at_risk if tomorrow is not None else None,
        method=method,
        confidence=confidence,
        exceeded=own.exceeded if own is not None else None,
        exceptions=own.exceptions if own is not None else 0,
        observations=own.observations if own is not None else 0,
        zone=own.zone if own is not None else "",
        scale=own.scale if own is not None else 1.0,
        pnl=pnl,
        backtests=results,
        forecasts=made,
        daily_return=_change(account.start_of_day_equity, equity),
        benchmark_return=_change(account.benchmark_level, benchmark),
        benchmark_level=benchmark,
        event_time_ns=now_ns,
    )


def _change(before: float | None, after: float | None) -> float | None:
    """A simple return that metrics take; ``None`` where there is none, as on an account's first day."""
    if not before or after is None or before < 0.0:
        return None
    change = after / before - 1.0
    return change if -1.0 <= change <= RETURN_MAX else None


def _own(results: tuple[BacktestResult, ...], method: str, confidence: float) -> BacktestResult | None:
    return next((each for each in results if (each.method, each.confidence) == (method, confidence)), None)


def forecasts(account: AccountState, book: Book) -> Iterator[VarForecast]:
    """One-day VaR and ES of the book, those of the account's own method and level first; none without a position."""
    if not book.gross:
        return
    own = account.limits.var_confidence_min
    levels = (own, *(level for level in LEVELS if level != own))
    for method in (book.preset.var_method, NORMAL):
        for confidence in levels:
            tail = _tail(account, book, method, confidence)
            if tail is not None and tail.shortfall > 0.0:
                yield VarForecast(
                    method=method, confidence=confidence, value_at_risk=tail.var, expected_shortfall=tail.shortfall
                )


def _tail(account: AccountState, book: Book, method: str, confidence: float) -> TailRisk | None:
    """``None`` with too short a history, without a covariance, or where the method does not hold."""
    if method == NORMAL:
        variance = math.nan if book.unmodelled else book.variance_max
        if math.isnan(variance):
            return None
        sigma = math.sqrt(variance)
        return TailRisk(normal_quantile(confidence) * sigma, normal_es(confidence) * sigma)
    observations = np.count_nonzero(~np.isnan(book.history))
    if observations < max(account.limits.history_min, observations_needed(confidence)):
        return None
    return book_tail(book, book.preset, confidence)
