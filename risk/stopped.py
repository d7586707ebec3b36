"""Tells of symbols whose bars have stopped: their estimates are withdrawn, and somebody should know why."""

from __future__ import annotations

from typing import Any

from risk.background import Job, Notice
from risk.market import MarketState


class StoppedSymbols:
    """One notice a stop. Measure of :mod:`risk.background` with nothing to compute."""

    name = "symbol_stopped"

    def __init__(self) -> None:
        self._told: frozenset[str] = frozenset()

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """The symbols that nobody was told of since they stopped."""
        del now_ns
        self._told &= market.stopped
        news = market.stopped - self._told
        return Job(self.name, sorted, (news,)) if news else None

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Tell."""
        del now_ns
        self._told |= frozenset(result)
        bound = market.config.bars_missed_max
        return [
            Notice(self.name, f"{symbol} has had no bar for more than {bound} rows: its estimates are not used")
            for symbol in result
        ]
