"""Partitions that are added while workers run: accounts would live elsewhere, so every worker ends."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from streams.processor import INPUTS
from tests.kafka.stage import KafkaStage
from tests.waiting import until


async def test_topics_that_grow_end_the_worker(kafka: str, prefix: str) -> None:
    """The worker that is given a partition beyond its settings decides nothing more and ends with 2, naming both."""
    async with KafkaStage(kafka, prefix) as stage:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        admin: Any = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            await admin.create_partitions({stage.settings.topic(topic): NewPartitions(6) for topic in INPUTS.values()})
        finally:
            await admin.close()

        async def ended() -> bool:
            return await asyncio.to_thread(worker.poll) is not None

        await until(ended, 60, "the end of the worker")
        assert worker.returncode == 2, stage.log[-3000:]
        assert "have partition 5, expected 4 partitions" in stage.log
