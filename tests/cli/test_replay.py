"""``riskstream replay``: it says published only of what is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from riskstream.cli.codes import Code
from tests.cli.conftest import Cli

KILL = '{"type":"kill","command_id":"k","scope":"firm","scope_id":"*","author":"m","event_time_ns":1}\n'


def test_a_kill_that_misses_a_partition_is_not_published(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 3 and the partition's name; without the refusal, 0 and the count."""
    file, real = tmp_path / "events.jsonl", AIOKafkaProducer.send
    file.write_text(KILL)
    assert "1 events published" in cli("replay", str(file)).stdout

    async def send(self: Any, topic: str, *given: Any, partition: int, **more: Any) -> Any:
        answer = await real(self, topic, *given, partition=partition, **more)
        if partition != 2:
            return answer
        refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        refused.set_exception(KafkaTimeoutError())
        return refused

    monkeypatch.setattr(AIOKafkaProducer, "send", send)
    result = cli("replay", str(file))
    assert result.exit_code == Code.UNREACHABLE
    assert "1 events are not known to be published: risk.commands.v1-2" in result.stderr
    assert "events published" not in result.stdout
