"""An outside opinion on what the workers did, out of what is on the broker: inputs, journal, what came of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.kafka.committed import committed
from tests.kafka.content import Given
from tests.kafka.differences import differences, few, stored_counts, stored_rows
from tests.kafka.outcomes import OUTPUTS, TABLES, Values, is_projected
from tests.kafka.rule import INPUTS, LAYOUT, Header, Partition

#: The header by which who sends poison on purpose says so.
POISON = "poison"
LETTERED = (*INPUTS.values(), "ticks")
READ_TIMEOUT_S = 60
_NUMBERS = {name: number for number, name in INPUTS.items()}
Place = tuple[str, int, int]


class Checker:
    """Reads everything that there is under a prefix, in any number of goes, and says what is wrong.

    ``group`` (default: the prefix) is the workers', whose acknowledgements must not go beyond the journal.
    """

    def __init__(self, servers: str, prefix: str, partitions: int, market_partitions: int = 1, group: str = "") -> None:
        self.partitions = [Partition(number) for number in range(partitions)]
        self._servers, self._group, self._names = servers, group or prefix, dict[str, str]()
        self._poison, self._letters = set[Place](), set[Place]()
        self._sent: dict[str, list[tuple[Values, Values]]] = defaultdict(list)
        self._faults: list[str] = []
        #: Acknowledged, by (input, partition): what the group would go on from.
        self.acknowledged: dict[tuple[str, int], int] = {}
        counts = dict.fromkeys((*INPUTS.values(), "decisions", *OUTPUTS), partitions) | {"ticks": market_partitions}
        counts |= {f"{name}.dlq": counts[name] for name in LETTERED}
        self._next: dict[Any, int] = {}
        for name, count in counts.items():
            topic = f"{prefix}.{name.removesuffix('.dlq')}.v1" + (".dlq" if name.endswith(".dlq") else "")
            self._names[topic] = name
            self._next |= {TopicPartition(topic, number): 0 for number in range(count)}
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            auto_offset_reset="none",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_wait_ms=50,
        )
        await self._consumer.start()
        self._consumer.assign(list(self._next))
        for place in self._next:
            self._consumer.seek(place, 0)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def poll(self) -> None:
        """Read what has come; nothing if the broker is away."""
        for place, records in (await self._consumer.getmany(timeout_ms=100, max_records=2000)).items():
            for record in records:
                self._read(place, record)

    async def read_all(self) -> None:
        """Read what is acknowledged, and then up to the present end of everything.

        :raises TimeoutError: it can't be read.
        """
        async with asyncio.timeout(READ_TIMEOUT_S):
            stored = await committed(self._servers, self._group)
            named = {(self._names.get(topic, ""), number): offset for (topic, number), offset in stored.items()}
            self.acknowledged = {place: offset for place, offset in named.items() if place[0] in _NUMBERS}
            while not await self.is_read():
                await self.poll()
        for partition in self.partitions:
            partition.match()

    async def is_read(self) -> bool:
        """Whether everything has been read that there is now."""
        ends = await self._consumer.end_offsets(list(self._next))
        return all(self._next[place] >= end for place, end in ends.items())

    @property
    def takeovers(self) -> int:
        """Effective claims so far."""
        return sum(partition.epoch for partition in self.partitions)

    @property
    def decided(self) -> int:
        """Effective decisions so far."""
        return sum(partition.decided for partition in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether all that was read so far is decided, projected and buried."""
        return (
            not any(partition.behind for partition in self.partitions)
            and self._poison <= self._letters
            and all(self.expected(name).keys() <= {key for key, _ in self._sent[name]} for name in OUTPUTS)
        )

    def is_stored(self, dsn: str) -> bool:
        """Whether the database has as many rows as it must."""
        stored = stored_counts(dsn)
        return all(stored[table] >= len(self.expected_rows(table)) for table in TABLES)

    def violations(self) -> list[str]:
        """What contradicts the rule, after :meth:`read_all`."""
        found = list(self._faults)
        for partition in self.partitions:
            found += [*few(partition.faults), *few(partition.uncovered()), *few(partition.decided_twice())]
        for name in OUTPUTS:  # a projector may send an event again: once each
            found += differences(name, self.expected(name), list(dict.fromkeys(self._sent[name])))
        found += few(
            [
                f"I6: {name}-{partition}@{offset} is poison or dead letter, but not both"
                for name, partition, offset in sorted(self._poison ^ self._letters)
            ]
        )
        return found + self._acknowledged_early()

    def rows_that_differ(self, dsn: str) -> list[str]:
        """How a database differs from the effective records."""
        return [
            difference
            for table in TABLES
            for difference in differences(table, self.expected_rows(table), stored_rows(dsn, table))
        ]

    def expected(self, place: str) -> dict[Values, Values]:
        """What must be in a topic or a table of its own, by key."""
        return {key: values for each in self.partitions for key, values in each.expected[place].items()}

    def expected_rows(self, table: str) -> dict[Values, Values]:
        """What must be in a table, by key; tables of an output topic hold its events."""
        return self.expected(next((topic for topic, (name, _) in OUTPUTS.items() if name == table), table))

    def counts(self) -> dict[str, int]:
        """What was seen."""
        each = self.partitions
        return {
            "orders": sum(len(one.inputs[1]) for one in each),
            "fills": sum(len(one.inputs[2]) for one in each),
            "commands": sum(len(one.inputs[3]) for one in each),
            "decided": self.decided,
            "approved": sum(one.reasons["APPROVED"] for one in each),
            "repeats": sum(one.repeats for one in each),
            "late": sum(one.reasons["BUDGET_EXCEEDED"] for one in each),
            "poison": len(self._poison),
            "acknowledged_inputs": len(self.acknowledged),
            "effective_records": sum(one.effective for one in each),
            "void_records": sum(one.void for one in each),
            "takeovers": self.takeovers,
            **{f"{name}_sent": len(self.expected(name)) for name in OUTPUTS},
        }

    def _acknowledged_early(self) -> list[str]:
        """I4: what is acknowledged was effective before."""
        covered = {
            (name, each.number): each.vector[number] for number, name in INPUTS.items() for each in self.partitions
        }
        return [
            f"I4: {name}-{number} is acknowledged up to {offset}, effective up to {covered[name, number]}"
            for (name, number), offset in sorted(self.acknowledged.items())
            if offset > covered[name, number]
        ]

    def _read(self, place: Any, record: Any) -> None:
        if record.offset != self._next[place]:
            self._faults.append(f"{place.topic}-{place.partition} goes on at {record.offset}, not {self._next[place]}")
        self._next[place] = record.offset + 1
        name, headers = self._names[place.topic], dict(record.headers)
        if name == "decisions":
            self.partitions[place.partition].read(record.offset, Header(*LAYOUT.unpack(headers["j"])), record.value)
        elif name.endswith(".dlq"):
            self._letters.add((name.removesuffix(".dlq"), int(headers["partition"]), int(headers["offset"])))
        elif name in OUTPUTS:
            event = msgspec.json.decode(record.value)
            ident, *values = (event.get(field) for field in OUTPUTS[name][1])
            if is_projected(name, tuple(values)):
                self._sent[name].append(((ident,), tuple(values)))
        else:
            self._take_input(name, place.partition, record, POISON in headers)

    def _take_input(self, name: str, partition: int, record: Any, poison: bool) -> None:
        if name in _NUMBERS:
            self.partitions[partition].inputs[_NUMBERS[name]].append(Given(poison, record.value or b""))
        if poison:
            self._poison.add((name, partition, record.offset))
