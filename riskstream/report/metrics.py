"""The table of metrics of a tear sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from risk.measures.concentration import effective_number, herfindahl, top_share, weights_of
from risk.performance.alpha import alpha
from risk.performance.available import NotAvailable, Result
from risk.performance.beta import beta
from risk.performance.calmar import calmar_ratio
from risk.performance.downside import downside_deviation
from risk.performance.drawdown import Drawdown, current_drawdown, dated, max_drawdown
from risk.performance.equity import compound_growth
from risk.performance.hit_rate import hit_rate
from risk.performance.information_ratio import information_ratio
from risk.performance.jensen import jensens_alpha
from risk.performance.moments import kurtosis, skewness
from risk.performance.omega import omega_ratio
from risk.performance.returns import Vector, series
from risk.performance.sharpe import sharpe_ratio
from risk.performance.sortino import sortino_ratio
from risk.performance.tail_ratio import tail_ratio
from risk.performance.tracking_error import tracking_error
from risk.performance.treynor import treynor_ratio
from risk.performance.ulcer import ulcer_index
from risk.performance.volatility import annual_volatility
from risk.var.errors import VarError
from riskstream.library.facade import RiskLibrary

MONEY, SHARE, RATIO, DAYS = "money", "%", "ratio", "days"
VAR_METHOD = "filtered_historical"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure by ``key``, a share as a decimal (per cent on the page); ``note`` is what is to be known of it."""

    key: str
    label: str
    unit: str
    value: Result
    note: str = ""


def metrics(library: RiskLibrary, confidence: float) -> dict[str, tuple[Metric, ...]]:
    """By heading: of the book, against the benchmark where there is one, and of today's positions."""
    data = library.data
    returns, days = series(data.book_returns), [str(day)[:10] for day in data.prices.index]
    benchmark = data.benchmark
    against = () if benchmark is None else _relative(returns, series(benchmark.pct_change().iloc[1:]))
    found = {
        "Return": _performance(returns),
        "Drawdown": _drawdown(returns, days),
        "Distribution": _distribution(returns),
        f"Against {'no benchmark' if benchmark is None else benchmark.name}": against,
        "Risk of today's positions": _risk(library, confidence),
        "Concentration": _concentration(library),
        "Liquidity": _liquidity(library, confidence),
    }
    listed = {heading: tuple(group) for heading, group in found.items()}
    return {heading: group for heading, group in listed.items() if group}


def _performance(returns: Vector) -> Iterator[Metric]:
    yield Metric("compound_growth", "Growth a year (CAGR)", SHARE, compound_growth(returns))
    yield Metric("annual_volatility", "Volatility a year", SHARE, annual_volatility(returns))
    yield Metric("downside_deviation", "Downside deviation a year", SHARE, downside_deviation(returns))
    yield Metric("sharpe_ratio", "Sharpe ratio", RATIO, sharpe_ratio(returns))
    yield Metric("sortino_ratio", "Sortino ratio", RATIO, sortino_ratio(returns))
    yield Metric("calmar_ratio", "Calmar ratio", RATIO, calmar_ratio(returns))
    yield Metric("omega_ratio", "Omega ratio", RATIO, omega_ratio(returns))


def _drawdown(returns: Vector, days: list[str]) -> Iterator[Metric]:
    """``days`` are those of the equity curve, one more than returns."""
    deepest, now = max_drawdown(returns), current_drawdown(returns)
    yield Metric("max_drawdown", "Deepest drawdown", SHARE, _depth(deepest), _dates(deepest, days))
    yield Metric("max_drawdown_duration", "its length, trading days", DAYS, _duration(deepest))
    yield Metric("current_drawdown", "Drawdown now", SHARE, _depth(now), _dates(now, days))
    yield Metric("current_drawdown_duration", "its length so far, trading days", DAYS, _duration(now))
    yield Metric("ulcer_index", "Ulcer index", SHARE, ulcer_index(returns))


