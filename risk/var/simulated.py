"""VaR, ES and attribution over simulated scenarios that come in chunks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np

from risk.measures.var import historical_var_es, observations_needed, tail_count
from risk.var.attribution import Attribution, Tail, by_scenarios
from risk.var.estimate import Interval
from risk.var.inputs import Matrix, Vector
from risk.var.intervals import order_statistics, shortfall

#: Scenario returns of at most so many paths, and so many numbers, are kept for the figures by asset.
KEPT_ROWS, KEPT_NUMBERS = 100_000, 1 << 24


class Smoothed(NamedTuple):
    """The order statistic, its derivative averaged over the ranks around it.

    One path says little of who made the loss; the mean of the paths from 3/4 to 5/4 of the rank does, and is brought to
    the VaR by one factor (a kernel estimate of E[r_i | loss = VaR], Tasche 1999).
    """

    confidence: float

    def var_es(self, outcomes: Vector) -> tuple[float, float]:
        """VaR and ES."""
        return historical_var_es(outcomes, self.confidence)

    def tail(self, outcomes: Vector) -> Tail:
        """The ranks around the VaR; the k worst in equal parts."""
        rank = tail_count(len(outcomes), self.confidence)
        half = min(rank // 4, len(outcomes) - rank, rank - 1)
        order = np.argpartition(outcomes, [rank - half - 1, rank - 1, rank + half - 1])
        around = order[rank - half - 1 : rank + half]
        total, wanted = float(outcomes[around].sum()), float(outcomes[order[rank - 1]])
        if total * wanted <= 0.0:
            around, total, wanted = order[rank - 1 : rank], 1.0, 1.0
        return Tail(around, np.full(len(around), wanted / total), order[:rank], np.full(rank, 1.0 / rank))


def simulated(
    chunks: Iterable[Matrix], loads: Matrix, exposures: Vector, confidence: float
) -> tuple[Attribution, tuple[Interval, Interval]]:
    """Figures, and intervals for the simulation's error, over scenarios: chunks [n, N] times ``loads`` [N, N] are
    returns.

    VaR and ES use every path. Figures by asset use the first :data:`KEPT_ROWS` at most and are scaled to the VaR and
    ES of all.
    """
    outcomes, kept, rows = [], [], 0
    direction = loads @ exposures
    wanted = min(KEPT_ROWS, max(KEPT_NUMBERS // len(exposures), observations_needed(confidence)))
    for chunk in chunks:
        outcomes.append(chunk @ direction)
        if rows < wanted:
            kept.append(chunk[: wanted - rows] @ loads)
            rows += len(kept[-1])
    every = np.concatenate(outcomes)
    value, es = historical_var_es(every, confidence)
    figures = _rescaled(by_scenarios(np.concatenate(kept), exposures, Smoothed(confidence)), value, max(es, value))
    return figures, (order_statistics(every, confidence), shortfall(every, value, es, confidence))


def alone(interval: Interval) -> Interval:
    """The interval, saying that it takes no account of what was estimated before."""
    return msgspec.structs.replace(interval, basis=f"{interval.basis}; of the simulation alone")


def _rescaled(figures: Attribution, value: float, es: float) -> Attribution:
    """Components that sum to this VaR and ES."""
    by_value = value / figures.value if figures.value else 1.0
    by_es = es / figures.es if figures.es else 1.0
    return Attribution(
        value,
        es,
        figures.marginal * by_value,
        figures.component * by_value,
        figures.component_es * by_es,
        figures.incremental * by_value,
    )
