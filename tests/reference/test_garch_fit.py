"""Fits of GARCH against the published ones, and the filters that use them against ``arch``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arch import arch_model
from arch.data import sp500
from numpy.typing import NDArray

from risk.garch_fit import NoFit, garch_fit
from risk.var.errors import OutsideValidRegion
from risk.var.filters import VolatilityFilter
from risk.var.methods import value_at_risk

Vector = NDArray[np.float64]


def returns() -> Vector:
    """The S&P 500, 1999 to 2018, 5,030 days."""
    found: Vector = sp500.load()["Adj Close"].pct_change().dropna().to_numpy()
    return found


@pytest.mark.parametrize(
    ("innovations", "published", "nu", "likelihood"),
    [
        ("normal", (0.056353, 0.017507, 0.102150, 0.885206), np.inf, -6936.7185),
        ("student_t", (0.066128, 0.008664, 0.099596, 0.899932), 6.607, -6834.7356),
    ],
)
def test_the_published_fits(innovations: Any, published: tuple[float, ...], nu: float, likelihood: float) -> None:
    """mu, omega (in per cent), alpha, beta, nu and log-likelihood: to 1e-3 of each, the likelihood to 1e-3."""
    found = garch_fit(returns(), innovations=innovations, mean=True)
    alpha, beta, _, omega = found.parameters
    np.testing.assert_allclose((100 * found.mu, 1e4 * omega, alpha, beta), published, rtol=1e-3)
    assert found.nu == pytest.approx(nu, rel=1e-3)
    assert found.log_likelihood == pytest.approx(likelihood, abs=1e-3)


@pytest.mark.parametrize(("kind", "leverage"), [("garch_fitted", 0), ("gjr_fitted", 1)])
def test_a_fitted_filter_is_archs(kind: str, leverage: int) -> None:
    """Conditional variances of two assets after 1,000 days, when the start is forgotten, and the 10-day forecast: to
    1e-6."""
    both = np.column_stack([returns(), 0.5 * np.roll(returns(), 700)])
    volatility = VolatilityFilter(kind=kind)
    path, ahead = volatility.path(both), volatility.horizon_variance(both, 10)
    for asset in range(2):
        model = arch_model(100.0 * both[:, asset], mean="Zero", p=1, o=leverage, q=1, rescale=False)
        found = model.fit(disp="off")
        np.testing.assert_allclose(path[1000:-1, asset], 1e-4 * found.conditional_volatility[1000:] ** 2, rtol=1e-6)
        forecast = found.forecast(horizon=10, method="analytic").variance.to_numpy()[0].sum()
        assert ahead[asset] == pytest.approx(1e-4 * forecast, rel=1e-6)


def test_a_fit_moves_the_var() -> None:
    """Filtered historical VaR by fitted parameters: that of arch's own filter, to 1e-6."""
    series = returns()[-1500:]
    found = arch_model(100.0 * series, mean="Zero", rescale=False).fit(disp="off")
    sigma = np.asarray(found.conditional_volatility) / 100.0
    ahead = np.sqrt(1e-4 * found.forecast(horizon=1).variance.to_numpy()[0, 0])
    scenarios = np.sort((series / sigma * ahead)[20:])
    ours = value_at_risk(series[:, None], [1.0], volatility="garch_fitted", confidence=0.975, window=None)
    assert ours.value == pytest.approx(-scenarios[int(0.025 * 1500)], rel=0.02)
    assumed = value_at_risk(series[:, None], [1.0], volatility="garch", confidence=0.975, window=None)
    assert ours.value != assumed.value


def test_what_can_not_be_fitted_says_so() -> None:
    """A series that never moves; of a book, the asset that gives no parameters, while one that never moved has none."""
    with pytest.raises(NoFit, match="do not vary"):
        garch_fit(np.zeros(300))
    wild = np.where(np.arange(300) % 150, 1e-6, 1e3)
    with pytest.raises(OutsideValidRegion, match=r"asset 1 give no GARCH: .*; use garch or ewma"):
        VolatilityFilter(kind="garch_fitted").path(np.column_stack([returns()[:300], wild]))
    assert not VolatilityFilter(kind="garch_fitted").path(np.zeros((300, 1))).any()
