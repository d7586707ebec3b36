"""``/health`` and ``/metrics`` of a worker, on a port of its own, for probes and Prometheus."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from risk.scheduled import measured

if TYPE_CHECKING:
    from streams.worker import Worker

REQUEST_TIMEOUT_S = 5.0
_STATUS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}
_COUNTS = {
    "decisions": "orders decided",
    "facts": "fills, closes and commands applied",
    "dead_letters": "inputs that could not be used",
    "takeovers": "times the partition was taken over",
    "snapshots": "snapshots written",
    "failed_deliveries": "metrics and snapshots that could not be written",
}


class WorkerCollector(Collector):
    """Reads a worker when asked; keeps nothing."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def collect(self) -> Iterator[Any]:
        """The figures of each owned partition, and what the market view refused."""
        owners = self._worker.owners.items()
        for name, text in _COUNTS.items():
            family = CounterMetricFamily(f"riskstream_{name}", text, labels=["partition"])
            for number, owner in owners:
                family.add_metric([str(number)], owner.counts[name])
            yield family
        owned = GaugeMetricFamily("riskstream_owned", "1 if the journal is this worker's", labels=["partition"])
        waiting = GaugeMetricFamily("riskstream_waiting", "records that wait for the owner", labels=["partition"])
        for number, owner in owners:
            owned.add_metric([str(number)], float(owner.owned))
            waiting.add_metric([str(number)], owner.waiting)
        yield from (owned, waiting, self._lost())
        yield from self._snapshots()
        lag = GaugeMetricFamily("riskstream_lag", "records still to be read", labels=["topic", "partition"])
        for (topic, number), count in self._worker.lags().items():
            lag.add_metric([topic, str(number)], count)
        feed = GaugeMetricFamily("riskstream_feed_time_seconds", "event time of the newest market data, since 1970")
        feed.add_metric([], self._worker.market.feed_time_ns / 1e9)
        yield from (lag, feed)
        refused = CounterMetricFamily("riskstream_market_refused", "market data that was not taken", labels=["reason"])
        for reason, count in self._worker.refused.items():
            refused.add_metric([reason], count)
        yield refused
        yield from self._background()

    def _lost(self) -> Any:
        lost = GaugeMetricFamily(
            "riskstream_lost",
            "inputs of unknown accounts or instruments that could not be kept",
            labels=["partition", "kind"],
        )
        for number, owner in self._worker.owners.items():
            unknown, known = owner.state.fills_lost.values(), owner.state.accounts.values()
            lost.add_metric([str(number), "commands"], owner.state.commands_lost)
            lost.add_metric([str(number), "fills"], sum(unknown) + sum(account.fills_lost for account in known))
        return lost

    def _snapshots(self) -> Iterator[Any]:
        age = GaugeMetricFamily(
            "riskstream_snapshot_age_seconds", "since the newest complete snapshot was taken", labels=["partition"]
        )
        overdue = GaugeMetricFamily(
            "riskstream_snapshot_overdue", "1 if that is more than half of what the journal keeps", labels=["partition"]
        )
        for number, owner in self._worker.owners.items():
            age.add_metric([str(number)], owner.coverage.age_ns / 1e9)
            overdue.add_metric([str(number)], float(owner.coverage.overdue))
        yield from (age, overdue)

    def _background(self) -> Iterator[Any]:
        schedule = self._worker.background.schedule
        done = CounterMetricFamily("riskstream_background", "measures computed beside the decisions", labels=["ended"])
        for name, count in schedule.counts.items():
            done.add_metric([name], count)
        newest = GaugeMetricFamily(
            "riskstream_background_time_seconds", "time of the newest result, since 1970", labels=["measure"]
        )
        for name, time_ns in schedule.times_ns.items():
            newest.add_metric([name], time_ns / 1e9)
        market = self._worker.market
        symbols = GaugeMetricFamily("riskstream_symbols", "symbols of the market view")
        symbols.add_metric([], len(market.symbols))
        complete = GaugeMetricFamily("riskstream_symbols_measured", "symbols of which all these measures are known")
        complete.add_metric([], measured(market))
        known = GaugeMetricFamily("riskstream_analysis_known", "1 if the market has history enough to be analysed")
        known.add_metric([], float(not math.isnan(market.analysis.correlation_break)))
        yield from (done, newest, symbols, complete, known)


class Health:
    """Answers one request a connection."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._registry = CollectorRegistry()
        self._registry.register(WorkerCollector(worker))

    async def run(self, host: str, port: int) -> None:
        """Serve until cancelled.

        :raises OSError: the port is taken.
        """
        server = await asyncio.start_server(self._serve, host, port)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a path. 503: it decides nothing yet, or not all of what it was given."""
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(self._registry)
        if path != "/health":
            return 404, "text/plain", b"not found\n"
        owned = {str(number): owner.owned for number, owner in sorted(self._worker.owners.items())}
        caught_up = self._worker.broadcast.ready.is_set()
        body = {"market_caught_up": caught_up, "partitions_owned": owned}
        return 200 if caught_up and all(owned.values()) else 503, "application/json", json.dumps(body).encode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split()
                status, kind, body = self.answer(head[1].split("?")[0] if len(head) > 1 else "")
                writer.write(
                    f"HTTP/1.1 {status} {_STATUS[status]}\r\nContent-Type: {kind}\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a probe that went away, or no HTTP at all
        finally:
            writer.close()
