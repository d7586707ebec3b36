"""What goes in: simple returns a period, chronological; nan where a period has none."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]

#: Trading days in a year: the default of every annualisation.
DAYS_A_YEAR = 252
#: A return of a million times the capital is refused: no price moved, something broke.
RETURN_MAX = 1e6
#: More than the nanoseconds of a year.
PERIODS_MAX = 1e17
#: Below this share of the mean a standard deviation is rounding, not dispersion.
DISPERSION_MIN = 1e-12


def series(returns: ArrayLike, name: str = "returns") -> Vector:
    """As float64 [T], nan kept.

    :raises ValueError: not one axis, or a magnitude beyond :data:`RETURN_MAX` (an infinity is).
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"`{name}` has shape {values.shape}, expected one axis")
    beyond = np.abs(values) > RETURN_MAX
    if beyond.any():
        at = int(np.argmax(beyond))
        raise ValueError(f"`{name}[{at}]` is {values[at]}, expected at most {RETURN_MAX} in magnitude")
    return values


def observed(returns: ArrayLike) -> Vector:
    """The observations [<= T]: missing ones are left out."""
    values = series(returns)
    seen: Vector = values[~np.isnan(values)]
    return seen


def paired(returns: ArrayLike, benchmark: ArrayLike) -> tuple[Vector, Vector]:
    """Both where both are there, [<= T] each.

    :raises ValueError: different lengths.
    """
    own, other = series(returns), series(benchmark, "benchmark")
    if own.shape != other.shape:
        raise ValueError(f"`benchmark` has {len(other)} returns, expected {len(own)}")
    both = ~(np.isnan(own) | np.isnan(other))
    return own[both], other[both]


def check_rate(name: str, rate: float) -> float:
    """:raises ValueError: a nan, an infinity or a magnitude beyond :data:`RETURN_MAX`."""
    if not abs(rate) <= RETURN_MAX:
        raise ValueError(f"`{name}` is {rate}, expected at most {RETURN_MAX} in magnitude")
    return float(rate)


def check_periods(periods: float) -> float:
    """:raises ValueError: not a positive number of periods a year, at most :data:`PERIODS_MAX`."""
    if not 0.0 < periods <= PERIODS_MAX:
        raise ValueError(f"`periods` is {periods}, expected above 0 and at most {PERIODS_MAX}")
    return float(periods)


def standard_deviation(values: Vector) -> float:
    """Sample standard deviation (ddof 1) of [T >= 2]; exactly 0 where the rest is rounding."""
    return resolved(float(values.std(ddof=1)), float(values.mean()))


def resolved(deviation: float, mean: float) -> float:
    """The deviation, or 0 where it is no more than the mean's rounding."""
    return deviation if deviation > DISPERSION_MIN * abs(mean) else 0.0


def checked(value: float, name: str = "value") -> float:
    """One return as a Python float, which has bytes; nan, which is none, passes.

    :raises ValueError: a magnitude beyond :data:`RETURN_MAX`.
    """
    if abs(value) > RETURN_MAX:
        raise ValueError(f"`{name}` is {value}, expected at most {RETURN_MAX} in magnitude")
    return float(value)
