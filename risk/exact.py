"""Exact decimal arithmetic for quantities, prices and cash.

Inputs have at most 12 decimals below 1e15 (``schemas.base``), so products of three and sums of very many of them
fit 120 digits; should one ever not fit, the context raises instead of rounding.
"""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

ZERO = Decimal(0)
EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
_ROUNDING = Context(prec=120, traps=[InvalidOperation, Overflow, DivisionByZero])
_COST_UNIT = Decimal("1e-12")

add = EXACT.add
subtract = EXACT.subtract
multiply = EXACT.multiply


def share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """``total * part / whole``, rounded to 1e-12: what is taken away is rounded once, so what is left stays exact."""
    return _ROUNDING.quantize(_ROUNDING.divide(_ROUNDING.multiply(total, part), whole), _COST_UNIT)


def is_multiple(value: Decimal, unit: Decimal) -> bool:
    """Whether ``value`` is a whole number of ``unit``."""
    return not _ROUNDING.remainder(value, unit)


def floor_to(value: Decimal, unit: Decimal) -> Decimal:
    """The largest multiple of ``unit`` at or below a non-negative ``value``."""
    return _ROUNDING.multiply(_ROUNDING.divide_int(value, unit), unit)
