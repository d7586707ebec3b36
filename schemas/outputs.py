"""What leaves besides decisions.

Breaker events, alerts and backtests follow from one effective journal record, whose (partition, seq) is their id.
Metrics value the state after such a record at the market of ``event_time_ns``: their id is both, with the account and,
of details, the method or scenario.
"""

from __future__ import annotations

from enum import StrEnum

from schemas.base import Count, Event, Identifier, Label, Offset, Part, Partition, Probability, Text, TimeNs, Version
from schemas.commands import BreakerKind, BreakerLevel


class Severity(StrEnum):
    """How loud an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class BreakerEvent(Event, frozen=True, kw_only=True):
    """A circuit breaker changed its level."""

    event_id: Identifier
    account_id: Identifier
    breaker: BreakerKind
    level_from: BreakerLevel
    level_to: BreakerLevel
    trigger: Text
    measure: float
    limit: float
    equity: float
    event_time_ns: TimeNs


class Alert(Event, frozen=True, kw_only=True):
    """Something a person should know."""

    alert_id: Identifier
    account_id: Identifier
    severity: Severity
    category: Identifier
    text: Text
    event_time_ns: TimeNs


class Exposure(Part, frozen=True, kw_only=True):
    """One position, valued in the account's base currency."""

    symbol: Identifier
    quantity: float
    value: float
    unrealised_pnl: float
    working_buy: float = 0.0
    working_sell: float = 0.0


class RiskMetrics(Event, frozen=True, kw_only=True):
    """The state of one account at one sweep. Money in base currency; volatility annualised; VaR and ES one day,
    as positive losses in money at ``confidence``. ``var_limit`` is what the normal VaR is held to at the moment, in a
    crisis and by what its backtest leaves of the limit.

    ``herfindahl``, ``effective_positions`` and ``top5_share`` are of exposures, working orders at their worst included;
    ``days_to_liquidate`` of the slowest position, ``liquidation_cost`` in money. ``market_correlation`` is the average
    of all pairs in the market, ``market_largest_share`` what its first factor explains. ``performance`` has what the
    account's daily returns say, by name, and ``unavailable`` why the rest of it is not there."""

    account_id: Identifier
    equity: float
    cash: float
    gross_exposure: float
    net_exposure: float
    leverage: float
    realised_pnl: float
    unrealised_pnl: float
    start_of_day_equity: float
    peak_equity: float
    daily_loss: float
    drawdown: float
    var_parametric: float | None = None
    var_historical: float | None = None
    expected_shortfall: float | None = None
    var_limit: float | None = None
    confidence: Probability = 0.99
    stress_loss: float | None = None
    stress_scenario: Label = ""
    volatility: float | None = None
    average_correlation: float | None = None
    turbulence: float | None = None
    vix: float | None = None
    breakers: dict[Identifier, BreakerLevel] = {}
    exposures: tuple[Exposure, ...] = ()
    herfindahl: float | None = None
    effective_positions: float | None = None
    top5_share: float | None = None
    days_to_liquidate: float | None = None
    liquidation_cost: float | None = None
    market_correlation: float | None = None
    market_largest_share: float | None = None
    performance: dict[Identifier, float] = {}
    unavailable: dict[Identifier, Text] = {}
    limits_version: Version = 0
    partition: Partition | None = None
    seq: Count | None = None
    event_time_ns: TimeNs


class VarResult(Event, frozen=True, kw_only=True):
    """One VaR figure of one account: positive losses in base currency."""

    account_id: Identifier
    method: Identifier
    confidence: Probability
    horizon_days: Count
    value_at_risk: float
    expected_shortfall: float
    observations: Count
    partition: Partition | None = None
    seq: Count | None = None
    event_time_ns: TimeNs


class StressResult(Event, frozen=True, kw_only=True):
    """P&L of one account in one scenario, in base currency (negative for a loss)."""

    account_id: Identifier
    scenario: Identifier
    pnl: float
    partition: Partition | None = None
    seq: Count | None = None
    event_time_ns: TimeNs


class BacktestResult(Part, frozen=True, kw_only=True):
    """How a method stands its backtest at a level: fields as of :class:`Backtest`, which has them in the middle of its
    own, where a base could not put them."""

    method: Identifier
    confidence: Probability
    observations: Count
    exceptions: Count
    exceeded: bool
    zone: Identifier
    scale: float = 1.0
    kupiec_p: Probability | None = None
    independence_p: Probability | None = None
    coverage_p: Probability | None = None
    z1: float | None = None
    z2: float | None = None
    quantile_loss: float | None = None


class Backtest(Event, frozen=True, kw_only=True):
    """VaR of a day against what that day brought: ``exceptions`` in the last ``observations`` days. ``zone`` is that of
    the Basel traffic light, or ``insufficient``; ``scale`` what it leaves of the VaR limits. P-values of Kupiec's and
    Christoffersen's tests, Acerbi's and Szekely's Z1 and Z2, and the mean quantile loss (money), where there are enough
    days for them."""

    backtest_id: Identifier
    account_id: Identifier
    method: Identifier
    confidence: Probability
    observations: Count
    exceptions: Count
    exceeded: bool
    zone: Identifier
    scale: float = 1.0
    kupiec_p: Probability | None = None
    independence_p: Probability | None = None
    coverage_p: Probability | None = None
    z1: float | None = None
    z2: float | None = None
    quantile_loss: float | None = None
    event_time_ns: TimeNs


class DeadLetter(Event, frozen=True, kw_only=True):
    """Why a payload could not be used, beside where it came from; the payload itself travels as the record's value."""

    topic: Text
    partition: Partition
    offset: Offset
    reason: Text
