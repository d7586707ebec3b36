"""The Faust app around a worker: one agent over orders, fills and commands, one over ticks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.types.tuples import TP
from mode.supervisors import CrashingSupervisor

from schemas import topics
from streams.assignor import Assignor
from streams.chunks import BatchSchema
from streams.in_loop import InLoopConsumer
from streams.processor import INPUTS
from streams.settings import StreamSettings
from streams.transport import Consumer, Transport
from streams.worker import Worker

#: Chunks that wait in a stream before the consumer stops fetching.
STREAM_BUFFER = 64
#: A worker that joins while the broker can hardly be reached may lead the group without knowing the topics, and assign
#: none of them to anybody; it looks again this often (by default: once in five minutes).
METADATA_MAX_AGE_MS = 5_000
#: What an answer may take beside what the broker waits for.
ANSWER_S = 5.0


class _Boot(BootStrategy):  # type: ignore[misc]
    """Without Faust's own producer, which nothing here sends by, and which ends the process if it can't connect."""

    enable_kafka_producer = False


class RiskApp(faust.App):  # type: ignore[misc]
    """Starts the worker before the consumer joins the group, and stops it first; its failure is the app's crash.

    (Services that are added to an app start only after the first assignment: too late for the owners.)
    """

    worker: Worker
    BootStrategy = _Boot

    async def on_start(self) -> None:
        """Before the consumer starts."""
        await super().on_start()
        await self.worker.start()
        self.add_future(self.worker.failure())

    async def on_stop(self) -> None:
        """Before the consumer leaves the group: nothing is appended after that."""
        await self.worker.stop()
        await super().on_stop()


def create_app(worker: Worker, folder: Path) -> Any:
    """The app of a worker; Faust keeps files that nobody needs in ``folder``."""
    settings = worker.settings
    app = RiskApp(settings.application, **_options(settings, folder))
    app.worker = worker
    worker.lags = lambda: app.consumer.lags()  # noqa: PLW0108 - there is no consumer yet
    worker.place = lambda topic, partition, offset: app.consumer.place(TP(topic, partition), offset)
    worker.assigned = lambda topic, partition: app.consumer.assigned(TP(topic, partition))
    Consumer.needed = staticmethod(worker.needed)
    Consumer.max_records, Consumer.max_bytes = settings.batch_max, settings.batch_max_bytes
    Consumer.full = staticmethod(worker.full)
    InLoopConsumer.fetch_max_wait_ms = settings.fetch_wait_ms
    app.transport = Transport(app.conf.broker_consumer, app)
    schema = BatchSchema()
    inputs = app.topic(*(settings.topic(topic) for topic in INPUTS.values()), schema=schema)
    ticks = app.topic(settings.topic(topics.TICKS), schema=schema)

    @app.agent(inputs, name="risk", supervisor_strategy=CrashingSupervisor)  # type: ignore[untyped-decorator]
    async def risk(stream: Any) -> None:
        async for event in stream.noack().events():
            worker.take(event)

    @app.agent(ticks, name="market", supervisor_strategy=CrashingSupervisor)  # type: ignore[untyped-decorator]
    async def market(stream: Any) -> None:
        async for event in stream.noack().events():
            worker.market_agent.put(event.message.value, event.ack)

    async def assigned(_app: Any, places: Any, **_: Any) -> None:
        try:
            await worker.assign((place.topic, place.partition) for place in places)
        except Exception as error:
            worker.fail(error)
            raise

    app.on_partitions_assigned.connect(assigned, weak=False)
    return app


def _options(settings: StreamSettings, folder: Path) -> dict[str, Any]:
    """``table_standby_replicas=1`` is how Faust is told to use an assignor of its kind, tables or none."""
    return {
        "broker": f"kafka://{settings.bootstrap_servers}",
        "store": "memory://",
        "datadir": str(folder),
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 1,
        "PartitionAssignor": Assignor,
        "web_enabled": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_metadata_max_age_ms": METADATA_MAX_AGE_MS,
        # A join is answered when all members have joined, at the latest after the rebalance time-out: one that has no
        # answer then never gets one, and by default Faust would wait for 90 s.
        "broker_request_timeout": settings.rebalance_timeout_ms / 1000 + ANSWER_S,
        "broker_session_timeout": settings.session_timeout_ms / 1000,
        "broker_heartbeat_interval": settings.heartbeat_ms / 1000,
        "broker_commit_interval": 0.5,
        "broker_rebalance_timeout": settings.rebalance_timeout_ms / 1000,
        "stream_buffer_maxsize": STREAM_BUFFER,
        "stream_wait_empty": False,
        "worker_redirect_stdouts": False,
    }
