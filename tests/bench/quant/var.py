"""Value at risk of an order, and simulated value at risk of a book."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np

from risk.measures.var import historical_var_es, normal_quantile, variance_after
from risk.var.compiled import compiled_tail
from risk.var.incremental import ScenarioBook
from risk.var.methods import value_at_risk
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
    """Historical VaR and ES after an order, one pass over the outcomes."""
    book = ScenarioBook(rows, held, compiled=compiled)
    table = np.ascontiguousarray(rows)

    def naive() -> tuple[float, float]:
        after = held.copy()
        after[ORDER] += AMOUNT
        return historical_var_es(table @ after, CONFIDENCE)

    return Case(
        name=f"historical VaR and ES of an order, {kernel}",
        quick=lambda: book.var_es_after(ORDER, AMOUNT, CONFIDENCE),
        naive=naive,
        against=f"{SCENARIOS} scenarios x {ASSETS} assets anew",
        aim_us=aim_us,
    )


def monte_carlo(rows: Any, held: Any, paths: int) -> Case:
    """VaR, ES and what each asset adds, against all returns drawn at once and the book without each valued anew."""
    covariance = np.cov(rows.T)

    def quick() -> float:
        answer = value_at_risk(
            rows, held, method="monte_carlo", confidence=CONFIDENCE, paths=paths, volatility="sample"
        )
        return answer.value

    def naive() -> float:
        drawn = np.random.default_rng(0).multivariate_normal(np.zeros(ASSETS), covariance, paths)
        without = held * (1.0 - np.eye(ASSETS))
        whole, *_ = (historical_var_es(drawn @ book, CONFIDENCE)[0] for book in (held, *without))
        return whole

    return Case(
        name=f"Monte Carlo, {paths:,} paths x {ASSETS} assets",
        quick=quick,
        naive=naive,
        against="all drawn at once, without each asset anew",
        aim_us=1.5e6 if paths == 1_000_000 else None,
        rel=None,
    )
