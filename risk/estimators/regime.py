"""Calm, elevated or stressed: the volatility regime of each symbol, with hysteresis."""

from __future__ import annotations

import numpy as np

from risk.estimators.base import Counts, Estimator, Vector, check_range

CALM, ELEVATED, STRESSED = 0, 1, 2


class Regime(Estimator):
    """Level by the ratio of volatility now to its long run: up at once, to the level that the ratio reaches; down when
    the ratio is below ``easing`` times what the level begins at, so that a ratio near it does not flicker.

    >>> import numpy as np
    >>> regime = Regime(elevated=1.5, stressed=2.5, easing=0.8)
    >>> levels = []
    >>> for ratio in (1.4, 1.6, 1.3, 1.1, 2.6, 2.1, 1.9, 1.0):
    ...     regime.update(np.array([ratio**2]), np.array([1.0]))
    ...     levels.append(int(regime.level[0]))
    >>> levels
    [0, 1, 1, 0, 2, 2, 1, 0]

    :param elevated: ratio of standard deviations at which the second level begins, above 1.
    :param stressed: that of the third, above ``elevated``.
    :param easing: in (0, 1).
    """

    PARAMETERS = ("elevated", "stressed", "easing", "size")
    ARRAYS = ("level",)

    def __init__(self, elevated: float = 1.5, stressed: float = 2.5, easing: float = 0.8, size: int = 1) -> None:
        if not 1.0 < elevated < stressed:
            raise ValueError(f"`elevated` is {elevated} and `stressed` {stressed}, expected 1 < elevated < stressed")
        check_range("easing", easing, 0.0, 1.0)
        self.elevated, self.stressed, self.easing, self.size = elevated, stressed, easing, size
        self.level: Counts = np.zeros(size, dtype=np.int64)

    def update(self, variance: Vector, long_run: Vector) -> None:
        """Take variance now and unconditional variance [N] of one bar; where one is not known the level stays."""
        known = ~np.isnan(variance) & (long_run > 0.0)
        ratio = np.sqrt(np.where(known, variance, 0.0) / np.where(known, long_run, 1.0))
        reached = self._level(ratio, 1.0)
        kept = np.minimum(self.level, self._level(ratio, self.easing))
        self.level = np.where(known, np.maximum(reached, kept), self.level)

    def _level(self, ratio: Vector, share: float) -> Counts:
        return (ratio >= share * self.elevated).astype(np.int64) + (ratio >= share * self.stressed)
