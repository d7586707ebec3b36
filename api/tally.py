"""Counts, pace and latency of what was decided."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque

from api.views import ReasonCount
from schemas.decisions import Decision, Status
from schemas.reasons import EXPLANATIONS, Reason

RATE_SECONDS = 5
LATENCIES = 2000
PENDING = 20_000


class Tally:
    """Orders decided. A dry run and a repeated answer are counted beside them, not among them."""

    def __init__(self) -> None:
        self.approved = self.rejected = self.checks = self.repeats = 0
        self.reasons: Counter[Reason] = Counter()

    def add(self, decision: Decision) -> None:
        """Count a decision."""
        if decision.repeat:
            self.repeats += 1
        elif decision.dry_run:
            self.checks += 1
        elif decision.status is Status.APPROVED:
            self.approved += 1
        else:
            self.rejected += 1
            self.reasons[decision.reason] += 1

    def refusals(self) -> list[ReasonCount]:
        """The reasons of refusals, the most frequent first."""
        return [
            ReasonCount(reason=reason, layer=EXPLANATIONS[reason].layer, count=count, text=EXPLANATIONS[reason].text)
            for reason, count in self.reasons.most_common()
        ]


class Pace:
    """Decisions a second over the last whole seconds, by the times of their records."""

    def __init__(self, seconds: int = RATE_SECONDS) -> None:
        self._seconds = seconds
        self._buckets: dict[int, int] = {}

    def add(self, timestamp_ms: int) -> None:
        """One decision."""
        second = timestamp_ms // 1000
        self._buckets[second] = self._buckets.get(second, 0) + 1
        if len(self._buckets) > 4 * self._seconds:
            del self._buckets[min(self._buckets)]

    def per_second(self, now_ms: int) -> float:
        """The mean of the whole seconds before ``now_ms``."""
        now = now_ms // 1000
        return sum(self._buckets.get(second, 0) for second in range(now - self._seconds, now)) / self._seconds


class Latency:
    """Time from the record of an order to the record of its decision, in ms, of the last orders.

    The two topics are read independently, so either record may come first.
    """

    def __init__(self) -> None:
        self._ordered: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._decided: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._latest_ms: deque[int] = deque(maxlen=LATENCIES)

    def ordered(self, account_id: str, order_id: str, timestamp_ms: int) -> None:
        """An order was published."""
        self._meet((account_id, order_id), timestamp_ms, self._ordered, self._decided)

    def decided(self, account_id: str, order_id: str, timestamp_ms: int) -> None:
        """A decision was journaled."""
        self._meet((account_id, order_id), timestamp_ms, self._decided, self._ordered)

    def _meet(
        self,
        order: tuple[str, str],
        timestamp_ms: int,
        own: OrderedDict[tuple[str, str], int],
        other: OrderedDict[tuple[str, str], int],
    ) -> None:
        met_ms = other.pop(order, None)
        if met_ms is not None:
            self._latest_ms.append(abs(timestamp_ms - met_ms))
            return
        own.setdefault(order, timestamp_ms)
        if len(own) > PENDING:
            own.popitem(last=False)

    def percentile(self, share: float) -> float | None:
        """The latency that a share of the orders stays at or below; ``None`` before the first one."""
        ranked = sorted(self._latest_ms)
        return float(ranked[min(len(ranked) - 1, int(share * len(ranked)))]) if ranked else None
