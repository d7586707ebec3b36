"""VaR and expected shortfall against scipy, numpy, published tables and Jorion's example."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from arch.data import sp500
from scipy import integrate, stats

from risk.estimators.ewma import EwmaVariance
from risk.measures.var import (
    component_var,
    historical_var_es,
    normal_es,
    normal_quantile,
    portfolio_variance,
    tail_count,
    variance_after,
)

#: Jorion, Value at Risk, ch. 7: $2M CAD at 5 %, $1M EUR at 12 %, uncorrelated, with his rounded z.
CAD_EUR = np.diag([0.05**2, 0.12**2])
BOOK = np.array([2e6, 1e6])
Z = 1.65


@pytest.mark.parametrize(
    ("confidence", "z", "shortfall"),
    [(0.95, 1.644854, 2.062713), (0.975, 1.959964, 2.337803), (0.99, 2.326348, 2.665214), (0.999, 3.090232, 3.367090)],
)
def test_the_normal_table(confidence: float, z: float, shortfall: float) -> None:
    """z and ES / sigma to the six published decimals, to scipy to 1e-12, and ES to its defining integral to 1e-8."""
    assert round(normal_quantile(confidence), 6) == z
    assert round(normal_es(confidence), 6) == shortfall
    assert normal_quantile(confidence) == pytest.approx(stats.norm.ppf(confidence), rel=1e-12)
    tail, _ = integrate.quad(lambda x: x * stats.norm.pdf(x), normal_quantile(confidence), np.inf)
    assert normal_es(confidence) == pytest.approx(tail / (1.0 - confidence), rel=1e-8)


def test_jorions_portfolio() -> None:
    """sigma 156,204.99, VaR 257,738, components 105,630 + 152,108, alone 165,000 and 198,000: to the unit printed."""
    alone = [Z * sqrt(portfolio_variance(CAD_EUR, held)) for held in np.diag(BOOK)]
    assert alone == pytest.approx([165_000.0, 198_000.0], rel=1e-12)
    sigma = sqrt(portfolio_variance(CAD_EUR, BOOK))
    assert sigma == pytest.approx(156_204.99, abs=0.01)
    assert Z * sigma == pytest.approx(257_738, abs=0.5)
    scale = Z / normal_quantile(0.95)
    assert component_var(CAD_EUR, BOOK, 0.95) * scale == pytest.approx([105_630, 152_108], abs=0.5)


def test_jorions_increments() -> None:
    """Dropping CAD or EUR lowers VaR by 59,738 or 92,738; $10,000 more CAD adds exactly 528.93 (linear: 528.15)."""
    variance, covered = portfolio_variance(CAD_EUR, BOOK), CAD_EUR @ BOOK
    before = Z * sqrt(variance)

    def after(i: int, shift: float) -> float:
        return Z * sqrt(variance_after(variance, shift, float(covered[i]), float(CAD_EUR[i, i])))

    assert before - after(0, -2e6) == pytest.approx(59_738, abs=0.5)
    assert before - after(1, -1e6) == pytest.approx(92_738, abs=0.5)
    assert after(0, 10_000.0) - before == pytest.approx(528.93, abs=0.005)
    linear = Z * float(covered[0]) / sqrt(variance) * 10_000.0
    assert linear == pytest.approx(528.15, abs=0.005)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975, 0.99, 0.995])
@pytest.mark.parametrize("window", [250, 500, 1000])
def test_historical_var_of_the_sp500(confidence: float, window: int) -> None:
    """The stated rank of a plain sort, numpy's ``inverted_cdf`` quantile of the losses, and the mean of the tail.

    VaR exact, ES to 1e-15.
    """
    returns = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    for start in range(0, len(returns) - window, 333):
        outcomes = returns[start : start + window]
        rank = tail_count(window, confidence)
        worst = np.sort(outcomes)[:rank]
        var, shortfall = historical_var_es(outcomes, confidence)
        assert var == -worst[-1]
        assert var == np.quantile(-outcomes, confidence, method="inverted_cdf")
        assert shortfall == pytest.approx(-worst.mean(), abs=1e-15)


def test_historical_var_of_normal_outcomes_nears_the_normal_table() -> None:
    """Over a million seeded normals VaR and ES lie within 0.5 % of the closed form (standard error 0.16 %)."""
    outcomes = np.random.default_rng(6).standard_normal(1_000_000)
    var, shortfall = historical_var_es(outcomes, 0.99)
    assert var == pytest.approx(normal_quantile(0.99), rel=5e-3)
    assert shortfall == pytest.approx(normal_es(0.99), rel=5e-3)


def test_the_worst_five_of_five_hundred_stay_beyond_the_var() -> None:
    """At 99 % of 500 the VaR is the sixth worst, and the ES the mean of the six worst."""
    outcomes = np.arange(500.0) - 100.0
    assert historical_var_es(outcomes, 0.99) == (95.0, 97.5)


def test_exceptions_over_the_sp500_are_those_of_the_table() -> None:
    """EWMA 0.94 normal VaR of log returns: 226, 154, 90 and 31 exceptions in 4,030 days after 1,000 days of warm-up."""
    returns = np.diff(np.log(sp500.load()["Adj Close"].to_numpy()))
    ewma, sigma = EwmaVariance(0.94), []
    for value in returns:
        sigma.append(sqrt(float(ewma.variance[0])))
        ewma.update(np.array([value]))
    tested, losses = np.array(sigma[1000:]), -returns[1000:]
    assert len(losses) == 4030
    counts = [int((losses > normal_quantile(confidence) * tested).sum()) for confidence in (0.95, 0.975, 0.99, 0.999)]
    assert counts == [226, 154, 90, 31]


@pytest.mark.parametrize(("window", "expected"), [(250, (218, 132, 67)), (500, (215, 123, 64))])
def test_historical_exceptions_lie_near_the_table(window: int, expected: tuple[int, ...]) -> None:
    """Historical VaR at 95, 97.5 and 99 %: within 12 exceptions of the table, which interpolates between outcomes.

    Of 250 outcomes the table's 99 % lies halfway between the third and the fourth worst, and ours is the third.
    """
    returns = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    for confidence, wanted in zip((0.95, 0.975, 0.99), expected, strict=True):
        count = sum(
            -returns[day] > historical_var_es(returns[day - window : day], confidence)[0]
            for day in range(1000, len(returns))
        )
        assert abs(int(count) - wanted) <= 12
