"""Calmar ratio."""

from __future__ import annotations

from numpy.typing import ArrayLike

from risk.performance.available import NotAvailable, Result, ratio
from risk.performance.drawdown import max_drawdown
from risk.performance.equity import compound_growth
from risk.performance.minima import RATIO_MIN
from risk.performance.returns import DAYS_A_YEAR


def calmar_ratio(returns: ArrayLike, periods: float = DAYS_A_YEAR, *, observations_min: int = RATIO_MIN) -> Result:
    """CAGR / max drawdown, both of compounded returns over the whole sample (Young 1991 takes 36 months).

    >>> calmar_ratio([0.01, 0.02], observations_min=2)
    NotAvailable(reason='no drawdown')
    """
    worst = max_drawdown(returns, observations_min=max(2, observations_min))
    growth = compound_growth(returns, periods)
    if isinstance(worst, NotAvailable):
        return worst
    return growth if isinstance(growth, NotAvailable) else ratio(growth, worst.depth, "no drawdown")
