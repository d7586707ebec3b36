"""Embedded brokers for tests: quick to start, quick to hand out partitions."""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor

from riskstream.embedded.broker import EmbeddedBroker, _library
from streams.settings import StreamSettings
from streams.topics import required_topics

#: The mock cluster waits 3 s for further members of a new group.
REBALANCE_DELAY_MS = 200


def start_broker(settings: StreamSettings) -> EmbeddedBroker:
    """A broker with all topics. They are made at once, for the mock cluster sometimes sleeps a second over a call."""
    broker = EmbeddedBroker().start()
    topics = required_topics(settings)
    with ThreadPoolExecutor(len(topics)) as pool:
        list(pool.map(broker.create_topic, topics, topics.values()))
    delay = _library().rd_kafka_mock_group_initial_rebalance_delay_ms
    delay.restype, delay.argtypes = None, [ctypes.c_void_p, ctypes.c_int32]
    delay(broker._cluster, REBALANCE_DELAY_MS)
    return broker
