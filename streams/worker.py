"""The worker process: a Faust app whose agents hand chunks of a partition to its owner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from risk.engine import RiskEngine
from risk.market import MarketState
from streams.background import worker_background
from streams.backlog import Chunk
from streams.broadcast import Broadcast, References
from streams.collector import settle
from streams.connections import harden, seldom
from streams.exits import FATAL, MISMATCH, UNREACHABLE, no_broker
from streams.health import Health
from streams.kafka_inputs import Assigned, Place, always, nowhere
from streams.market_agent import MarketAgent
from streams.owner import Owner
from streams.ports import EngineMaker, kafka_ports
from streams.processor import INPUTS
from streams.projector import Projector
from streams.publisher import Publisher
from streams.settings import StreamSettings
from streams.stresses import scenarios
from streams.tasks import end_all, unbroken
from streams.topics import TopicMismatch, check_topics

LOG = logging.getLogger(__name__)
QUIET_LOGGERS = ("aiokafka", "faust", "mode", "kafka")


class NotTogether(Exception):
    """Orders, fills and commands of one partition were given to different workers: fatal."""


class Worker:
    """What one process holds: the market view, reference data, and the owners of its partitions. ``retention_ms`` is
    the journal's; ``None``: for ever, or nobody knows."""

    def __init__(
        self, settings: StreamSettings, engine: EngineMaker = RiskEngine, retention_ms: int | None = None
    ) -> None:
        self.settings = settings
        self.market = MarketState(settings.market, scenarios(settings))
        self.references = References()
        self.publisher = Publisher(settings)
        self._ports = kafka_ports(settings, self.publisher, engine, retention_ms, self._place, self._assigned)
        self.broadcast = Broadcast(settings, self.market, self.references)
        self.market_agent = MarketAgent(settings, self.publisher, self.broadcast)
        self.background = worker_background(settings, self.market, self.publisher)
        self.owners: dict[int, Owner] = {}
        #: Records by (topic, partition) that are still to be read; the app says so once it is there.
        self.lags: Callable[[], dict[tuple[str, int], int]] = dict
        #: Moves the consumer of a (topic, partition) to an offset; as above.
        self.place: Place = nowhere
        #: Asks the group whether a (topic, partition) is still this worker's; as above.
        self.assigned: Assigned = always
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._projectors: dict[int, asyncio.Task[None]] = {}
        self._standing: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] | None = None
        self._stopped = False
        self._inputs = {settings.topic(topic): number for number, topic in INPUTS.items()}

    async def start(self) -> None:
        """Connect, and begin to catch up with the market: nothing is decided before that is done."""
        self._failed = asyncio.get_running_loop().create_future()
        await self.publisher.start()
        self._standing = [
            self._watched(self.broadcast.run),
            self._watched(self.market_agent.work_forever),
            self._watched(self.market_agent.flush_forever),
            self._watched(self.background.run, self.broadcast.ready),
        ]
        if self.settings.web_port:
            self._standing.append(self._watched(Health(self).run, self.settings.web_host, self.settings.web_port))

    async def assign(self, places: Iterable[tuple[str, int]]) -> None:
        """Own exactly these partitions, given as (topic, partition), from now on; nothing once the worker stopped, as
        a rebalance that was under way may still end then, and an owner that nobody stops would keep the process.

        The new owners are there before the first await, for the first chunks may come during it.

        :raises NotTogether: the inputs of a partition are not all here.
        :raises TopicMismatch: a partition is beyond those that the settings count.
        """
        if self._stopped:
            return
        wanted = self._together(places)
        self._within(wanted)
        gone = sorted(self.owners.keys() - wanted)
        for number in gone:
            self.owners.pop(number).close()
        for number in sorted(wanted - self.owners.keys()):
            owner = Owner(self.settings, number, self.market, self.references, self._ports)
            self.owners[number] = owner
            self._tasks[number] = self._watched(self._own, owner)
            projector = Projector(self.settings, number, self.publisher, owner.quiet)
            self._projectors[number] = self._watched(projector.run)
        await end_all([tasks.pop(number) for number in gone for tasks in (self._tasks, self._projectors)])

    def take(self, event: Any) -> None:
        """Hand a chunk to its partition; the owner acknowledges it when its decisions are effective. One that is stale,
        or whose partition was revoked in the meantime, is read again."""
        message = event.message
        owner = self.owners.get(message.partition)
        if owner is not None and not message.stale:
            chunk = Chunk(self._inputs[message.topic], message.value, event.ack, message.serialized_value_size)
            owner.put(chunk)

    def full(self, topic: str, partition: int) -> bool:
        """Whether whoever takes the records of this place is behind, so that no more should be fetched of it: the
        others go on."""
        if topic not in self._inputs:
            return self.market_agent.full
        owner = self.owners.get(partition)
        return owner is not None and owner.full

    def needed(self, topic: str, partition: int) -> int | None:
        """The offset that a topic's partition is to go on at, ``None`` if nobody here knows."""
        owner, number = self.owners.get(partition), self._inputs.get(topic)
        return owner.needed(number) if owner is not None and number is not None else None

    async def failure(self) -> None:
        """Waits for ever, or raises what ended one of the tasks."""
        if self._failed is not None:
            await asyncio.shield(self._failed)

    @property
    def refused(self) -> Counter[str]:
        """Market data that was not taken, by reason."""
        return self.market.refused + self.broadcast.refused + self.market_agent.refused

    @property
    def error(self) -> BaseException | None:
        """What ended one of the tasks, if anything did."""
        return self._failed.exception() if self._failed is not None and self._failed.done() else None

    async def stop(self) -> None:
        """End all tasks, then disconnect. What was not acknowledged will be read again."""
        self._stopped = True
        for owner in self.owners.values():
            owner.close()
        self.owners.clear()
        await end_all([*self._tasks.values(), *self._projectors.values(), *self._standing])
        await self.publisher.stop()

    def _together(self, places: Iterable[tuple[str, int]]) -> set[int]:
        found = defaultdict[str, set[int]](set)
        for topic, number in places:
            found[topic].add(number)
        first, *others = (found[topic] for topic in self._inputs)
        if any(other != first for other in others):
            raise NotTogether(f"this worker was given {dict(found)}, expected the same partitions of each input")
        return first

    def _within(self, wanted: set[int]) -> None:
        """Topics that grew while workers ran: accounts live elsewhere now, so nothing may be decided any more."""
        count = self.settings.partitions
        if wanted and max(wanted) >= count:
            raise TopicMismatch(
                f"{' and '.join(self._inputs)} have partition {max(wanted)}, expected {count} partitions: "
                "their number changed while this worker ran"
            )

    def _place(self, topic: str, partition: int, offset: int) -> None:
        self.place(topic, partition, offset)

    async def _assigned(self, topic: str, partition: int) -> bool:
        return await self.assigned(topic, partition)

    async def _own(self, owner: Owner) -> None:
        await self.background.first.wait()
        await owner.run()

    def _watched(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(unbroken(work, *arguments))
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        error = task.exception()
        if error is not None:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the process for this reason; the first one counts."""
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)


def run(settings: StreamSettings, engine: EngineMaker = RiskEngine) -> int:
    """Work until SIGTERM or SIGINT. 0: a clean end; 2: the topics are not as they must be; 3: no broker answers;
    4: a fatal error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    harden()
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        retention_ms = asyncio.run(check_topics(settings))
    except TopicMismatch as error:
        sys.stderr.write(f"{error}\n")
        return MISMATCH
    except KafkaError as error:
        sys.stderr.write(f"{no_broker(settings.bootstrap_servers, error)}\n")
        return UNREACHABLE
    with tempfile.TemporaryDirectory(prefix="riskstream-worker-") as folder:
        return _serve(Worker(settings, engine, retention_ms), Path(folder))


def _serve(worker: Worker, folder: Path) -> int:
    import faust

    from streams.app import create_app

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app(worker, folder)
    process = faust.Worker(app, loglevel="WARNING", loop=loop, redirect_stdouts=False, quiet=True)
    process.spinner = None  # it hides the terminal's cursor, and sees every debug line
    for name in QUIET_LOGGERS:  # the worker's root logger builds every debug line before it drops it
        logging.getLogger(name).setLevel(logging.WARNING)
    seldom()
    settle()
    cause: BaseException | None = None
    try:
        process.execute_from_commandline()
    except SystemExit as ended:
        if worker.error is None and not ended.code:
            return 0
        cause = ended.__context__  # what Faust met itself
    if isinstance(worker.error, TopicMismatch):
        sys.stderr.write(f"{worker.error}\n")
        return MISMATCH
    LOG.critical("the worker ended: %r", worker.error or cause)
    return FATAL