def _distribution(returns: Vector) -> Iterator[Metric]:
    yield Metric("tail_ratio", "Tail ratio", RATIO, tail_ratio(returns))
    yield Metric("skewness", "Skewness", RATIO, skewness(returns))
    yield Metric("kurtosis", "Excess kurtosis", RATIO, kurtosis(returns))
    yield Metric("hit_rate", "Days with a gain", SHARE, hit_rate(returns))


def _relative(returns: Vector, benchmark: Vector) -> Iterator[Metric]:
    yield Metric("beta", "Beta", RATIO, beta(returns, benchmark))
    yield Metric("alpha", "Alpha a year", SHARE, alpha(returns, benchmark))
    yield Metric("jensens_alpha", "Jensen's alpha a year", SHARE, jensens_alpha(returns, benchmark))
    yield Metric("treynor_ratio", "Treynor ratio", RATIO, treynor_ratio(returns, benchmark))
    yield Metric("tracking_error", "Tracking error a year", SHARE, tracking_error(returns, benchmark))
    yield Metric("information_ratio", "Information ratio", RATIO, information_ratio(returns, benchmark))


def _risk(library: RiskLibrary, confidence: float) -> Iterator[Metric]:
    var: Result
    es: Result
    try:
        found = library.var_calculator.calculate_comprehensive_var_sync(confidence, method=VAR_METHOD)
        var, es = found.var_value, found.expected_shortfall
    except VarError as error:
        var = es = NotAvailable(str(error))
    yield Metric("var", f"One-day VaR at {confidence:.1%}", MONEY, var)
    yield Metric("expected_shortfall", "its expected shortfall", MONEY, es)
    gross = float(library.data.exposures.abs().sum())
    yield Metric("gross_exposure", "Gross exposure to equity", SHARE, gross / library.data.equity)


def _concentration(library: RiskLibrary) -> Iterator[Metric]:
    weights = weights_of(np.asarray(library.data.exposures, dtype=np.float64))
    yield Metric("herfindahl", "Herfindahl index", RATIO, herfindahl(weights))
    yield Metric("effective_positions", "Effective number of positions", RATIO, effective_number(weights))
    for count in (1, 5):
        what = "Largest position" if count == 1 else f"Largest {count} positions"
        yield Metric(f"top_{count}", f"{what} of the gross", SHARE, top_share(weights, count))


def _liquidity(library: RiskLibrary, confidence: float) -> Iterator[Metric]:
    found = library.var_calculator.liquidity
    days: Result = found if isinstance(found, NotAvailable) else found.days_max
    cost: Result = found if isinstance(found, NotAvailable) else found.cost
    note = "" if isinstance(found, NotAvailable) else f"at {found.participation:.0%} of the volume"
    yield Metric("liquidation_days", "Days to liquidate", DAYS, days, note)
    yield Metric("liquidation_cost", "Cost to liquidate, half the spread", MONEY, cost)
    yield Metric(
        "liquidity_var", f"One-day VaR at {confidence:.1%} with it", MONEY, _liquidity_var(library, confidence)
    )


def _liquidity_var(library: RiskLibrary, confidence: float) -> Result:
    calculator = library.var_calculator
    try:
        found = calculator.calculate_comprehensive_var_sync(confidence, method=VAR_METHOD)
        return calculator.liquidity_adjusted(found).value
    except VarError as error:
        return NotAvailable(str(error))


def _dates(found: Drawdown | NotAvailable, days: list[str]) -> str:
    if isinstance(found, NotAvailable) or not found.depth:
        return ""
    when = dated(found, days)
    end = "under water still" if when.end is None else f"back on {when.end}"
    return f"from {when.start}, low on {when.trough}, {end}"


def _depth(found: Drawdown | NotAvailable) -> Result:
    return found if isinstance(found, NotAvailable) else found.depth


def _duration(found: Drawdown | NotAvailable) -> Result:
    return found if isinstance(found, NotAvailable) else float(found.duration)
