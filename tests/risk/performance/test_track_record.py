"""All metrics of an account's daily returns together."""

from __future__ import annotations

from typing import Any

import empyrical
import msgspec
import numpy as np
import pytest

from risk.performance.alpha import alpha
from risk.performance.available import NotAvailable
from risk.performance.beta import beta
from risk.performance.calmar import calmar_ratio
from risk.performance.correlation import StreamingCorrelation, correlation
from risk.performance.downside import downside_deviation
from risk.performance.drawdown import current_drawdown, max_drawdown
from risk.performance.hit_rate import hit_rate
from risk.performance.information_ratio import information_ratio
from risk.performance.jensen import jensens_alpha
from risk.performance.moments import kurtosis, skewness
from risk.performance.omega import omega_ratio
from risk.performance.sharpe import sharpe_ratio
from risk.performance.sortino import sortino_ratio
from risk.performance.track_record import OBSERVATIONS_MIN, TrackRecord
from risk.performance.tracking_error import tracking_error
from risk.performance.treynor import treynor_ratio
from risk.performance.ulcer import ulcer_index
from risk.performance.volatility import annual_volatility

ALONE: dict[str, Any] = {
    "sharpe": sharpe_ratio,
    "sortino": sortino_ratio,
    "calmar": calmar_ratio,
    "omega": omega_ratio,
    "volatility": annual_volatility,
    "downside_deviation": downside_deviation,
    "skewness": skewness,
    "kurtosis": kurtosis,
    "hit_rate": hit_rate,
    "ulcer": ulcer_index,
    "max_drawdown": max_drawdown,
    "current_drawdown": current_drawdown,
}
BESIDE: dict[str, Any] = {
    "beta": beta,
    "alpha": alpha,
    "jensens_alpha": jensens_alpha,
    "treynor": treynor_ratio,
    "information_ratio": information_ratio,
    "tracking_error": tracking_error,
    "benchmark_correlation": correlation,
}


def rows(count: int = 300) -> np.ndarray[Any, np.dtype[np.float64]]:
    random = np.random.default_rng(3)
    market = random.normal(0.0004, 0.01, count)
    return np.column_stack([0.8 * market + random.normal(0.0, 0.005, count), market])


def recorded(pairs: np.ndarray[Any, np.dtype[np.float64]]) -> TrackRecord:
    record = TrackRecord()
    for own, other in pairs.tolist():
        record.update(own, other)
    return record


def test_each_metric_is_the_batch_one() -> None:
    """After 300 days, to 1e-9; nothing is left out."""
    pairs = rows()
    values, reasons = recorded(pairs).values()
    assert not reasons
    assert values.keys() == ALONE.keys() | BESIDE.keys()
    for name, metric in (ALONE | BESIDE).items():
        wanted = metric(pairs[:, 0]) if name in ALONE else metric(pairs[:, 0], pairs[:, 1])
        assert values[name] == pytest.approx(getattr(wanted, "depth", wanted), rel=1e-9), name


def test_correlation_is_numpys_and_its_slope_empyricals() -> None:
    """Batch and stream equal numpy's corrcoef to 1e-12; beta is empyrical's to 1e-9."""
    own, other = rows().T
    stream = StreamingCorrelation()
    for one, two in zip(own.tolist(), other.tolist(), strict=True):
        stream.update(one, two)
    wanted = np.corrcoef(own, other)[0, 1]
    assert correlation(own, other) == pytest.approx(wanted, rel=1e-12)
    assert stream.value == pytest.approx(wanted, rel=1e-12)
    assert recorded(rows()).values()[0]["beta"] == pytest.approx(empyrical.beta(own, other), rel=1e-9)


def test_what_does_not_vary_has_no_correlation() -> None:
    """A reason, batch and stream; a series is its own twin to the last bit."""
    stream = StreamingCorrelation()
    for value in [0.01] * 20:
        stream.update(value, value)
    assert stream.value == correlation([0.01] * 20, [0.01] * 20) == NotAvailable("returns do not vary")
    assert correlation([0.1, 0.2, 0.3], [-0.1, -0.2, -0.3], observations_min=3) == -1.0


def test_too_few_days_are_a_reason() -> None:
    """A day short: no ratio and no slope, which say what is needed; volatility and drawdown are there."""
    values, reasons = recorded(rows(OBSERVATIONS_MIN - 1)).values()
    assert {"volatility", "downside_deviation", "max_drawdown", "current_drawdown", "hit_rate"} == values.keys()
    assert reasons["sharpe"] == "19 observations, at least 20 needed"
    assert "sharpe" in recorded(rows(OBSERVATIONS_MIN)).values()[0]


def test_without_a_benchmark_the_rest_is_there() -> None:
    """Days on which it has no return count for the metrics of the account alone."""
    record = TrackRecord()
    for own in rows()[:, 0].tolist():
        record.update(own)
    values, reasons = record.values()
    assert values.keys() == ALONE.keys()
    assert reasons["beta"] == "0 observations, at least 20 needed"


def test_it_survives_its_bytes() -> None:
    """As MessagePack and as the JSON of a state, to the last bit, and goes on alike."""
    record = recorded(rows(57))
    twins = (TrackRecord.decode(record.encode()), msgspec.json.decode(msgspec.json.encode(record), type=TrackRecord))
    for twin in twins:
        assert twin.encode() == record.encode()
        twin.update(0.01, 0.02)
    record.update(0.01, 0.02)
    assert all(twin.encode() == record.encode() for twin in twins)
