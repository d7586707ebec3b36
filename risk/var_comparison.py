"""What a day's P&L says of the forecasts that were made for it: state and record alike come from here."""

from __future__ import annotations

import msgspec

from risk.backtests.tracker import INSUFFICIENT, BacktestTracker
from risk.backtests.traffic_light import multiplier
from risk.state import VarBacktest
from schemas.outputs import BacktestResult


def compared(backtest: VarBacktest, pnl: float) -> list[BacktestTracker]:
    """The trackers of what was forecast for the day, after it; one that was not forecast ends."""
    found = []
    for forecast in backtest.forecasts:
        tracker = msgspec.structs.replace(backtest.tracker(forecast.method, forecast.confidence))
        tracker.update(pnl, forecast.value_at_risk, forecast.expected_shortfall)
        found.append(tracker)
    return found


def result(tracker: BacktestTracker) -> BacktestResult:
    """Where a tracker stands after a day."""
    figures = tracker.figures()
    return BacktestResult(
        method=tracker.method,
        confidence=tracker.confidence,
        observations=figures.observations,
        exceptions=figures.exceptions,
        exceeded=tracker.exceeded,
        zone=figures.zone,
        scale=scale_of(tracker),
        kupiec_p=figures.kupiec_p,
        independence_p=figures.independence_p,
        coverage_p=figures.coverage_p,
        z1=figures.z1,
        z2=figures.z2,
        quantile_loss=figures.quantile_loss,
    )


def scale_of(tracker: BacktestTracker) -> float:
    """The share of VaR limits that is left: the green multiplier over the present one; 1 without a zone."""
    if tracker.zone == INSUFFICIENT:
        return 1.0
    count, confidence = tracker.observations, tracker.confidence
    return multiplier(0, count, confidence) / multiplier(tracker.exceptions, count, confidence)
