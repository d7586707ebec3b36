"""Kupiec's proportion of failures."""

from __future__ import annotations

from risk.backtests.result import TestResult, check_counts, log_likelihood


def kupiec(exceptions: int, observations: int, confidence: float) -> TestResult:
    """LR = -2 ln[p^x (1-p)^(N-x) / ((x/N)^x (1-x/N)^(N-x))] ~ chi2(1), p = 1 - confidence (Kupiec 1995).

    No exception is finite: LR = -2N ln(1 - p).

    >>> result = kupiec(57, 1043, 0.95)
    >>> round(result.statistic, 5), round(result.p_value, 5)
    (0.46147, 0.49694)

    :raises VarError: counts or a confidence out of range.
    """
    check_counts(exceptions, observations, confidence)
    hits, rest = exceptions, observations - exceptions
    expected = log_likelihood(hits, rest, 1.0 - confidence)
    return TestResult.of("kupiec", -2.0 * (expected - log_likelihood(hits, rest, hits / observations)), 1)
