"""How much of a bet an estimate is worth, given its error."""

from __future__ import annotations

from risk.sizing.checks import finite, not_negative


def estimate_shrinkage(edge: float, standard_error: float) -> float:
    """max(0, 1 - (standard_error / edge)^2), the factor from 0 to 1 on a bet sized by an estimated edge.

    A bet f = k m' / s^2 on an estimate m' = m + e, with sd(e) = SE, grows by E[f m - f^2 s^2 / 2] =
    (k m^2 - k^2 (m^2 + SE^2) / 2) / s^2, which is largest at k = m^2 / (m^2 + SE^2). Of that, m'^2 estimates the
    denominator and m'^2 - SE^2 the numerator without bias. So an edge within one standard error of nothing is no bet.

    >>> estimate_shrinkage(0.06, 0.03)
    0.75
    >>> estimate_shrinkage(0.06, 0.0)
    1.0

    :raises ValueError: an edge that is not finite, a negative standard error.
    """
    finite("edge", edge)
    not_negative("standard_error", standard_error)
    if edge <= 0.0 or standard_error >= edge:
        return 0.0
    return 1.0 - (standard_error / edge) ** 2
