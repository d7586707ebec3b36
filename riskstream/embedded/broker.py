"""An in-process Kafka broker: librdkafka's mock cluster, out of the confluent-kafka wheel.

It speaks the Kafka protocol on loopback, in memory, in threads of the process that made it. What it can't do: it keeps
5 MiB and 100,000 messages a partition, has no CreateTopics request (topics are made here), ignores ``read_committed``,
and a client's session time-out should be 6 s, its heartbeat 2 s and its rebalance time-out 10 s, or the group of a
restarted member waits for a minute.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

#: How long a new group waits for further members; librdkafka's own 3 s would be the larger part of every start.
REBALANCE_DELAY_MS = 200
_PRODUCER = 0
_HANDLE, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
#: Function -> (result, arguments), from rdkafka.h and rdkafka_mock.h.
_SIGNATURES: dict[str, tuple[type | None, list[type]]] = {
    "rd_kafka_conf_new": (_HANDLE, []),
    "rd_kafka_conf_set": (_INT, [_HANDLE, _TEXT, _TEXT, _TEXT, ctypes.c_size_t]),
    "rd_kafka_new": (_HANDLE, [_INT, _HANDLE, _TEXT, ctypes.c_size_t]),
    "rd_kafka_destroy": (None, [_HANDLE]),
    "rd_kafka_mock_cluster_new": (_HANDLE, [_HANDLE, _INT]),
    "rd_kafka_mock_cluster_destroy": (None, [_HANDLE]),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, [_HANDLE]),
    "rd_kafka_mock_topic_create": (_INT, [_HANDLE, _TEXT, _INT, _INT]),
    "rd_kafka_mock_broker_set_down": (_INT, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_up": (_INT, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_rtt": (_INT, [_HANDLE, ctypes.c_int32, _INT]),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_push_request_errors_array": (None, [_HANDLE, ctypes.c_int16, ctypes.c_size_t, ctypes.c_void_p]),
    "rd_kafka_err2str": (_TEXT, [_INT]),
}


class EmbeddedBrokerError(RuntimeError):
    """The embedded broker could not do what was asked."""


@cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        raise EmbeddedBrokerError("the package confluent-kafka is not installed")
    package = Path(spec.origin).parent
    folders = (package.parent / "confluent_kafka.libs", package / ".dylibs", package)
    found = [path for folder in folders for path in sorted(folder.glob("librdkafka*")) if path.is_file()]
    if not found:
        raise EmbeddedBrokerError(f"no librdkafka beside {package}, expected a wheel that bundles it")
    library = ctypes.CDLL(str(found[0]))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class EmbeddedBroker:
    """One or more mock brokers with the named topics (name -> partitions).

    >>> with EmbeddedBroker({"orders": 4}) as broker:
    ...     broker.bootstrap_servers.startswith("127.0.0.1:")
    True
    """

    def __init__(self, topics: Mapping[str, int] | None = None, brokers: int = 1) -> None:
        self._topics = dict(topics or {})
        self._brokers = brokers
        self._client: int | None = None
        self._cluster: int | None = None

    def start(self) -> Self:
        """Start the cluster and make its topics.

        :raises EmbeddedBrokerError: librdkafka is missing or refuses.
        """
        library, error = _library(), ctypes.create_string_buffer(512)
        conf = library.rd_kafka_conf_new()
        # Its own client never connects anywhere: only errors are worth a line.
        library.rd_kafka_conf_set(conf, b"log_level", b"3", error, len(error))
        self._client = library.rd_kafka_new(_PRODUCER, conf, error, len(error))
        if not self._client:
            raise EmbeddedBrokerError(f"librdkafka made no client: {error.value.decode()}")
        self._cluster = library.rd_kafka_mock_cluster_new(self._client, self._brokers)
        if not self._cluster:
            raise EmbeddedBrokerError("librdkafka made no mock cluster")
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, REBALANCE_DELAY_MS)
        if self._topics:
            # Side by side: the mock cluster sometimes sleeps a second over a call.
            with ThreadPoolExecutor(len(self._topics)) as pool:
                list(pool.map(self.create_topic, self._topics, self._topics.values()))
        return self

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect, such as ``127.0.0.1:45231``."""
        address: bytes = _library().rd_kafka_mock_cluster_bootstraps(self._running())
        return address.decode()

    def create_topic(self, name: str, partitions: int) -> None:
        """Make a topic.

        :raises EmbeddedBrokerError: it exists with another partition count, or the name is not legal.
        """
        self._check(
            _library().rd_kafka_mock_topic_create(self._running(), name.encode(), partitions, 1),
            f"creating topic {name!r} with {partitions} partitions",
        )

    def set_down(self, broker: int = 1) -> None:
        """Close a broker's connections and refuse new ones."""
        self._check(_library().rd_kafka_mock_broker_set_down(self._running(), broker), "taking the broker down")

    def set_up(self, broker: int = 1) -> None:
        """Let a broker answer again."""
        self._check(_library().rd_kafka_mock_broker_set_up(self._running(), broker), "bringing the broker up")

    def set_round_trip(self, milliseconds: int, broker: int = 1) -> None:
        """Delay every answer of a broker."""
        self._check(_library().rd_kafka_mock_broker_set_rtt(self._running(), broker, milliseconds), "setting the delay")

    def fail_requests(self, api_key: int, *error_codes: int) -> None:
        """Answer the next requests of a kind with these errors, by the numbers of the Kafka protocol."""
        errors = (_INT * len(error_codes))(*error_codes)
        _library().rd_kafka_mock_push_request_errors_array(self._running(), api_key, len(errors), errors)

    def stop(self) -> None:
        """End the cluster; a second call does nothing."""
        if self._cluster is not None:
            _library().rd_kafka_mock_cluster_destroy(self._cluster)
        if self._client is not None:
            _library().rd_kafka_destroy(self._client)
        self._cluster = self._client = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> int:
        if self._cluster is None:
            raise EmbeddedBrokerError("the embedded broker is not running")
        return self._cluster

    @staticmethod
    def _check(code: int, doing: str) -> None:
        if code:
            raise EmbeddedBrokerError(f"{doing}: {_library().rd_kafka_err2str(code).decode()}")
