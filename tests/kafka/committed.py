"""What a consumer group has acknowledged."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

RETRY_S = 0.2


async def committed(servers: str, group: str) -> dict[tuple[str, int], int]:
    """The next offset of each (topic, partition) that the group has one of; asked until the broker knows, for the
    coordinator of a new group is not there at once."""
    while True:
        try:
            stored = await _offsets(servers, group)
        except KafkaError:
            await asyncio.sleep(RETRY_S)
            continue
        return {(place.topic, place.partition): at.offset for place, at in stored.items() if at.offset >= 0}


async def _offsets(servers: str, group: str) -> dict[Any, Any]:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await admin.start()
        offsets: dict[Any, Any] = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return offsets
