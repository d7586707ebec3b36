"""The Student-t at unit variance: quantile, expected shortfall, and degrees of freedom from data."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy import special

from risk.var.inputs import Vector, between

#: Degrees of freedom where none are given, and those that a fit may give; the upper end is a normal.
DF, DF_MIN, DF_MAX = 5.0, 2.1, 200.0


def student_quantile(confidence: float, df: float) -> float:
    """t_nu^-1(confidence) * sqrt((nu - 2) / nu): VaR / sigma.

    >>> round(student_quantile(0.99, 5), 4)
    2.6065

    :raises VarError: df not above 2, where there is no variance.
    """
    between("df", df, 2.0, np.inf)
    return float(special.stdtrit(df, confidence)) * sqrt((df - 2.0) / df)


def student_es(confidence: float, df: float) -> float:
    """t_nu(q) / (1 - confidence) * (nu + q^2) / (nu - 1) * sqrt((nu - 2) / nu): ES / sigma (McNeil, Frey, Embrechts).

    >>> round(student_es(0.99, 5), 4)
    3.4488
    """
    between("df", df, 2.0, np.inf)
    q = float(special.stdtrit(df, confidence))
    log_scale = special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df) - 0.5 * np.log(df * np.pi)
    density = float(np.exp(log_scale - 0.5 * (df + 1.0) * np.log1p(q * q / df)))
    return density / (1.0 - confidence) * (df + q * q) / (df - 1.0) * sqrt((df - 2.0) / df)


def fitted_df(outcomes: Vector) -> float:
    """Maximum likelihood degrees of freedom of outcomes [T], scaled to their own variance at zero mean.

    Between 2.1 and 200; outcomes that never move, or are thin-tailed, give 200.
    """
    from scipy import optimize

    deviation = sqrt(float(np.mean(outcomes**2)))
    if not deviation > 0.0:
        return DF_MAX
    scores = (outcomes / deviation) ** 2

    def loss(log_df: float) -> float:
        df = float(np.exp(log_df))
        constant = special.gammaln(0.5 * (df + 1.0)) - special.gammaln(0.5 * df) - 0.5 * np.log(df - 2.0)
        return -float(len(scores) * constant - 0.5 * (df + 1.0) * np.log1p(scores / (df - 2.0)).sum())

    found = optimize.minimize_scalar(loss, bounds=(np.log(DF_MIN), np.log(DF_MAX)), method="bounded")
    return float(np.exp(found.x))
