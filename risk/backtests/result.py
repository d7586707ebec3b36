"""The outcome of a likelihood ratio test."""

from __future__ import annotations

import msgspec

from risk.var.errors import VarError


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """``statistic`` ~ chi2(``degrees``) if the model is right; ``p_value`` is the chance of as much or more."""

    __test__ = False  # not a test of pytest's

    name: str
    statistic: float
    p_value: float
    degrees: int

    @classmethod
    def of(cls, name: str, statistic: float, degrees: int) -> TestResult:
        """With the p-value of the statistic; rounding below zero counts as zero."""
        from scipy import special

        value = max(0.0, statistic)
        return cls(name=name, statistic=value, p_value=float(special.chdtrc(degrees, value)), degrees=degrees)

    def rejected(self, level: float = 0.05) -> bool:
        """Whether the model is refused at that level of significance."""
        return self.p_value < level


def check_counts(exceptions: int, observations: int, confidence: float) -> None:
    """:raises VarError: no observation, exceptions outside 0 to that, or a confidence outside 0 to 1."""
    if observations < 1 or not 0 <= exceptions <= observations:
        raise VarError(f"`exceptions` is {exceptions} of {observations}, expected 0 to all of at least 1")
    if not 0.0 < confidence < 1.0:
        raise VarError(f"`confidence` is {confidence}, expected between 0 and 1")


def log_likelihood(successes: int, failures: int, probability: float) -> float:
    """ln(p^successes (1 - p)^failures), with 0 ln 0 = 0."""
    from scipy import special

    return float(special.xlogy(successes, probability) + special.xlog1py(failures, -probability))
