"""Entries of the reference values that need several parts of the core at once."""

from __future__ import annotations

from functools import cache
from math import log, pi
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arch.data import sp500
from numpy.typing import NDArray
from scipy import stats

from risk.estimators.covariance import EwmaCovariance
from risk.estimators.garch import Garch
from risk.estimators.turbulence import Turbulence
from risk.layers.checks import WARN_SHARE
from risk.measures.drawdown import max_drawdown
from risk.stress.replay import replay
from risk.stress.scenario_set import SHIPPED
from risk.var.errors import TooFewObservations
from risk.var.methods import value_at_risk
from schemas.limits import STANDARD
from schemas.presets import PRESETS

Vector = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "riskstream/demo/data"
NO_TARGET = np.array([np.nan])


@cache
def closes() -> Vector:
    """The S&P 500, 1999 to 2018."""
    return np.asarray(sp500.load()["Adj Close"].to_numpy(), dtype=np.float64)


def demo_index() -> pd.Series[float]:
    """The S&P 500, 1990 to 2022, as the demo ships it."""
    found: pd.Series[float] = pd.read_csv(DATA / "sp500_index.csv.gz", index_col=0).iloc[:, 0]
    return found


def scored(mu: float, omega: float, alpha: float, beta: float) -> tuple[Vector, Vector]:
    """Errors, in per cent, and their GARCH variances, started as ``arch`` does: 75 squares about the sample mean,
    weighted by 0.94^i."""
    returns = 100.0 * (closes()[1:] / closes()[:-1] - 1.0)
    errors, weights = returns - mu, 0.94 ** np.arange(75)
    start = float(weights @ (returns - returns.mean())[:75] ** 2 / weights.sum())
    garch, variances = Garch(alpha, beta, omega=omega, initial=omega + (alpha + beta) * start), []
    for error in errors:
        variances.append(float(garch.variance[0]))
        garch.update(np.array([error]), NO_TARGET)
    return errors, np.array(variances)


def test_the_normal_fit_of_arch_has_its_likelihood() -> None:
    """mu 0.056353, omega 0.017507, alpha 0.102150, beta 0.885206 over 5,030 days: -6936.7185 by our recursion, to 1e-3
    (the parameters are printed to six decimals)."""
    errors, variances = scored(0.056353, 0.017507, 0.102150, 0.885206)
    assert len(errors) == 5030
    found = -0.5 * float((log(2.0 * pi) + np.log(variances) + errors**2 / variances).sum())
    assert found == pytest.approx(-6936.7185, abs=1e-3)


def test_the_student_fit_of_arch_has_its_likelihood() -> None:
    """mu 0.066128, omega 0.008664, alpha 0.099596, beta 0.899932, nu 6.607: -6834.7356 by our recursion, to 1e-3."""
    errors, variances = scored(0.066128, 0.008664, 0.099596, 0.899932)
    scale = np.sqrt(variances * (6.607 - 2.0) / 6.607)
    found = float(stats.t.logpdf(errors / scale, 6.607).sum() - np.log(scale).sum())
    assert found == pytest.approx(-6834.7356, abs=1e-3)


def test_a_far_tail_needs_a_thousand_observations() -> None:
    """99.9 % of 999 outcomes is an error that says what is needed, of 1,000 it is the second worst."""
    outcomes = np.arange(1000.0) - 500.0
    with pytest.raises(TooFewObservations, match=r"999 .*expected at least 1000"):
        value_at_risk(outcomes[1:], method="historical", confidence=0.999)
    assert value_at_risk(outcomes, method="historical", confidence=0.999).value == 499.0


def test_a_normal_far_tail_is_shown_with_a_warning() -> None:
    """At 99.9 % and not at 99 %: the S&P 500 exceeded it on 31 days instead of 4."""
    returns = closes()[1:] / closes()[:-1] - 1.0
    far, near = (value_at_risk(returns, method="parametric_normal", confidence=level) for level in (0.999, 0.99))
    assert any("99.9" in warning for warning in far.warnings)
    assert not near.warnings


