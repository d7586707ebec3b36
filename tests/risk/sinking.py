"""A world whose account loses more than its VaR so often that its backtest goes from green over yellow to red."""

from __future__ import annotations

import msgspec
import numpy as np

from schemas.market import MarkKind
from schemas.records import DayRolled
from tests.risk.world import DAY_NS, LOOSE, SYMBOLS, World, bar

CRASH, EVERY = 0.035, 15


class SinkingWorld(World):
    """2,000 AAA, which falls by 3.5 % every 15 days and hardly moves on the others; each day has its bars."""

    def __init__(self) -> None:
        super().__init__(msgspec.structs.replace(LOOSE, historical_var_max=0.010))
        self.fill("AAA", quantity=2000)
        self._random, self._closes, self._days = np.random.default_rng(1), dict.fromkeys(SYMBOLS, 100.0), 0

    def until(self, zone: str) -> DayRolled:
        """Let days pass until one begins in the zone, with all that is measured of the market as it is then."""
        while self._day().zone != zone:
            assert self._days < 400, f"never {zone}"
        self.refresh()
        return self.rolled

    def _day(self) -> DayRolled:
        """A day from its first price to its bars and the roll that ends it."""
        self._days += 1
        moves = 0.01 * self._random.standard_normal(len(SYMBOLS))
        moves[0] = 0.2 * moves[0] if self._days % EVERY else -CRASH
        for symbol, move in zip(SYMBOLS, moves.tolist(), strict=True):
            self._closes[symbol] = round(self._closes[symbol] * (1.0 + move), 2)
        self.now_ns += DAY_NS - 4_000_000_000
        self.tick("VIX", 15.0, kind=MarkKind.INDEX)
        self.confirm("AAA", self._closes["AAA"])
        (self.rolled,) = (body for body in self.sweep() if isinstance(body, DayRolled))
        for symbol, close in self._closes.items():
            self.engine.market.apply_bar(bar(symbol, close, self.now_ns))
        return self.rolled
