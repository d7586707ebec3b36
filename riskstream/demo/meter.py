"""What the demo measures of itself: orders out, decisions in, and how long each took."""

from __future__ import annotations

from collections import Counter, deque
from datetime import date
from typing import NamedTuple

import numpy as np

from schemas.commands import BreakerKind, BreakerLevel
from schemas.decisions import Decision, Status
from schemas.records import BreakerMoved

Key = tuple[str, str]
_WINDOW = 5000
_RATE_SPAN_S = 5.0


class Latency(NamedTuple):
    """Order-to-decision times in milliseconds over the last 5000 orders."""

    p50_ms: float
    p99_ms: float


class Meter:
    """Counts and latencies. Times are seconds of one monotonic clock, given by the caller."""

    def __init__(self) -> None:
        self.sent_count = 0
        self.approved = 0
        self.rejected: Counter[str] = Counter()
        self.repeats = 0
        self.unasked = 0
        self.breaker_moves = 0
        self.breakers: dict[tuple[str, BreakerKind], BreakerLevel] = {}
        #: The first and the last day that was played.
        self.days: tuple[date, date] | None = None
        self._waiting: dict[Key, deque[float]] = {}
        self._latencies: deque[float] = deque(maxlen=_WINDOW)
        self._sent_at: deque[float] = deque(maxlen=_WINDOW)

    def played(self, day: date) -> None:
        """A day began."""
        self.days = (self.days[0] if self.days else day), day

    def sent(self, account_id: str, order_id: str, at_s: float) -> None:
        """An order left."""
        self.sent_count += 1
        self._sent_at.append(at_s)
        self._waiting.setdefault((account_id, order_id), deque()).append(at_s)

    def decided(self, decision: Decision, at_s: float) -> None:
        """Its decision came. One that nobody asked for is counted as such, but for a check that a person sent by hand
        through the API meanwhile."""
        waiting = self._waiting.get((decision.account_id, decision.order_id))
        if waiting is None:
            self.unasked += not decision.dry_run
            return
        self._latencies.append(at_s - waiting.popleft())
        if not waiting:
            del self._waiting[decision.account_id, decision.order_id]
        self._count(decision)

    def moved(self, move: BreakerMoved) -> None:
        """A breaker changed its level."""
        self.breaker_moves += 1
        self.breakers[move.account_id, move.breaker] = move.level_to

    @property
    def waiting(self) -> int:
        """Orders without a decision."""
        return sum(len(times) for times in self._waiting.values())

    def missing(self) -> list[Key]:
        """Account and id of each order without a decision."""
        return list(self._waiting)

    @property
    def decided_count(self) -> int:
        """Decisions on orders that were sent."""
        return self.approved + self.rejected.total()

    def latency(self) -> Latency | None:
        """``None`` before the first decision."""
        if not self._latencies:
            return None
        p50, p99 = np.percentile(np.array(self._latencies) * 1000, [50, 99])
        return Latency(float(p50), float(p99))

    def rate(self, now_s: float) -> float:
        """Orders a second over the last five seconds."""
        return sum(at > now_s - _RATE_SPAN_S for at in self._sent_at) / _RATE_SPAN_S

    def _count(self, decision: Decision) -> None:
        self.repeats += decision.repeat
        if decision.status is Status.APPROVED:
            self.approved += 1
        else:
            self.rejected[decision.reason.value] += 1
