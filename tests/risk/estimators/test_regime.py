"""The regime rises at once, falls with hysteresis, and stays where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.estimators.regime import CALM, ELEVATED, STRESSED, Regime

LONG_RUN = np.array([1e-4])


def after(*ratios: float) -> list[int]:
    """Levels after each ratio of standard deviations."""
    regime, levels = Regime(elevated=1.5, stressed=2.5, easing=0.8), []
    for ratio in ratios:
        regime.update(LONG_RUN * ratio**2, LONG_RUN)
        levels.append(int(regime.level[0]))
    return levels


def test_it_does_not_flicker() -> None:
    """A ratio that wavers about a threshold changes the level once; a level is left below 0.8 of where it begins."""
    assert after(1.49, 1.51, 1.49, 1.51, 1.21, 1.19) == [CALM, ELEVATED, ELEVATED, ELEVATED, ELEVATED, CALM]
    assert after(3.0, 2.1, 1.99, 1.6, 1.1) == [STRESSED, STRESSED, ELEVATED, ELEVATED, CALM]


def test_nothing_known_changes_nothing() -> None:
    """Without a variance or a long run the level stays."""
    regime = Regime(size=2)
    regime.update(np.array([9.0, 9.0]), np.array([1.0, 1.0]))
    regime.update(np.array([np.nan, 1.0]), np.array([1.0, np.nan]))
    regime.update(np.array([np.nan, 1.0]), np.array([np.nan, 0.0]))
    assert regime.level.tolist() == [STRESSED, STRESSED]


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=40))
def test_the_level_lies_between_the_ones_without_hysteresis(ratios: list[float]) -> None:
    """Never below what the ratio reaches, never above what it would keep."""
    for ratio, level in zip(ratios, after(*ratios), strict=True):
        reached = (ratio >= 1.5) + (ratio >= 2.5)
        kept = (ratio >= 0.8 * 1.5 * (1 - 1e-12)) + (ratio >= 0.8 * 2.5 * (1 - 1e-12))
        assert reached - (abs(ratio - 1.5) < 1e-9) - (abs(ratio - 2.5) < 1e-9) <= level <= kept


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"elevated": 1.0}, "`elevated` is 1.0 and `stressed` 2.5"),
        ({"stressed": 1.2}, "`stressed` 1.2"),
        ({"easing": 1.0}, "`easing` is 1.0"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, float], words: str) -> None:
    """Thresholds must rise and easing must ease."""
    with pytest.raises(ValueError, match=words):
        Regime(**settings)