def test_turbulence_is_about_one_in_calm_times() -> None:
    """Over 3,000 days of ten normal assets the mean is 1 within 10 %: the covariance lags behind by a day."""
    rows = np.random.default_rng(11).normal(0.0, 0.01, (3_500, 10))
    turbulence = Turbulence(0.99, 0.1, 100, 10)
    seen = [turbulence.value for row in rows if turbulence.update(row)]
    assert np.mean(seen[-3_000:]) == pytest.approx(1.0, rel=0.10)


@pytest.mark.parametrize(("days", "loss"), [(1, 0.0903), (5, 0.1834), (10, 0.2588)])
def test_the_worst_days_of_the_financial_crisis(days: int, loss: float) -> None:
    """The worst 1, 5 and 10 days lost 9.03, 18.34 and 25.88 %: of all replays of that length, to the digits printed."""
    dates = sp500.load().index
    inside = (dates >= "2007-10-09") & (dates <= "2009-03-09")
    moves = (closes()[inside][1:] / closes()[inside][:-1] - 1.0)[:, None]
    finals = [replay(moves[at : at + days], np.array([1.0])).final for at in range(len(moves) - days + 1)]
    assert round(-min(finals), 4) == loss


@pytest.mark.parametrize(("days", "loss"), [(1, 0.1198), (5, 0.1797), (10, 0.2339), (20, 0.3094)])
def test_the_worst_days_of_covid(days: int, loss: float) -> None:
    """Of the S&P 500's closes, to four digits. Five days, 17.97 %, is as published; the published 10.94, 23.29 and
    31.4 % of 1, 10 and 20 days are those of the ETF SPY."""
    index = demo_index()
    inside = index[(index.index >= "2020-02-19") & (index.index <= "2020-03-23")].to_numpy()
    moves = (inside[1:] / inside[:-1] - 1.0)[:, None]
    finals = [replay(moves[at : at + days], np.array([1.0])).final for at in range(len(moves) - days + 1)]
    assert round(-min(finals), 4) == loss


@pytest.mark.parametrize(
    ("name", "digits"), [("dot_com_2000", 4), ("financial_crisis_2008", 4), ("covid_2020", 3), ("rates_2022", 2)]
)
def test_equity_fell_as_the_index_did(name: str, digits: int) -> None:
    """The shock is the largest drawdown of the S&P 500's closes within the scenario's window, to the digits printed."""
    scenario = dict(zip(SHIPPED.names, SHIPPED.scenarios, strict=True))[name]
    assert scenario.window is not None
    first, last = scenario.window
    index = demo_index()
    assert round(-max_drawdown(index[(index.index >= first) & (index.index <= last)].to_numpy()), digits) == (
        scenario.equity
    )


def test_a_short_memory_can_not_hold_many_assets() -> None:
    """(1 + lam) / (1 - lam) is 32.3 for 0.94: of 100 independent assets its covariance has a condition number above
    1e3, and its smallest eigenvalue says nothing; with 0.99 (199) it is below 100."""
    rows = np.random.default_rng(5).normal(0.0, 0.01, (2_000, 100))
    found = {}
    for lam in (0.94, 0.99):
        covariance = EwmaCovariance(lam, 100)
        for row in rows:
            covariance.update(row)
        found[lam] = float(np.linalg.cond(covariance.covariance))
    assert found[0.94] > 1e3
    assert found[0.99] < 1e2


def test_a_warning_comes_at_four_fifths_of_a_limit() -> None:
    """As at the CME."""
    assert WARN_SHARE == 0.8


def test_the_vix_warns_restricts_and_is_a_crisis() -> None:
    """Above 30, 40 and 50 as a rule (8.0, 2.2 and 0.8 % of days since 1990); no preset's levels are out of order."""
    assert (STANDARD.vix_warn_max, STANDARD.vix_restrict_max, STANDARD.vix_crisis_max) == (30.0, 40.0, 50.0)
    for preset in PRESETS.values():
        limits = preset.limits
        assert limits.vix_warn_max < limits.vix_restrict_max < limits.vix_crisis_max <= limits.vix_max
