"""What is told of workers that get nowhere."""

from __future__ import annotations

import asyncio

from tests.kafka.probe import owned
from tests.kafka.stage import KafkaStage
from tests.kafka.whereabouts import whereabouts
from tests.waiting import until


async def test_a_worker_tells_where_it_stands_and_lives_on(kafka: str, prefix: str) -> None:
    """One that has begun names the places of its tasks; one that has not is left alone."""
    async with KafkaStage(kafka, prefix) as stage:
        await stage.publish_market()
        worker = stage.start_worker()

        async def owns_all() -> bool:
            return len(await asyncio.to_thread(owned, stage.ports[worker])) == stage.settings.partitions

        await until(owns_all, 60, "a worker that owns its partitions")
        starting = stage.start_worker()
        told, of_starting = (await whereabouts(stage, [worker, starting])).split(f"worker {starting.pid}:")
        assert sum(" owner.py:" in line for line in told.splitlines()) == stage.settings.partitions, told
        assert of_starting.strip() == ""
        assert worker.poll() is starting.poll() is None
