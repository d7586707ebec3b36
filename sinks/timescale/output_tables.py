"""Tables of what leaves beside the decisions: metrics, alerts, breakers, stress, VaR and its backtests."""

from __future__ import annotations

from operator import attrgetter

from schemas.base import Event
from schemas.outputs import Alert, Backtest, BreakerEvent, RiskMetrics, StressResult, VarResult
from sinks.timescale.columns import Column, columns
from sinks.timescale.table import Table, fields, table, time

_EVENT = attrgetter("event")


def _output(name: str, source: type[Event], key: tuple[Column, ...], rest: tuple[Column, ...]) -> Table:
    """A table whose columns are the fields of the event."""
    names = (*(column.name for column in key), "time")
    return table(name, source, names, fields(_EVENT, key), time("event.event_time_ns"), fields(_EVENT, rest))


METRICS = _output(
    "risk_metrics",
    RiskMetrics,
    columns(account_id="text"),
    columns(
        equity="numeric",
        cash="numeric",
        gross_exposure="numeric",
        net_exposure="numeric",
        leverage="float8",
        realised_pnl="numeric",
        unrealised_pnl="numeric",
        start_of_day_equity="numeric",
        peak_equity="numeric",
        daily_loss="float8",
        drawdown="float8",
        var_parametric="numeric",
        var_historical="numeric",
        expected_shortfall="numeric",
        var_limit="numeric",
        confidence="float8",
        stress_loss="numeric",
        stress_scenario="text",
        volatility="float8",
        average_correlation="float8",
        turbulence="float8",
        vix="float8",
        breakers="jsonb",
        exposures="jsonb",
        limits_version="int8",
        herfindahl="float8",
        effective_positions="float8",
        top5_share="float8",
        days_to_liquidate="float8",
        liquidation_cost="numeric",
        market_correlation="float8",
        market_largest_share="float8",
        performance="jsonb",
        unavailable="jsonb",
        partition="int4",
        seq="int8",
    ),
)

OUTPUTS: tuple[Table, ...] = (
    METRICS,
    _output(
        "risk_alerts",
        Alert,
        columns(alert_id="text"),
        columns(account_id="text", severity="text", category="text", text="text"),
    ),
    _output(
        "circuit_breaker_events",
        BreakerEvent,
        columns(event_id="text"),
        columns(
            account_id="text",
            breaker="text",
            level_from="text",
            level_to="text",
            trigger="text",
            measure="float8",
            limit="float8",
            equity="numeric",
        ),
    ),
    _output(
        "stress_test_results",
        StressResult,
        columns(account_id="text", scenario="text"),
        columns(pnl="numeric", partition="int4", seq="int8"),
    ),
    _output(
        "var_calculations",
        VarResult,
        columns(account_id="text", method="text", confidence="float8"),
        columns(
            horizon_days="int4",
            value_at_risk="numeric",
            expected_shortfall="numeric",
            observations="int4",
            partition="int4",
            seq="int8",
        ),
    ),
    _output(
        "var_backtests",
        Backtest,
        columns(backtest_id="text"),
        columns(
            account_id="text",
            method="text",
            confidence="float8",
            observations="int4",
            exceptions="int4",
            exceeded="bool",
            zone="text",
            scale="float8",
            kupiec_p="float8",
            independence_p="float8",
            coverage_p="float8",
            z1="float8",
            z2="float8",
            quantile_loss="float8",
        ),
    ),
)
