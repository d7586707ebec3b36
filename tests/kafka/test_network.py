"""A network that fails and comes back costs time, and no worker."""

from __future__ import annotations

import itertools
from functools import partial

from streams.producer import EventProducer
from tests.kafka.broker import KafkaBroker
from tests.kafka.proxy import TcpProxy
from tests.kafka.stage import KafkaStage
from tests.kafka.test_delivery import ACCOUNTS, checked, order
from tests.waiting import until

RESETS = 40
BETWEEN = 5


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
