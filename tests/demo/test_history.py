"""The demo's history: real where a file covers the day, a stated stand-in elsewhere."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from riskstream.demo import history


@pytest.fixture(scope="module")
def loaded() -> history.History:
    """The history, read once."""
    return history.load()


def test_real_closes(loaded: history.History) -> None:
    """Closes are those of the file: Apple ended 2022-12-28 at 125.674, the index at 3783.22."""
    assert loaded.dates[-1] == date(2022, 12, 28)
    assert loaded.closes[-1, loaded.symbols.index("AAPL")] == 125.674
    assert loaded.spx[-1] == 3783.22


def test_arrays_have_one_row_a_day(loaded: history.History) -> None:
    """Every array has one finite row for each trading day, and prices are positive."""
    days = len(loaded.dates)
    assert loaded.closes.shape == (days, len(loaded.symbols))
    for values in (loaded.closes, loaded.spx, loaded.vix, loaded.volume_factor):
        assert len(values) == days
        assert np.isfinite(values).all()
        assert (values > 0).all()


def test_real_vix_is_kept(loaded: history.History) -> None:
    """On a day that the VIX file covers the level is the file's: 25.45 on 2019-01-03, its last."""
    last = loaded.position(date(2019, 1, 3))
    assert loaded.vix[last] == 25.45
    assert loaded.vix_real[last]
    assert not loaded.vix_real[last + 1 :].any()


def test_stand_in_vix_reaches_crisis_levels(loaded: history.History) -> None:
    """The stand-in is calm before the crash of 2020 and above 50 in March, as the real one was (82.69 on the 16th)."""
    february, march = loaded.position(date(2020, 2, 3)), loaded.position(date(2020, 3, 16))
    assert loaded.vix[february] < 20
    assert 60 < loaded.vix[march] < 90
    assert loaded.vix[march] == loaded.vix[february : february + 62].max()


def test_stand_in_vix_fits_where_both_exist(loaded: history.History) -> None:
    """On the days of the file the stand-in's volatility and the real VIX correlate by more than 0.8."""
    assert loaded.vix_fit[2] > 0.8


def test_volatility_is_that_of_constant_returns() -> None:
    """Returns of constant size r give an annualised volatility of 100 * r * sqrt(252) in the limit."""
    returns = np.tile([0.01, -0.01], 500)
    assert history.ewma_volatility(returns)[-1] == pytest.approx(100 * 0.01 * 252**0.5, rel=1e-6)


def test_volume_follows_the_size_of_moves(loaded: history.History) -> None:
    """Volume in March 2020 is well above that of January 2020."""
    january, march = loaded.position(date(2020, 1, 2)), loaded.position(date(2020, 3, 2))
    calm, crash = loaded.volume_factor[january : january + 20].mean(), loaded.volume_factor[march : march + 20].mean()
    assert crash > 1.3 * calm


def test_no_day_after_the_end(loaded: history.History) -> None:
    """A day after the data has no position."""
    with pytest.raises(ValueError, match="after the last day"):
        loaded.position(date(2023, 1, 1))
