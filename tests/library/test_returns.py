"""What looks like a split in a person's prices is told, and prices that may be negative are taken where they have
returns."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from riskstream.library import PortfolioData, PositionRisk, RiskLibrary, portfolio_data
from schemas.reference import AssetClass, Instrument

FUTURE = Instrument(
    symbol="CL",
    asset_class=AssetClass.COMMODITY,
    multiplier=Decimal(10),
    adv=Decimal(1_000_000),
    spread_bps=5.0,
    negative_prices=True,
)


def closes(last: float = 100.0, days: int = 300) -> pd.Series[float]:
    """A walk that ends there."""
    moves = np.random.default_rng(5).normal(0.0, 0.01, days)
    values = np.cumprod(1.0 + moves)
    return pd.Series(values * last / values[-1], index=pd.bdate_range("2023-01-02", periods=days)).round(4)


def split(ratio: float, row: int = 250) -> pd.DataFrame:
    """Closes of X that are divided by it from a day on, beside Y that is not held."""
    prices = pd.DataFrame({"X": closes(), "Y": closes()})
    prices.iloc[row:, 0] /= ratio
    return prices


def book(prices: pd.DataFrame, **held: float) -> RiskLibrary:
    instruments = [
        Instrument(symbol=symbol, sector="technology", adv=Decimal(1_000_000), spread_bps=2.0) for symbol in prices
    ]
    return RiskLibrary(portfolio_data(prices, held or {"X": 100.0}, cash=100_000.0, instruments=instruments))


@pytest.mark.parametrize("ratio", [1.5, 2.0, 3.0, 0.1])
def test_a_split_is_warned_of(ratio: float) -> None:
    """By name and date, in VaR, stress and sizes; the engine, which refuses such a bar, names it too."""
    library = book(split(ratio))
    change = 100.0 * library.data.returns["X"].iloc[249]
    warning = f"X moved by {change:+.1f} % on 2023-12-18, as by a split: are its prices adjusted?"
    assert library.data.warnings == (warning,)
    for method in ("historical", "parametric_normal"):
        assert warning in library.var_calculator.calculate_comprehensive_var_sync(method=method).warnings
    assert warning in library.stress_tester.run_comprehensive_stress_test_sync().report().replace("\n  ", " ")
    size = PositionRisk(library.data).calculate_optimal_position_size_sync("Y", 1e5, 100.0)
    assert warning in size.warnings
    with pytest.raises(ValueError, match=r"bars that are refused \(.*; X moved by"):
        _ = library.risk_engine


def test_what_is_no_split_is_not_warned_of() -> None:
    """Adjusted prices, a fall of another size, a split before the window, and one of what is not held."""
    calculator = book(split(2.0, 50)).var_calculator
    assert book(split(1.0)).data.warnings == book(split(1.7)).data.warnings == ()
    assert calculator.calculate_comprehensive_var_sync(method="historical", window=249).warnings == ()
    assert calculator.calculate_comprehensive_var_sync(method="historical", window=250).warnings
    assert book(split(2.0), Y=10.0).var_calculator.calculate_comprehensive_var_sync(method="historical").warnings == ()


def test_prices_of_a_future_may_be_negative() -> None:
    """Exposure is that of the absolute price, equity that of the price; a rise is a gain to who is long; and VaR,
    stress and the ten layers answer."""
    prices = pd.DataFrame({"CL": closes(20.0) - 40.0})
    library = RiskLibrary(portfolio_data(prices, {"CL": 10.0}, cash=100_000.0, instruments=[FUTURE]))
    data = library.data
    assert data.exposures["CL"] == pytest.approx(10 * 10 * 20.0)
    assert data.equity == pytest.approx(100_000.0 - 10 * 10 * 20.0)
    assert np.allclose(data.returns["CL"], prices["CL"].diff().iloc[1:] / prices["CL"].shift().abs().iloc[1:])
    var = library.var_calculator.calculate_comprehensive_var_sync(method="historical", confidence_level=0.99)
    worst = np.sort(data.returns["CL"])[2]
    assert var.var_value == pytest.approx(-worst * 2000.0)
    assert library.stress_tester.run_comprehensive_stress_test_sync()
    _, report = library.risk_engine.check_pre_trade_risk_sync({"symbol": "CL", "side": "buy", "quantity": 1})
    assert len(report.layers) == 10


def test_a_negative_price_needs_leave() -> None:
    """Of its instrument; what is no number is refused all the same."""
    prices = pd.DataFrame({"CL": closes(20.0) - 40.0})
    with pytest.raises(ValueError, match=r"`prices.loc\[2023-01-02, 'CL'\]` is -.*, expected above 0"):
        portfolio_data(prices, {}, instruments=[Instrument(symbol="CL")])
    prices.iloc[3] = np.nan
    with pytest.raises(ValueError, match=r"`prices.loc\[2023-01-05, 'CL'\]` is nan, expected at most"):
        portfolio_data(prices, {}, instruments=[FUTURE])


@pytest.mark.parametrize(
    ("before", "after", "why"), [(1.0, -37.63, "return_across_zero"), (0.1, 0.15, "return_undefined")]
)
def test_a_step_without_a_return_is_named(before: float, after: float, why: str) -> None:
    """Across zero, or from near it: VaR refuses, and says which day."""
    prices = pd.DataFrame({"CL": closes(20.0, 30)})
    prices.iloc[10:29, 0] = np.linspace(20.0, before, 19)
    prices.iloc[-1, 0] = after
    data = portfolio_data(prices, {"CL": 1.0}, cash=1e5, instruments=[FUTURE])
    with pytest.raises(ValueError, match=rf"`prices.loc\[2023-02-10, 'CL'\]` is {after} after .*{why}"):
        _ = RiskLibrary(data).var_calculator


def test_ordinary_returns_are_simple_ones(own: PortfolioData) -> None:
    """To the last bit those of pandas."""
    assert own.returns.equals(own.prices.pct_change().iloc[1:])
