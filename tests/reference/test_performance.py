"""Performance metrics against empyrical-reloaded, scipy, its published vector and closed forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import nan, sqrt
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import pytest
from arch.data import sp500
from numpy.typing import NDArray
from scipy import stats

from risk.performance.alpha import alpha
from risk.performance.available import NotAvailable
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
from risk.performance.sharpe import sharpe_ratio
from risk.performance.sortino import sortino_ratio
from risk.performance.tail_ratio import tail_ratio
from risk.performance.tracking_error import tracking_error
from risk.performance.treynor import treynor_ratio
from risk.performance.ulcer import ulcer_index
from risk.performance.volatility import annual_volatility

Vector = NDArray[np.float64]
Metric = Callable[..., Any]

#: empyrical's own test vector, the first period without a return.
VECTOR = np.array([nan, 1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0]) / 100.0
RATE = 0.0001


@cache
def index_returns() -> Vector:
    returns: Vector = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    returns.flags.writeable = False
    return returns


@cache
def active_pair() -> tuple[Vector, Vector]:
    """The index with a tilt and noise of its own, and the index."""
    market = index_returns()
    noise = np.random.default_rng(3).normal(0.0001, 0.004, len(market))
    own: Vector = 1.2 * market + noise
    return own, market


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (annual_volatility, 0.9136465),
        (sharpe_ratio, 1.7238614),
        (downside_deviation, 0.6044833),
        (sortino_ratio, 2.6055313),
    ],
)
def test_the_published_vector(metric: Metric, expected: float) -> None:
    """The seven published decimals, at 252 periods, a missing first return left out."""
    assert round(metric(VECTOR, periods=252, observations_min=8), 7) == expected


def test_the_published_drawdown() -> None:
    """Max drawdown 0.10, from before the last return to after it, not recovered."""
    worst = max_drawdown(VECTOR)
    assert isinstance(worst, Drawdown)
    assert worst.depth == pytest.approx(0.10, abs=1e-15)
    assert (worst.start, worst.trough, worst.end, worst.duration) == (8, 9, None, 1)


ALONE: dict[str, tuple[Metric, Metric]] = {
    "volatility": (annual_volatility, empyrical.annual_volatility),
    "sharpe": (sharpe_ratio, empyrical.sharpe_ratio),
    "sharpe_rf": (lambda r: sharpe_ratio(r, RATE), lambda r: empyrical.sharpe_ratio(r, RATE)),
    "downside": (downside_deviation, empyrical.downside_risk),
    "downside_mar": (lambda r: downside_deviation(r, RATE), lambda r: empyrical.downside_risk(r, RATE)),
    "sortino": (sortino_ratio, empyrical.sortino_ratio),
    "sortino_mar": (lambda r: sortino_ratio(r, RATE), lambda r: empyrical.sortino_ratio(r, RATE)),
    "cagr": (compound_growth, empyrical.cagr),
    "calmar": (calmar_ratio, empyrical.calmar_ratio),
    "max_drawdown": (lambda r: max_drawdown(r).depth, lambda r: -empyrical.max_drawdown(r)),
    "omega": (omega_ratio, empyrical.omega_ratio),
    "omega_rf": (lambda r: omega_ratio(r, RATE), lambda r: empyrical.omega_ratio(r, risk_free=RATE)),
    "tail": (tail_ratio, empyrical.tail_ratio),
    "skewness": (lambda r: skewness(r, observations_min=20), stats.skew),
    "kurtosis": (lambda r: kurtosis(r, observations_min=20), stats.kurtosis),
    "hit_rate": (hit_rate, lambda r: np.mean(r > 0.0)),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("count", [20, 250, 5030])
def test_metrics_of_the_sp500(name: str, count: int) -> None:
    """empyrical (scipy for the moments), on the first 20, 250 and all 5,030 daily returns, to 1e-11 relative."""
    ours, oracle = ALONE[name]
    returns = index_returns()[:count]
    assert ours(returns) == pytest.approx(oracle(returns), rel=1e-11)


PAIRED: dict[str, tuple[Metric, Metric]] = {
    "beta": (beta, empyrical.beta),
    "alpha": (alpha, empyrical.alpha),
    "alpha_rf": (lambda r, m: alpha(r, m, RATE), lambda r, m: empyrical.alpha(r, m, RATE)),
    "information": (information_ratio, lambda r, m: empyrical.excess_sharpe(r, m) * sqrt(252)),
    "tracking": (tracking_error, lambda r, m: empyrical.annual_volatility(r - m)),
    "regression": (beta, lambda r, m: stats.linregress(m, r).slope),
    "jensen": (
        lambda r, m: jensens_alpha(r, m, RATE),
        lambda r, m: stats.linregress(m - RATE, r - RATE).intercept * 252,
    ),
    "treynor": (
        lambda r, m: treynor_ratio(r, m, RATE),
        lambda r, m: (r.mean() - RATE) * 252 / stats.linregress(m, r).slope,
    ),
}


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("count", [20, 250, 5030])
def test_metrics_against_a_benchmark(name: str, count: int) -> None:
    """empyrical, and scipy's least squares where it has none, to 1e-10 relative.

    Where conventions differ: its ``excess_sharpe`` is not annualised, ours times sqrt(252); its alpha compounds.
    """
    ours, oracle = PAIRED[name]
    own, market = active_pair()
    assert ours(own[:count], market[:count]) == pytest.approx(oracle(own[:count], market[:count]), rel=1e-10)


@pytest.mark.parametrize("name", ["volatility", "sharpe", "sortino", "calmar", "max_drawdown", "tail"])
def test_gaps_are_left_out_as_empyrical_leaves_them_out(name: str) -> None:
    """A series with gaps, as pandas hands it over, to 1e-12; growth counts the observations and not the gaps."""
    ours, oracle = ALONE[name]
    returns = pd.Series(index_returns()[:300])
    returns.iloc[[0, 17, 18, 200]] = nan
    seen = returns.dropna() if name == "calmar" else returns
    assert ours(returns) == pytest.approx(oracle(seen), rel=1e-12)


def test_jensens_closed_form() -> None:
    """Rp 12 %, Rf 3 %, Rm 10 %, beta 1.2: alpha 0.6 %, Treynor 7.5 %, on two periods a year that have just these."""
    market = np.array([0.03, 0.07])
    own = 0.06 + 1.2 * (market - market.mean())
    assert jensens_alpha(own, market, 0.015, periods=2, observations_min=2) == pytest.approx(0.006, abs=1e-15)
    assert treynor_ratio(own, market, 0.015, periods=2, observations_min=2) == pytest.approx(0.075, abs=1e-15)


def test_the_ulcer_index_by_hand() -> None:
    """1, 0.9, 0.8, 1.0, 1.2: drawdowns 10, 20, 0 and 0 %, hence sqrt((0.01 + 0.04) / 4); of the S&P 500 by pandas."""
    curve = np.array([1.0, 0.9, 0.8, 1.0, 1.2])
    assert ulcer_index(curve[1:] / curve[:-1] - 1.0) == pytest.approx(sqrt(0.05 / 4.0), rel=1e-12)
    equity = pd.Series(np.concatenate(([1.0], np.cumprod(1.0 + index_returns()))))
    under = (1.0 - equity / equity.cummax()).iloc[1:]
    assert ulcer_index(index_returns()) == pytest.approx(sqrt((under**2).mean()), rel=1e-12)


def test_the_drawdown_of_the_financial_crisis() -> None:
    """The S&P 500 fell 56.78 % from 2007-10-09 to 2009-03-09: on those days; back 2013-03-28."""
    close = sp500.load()["Adj Close"]
    worst = max_drawdown(close.pct_change().dropna())
    assert isinstance(worst, Drawdown)
    assert worst.end is not None
    assert round(worst.depth, 4) == 0.5678
    when = dated(worst, [str(day)[:10] for day in close.index])
    assert (when.start, when.trough, when.end) == ("2007-10-09", "2009-03-09", "2013-03-28")
    assert (when.depth, when.duration) == (worst.depth, worst.end - worst.start)
    with pytest.raises(ValueError, match="`days` has 5, expected more than"):
        dated(worst, list(close.index[:5]))


def test_the_current_drawdown_of_the_sp500() -> None:
    """At the end of 2018 it stood below its close of 2018-09-20, by just that ratio."""
    close = sp500.load()["Adj Close"]
    now = current_drawdown(close.pct_change().dropna())
    assert isinstance(now, Drawdown)
    assert close.index[now.start].date().isoformat() == "2018-09-20"
    assert now.depth == pytest.approx(1.0 - close.iloc[-1] / close.max(), rel=1e-12)


def test_where_empyrical_has_infinity_or_nan_there_is_a_reason() -> None:
    """No dispersion, no drawdown, no loss: empyrical gives nan or infinity, here it is not available."""
    flat = np.full(30, 0.01)
    for ours, oracle in (
        (sharpe_ratio, empyrical.sharpe_ratio),
        (sortino_ratio, empyrical.sortino_ratio),
        (calmar_ratio, empyrical.calmar_ratio),
        (omega_ratio, empyrical.omega_ratio),
    ):
        assert isinstance(ours(flat), NotAvailable)
        assert not np.isfinite(oracle(flat))
