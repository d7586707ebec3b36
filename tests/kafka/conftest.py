"""A real Kafka: a container where a Docker engine answers, else a node out of Maven's jars."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

from tests.docker import docker_answers
from tests.kafka.broker import SCRIPT, KafkaBroker, free_ports
from tests.waiting import wait_until

IMAGE = "apache/kafka:4.1.1"
REQUIRED = "RISKSTREAM_REQUIRE_KAFKA"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a broker's clients connect; all tests share the broker, each with topics of its own."""
    if docker_answers():
        with _container() as servers:
            yield servers
    else:
        request.getfixturevalue("local_kafka")
        with KafkaBroker() as broker:
            yield broker.bootstrap_servers


@pytest.fixture(scope="session")
def local_kafka() -> None:
    """Nodes out of Maven's jars can be run here: some tests must stop them, which no container is asked to do."""
    made = subprocess.run([str(SCRIPT), "--jars"], capture_output=True, text=True, check=False)
    if made.returncode:
        _missing(made.stderr.strip())


@pytest.fixture
def proxied_kafka(local_kafka: None) -> Iterator[KafkaBroker]:
    """A node of the test's own that it may stop, with a listener for clients behind a proxy."""
    with KafkaBroker(proxied=True) as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    """Of topics and groups that no other test uses."""
    return f"t{next(_numbers)}"


def _missing(why: str) -> NoReturn:
    print(f"no Kafka: {why}")
    if os.environ.get(REQUIRED):
        pytest.fail(f"no Kafka: {why}")
    pytest.skip(f"no Kafka: {why}")


@contextmanager
def _container() -> Iterator[str]:
    """The image is configured by its environment; the port outside must be the one that it advertises."""
    from testcontainers.core.container import DockerContainer

    (port,) = free_ports(1)
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container: Any = DockerContainer(IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        container = container.with_env(f"KAFKA_{name}", value)
    with container:
        wait_until(lambda: b"Kafka Server started" in container.get_logs()[0], 60, "the start of Kafka")
        yield f"127.0.0.1:{port}"
