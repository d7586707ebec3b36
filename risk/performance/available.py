"""A number, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """In place of a number that the data does not give: a value to show, neither nan nor an exception."""

    reason: str


Result = float | NotAvailable


def too_short(count: int, observations_min: int, floor: int) -> NotAvailable | None:
    """The refusal of a sample of ``count``; ``None`` if it has what the caller asks for and the formula needs."""
    needed = max(observations_min, floor)
    return NotAvailable(f"{count} observations, at least {needed} needed") if count < needed else None


def ratio(numerator: float, denominator: float, absent: str) -> Result:
    """numerator / denominator; ``absent`` is the reason when the denominator is zero.

    >>> ratio(1.0, 0.0, "no loss to divide by")
    NotAvailable(reason='no loss to divide by')
    """
    if denominator == 0.0:
        return NotAvailable(absent)
    value = numerator / denominator
    return value if isfinite(value) else NotAvailable(f"{absent} that a float can hold")
