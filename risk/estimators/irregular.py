"""EWMA variance of returns over unequal times."""

from __future__ import annotations

from math import expm1, log

from risk.estimators.base import check_range
from risk.estimators.scalar import Scalar, check_count

_NAN = float("nan")


class IrregularEwma(Scalar):
    """EWMA variance per period tau of returns over any lengths of time: the past keeps the weight lam^(dt/tau).

    var = w var + (1 - w) r^2 tau / dt with w = lam^(dt/tau) and dt the time that r covers: r^2 tau / dt is what r says
    of the variance of one period, as variance grows with time. At dt = tau this is RiskMetrics 1996; a period cut into
    pieces decays as the whole one does, so lam 0.94 may stand for days whatever the sampling. Weights are normalised to
    one, as in :class:`risk.estimators.ewma.EwmaMean`. The first observation only sets the clock, and so does one whose
    return is refused.

    >>> ewma = IrregularEwma(lam=0.94, tau_ns=100)
    >>> for value, time_ns in ((0.0, 0), (0.01, 100), (0.02, 500)):
    ...     refusal = ewma.update(value, time_ns)
    >>> round(ewma.variance, 10)
    0.0001
    >>> ewma.update(0.01, 500), ewma.update(0.01, 400)
    ('time_repeated', 'out_of_order')

    :param lam: decay per ``tau_ns``, in (0, 1).
    :param gap_max: a return over more than so many periods is refused; the clock goes on.
    """

    __slots__ = ("_log_lam", "_value", "gap_max", "lam", "tau_ns", "time_ns", "weight")

    PARAMETERS = ("lam", "tau_ns", "gap_max", "bound")
    STATE = ("_value", "weight", "time_ns")

    def __init__(self, lam: float, tau_ns: int, gap_max: float = 10.0, bound: float = 1.0) -> None:
        super().__init__(bound)
        check_range("lam", lam, 0.0, 1.0)
        check_range("gap_max", gap_max, 0.0, 1e12)
        check_count("tau_ns", tau_ns, 1)
        self.lam, self.tau_ns, self.gap_max, self._log_lam = lam, tau_ns, gap_max, log(lam)
        self._value, self.weight, self.time_ns = 0.0, 0.0, -1

    def update(self, value: float, time_ns: int) -> str | None:
        """Take the simple return since the time before, at its time in nanoseconds."""
        if time_ns <= self.time_ns:
            return self.refuse("time_repeated" if time_ns == self.time_ns else "out_of_order")
        before, self.time_ns = self.time_ns, time_ns
        if not -self.bound <= value <= self.bound:  # the next return covers the time from here on
            return self.doubt(value)
        if before < 0:
            return None
        periods = (time_ns - before) / self.tau_ns
        if periods > self.gap_max:
            return self.refuse("gap_beyond_bound")
        # 1 - lam^periods, which keeps its digits where periods are tiny
        gain = -expm1(self._log_lam * periods)
        self.weight += gain * (1.0 - self.weight)
        self._value += gain / self.weight * (value * value / periods - self._value)
        return None

    @property
    def variance(self) -> float:
        """Variance per period tau; nan before the first return."""
        return self._value if self.weight else _NAN
