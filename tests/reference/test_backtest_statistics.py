"""Every statistic of the backtests, batch and stream, against its definition by plain loops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from risk.backtests.acerbi_szekely import z1, z2
from risk.backtests.christoffersen import conditional_coverage, independence, transitions
from risk.backtests.kupiec import kupiec
from risk.backtests.quantile_loss import quantile_loss
from risk.backtests.tracker import BacktestTracker

Vector = NDArray[np.float64]


def by_hand(pnl: Vector, var: Vector, es: Vector, share: float) -> dict[str, float]:
    """Every statistic from its definition, one day after the other."""
    days, hits = len(pnl), [bool(x < -v) for x, v in zip(pnl, var, strict=True)]
    ratios = [x / e for x, e, hit in zip(pnl, es, hits, strict=True) if hit]
    after = {state: [hit for before, hit in pairwise(hits) if before is state] for state in (False, True)}
    rates = {state: sum(following) / len(following) for state, following in after.items()}
    coverage, single = stats.binom.logpmf(sum(hits), days, [share, sum(hits) / days])
    chain = sum(stats.bernoulli.logpmf(following, rates[state]).sum() for state, following in after.items())
    tied = stats.bernoulli.logpmf(hits[1:], sum(hits[1:]) / (days - 1)).sum()
    losses = [(x + v) * (share - 1.0 if hit else share) for x, v, hit in zip(pnl, var, hits, strict=True)]
    return {
        "kupiec": -2.0 * (coverage - single),
        "independence": -2.0 * (tied - chain),
        "z1": sum(ratios) / len(ratios) + 1.0,
        "z2": sum(ratios) / (days * share) + 1.0,
        "quantile_loss": sum(losses) / days,
    }


@pytest.mark.parametrize(("confidence", "seed"), [(0.9, 1), (0.95, 2), (0.975, 3)])
def test_every_statistic_is_its_definition(confidence: float, seed: int) -> None:
    """500 days of Student-t 3 against VaR and ES that change from day to day, with three exceptions in a row: batch and
    stream have the statistics and p-values of the definitions, to 1e-9."""
    random = np.random.default_rng(seed)
    pnl, var = random.standard_t(3, 500), random.uniform(1.8, 2.2, 500)
    pnl[100:103] = -9.0
    es, hits = var * random.uniform(1.2, 1.6, 500), pnl < -var
    expected = by_hand(pnl, var, es, 1.0 - confidence)
    both = expected["kupiec"] + expected["independence"]
    batch = kupiec(int(hits.sum()), 500, confidence), independence(transitions(hits))
    assert [test.statistic for test in batch] == pytest.approx([expected["kupiec"], expected["independence"]], rel=1e-9)
    assert conditional_coverage(hits, confidence).statistic == pytest.approx(both, rel=1e-9)
    assert z1(pnl, var, es) == pytest.approx(expected["z1"], rel=1e-9)
    assert z2(pnl, var, es, confidence) == pytest.approx(expected["z2"], rel=1e-9)
    assert quantile_loss(pnl, var, confidence) == pytest.approx(expected["quantile_loss"], rel=1e-9)
    stream = BacktestTracker(method="any", confidence=confidence, window=500)
    for day in zip(pnl.tolist(), var.tolist(), es.tolist(), strict=True):
        stream.update(*day)
    found, p_values = stream.figures(), stats.chi2.sf([expected["kupiec"], expected["independence"], both], [1, 1, 2])
    assert (found.kupiec_p, found.independence_p, found.coverage_p) == pytest.approx(p_values.tolist(), rel=1e-9)
    assert {name: getattr(found, name) for name in ("z1", "z2", "quantile_loss")} == pytest.approx(
        {name: expected[name] for name in ("z1", "z2", "quantile_loss")}, rel=1e-9
    )
