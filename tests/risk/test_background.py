"""Measures beside the decisions: whose turn it is, what a failure costs, and what the inline driver runs."""

from __future__ import annotations

from operator import truediv
from typing import Any

from risk.background import BACK_OFF_NS, Inline, Job, Notice, Schedule
from risk.market import MarketState


class Ratio:
    """A measure for tests: 12 divided by ``by``; due whenever it is asked, unless ``idle``."""

    def __init__(self, name: str, by: float, *, idle: bool = False) -> None:
        self.name, self.by, self.idle = name, by, idle
        self.results: list[tuple[float, int]] = []

    def due(self, market: MarketState, now_ns: int) -> Job | None:
        """Asks the market for nothing."""
        if self.by < 0:
            raise ValueError("by is negative")
        return None if self.idle else Job(self.name, truediv, (12.0, self.by))

    def accept(self, market: MarketState, result: Any, now_ns: int) -> list[Notice]:
        """Remembers; 6 is of no use."""
        if result == 6.0:
            raise ValueError("six")
        self.results.append((result, now_ns))
        return [Notice(self.name, "large")] if result > 10 else []


def test_inline_runs_each_measure_that_is_due_once() -> None:
    """Results reach their own measure with the time, and notices come back in order."""
    one, two, idle = Ratio("one", 1.0), Ratio("two", 3.0), Ratio("idle", 1.0, idle=True)
    inline = Inline([one, two, idle], MarketState())
    assert inline.run(7) == [Notice("one", "large")]
    assert (one.results, two.results, idle.results) == ([(12.0, 7)], [(4.0, 7)], [])
    assert inline.schedule.counts == {"one": 1, "two": 1}


def test_a_failure_is_counted_reported_and_tried_again_later_each_time_longer() -> None:
    """1 s, then 2 s; in between it is not tried, and a success makes the next wait short again."""
    measure = Ratio("bad", 0.0)
    inline = Inline([measure], MarketState())
    (notice,) = inline.run(0)
    assert notice.name == "bad"
    assert notice.text == "bad failed, next try in 1 s: ZeroDivisionError: float division by zero"
    assert inline.run(BACK_OFF_NS - 1) == []
    assert "next try in 2 s" in inline.run(BACK_OFF_NS)[0].text
    measure.by = 4.0
    assert inline.run(2 * BACK_OFF_NS) == []
    assert inline.run(3 * BACK_OFF_NS) == []
    assert measure.results == [(3.0, 3 * BACK_OFF_NS)]
    measure.by = 0.0
    assert "next try in 1 s" in inline.run(4 * BACK_OFF_NS)[0].text
    assert inline.schedule.counts == {"bad failed": 3, "bad": 1}


def test_asking_and_accepting_may_fail_too() -> None:
    """Neither ends the driver nor keeps the other measures waiting."""
    asking, useless, good = Ratio("asking", -1.0), Ratio("useless", 2.0), Ratio("good", 3.0)
    inline = Inline([asking, useless, good], MarketState())
    texts = [notice.text for notice in inline.run(0)]
    assert ["ValueError: by is negative" in texts[0], "ValueError: six" in texts[1]] == [True, True]
    assert good.results == [(4.0, 0)]


def test_the_wait_has_a_bound() -> None:
    """After many failures it is ten minutes."""
    measure = Ratio("bad", 0.0)
    schedule = Schedule([measure], MarketState())
    for _ in range(40):
        (notice,) = schedule.failed(measure, OSError("died"), 0)
    assert notice.text == "bad failed, next try in 600 s: OSError: died"


def test_measures_take_turns() -> None:
    """One that is always due does not keep another from its turn."""
    schedule = Schedule([Ratio("one", 1.0), Ratio("two", 3.0)], MarketState())
    turns = [schedule.next(0, 0)[0] for _ in range(4)]
    assert [turn.job.name for turn in turns if turn is not None] == ["one", "two", "one", "two"]
