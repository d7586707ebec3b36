"""The systems under measurement, each a process of its own.

    python -m tests.bench.kafka.systems riskstream|raw|faust full|null

``raw`` is the least that can be done with aiokafka: one loop that fetches, decides, and sends one batch a partition; no
journal rule, no acknowledgement after durability, no market, no metrics. ``faust`` is an agent as its manual shows it:
one event at a time, ``await topic.send``. All decide with the same engine. Settings come from the environment.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections import deque
from typing import Any

from risk.engine import RiskEngine
from riskstream.settings import load
from schemas.codec import decode, encode
from schemas.topics import DECISIONS, ORDERS
from streams.settings import StreamSettings
from tests.bench.kafka.engines import ENGINES, ready_engine

IN_FLIGHT = 5
COMMIT_S = 0.5


def judged(engine: RiskEngine, payload: bytes) -> list[bytes]:
    """Decode an order, decide it, apply and encode what that led to."""
    order = decode(ORDERS, payload)
    return [encode(body) for body in engine.step(order, order.event_time_ns)]


def riskstream(settings: StreamSettings, engine: str) -> None:
    """The worker itself."""
    from streams.worker import run

    sys.exit(run(settings, ENGINES[engine]))


def raw(settings: StreamSettings, engine: str) -> None:
    """The least that can be done with aiokafka."""
    import uvloop

    uvloop.run(_raw(settings, ready_engine(engine, settings.partitions)))


async def _raw(settings: StreamSettings, engine: RiskEngine) -> None:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    consumer: Any = AIOKafkaConsumer(
        settings.topic(ORDERS),
        bootstrap_servers=settings.bootstrap_servers,
        group_id=settings.application,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_wait_ms,
    )
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        max_batch_size=1_000_000,
        max_request_size=1_060_000,
    )
    await consumer.start()
    await producer.start()
    loop, flights, commit_at = asyncio.get_running_loop(), deque[Any](), 0.0
    while True:
        polled = await consumer.getmany(timeout_ms=1000, max_records=settings.batch_max)
        for place, records in polled.items():
            batch = producer.create_batch()
            for record in records:
                for payload in judged(engine, record.value):
                    batch.append(timestamp=None, key=record.key, value=payload)
            batch.close()
            flights.append(await producer.send_batch(batch, settings.topic(DECISIONS), partition=place.partition))
            if len(flights) > IN_FLIGHT:
                await flights.popleft()
        if loop.time() >= commit_at:
            commit_at = loop.time() + COMMIT_S
            await consumer.commit()


def faust(settings: StreamSettings, engine: str) -> None:
    """An agent as Faust's manual shows it."""
    import faust as library

    decider = ready_engine(engine, settings.partitions)
    with tempfile.TemporaryDirectory() as folder:
        app = library.App(
            settings.application,
            broker=f"kafka://{settings.bootstrap_servers}",
            store="memory://",
            datadir=folder,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            consumer_auto_offset_reset="earliest",
        )
        orders = app.topic(settings.topic(ORDERS), value_serializer="raw", value_type=bytes)
        decisions = app.topic(settings.topic(DECISIONS), value_serializer="raw", value_type=bytes)

        @app.agent(orders)  # type: ignore[untyped-decorator]
        async def risk(stream: Any) -> None:
            async for event in stream.events():
                for payload in judged(decider, event.value):
                    await decisions.send(key=event.key, value=payload, partition=event.message.partition)

        worker = library.Worker(app, loglevel="WARNING", quiet=True, redirect_stdouts=False)
        worker.spinner = None
        for name in ("aiokafka", "faust", "mode"):
            logging.getLogger(name).setLevel(logging.WARNING)
        worker.execute_from_commandline()


SYSTEMS = {"riskstream": riskstream, "raw": raw, "faust": faust}

if __name__ == "__main__":
    SYSTEMS[sys.argv[1]](load().stream, sys.argv[2])
