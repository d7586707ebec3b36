"""Prometheus metrics of the API and of what it reads."""

from __future__ import annotations

import time
from collections.abc import Iterator

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.breakers import SEVERITY
from api.feed import ReadModel

CONTENT_TYPE = "text/plain; version=0.0.4"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class FeedCollector(Collector):
    """Reads the model at every scrape."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model

    def collect(self) -> Iterator[Metric]:
        """The decisions counted and the state of the feed."""
        yield from self._decisions()
        yield from self._feed()

    def _decisions(self) -> Iterator[Metric]:
        tally = self._model.tally
        decisions = CounterMetricFamily("riskstream_api_decisions", "Decisions seen on the journal", labels=["status"])
        for status, count in (
            ("approved", tally.approved),
            ("rejected", tally.rejected),
            ("check", tally.checks),
            ("repeat", tally.repeats),
        ):
            decisions.add_metric([status], count)
        yield decisions
        refusals = CounterMetricFamily("riskstream_api_rejections", "Rejections seen on the journal", labels=["reason"])
        for reason, count in tally.reasons.items():
            refusals.add_metric([reason.value], count)
        yield refusals

    def _feed(self) -> Iterator[Metric]:
        state, breakers = self._model.state, self._model.breakers
        silent_s = time.time() - state.heard_ms / 1000 if state.heard_ms is not None else float("inf")
        yield GaugeMetricFamily("riskstream_api_feed_lag_records", "Records still to read", value=state.lag)
        yield GaugeMetricFamily(
            "riskstream_api_feed_caught_up", "Whether the present is reached", value=float(state.caught_up)
        )
        yield GaugeMetricFamily(
            "riskstream_api_worker_silent_seconds", "Since the last record of a worker", value=silent_s
        )
        levels = GaugeMetricFamily(
            "riskstream_api_breaker_level", "0 normal to 4 halted", labels=["account_id", "breaker"]
        )
        for breaker in breakers.states():
            levels.add_metric([breaker.account_id, breaker.breaker.value], SEVERITY[breaker.level])
        yield levels


class Telemetry:
    """One registry an application."""

    def __init__(self, model: ReadModel) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(FeedCollector(model))
        self.requests = Counter(
            "riskstream_api_requests", "HTTP requests", ["method", "path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "riskstream_api_request_seconds",
            "Time to the first byte",
            ["path"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.clients = Gauge("riskstream_api_stream_clients", "Clients of the live stream", registry=self.registry)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)


class Measured(ASGIMiddleware):
    """Counts every request that reached a route, by the route's path, never by what the client wrote."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Time to the response's start."""
        began_s = time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(scope, message["status"], time.perf_counter() - began_s)
            await send(message)

        await next_app(scope, receive, observed)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope.get("path_template", "")
        self._telemetry.requests.labels(scope.get("method", ""), path, status).inc()
        self._telemetry.seconds.labels(path).observe(seconds)
