"""What the replayer waits for, so that event time never runs ahead of the worker."""

from __future__ import annotations

from collections.abc import Collection

from riskstream.demo.market import Step
from riskstream.demo.meter import Meter
from riskstream.demo.patience import Behind, Patience
from riskstream.demo.sight import Sight
from riskstream.demo.worker_view import WorkerView

_LONG_S = 2.0
_MARKS = "marks of the latest prices"


class Awaited:
    """Each method returns when the worker is so far.

    :raises riskstream.demo.patience.Behind: in all but :meth:`measures`, the worker does not get on.
    """

    def __init__(self, sight: Sight, worker: WorkerView, meter: Meter) -> None:
        self._sight, self._worker, self._meter = sight, worker, meter
        self._patience = Patience(lambda: (sight.newest, meter.decided_count, worker.reading))
        self._measuring = True
        #: Nobody wants the decisions that are still to come.
        self.finishing = False

    @property
    def now(self) -> str:
        """The day that is played, and what is waited for if that takes long."""
        what, waited_s = self._patience.what(), self._patience.waited_s
        if self._meter.days is None:
            return f"warming up: {what}" if what else "warming up"
        waiting = f", waiting {waited_s:.0f} s for the worker: {what}" if waited_s > _LONG_S else ""
        return f"{self._meter.days[1]}{waiting}"

    async def bars(self, count: int) -> None:
        """So many bars are out."""
        sight = self._sight
        await self._patience.until(lambda: sight.bars >= count, lambda: f"{sight.bars:,} of {count:,} bars")

    async def values(self, account_ids: Collection[str], time_ns: int) -> None:
        """The accounts are valued at this time or later."""
        await self._patience.until(
            lambda: not self._sight.unvalued(account_ids, time_ns),
            lambda: f"metrics of {', '.join(self._sight.unvalued(account_ids, time_ns))}",
        )

    async def measures(self, count: int, time_ns: int) -> None:
        """All measures beside the decisions are known of so many symbols and not older than this time. Without them
        orders are refused, which is for the worker to say: where they do not come, the demo goes on."""
        worker, at_s = self._worker, time_ns / 1e9
        try:
            await self._patience.until(
                lambda: not self._measuring or (worker.reading.measured >= count and worker.reading.measures_s >= at_s),
                lambda: f"models, {worker.reading.measured} of {count} symbols",
            )
        except Behind:
            self._measuring = False

    async def marks(self, step: Step) -> None:
        """The marks of a step are out, and in the view of those who decide: they read them as everybody does."""
        worker, newest_s = self._worker, max(event.event_time_ns for event in step.events) / 1e9
        await self._patience.until(lambda: self._sight.marked(step.prices, step.time_ns), lambda: _MARKS)
        await self._patience.until(lambda: worker.reading.feed_s >= newest_s, lambda: _MARKS, worker.look)

    async def decisions(self) -> None:
        """No order waits for its decision."""
        meter = self._meter
        await self._patience.until(lambda: self.finishing or not meter.waiting, lambda: f"{meter.waiting} decisions")
