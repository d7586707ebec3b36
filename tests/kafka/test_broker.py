"""The node that the other tests run on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kafka.broker import KafkaBroker, KafkaMissing


async def test_what_was_acknowledged_is_there_after_a_kill(proxied_kafka: KafkaBroker) -> None:
    """The data and the port stay over SIGKILL and a new start, and over a restart."""
    place = TopicPartition("some", 0)
    servers = proxied_kafka.bootstrap_servers
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic("some", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        assert (await producer.send_and_wait("some", b"kept")).offset == 0
    proxied_kafka.kill()
    proxied_kafka.start()
    proxied_kafka.restart()
    async with AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
        consumer.assign([place])
        await consumer.seek_to_beginning()
        assert (await consumer.getone()).value == b"kept"


@pytest.mark.parametrize("absent", ["mvn", "java"])
def test_a_node_that_can_not_run_says_why(absent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Maven, or with the jars but without Java, the error names what is missing."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            if program.name != absent and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(programs))
    if absent == "mvn":
        monkeypatch.setenv("RISKSTREAM_KAFKA_HOME", str(tmp_path / "home"))
    broker = KafkaBroker()
    with pytest.raises(KafkaMissing, match=f"needs {absent}"):
        broker.start()
    broker.stop()
