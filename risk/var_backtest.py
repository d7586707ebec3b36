"""The backtest of an account's VaR: forecast when a day begins, compared when it ends, journaled with the day roll.

The P&L of a day is what equity changed by, trading included; the forecast is that of the book it began with.
"""

from __future__ import annotations

import numpy as np

from risk.backtests.tracker import INSUFFICIENT
from risk.backtests.traffic_light import multiplier, traffic_light
from risk.book import Book
from risk.measures.var import observations_needed
from risk.state import BACKTEST_WINDOW, AccountState
from risk.tail_risk import book_tail
from schemas.records import DayRolled


def day_rolled(account: AccountState, book: Book, equity: float, day: int, now_ns: int) -> DayRolled:
    """The record by which a new day begins, at a confirmed equity."""
    confidence, backtest = account.limits.var_confidence_min, account.backtest
    lost = account.start_of_day_equity - equity
    exceeded = lost > backtest.value_at_risk if backtest.value_at_risk is not None else None
    outcomes = backtest.exceeded if exceeded is None else [*backtest.exceeded, exceeded][-BACKTEST_WINDOW:]
    zone, scale = judged(sum(outcomes), len(outcomes), confidence)
    return DayRolled(
        account_id=account.definition.account_id,
        day=day,
        equity=equity,
        value_at_risk=forecast(account, book, confidence),
        method=book.preset.var_method,
        confidence=confidence,
        exceeded=exceeded,
        exceptions=sum(outcomes),
        observations=len(outcomes),
        zone=zone,
        scale=scale,
        event_time_ns=now_ns,
    )


def forecast(account: AccountState, book: Book, confidence: float) -> float | None:
    """One-day VaR of the book by its preset's method; ``None`` without a position, with too short a history, or where
    the method does not hold."""
    observations = np.count_nonzero(~np.isnan(book.history))
    if not book.gross or observations < max(account.limits.history_min, observations_needed(confidence)):
        return None
    tail = book_tail(book, book.preset, confidence)
    return tail.var if tail is not None else None


def judged(exceptions: int, observations: int, confidence: float) -> tuple[str, float]:
    """Zone, and the share of VaR limits that is left: the green multiplier over the present one.

    >>> judged(4, 250, 0.99), judged(10, 250, 0.99), judged(1, 50, 0.99)
    (('green', 1.0), ('red', 0.75), ('insufficient', 1.0))
    """
    if observations < observations_needed(confidence):
        return INSUFFICIENT, 1.0
    zone = traffic_light(exceptions, observations, confidence)
    return zone.value, multiplier(0, observations, confidence) / multiplier(exceptions, observations, confidence)
