"""Offsets that hold no record: the ends of transactions are passed, what is lost only at an operator's word."""

from __future__ import annotations

import asyncio
import itertools
import signal
import subprocess
import sys
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from riskstream.settings import Settings, environment
from schemas.codec import encode
from schemas.topics import ORDERS
from streams.auditing import audit
from streams.producer import EventProducer
from tests.kafka.stage import KafkaStage
from tests.kafka.test_delivery import ACCOUNTS, order
from tests.streams.stage import Journal

HOME = 1


async def once(stage: KafkaStage, journal: Journal, count: int) -> None:
    """All are decided, none twice, and the journal covers its inputs as the rule says."""
    await journal.has_decisions(count, 60)
    assert sorted(decision.order_id for decision in journal.decisions) == sorted(
        f"o{HOME + 4 * n}" for n in range(count)
    )
    audits = await audit(stage.settings, [HOME])
    assert [finding for each in audits for finding in each.findings] == []


async def in_transactions(stage: KafkaStage, sizes: list[int]) -> None:
    """Orders of one account by a transactional producer; a size below zero is aborted, and read all the same."""
    numbers = itertools.count()
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=stage.settings.bootstrap_servers, transactional_id=stage.settings.prefix
    )
    async with producer:
        for size in sizes:
            await producer.begin_transaction()
            for _ in range(abs(size)):
                number = HOME + 4 * next(numbers)
                await producer.send(
                    stage.settings.topic(ORDERS), encode(order(number)), key=ACCOUNTS[HOME].encode(), partition=HOME
                )
            await (producer.commit_transaction() if size > 0 else producer.abort_transaction())


async def test_a_transactional_producer_is_served(kafka: str, prefix: str) -> None:
    """The ends of its transactions, one after the other too, are covered by skips, before and after a restart; what was
    aborted is decided like all else, for inputs are read uncommitted."""
    sizes = [1, 3, -1, -2, 1]
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage, Journal(stage.settings) as journal:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account(4)
        await in_transactions(stage, sizes)
        await once(stage, journal, 8)
        assert stage.kill(worker, signal.SIGKILL) != 0
        worker = stage.start_worker()
        async with EventProducer(stage.settings) as producer:
            await producer.send(order(HOME + 4 * 8))
        await once(stage, journal, 9)
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
        assert "taking over anew" not in stage.log


async def delete_orders(stage: KafkaStage, before: int) -> None:
    """As retention does."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=stage.settings.bootstrap_servers)
    await admin.start()
    try:
        place = TopicPartition(stage.settings.topic(ORDERS), HOME)
        await admin.delete_records({place: RecordsToDelete(before)})
    finally:
        await admin.close()


def skip(stage: KafkaStage, first: int, last: int) -> subprocess.CompletedProcess[str]:
    """``riskstream journal skip``."""
    place = ["orders", str(HOME), str(first), str(last)]
    return subprocess.run(
        [sys.executable, "-m", "riskstream", "journal", "skip", *place, "--author", "kim", "--reason", "deleted"],
        env={"PATH": "/usr/bin:/bin"} | environment(Settings(stream=stage.settings)),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_lost_orders_are_passed_at_an_operators_word(kafka: str, prefix: str) -> None:
    """Orders that were deleted before they were decided end the worker with 4, every time; with leave to pass just them
    it goes on, and the journal says who gave it. Leave is refused where there are records, or none yet."""
    async with KafkaStage(kafka, prefix, accounts=ACCOUNTS) as stage, Journal(stage.settings) as journal:
        worker = stage.start_worker()
        await stage.publish_market()
        await stage.market_is_known()
        await journal.knows_the_account(4)
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
        async with EventProducer(stage.settings) as producer:
            for number in range(5):
                await producer.send(order(HOME + 4 * number))
        await delete_orders(stage, 3)
        worker = stage.start_worker()
        assert await asyncio.to_thread(worker.wait, 60) == 4
        assert "goes on at offset 3, needed 0" in stage.log_of(worker)
        refusals = [(await asyncio.to_thread(skip, stage, *run)) for run in ((0, 3), (0, 5))]
        assert [
            (each.returncode, "decided, not passed" in each.stderr, "ends at 5" in each.stderr) for each in refusals
        ] == [(1, True, False), (1, False, True)]
        given = await asyncio.to_thread(skip, stage, 0, 2)
        assert given.returncode == 0, given.stderr
        worker = stage.start_worker()
        await journal.has_decisions(2, 60)
        assert {decision.order_id for decision in journal.decisions} == {f"o{HOME + 4 * n}" for n in (3, 4)}
        authors = [getattr(entry.body, "author", "") for entry in journal.entries]
        assert authors.count("kim") >= 1
        (audited,) = await audit(stage.settings, [HOME])
        assert audited.findings == []
        assert stage.kill(worker, signal.SIGTERM) == 0, stage.log
