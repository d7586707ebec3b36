"""The recommended quantity: the smallest of what the method says and what every cap allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from risk.exact import floor_to
from risk.sizing.checks import not_negative
from schemas.base import MAGNITUDE_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """``quantity`` in whole lots; ``binding`` names what gave it, and ``allowed`` is what that was before rounding.

    ``candidates`` holds the method's quantity and every cap by name, the method first.
    """

    quantity: Decimal
    binding: str
    allowed: float
    candidates: tuple[tuple[str, float], ...]


def recommend(method: str, quantity: float, caps: Mapping[str, float], lot: Decimal) -> Recommendation:
    """The smallest of the method's ``quantity`` and the ``caps`` by name, units, rounded down to whole lots.

    The binding one is the first of equals, the method before the caps. A cap may be infinite, never unknown. Floats
    are read as the shortest decimal that is them: 0.3 is three lots of 0.1.

    >>> found = recommend("kelly_binary", 130.7, {"var": 90.5, "liquidity": float("inf")}, Decimal(5))
    >>> str(found.quantity), found.binding
    ('90', 'var')

    :raises ValueError: a nan or negative quantity or cap, a quantity that is too large, a cap with the method's name, a
        lot not above 0.
    """
    if not (lot.is_finite() and lot > 0):
        raise ValueError(f"`lot` is {lot}, expected above 0 and finite")
    if method in caps:
        raise ValueError(f"`caps` holds {method!r}, expected other names than the method's")
    candidates = ((method, not_negative("quantity", quantity)), *((name, _cap(name, caps[name])) for name in caps))
    binding, allowed = min(candidates, key=lambda candidate: candidate[1])
    exact = Decimal(repr(float(allowed)))
    if exact >= MAGNITUDE_MAX:
        raise ValueError(f"`quantity` is {allowed}, expected below {MAGNITUDE_MAX}")
    return Recommendation(quantity=floor_to(exact, lot), binding=binding, allowed=allowed, candidates=candidates)


def _cap(name: str, cap: float) -> float:
    if not cap >= 0.0:
        raise ValueError(f"`caps[{name!r}]` is {cap}, expected at least 0")
    return cap
