"""Books to try the methods on."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from risk.var.inputs import Matrix, Portfolio, portfolio

#: Every method, in several of its settings, quick enough to run hundreds of times.
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "normal": ("parametric_normal", {}),
    "normal, garch": ("parametric_normal", {"volatility": "garch"}),
    "student": ("parametric_t", {"df": 5.0}),
    "student, fitted": ("parametric_t", {"volatility": "sample", "df": None}),
    "cornish_fisher": ("cornish_fisher", {}),
    "historical": ("historical", {}),
    "historical, linear": ("historical", {"quantile": "linear"}),
    "historical, windows": ("historical", {"overlapping": True}),
    "age_weighted": ("age_weighted", {}),
    "filtered": ("filtered_historical", {"paths": 1_000}),
    "normal, fitted": ("parametric_normal", {"volatility": "garch_fitted"}),
    "filtered, gjr": ("filtered_historical", {"volatility": "gjr_fitted"}),
    "bootstrap, fitted": (
        "monte_carlo",
        {"paths": 1_000, "distribution": "garch_bootstrap", "volatility": "garch_fitted"},
    ),
    "filtered, garch": ("filtered_historical", {"volatility": "garch", "paths": 1_000}),
    "monte_carlo": ("monte_carlo", {"paths": 2_000}),
    "monte_carlo, antithetic": ("monte_carlo", {"paths": 2_000, "sampling": "antithetic"}),
    "monte_carlo, student": ("monte_carlo", {"paths": 1_000, "distribution": "student_t", "sampling": "antithetic"}),
    "monte_carlo, sobol": ("monte_carlo", {"paths": 1_000, "distribution": "student_t", "sampling": "sobol", "df": 4}),
    "monte_carlo, bootstrap": ("monte_carlo", {"paths": 1_000, "distribution": "garch_bootstrap"}),
    "extreme_value": ("extreme_value", {}),
    "extreme_value, filtered": ("extreme_value", {"filtered": True}),
}
EXPOSURES = [1e6, -4e5, 2e5]


def returns(rows: int = 400, seed: int = 0) -> Matrix:
    """Heavy-tailed, correlated returns [rows, 3]."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(6, (rows, 3)) * np.array([0.01, 0.006, 0.02])
    shocks += 0.5 * random.normal(0.0, 0.01, (rows, 1))
    return np.asarray(shocks)


def book(rows: int = 400, seed: int = 0) -> Portfolio:
    """Long, short and long."""
    return portfolio(returns(rows, seed), EXPOSURES)


def rough_books(rows: int = 320) -> st.SearchStrategy[Portfolio]:
    """Finite returns of any shape: ties, runs of zeros, constants, jumps, assets that never move, no variance."""
    values = st.floats(-0.9, 3.0, allow_subnormal=False) | st.sampled_from([0.0, 0.01, -0.01])
    sparse = arrays(np.float64, st.tuples(st.just(rows), st.integers(1, 3)), elements=values, fill=st.just(0.0))
    dense = st.builds(
        _wild,
        st.just(rows),
        st.integers(0, 2**32 - 1),
        st.integers(1, 3),
        st.integers(1, 6),
        st.sampled_from([1e-6, 1e-2, 1.0]),
    )
    money = st.floats(-1e9, 1e9, allow_subnormal=False) | st.just(0.0)
    return (sparse | dense).flatmap(
        lambda r: st.lists(money, min_size=r.shape[1], max_size=r.shape[1]).map(lambda held: portfolio(r, held))
    )


def _wild(rows: int, seed: int, columns: int, decimals: int, size: float) -> Matrix:
    """Cauchy returns, rounded, beginning or ending with still days now and then."""
    random = np.random.default_rng(seed)
    table = size * np.clip(np.round(random.standard_cauchy((rows, columns)), decimals), -100.0, 100.0)
    still = int(random.integers(0, rows))
    if seed % 3:
        table[: still if seed % 3 == 1 else -still] = 0.0
    return np.asarray(table)
