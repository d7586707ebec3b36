"""Topics as a broker describes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from streams.settings import StreamSettings

#: What a limit says that is none.
FOR_EVER = -1


class Described(NamedTuple):
    """A topic as it is: partitions, the fewest replicas of one, and its settings; ``None``: the broker tells none."""

    partitions: int
    replicas: int
    config: dict[str, str] | None

    @property
    def retention_ms(self) -> int | None:
        """How long it keeps records; ``None``: for ever, or the broker does not tell."""
        kept_ms = int((self.config or {}).get("retention.ms", FOR_EVER))
        return None if kept_ms == FOR_EVER else kept_ms


async def describe(settings: StreamSettings, with_configs: bool = True) -> dict[str, Described]:
    """Every topic of the broker under the prefix of the settings.

    All topics are asked for, not some by name: asking by name may create a topic.

    :raises aiokafka.errors.KafkaConnectionError: no broker answers.
    """
    from aiokafka.admin import AIOKafkaAdminClient

    admin: Any = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        await admin.start()
        found = {
            each["topic"]: each["partitions"]
            for each in await admin.describe_topics()
            if each["topic"].startswith(f"{settings.prefix}.")
        }
        configs = await _configs(admin, found) if with_configs and found else {}
    finally:
        await admin.close()
    return {
        name: Described(
            len(partitions), min((len(each["replicas"]) for each in partitions), default=0), configs.get(name)
        )
        for name, partitions in found.items()
    }


async def _configs(admin: Any, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Of those that the broker tells them of: it may not know the request, or not allow it."""
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
    from aiokafka.errors import IncompatibleBrokerVersion

    try:
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    except IncompatibleBrokerVersion:
        return {}
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for code, _, _, name, entries in answer.resources
        if code == 0
    }
