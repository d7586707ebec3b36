"""The scenarios that accounts are held to, as vectors: P&L over K scenarios is one multiplication per position."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from risk.stress.custom import CUSTOM
from risk.stress.historical import HISTORICAL
from risk.stress.scenario import IMPACT, Scenario
from schemas.reference import Instrument

Vector = NDArray[np.float64]
Outcomes = Vector | list[float]


class ScenarioSet:
    """K scenarios in a fixed order. Vectors are read-only and kept, so that an order pays for a look-up only.

    :raises ValueError: no scenario, or two of one name.
    """

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = tuple(scenarios)
        self.names = tuple(scenario.name for scenario in self.scenarios)
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(f"`scenarios` has the names {', '.join(self.names)}, expected one or more, each once")
        numbered = tuple(enumerate(self.scenarios))
        self._costs = tuple(
            (k, each.spread_multiple, IMPACT / sqrt(each.volume_share)) for k, each in numbered if each.costs
        )
        self._tails = tuple(
            (k, each.volatility_multiple, each.correlation_one) for k, each in numbered if each.volatility_multiple
        )
        self._shocks: dict[tuple[str, str], tuple[Instrument, Vector | None]] = {}
        self._currencies: dict[tuple[str, str], Vector] = {}
        self._chosen: dict[tuple[str, ...], tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.scenarios)

    def shocks(self, instrument: Instrument, base_currency: str) -> Vector | None:
        """Simple returns [K] of an instrument in an account's currency; ``None`` where a scenario has no figure for it:
        an equity whose sector is none of :data:`risk.stress.scenario.SECTORS`."""
        key = instrument.symbol, base_currency
        kept = self._shocks.get(key)
        if kept is None or kept[0] is not instrument:
            kept = self._shocks[key] = instrument, self._vector(instrument, base_currency)
        return kept[1]

    def trade_shocks(self, instrument: Instrument, base_currency: str, negative: bool = False) -> Vector | None:
        """P&L [K] for each unit of exposure that is bought, the opposite of a sale's: the instrument's shocks less
        those of the cash in its currency that it is paid with, or that the buyer gets where the price is ``negative``.
        ``None`` as :meth:`shocks`."""
        shocks = self.shocks(instrument, base_currency)
        if shocks is None or instrument.currency == base_currency:
            return shocks
        cash = self.currency_shocks(instrument.currency, base_currency)
        return shocks + cash if negative else shocks - cash

    def currency_shocks(self, currency: str, base_currency: str) -> Vector:
        """Simple returns [K] of cash in a currency."""
        key = currency, base_currency
        if key not in self._currencies:
            self._currencies[key] = _frozen([each.currency_shock(currency, base_currency) for each in self.scenarios])
        return self._currencies[key]

    def chosen(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        """Indices of the named scenarios; ``None`` if the set lacks one of them."""
        if names not in self._chosen:
            known = all(name in self.names for name in names)
            self._chosen[names] = tuple(self.names.index(name) for name in names) if known else ()
        return self._chosen[names] or None

    def take_costs(
        self, outcomes: Outcomes, before: float, after: float, half_spread: float, daily_value: float
    ) -> None:
        """Charge ``outcomes`` [K] with what selling an exposure costs that goes from ``before`` to ``after`` (money).
        ``half_spread`` is relative, ``daily_value`` the money traded in a day; nan where either is unknown."""
        size_before, size_after = abs(before), abs(after)
        for k, multiple, impact in self._costs:
            wide = multiple * half_spread
            outcomes[k] -= _cost(size_after, wide, impact, daily_value) - _cost(size_before, wide, impact, daily_value)

    def take_tails(self, outcomes: Outcomes, z: float, sigma: float, undiversified: float) -> None:
        """Charge ``outcomes`` [K] with the VaR of the scenarios that change volatility or correlation: ``sigma`` is the
        book's standard deviation in money, ``undiversified`` sum |x_i| sigma_i."""
        for k, multiple, correlated in self._tails:
            outcomes[k] -= z * multiple * (undiversified if correlated else sigma)

    def _vector(self, instrument: Instrument, base_currency: str) -> Vector | None:
        shocks = [each.shock(instrument, base_currency) for each in self.scenarios]
        known = [shock for shock in shocks if shock is not None]
        return _frozen(known) if len(known) == len(shocks) else None


def _cost(size: float, half_spread: float, impact: float, daily_value: float) -> float:
    if not size:
        return 0.0
    return size * (half_spread + impact * sqrt(size / daily_value)) if daily_value > 0.0 else float("nan")


def _frozen(values: list[float]) -> Vector:
    vector = np.array(values, dtype=np.float64)
    vector.flags.writeable = False
    return vector


#: What ships: seven of history and of the Federal Reserve, then the custom ones.
SHIPPED = ScenarioSet((*HISTORICAL, *CUSTOM))
