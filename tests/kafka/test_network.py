"""A network that fails and comes back costs time, and no worker."""

from __future__ import annotations

import asyncio
import itertools
import signal
import subprocess
from functools import partial

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import DECISIONS
from streams.connections import started, stopped
from streams.producer import EventProducer
from streams.tasks import unbroken
from streams.topics import create_topics
from tests.kafka.broker import KafkaBroker
from tests.kafka.probe import owned
from tests.kafka.proxy import TcpProxy
from tests.kafka.stage import QUICK, KafkaStage
from tests.kafka.test_delivery import ACCOUNTS, checked, order
from tests.waiting import until

RESETS = 40
BETWEEN = 5
#: Which connection of a worker is lost, beginning with the first after its look at the topics: in that it ends with 3.
STARTING = range(5, 11)
AWAY_S, UP_S = 1.0, 60.0
#: Consumers that are ended, at all kinds of moments.
ENDED = 30


async def test_resets_of_connections_end_no_worker(proxied_kafka: KafkaBroker, prefix: str) -> None:
    """All connections of a worker are reset again and again, at any moment, while orders flow: it connects anew,
    whatever task of its clients it hits, and decides everything."""
    servers, through = proxied_kafka.bootstrap_servers, proxied_kafka.proxied_servers
    with TcpProxy(proxied_kafka.proxy_port, proxied_kafka.behind_proxy) as proxy:
        async with (
            KafkaStage(servers, prefix, through, accounts=ACCOUNTS) as stage,
            checked(stage) as checker,
            EventProducer(stage.settings) as producer,
        ):
            await stage.publish_market()
            worker = stage.start_worker()
            numbers = itertools.count()

            async def goes_on(count: int) -> bool:
                await producer.send(order(next(numbers)))
                await checker.poll()
                assert worker.poll() is None, stage.log[-4000:]
                return checker.decided >= count

            await until(lambda: goes_on(50), 60, "the first decisions")
            for number in range(RESETS):
                proxy.cut()
                if number % 4 == 3:
                    wanted = checker.decided + BETWEEN
                    await until(partial(goes_on, wanted), 60, f"decisions after reset {number}")
                else:
                    await goes_on(0)
            assert proxy.cuts > RESETS


async def test_a_client_that_can_not_fetch_ends_like_any_other(proxied_kafka: KafkaBroker) -> None:
    """Nobody who ends a consumer is ended with it, whatever it waits for at that moment, and no connection remains."""
    settings = msgspec.structs.replace(QUICK, bootstrap_servers=proxied_kafka.bootstrap_servers, prefix="ends")
    await create_topics(settings)
    with TcpProxy(proxied_kafka.proxy_port, proxied_kafka.behind_proxy) as proxy:
        consumers = [AIOKafkaConsumer(bootstrap_servers=proxied_kafka.proxied_servers) for _ in range(ENDED)]
        for consumer in consumers:
            await started(consumer)
            consumer.assign([TopicPartition(settings.topic(DECISIONS), 0)])
            await consumer.seek_to_beginning()
        proxy.refuse()
        proxy.cut()
        for number, consumer in enumerate(consumers):
            await asyncio.sleep(AWAY_S if not number else 0.01)
            await unbroken(stopped, consumer)
            assert not any(connection.connected() for connection in consumer._client._conns.values())


async def test_a_network_that_fails_during_a_start_delays_it(proxied_kafka: KafkaBroker, prefix: str) -> None:
    """Whichever of its connections a starting worker loses, with all others and for a while: it waits, and then owns
    its partitions."""
    servers, through = proxied_kafka.bootstrap_servers, proxied_kafka.proxied_servers
    with TcpProxy(proxied_kafka.proxy_port, proxied_kafka.behind_proxy) as proxy:
        async with KafkaStage(servers, prefix, through, accounts=ACCOUNTS) as stage:
            await stage.publish_market()
            for count in STARTING:
                before = proxy.connections
                proxy.fail_after(count)
                worker = stage.start_worker()

                async def failed(wanted: int = before + count + 1) -> bool:
                    return proxy.connections >= wanted

                await until(failed, UP_S, f"connection {count + 1}")
                await asyncio.sleep(AWAY_S)
                proxy.admit()

                async def owns_all(worker: subprocess.Popen[bytes] = worker) -> bool:
                    assert worker.poll() is None, stage.log_of(worker)[-4000:]
                    return len(await asyncio.to_thread(owned, stage.ports[worker])) == stage.settings.partitions

                await until(owns_all, UP_S, f"a worker that lost connection {count + 1}")
                worker.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(worker.wait, UP_S) == 0
