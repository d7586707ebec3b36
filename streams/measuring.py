"""Metrics of a partition's accounts, in slices between batches of orders, sent when what they rest on is effective."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from typing import Any

from schemas.outputs import RiskMetrics
from streams.appender import Appender
from streams.log import LogUnavailable
from streams.ports import Out
from streams.processor import Processor
from streams.settings import StreamSettings

LOG = logging.getLogger(__name__)
#: VaR by method and P&L by scenario of an account go out every so many rounds; in each round those of as many accounts.
DETAIL_EVERY = 5
#: A slice takes so long and one account more: an order, or a heartbeat, waits no longer for it.
SLICE_S = 0.002


class Measuring:
    """A round covers all accounts and begins every ``metrics_ms``, or when the one before is done.

    What is effective and not sent yet is replaced by the account's next metrics, where the broker takes them slowly.
    """

    def __init__(
        self, settings: StreamSettings, processor: Processor, appender: Appender, out: Out, counts: Counter[str]
    ) -> None:
        self._period_s = settings.metrics_ms / 1000
        self._processor, self._appender, self._out, self._counts = processor, appender, out, counts
        self._round_at = 0.0
        self._round = 0
        self._left: deque[tuple[int, str]] = deque()
        self._ready: dict[str, list[Any]] = {}
        self._arrived = asyncio.Event()

    @property
    def due_s(self) -> float:
        """When the next slice is due."""
        return 0.0 if self._left else self._round_at

    async def step(self) -> None:
        """The next slice, if one is due.

        :raises streams.appender.LostOwnership: the partition is lost.
        """
        now_s = _now_s()
        if not self._left and now_s >= self._round_at:
            self._round_at = now_s + self._period_s
            self._round += 1
            self._left.extend(enumerate(self._processor.engine.state.accounts))
        if self._left:
            measured = self._slice(now_s + SLICE_S)
            await self._appender.submit([], lambda: self._keep(measured))
            await asyncio.sleep(0)

    async def publish_forever(self) -> None:
        """A failure costs these metrics, not the ownership."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            ready, self._ready = self._ready, {}
            try:
                for metrics in ready.values():
                    await self._out.metrics(metrics)
                    await asyncio.sleep(0)  # a producer that has room gives the loop no turn
            except LogUnavailable as error:
                self._counts["failed_deliveries"] += 1
                LOG.warning("metrics are lost: %s", error)

    def _slice(self, until_s: float) -> dict[str, list[Any]]:
        measured = {}
        while self._left:
            index, account_id = self._left.popleft()
            detailed = (self._round + index) % DETAIL_EVERY == 0
            metrics = self._processor.metrics(account_id)
            measured[account_id] = [each for each in metrics if detailed or isinstance(each, RiskMetrics)]
            if _now_s() >= until_s:
                break
        return measured

    def _keep(self, measured: dict[str, list[Any]]) -> None:
        self._ready |= measured
        self._arrived.set()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
