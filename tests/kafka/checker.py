"""An outside opinion on what the workers did, out of what is on the broker: inputs, journal, what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.kafka.rule import INPUTS, LAYOUT, Body, Header, Partition, given_of

#: The header by which who sends poison on purpose says so.
POISON = "poison"
SHOWN_MAX = 5
READ_TIMEOUT_S = 60


class Checker:
    """Reads everything that there is under a prefix, in any number of goes, and says what is wrong."""

    def __init__(self, servers: str, prefix: str, partitions: int) -> None:
        self.partitions = [Partition(number) for number in range(partitions)]
        self._servers, self._names = servers, dict[str, str]()
        self._letters: set[tuple[int, int, int]] = set()
        self._projected: dict[str, dict[str, str]] = {"breakers": {}, "alerts": {}}
        self._poison: set[tuple[int, int, int]] = set()
        self._faults: list[str] = []
        for name in (*INPUTS.values(), "decisions", *self._projected):
            self._names[f"{prefix}.{name}.v1"] = name
        self._names |= {f"{prefix}.{name}.v1.dlq": f"{name}.dlq" for name in INPUTS.values()}
        places = [TopicPartition(name, number) for name in self._names for number in range(partitions)]
        self._next = dict.fromkeys(places, 0)
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
        """Read up to the present end of everything.

        :raises TimeoutError: it can't be read.
        """
        async with asyncio.timeout(READ_TIMEOUT_S):
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
        return sum(len(partition.decision_seqs) for partition in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether all that was read so far is decided, projected and buried."""
        return (
            not any(partition.behind for partition in self.partitions)
            and self._poison <= self._letters
            and all(self._expected(name).keys() <= found.keys() for name, found in self._projected.items())
        )

    def violations(self) -> list[str]:
        """What contradicts the rule, after :meth:`read_all`."""
        found = list(self._faults)
        for partition in self.partitions:
            found += [*few(partition.faults), *few(partition.uncovered()), *few(partition.decided_twice())]
        for name, projected in self._projected.items():
            expected = self._expected(name)
            found += few(
                [
                    f"I6: {name} {key}: sent {projected.get(key)!r}, the journal says {expected.get(key)!r}"
                    for key in sorted(expected.keys() | projected.keys())
                    if expected.get(key) != projected.get(key)
                ]
            )
        found += few(
            [
                f"I6: {INPUTS[number]}-{partition}@{offset} is poison or dead letter, but not both"
                for number, partition, offset in sorted(self._poison ^ self._letters)
            ]
        )
        return found

    def rows_missing_or_extra(self, rows: Iterable[tuple[int, int]]) -> list[str]:
        """How (partition, seq) of a database's decisions differ from the effective ones."""
        stored = Counter(rows)
        effective = {(each.number, seq) for each in self.partitions for seq in each.decision_seqs}
        return few(
            [f"I6: decision {row} is effective, but not in the database" for row in effective - stored.keys()]
            + [f"I6: decision {row} is in the database, but not effective" for row in stored.keys() - effective]
            + [f"I6: decision {row} is in the database {count} times" for row, count in stored.items() if count > 1]
        )

    def counts(self) -> dict[str, int]:
        """What was seen."""
        each = self.partitions
        return {
            "orders": sum(len(one.inputs[1]) for one in each),
            "fills": sum(len(one.inputs[2]) for one in each),
            "commands": sum(len(one.inputs[3]) for one in each),
            "decided": self.decided,
            "repeats": sum(body.repeat for one in each for bodies in one.decisions.values() for body in bodies),
            "late": sum(one.reasons["BUDGET_EXCEEDED"] for one in each),
            "poison": len(self._poison),
            "effective_records": sum(one.effective for one in each),
            "void_records": sum(one.void for one in each),
            "takeovers": sum(one.epoch for one in each),
            "breaker_events": len(self._projected["breakers"]),
            "alerts": len(self._projected["alerts"]),
        }

    def _expected(self, name: str) -> dict[str, str]:
        return {key: text for partition in self.partitions for key, text in partition.expected[name].items()}

    def _read(self, place: Any, record: Any) -> None:
        if record.offset != self._next[place]:
            self._faults.append(f"{place.topic}-{place.partition} goes on at {record.offset}, not {self._next[place]}")
        self._next[place] = record.offset + 1
        name, headers = self._names[place.topic], dict(record.headers)
        if name == "decisions":
            self.partitions[place.partition].read(Header(*LAYOUT.unpack(headers["j"])), record.value)
        elif name.endswith(".dlq"):
            number = next(number for number, topic in INPUTS.items() if name == f"{topic}.dlq")
            self._letters.add((number, int(headers["partition"]), int(headers["offset"])))
        elif name in self._projected:
            body = msgspec.json.decode(record.value, type=Body)
            moved = f"{body.breaker} {body.level_from}->{body.level_to}" if name == "breakers" else ""
            self._projected[name][body.event_id or body.alert_id] = moved
        else:
            number = next(number for number, topic in INPUTS.items() if name == topic)
            self.partitions[place.partition].inputs[number].append(given_of(record.value, POISON in headers))
            if POISON in headers:
                self._poison.add((number, place.partition, record.offset))


def few(violations: list[str]) -> list[str]:
    """The first ones, and how many more there are."""
    rest = len(violations) - SHOWN_MAX
    return [*violations[:SHOWN_MAX], f"... and {rest} more like it"] if rest > 0 else violations
