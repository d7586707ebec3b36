"""Concentration, liquidity, drawdown and correlation against closed forms and published figures."""

from __future__ import annotations

import numpy as np
import pytest

from risk.measures.concentration import effective_number, herfindahl, top_share
from risk.measures.correlation import average_correlation, weighted_average_correlation
from risk.measures.drawdown import max_drawdown
from risk.measures.liquidity import days_to_liquidate


def test_herfindahl_of_known_weights() -> None:
    """Four equal weights: 0.25 and 4; (0.5, 0.3, 0.2): 0.38 and 2.6316. To 1e-12."""
    assert herfindahl(np.full(4, 0.25)) == 0.25
    assert effective_number(np.full(4, 0.25)) == 4.0
    assert herfindahl(np.array([0.5, 0.3, 0.2])) == pytest.approx(0.38, rel=1e-12)
    assert effective_number(np.array([0.5, 0.3, 0.2])) == pytest.approx(1 / 0.38, rel=1e-12)


@pytest.mark.parametrize(("count", "share"), [(1, 0.5), (2, 0.8), (3, 1.0), (9, 1.0)])
def test_the_largest_of_known_weights(count: int, share: float) -> None:
    """The largest n of (0.3, 0.5, 0.2), all of them where there are fewer; to 1e-12. None is no number of positions."""
    weights = np.array([0.3, 0.5, 0.2])
    assert top_share(weights, count) == pytest.approx(share, rel=1e-12)
    assert weights.tolist() == [0.3, 0.5, 0.2]
    with pytest.raises(ValueError, match="`count` is 0, expected at least 1"):
        top_share(weights, 0)


@pytest.mark.parametrize(("participation", "days"), [(0.10, 20.0), (0.20, 10.0), (0.25, 8.0)])
def test_days_to_liquidate(participation: float, days: float) -> None:
    """|q| / (participation ADV) for a million shares of 500,000 a day, long or short."""
    assert days_to_liquidate(1e6, 5e5, participation) == pytest.approx(days, rel=1e-12)
    assert days_to_liquidate(-1e6, 5e5, participation) == pytest.approx(days, rel=1e-12)


def test_drawdown_of_the_published_returns() -> None:
    """empyrical's vector 1, 10, -4, 2, 3, 2, 1, -10 %: max drawdown 0.10 to 1e-12."""
    curve = np.cumprod(1.0 + np.array([0, 1, 10, -4, 2, 3, 2, 1, -10]) / 100)
    assert max_drawdown(curve) == pytest.approx(0.10, rel=1e-12)


def test_average_correlation_equals_numpy() -> None:
    """The plain average equals that of numpy's correlation matrix, and equal risk weights give the same: to 1e-12."""
    rows = np.random.default_rng(1).normal(size=(6, 200))
    covariance, correlation = np.cov(rows), np.corrcoef(rows)
    expected = correlation[np.triu_indices(6, 1)].mean()
    assert average_correlation(covariance) == pytest.approx(expected, rel=1e-12)
    equal_risk = 1.0 / np.sqrt(np.diag(covariance))
    assert weighted_average_correlation(covariance, equal_risk) == pytest.approx(expected, rel=1e-12)
