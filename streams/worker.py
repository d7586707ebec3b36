"""The worker process: a Faust app whose agents hand chunks of a partition to its owner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from risk.market import MarketState
from schemas import topics
from streams.broadcast import Broadcast, References
from streams.market_agent import MarketAgent
from streams.owner import Chunk, Owner
from streams.processor import INPUTS
from streams.projector import Projector
from streams.publisher import Publisher
from streams.settings import StreamSettings
from streams.topics import TopicMismatch, check_partitions

LOG = logging.getLogger(__name__)
FATAL = 4
QUIET_LOGGERS = ("aiokafka", "faust", "mode", "kafka")
#: Chunks that wait in a stream before the consumer stops fetching.
STREAM_BUFFER = 64


class Worker:
    """What one process holds: the market view, reference data, and the owners of its partitions."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.market = MarketState()
        self.references = References()
        self.publisher = Publisher(settings)
        self.broadcast = Broadcast(settings, self.market, self.references)
        self.market_agent = MarketAgent(settings, self.publisher)
        self.owners: dict[int, Owner] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._projector: asyncio.Task[None] | None = None
        self._standing: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] | None = None
        self._inputs = {settings.topic(topic): number for number, topic in INPUTS.items()}

    async def start(self) -> None:
        """Connect, and catch up with the market before anything is decided."""
        self._failed = asyncio.get_running_loop().create_future()
        await self.publisher.start()
        self._standing = [self._watched(self.broadcast.run()), self._watched(self.market_agent.flush_forever())]

    async def assign(self, partitions: Iterable[int]) -> None:
        """Own exactly these partitions from now on."""
        wanted = set(partitions)
        gone = self.owners.keys() - wanted
        for number in gone:
            del self.owners[number]
        await _cancelled([self._tasks.pop(number) for number in gone])
        for number in wanted - self.owners.keys():
            owner = Owner(self.settings, number, self.market, self.references, self.publisher)
            self.owners[number] = owner
            self._tasks[number] = self._watched(self._own(owner))
        if self._projector is not None:
            await _cancelled([self._projector])
        self._projector = self._watched(Projector(self.settings, sorted(wanted), self.publisher).run())

    async def take(self, event: Any) -> None:
        """Hand a chunk to its partition; the owner acknowledges it when its decisions are effective."""
        message = event.message
        owner = self.owners.get(message.partition)
        if owner is None:  # revoked in the meantime: the next owner reads it again
            return
        await owner.put(Chunk(self._inputs[message.topic], message.value, event.ack))

    async def failure(self) -> None:
        """Waits for ever, or raises what ended one of the tasks."""
        if self._failed is not None:
            await self._failed

    async def stop(self) -> None:
        """End all tasks, then disconnect."""
        projector = [self._projector] if self._projector is not None else []
        await _cancelled([*self._tasks.values(), *projector, *self._standing])
        await self.publisher.stop()

    async def _own(self, owner: Owner) -> None:
        await self.broadcast.ready.wait()
        await owner.run()

    def _watched(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        error = task.exception()
        if error is not None:
            self._failed.set_exception(error)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def create_app(worker: Worker) -> Any:
    """The Faust app: one agent over orders, fills and commands, one over ticks."""
    import faust

    from streams.transport import BatchSchema, Consumer, InLoopConsumer, Transport

    settings = worker.settings
    app = faust.App(
        settings.application, broker=f"kafka://{settings.bootstrap_servers}", store="memory://",
        topic_allow_declare=False, topic_disable_leader=True, table_standby_replicas=1, web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="riskstream-worker-"), consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_timeout_ms / 1000, stream_buffer_maxsize=STREAM_BUFFER,
        broker_heartbeat_interval=settings.heartbeat_ms / 1000, broker_commit_interval=0.5,
        broker_rebalance_timeout=settings.rebalance_timeout_ms / 1000, stream_wait_empty=False,
        worker_redirect_stdouts=False,
    )
    Consumer.max_records, Consumer.max_bytes = settings.batch_max, settings.batch_max_bytes
    InLoopConsumer.fetch_max_wait_ms = settings.fetch_wait_ms
    app.transport = Transport(app.conf.broker_consumer, app)
    schema = BatchSchema()
    inputs = app.topic(*(settings.topic(topic) for topic in INPUTS.values()), schema=schema)
    ticks = app.topic(settings.topic(topics.TICKS), schema=schema)

    @app.agent(inputs, name="risk")  # type: ignore[untyped-decorator]
    async def risk(stream: Any) -> None:
        async for event in stream.noack().events():
            await worker.take(event)

    @app.agent(ticks, name="market")  # type: ignore[untyped-decorator]
    async def market(stream: Any) -> None:
        async for event in stream.noack().events():
            await worker.market_agent.take(event.message.value)
            event.ack()

    orders = settings.topic(topics.ORDERS)

    async def assigned(_app: Any, places: Any, **_: Any) -> None:
        await worker.assign(place.partition for place in places if place.topic == orders)

    app.on_partitions_assigned.connect(assigned, weak=False)
    _attach(app, worker)
    return app


def _attach(app: Any, worker: Worker) -> None:
    """Start and stop the worker with the app; whatever ends one of its tasks ends the process."""
    from mode import Service

    class Core(Service):  # type: ignore[misc]
        async def on_start(self) -> None:
            await worker.start()

        async def on_stop(self) -> None:
            await worker.stop()

        @Service.task  # type: ignore[untyped-decorator]
        async def _watch(self) -> None:
            await worker.failure()

    app.service(Core)


def run(settings: StreamSettings) -> int:
    """Work until SIGTERM or SIGINT. 0: a clean end; 4: a fatal error; 2: the topics are not as they must be."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        asyncio.run(check_partitions(settings))
    except TopicMismatch as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _serve(settings)


def _serve(settings: StreamSettings) -> int:
    import faust

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app(Worker(settings))
    process = faust.Worker(app, loglevel="WARNING", loop=loop, redirect_stdouts=False, quiet=True)
    for name in QUIET_LOGGERS:  # the worker's root logger builds every debug line before it drops it
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        process.execute_from_commandline()
    except SystemExit as ended:
        return int(ended.code or 0)
    return FATAL
