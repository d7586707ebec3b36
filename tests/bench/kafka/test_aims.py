"""Every aim is judged by its own figure."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.bench.kafka.aims import Row, judged
from tests.bench.kafka.measures import summary


def latency(p50: float, p99: float) -> dict[str, Any]:
    """A pace without a missing decision."""
    return {"p50_ms": p50, "p99_ms": p99, "p99_range_ms": [p99 - 1, p99 + 1], "missing": 0}


RESULTS: dict[str, Any] = {
    "rates": {
        "null": {
            "raw": {"25": {"orders_per_s": 20_000}, "500": {"orders_per_s": 50_000}},
            "riskstream": {"25": {"orders_per_s": 19_000}, "500": {"orders_per_s": 45_000}},
            "faust": {"1": {"orders_per_s": 4500}},
        }
    },
    "paces": {"null": {"1000": {"raw": latency(1.0, 5.0), "riskstream": latency(1.2, 7.0)}}},
    "one_partition": {"5000": {"raw": latency(1.0, 5.0), "riskstream": latency(1.1, 10.0)}},
    "takeover": {
        "SIGTERM": {"median_s": 1.0, "max_s": 2.0},
        "SIGKILL": {"median_s": 7.0, "max_s": 8.0},
        "session_timeout_s": 6.0,
    },
    "recovery": {"10000": {"snapshots_s": 4.0}, "100000": {"snapshots_s": 5.0}},
}


def test_figures_on_the_limit_hold_every_aim() -> None:
    """Seven aims, each named once."""
    rows = judged(RESULTS)
    assert len({row.aim for row in rows}) == len(rows) == 7
    assert [row for row in rows if not row.held] == []


@pytest.mark.parametrize(
    ("place", "figure", "aim"),
    [
        (("rates", "null", "faust", "1", "orders_per_s"), 4501, "orders/s >= 10x bare Faust"),
        (("rates", "null", "raw", "500", "orders_per_s"), 50_001, "orders/s >= 0.9x the raw loop"),
        (("paces", "null", "1000", "riskstream", "p50_ms"), 1.21, "p50 <= 1.2x the raw loop at 1,000/s"),
        (("paces", "null", "1000", "riskstream", "missing"), 1, "p50 <= 1.2x the raw loop at 1,000/s"),
        (("one_partition", "5000", "riskstream", "p99_ms"), 10.01, "one partition: p99 <= 10 ms at 5,000/s"),
        (("takeover", "SIGTERM", "max_s"), 2.01, "takeover after SIGTERM <= 2 s"),
        (("takeover", "SIGKILL", "max_s"), 8.01, "takeover after kill -9 <= session time-out (6 s) + 2 s"),
        (("recovery", "100000", "snapshots_s"), 5.01, "recovery with snapshots is flat"),
    ],
)
def test_one_figure_beyond_its_limit_misses_its_aim_alone(place: tuple[str, ...], figure: float, aim: str) -> None:
    """The others are held as before."""
    results = copy.deepcopy(RESULTS)
    found = results
    for name in place[:-1]:
        found = found[name]
    found[place[-1]] = figure
    (missed,) = [row for row in judged(results) if not row.held]
    assert missed.aim.startswith(aim)


def test_what_was_not_measured_is_not_judged() -> None:
    """A run of one section shows its own rows."""
    rows: list[Row] = judged({"takeover": RESULTS["takeover"]})
    assert [row.aim.split()[0] for row in rows] == ["takeover", "takeover"]


def test_rounds_are_summed_up() -> None:
    """Medians of p50 and p99, the ranges of the tails, all that is missing."""
    rounds = [
        {"p50": p50, "p99": p99, "p99_9": 2 * p99, "missing": 1, "cpu_us": {"system": p50}}
        for p50, p99 in ((1.0, 9.0), (3.0, 5.0), (2.0, 7.0))
    ]
    assert summary(rounds) == {
        "rounds": 3,
        "p50_ms": 2.0,
        "p99_ms": 7.0,
        "p99_range_ms": [5.0, 9.0],
        "p99_9_range_ms": [10.0, 18.0],
        "missing": 3,
        "cpu_us": {"system": 2.0},
    }
