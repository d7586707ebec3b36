"""The latest value of what is no instrument: levels of indices, and exchange rates."""

from __future__ import annotations

from risk.estimators.tick_filter import TickFilter, TickRule
from schemas.market import Mark

_INFINITY = float("inf")


class Latest:
    """Last believed value and its time by name, in ``values``."""

    def __init__(self, rule: TickRule) -> None:
        self.values: dict[str, tuple[float, int]] = {}
        self._rule = rule
        self._filters: dict[str, TickFilter] = {}

    def take(self, mark: Mark) -> str | None:
        """Take a mark's price; why it is not taken, or ``None``."""
        if mark.price is None:
            return "price_missing"
        value, name, time_ns = float(mark.price), mark.symbol, mark.event_time_ns
        if not 0.0 < value < _INFINITY:
            return "price_invalid"
        if name in self.values and time_ns < self.values[name][1]:
            return "mark_older"
        found = self._filters.get(name)
        if found is None:
            found = self._filters[name] = TickFilter(self._rule)
        refusal = found.refusal(value, time_ns)
        if refusal is None:
            self.values[name] = value, time_ns
        return refusal
