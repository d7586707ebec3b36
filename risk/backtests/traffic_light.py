"""The traffic light of Basel, and its multipliers."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from risk.backtests.result import check_counts
from risk.var.errors import VarError

#: A zone ends before the first number of exceptions that a right model stays at or below with this probability.
GREEN_SHARE, YELLOW_SHARE = 0.95, 0.9999
#: By exceptions in 250 days at 99 %, 10 and more the last.
MULTIPLIERS = {
    "frtb": (1.50, 1.50, 1.50, 1.50, 1.50, 1.70, 1.76, 1.83, 1.88, 1.92, 2.00),
    "basel_1996": (3.00, 3.00, 3.00, 3.00, 3.00, 3.40, 3.50, 3.65, 3.75, 3.85, 4.00),
}


class Zone(StrEnum):
    """Green: no sign of a wrong model; red: a right one would almost never do that."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Bounds(NamedTuple):
    """The most exceptions that are still green, and still yellow."""

    green: int
    yellow: int

    def zone(self, exceptions: int) -> Zone:
        """Where so many exceptions are."""
        if exceptions <= self.green:
            return Zone.GREEN
        return Zone.YELLOW if exceptions <= self.yellow else Zone.RED


@lru_cache(maxsize=256)
def bounds(observations: int = 250, confidence: float = 0.99) -> Bounds:
    """For any window and level by the binomial (Basel Committee 1996): P(X <= x) < 95 % is green, < 99.99 % yellow.

    No exception is always green, however short the window.

    >>> bounds(), bounds(1000, 0.99)
    (Bounds(green=4, yellow=9), Bounds(green=14, yellow=23))

    :raises VarError: no observation, or a confidence out of range.
    """
    from scipy import stats

    check_counts(0, observations, confidence)
    expected = stats.binom(observations, 1.0 - confidence)
    green, yellow = (max(0, int(expected.ppf(share)) - 1) for share in (GREEN_SHARE, YELLOW_SHARE))
    return Bounds(green, yellow)


def traffic_light(exceptions: int, observations: int = 250, confidence: float = 0.99) -> Zone:
    """The zone of so many exceptions.

    :raises VarError: counts or a confidence out of range.
    """
    check_counts(exceptions, observations, confidence)
    return bounds(observations, confidence).zone(exceptions)


@lru_cache(maxsize=1024)
def multiplier(exceptions: int, observations: int = 250, confidence: float = 0.99, regime: str = "frtb") -> float:
    """What the capital figure is multiplied by: FRTB (MAR99) or Basel 1996.

    The table is for 250 days at 99 %. Other windows and levels take the least number of exceptions of that table whose
    probability P(X <= x) is at least theirs, green and red being 4 and 10.

    >>> multiplier(4), multiplier(7), multiplier(12), multiplier(12, 250, 0.975)
    (1.5, 1.83, 2.0, 1.83)

    :raises VarError: counts or a confidence out of range, or an unknown regime.
    """
    from scipy import stats

    if regime not in MULTIPLIERS:
        raise VarError(f"`regime` is {regime!r}, expected one of {', '.join(MULTIPLIERS)}")
    table, zone = MULTIPLIERS[regime], traffic_light(exceptions, observations, confidence)
    if zone is not Zone.YELLOW:
        return table[4] if zone is Zone.GREEN else table[10]
    reached = float(stats.binom.cdf(exceptions, observations, 1.0 - confidence))
    row = next(x for x in range(5, 11) if x == 10 or stats.binom.cdf(x, 250, 0.01) >= reached - 1e-12)
    return table[min(row, 9)]
