"""A recorded log for readers in any language: workers, zombies, races and repeated batches, out of a seed.

One line a record: partition, offset, and the header `j` in hexadecimal digits. ``python -m tests.docs.recorded SEED``
prints one.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence

from streams.journal import OWNER_BYTES, Cursor, Header, Input, Kind, Reader, Source, decode_header, encode_header

PARTITIONS, STEPS = 2, 250
SAMPLE_SEED = 7


class Worker:
    """Believes what it has read of the log, which may be old; appends under the last claim it believes to have won."""

    def __init__(self, random_: random.Random) -> None:
        self._random = random_
        self._reader = Reader()
        self._owner, self._epoch, self._seq = bytes(OWNER_BYTES), 0, 0
        self._last: list[Header] = []

    def read(self, log: Sequence[Header]) -> None:
        """Up to the end."""
        for offset in range(self._reader.offset, len(log)):
            self._reader.effective(offset, log[offset])
        if not self.is_fenced:
            self._seq = self._reader.seq

    @property
    def is_fenced(self) -> bool:
        """Whether another has the partition, as far as was read."""
        return self._reader.owner != self._owner

    def claim(self, log: list[Header]) -> None:
        """By what was read: too late, if another came in between. It is believed to have won."""
        self._owner, self._epoch = self._random.randbytes(OWNER_BYTES), self._reader.epoch + 1
        log.append(Header(Kind.CLAIM, self._epoch, self._owner, self._reader.epoch))
        self._seq = self._reader.seq

    def append(self, log: list[Header]) -> None:
        """A batch; some are never sent, so that the next one follows a gap."""
        batch = [self._record(self._seq + 1 + number) for number in range(self._random.randint(1, 4))]
        self._seq += len(batch)
        self._last = batch
        if self._random.random() < 0.95:
            log.extend(batch)

    def repeat(self, log: list[Header]) -> None:
        """The last batch once more, as a client that lost its acknowledgement might."""
        log.extend(self._last)

    def _record(self, seq: int) -> Header:
        kind = self._random.choice([Kind.DECISION, Kind.FACTS, Kind.EVENT, Kind.SKIP])
        source = None if kind is Kind.EVENT else Source(self._random.choice(list(Input)[1:]), seq, seq)
        return Header(kind, self._epoch, self._owner, seq, source, self._random.randbytes(8))


def recorded(seed: int) -> list[tuple[int, int, bytes]]:
    """Partition, offset and header of each record, partitions mixed as a consumer gets them."""
    random_ = random.Random(seed)
    logs: list[list[Header]] = [[] for _ in range(PARTITIONS)]
    workers = [[Worker(random_) for _ in range(3)] for _ in logs]
    lines: list[tuple[int, int, bytes]] = []
    for _ in range(STEPS):
        partition = random_.randrange(PARTITIONS)
        log, worker = logs[partition], random_.choice(workers[partition])
        known = len(log)
        _act(random_, worker, log)
        lines += [(partition, offset, encode_header(log[offset])) for offset in range(known, len(log))]
    return lines


def _act(random_: random.Random, worker: Worker, log: list[Header]) -> None:
    """Mostly honest work: read, then append, or claim what another has. The rest is what goes wrong: a claim by what is
    old, the batch of one that was replaced (or never claimed), a batch once more."""
    wrong = random_.choice([worker.claim, worker.repeat, worker.append])
    if random_.random() < 0.25:
        wrong(log)
        return
    worker.read(log)
    if not worker.is_fenced:
        worker.append(log)
    elif random_.random() < 0.2:
        worker.claim(log)


def text(lines: Iterable[tuple[int, int, bytes]]) -> str:
    """As a file."""
    return "".join(f"{partition} {offset} {header.hex()}\n" for partition, offset, header in lines)


def effective(lines: Iterable[tuple[int, int, bytes]]) -> str:
    """What the Python reader makes of it: partition, offset and seq of each effective record but claims."""
    readers: dict[int, Reader] = {}
    found = []
    for partition, offset, raw in lines:
        header = decode_header(raw)
        if readers.setdefault(partition, Reader(Cursor())).effective(offset, header) and header.kind is not Kind.CLAIM:
            found.append(f"{partition} {offset} {header.seq}\n")
    return "".join(found)


if __name__ == "__main__":
    sys.stdout.write(text(recorded(int(sys.argv[1]) if sys.argv[1:] else SAMPLE_SEED)))
