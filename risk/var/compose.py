"""Puts a method's figures together as the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from risk.measures.var import observations_needed
from risk.var.attribution import Attribution
from risk.var.estimate import Interval, Parameter, VarEstimate
from risk.var.inputs import Portfolio, Vector

SQRT_RULE = "sqrt(h): independent returns"
HORIZON_WARNING = "the one-day figure times sqrt(h) holds only for independent returns"


def compose(
    method: str,
    book: Portfolio,
    confidence: float,
    horizon_days: int,
    figures: Attribution,
    intervals: tuple[Interval, Interval],
    scaling: str,
    parameters: dict[str, Parameter],
    warnings: Sequence[str] = (),
    unavailable: Mapping[str, str] = MappingProxyType({}),
) -> VarEstimate:
    """The estimate, with figures by symbol; adding 0.0 makes a plain zero of a negative one. A tail that the method
    assumed, for too little was observed, is among the warnings. ``unavailable``: why a symbol has no increment."""

    def named(values: Vector) -> dict[str, float]:
        return dict(zip(book.symbols, (np.asarray(values, dtype=float) + 0.0).tolist(), strict=True))

    return VarEstimate(
        method=method,
        confidence=confidence,
        horizon_days=horizon_days,
        value=figures.value + 0.0,
        es=figures.es + 0.0,
        interval=intervals[0],
        es_interval=intervals[1],
        observations=len(book.returns),
        scaling=scaling if horizon_days > 1 else "one day",
        exposure=named(book.exposures),
        marginal=named(figures.marginal),
        component=named(figures.component),
        component_es=named(figures.component_es),
        incremental={name: lost for name, lost in named(figures.incremental).items() if name not in unavailable},
        incremental_unavailable=dict(unavailable),
        warnings=(*warnings, *_extrapolated(len(book.returns), confidence)),
        parameters=parameters,
    )


def _extrapolated(count: int, confidence: float) -> tuple[str, ...]:
    needed = observations_needed(confidence)
    if count >= needed:
        return ()
    return (
        f"extrapolates beyond {count} observations: one is expected beyond the VaR at {confidence:.1%} of {needed}",
    )


def scaled_interval(interval: Interval, factor: float) -> Interval:
    """Both ends times that."""
    return Interval(low=interval.low * factor, high=interval.high * factor, level=interval.level, basis=interval.basis)
