"""The largest quantity of an order that a limit allows; units of the instrument, never negative, 0 for no room.

``sign`` is +1 for a buy and -1 for a sale, ``position`` the signed quantity held, ``price`` money a unit.
"""

from __future__ import annotations

from math import inf, sqrt

from risk.measures.var import normal_quantile
from risk.sizing.checks import finite, fraction, not_negative, positive
from schemas.limits import LimitSet


def maximum_by_var(
    sign: int, price: float, variance: float, covered: float, own: float, var_max: float, confidence: float
) -> float:
    """Largest quantity after which z sqrt(w'Sw + 2 d (Sw)_i + d^2 S_ii) <= ``var_max``, d = sign * price * quantity.

    In closed form from ``variance`` = w'Sw (money^2), ``covered`` = (Sw)_i (money) and ``own`` = S_ii of the order's
    asset. A book that is over the limit gets what brings it within, if the order can: a smaller quantity then is
    either within or lowers VaR. ``inf`` for an asset without risk in a book within its limit.

    >>> round(maximum_by_var(1, 10.0, 0.0, 0.0, 0.04, 2.0, 0.9772498680518208), 9)
    0.5

    :raises ValueError: a parameter out of range.
    """
    toward = _sign(sign) * finite("covered", covered)
    own_variance = not_negative("own", own)
    if not 0.5 < confidence < 1.0:
        raise ValueError(f"`confidence` is {confidence}, expected above 0.5 and below 1")
    spare = (not_negative("var_max", var_max) / normal_quantile(confidence)) ** 2 - not_negative("variance", variance)
    return _largest_root(own_variance, toward, spare) / positive("price", price)


def _largest_root(own: float, toward: float, spare: float) -> float:
    """Largest t >= 0 with own t^2 + 2 toward t <= spare, 0 if none, written so that nothing cancels."""
    inside = toward * toward + own * spare
    if inside < 0.0:
        return 0.0
    if toward > 0.0:
        return max(0.0, spare / (toward + sqrt(inside)))
    if own == 0.0:
        return inf if spare >= 0.0 else 0.0
    return max(0.0, (sqrt(inside) - toward) / own)


def maximum_by_liquidity(sign: int, position: float, adv: float, participation: float, days_max: float) -> float:
    """Largest quantity after which the position sells in ``days_max`` days at that share of the volume.

    participation * ADV * days_max, less what is held on the order's side; closing a position always has room.

    >>> maximum_by_liquidity(1, 40.0, 1_000.0, 0.1, 2.0), maximum_by_liquidity(-1, 40.0, 1_000.0, 0.1, 2.0)
    (160.0, 240.0)

    :raises ValueError: a parameter out of range.
    """
    room = positive("adv", adv) * fraction("participation", participation) * positive("days_max", days_max)
    return _until(room, _sign(sign) * finite("position", position))


def maximum_by_limits(
    sign: int, price: float, position: float, equity: float, gross: float, limits: LimitSet
) -> dict[str, float]:
    """Largest quantity by each limit of order, position and gross exposure, by the limit's name.

    ``equity`` and ``gross``, the sum of |position value|, are money. What closes a position is within every exposure
    limit, as it is in the layers; the order's own limits hold always.

    >>> maximum_by_limits(1, 50.0, 0.0, 100_000.0, 0.0, LimitSet())["position_weight_max"]
    500.0

    :raises ValueError: a parameter out of range, equity that is not positive.
    """
    unit, capital = positive("price", price), positive("equity", equity)
    held = _sign(sign) * finite("position", position)
    others = max(0.0, not_negative("gross", gross) - abs(held) * unit)
    return {
        "order_quantity_max": limits.order_quantity_max,
        "order_value_max": limits.order_value_max / unit,
        "position_value_max": _until(limits.position_value_max / unit, held),
        "position_weight_max": _until(limits.position_weight_max * capital / unit, held),
        "gross_exposure_max": _until((limits.gross_exposure_max * capital - others) / unit, held),
    }


def _until(room: float, held: float) -> float:
    """Quantity that takes ``held``, signed as the order, to ``room``, or to nothing if there is none."""
    return max(0.0, max(0.0, room) - held)


def _sign(sign: int) -> int:
    if sign not in {1, -1}:
        raise ValueError(f"`sign` is {sign}, expected 1 or -1")
    return sign
