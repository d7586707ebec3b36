"""What a day's P&L says of the forecasts that were made for it: state and record alike come from here."""

from __future__ import annotations

import msgspec

from risk.backtests.tracker import INSUFFICIENT, BacktestTracker
from risk.backtests.traffic_light import Zone, multiplier
from risk.state import VarBacktest
from schemas.outputs import BacktestResult
from schemas.presets import Preset


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
    figures = msgspec.structs.asdict(tracker.figures())
    del figures["multiplier"]  # of the regime; what it leaves of the limits is told
    return BacktestResult(
        method=tracker.method,
        confidence=tracker.confidence,
        exceeded=tracker.exceeded,
        scale=scale_of(tracker),
        **figures,
    )


def scale_of(tracker: BacktestTracker) -> float:
    """The share of VaR limits that is left: the green multiplier over the present one; 1 without a zone."""
    if tracker.zone == INSUFFICIENT:
        return 1.0
    count, confidence = tracker.observations, tracker.confidence
    return multiplier(0, count, confidence) / multiplier(tracker.exceptions, count, confidence)


def applied_scale(backtest: VarBacktest, preset: Preset) -> float:
    """The share of VaR limits that a preset leaves: 1 where it says that they do not shrink, else that of the zone that
    the day began in, 0.75 in the red one."""
    if not preset.var_scaled_by_backtest:
        return 1.0
    return backtest.scale if backtest.zone == Zone.RED or preset.var_scaled_from == "yellow" else 1.0
