"""EWMA variance of one symbol, the fast way."""

from __future__ import annotations

from risk.estimators.base import check_range
from risk.estimators.scalar import Scalar

_NAN = float("nan")


class EwmaStep(Scalar):
    """var_t = lam var_{t-1} + (1 - lam) r_t^2 at zero mean (RiskMetrics 1996), per bar.

    The arithmetic of :class:`risk.estimators.ewma.EwmaVariance`, bit by bit: without ``initial`` the weights of what
    was seen are normalised to one, with it the recursion is the plain one from the start.

    >>> ewma = EwmaStep(lam=0.94, initial=1e-4)
    >>> ewma.update(0.02)
    >>> round(ewma.variance, 8)
    0.000118
    >>> ewma.update(float("nan")), ewma.update(7.0), round(ewma.variance, 8)
    ('not_finite', 'return_beyond_bound', 0.000118)

    :param lam: decay per bar, in (0, 1); 0.94 is for daily returns.
    :param initial: the variance before the first return, or ``None``.
    :param bound: returns beyond it are refused.
    """

    __slots__ = ("_gain", "_value", "count", "initial", "lam", "weight")

    PARAMETERS = ("lam", "initial", "bound")
    STATE = ("_value", "weight", "count")

    def __init__(self, lam: float = 0.94, initial: float | None = None, bound: float = 1.0) -> None:
        super().__init__(bound)
        check_range("lam", lam, 0.0, 1.0)
        if initial is not None:
            check_range("initial", initial, 0.0, bound * bound * 1e12)
        self.lam, self.initial, self._gain = lam, initial, 1.0 - lam
        self._value, self.weight, self.count = initial or 0.0, 0.0 if initial is None else 1.0, 0

    def update(self, value: float) -> str | None:
        """Take the simple return of one bar."""
        if not -self.bound <= value <= self.bound:
            return self.doubt(value)
        gain = self._gain
        self.weight = weight = self.lam * self.weight + gain
        self._value += gain / weight * (value * value - self._value)
        self.count += 1
        return None

    @property
    def variance(self) -> float:
        """Forecast for the next bar; nan before the first return without ``initial``."""
        return self._value if self.weight else _NAN
