"""Where the line through two sizes of an order meets a limit."""

from __future__ import annotations

from risk.crossing import between
from schemas.decisions import Check, LayerResult, Verdict


def layer(headroom: float, verdict: Verdict) -> tuple[LayerResult, ...]:
    """One layer with one check."""
    check = Check(name="gross", measure=1.0 - headroom, limit=1.0, headroom=headroom, unit="x", verdict=verdict)
    return (LayerResult(layer=2, name="exposure", verdict=verdict, checks=(check,)),)


def test_the_line_meets_the_limit_between_the_sizes() -> None:
    """Headroom of 3 at the one and of -1 at the other: after three quarters of the way."""
    assert between(layer(3.0, Verdict.PASS), layer(-1.0, Verdict.FAIL)) == 0.75


def test_a_check_that_refuses_at_its_very_limit_says_nothing() -> None:
    """Two sizes at the limit, of which one is excused: there is no line to follow."""
    assert between(layer(0.0, Verdict.PASS), layer(0.0, Verdict.FAIL)) is None
