"""The caps and the recommendation: never beyond a limit, never a lot too many, and the binding one by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.measures.var import normal_quantile, variance_after
from risk.sizing.maximum import maximum_by_limits, maximum_by_liquidity, maximum_by_var
from risk.sizing.recommend import recommend
from schemas.limits import LimitSet

SIGN = st.sampled_from([1, -1])
MONEY = st.floats(-1e6, 1e6)
QUANTITY = st.floats(0.0, 1e9)
LOT = st.sampled_from(["0.001", "0.1", "1", "3", "100"]).map(Decimal)
LIMITS = LimitSet()


def var_of(variance: float, shift: float, covered: float, own: float) -> float:
    return normal_quantile(0.99) * sqrt(max(0.0, variance_after(variance, shift, covered, own)))


@settings(max_examples=300)
@given(
    SIGN,
    MONEY,
    MONEY,
    st.floats(0.01, 0.5),
    st.floats(0.01, 0.5),
    st.floats(-0.99, 0.99),
    st.floats(1.0, 1e6),
    st.floats(0.0, 1.0),
)
def test_the_maximum_by_var_is_within_and_the_most(
    sign: int, mine: float, other: float, a: float, b: float, rho: float, limit: float, part: float
) -> None:
    """At the maximum VaR is at its limit; beyond, above it; below, within it or less than it was."""
    sigma, book = np.array([[a * a, rho * a * b], [rho * a * b, b * b]]), np.array([mine, other])
    variance, covered, own = float(book @ sigma @ book), float(sigma[0] @ book), a * a
    most, before = maximum_by_var(sign, 2.0, variance, covered, own, limit, 0.99), var_of(variance, 0.0, covered, own)
    slack = 1e-6 * max(limit, before)
    if most > 0.0:
        assert var_of(variance, sign * 2.0 * most, covered, own) == pytest.approx(limit, abs=slack)
    if before <= limit or most > 0.0:
        assert var_of(variance, sign * 2.0 * (most * 1.01 + 1.0), covered, own) >= limit - slack
        assert var_of(variance, sign * 2.0 * most * part, covered, own) <= max(limit, before) + slack


def test_the_maximum_by_var_where_there_is_no_room() -> None:
    """Over the limit: nothing more of the same, nothing for what can't bring it within, enough for what can.

    An asset without risk has no maximum, in a book within its limit.
    """
    z = normal_quantile(0.99)
    assert maximum_by_var(1, 1.0, 100.0, 1.0, 0.01, 9.0 * z, 0.99) == 0.0
    assert maximum_by_var(-1, 1.0, 100.0, 0.1, 0.01, 9.0 * z, 0.99) == 0.0
    assert maximum_by_var(-1, 1.0, 100.0, 1.0, 0.01, 9.0 * z, 0.99) == pytest.approx(190.0)
    assert maximum_by_var(1, 1.0, 1.0, 0.0, 0.0, 2.0 * z, 0.99) == inf
    assert maximum_by_var(1, 1.0, 9.0, 0.0, 0.0, 2.0 * z, 0.99) == 0.0
    assert maximum_by_var(-1, 1.0, 9.0, 1.0, 0.0, 2.0 * z, 0.99) == 0.0


def test_the_maximum_by_var_loses_no_digits() -> None:
    """A little room under a large covariance with the book: spare / (2 covered), where the plain root cancels."""
    z = normal_quantile(0.99)
    assert maximum_by_var(1, 1.0, 0.0, 1e6, 1e-4, z, 0.99) == pytest.approx(5e-7, rel=1e-9)
    assert maximum_by_var(1, 1.0, 0.0, 1e6, 0.0, z, 0.99) == pytest.approx(5e-7, rel=1e-9)


@given(SIGN, st.floats(-1e5, 1e5), st.floats(1.0, 1e7), st.floats(0.01, 1.0), st.floats(0.1, 30.0))
def test_the_maximum_by_liquidity_closes_any_position(
    sign: int, held: float, adv: float, part: float, days: float
) -> None:
    """The position after it sells in time, unless it was too large already; closing it always has room."""
    most, room = maximum_by_liquidity(sign, held, adv, part, days), adv * part * days
    assert sign * held + most <= max(room, sign * held) + 1e-6
    assert most >= max(0.0, -sign * held)


@settings(max_examples=200)
@given(SIGN, st.floats(0.01, 1e4), st.floats(-1e5, 1e5), st.floats(1e3, 1e8), st.floats(0.0, 1e8))
def test_the_maximum_by_limits_keeps_every_limit(
    sign: int, price: float, held: float, equity: float, others: float
) -> None:
    """At each maximum the measure is at its limit; no more than what closes the position only where it is beyond."""
    gross = others + abs(held) * price
    found = maximum_by_limits(sign, price, held, equity, gross, LIMITS)
    after = {name: abs(held + sign * most) * price for name, most in found.items()}
    least = max(0.0, -sign * held)
    measures = {
        "position_value_max": (after["position_value_max"], LIMITS.position_value_max),
        "position_weight_max": (after["position_weight_max"], LIMITS.position_weight_max * equity),
        "gross_exposure_max": (others + after["gross_exposure_max"], LIMITS.gross_exposure_max * equity),
    }
    for name, (measure, limit) in measures.items():
        assert found[name] >= least
        if found[name] > least * (1.0 + 1e-9):
            assert measure == pytest.approx(limit, rel=1e-6)
        else:
            assert measure >= limit * (1.0 - 1e-6)
    assert found["order_quantity_max"] == LIMITS.order_quantity_max
    assert found["order_value_max"] * price == pytest.approx(LIMITS.order_value_max)


@settings(max_examples=200)
@given(QUANTITY, st.dictionaries(st.sampled_from(["var", "liquidity", "limits"]), QUANTITY | st.just(inf)), LOT)
def test_the_recommendation_is_the_smallest_rounded_down(wanted: float, caps: dict[str, float], lot: Decimal) -> None:
    """A whole number of lots, at most every candidate and less than a lot below the smallest, which is named."""
    found = recommend("kelly", wanted, caps, lot)
    smallest = min([wanted, *caps.values()])
    assert found.allowed == smallest == dict(found.candidates)[found.binding]
    assert found.quantity % lot == 0
    assert 0 <= Decimal(repr(smallest)) - found.quantity < lot
    assert found.candidates == (("kelly", wanted), *caps.items())


def test_what_binds_among_equals() -> None:
    """The method before the caps, the caps in their order; a lot larger than what is allowed leaves nothing."""
    assert recommend("kelly", 5.0, {"var": 5.0}, Decimal(1)).binding == "kelly"
    assert recommend("kelly", 9.0, {"b": 5.0, "a": 5.0}, Decimal(1)).binding == "b"
    assert recommend("kelly", 99.0, {}, Decimal(100)).quantity == 0
    assert recommend("kelly", 0.3, {}, Decimal("0.1")).quantity == Decimal("0.3")
    assert recommend("kelly", np.float64(7.5), {}, Decimal(1)).quantity == 7


REFUSED: dict[str, Callable[[], object]] = {
    "quantity": lambda: recommend("kelly", nan, {}, Decimal(1)),
    "caps['var']": lambda: recommend("kelly", 1.0, {"var": nan}, Decimal(1)),
    "caps['limits']": lambda: recommend("kelly", 1.0, {"var": 1.0, "limits": -1.0}, Decimal(1)),
    "caps": lambda: recommend("kelly", 1.0, {"kelly": 2.0}, Decimal(1)),
    "lot": lambda: recommend("kelly", 1.0, {}, Decimal(0)),
    "sign": lambda: maximum_by_liquidity(0, 1.0, 1.0, 0.1, 1.0),
    "adv": lambda: maximum_by_liquidity(1, 1.0, 0.0, 0.1, 1.0),
    "participation": lambda: maximum_by_liquidity(1, 1.0, 1.0, 1.1, 1.0),
    "days_max": lambda: maximum_by_liquidity(1, 1.0, 1.0, 0.1, nan),
    "position": lambda: maximum_by_limits(1, 1.0, nan, 1.0, 0.0, LIMITS),
    "price": lambda: maximum_by_limits(1, 0.0, 0.0, 1.0, 0.0, LIMITS),
    "equity": lambda: maximum_by_limits(1, 1.0, 0.0, 0.0, 0.0, LIMITS),
    "gross": lambda: maximum_by_limits(1, 1.0, 0.0, 1.0, -1.0, LIMITS),
    "variance": lambda: maximum_by_var(1, 1.0, nan, 0.0, 0.1, 1.0, 0.99),
    "covered": lambda: maximum_by_var(1, 1.0, 1.0, inf, 0.1, 1.0, 0.99),
    "own": lambda: maximum_by_var(1, 1.0, 1.0, 0.0, -0.1, 1.0, 0.99),
    "var_max": lambda: maximum_by_var(1, 1.0, 1.0, 0.0, 0.1, -1.0, 0.99),
    "confidence": lambda: maximum_by_var(1, 1.0, 1.0, 0.0, 0.1, 1.0, 0.5),
}


@pytest.mark.parametrize("field", REFUSED)
def test_what_is_unknown_or_out_of_range_is_refused(field: str) -> None:
    """An unknown cap is never no cap: the error names the field, its value and what was expected."""
    with pytest.raises(ValueError, match="expected") as error:
        REFUSED[field]()
    assert str(error.value).startswith(f"`{field}` ")


def test_a_quantity_beyond_the_wire_is_refused() -> None:
    """What no decimal on the wire can hold is an error and not rounded."""
    with pytest.raises(ValueError, match="`quantity` is"):
        recommend("kelly", 1e16, {"var": inf}, Decimal(1))
