"""Realised variance over a rolling window."""

from __future__ import annotations

from risk.estimators.rolling import RollingMoments
from risk.estimators.scalar import Scalar

_NAN = float("nan")


class RealisedVariance(Scalar):
    """Sum of the squared returns of the last ``window`` bars (Andersen, Bollerslev 1998), at zero mean.

    ``total`` is the realised variance of the whole window, ``variance`` that of one bar, ``sample_variance`` the one
    about the window's mean (divisor n - 1). nan until the window is full.

    >>> realised = RealisedVariance(window=2)
    >>> for value in (0.5, 0.01, -0.02):
    ...     refusal = realised.update(value)
    >>> round(realised.total, 10), round(realised.variance, 10), round(realised.sample_variance, 10)
    (0.0005, 0.00025, 0.00045)
    """

    __slots__ = ("returns", "squares", "window")

    PARAMETERS = ("window", "bound")
    STATE = ("squares", "returns")

    def __init__(self, window: int, bound: float = 1.0) -> None:
        super().__init__(bound)
        self.window = window
        self.squares, self.returns = RollingMoments(window), RollingMoments(window)

    def update(self, value: float) -> str | None:
        """Take the simple return of one bar."""
        if not -self.bound <= value <= self.bound:
            return self.doubt(value)
        self.squares.add(value * value)
        self.returns.add(value)
        return None

    @property
    def variance(self) -> float:
        """Mean square of the window, per bar."""
        return self.squares.mean if self.squares.count == self.window else _NAN

    @property
    def total(self) -> float:
        """Realised variance of the whole window."""
        return self.variance * self.window

    @property
    def sample_variance(self) -> float:
        """Variance about the window's mean, per bar."""
        return self.returns.variance if self.returns.count == self.window else _NAN
