"""Bounded history of an account's figures: the recent past in full, what lies before it thinned out."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from api.views import Points
from schemas.outputs import RiskMetrics

GAP_NS = 10 * 86_400_000_000_000


class Point(NamedTuple):
    """One moment; the columns of :class:`api.views.Points`."""

    time_ns: int
    equity: float
    pnl: float
    var_parametric: float | None
    var_historical: float | None
    expected_shortfall: float | None
    var_limit: float | None


def point_of(metrics: RiskMetrics) -> Point:
    """What the charts show of an account's metrics; before its first day began there is no P&L of the day."""
    start = metrics.start_of_day_equity
    return Point(
        metrics.event_time_ns,
        metrics.equity,
        metrics.equity - start if start else 0.0,
        metrics.var_parametric,
        metrics.var_historical,
        metrics.expected_shortfall,
        metrics.var_limit,
    )


class History:
    """At most ``size`` points, in order of time. Half of them are the newest; when the older half is full, every
    second point of it goes, and from then on only every second one that leaves the newer half is kept.

    After a gap of more than :data:`GAP_NS` a new history begins: a replay that jumps is not drawn as a line.
    """

    def __init__(self, size: int) -> None:
        self._recent: deque[Point] = deque()
        self._older: list[Point] = []
        self._recent_max = max(1, size - size // 2)
        self._older_max = size // 2
        self._stride = 1
        self._left = 0

    def add(self, point: Point) -> None:
        """Take a point; one of the same time replaces the last, one of an earlier time is dropped."""
        passed_ns = point.time_ns - self._recent[-1].time_ns if self._recent else 1
        if passed_ns < 0:
            return
        if passed_ns == 0:
            self._recent.pop()
        elif passed_ns > GAP_NS:
            self._recent.clear()
            self._older, self._stride = [], 1
        self._recent.append(point)
        if len(self._recent) > self._recent_max:
            self._retire(self._recent.popleft())

    def _retire(self, point: Point) -> None:
        self._left += 1
        if not self._older_max or self._left % self._stride:
            return
        if len(self._older) == self._older_max:
            self._older = self._older[::2]
            self._stride *= 2
        if len(self._older) < self._older_max:
            self._older.append(point)

    def points(self) -> Points:
        """All points as columns."""
        rows = [*self._older, *self._recent]
        columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in Point._fields]
        return Points(**dict(zip(Point._fields, columns, strict=True)))
