"""Every VaR method by name, and the one call that most people need."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, cast

import msgspec
from numpy.typing import ArrayLike

from risk.var.age_weighted import AgeWeighted
from risk.var.cornish_fisher import CornishFisher
from risk.var.errors import VarError
from risk.var.estimate import VarEstimate
from risk.var.extreme_value import ExtremeValue
from risk.var.filtered_historical import FilteredHistorical
from risk.var.historical import Historical
from risk.var.inputs import Portfolio, check_type, one_of, portfolio
from risk.var.monte_carlo import MonteCarlo
from risk.var.parametric_normal import ParametricNormal
from risk.var.parametric_t import ParametricT
from risk.window import WINDOW


class VarMethod(Protocol):
    """A method: its parameters, checked when it is made, and an estimate of a book."""

    name: ClassVar[str]

    def estimate(self, book: Portfolio, confidence: float, horizon_days: int = 1) -> VarEstimate:
        """VaR and ES of the book; a :class:`risk.var.errors.VarError` where there is no honest number."""


DEFAULT = FilteredHistorical.name

METHODS: Mapping[str, type[VarMethod]] = MappingProxyType(
    {
        method.name: method
        for method in (
            ParametricNormal,
            ParametricT,
            CornishFisher,
            Historical,
            AgeWeighted,
            FilteredHistorical,
            MonteCarlo,
            ExtremeValue,
        )
    }
)


def value_at_risk(
    returns: ArrayLike,
    exposures: ArrayLike | Mapping[str, float] | None = None,
    *,
    method: str = DEFAULT,
    confidence: float = 0.99,
    horizon_days: int = 1,
    window: int | None = WINDOW,
    **parameters: Any,
) -> VarEstimate:
    """VaR and ES of a book by one of :data:`METHODS`, with its parameters, over the last ``window`` returns (``None``:
    all), by default as many as the engine takes.

    ``returns`` and ``exposures`` as in :func:`risk.var.inputs.portfolio`: a returns matrix [T, N] and money by asset,
    or a P&L series [T], numpy or pandas.

    >>> import numpy as np
    >>> estimate = value_at_risk(np.arange(-10.0, 10.0), method="historical", confidence=0.9)
    >>> estimate.value, estimate.es
    (8.0, 9.0)

    :raises VarError: an unknown method or parameter, or input that gives no honest number.
    """
    one_of("method", method, tuple(METHODS))
    kind = METHODS[method]
    known = set(cast("type[msgspec.Struct]", kind).__struct_fields__)
    unknown = sorted(parameters.keys() - known)
    if unknown:
        raise VarError(f"`{unknown[0]}` is no parameter of {method}, expected {', '.join(sorted(known)) or 'none'}")
    types = {field.name: field.type for field in msgspec.structs.fields(cast("type[msgspec.Struct]", kind))}
    for name, value in parameters.items():
        check_type(name, value, types[name])
    estimate = kind(**parameters).estimate(portfolio(returns, exposures, window), confidence, horizon_days)
    return msgspec.structs.replace(estimate, window=window)
