"""An open-loop generator of orders and a reader of decisions, in one process; both on librdkafka, to cost little.

Latency is from the moment an order was due, so that a generator or a system that falls behind can't hide it.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple, Self

import confluent_kafka as kafka
import numpy as np

from schemas.topics import DECISIONS, ORDERS
from streams.partitioning import partition_of
from streams.settings import StreamSettings
from tests.bench.kafka.engines import accounts
from tests.risk.world import NOW_NS, SYMBOLS

_ORDER = (
    '{{"type":"order_request","order_id":"{}","account_id":"{}","symbol":"{}","side":"{}","quantity":"1",'
    '"event_time_ns":{}}}'
)
_MARK = b'"type":"decision","order_id":"'
WAIT_S = 0.05
#: Event time from one order to the next: the windows of message rates pass on, and prices stay fresh.
STEP_NS = 100_000


class Sent(NamedTuple):
    """A run of orders: the number of the first, and when each was due (seconds)."""

    first: int
    due: np.ndarray


class Answers(NamedTuple):
    """Seconds: when each order was due, and when its first decision was read (nan: never)."""

    due: np.ndarray
    read: np.ndarray

    @property
    def percentiles_ms(self) -> dict[str, float]:
        """p50, p99, p99.9 of the latency."""
        taken = (self.read - self.due) * 1e3
        found = np.percentile(taken[np.isfinite(taken)], [50, 99, 99.9])
        return {name: round(float(value), 2) for name, value in zip(("p50", "p99", "p99_9"), found, strict=True)}

    @property
    def decided(self) -> int:
        """How many were."""
        return int(np.isfinite(self.read).sum())

    @property
    def missing(self) -> int:
        """How many were not."""
        return len(self.due) - self.decided

    @property
    def rate(self) -> float:
        """Decisions a second, from the first to the last that was read."""
        read = np.sort(self.read[np.isfinite(self.read)])
        return float((len(read) - 1) / (read[-1] - read[0])) if len(read) > 1 else 0.0


class Load:
    """Orders onto the topic and decisions from it, from the start of the topics on."""

    def __init__(self, settings: StreamSettings) -> None:
        self._topic = settings.topic(ORDERS)
        config = {"bootstrap.servers": settings.bootstrap_servers}
        self._producer = kafka.Producer(
            config
            | {"linger.ms": 0, "acks": "all", "queue.buffering.max.messages": 2_000_000, "enable.idempotence": True}
        )
        self._consumer = kafka.Consumer(
            config
            | {
                "group.id": "bench-reader",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "auto.offset.reset": "earliest",
            }
        )
        self._consumer.assign(
            [
                kafka.TopicPartition(settings.topic(DECISIONS), number, kafka.OFFSET_BEGINNING)
                for number in range(settings.partitions)
            ]
        )
        self._names = [account.account_id for account in accounts(settings.partitions)]
        self._targets = [partition_of(name, settings.partitions) for name in self._names]
        self._symbols = list(SYMBOLS)
        #: Of each order that has a decision, when the first was read: as long as orders were sent, all are decided.
        self._read: dict[int, float] = {}
        self._sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def paced(self, rate: float, seconds: float, patience_s: float = 20.0) -> Answers:
        """Send at a rate, whatever comes back; wait for what is still missing."""
        start = time.perf_counter() + WAIT_S
        sent = Sent(self._sent, start + np.arange(int(rate * seconds)) / rate)
        index, count = 0, len(sent.due)
        while index < count:
            ready = min(count, int((time.perf_counter() - start) * rate) + 1)
            self._send(max(0, ready - index))
            index = max(index, ready)
            self._producer.poll(0)
            time.sleep(max(0.0, min(0.001, sent.due[index] - time.perf_counter() if index < count else 0.0)))
        return self.answers(sent, patience_s)

    def burst(self, count: int, patience_s: float = 60.0) -> Answers:
        """Send as fast as it goes, and wait for the decisions."""
        return self.answers(self.put(count), patience_s)

    def put(self, count: int) -> Sent:
        """Send as fast as it goes."""
        sent = Sent(self._sent, np.full(count, time.perf_counter()))
        self._send(count)
        self._producer.flush(60)
        return sent

    def answers(self, sent: Sent, patience_s: float) -> Answers:
        """Wait until everything that was ever sent is decided, or for so long."""
        deadline = time.perf_counter() + patience_s
        while len(self._read) < self._sent and time.perf_counter() < deadline:
            self._producer.poll(WAIT_S)
        numbers = range(sent.first, sent.first + len(sent.due))
        return Answers(sent.due, np.array([self._read.get(number, np.nan) for number in numbers]))

    def until_decided(self, patience_s: float = 60.0) -> None:
        """Wait until one order is decided, and with it all.

        :raises TimeoutError: it is not.
        """
        if self.burst(1, patience_s).missing:
            raise TimeoutError(f"no decision within {patience_s} s")

    def _send(self, count: int) -> None:
        for number in range(self._sent, self._sent + count):
            place = number % len(self._names)
            symbol = self._symbols[number // len(self._names) % len(self._symbols)]
            side = "buy" if number // 128 % 2 else "sell"
            payload = _ORDER.format(number, self._names[place], symbol, side, NOW_NS + number * STEP_NS)
            self._producer.produce(self._topic, payload, self._names[place], self._targets[place])
        self._sent += count

    def _follow(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.02)  # ``consume`` would wait until it has as many as it is asked for
            if message is not None:
                now, value = time.perf_counter(), message.value() or b""
                at = value.find(_MARK)
                if at >= 0:
                    start = at + len(_MARK)
                    self._read.setdefault(int(value[start : value.index(b'"', start)]), now)
