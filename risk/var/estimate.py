"""What a VaR method answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import pandas as pd

Parameter = float | int | str | bool | None


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """Where the figure lies with probability ``level``, in money; ``basis`` says by what argument."""

    low: float
    high: float
    level: float
    basis: str


class VarEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """VaR and ES of a book over ``horizon_days``, positive losses in money; negative says that even that is a gain.

    ``observations`` counts the returns behind it, at most a ``window`` of them (``None``: all), ``scaling`` says how
    the horizon was reached, ``parameters`` are the method's, given and fitted. By symbol: ``marginal`` is
    dVaR/d(exposure); ``component`` is exposure * marginal and sums to ``value``; ``component_es`` sums to ``es``;
    ``incremental`` is what the VaR would fall by without it, where that has a number, and ``incremental_unavailable``
    the reason where it has none.
    """

    method: str
    confidence: float
    horizon_days: int
    value: float
    es: float
    interval: Interval
    es_interval: Interval
    observations: int
    scaling: str
    exposure: dict[str, float]
    marginal: dict[str, float]
    component: dict[str, float]
    component_es: dict[str, float]
    incremental: dict[str, float]
    warnings: tuple[str, ...] = ()
    parameters: dict[str, Parameter] = {}
    incremental_unavailable: dict[str, str] = {}
    window: int | None = None

    def by_asset(self) -> pd.DataFrame:
        """The figures by symbol, one row each; missing what is not available."""
        import pandas as pd

        names = ("exposure", "marginal", "component", "component_es", "incremental")
        return pd.DataFrame({name: pd.Series(getattr(self, name), dtype=float) for name in names}).loc[[*self.exposure]]
