"""Value at risk of an order, and simulated value at risk of a book."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np

from risk.measures.var import normal_quantile, tail_count, variance_after
from risk.var.compiled import compiled_tail
from risk.var.estimate import VarEstimate
from risk.var.incremental import ScenarioBook
from risk.var.methods import value_at_risk
from tests.bench.quant.at_once import simulated_at_once
from tests.bench.quant.timing import Case

ASSETS, SCENARIOS, CONFIDENCE = 20, 500, 0.99
ORDER, AMOUNT = 7, 25_000.0


def cases(paths: tuple[int, ...] = (10_000, 1_000_000)) -> Iterator[Case]:
    """Parametric and historical VaR of an order, then Monte Carlo."""
    random = np.random.default_rng(2)
    market = random.normal(0.0, 0.008, (SCENARIOS, 1))
    rows, held = market + random.normal(0.0, 0.01, (SCENARIOS, ASSETS)), random.normal(0.0, 1e5, ASSETS)
    yield parametric(np.cov(rows.T), held)
    yield historical(rows, held, "numpy", 6.0, compiled=False)
    if compiled_tail() is not None:
        yield historical(rows, held, "compiled", 1.5, compiled=True)
    for count in paths:
        yield monte_carlo(rows, held, count)


def parametric(covariance: Any, held: Any) -> Case:
    """Normal VaR after an order from Sigma w, as the fifth layer reads it."""
    covered, z = covariance @ held, normal_quantile(CONFIDENCE)
    variance = float(held @ covered)

    def quick() -> float:
        after = variance_after(variance, AMOUNT, float(covered[ORDER]), float(covariance[ORDER, ORDER]))
        return z * sqrt(after)

    def naive() -> float:
        after = held.copy()
        after[ORDER] += AMOUNT
        return z * sqrt(after @ covariance @ after)

    return Case(name="parametric VaR of an order", quick=quick, naive=naive, against="w' Sigma w anew", aim_us=1.0)


def historical(rows: Any, held: Any, kernel: str, aim_us: float, *, compiled: bool) -> Case:
    """Historical VaR and ES after an order, one pass over the outcomes; anew from all positions' returns, sorted."""
    book, table = ScenarioBook(rows, held, compiled=compiled), np.ascontiguousarray(rows)
    count = tail_count(SCENARIOS, CONFIDENCE)

    def naive() -> tuple[float, float]:
        after = held.copy()
        after[ORDER] += AMOUNT
        worst = np.sort(table @ after)[:count]
        return -worst[-1], -worst.mean()

    return Case(
        name=f"historical VaR and ES of an order, {kernel}",
        quick=lambda: book.var_es_after(ORDER, AMOUNT, CONFIDENCE),
        naive=naive,
        against=f"{SCENARIOS} scenarios x {ASSETS} assets, sorted",
        aim_us=aim_us,
    )


def monte_carlo(rows: Any, held: Any, paths: int) -> Case:
    """VaR, ES and their parts by asset, with intervals; anew from the same draws, all at once and sorted."""

    def estimate() -> VarEstimate:
        return value_at_risk(rows, held, method="monte_carlo", confidence=CONFIDENCE, paths=paths, volatility="sample")

    return Case(
        name=f"Monte Carlo, {paths:,} paths x {ASSETS} assets",
        quick=estimate,
        naive=lambda: simulated_at_once(rows, held, paths, CONFIDENCE),
        answer=lambda: _figures(estimate()),
        against="all paths drawn at once, sorted",
        aim_us=1.5e6 if paths == 1_000_000 else None,
    )


def _figures(estimate: VarEstimate) -> tuple[Any, ...]:
    """VaR and ES, what each asset adds to them, and the ends of their intervals."""
    parts = (estimate.marginal, estimate.component, estimate.component_es, estimate.incremental)
    intervals = (estimate.interval, estimate.es_interval)
    ends = (end for each in intervals for end in (each.low, each.high))
    return estimate.value, estimate.es, *(list(each.values()) for each in parts), *ends
