"""The traffic light for overlapping windows of several days."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from risk.backtests.traffic_light import GREEN_SHARE, YELLOW_SHARE, Bounds
from risk.measures.var import normal_quantile
from risk.var.errors import VarError

Counts = NDArray[np.int64]
_CHUNK = 4096


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
    if min(observations, horizon_days, paths) < 1:
        raise VarError(
            f"`observations`, `horizon_days` and `paths` are {observations}, {horizon_days} and {paths}, "
            "expected at least 1"
        )
    if not 0.0 < confidence < 1.0:
        raise VarError(f"`confidence` is {confidence}, expected between 0 and 1")
    limit = -normal_quantile(confidence) * horizon_days**0.5
    generator = np.random.default_rng(seed)
    counts = [
        _exceptions(generator, min(_CHUNK, paths - done), observations, horizon_days, limit)
        for done in range(0, paths, _CHUNK)
    ]
    ends = np.quantile(np.concatenate(counts), [GREEN_SHARE, YELLOW_SHARE], method="inverted_cdf")
    return Bounds(int(ends[0]) - 1, int(ends[1]) - 1)


def _exceptions(generator: np.random.Generator, paths: int, observations: int, days: int, limit: float) -> Counts:
    """How many of the windows of each path end below the limit."""
    walk = np.zeros((paths, observations + days), dtype=np.float32)
    walk[:, 1:] = generator.standard_normal((paths, observations + days - 1), dtype=np.float32)
    np.cumsum(walk, axis=1, out=walk)
    beyond: Counts = np.sum(walk[:, days:] - walk[:, :-days] < limit, axis=1, dtype=np.int64)
    return beyond
