"""The traffic light, and Z2's critical value, for overlapping windows of several days."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from risk.backtests.traffic_light import GREEN_SHARE, YELLOW_SHARE, Bounds
from risk.measures.var import normal_es, normal_quantile
from risk.var.errors import VarError
from risk.var.inputs import between

_CELLS = 1_000_000


@lru_cache(maxsize=32)
def overlapping_bounds(
    observations: int = 250, confidence: float = 0.99, horizon_days: int = 10, paths: int = 200_000, seed: int = 0
) -> Bounds:
    """Zones for the exceptions of ``observations`` overlapping ``horizon_days`` returns under a right model.

    Neighbouring windows share days, so that exceptions come in runs and no binomial holds: the distribution is that of
    simulated independent normal days, and the zones end as in :func:`risk.backtests.traffic_light.bounds`. 250 windows
    of 10 days at 99 %: green to 8, yellow to 24; the second is good to 1 with 200,000 paths.

    :raises VarError: a number below 1, or a confidence outside 0 to 1.
    """
    between("confidence", confidence, 0.0, 1.0)
    limit = -normal_quantile(confidence)
    counts = [np.sum(each < limit, axis=1) for each in _windows(observations, horizon_days, paths, seed)]
    ends = np.quantile(np.concatenate(counts), [GREEN_SHARE, YELLOW_SHARE], method="inverted_cdf")
    return Bounds(int(ends[0]) - 1, int(ends[1]) - 1)


@lru_cache(maxsize=32)
def overlapping_critical_value(
    significance: float = 0.05,
    observations: int = 250,
    confidence: float = 0.975,
    horizon_days: int = 10,
    paths: int = 20_000,
    seed: int = 0,
) -> float:
    """:func:`risk.backtests.acerbi_szekely.critical_value` of normal days for overlapping windows, whose exceptions
    come in runs: lower than that of as many days, -1.8 for 250 windows of 10 days.

    :raises VarError: a number below 1, or a share outside 0 to 1.
    """
    for name, value in (("significance", significance), ("confidence", confidence)):
        between(name, value, 0.0, 1.0)
    limit, scale = -normal_quantile(confidence), normal_es(confidence) * observations * (1.0 - confidence)
    sums = [np.sum(each * (each < limit), axis=1) for each in _windows(observations, horizon_days, paths, seed)]
    return float(np.quantile(np.concatenate(sums) / scale, significance)) + 1.0


def _windows(observations: int, days: int, paths: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Sums of ``days`` independent normal days at unit variance [some paths, observations], till all paths are drawn.

    :raises VarError: a number below 1.
    """
    if min(observations, days, paths) < 1:
        raise VarError(
            f"`observations`, `horizon_days` and `paths` are {observations}, {days} and {paths}, expected at least 1"
        )
    generator, chunk = np.random.default_rng(seed), max(1, _CELLS // observations)
    for done in range(0, paths, chunk):
        count = min(chunk, paths - done)
        walk = np.zeros((count, observations + days), dtype=np.float32)
        generator.standard_normal((count, observations + days - 1), dtype=np.float32).cumsum(axis=1, out=walk[:, 1:])
        yield (walk[:, days:] - walk[:, :-days]) / np.float32(days**0.5)
