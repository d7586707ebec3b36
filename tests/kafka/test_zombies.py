"""A worker that stood still and goes on: it is harmless, and it obeys."""

from __future__ import annotations

import asyncio
import itertools
import signal

import pytest

from streams.producer import EventProducer
from tests.kafka.stage import KafkaStage
from tests.kafka.test_delivery import ACCOUNTS, checked, order
from tests.waiting import until

STOP_TIMEOUT_S = 10.0


@pytest.mark.parametrize("ends", ["at once", "later"])
async def test_a_worker_that_was_replaced_while_it_slept(kafka: str, prefix: str, ends: str) -> None:
    """While it stands still beyond its session another one takes everything over; awake again, its records are void,
    it finds back into the group, and SIGTERM ends it with 0, whether it has found back or not."""
    async with (
        KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage,
        checked(stage) as checker,
        EventProducer(stage.settings) as producer,
    ):
        await stage.publish_market()
        sleeper = stage.start_worker()
        numbers = itertools.count()

        async def decided(count: int) -> bool:
            await producer.send(order(next(numbers)))
            await checker.poll()
            return checker.decided >= count

        await until(lambda: decided(100), 60, "the first decisions")
        sleeper.send_signal(signal.SIGSTOP)
        stage.start_worker()
        before = checker.decided
        await until(lambda: decided(before + 100), 60, "decisions of the other one")
        sleeper.send_signal(signal.SIGCONT)
        if ends == "later":
            claims = checker.takeovers

            async def shares() -> bool:
                await decided(0)
                return checker.takeovers > claims

            await until(shares, 60, "a partition for the one that is awake again")
        sleeper.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(sleeper.wait, STOP_TIMEOUT_S) == 0, stage.log_of(sleeper)[-2000:]
