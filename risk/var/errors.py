"""Refusals: no number is better than a made-up one."""

from __future__ import annotations


class VarError(ValueError):
    """Input that gives no VaR; the message names the field, its value and what was expected."""


class TooFewObservations(VarError):
    """Less data than the method needs at this confidence."""


class OutsideValidRegion(VarError):
    """The method's formula does not hold for these figures."""
