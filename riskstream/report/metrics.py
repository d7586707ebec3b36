"""The table of metrics of a tear sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from risk.measures.concentration import effective_number, weights_of
from risk.performance.alpha import alpha
from risk.performance.available import NotAvailable, Result
from risk.performance.beta import beta
from risk.performance.calmar import calmar_ratio
from risk.performance.downside import downside_deviation
from risk.performance.drawdown import Drawdown, current_drawdown, max_drawdown
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


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure by ``key``; a share is a decimal here and per cent on the page."""

    key: str
    label: str
    unit: str
    value: Result


def metrics(library: RiskLibrary, confidence: float) -> tuple[Metric, ...]:
    """Of the book, against the benchmark where there is one, and its VaR."""
    returns = series(library.data.book_returns)
    benchmark = library.data.benchmark
    against = () if benchmark is None else _relative(returns, series(benchmark.pct_change().iloc[1:]))
    return (*_own(returns), *against, *_risk(library, confidence))


def _own(returns: Vector) -> Iterator[Metric]:
    yield Metric("compound_growth", "Growth a year (CAGR)", SHARE, compound_growth(returns))
    yield Metric("annual_volatility", "Volatility a year", SHARE, annual_volatility(returns))
    yield Metric("downside_deviation", "Downside deviation a year", SHARE, downside_deviation(returns))
    yield Metric("sharpe_ratio", "Sharpe ratio", RATIO, sharpe_ratio(returns))
    yield Metric("sortino_ratio", "Sortino ratio", RATIO, sortino_ratio(returns))
    yield Metric("calmar_ratio", "Calmar ratio", RATIO, calmar_ratio(returns))
    yield Metric("omega_ratio", "Omega ratio", RATIO, omega_ratio(returns))
    deepest, now = max_drawdown(returns), current_drawdown(returns)
    yield Metric("max_drawdown", "Deepest drawdown", SHARE, _depth(deepest))
    yield Metric("max_drawdown_duration", "its length, trading days", DAYS, _duration(deepest))
    yield Metric("current_drawdown", "Drawdown now", SHARE, _depth(now))
    yield Metric("ulcer_index", "Ulcer index", SHARE, ulcer_index(returns))
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
        found = library.var_calculator.calculate_comprehensive_var_sync(confidence, method="filtered_historical")
        var, es = found.var_value, found.expected_shortfall
    except VarError as error:
        var = es = NotAvailable(str(error))
    yield Metric("var", f"One-day VaR at {confidence:.1%}", MONEY, var)
    yield Metric("expected_shortfall", "its expected shortfall", MONEY, es)
    exposures: Vector = np.asarray(library.data.exposures, dtype=np.float64)
    yield Metric("gross_exposure", "Gross exposure to equity", SHARE, _abs_sum(exposures) / library.data.equity)
    yield Metric("effective_positions", "Effective number of positions", RATIO, effective_number(weights_of(exposures)))


def _abs_sum(values: Vector) -> float:
    return float(np.abs(values).sum())


def _depth(found: Drawdown | NotAvailable) -> Result:
    return found if isinstance(found, NotAvailable) else found.depth


def _duration(found: Drawdown | NotAvailable) -> Result:
    return found if isinstance(found, NotAvailable) else float(found.duration)
